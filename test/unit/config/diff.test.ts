import assert from "node:assert/strict";
import { test } from "node:test";
import { type Change, type Config, diffConfigs, loadConfig } from "../../../src/config/index.ts";

const BASE = `
[global.config]
as = 65001
router-id = "192.0.2.11"
[[peer-groups]]
config = { peer-group-name = "g", peer-as = 65010 }
timers.config = { hold-time = 9 }
[[neighbors]]
config = { neighbor-address = "192.0.2.1", peer-group = "g", auth-password = "one" }
[[neighbors]]
config = { neighbor-address = "192.0.2.2", peer-as = 65020 }
[[dynamic-neighbors]]
config = { prefix = "10.0.0.0/8", peer-group = "g" }
[[vips]]
prefix = "203.0.113.10/32"
communities = ["65001:1"]
[[defined-sets.prefix-sets]]
prefix-set-name = "ps"
prefix-list = [{ ip-prefix = "10.0.0.0/8" }]
[[policy-definitions]]
name = "p"
statements = [{ name = "s", actions.route-disposition = "accept-route" }]
`;

function load(text: string): Config {
  const loaded = loadConfig(text, "test");
  assert.ok(loaded.ok, loaded.ok ? "" : loaded.errors.map((e) => `${e.line}: ${e.message}`).join("\n"));
  return loaded.config;
}

/** What changes when `from` in the base file becomes `to`. */
function change(from: string, to: string): readonly Change[] {
  assert.ok(BASE.includes(from), `the base has no ${from}`);
  return diffConfigs(load(BASE), load(BASE.replace(from, to)));
}

const brief = (changes: readonly Change[]) => changes.map((c) => `${c.subject} ${c.name} ${c.change} ${c.effect}`);

test("nothing changes when the file says the same in other words", () => {
  assert.deepEqual(diffConfigs(load(BASE), load(BASE)), []);
  assert.deepEqual(
    change(
      "timers.config = { hold-time = 9 }",
      "TIMERS.config.hold-time = 9.0\n# x\nlogging-options.config.log-neighbor-state-changes = true",
    ),
    [],
  );
  assert.deepEqual(
    change(
      "peer-as = 65020 }",
      "peer-as = 65020, description = '' }\nafi-safis = [{ config.afi-safi-name = \"ipv4-unicast\" }]",
    ),
    [],
  );
  assert.deepEqual(change('["65001:1"]', '["4259905537"]'), []);
});

test("a description is live, a policy default is soft, a hold time resets: that one session", () => {
  assert.deepEqual(brief(change("peer-as = 65020 }", 'peer-as = 65020, description = "x" }')), [
    "neighbor 192.0.2.2 changed live",
  ]);
  assert.deepEqual(
    brief(change("peer-as = 65020 }", 'peer-as = 65020 }\napply-policy.config.default-import-policy = "reject-route"')),
    ["neighbor 192.0.2.2 changed soft"],
  );
  assert.deepEqual(change("peer-as = 65020 }", "peer-as = 65020 }\ntimers.config.hold-time = 30"), [
    {
      subject: "neighbor",
      name: "192.0.2.2",
      change: "changed",
      keys: [{ key: "timers.config.hold-time", before: "90", after: "30", effect: "reset" }],
      effect: "reset",
    },
  ]);
});

test("the order of families makes no difference, and a family's key is named by it", () => {
  const families = (...items: readonly string[]) =>
    load(
      BASE.replace("peer-as = 65020 }", `peer-as = 65020 }\nafi-safis = [${items.map((i) => `{ ${i} }`).join(",")}]`),
    );
  const v4 = 'config.afi-safi-name = "ipv4-unicast"';
  const v6 = 'config.afi-safi-name = "ipv6-unicast"';
  assert.deepEqual(diffConfigs(families(v4, v6), families(v6, v4)), []);
  const [limited] = diffConfigs(families(v4, v6), families(v4, `${v6}, prefix-limit.config.max-prefixes = 5`));
  assert.deepEqual(limited?.keys, [
    { key: "afi-safis[ipv6-unicast].prefix-limit.config.max-prefixes", before: "0", after: "5", effect: "live" },
  ]);
});

