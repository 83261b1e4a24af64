/** The neutral description from which every driver writes its speaker's own configuration. */

export type FamilyName = "ipv4-unicast" | "ipv6-unicast";

export type PeerKind = "bird" | "frr" | "gobgp" | "openbgpd" | "exabgp" | "holdfast";

/** Graceful restart as offered to a neighbour (RFC 4724, 8538, 9494). Seconds. */
export interface GracefulRestartSpec {
  readonly restartTime: number;
  readonly longLivedStaleTime?: number;
  /** RFC 8538: the N bit. */
  readonly notification?: boolean;
}

export interface NeighborSpec {
  readonly address: string;
  readonly as: number;
  readonly localAddress: string;
  /** Default: the family of the address. */
  readonly families?: readonly FamilyName[];
  /** TCP MD5 (RFC 2385). */
  readonly password?: string;
  /** GTSM (RFC 5082) for a direct neighbour. */
  readonly ttlSecurity?: boolean;
  /** TTL of an eBGP neighbour that is not on the link. */
  readonly multihop?: number;
  readonly passive?: boolean;
  /** Seconds; default 90. */
  readonly holdTime?: number;
  /** False: behave as a speaker without 4-octet AS numbers. `as` is the neighbour's true AS even so. */
  readonly fourOctetAs?: boolean;
  readonly routeReflectorClient?: boolean;
  readonly nextHopSelf?: boolean;
  readonly gracefulRestart?: GracefulRestartSpec;
  /** RFC 7911. */
  readonly addPath?: "receive" | "send" | "both";
  /** RFC 8654; default as the speaker has it. */
  readonly extendedMessages?: boolean;
  /** RFC 9234. */
  readonly role?: "provider" | "rs" | "rs-client" | "customer" | "peer";
}

/** A prefix to originate. Communities are "65001:100", "65001:1:2" and "rt:65001:5". */
export interface RouteSpec {
  readonly prefix: string;
  /** Default: the speaker's own address on the session. */
  readonly nextHop?: string;
  readonly origin?: Origin;
  readonly med?: number;
  readonly localPref?: number;
  readonly communities?: readonly string[];
  readonly largeCommunities?: readonly string[];
  readonly extCommunities?: readonly string[];
  /** How often the own AS stands in the path beyond the once that eBGP adds. */
  readonly prepend?: number;
}

export interface SpeakerSpec {
  readonly as: number;
  readonly routerId: string;
  readonly neighbors: readonly NeighborSpec[];
  readonly routes?: readonly RouteSpec[];
  /** Tables of Holdfast's own, as TOML; other speakers do not take them. */
  readonly own?: string;
}

export type Origin = "igp" | "egp" | "incomplete";

/** A neighbour as its speaker sees it. */
export interface NeighborState {
  readonly address: string;
  readonly as: number;
  /** RFC 4271 name in lower case: idle, connect, active, opensent, openconfirm, established. */
  readonly state: string;
  readonly routerId?: string;
  /** Seconds since Established, if it is and if the speaker says. */
  readonly uptime?: number;
  /** What the neighbour offered, e.g. "as4", "route-refresh", "graceful-restart"; missing if the speaker does not say. */
  readonly capabilities?: readonly string[];
  /** Why the last session ended, in the speaker's words. */
  readonly lastError?: string;
}

/**
 * A path as a speaker holds it. Communities are sorted, well-known ones numeric. `asPath` is flat: the members of an
 * AS_SET stand in their place. `from` is missing for a path of the speaker's own.
 */
export interface Route {
  readonly prefix: string;
  readonly nextHop: string;
  readonly asPath: readonly number[];
  readonly origin: Origin;
  readonly med?: number;
  readonly localPref?: number;
  readonly communities: readonly string[];
  readonly largeCommunities: readonly string[];
  readonly extCommunities: readonly string[];
  readonly from?: string;
  readonly best: boolean;
  readonly stale: boolean;
}

export function familyOf(addressOrPrefix: string): FamilyName {
  return addressOrPrefix.includes(":") ? "ipv6-unicast" : "ipv4-unicast";
}

export function familiesOf(neighbor: NeighborSpec): readonly FamilyName[] {
  return neighbor.families ?? [familyOf(neighbor.address)];
}

/** A word that every configuration language takes as a name. */
export function nameOf(prefix: string, address: string): string {
  return `${prefix}${address.replace(/[^0-9a-zA-Z]/g, "_")}`;
}

/** The lines whose condition holds. */
export function lines(...parts: readonly (string | false | undefined)[]): string {
  return parts.filter((part) => typeof part === "string").join("\n");
}

/** Well-known communities by the names FRR and OpenBGPD print. */
const WELL_KNOWN: Readonly<Record<string, string>> = {
  gracefulshutdown: "65535:0",
  acceptown: "65535:1",
  llgrstale: "65535:6",
  nollgr: "65535:7",
  blackhole: "65535:666",
  noexport: "65535:65281",
  noadvertise: "65535:65282",
  localas: "65535:65283",
  noexportsubconfed: "65535:65283",
  nopeer: "65535:65284",
};

/** Communities in our notation, sorted. */
export function normalCommunities(texts: readonly string[]): string[] {
  return texts.map((text) => WELL_KNOWN[text.toLowerCase().replace(/[^a-z]/g, "")] ?? text).sort();
}

/** Extended communities as "rt:65001:5" or "soo:65001:5", sorted; other kinds as the speaker prints them. */
export function normalExtCommunities(texts: readonly string[]): string[] {
  return texts
    .map((text) =>
      text
        .trim()
        .replace(/\s+/g, ":")
        .replace(/^(rt|target):/i, "rt:")
        .replace(/^(soo|ro|origin):/i, "soo:"),
    )
    .sort();
}

/** "igp", "egp" or "incomplete" from any speaker's spelling or number. */
export function normalOrigin(text: string | number): Origin {
  const letter = String(text).toLowerCase();
  if (letter.startsWith("i") && !letter.startsWith("inc")) return "igp";
  if (letter === "0") return "igp";
  return letter.startsWith("e") || letter === "1" ? "egp" : "incomplete";
}

/** The AS numbers in a text such as "65001 {65002 65003}". */
export function asNumbers(text: string): number[] {
  return [...text.matchAll(/\d+/g)].map((match) => Number(match[0]));
}
