import { createPeer, type NeighborSpec, type Peer, type PeerKind, type RouteSpec } from "../../lab/peers/index.ts";
import type { Lab, SegmentSpec } from "../../lab/topology.ts";

/** The real speakers, in the order of their host numbers and AS numbers. */
export const KINDS = ["bird", "frr", "gobgp", "openbgpd", "exabgp"] as const satisfies readonly PeerKind[];
export type Kind = (typeof KINDS)[number];

/** Sessions of one colour run over addresses of their own, so that every pair of speakers has one of each. */
const COLOURS = ["plain", "md5", "gtsm", "passive", "fast"] as const;
export type Colour = (typeof COLOURS)[number];

export const HOST: Readonly<Record<Kind, number>> = { bird: 1, frr: 2, gobgp: 3, openbgpd: 4, exabgp: 5 };

export const asOf = (kind: Kind) => 65000 + HOST[kind];
export const address4 = (colour: Colour, kind: Kind) => `10.0.${COLOURS.indexOf(colour)}.${HOST[kind]}`;
export const address6 = (kind: Kind) => `fd00::${HOST[kind]}`;

/** All speakers on one bridge. */
export const LAN: SegmentSpec = {
  name: "lan",
  members: KINDS.map((kind) => ({
    node: kind,
    interface: "eth0",
    addresses: [...COLOURS.map((colour) => `${address4(colour, kind)}/24`), `${address6(kind)}/64`],
  })),
};

/** The two routes a speaker originates, with every attribute that all of them can set. */
export function routesOf(kind: Kind): RouteSpec[] {
  const as = asOf(kind);
  const attributes = {
    med: 10 + HOST[kind],
    origin: "igp" as const,
    communities: [`${as}:100`, `${as}:200`],
    largeCommunities: [`${as}:1:2`],
    extCommunities: [`rt:${as}:5`],
    prepend: 2,
  };
  return [
    { prefix: `198.51.${100 + HOST[kind]}.0/24`, ...attributes },
    { prefix: `2001:db8:${HOST[kind]}::/48`, ...attributes },
  ];
}

function sessions(kind: Kind, other: Kind): NeighborSpec[] {
  const base = (colour: Colour) => ({
    address: address4(colour, other),
    localAddress: address4(colour, kind),
    as: asOf(other),
  });
  return [
    base("plain"),
    {
      address: address6(other),
      localAddress: address6(kind),
      as: asOf(other),
      // bgpd without zebra knows no interfaces and refuses a link-local next hop, which BIRD sends on a direct session.
      ...(kind === "bird" && other === "frr" ? { multihop: 1 } : {}),
    },
    { ...base("md5"), password: "correct-horse" },
    { ...base("gtsm"), ttlSecurity: true },
    // Around the ring each speaker waits for some and calls others.
    { ...base("passive"), passive: (HOST[other] - HOST[kind] + 5) % 5 <= 2 },
    { ...base("fast"), holdTime: 3 },
  ];
}

/** One speaker of each kind, each with sessions of every colour to all the others. */
export function meshPeers(lab: Lab): Record<Kind, Peer> {
  const make = (kind: Kind) =>
    createPeer(lab, kind, kind, {
      as: asOf(kind),
      routerId: `192.0.2.${HOST[kind]}`,
      neighbors: KINDS.filter((other) => other !== kind).flatMap((other) => sessions(kind, other)),
      routes: routesOf(kind),
    });
  return {
    bird: make("bird"),
    frr: make("frr"),
    gobgp: make("gobgp"),
    openbgpd: make("openbgpd"),
    exabgp: make("exabgp"),
  };
}
