/**
 * Policies of ours and of gobgpd beside each other: the same sets and policies, the same routes. gobgpd shows each route
 * before its policies and after them; what our policies make of the first must be the second, attribute by attribute.
 *
 *     ext, AS 64998 ---+
 *                      +--- dut, AS 64999, with all the policies
 *     int, AS 64999 ---+
 */
import assert from "node:assert/strict";
import { writeFile } from "node:fs/promises";
import { after, before, describe, test } from "node:test";
import fc from "fast-check";
import type { GobgpPath } from "../../lab/peers/gobgp.ts";
import { Lab } from "../../lab/topology.ts";
import { waitFor } from "../../lab/wait.ts";
import {
  type CommunityAction,
  type DefinedSets,
  type Direction,
  NO_SETS,
  type PolicyConfig,
  type PolicyNeighbor,
  PolicyTable,
} from "../../src/bgp/policy/index.ts";
import { buildAttributes, parseAttributes } from "../../src/bgp/wire/index.ts";
import type { Address } from "../../src/lib/address.ts";
import { parseAddress } from "../../src/lib/address.ts";
import { type Prefix, parsePrefix } from "../../src/lib/prefix.ts";
import { routeWith, setting } from "../props/policy-arbitraries.ts";
import { attributesOf, comparable } from "./gobgp-attributes.ts";
import { policyToml } from "./policy-toml.ts";
import "./tell.ts";

/** Draw others with CASES and SEED. */
const CASES = Number(process.env["CASES"] ?? 60);
const SEED = Number(process.env["SEED"] ?? 20261121);
const FAMILIES = ["ipv4", "ipv6"] as const;
type FamilyWord = (typeof FAMILIES)[number];

/** Addresses within the pools of the policies' neighbour sets and next-hop lists. */
const NODES = {
  dut: { as: 64999, address: "10.0.0.1" },
  ext: { as: 64998, address: "10.0.0.2" },
  int: { as: 64999, address: "10.1.0.2" },
} as const;
type NodeName = keyof typeof NODES;

const address = (text: string) => parseAddress(text) as Address;
const NEIGHBORS: Readonly<Record<"ext" | "int", PolicyNeighbor>> = {
  ext: { address: address(NODES.ext.address), localAddress: address(NODES.dut.address), type: "external" },
  int: { address: address(NODES.int.address), localAddress: address(NODES.dut.address), type: "internal" },
};

interface Case {
  readonly sets: DefinedSets;
  readonly policies: readonly PolicyConfig[];
  readonly defaultAction: "accept" | "reject";
}

/** A file of GoBGP's cannot say this: it takes an empty list for no action. */
const listed = (action: CommunityAction | undefined) => (action?.communities.length === 0 ? undefined : action);

/** Without what we do otherwise on purpose (src/bgp/policy/index.ts), and what a file of GoBGP's cannot say. */
function withoutDifferences({ conditions, actions, ...rest }: PolicyConfig["statements"][number]) {
  const { extCommunitySet, families } = conditions;
  const { asPathPrepend: prepend } = actions;
  return {
    ...rest,
    conditions: {
      ...conditions,
      extCommunitySet: extCommunitySet && { ...extCommunitySet, option: "any" as const },
      families: families?.length === 0 ? undefined : families,
    },
    actions: {
      ...actions,
      origin: undefined,
      // "+0" sets 0 there.
      med: actions.med?.operation === "add" && actions.med.value === 0 ? undefined : actions.med,
      // Beyond 255 numbers in a sequence gobgpd writes old ones in the place of new ones.
      asPathPrepend: prepend && { ...prepend, count: Math.min(prepend.count, 20) },
      localPreference: actions.localPreference || undefined,
      community: listed(actions.community),
      extCommunity: listed(actions.extCommunity),
      largeCommunity: listed(actions.largeCommunity),
    },
  };
}

/** Names must be unique in the file: all get the number of their case in front. */
function makeCases(): Case[] {
  return fc.sample(setting, { seed: SEED, numRuns: CASES }).map(({ sets, policies, use }, i) => {
    const named = <T extends { readonly name: string }>(list: readonly T[]) =>
      list.map((one) => ({ ...one, name: `c${i}${one.name}` }));
    const renamed = (match: { readonly set: string } | undefined) => match && { ...match, set: `c${i}${match.set}` };
    return {
      defaultAction: use.defaultAction,
      sets: Object.fromEntries(Object.entries(sets).map(([kind, list]) => [kind, named(list)])) as never,
      policies: named(policies).map(({ name, statements }) => ({
        name,
        statements: statements.map((statement, s) => {
          const { conditions, ...others } = withoutDifferences(statement);
          const matches = Object.entries(conditions).map(([key, value]) => [
            key,
            key.endsWith("Set") ? renamed(value as never) : value,
          ]);
          return { ...others, name: `${name}s${s}`, conditions: Object.fromEntries(matches) };
        }),
      })),
    };
  });
}

