import type { NeighborSpec, PeerKind, SpeakerSpec } from "./peers/index.ts";
import type { TopologySpec } from "./topology.ts";

/** A lab with its speakers, as data: what `npm run lab -- up NAME` builds. */
export interface NamedTopology {
  readonly about: string;
  readonly topology: TopologySpec;
  readonly speakers: readonly { readonly node: string; readonly kind: PeerKind; readonly spec: SpeakerSpec }[];
}

const GATEWAY_AS = 65000;

/** Host and AS numbers of the neighbours in every topology. */
const NUMBERS = { bird: 2, frr: 3, gobgp: 4, openbgpd: 5, exabgp: 6 } as const;
type Real = keyof typeof NUMBERS;

/** A session over IPv4 and one over IPv6 between two hosts of the segment. */
function sessions(own: number, host: number, as: number): NeighborSpec[] {
  return [
    { address: `192.0.2.${host}`, localAddress: `192.0.2.${own}`, as, holdTime: 9 },
    { address: `2001:db8:ff::${host}`, localAddress: `2001:db8:ff::${own}`, as, holdTime: 9 },
  ];
}

function member(node: string, host: number) {
  return { node, interface: "eth0", addresses: [`192.0.2.${host}/24`, `2001:db8:ff::${host}/64`] };
}

/** Each neighbour originates one prefix a family, recognisable by its host number. */
function neighbor(kind: Real, others: readonly (readonly [host: number, as: number])[]) {
  const own = NUMBERS[kind];
  const as = GATEWAY_AS + own;
  const spec: SpeakerSpec = {
    as,
    routerId: `192.0.2.${own}`,
    neighbors: others.flatMap(([host, otherAs]) => sessions(own, host, otherAs)),
    routes: [
      { prefix: `198.51.100.${own * 16}/28`, med: own, communities: [`${as}:1`] },
      { prefix: `2001:db8:${own}::/48`, med: own, communities: [`${as}:1`] },
    ],
  };
  return { node: kind, kind, spec };
}

/** The gateway: our daemon with two VIPs, and the neighbours it announces them to. */
function gateway(kinds: readonly Real[]) {
  const spec: SpeakerSpec = {
    as: GATEWAY_AS,
    routerId: "192.0.2.1",
    neighbors: kinds.flatMap((kind) => sessions(1, NUMBERS[kind], GATEWAY_AS + NUMBERS[kind])),
    routes: [
      { prefix: "203.0.113.10/32", med: 50, communities: [`${GATEWAY_AS}:100`] },
      { prefix: "2001:db8:cafe::10/128", med: 50, communities: [`${GATEWAY_AS}:100`] },
    ],
  };
  return { node: "gw", kind: "holdfast" as const, spec };
}

function withGateway(about: string, kinds: readonly Real[]): NamedTopology {
  const members = [member("gw", 1), ...kinds.map((kind) => member(kind, NUMBERS[kind]))];
  return {
    about,
    topology: { segments: [{ name: "lan", members }] },
    speakers: [gateway(kinds), ...kinds.map((kind) => neighbor(kind, [[1, GATEWAY_AS]]))],
  };
}

function peersOnly(about: string, kinds: readonly Real[]): NamedTopology {
  const others = (kind: Real) =>
    kinds.filter((k) => k !== kind).map((k) => [NUMBERS[k], GATEWAY_AS + NUMBERS[k]] as const);
  return {
    about,
    topology: { segments: [{ name: "lan", members: kinds.map((kind) => member(kind, NUMBERS[kind])) }] },
    speakers: kinds.map((kind) => neighbor(kind, others(kind))),
  };
}

export const TOPOLOGIES: Readonly<Record<string, NamedTopology>> = {
  pair: withGateway("a gateway and BIRD", ["bird"]),
  quad: withGateway("a gateway and BIRD, FRR, GoBGP, OpenBGPD on one segment", ["bird", "frr", "gobgp", "openbgpd"]),
  peers: peersOnly("BIRD and OpenBGPD with each other, without a gateway", ["bird", "openbgpd"]),
};
