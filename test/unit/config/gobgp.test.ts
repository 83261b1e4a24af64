import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { test } from "node:test";
import { type Config, type Loaded, loadConfig } from "../../../src/config/index.ts";
import { schema } from "../../../src/config/schema/index.ts";
import { allKeys } from "../../../src/config/settings.ts";

const folder = join(import.meta.dirname, "gobgp");
const load = (name: string): Loaded => loadConfig(readFileSync(join(folder, name), "utf8"), name);

function configOf(loaded: Loaded): Config {
  assert.ok(loaded.ok, loaded.ok ? "" : loaded.errors.map((e) => `${e.line}: ${e.message}`).join("\n"));
  return loaded.config;
}

test("every key of GoBGP 3.10 is known", () => {
  const known = new Set([...allKeys(schema)].map(([path]) => path));
  const keys = readFileSync(join(folder, "keys-3.10.txt"), "utf8").trim().split("\n");
  assert.equal(keys.length, 420);
  assert.deepEqual(
    keys.filter((key) => !known.has(key)),
    [],
  );
});

test("what GoBGP does not know is marked as ours", () => {
  const gobgp = new Set(readFileSync(join(folder, "keys-3.10.txt"), "utf8").trim().split("\n"));
  const later = /send-software-version|ip-tos|allow-aspath-loop-local|\.bfd\./; // GoBGP 4
  const wrong = [...allKeys(schema)].filter(
    ([path, key]) => !later.test(path) && gobgp.has(path) === (key.own === true),
  );
  assert.deepEqual(
    wrong.map(([path]) => path),
    [],
  );
});

test("a gobgpd file with neighbours, a group, dynamic neighbours, sets and policies loads", () => {
  const loaded = load("policies.toml");
  const config = configOf(loaded);
  assert.deepEqual(loaded.warnings, []);
  assert.equal(config.global.listenPort, 10179);
  assert.deepEqual(config.global.localAddresses.map(String), ["10.77.0.1"]);
  assert.deepEqual(config.global.applyPolicy, {
    importPolicies: [],
    exportPolicies: ["pol-export"],
    defaultImport: "accept",
    defaultExport: "accept",
  });
  const [tor, passive] = config.neighbors;
  assert.equal(tor?.description, "tor-1");
  assert.deepEqual(tor?.ttl, { send: 3, min: undefined });
  assert.deepEqual(tor?.gracefulRestart, {
    restartTime: 120e6,
    notification: true,
    longLived: true,
    helperOnly: false,
    deferralTime: 30e6,
    stalePathTime: 360e6,
  });
  assert.deepEqual(tor?.families[0], {
    family: "ipv4-unicast",
    addPathReceive: false,
    addPathSendMax: 0,
    prefixLimit: { max: 1000, warningPercent: 80, action: "shutdown", restartTime: 300e6 },
    gracefulRestart: true,
    longLivedStaleTime: 3600e6,
  });
  assert.equal(passive?.passive, true);
  assert.deepEqual(passive?.ttl, { send: 1, min: undefined });
  assert.equal(config.dynamicNeighbors[0]?.prefix.toString(), "10.77.1.0/24");
  assert.equal(config.dynamicNeighbors[0]?.session.peerAs, 65010);
  const [block, change] = config.policies[0]?.statements ?? [];
  assert.deepEqual(block?.conditions.prefixSet, { set: "ps-block", option: "any" });
  assert.equal(block?.actions.disposition, "reject");
  assert.deepEqual(change?.actions.med, { operation: "set", value: 50 });
  assert.deepEqual(change?.actions.community, { operation: "add", communities: ["65001:999"] });
  assert.deepEqual(
    config.definedSets.prefixSets.map(({ prefixes }) =>
      prefixes.map((p) => `${p.prefix} ${p.lengthMin}..${p.lengthMax}`),
    ),
    [["192.0.2.0/24 24..32"]],
  );
});

test("a gobgpd file with graceful restart loads without a warning", () => {
  const loaded = load("restart.toml");
  assert.deepEqual(loaded.warnings, []);
  // GoBGP's default of 360 s is longer than restart-time: half of that is taken without a word.
  assert.equal(configOf(loaded).neighbors[0]?.gracefulRestart?.deferralTime, 45e6);
});

test("a gobgpd file whose deferral-time is not shorter than its restart-time loads with a warning", () => {
  const loaded = load("bench.toml");
  const config = configOf(loaded);
  assert.deepEqual(
    loaded.warnings.map((w) => w.key),
    [0, 1].map((i) => `neighbors[${i}].graceful-restart.config.deferral-time`),
  );
  assert.equal(config.neighbors[0]?.gracefulRestart?.deferralTime, 10e6);
  assert.deepEqual(
    config.neighbors.map((n) => [n.passive, n.connectRetryTime]),
    [
      [true, 1e6],
      [false, 1e6],
    ],
  );
});

