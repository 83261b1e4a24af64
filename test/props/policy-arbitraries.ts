import fc from "fast-check";
import {
  type ActionsConfig,
  type ConditionsConfig,
  type DefinedSets,
  type MatchOption,
  type PolicyConfig,
  PolicyTable,
  type PolicyUse,
} from "../../src/bgp/policy/index.ts";
import type { PolicyRoute } from "../../src/bgp/rib/index.ts";
import {
  type AsPathSegment,
  buildAttributes,
  EMPTY_ATTRIBUTES,
  Family,
  type PathAttributes,
} from "../../src/bgp/wire/index.ts";
import { Address } from "../../src/lib/address.ts";
import { Prefix } from "../../src/lib/prefix.ts";

// Values from small pools, so that conditions hold often enough to matter.

const asn = fc.constantFrom(65001, 65002, 65003, 4200000001);
const small = fc.integer({ min: 0, max: 3 });
export const address4 = fc.tuple(small, small).map(([a, b]) => new Address(4, 0x0a000000 + a * 65536 + b));
const address6 = fc.tuple(small, small).map(([a, b]) => new Address(6, 0x20010db8, a, 0, b));
const prefixOf = (address: fc.Arbitrary<Address>, lengths: readonly number[]) =>
  fc.tuple(address, fc.constantFrom(...lengths)).map(([bits, length]) => new Prefix(bits, length));
export const prefix4 = prefixOf(address4, [8, 14, 16, 24, 31, 32]);
const prefix6 = prefixOf(address6, [32, 48, 64, 127, 128]);

export const members = (prefix: fc.Arbitrary<Prefix>) =>
  fc.array(
    fc.tuple(prefix, fc.nat(16), fc.nat(16)).map(([one, min, more]) => {
      const bits = one.version === 4 ? 32 : 128;
      const lengthMin = Math.min(bits, Math.max(0, one.length - 4 + min));
      return { prefix: one, lengthMin, lengthMax: Math.min(bits, lengthMin + more) };
    }),
    { maxLength: 6 },
  );

const community = fc.tuple(fc.constantFrom(65001, 65002), small).map(([a, b]) => `${a}:${b}`);
const extValue = fc.tuple(fc.constantFrom("rt", "soo"), community).map(([kind, value]) => `${kind}:${value}`);
const large = fc.tuple(community, small).map(([a, b]) => `${a}:${b}`);
const communityEntry = fc.oneof(community, fc.constantFrom("^65001:", ":[12]$", "no-export", "."));
const extEntry = fc.oneof(extValue, fc.constantFrom("rt:^65001:", "soo:.", "lb:.*"));
const largeEntry = fc.oneof(large, fc.constantFrom("^65001:", ":3$"));
const pathEntry = fc.oneof(
  asn.chain((as) => fc.constantFrom(`^${as}_`, `_${as}$`, `_${as}_`, `^${as}$`, `^${as}`, `_${as}_.*_65001_`)),
  fc.constantFrom("^$", "{", "^(65001_)*65002"),
);

const NAMES = ["a", "b", "c"];
const textSets = (entry: fc.Arbitrary<string>) =>
  fc
    .array(fc.array(entry, { maxLength: 3 }), { minLength: NAMES.length, maxLength: NAMES.length })
    .map((lists) => lists.map((entries, i) => ({ name: NAMES[i] as string, entries })));

const definedSets: fc.Arbitrary<DefinedSets> = fc.record({
  prefixSets: fc
    .tuple(members(prefix4), members(prefix4), members(prefix6))
    .map((lists) => lists.map((prefixes, i) => ({ name: NAMES[i] as string, prefixes }))),
  neighborSets: fc
    .array(fc.array(prefix4, { maxLength: 3 }), { minLength: 3, maxLength: 3 })
    .map((lists) => lists.map((prefixes, i) => ({ name: NAMES[i] as string, prefixes }))),
  communitySets: textSets(communityEntry),
  extCommunitySets: textSets(extEntry),
  largeCommunitySets: textSets(largeEntry),
  asPathSets: textSets(pathEntry),
});

/** Rarely: of statements with many conditions none would ever match. */
const maybe = <T>(value: fc.Arbitrary<T>) =>
  fc.oneof({ weight: 4, arbitrary: fc.constant(undefined) }, { weight: 1, arbitrary: value });
const match = <O extends MatchOption>(...options: O[]) =>
  maybe(fc.record({ set: fc.constantFrom(...NAMES), option: fc.constantFrom(...options) }));
const anyAllInvert = match("any", "all", "invert");

const conditions: fc.Arbitrary<ConditionsConfig> = fc.record({
  prefixSet: match("any", "invert"),
  neighborSet: match("any", "invert"),
  communitySet: anyAllInvert,
  extCommunitySet: anyAllInvert,
  largeCommunitySet: anyAllInvert,
  asPathSet: anyAllInvert,
  asPathLength: maybe(
    fc.record({ operator: fc.constantFrom("eq" as const, "ge" as const, "le" as const), value: small }),
  ),
  routeType: maybe(fc.constantFrom("internal" as const, "external" as const, "local" as const)),
  nextHops: maybe(fc.array(prefix4, { maxLength: 2 })),
  families: maybe(fc.subarray(["ipv4-unicast" as const, "ipv6-unicast" as const])),
});

const lists = (value: fc.Arbitrary<string>, entry: fc.Arbitrary<string>) =>
  maybe(
    fc.oneof(
      fc.record({ operation: fc.constantFrom("add" as const, "replace" as const), communities: fc.array(value) }),
      fc.record({ operation: fc.constant("remove" as const), communities: fc.array(entry, { maxLength: 3 }) }),
    ),
  );