/** Options of `gobgp global rib add`, one of each list per route, in all combinations as the numbers go. */
const PATHS = [
  "",
  "65001",
  "65002",
  "65001,65002",
  "65003,65001,65001",
  "65002 {65001,65003}",
  "{65003} 65001",
  "4200000001",
];
const MEDS = [undefined, 0, 2, 4294967295];
const COMMUNITIES = ["", "65001:1", "65002:2,65001:3", "65001:1,65001:2,65002:1"];
const EXT = ["", "rt 65001:1", "rt 65002:1 65001:2"];
const LARGE = ["", "65001:1:1", "65001:2:3,65002:1:0"];

function routeOptions(i: number): string[] {
  const pick = <T>(list: readonly T[], stride: number) => list[Math.floor(i / stride) % list.length] as T;
  const path = pick(PATHS, 1);
  const med = pick(MEDS, 3);
  const communities = pick(COMMUNITIES, 1);
  const large = pick(LARGE, 5);
  return [
    ...["origin", "igp"],
    ...(path === "" ? [] : ["aspath", path]),
    ...(med === undefined ? [] : ["med", `${med}`]),
    ...(communities === "" ? [] : ["community", communities]),
    ...pick(EXT, 2)
      .split(" ")
      .filter((word) => word !== ""),
    ...(large === "" ? [] : ["large-community", large]),
  ];
}

/** Prefixes of the policies' pools, dealt out to the three speakers. */
function prefixesOf(family: FamilyWord): string[] {
  const all = [0, 1, 2, 3].flatMap((a) =>
    family === "ipv4"
      ? [`10.${a}.0.0/16`, `10.${a}.0.0/24`, `10.${a}.0.2/31`, `10.${a}.0.1/32`, `10.${a}.0.3/32`]
      : [`2001:db8:0:${a}::/64`, `2001:db8:0:${a}:0:0:0:${a}/128`, `2001:db8:${a}::/48`],
  );
  return [...new Set([...all, ...(family === "ipv4" ? ["10.0.0.0/8", "0.0.0.0/0"] : ["2001:db8::/32"])])];
}

function toml(node: NodeName): string {
  const { as, address: own } = NODES[node];
  const others = (Object.keys(NODES) as NodeName[]).filter((other) => (node === "dut") !== (other === "dut"));
  const neighbors = others.map((other) =>
    [
      "[[neighbors]]",
      `[neighbors.config]\nneighbor-address = "${NODES[other].address}"\npeer-as = ${NODES[other].as}`,
      `[neighbors.transport.config]\nlocal-address = "${own}"\npassive-mode = ${node === "dut"}`,
      "[neighbors.timers.config]\nconnect-retry = 5",
      ...FAMILIES.map(
        (family) => `[[neighbors.afi-safis]]\n[neighbors.afi-safis.config]\nafi-safi-name = "${family}-unicast"`,
      ),
    ].join("\n"),
  );
  return `[global.config]\nas = ${as}\nrouter-id = "${own}"\n${neighbors.join("\n")}\n`;
}

