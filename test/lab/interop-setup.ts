import { Capture } from "../../lab/capture.ts";
import { createPeer, type NeighborSpec, type Peer, type PeerKind, type RouteSpec } from "../../lab/peers/index.ts";
import { Lab, type MemberSpec } from "../../lab/topology.ts";
import type { Kind } from "./mesh.ts";
import "./tell.ts";

/**
 * A gateway with our daemon, and two speakers of one kind: `ext` in another AS, with one session for each thing that a
 * session can be, and `int` in the gateway's own AS. Each session has a subnet of its own, so that it can be told from
 * the others in captures and tables.
 */
export const GATEWAY_AS = 65000;
export const EXTERNAL_AS = 65010;

export const SESSIONS = [
  "ipv4",
  "ipv6",
  "md5",
  "md5 over ipv6",
  "gtsm",
  "gateway passive",
  "peer passive",
  "hold 3 s",
  "2-octet AS",
  "ibgp ipv4",
  "ibgp ipv6",
] as const;
export type Session = (typeof SESSIONS)[number];

/** Password set on one side only: never comes up. */
export const WRONG_PASSWORD = "wrong password";

const SUBNETS = [...SESSIONS, WRONG_PASSWORD] as const;
type Subnet = (typeof SUBNETS)[number];

const isSix = (session: Subnet) => session.includes("ipv6");
const isIbgp = (session: Subnet) => session.startsWith("ibgp");
const subnet = (session: Subnet) => SUBNETS.indexOf(session) + 1;

function host(session: Subnet, n: number): string {
  return isSix(session) ? `fd20:0:0:${subnet(session)}::${n}` : `10.20.${subnet(session)}.${n}`;
}
export const gatewayAddress = (session: Subnet) => host(session, 1);
export const peerAddress = (session: Subnet) => host(session, 2);

/**
 * Sessions that this kind of speaker can have. GoBGP always offers 4-octet AS numbers; FRR can be made not to offer
 * them, but then sends 4-octet paths all the same to whoever does.
 */
export function sessionsOf(kind: Kind): Session[] {
  const wide = kind === "gobgp" || kind === "frr";
  return SESSIONS.filter((session) => session !== "2-octet AS" || !wide);
}

export function familyOfSession(session: Session): 4 | 6 {
  return isSix(session) ? 6 : 4;
}

/** VIPs: one with everything, one with a next hop of its own and one plain, for each family. */
export const VIPS = {
  full4: "203.0.113.10/32",
  hop4: "203.0.113.11/32",
  plain4: "203.0.113.12/32",
  full6: "2001:db8:cafe::10/128",
  hop6: "2001:db8:cafe::11/128",
  plain6: "2001:db8:cafe::12/128",
};
/** On the segment of the first session of each family, nobody's address. */
export const EXPLICIT_HOP = { 4: "10.20.1.99", 6: "fd20:0:0:2::99" };
export const PREPEND = 2;
export const MED = 50;

const FULL = {
  med: MED,
  communities: ["65000:100", "65000:200"],
  largeCommunities: ["65000:1:2", "4200000000:3:4"],
  extCommunities: ["rt:65000:7", "soo:65000:8"],
  prepend: PREPEND,
};

export function vipRoutes(
  changes: { readonly communities?: readonly string[]; readonly plain?: boolean } = {},
): RouteSpec[] {
  const full = { ...FULL, ...(changes.communities === undefined ? {} : { communities: changes.communities }) };
  const plain = changes.plain === false ? [] : [{ prefix: VIPS.plain4 }, { prefix: VIPS.plain6 }];
  return [
    { prefix: VIPS.full4, ...full },
    { prefix: VIPS.full6, ...full },
    { prefix: VIPS.hop4, nextHop: EXPLICIT_HOP[4] },
    { prefix: VIPS.hop6, nextHop: EXPLICIT_HOP[6] },
    ...plain,
  ];
}

