import type { RibPeer } from "../../../../src/bgp/rib/index.ts";
import { FAMILIES, type Negotiated, type NegotiatedFamily } from "../../../../src/bgp/wire/index.ts";
import { parseAddress } from "../../../../src/lib/address.ts";

const LOCAL_AS = 65000;

export type PeerOptions = Partial<Omit<RibPeer, "negotiated" | "localAddress" | "remoteAddress">> & {
  readonly peerAs: number;
  readonly address: string;
  readonly local?: string;
  readonly negotiated?: Partial<Negotiated>;
  readonly family?: Partial<NegotiatedFamily>;
};

/** A peer of AS 65000 with everything at its default but what is given. */
export function ribPeer(options: PeerOptions): RibPeer {
  const { peerAs, address, local, negotiated, family, ...rest } = options;
  const localAs = rest.localAs ?? LOCAL_AS;
  const remoteAddress = parseAddress(address);
  const localAddress = parseAddress(local ?? (address.includes(":") ? "2001:db8::1" : "10.99.0.1"));
  if (remoteAddress === undefined || localAddress === undefined) throw new RangeError("no address");
  return {
    negotiated: {
      peerType: peerAs === localAs ? "internal" : "external",
      localAs,
      peerAs,
      fourOctetAs: true,
      receiveLengthMax: 4096,
      sendLengthMax: 4096,
      families: FAMILIES.map((f) => ({
        family: f,
        addPathReceive: false,
        addPathSend: false,
        extendedNextHop: false,
        ...family,
      })),
      ...negotiated,
    },
    localAddress,
    remoteAddress,
    remoteId: remoteAddress.version === 4 ? remoteAddress.w0 : remoteAddress.w3,
    routerId: 0x0a000001,
    localAs,
    globalAs: localAs,
    routeReflectorClient: false,
    clusterId: 0x0a000001,
    allowOwnAs: 0,
    replacePeerAs: false,
    removePrivateAs: undefined,
    nextHop: "default",
    defaultImport: "accept",
    defaultExport: "accept",
    role: undefined,
    sendMax: [1, 1],
    longLived: false,
    name: address,
    peerGroup: undefined,
    ...rest,
  };
}