describe("policies decide as gobgpd's do", () => {
  const cases = makeCases();
  let lab: Lab;
  const gobgp = (node: NodeName, ...words: string[]) => lab.run(node, ["gobgp", ...words]);
  const rib = async (...words: string[]) =>
    JSON.parse(await gobgp("dut", "-j", ...words)) as Record<string, readonly GobgpPath[]>;
  const tables = async (...words: string[]) => {
    const both = await Promise.all(FAMILIES.map((family) => rib(...words, "-a", family)));
    return new Map(both.flatMap((one) => Object.entries(one)));
  };

  before(async () => {
    const members = (Object.keys(NODES) as NodeName[]).map((node) => ({
      node,
      interface: "eth0",
      addresses: [`${NODES[node].address}/14`],
    }));
    lab = await Lab.up({ segments: [{ name: "lan", members }] });
    const sets = cases.reduce<DefinedSets>(
      (all, one) =>
        Object.fromEntries(
          (Object.keys(all) as (keyof DefinedSets)[]).map((kind) => [kind, [...all[kind], ...one.sets[kind]]]),
        ) as never,
      NO_SETS,
    );
    const policies = policyToml(
      sets,
      cases.flatMap((one) => one.policies),
    );
    for (const node of Object.keys(NODES) as NodeName[]) {
      const file = `${lab.subdirectory(node)}/gobgpd.toml`;
      await writeFile(file, node === "dut" ? toml(node) + policies : toml(node));
      const command = ["gobgpd", "-f", file, "--api-hosts", "127.0.0.1:50051", "--pprof-disable"];
      await lab.start(node, { name: `gobgpd in ${node}`, command, logFile: `${lab.subdirectory(node)}/log` });
    }
    for (const node of Object.keys(NODES) as NodeName[])
      await waitFor(`gobgpd in ${node}`, async () => (await gobgp(node, "global")).includes(`${NODES[node].as}`));
    await announceAll();
  });
  after(() => lab.down());

  async function announceAll(): Promise<void> {
    const nodes = Object.keys(NODES) as NodeName[];
    const all = FAMILIES.flatMap((family) => prefixesOf(family).map((prefix) => ({ family, prefix })));
    await Promise.all(
      nodes.map(async (node, n) => {
        for (const [i, { family, prefix }] of all.entries()) {
          if (i % nodes.length !== n) continue;
          const nextHop = family === "ipv4" ? `10.${i % 4}.0.${i % 3}` : `2001:db8:${i % 4}::9`;
          const hop = i % 4 === 0 && i % 3 === 0 ? "10.3.0.3" : nextHop;
          const words = ["-a", family, prefix, "nexthop", family === "ipv4" ? hop : nextHop, ...routeOptions(i)];
          await gobgp(node, "global", "rib", "add", ...words);
        }
      }),
    );
    await waitFor("all routes in dut", async () => (await tables("global", "rib")).size === all.length);
  }

  /** What our policies make of a route: an object to compare, or undefined. */
  function ours(
    one: Case,
    direction: Direction,
    neighbor: PolicyNeighbor,
    route: { readonly prefix: Prefix; readonly path: GobgpPath; readonly origin: GobgpPath },
  ) {
    const compiled = PolicyTable.compile(one.sets, one.policies);
    assert.ok(compiled.ok, JSON.stringify(compiled));
    const policies = one.policies.map(({ name }) => name);
    const bound = compiled.value.bind({ direction, policies, defaultAction: one.defaultAction, neighbor });
    assert.ok(bound.ok);
    const from = route.origin["neighbor-ip"];
    const source = from === NODES.ext.address ? "external" : from === NODES.int.address ? "internal" : "local";
    const before = buildAttributes(attributesOf(route.path));
    const received = buildAttributes(attributesOf(route.origin));
    const asked = routeWith(route.prefix, before, source, received);
    if (bound.value === undefined) return one.defaultAction === "accept" ? parseAttributes(before) : undefined;
    const result = bound.value.apply(asked);
    return result && parseAttributes(result.bytes, 0, result.length);
  }

  /** Compares all routes of `before` with those of `after` that gobgpd left of them. */
  function compare(
    what: string,
    one: Case,
    [direction, neighbor]: readonly [Direction, PolicyNeighbor],
    tablesAt: Readonly<Record<"before" | "after" | "origins", ReadonlyMap<string, readonly GobgpPath[]>>>,
  ): { readonly rejected: number; readonly changed: number } {
    let rejected = 0;
    let changed = 0;
    for (const [text, [path]] of tablesAt.before) {
      const prefix = parsePrefix(text) as Prefix;
      const origin = tablesAt.origins.get(text)?.find((candidate) => candidate.best === true);
      if (path === undefined || origin === undefined) continue;
      const result = ours(one, direction, neighbor, { prefix, path, origin });
      const theirs = tablesAt.after.get(text)?.[0];
      const isIpv6 = prefix.version === 6;
      const expected = theirs && comparable(attributesOf(theirs), isIpv6);
      assert.deepEqual(result && comparable(result, isIpv6), expected, `${what}, ${text}`);
      if (expected === undefined) rejected++;
      else if (JSON.stringify(expected) !== JSON.stringify(comparable(attributesOf(path), isIpv6))) changed++;
    }
    return { rejected, changed };
  }

  const use = (direction: Direction, { policies, defaultAction }: Case) =>
    gobgp("dut", "global", "policy", direction, "set", ...policies.map(({ name }) => name), "default", defaultAction);
  const unuse = (direction: Direction) => gobgp("dut", "global", "policy", direction, "set", "default", "accept");

  for (const name of ["ext", "int"] as const)
    test(`on export to ${name}`, async () => {
      const neighbor = NEIGHBORS[name];
      const words = ["neighbor", NODES[name].address, "adj-out"];
      await unuse("export");
      const before = await tables(...words);
      const origins = await tables("global", "rib");
      let [rejected, changed] = [0, 0];
      for (const [i, one] of cases.entries()) {
        await use("export", one);
        const after = await tables(...words);
        const found = compare(`case ${i}`, one, ["export", neighbor], { before, after, origins });
        rejected += found.rejected;
        changed += found.changed;
      }
      await unuse("export");
      assert.ok(rejected > 100 && changed > 100, `${rejected} rejected, ${changed} changed: too few to mean much`);
    });

  for (const name of ["ext", "int"] as const)
    test(`on import from ${name}`, async () => {
      const neighbor = NEIGHBORS[name];
      await unuse("import");
      const softReset = () => gobgp("dut", "neighbor", neighbor.address.toString(), "softresetin");
      await softReset();
      const all = await tables("global", "rib");
      const before = new Map(
        [...all].filter(([, paths]) => paths.some((path) => path["neighbor-ip"] === NODES[name].address)),
      );
      let [rejected, changed] = [0, 0];
      for (const [i, one] of cases.entries()) {
        await use("import", one);
        await softReset();
        const after = await tables("global", "rib");
        const found = compare(`case ${i}`, one, ["import", neighbor], { before, after, origins: before });
        rejected += found.rejected;
        changed += found.changed;
      }
      await unuse("import");
      await softReset();
      assert.ok(rejected > 50 && changed > 50, `${rejected} rejected, ${changed} changed: too few to mean much`);
    });
});