/** What the neighbours originate. The external one prepends, the internal one sets a local preference. */
export const THEIRS = {
  ext4: "198.51.100.0/24",
  ext6: "2001:db8:e::/48",
  int4: "198.51.101.0/24",
  int6: "2001:db8:1::/48",
};

export const THEIR_ATTRIBUTES = {
  med: 33,
  communities: ["65010:1", "65010:2"],
  largeCommunities: ["65010:1:2"],
  extCommunities: ["rt:65010:5"],
};
export const THEIR_LOCAL_PREF = 170;

/** One side of a session. */
function neighbor(session: Subnet, side: "gateway" | "peer", kind: PeerKind): NeighborSpec {
  const gateway = side === "gateway";
  const as = isIbgp(session) || !gateway ? GATEWAY_AS : EXTERNAL_AS;
  const base = {
    address: host(session, gateway ? 2 : 1),
    localAddress: host(session, gateway ? 1 : 2),
    as,
  };
  switch (session) {
    case "md5":
    case "md5 over ipv6":
      return { ...base, password: "correct-horse" };
    case WRONG_PASSWORD:
      return { ...base, password: gateway ? "right" : "wrong" };
    case "gtsm":
      return { ...base, ttlSecurity: true };
    case "gateway passive":
      return { ...base, passive: gateway };
    case "peer passive":
      return { ...base, passive: !gateway };
    case "hold 3 s":
      return { ...base, holdTime: 3 };
    case "2-octet AS":
      return kind === "holdfast" ? base : { ...base, fourOctetAs: false };
    default:
      return base;
  }
}

export interface Interop {
  readonly lab: Lab;
  readonly gateway: Peer;
  readonly ext: Peer;
  readonly int: Peer;
  readonly capture: Capture;
}

/** Builds the lab and starts all three speakers. */
export async function startInterop(kind: Kind): Promise<Interop> {
  const external = [...sessionsOf(kind).filter((session) => !isIbgp(session)), WRONG_PASSWORD] as const;
  const internal = sessionsOf(kind).filter(isIbgp);
  const foot = (node: string, sessions: readonly Subnet[], n: number): MemberSpec => ({
    node,
    interface: "eth0",
    addresses: sessions.map((session) => `${host(session, n)}/${isSix(session) ? 64 : 24}`),
  });
  const members = [foot("gw", SUBNETS, 1), foot("ext", external, 2), foot("int", internal, 2)];
  const lab = await Lab.up({ segments: [{ name: "lan", members }] });
  const capture = await Capture.start(lab, "gw", "eth0");
  const gateway = createPeer(lab, "gw", "holdfast", {
    as: GATEWAY_AS,
    routerId: "192.0.2.1",
    neighbors: [...external, ...internal].map((session) => neighbor(session, "gateway", "holdfast")),
    routes: vipRoutes(),
  });
  const ext = createPeer(lab, "ext", kind, {
    as: EXTERNAL_AS,
    routerId: "192.0.2.2",
    neighbors: external.map((session) => neighbor(session, "peer", kind)),
    routes: [THEIRS.ext4, THEIRS.ext6].map((prefix) => ({ prefix, ...THEIR_ATTRIBUTES, prepend: 1 })),
  });
  const int = createPeer(lab, "int", kind, {
    as: GATEWAY_AS,
    routerId: "192.0.2.3",
    neighbors: internal.map((session) => neighbor(session, "peer", kind)),
    routes: [THEIRS.int4, THEIRS.int6].map((prefix) => ({
      prefix,
      ...THEIR_ATTRIBUTES,
      localPref: THEIR_LOCAL_PREF,
    })),
  });
  await Promise.all([gateway, ext, int].map((peer) => peer.start()));
  return { lab, gateway, ext, int, capture };
}

/** The far end of a session. */
export function farEnd(interop: Interop, session: Session): Peer {
  return isIbgp(session) ? interop.int : interop.ext;
}

export function isInternal(session: Session): boolean {
  return isIbgp(session);
}
