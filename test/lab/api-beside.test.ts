/**
 * The same configuration, the same neighbour and the same commands, on gobgpd and on Holdfast: what `gobgp -j` says of the
 * one it must say of the other, field by field, but for what docs/from-gobgp.md lists.
 */
import assert from "node:assert/strict";
import { after, before, describe, test } from "node:test";
import { GobgpPair } from "./gobgp-pair.ts";

/** What changes things: run on both, and to be answered alike. */
const SCRIPT = [
  "g global rib add 203.0.113.1/32",
  "g global rib add 203.0.113.3/32 nexthop 10.77.0.1 origin igp med 20 local-pref 300 community 65001:100 large-community 65001:1:2",
  "g global rib add 203.0.113.4/32 origin egp aspath 65100,65101 rt 65001:5",
  'g global rib add 203.0.113.7/32 aspath "65100 {1,2,3}"',
  "g global rib add -a ipv6 2001:db8:77::1/128 nexthop 2001:db8::1",
  "g global rib add 203.0.113.60/32 identifier 5 nexthop 10.77.0.1 local-pref 200",
  "g global rib add 203.0.113.60/32 identifier 6 nexthop 10.77.0.2",
  "g global rib add 203.0.113.9/33",
  "g global rib add 192.0.2.77/32",
  "g policy prefix add p1 10.0.0.0/8 8..24",
  "g policy neighbor add n1 10.1.0.0/24",
  "g policy as-path add as1 ^65100_",
  "g policy community add c1 65001:1 no-export ^65001:.*$",
  "g policy ext-community add e1 rt:65001:1 soo:65001:2",
  "g policy large-community add l1 65001:1:1",
  "g policy prefix add p1 2001:db8::/32",
  "g policy prefix del nope",
  "g policy statement add s1",
  "g policy statement s1 add condition prefix p1",
  "g policy statement s1 add condition neighbor n1 invert",
  "g policy statement s1 add condition as-path as1 any",
  "g policy statement s1 add condition community c1 all",
  "g policy statement s1 add condition ext-community e1",
  "g policy statement s1 add condition large-community l1",
  "g policy statement s1 add condition as-path-length 5 ge",
  "g policy statement s1 add condition route-type external",
  "g policy statement s1 add condition next-hop-in-list 10.0.0.1",
  "g policy statement s1 add condition afi-safi-in ipv4-unicast",
  "g policy statement s1 add condition community nope",
  "g policy statement s1 add action med +10",
  "g policy statement s1 add action local-pref 200",
  "g policy statement s1 add action as-prepend 65001 3",
  "g policy statement s1 add action next-hop self",
  "g policy statement s1 add action community add 65001:7",
  "g policy statement s1 add action ext-community add rt:65001:8",
  "g policy statement s1 add action large-community add 65001:1:9",
  "g policy statement s1 add action accept",
  "g policy statement s1 del action local-pref 200",
  "g policy statement s1 del condition community c1",
  "g policy statement s1 set condition prefix p1 invert",
  "g policy add pol1 s1",
  "g policy statement del s1",
  "g global policy import add pol1",
  "g global policy import add nope",
  "g policy prefix del ps-block",
  "g neighbor 10.77.0.2 policy",
  "g neighbor 10.77.0.99 policy",
  "g neighbor 10.77.0.99 reset",
  "g neighbor 10.77.0.99 adj-in",
  "g neighbor 10.77.0.2 local",
  "g neighbor add 10.77.0.44 as 65044 family ipv4-unicast,ipv6-unicast ebgp-multihop-ttl 5",
  "g neighbor add 10.77.0.44 as 65044",
  "g neighbor add 10.77.0.47 as 65047 allowas-in 3 remove-private-as all replace-peer-as",
  "g neighbor add 10.77.0.48 as 65048 vrf v1",
  "g neighbor update 10.77.0.47 as 65047 allowas-in 2",
  "g neighbor del 10.77.0.99",
  "g vrf",
  "g rpki table",
];