const actions: fc.Arbitrary<ActionsConfig> = fc.record({
  disposition: fc.constantFrom("accept" as const, "reject" as const, "none" as const, "none" as const),
  med: maybe(
    fc.oneof(
      fc.record({ operation: fc.constant("set" as const), value: small }),
      fc.record({ operation: fc.constant("add" as const), value: fc.integer({ min: -3, max: 3 }) }),
    ),
  ),
  localPreference: maybe(small),
  nextHop: maybe(fc.oneof(address4, address6, fc.constantFrom("self" as const, "unchanged" as const))),
  asPathPrepend: maybe(
    fc.record({ as: fc.oneof(asn, fc.constant("last-as" as const)), count: fc.constantFrom(0, 1, 2, 255) }),
  ),
  origin: maybe(fc.constantFrom("igp" as const, "egp" as const)),
  community: lists(community, communityEntry),
  extCommunity: lists(extValue, extEntry),
  largeCommunity: lists(large, largeEntry),
});

const statement = fc.record({ conditions, actions }).map((rest) => ({ name: "s", ...rest }));
const policies: fc.Arbitrary<readonly PolicyConfig[]> = fc
  .array(fc.array(statement, { maxLength: 3 }), { minLength: 1, maxLength: 3 })
  .map((all) => all.map((statements, i) => ({ name: `p${i}`, statements })));

const use: fc.Arbitrary<Omit<PolicyUse, "policies">> = fc.record({
  direction: fc.constantFrom("import" as const, "export" as const),
  defaultAction: fc.constantFrom("accept" as const, "reject" as const),
  neighbor: maybe(
    fc.record({
      address: address4,
      localAddress: fc.oneof(address4, address6),
      type: fc.constantFrom("internal" as const, "external" as const),
    }),
  ),
});

export interface Setting {
  readonly sets: DefinedSets;
  readonly policies: readonly PolicyConfig[];
  /** A table that has bound nothing and remembers nothing, and the same use of it each time. */
  makeTable(): PolicyTable;
  readonly use: PolicyUse;
}

/** Sets, policies and a session. */
export const setting: fc.Arbitrary<Setting> = fc.tuple(definedSets, policies, use).map(([sets, list, rest]) => ({
  sets,
  policies: list,
  makeTable() {
    const table = PolicyTable.compile(sets, list);
    if (!table.ok) throw new Error(JSON.stringify(table.error));
    return table.value;
  },
  use: { ...rest, policies: list.map(({ name }) => name) },
}));

const segment: fc.Arbitrary<AsPathSegment> = fc.record({
  type: fc.constantFrom("sequence" as const, "sequence" as const, "set" as const, "confed-sequence" as const),
  asns: fc.array(asn, { minLength: 1, maxLength: 3 }),
});
const pathAttributes: fc.Arbitrary<Partial<PathAttributes>> = fc.record({
  asPath: fc.array(segment, { maxLength: 2 }),
  med: maybe(fc.oneof(small, fc.constant(0xffff_ffff))),
  communities: fc.array(
    fc.tuple(fc.constantFrom(65001, 65002), small).map(([a, b]) => a * 65536 + b),
    { maxLength: 4 },
  ),
  extCommunities: fc.array(
    fc.tuple(fc.constantFrom(2n, 3n, 0x4004n), small).map(([kind, b]) => (kind << 48n) | (65001n << 32n) | BigInt(b)),
    { maxLength: 3 },
  ),
  largeCommunities: fc.uniqueArray(
    small.map((localData2) => ({ globalAdministrator: 65001, localData1: 1, localData2 })),
    { maxLength: 3, selector: ({ localData2 }) => localData2 },
  ),
});

/** The parts of a route that come from the table; its attributes are given. */
export function routeWith(
  { address, length, version }: Prefix,
  bytes: Uint8Array,
  source: PolicyRoute["source"],
  received: Uint8Array = bytes,
): PolicyRoute {
  return {
    family: version === 4 ? Family.Ipv4Unicast : Family.Ipv6Unicast,
    w0: address.w0,
    w1: address.w1,
    w2: address.w2,
    w3: address.w3,
    length,
    attributes: { bytes, length: bytes.length },
    source,
    nextHopBytes: received,
    nextHopAt: 0,
  };
}

/** Routes of which many share their attributes. */
export const routes: fc.Arbitrary<readonly PolicyRoute[]> = fc
  .tuple(fc.array(pathAttributes, { minLength: 1, maxLength: 3 }), fc.array(address4, { minLength: 1, maxLength: 2 }))
  .chain(([pool, hops]) => {
    const route = fc
      .record({
        attributes: fc.constantFrom(...pool),
        hop: fc.constantFrom(...hops),
        prefix: fc.oneof(prefix4, prefix6),
        source: fc.constantFrom("local" as const, "internal" as const, "external" as const),
      })
      .map(({ attributes, hop, prefix, source }) => {
        const nextHop = prefix.version === 4 ? new Address(4, 0x0a000001) : new Address(6, 0x20010db8, 0, 0, 1);
        const bytes = buildAttributes({ ...EMPTY_ATTRIBUTES, ...attributes, nextHop });
        return routeWith(prefix, bytes, source, Uint8Array.from([4, ...hop.toBytes()]));
      });
    return fc.array(route, { minLength: 1, maxLength: 25 });
  });
