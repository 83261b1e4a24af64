import { type Address, parseAddress } from "../../lib/address.ts";
import { key, listKey, table } from "../schema-node.ts";
import * as value from "../values.ts";

/** The fleet: a table that GoBGP does not have. */

/** Where a node is reached. */
export interface GivenEndpoint {
  readonly address: Address;
  /** Undefined: the default port. */
  readonly port: number | undefined;
}

const ENDPOINT = /^(?:\[([^\]]+)\]|([^:]+))(?::(\d{1,5}))?$/;
const HOST_NAME = /^(?=.{1,253}$)[a-z0-9_]([a-z0-9_-]{0,62})(\.[a-z0-9_]([a-z0-9_-]{0,62}))*\.?$/i;

function splitHostPort(text: string): { host: string; port: number | undefined } | undefined {
  if (parseAddress(text) !== undefined) return { host: text, port: undefined };
  const [, bracketed, name, portText] = ENDPOINT.exec(text) ?? [];
  const host = bracketed ?? name;
  const port = portText === undefined ? undefined : Number(portText);
  if (host === undefined || (port !== undefined && (port < 1 || port > 65_535))) return undefined;
  return bracketed !== undefined && parseAddress(bracketed)?.version !== 6 ? undefined : { host, port };
}

function parseEndpoint(text: string): GivenEndpoint | undefined {
  const split = splitHostPort(text);
  const address = split && parseAddress(split.host);
  return address === undefined || address.zone !== undefined || address.isMulticast
    ? undefined
    : { address, port: split?.port };
}

function formatEndpoint({ address, port }: GivenEndpoint): string {
  const host = address.version === 6 && port !== undefined ? `[${address}]` : `${address}`;
  return port === undefined ? host : `${host}:${port}`;
}

const endpoint = value.parsed<GivenEndpoint>(
  "endpoint",
  'an address, or an address and a port ("192.0.2.11:7946", "[2001:db8::11]:7946")',
  parseEndpoint,
  formatEndpoint,
);

const seed = value.parsed<string>(
  "seed",
  'an address or a name, with or without a port ("192.0.2.12:7946", "gw2.example.net")',
  (text) => {
    const split = splitHostPort(text);
    if (split === undefined) return undefined;
    const isAddressLike = /^[\d.]+$/.test(split.host) || split.host.includes(":");
    const isRight = parseAddress(split.host) !== undefined || (!isAddressLike && HOST_NAME.test(split.host));
    return isRight ? text : undefined;
  },
);

/** 16, 24 or 32 octets: AES-128, AES-192, AES-256. */
const keyText = value.parsed<string>("key", "16, 24 or 32 octets in base64", (text) =>
  /^(?:[A-Za-z0-9+/]{22}==|[A-Za-z0-9+/]{32}|[A-Za-z0-9+/]{43}=)$/.test(text) ? text : undefined,
);

const NAME_BYTES_MAX = 64;
const TIMER_MAX = 3600;

export const clusterTable = {
  name: key(value.text(NAME_BYTES_MAX, "node name", false), {
    doc: "This node's name, of which there is one in the fleet.",
    reload: "reset",
  }),
  bind: key(endpoint, {
    defaultText: "0.0.0.0:7946",
    doc: "Where it listens, UDP and TCP.",
    reload: "reset",
  }),
  advertise: key(endpoint, {
    defaultText: "`bind`, or a private address of this host",
    doc: "What others are told to reach this node at, where that is not `bind`.",
    reload: "reset",
  }),
  seeds: listKey(seed, {
    default: [],
    doc: "Some of the other nodes: addresses, or names that stand for all their addresses and are looked up again and again. They need not all be there.",
    reload: "live",
  }),
  key: key(keyText, {
    defaultText: "none: plaintext",
    doc: "Encrypts what is sent (AES-GCM), and only nodes that have it are believed. `openssl rand -base64 32` makes one.",
    reload: "live",
    secret: true,
  }),
  "key-file": key(value.text(4096, "path", false), {
    defaultText: "none",
    doc: "A file of keys, one a line, `#` begins a comment. All of them decrypt; without `key` the first one encrypts. To rotate: the new key as the last on all nodes, then as the first, then the old one goes; each time with a reload.",
    reload: "live",
  }),
  label: key(value.text(255), {
    default: "",
    doc: "Nodes with another label are not talked to: keeps fleets apart that share a network.",
    reload: "reset",
  }),
  compatibility: key(value.oneOf("memberlist", "serf"), {
    default: "memberlist",
    doc: '"serf" joins a cluster of serf agents, "memberlist" one of HashiCorp\'s memberlist: the versions that are spoken.',
    reload: "reset",
  }),
  profile: key(value.oneOf("lan", "wan", "local"), {
    default: "lan",
    doc: "Timers for nodes on one network, far from each other, or on one host. All nodes the same.",
    reload: "reset",
  }),
  "probe-interval": key(value.seconds(0.1, TIMER_MAX), {
    defaultText: "1; wan 5",
    doc: "One other node is probed each time. Less finds the dead faster, for more packets.",
    reload: "reset",
  }),
  "probe-timeout": key(value.seconds(0.01, TIMER_MAX), {
    defaultText: "0.5; wan 3, local 0.2",
    doc: "How long it has to answer before others are asked to probe it. Shorter than `probe-interval`.",
    reload: "reset",
  }),
  "suspicion-multiplier": key(value.integer(1, 100), {
    defaultText: "4; wan 6, local 3",
    doc: "How long a suspect has to speak up. Less declares the dead faster, and some of the living.",
    reload: "reset",
  }),
  "gossip-interval": key(value.seconds(0.01, TIMER_MAX), {
    defaultText: "0.2; wan 0.5, local 0.1",
    doc: "How often news is passed on. Less is faster, for more packets.",
    reload: "reset",
  }),
  "push-pull-interval": key(value.seconds(1, TIMER_MAX), {
    defaultText: "30; wan 60, local 15",
    doc: "How often everything is compared with one other node.",
    reload: "reset",
  }),
};

export const cluster = table(
  "The fleet: gateways that know of each other what they announce (memberlist's gossip protocol). It informs, and lets `min-announcers` hold back a withdraw; it never announces anything.",
  clusterTable,
  { own: true },
);
