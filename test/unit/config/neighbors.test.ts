import assert from "node:assert/strict";
import { test } from "node:test";
import { type Config, loadConfig, type NeighborConfig } from "../../../src/config/index.ts";

const GLOBAL = 'global.config = { as = 65001, router-id = "192.0.2.11" }';

function load(text: string): { readonly config: Config; readonly warnings: readonly string[] } {
  const loaded = loadConfig(`${GLOBAL}\n${text}`, "test");
  assert.ok(loaded.ok, loaded.ok ? "" : loaded.errors.map((e) => `${e.line}: ${e.message}`).join("\n"));
  return { config: loaded.config, warnings: loaded.warnings.map((w) => `${w.line}: ${w.message}`) };
}

/** The first neighbour, 192.0.2.1 in AS 65002 unless `config` says otherwise. */
function neighbor(config = "", tables = ""): NeighborConfig {
  const address = config.includes("neighbor-address") ? "" : 'neighbor-address = "192.0.2.1"';
  const peerAs = config.includes("peer-as") ? "" : "peer-as = 65002";
  const loaded = load(`[[neighbors]]\n[neighbors.config]\n${address}\n${peerAs}\n${config}\n${tables}`);
  return loaded.config.neighbors[0] as NeighborConfig;
}

test("defaults", () => {
  const { settings: _, address, clusterId, routerId, ...rest } = neighbor();
  assert.equal(address.toString(), "192.0.2.1");
  assert.equal(routerId, 0xc000020b);
  assert.equal(clusterId, routerId);
  assert.deepEqual(rest, {
    description: "",
    peerGroup: undefined,
    peerAs: 65002,
    localAs: 65001,
    globalAs: 65001,
    adminDown: false,
    passive: false,
    localAddress: undefined,
    localPort: undefined,
    remotePort: 179,
    bindInterface: undefined,
    password: undefined,
    ttl: { send: 1, min: undefined },
    holdTime: 90e6,
    keepaliveTime: undefined,
    connectRetryTime: 5e6,
    idleHoldTime: 1e6,
    idleHoldTimeMax: 60e6,
    sendHoldTime: undefined,
    families: [
      {
        family: "ipv4-unicast",
        addPathReceive: false,
        addPathSendMax: 0,
        prefixLimit: undefined,
        gracefulRestart: false,
        longLivedStaleTime: undefined,
      },
    ],
    gracefulRestart: undefined,
    extendedNextHop: false,
    extendedMessage: false,
    role: undefined,
    roleStrict: false,
    routeReflectorClient: false,
    allowOwnAs: 0,
    replacePeerAs: false,
    removePrivateAs: undefined,
    nextHop: "default",
    treatAsWithdraw: true,
    applyPolicy: { importPolicies: [], exportPolicies: [], defaultImport: undefined, defaultExport: undefined },
    defaultImport: "accept",
    defaultExport: "accept",
  });
});

test("the family is that of the address unless families are named", () => {
  const v6 = neighbor('neighbor-address = "2001:db8::1"');
  assert.deepEqual(
    v6.families.map((f) => f.family),
    ["ipv6-unicast"],
  );
  assert.equal(v6.extendedNextHop, false);
  const both = neighbor(
    'neighbor-address = "fe80::1%eth0"',
    '[[neighbors.afi-safis]]\nconfig = { afi-safi-name = "ipv4-unicast" }\n[[neighbors.afi-safis]]\nconfig = { afi-safi-name = "ipv6-unicast" }',
  );
  assert.equal(both.address.zone, "eth0");
  assert.equal(both.families.length, 2);
  assert.equal(both.extendedNextHop, true, "there is no other next hop for IPv4");
});

test("add-paths of a family win over those of the neighbour, which reach the rest", () => {
  const { families } = neighbor(
    "",
    `[neighbors.add-paths.config]
receive = true
send-max = 8
[[neighbors.afi-safis]]
config = { afi-safi-name = "ipv4-unicast" }
add-paths.config = { receive = false }
[[neighbors.afi-safis]]
config = { afi-safi-name = "ipv6-unicast" }
add-paths.config = { send-max = 2 }`,
  );
  assert.deepEqual(
    families.map((f) => [f.addPathReceive, f.addPathSendMax]),
    [
      [false, 8],
      [true, 2],
    ],
  );
});

