import assert from "node:assert/strict";
import {
  type ActionsConfig,
  type ConditionsConfig,
  type DefinedSets,
  type Direction,
  NO_SETS,
  type PolicyConfig,
  type PolicyNeighbor,
  PolicyTable,
  type RoutePolicy,
} from "../../../../src/bgp/policy/index.ts";
import type { PolicyRoute, RouteSource } from "../../../../src/bgp/rib/index.ts";
import {
  buildAttributes,
  EMPTY_ATTRIBUTES,
  Family,
  type PathAttributes,
  parseAttributes,
} from "../../../../src/bgp/wire/index.ts";
import { type Address, parseAddress } from "../../../../src/lib/address.ts";
import { Prefix, parsePrefix } from "../../../../src/lib/prefix.ts";

export function address(text: string): Address {
  const parsed = parseAddress(text);
  assert.ok(parsed !== undefined, text);
  return parsed;
}

/** A prefix, or an address as one of full length. */
export function prefix(text: string): Prefix {
  if (!text.includes("/")) return new Prefix(address(text), text.includes(":") ? 128 : 32);
  const parsed = parsePrefix(text);
  assert.ok(parsed !== undefined, text);
  return parsed;
}

/** "192.0.2.0/24", or "192.0.2.0/24 24..32" as gobgp writes it. */
export function member(text: string) {
  const [cidr = "", min, max] = text.split(/ |\.\.(?=\d+$)/);
  const parsed = prefix(cidr);
  return { prefix: parsed, lengthMin: Number(min ?? parsed.length), lengthMax: Number(max ?? parsed.length) };
}

export const NEIGHBOR: PolicyNeighbor = {
  address: address("10.0.0.2"),
  localAddress: address("10.0.0.1"),
  type: "external",
};

export interface Asked {
  readonly prefix?: string;
  readonly source?: RouteSource;
  readonly attributes?: Partial<PathAttributes>;
  /** The next hop before export put another in its place. */
  readonly receivedNextHop?: string;
}

export function routeOf({ prefix: text = "192.0.2.0/24", source = "external", ...rest }: Asked = {}): PolicyRoute {
  const { address: bits, length, version } = prefix(text);
  const nextHop = address(version === 4 ? "10.9.9.9" : "2001:db8::9");
  const bytes = buildAttributes({ ...EMPTY_ATTRIBUTES, nextHop, ...rest.attributes });
  const received = rest.receivedNextHop === undefined ? undefined : address(rest.receivedNextHop).toBytes();
  return {
    family: version === 4 ? Family.Ipv4Unicast : Family.Ipv6Unicast,
    w0: bits.w0,
    w1: bits.w1,
    w2: bits.w2,
    w3: bits.w3,
    length,
    attributes: { bytes, length: bytes.length },
    source,
    nextHopBytes: received === undefined ? bytes : Uint8Array.from([received.length, ...received]),
    nextHopAt: 0,
  };
}

export function tableOf(policies: readonly PolicyConfig[], sets: Partial<DefinedSets> = {}): PolicyTable {
  const table = PolicyTable.compile({ ...NO_SETS, ...sets }, policies);
  assert.ok(table.ok, JSON.stringify(table));
  return table.value;
}

export interface Bound {
  readonly sets?: Partial<DefinedSets>;
  readonly direction?: Direction;
  readonly defaultAction?: "accept" | "reject";
  readonly neighbor?: PolicyNeighbor | undefined;
}

/** All the policies, in the order given, on one session. */
export function bindAll(policies: readonly PolicyConfig[], bound: Bound = {}): RoutePolicy | undefined {
  const policy = tableOf(policies, bound.sets).bind({
    direction: bound.direction ?? "export",
    policies: policies.map(({ name }) => name),
    defaultAction: bound.defaultAction ?? "accept",
    neighbor: "neighbor" in bound ? bound.neighbor : NEIGHBOR,
  });
  assert.ok(policy.ok, JSON.stringify(policy));
  return policy.value;
}

/** Attributes that the policy makes of a route, or "reject". */
export function outcome(policy: RoutePolicy | undefined, asked: Asked = {}): PathAttributes | "reject" {
  const route = routeOf(asked);
  const result = policy === undefined ? route.attributes : policy.apply(route);
  return result === undefined ? "reject" : parseAttributes(result.bytes, 0, result.length);
}

/** Whether the conditions of a statement hold: it rejects then. */
export function holds(conditions: ConditionsConfig, asked: Asked = {}, bound: Bound = {}): boolean {
  const statement = { name: "s", conditions, actions: { disposition: "reject" as const } };
  return outcome(bindAll([{ name: "p", statements: [statement] }], bound), asked) === "reject";
}

/** What a statement without conditions makes of the attributes. */
export function edited(actions: Partial<ActionsConfig>, asked: Asked = {}, bound: Bound = {}): PathAttributes {
  const statement = { name: "s", conditions: {}, actions: { disposition: "accept" as const, ...actions } };
  const result = outcome(bindAll([{ name: "p", statements: [statement] }], bound), asked);
  assert.ok(result !== "reject");
  return result;
}