test("the strongest effect of several keys counts", () => {
  const [only] = change("peer-as = 65020 }", 'peer-as = 65021, description = "x", next-hop = "self" }');
  assert.equal(only?.effect, "reset");
  assert.deepEqual(
    only?.keys.map((key) => [key.key, key.effect]),
    [
      ["config.peer-as", "reset"],
      ["config.description", "live"],
      ["config.next-hop", "soft"],
    ],
  );
});

test("a change in a group is a change of its members, dynamic ones too", () => {
  assert.deepEqual(brief(change("hold-time = 9", "hold-time = 12")), [
    "peer-group g changed live",
    "neighbor 192.0.2.1 changed reset",
    "dynamic-neighbor 10.0.0.0/8 changed reset",
  ]);
});

test("a neighbour that overrides its group does not notice", () => {
  const own = BASE.replace('auth-password = "one" }', 'auth-password = "one" }\ntimers.config = { hold-time = 30 }');
  assert.deepEqual(brief(diffConfigs(load(own), load(own.replace("hold-time = 9", "hold-time = 12")))), [
    "peer-group g changed live",
    "dynamic-neighbor 10.0.0.0/8 changed reset",
  ]);
});

test("our own AS concerns every session, the listening port none", () => {
  assert.deepEqual(brief(change("as = 65001", "as = 65003")), [
    "global  changed reset",
    "neighbor 192.0.2.1 changed reset",
    "neighbor 192.0.2.2 changed reset",
    "dynamic-neighbor 10.0.0.0/8 changed reset",
  ]);
  assert.deepEqual(brief(change("as = 65001", "as = 65001\nport = 1179")), ["global  changed live"]);
});

test("a VIP with a prepended AS changes with our AS", () => {
  const own = BASE.replace("[[vips]]", "[[vips]]\nas-path-prepend = 2");
  const changes = diffConfigs(load(own), load(own.replace("as = 65001", "as = 65003")));
  assert.deepEqual(brief(changes).at(-1), "vip 203.0.113.10/32 changed live");
});

test("the rules of selection need a restart", () => {
  const selection = "[global.route-selection-options.config]\nalways-compare-med = true\n[[vips]]";
  assert.deepEqual(brief(change("[[vips]]", selection)), ["global  changed restart"]);
});

test("secrets are compared and not shown", () => {
  assert.deepEqual(change('"one"', '"two"')[0]?.keys, [
    { key: "config.auth-password", before: "(secret)", after: "(secret)", effect: "reset" },
  ]);
});

test("what comes disturbs nobody, what goes ends its own session", () => {
  const more = `${BASE}\n[[neighbors]]\nconfig = { neighbor-address = "192.0.2.3", peer-as = 65030 }\n[[vips]]\nprefix = "203.0.113.11/32"\n`;
  assert.deepEqual(brief(diffConfigs(load(BASE), load(more))), [
    "neighbor 192.0.2.3 added live",
    "vip 203.0.113.11/32 added live",
  ]);
  assert.deepEqual(brief(diffConfigs(load(more), load(BASE))), [
    "neighbor 192.0.2.3 removed reset",
    "vip 203.0.113.11/32 removed live",
  ]);
});

test("VIPs change live, with the keys that changed", () => {
  assert.deepEqual(change('communities = ["65001:1"]', 'communities = ["65001:1", "no-export"]\nmed = 5'), [
    {
      subject: "vip",
      name: "203.0.113.10/32",
      change: "changed",
      keys: [
        { key: "communities", before: "[65001:1]", after: "[65001:1, no-export]", effect: "live" },
        { key: "med", before: undefined, after: "5", effect: "live" },
      ],
      effect: "live",
    },
  ]);
});

test("policies and sets are soft", () => {
  assert.deepEqual(brief(change('"accept-route" }]', '"reject-route" }]')), ["policy p changed soft"]);
  assert.deepEqual(brief(change('ip-prefix = "10.0.0.0/8"', 'ip-prefix = "11.0.0.0/8"')), [
    "defined-set prefix-set ps changed soft",
  ]);
});

test("logging is live", () => {
  assert.deepEqual(brief(change("[[vips]]", '[log]\nlevel = "debug"\n[[vips]]')), ["log  changed live"]);
});