/** What is then asked. */
const QUESTIONS = [
  "g -j global",
  "g -j global rib",
  "g -j global rib -a ipv6",
  "g -j global rib 203.0.113.0/24 longer-prefixes",
  "g -j global rib 203.0.113.1/32 shorter-prefixes",
  "g -j global rib 198.51.100.7",
  "g -j global rib 10.9.9.9/32",
  "g -j neighbor",
  "g -j neighbor 10.77.0.2 adj-in",
  "g -j neighbor 10.77.0.2 adj-in -a ipv6",
  "g -j neighbor 10.77.0.2 adj-out",
  "g -j neighbor 10.77.0.2 adj-out -a ipv6",
  "g -j policy",
  "g -j policy statement",
  "g -j policy prefix",
  "g -j policy neighbor",
  "g -j policy as-path",
  "g -j policy community",
  "g -j policy ext-community",
  "g -j policy large-community",
  "g global policy",
  "g global rib summary",
  "g neighbor 10.77.0.2 adj-in summary",
];

/** Fields that may differ: each is explained in docs/from-gobgp.md, or is a time or a counter. */
const MAY_DIFFER: readonly RegExp[] = [
  /\.age$/,
  // Where nobody answers: it tries, or it waits.
  /^\[(?!10\.77\.0\.2\])[^\]]+\]\.state\.session_state$/,
  /\.timers\.state\./,
  /\.state\.messages\./,
  /\.state\.(local|remote)_cap/,
  /\.timers\.config\.(connect_retry|idle_hold_time_after_reset)$/,
  /\.afi_safis\[\d\]\.state\.advertised$/,
];

type Tree = null | string | number | boolean | readonly Tree[] | { readonly [key: string]: Tree };

/** What tells a neighbour, a policy, a statement or a set from its like. */
function nameOf(tree: Tree): string | undefined {
  const { name, conf } = (tree ?? {}) as {
    readonly name?: string;
    readonly conf?: { readonly neighbor_address: string };
  };
  return name ?? conf?.neighbor_address;
}

/**
 * Every leaf by its path. A path begins with the name of what has one: gobgpd keeps such things in maps, and Go draws
 * their order at each look. Lists within them have an order that counts.
 */
function leaves(tree: Tree, path = "", into = new Map<string, string>()): Map<string, string> {
  if (Array.isArray(tree))
    for (const [i, item] of (tree as readonly Tree[]).entries())
      leaves(item, `${path}[${path === "" ? (nameOf(item) ?? i) : i}]`, into);
  else if (tree !== null && typeof tree === "object")
    for (const [key, item] of Object.entries(tree)) leaves(item, `${path}.${key}`, into);
  else into.set(path, JSON.stringify(tree));
  return into;
}

/** protobuf-go draws the number of spaces. */
const plain = (text: string) => text.replace(/ +/g, " ").trim();

function differences(question: string, gobgpd: string, holdfast: string): string[] {
  if (!question.includes(" -j "))
    return plain(gobgpd) === plain(holdfast) ? [] : [`${gobgpd}\n--- is ---\n${holdfast}`];
  const [theirs, ours] = [leaves(JSON.parse(gobgpd) as Tree), leaves(JSON.parse(holdfast) as Tree)];
  return [...new Set([...theirs.keys(), ...ours.keys()])]
    .filter((path) => theirs.get(path) !== ours.get(path) && !MAY_DIFFER.some((pattern) => pattern.test(path)))
    .map((path) => `${path}: gobgpd ${theirs.get(path) ?? "has it not"}, Holdfast ${ours.get(path) ?? "has it not"}`);
}

describe("gobgp on gobgpd and on Holdfast", () => {
  let gobgpd: GobgpPair;
  let holdfast: GobgpPair;
  before(async () => {
    [gobgpd, holdfast] = await Promise.all([GobgpPair.start("gobgpd"), GobgpPair.start("holdfast")]);
  });
  after(() => Promise.all([gobgpd.stop(), holdfast.stop()]));

  test("the script is answered alike, errors included", async () => {
    for (const line of SCRIPT) {
      const [theirs, ours] = await Promise.all([
        gobgpd.shell(`${line}; echo rc=$?`),
        holdfast.shell(`${line}; echo rc=$?`),
      ]);
      assert.equal(plain(ours), plain(theirs), line);
    }
  });

  for (const question of QUESTIONS)
    test(question, async () => {
      const [theirs, ours] = await Promise.all([gobgpd.shell(question), holdfast.shell(question)]);
      assert.deepEqual(differences(question, theirs, ours), []);
    });
});
