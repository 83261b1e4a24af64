import type { GobgpPath } from "../../lab/peers/gobgp.ts";
import { parseExtValue } from "../../src/bgp/policy/ext-community.ts";
import {
  type AsPathSegment,
  EMPTY_ATTRIBUTES,
  formatAsPath,
  formatCommunity,
  formatLargeCommunity,
  type PathAttributes,
} from "../../src/bgp/wire/index.ts";
import { Address, parseAddress } from "../../src/lib/address.ts";

interface GobgpExtCommunity {
  readonly subtype: number;
  readonly value: string;
}

const ORIGINS = ["igp", "egp", "incomplete"] as const;

/** The attributes of a path in our object form. */
export function attributesOf({ attrs }: GobgpPath): PathAttributes {
  const find = (type: number) => attrs.find((attribute) => attribute.type === type);
  const list = <T>(type: number) => (find(type)?.value ?? []) as readonly T[];
  const nextHop = find(3)?.nexthop ?? find(14)?.nexthop;
  const segments = find(2)?.as_paths ?? [];
  return {
    ...EMPTY_ATTRIBUTES,
    origin: ORIGINS[Number(find(1)?.value ?? 0)] ?? "incomplete",
    asPath: segments.map(
      ({ segment_type, asns }): AsPathSegment => ({ type: segment_type === 1 ? "set" : "sequence", asns }),
    ),
    nextHop: nextHop === undefined ? undefined : parseAddress(nextHop),
    med: find(4)?.metric ?? (find(4) && 0),
    localPref: find(5)?.value as number | undefined,
    communities: find(8)?.communities ?? [],
    extCommunities: list<GobgpExtCommunity>(16).map(
      ({ subtype, value }) => parseExtValue(`${subtype === 2 ? "rt" : "soo"}:${value}`) as bigint,
    ),
    largeCommunities: list<{ ASN: number; LocalData1: number; LocalData2: number }>(32).map(
      ({ ASN, LocalData1, LocalData2 }) => ({
        globalAdministrator: ASN,
        localData1: LocalData1,
        localData2: LocalData2,
      }),
    ),
  };
}

/** What can be compared. gobgpd adds a community that is there already once more; we do not. */
export function comparable(attributes: PathAttributes, isIpv6: boolean) {
  const { origin, asPath, nextHop, med, localPref } = attributes;
  const mapped = nextHop?.version === 4 && isIpv6 ? new Address(6, 0, 0, 0xffff, nextHop.w0) : nextHop;
  return {
    origin,
    asPath: formatAsPath(asPath),
    nextHop: `${mapped}`,
    med,
    localPref,
    communities: [...new Set(attributes.communities.map(formatCommunity))],
    extCommunities: [...new Set(attributes.extCommunities.map(String))],
    largeCommunities: [...new Set(attributes.largeCommunities.map(formatLargeCommunity))],
  };
}