test("a prefix limit restarts when there is a timer, and does what it is told", () => {
  const limit = (keys: string) =>
    neighbor("", `[[neighbors.afi-safis]]\nconfig.afi-safi-name = "ipv4-unicast"\nprefix-limit.config = { ${keys} }`)
      .families[0]?.prefixLimit;
  assert.equal(limit("max-prefixes = 0"), undefined);
  assert.equal(limit("max-prefixes = 10")?.action, "shutdown");
  assert.deepEqual(limit("max-prefixes = 10, restart-timer = 60"), {
    max: 10,
    warningPercent: 0,
    action: "restart",
    restartTime: 60e6,
  });
  assert.equal(limit('max-prefixes = 10, restart-timer = 60, action = "discard"')?.action, "discard");
});

test("TTLs: one hop for eBGP, multihop, GTSM, and the kernel's for iBGP", () => {
  const ttl = (config: string, tables: string) => neighbor(config, tables).ttl;
  assert.deepEqual(ttl("", ""), { send: 1, min: undefined });
  assert.deepEqual(ttl("", "[neighbors.transport.config]\nttl = 3"), { send: 3, min: undefined });
  assert.deepEqual(ttl("", "[neighbors.ebgp-multihop.config]\nenabled = true"), { send: 255, min: undefined });
  assert.deepEqual(ttl("", "[neighbors.ttl-security.config]\nenabled = true"), { send: 255, min: 255 });
  assert.deepEqual(ttl("", "[neighbors.ttl-security.config]\nenabled = true\nttl-min = 254"), { send: 255, min: 254 });
  assert.deepEqual(ttl("peer-as = 65001", ""), { send: undefined, min: undefined });
});

test("local-as makes the session external or internal, and keeps our own AS", () => {
  const { localAs, globalAs, ttl } = neighbor("local-as = 65002");
  assert.deepEqual([localAs, globalAs, ttl.send], [65002, 65001, undefined]);
});

test("RFC 8212: without a default policy eBGP takes and sends nothing where it is asked for", () => {
  const strict = neighbor("ebgp-requires-policy = true");
  assert.deepEqual([strict.defaultImport, strict.defaultExport], ["reject", "reject"]);
  const said = neighbor(
    "ebgp-requires-policy = true",
    '[neighbors.apply-policy.config]\ndefault-export-policy = "accept-route"',
  );
  assert.deepEqual([said.defaultImport, said.defaultExport], ["reject", "accept"]);
  const internal = neighbor("ebgp-requires-policy = true\npeer-as = 65001");
  assert.equal(internal.defaultImport, "accept");
  const text = `[global]
config = { as = 65001, router-id = "192.0.2.11", ebgp-requires-policy = true }
apply-policy.config.default-import-policy = "accept-route"
[[neighbors]]
config = { neighbor-address = "192.0.2.1", peer-as = 65002 }
[[neighbors]]
config = { neighbor-address = "192.0.2.2", peer-as = 65002, ebgp-requires-policy = false }`;
  const loaded = loadConfig(text, "test");
  assert.ok(loaded.ok);
  assert.deepEqual(
    loaded.config.neighbors.map((n) => [n.defaultImport, n.defaultExport]),
    [
      ["accept", "reject"],
      ["accept", "accept"],
    ],
  );
});

const GROUP = `
[[peer-groups]]
[peer-groups.config]
peer-group-name = "g"
peer-as = 65010
description = "of the group"
auth-password = "group's"
[peer-groups.timers.config]
hold-time = 9
keepalive-interval = 3
[peer-groups.graceful-restart.config]
enabled = true
restart-time = 100
[[peer-groups.afi-safis]]
config.afi-safi-name = "ipv6-unicast"
mp-graceful-restart.config.enabled = true
`;

test("a neighbour takes from its group what it does not say itself", () => {
  const { config } = load(`${GROUP}
[[neighbors]]
[neighbors.config]
neighbor-address = "192.0.2.1"
peer-group = "g"
description = "own"
[neighbors.timers.config]
keepalive-interval = 2
[neighbors.graceful-restart.config]
restart-time = 50
`);
  const [n] = config.neighbors;
  assert.deepEqual([n?.peerAs, n?.description, n?.holdTime, n?.keepaliveTime], [65010, "own", 9e6, 2e6]);
  assert.deepEqual(n?.password, { text: "group's" });
  assert.equal(n?.gracefulRestart?.restartTime, 50e6, "the neighbour's own graceful-restart counts");
  assert.deepEqual(
    n?.families.map((f) => [f.family, f.gracefulRestart]),
    [["ipv6-unicast", true]],
  );
});

