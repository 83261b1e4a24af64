import { assert } from "../lib/assert.ts";
import { type Micros, millis, seconds } from "../lib/time.ts";
import { type Aead, type Endpoint, encodeText, isValidName, type KeyRing, LABEL_MAX, META_MAX } from "./wire/index.ts";

/** Timers and factors of the protocol, under memberlist's names. All nodes of a cluster should have the same. */
export interface Profile {
  /** Longest life of a stream (push/pull, reliable message). */
  readonly tcpTimeout: Micros;
  /** How many others are asked to ping a member that does not answer. More: fewer false suspicions, more traffic. */
  readonly indirectChecks: number;
  /** A broadcast is sent retransmitMult x ceil(log10(n + 1)) times by each node. */
  readonly retransmitMult: number;
  /** A suspect has at least suspicionMult x log10(n) probe intervals to refute. Less: faster, more false deaths. */
  readonly suspicionMult: number;
  /** ... and at most this many times as long, while nobody else confirms the suspicion. */
  readonly suspicionMaxTimeoutMult: number;
  /** Between two exchanges of the full state with a random member; grows with clusters of over 32. */
  readonly pushPullInterval: Micros;
  /** One member is probed per interval. */
  readonly probeInterval: Micros;
  /** How long the member itself has to answer before others are asked. Over the 99th percentile of round trips. */
  readonly probeTimeout: Micros;
  /** No probing over TCP when UDP fails. */
  readonly disableTcpPings: boolean;
  /** Ceiling (exclusive) of the own health score, by which timeouts are scaled. */
  readonly awarenessMaxMultiplier: number;
  readonly gossipNodes: number;
  readonly gossipInterval: Micros;
  /** The dead are gossiped to, and listed, for this long: so that they can refute. */
  readonly gossipToTheDeadTime: Micros;
  /** A name may come back from another address this long after its death; 0 = not before it is forgotten. */
  readonly deadNodeReclaimTime: Micros;
  /** Largest packet that is filled with gossip, in octets. */
  readonly udpBufferSize: number;
  /** Compress what gets smaller by it. Compressed messages are always understood. */
  readonly enableCompression: boolean;
  /** Between two attempts (with jitter) to reach dead members and missing seeds. Not in memberlist: theirs stays split. */
  readonly rejoinInterval: Micros;
  /** A dead member is sought for this long. */
  readonly rejoinTimeout: Micros;
}

/** For nodes on one network: memberlist's LAN defaults. */
export const LAN: Profile = {
  tcpTimeout: seconds(10),
  indirectChecks: 3,
  retransmitMult: 4,
  suspicionMult: 4,
  suspicionMaxTimeoutMult: 6,
  pushPullInterval: seconds(30),
  probeInterval: seconds(1),
  probeTimeout: millis(500),
  disableTcpPings: false,
  awarenessMaxMultiplier: 8,
  gossipNodes: 3,
  gossipInterval: millis(200),
  gossipToTheDeadTime: seconds(30),
  // memberlist: 0. A gateway that comes back with another address must not wait for the purge.
  deadNodeReclaimTime: seconds(10),
  udpBufferSize: 1400,
  enableCompression: true,
  rejoinInterval: seconds(5),
  rejoinTimeout: seconds(24 * 3600),
};

/** For nodes far from each other. */
export const WAN: Profile = {
  ...LAN,
  tcpTimeout: seconds(30),
  suspicionMult: 6,
  pushPullInterval: seconds(60),
  probeInterval: seconds(5),
  probeTimeout: seconds(3),
  gossipNodes: 4,
  gossipInterval: millis(500),
  gossipToTheDeadTime: seconds(60),
  rejoinInterval: seconds(15),
};

/** For nodes on one host. */
export const LOCAL: Profile = {
  ...LAN,
  tcpTimeout: seconds(1),
  indirectChecks: 1,
  retransmitMult: 2,
  suspicionMult: 3,
  pushPullInterval: seconds(15),
  probeTimeout: millis(200),
  gossipInterval: millis(100),
  gossipToTheDeadTime: seconds(15),
};

/** Versions that applications above speak. serf 0.8 and 0.9: 2, 5, 4; plain memberlist and alertmanager: 0, 0, 0. */
export interface DelegateVersions {
  readonly min: number;
  readonly max: number;
  readonly current: number;
}

export interface GossipConfig extends Profile {
  /** Unique in the cluster. */
  readonly name: string;
  /** Where others reach this node, for packets and streams. */
  readonly advertise: Endpoint;
  /** At most 512 octets that every other member sees. */
  readonly meta: Uint8Array;
  /** Only packets and streams with the same label are taken; "" for none. At most 255 octets of UTF-8. */
  readonly label: string;
  /** 1 to 5. 1 pads encryption as the oldest did; all others behave the same. */
  readonly protocolVersion: number;
  readonly delegateVersions: DelegateVersions;
  readonly encryption: EncryptionConfig | undefined;
  /** Most members that are kept; claims of further ones are ignored and reported. */
  readonly membersMax: number;
}

export interface EncryptionConfig {
  readonly aead: Aead;
  readonly keys: KeyRing;
  /** Both false, then outgoing, then both: the steps from a plain to an encrypted cluster. */
  readonly verifyIncoming: boolean;
  readonly verifyOutgoing: boolean;
}

/** What a configuration need not say. */
export const DEFAULTS = {
  meta: new Uint8Array(0),
  label: "",
  protocolVersion: 2,
  delegateVersions: { min: 0, max: 0, current: 0 },
  encryption: undefined,
  membersMax: 16_384,
} as const satisfies Partial<GossipConfig>;

/** Throws AssertionError on a configuration that no cluster could take. */
export function checkConfig(config: GossipConfig): void {
  assert(isValidName(config.name), "a node has a name");
  assert(config.meta.length <= META_MAX, `node meta has at most ${META_MAX} octets`);
  assert(encodeText(config.label).length <= LABEL_MAX, `a label has at most ${LABEL_MAX} octets`);
  assert(config.protocolVersion >= 1 && config.protocolVersion <= 5, "protocol versions are 1 to 5");
  assert(config.probeTimeout < config.probeInterval, "the probe timeout is shorter than the probe interval");
}