test("a policy for families that are not carried here matches nothing, not everything", () => {
  const loaded = loadConfig(
    `
[[policy-definitions]]
name = "p"
[[policy-definitions.statements]]
conditions.bgp-conditions.afi-safi-in-list = ["l2vpn-evpn"]
[[policy-definitions.statements]]
conditions.bgp-conditions.afi-safi-in-list = ["l2vpn-evpn", "ipv4-unicast"]
[[policy-definitions.statements]]
`,
    "x",
  );
  assert.deepEqual(
    configOf(loaded).policies[0]?.statements.map((s) => s.conditions.families),
    [[], ["ipv4-unicast"], undefined],
  );
});

test("keys are case-insensitive", () => {
  const loaded = loadConfig('[GLOBAL.Config]\nAS = 65001\nRouter-ID = "192.0.2.11"\n', "x");
  assert.equal(configOf(loaded).global.as, 65001);
  assert.deepEqual(loaded.warnings, []);
});

test("GoBGP's keys are taken in the types that GoBGP takes them in, with a warning", () => {
  const loaded = loadConfig(
    `
[global.config]
as = "65001"
router-id = "192.0.2.11"
local-address-list = "192.0.2.11,2001:db8::11"
[[neighbors]]
[neighbors.config]
neighbor-address = "192.0.2.1"
peer-as = "65002"
[neighbors.graceful-restart.config]
helper-only = "true"
[neighbors.timers.config]
connect-retry = "7.5"
[[policy-definitions]]
name = "p"
[[policy-definitions.statements]]
[policy-definitions.statements.actions.bgp-actions]
set-med = 50
`,
    "x",
  );
  const config = configOf(loaded);
  assert.equal(config.global.as, 65001);
  assert.equal(config.global.localAddresses.length, 2);
  assert.equal(config.neighbors[0]?.peerAs, 65002);
  assert.equal(config.neighbors[0]?.connectRetryTime, 7.5e6);
  assert.deepEqual(config.policies[0]?.statements[0]?.actions.med, { operation: "set", value: 50 });
  assert.deepEqual(
    loaded.warnings.map((w) => w.line),
    [3, 5, 9, 11, 13, 18],
  );
});

test("what GoBGP has and we have not is named in a warning, once a table", () => {
  const loaded = loadConfig(
    `
[zebra.config]
enabled = true
url = "unix:/run/zserv.api"
[[rpki-servers]]
config = { address = "192.0.2.9", port = 323 }
[[vrfs]]
config = { name = "a", rd = "65001:1" }
[[vrfs]]
config = { name = "b", rd = "65001:2" }
[global.confederation.config]
enabled = true
[global.default-route-distance.config]
external-route-distance = 20
`,
    "x",
  );
  assert.ok(loaded.ok);
  assert.deepEqual(
    loaded.warnings.map((w) => [w.line, w.key]),
    [
      [2, "zebra"],
      [5, "rpki-servers"],
      [7, "vrfs"],
      [11, "global.confederation"],
    ],
  );
});

test("neighbours that could not be what the file says are left out with a warning", () => {
  const loaded = loadConfig(
    `
global = { config = { as = 65001, router-id = "192.0.2.11" } }
neighbors = [
  { config = { neighbor-interface = "eth0", peer-as = 65002 } },
  { config = { neighbor-address = "192.0.2.2", peer-as = 65002, vrf = "blue" } },
  { config = { neighbor-address = "192.0.2.3", peer-as = 65002 }, afi-safis = [{ config = { afi-safi-name = "l2vpn-evpn" } }] },
  { config = { neighbor-address = "192.0.2.4", peer-as = 65002 } },
]
`,
    "x",
  );
  assert.deepEqual(
    configOf(loaded).neighbors.map((n) => n.address.toString()),
    ["192.0.2.4"],
  );
  assert.deepEqual(
    loaded.warnings.map((w) => w.line),
    [4, 5, 6, 6],
  );
});

test("a prefix with host bits is cut with a warning where GoBGP cuts it", () => {
  const loaded = loadConfig(
    `
[[defined-sets.prefix-sets]]
prefix-set-name = "ps"
prefix-list = [{ ip-prefix = "10.1.2.3/8" }]
`,
    "x",
  );
  assert.equal(configOf(loaded).definedSets.prefixSets[0]?.prefixes[0]?.prefix.toString(), "10.0.0.0/8");
  assert.match(loaded.warnings[0]?.message ?? "", /the prefix is 10\.0\.0\.0\/8/);
});

test("a file without [global] loads: BGP may be started over the API", () => {
  const config = configOf(loadConfig("", "x"));
  assert.equal(config.global.as, 0);
  assert.equal(config.global.listenPort, 179);
  assert.deepEqual(config.global.localAddresses.map(String), ["0.0.0.0", "::"]);
});