test("a group's peer-as counts, and the difference to the neighbour's own is told", () => {
  const { config, warnings } = load(
    `${GROUP}\n[[neighbors]]\nconfig = { neighbor-address = "192.0.2.1", peer-group = "g", peer-as = 65020 }`,
  );
  assert.equal(config.neighbors[0]?.peerAs, 65010);
  assert.match(warnings.join(), /65020, that of peer group "g" is 65010/);
});

test("a neighbour's password file replaces its group's password", () => {
  const { config } = load(
    `${GROUP}\n[[neighbors]]\nconfig = { neighbor-address = "192.0.2.1", peer-group = "g", auth-password-file = "/p" }`,
  );
  assert.deepEqual(config.neighbors[0]?.password, { file: "/p" });
});

test("a neighbour without peer-as accepts any AS, with a warning; with 0 it is meant", () => {
  const any = load('[[neighbors]]\nconfig = { neighbor-address = "192.0.2.1" }');
  assert.equal(any.config.neighbors[0]?.peerAs, 0);
  assert.match(any.warnings.join(), /any AS is accepted/);
  assert.deepEqual(load('[[neighbors]]\nconfig = { neighbor-address = "192.0.2.1", peer-as = 0 }').warnings, []);
});

test("graceful restart: times by default", () => {
  const restart = (keys: string) =>
    neighbor(
      "",
      `[neighbors.graceful-restart.config]\nenabled = true\n${keys}\n[[neighbors.afi-safis]]\nconfig.afi-safi-name = "ipv4-unicast"\nmp-graceful-restart.config.enabled = true`,
    ).gracefulRestart;
  const times = (keys: string) => [restart(keys)?.restartTime, restart(keys)?.deferralTime];
  assert.deepEqual(times(""), [90e6, 45e6]);
  assert.deepEqual(times("restart-time = 4000"), [4000e6, 360e6]);
  assert.deepEqual(times("restart-time = 60\ndeferral-time = 59"), [60e6, 59e6]);
  assert.deepEqual(times("restart-time = 60\ndeferral-time = 60"), [60e6, 30e6]);
  assert.deepEqual(times("restart-time = 60\ndeferral-time = 60\nhelper-only = true"), [60e6, 60e6]);
});

test("the restart time that follows from a long hold time fits its 12 bits", () => {
  const { gracefulRestart } = neighbor(
    "",
    "[neighbors.timers.config]\nhold-time = 5000\n[neighbors.graceful-restart.config]\nenabled = true\nhelper-only = true",
  );
  assert.equal(gracefulRestart?.restartTime, 4095e6);
});

test("an unspecified local address is none", () => {
  const local = (address: string) => neighbor("", `[neighbors.transport.config]\nlocal-address = "${address}"`);
  assert.equal(local("0.0.0.0").localAddress, undefined);
  assert.equal(local("192.0.2.11").localAddress?.toString(), "192.0.2.11");
});

test("graceful restart that does nothing is warned of", () => {
  const warnings = (tables: string) =>
    load(`[[neighbors]]\n[neighbors.config]\nneighbor-address = "192.0.2.1"\npeer-as = 65002\n${tables}`).warnings;
  const family = '[[neighbors.afi-safis]]\nconfig.afi-safi-name = "ipv4-unicast"\n';
  const enabled = "[neighbors.graceful-restart.config]\nenabled = true\n";
  assert.match(warnings(enabled).join(), /no family has `mp-graceful-restart`/);
  assert.deepEqual(warnings(`${enabled}helper-only = true`), []);
  assert.match(warnings(`${family}mp-graceful-restart.config.enabled = true`).join(), /8: no effect/);
  assert.match(
    warnings(
      `${enabled}${family}mp-graceful-restart.config.enabled = true\nlong-lived-graceful-restart.config.enabled = true`,
    ).join(),
    /11: no effect/,
  );
});

test("a dynamic neighbour gets the group's values, and the family of its prefix", () => {
  const { config } = load(
    '[[peer-groups]]\nconfig = { peer-group-name = "g", role = "peer" }\n[[dynamic-neighbors]]\nconfig = { prefix = "2001:db8::/64", peer-group = "g" }',
  );
  const [dynamic] = config.dynamicNeighbors;
  assert.deepEqual([dynamic?.session.role, dynamic?.session.peerGroup, dynamic?.peerGroup], ["peer", "g", "g"]);
  assert.equal(dynamic?.session.families[0]?.family, "ipv6-unicast");
});
