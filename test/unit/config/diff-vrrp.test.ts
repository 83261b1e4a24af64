import assert from "node:assert/strict";
import { test } from "node:test";
import { type Change, type Config, diffConfigs, loadConfig } from "../../../src/config/index.ts";

const BASE = `
[global.config]
as = 65001
router-id = "192.0.2.11"
[[vips]]
prefix = "203.0.113.10/32"
vrrp-instance = "gw"
checks = ["web"]
on-degraded = { as-path-prepend = 1 }
[[vrrp-instances]]
name = "gw"
interface = "eth0"
virtual-router-id = 51
virtual-addresses = ["203.0.113.10"]
sync-group = "sg"
[[vrrp-instances]]
name = "gw6"
interface = "eth0"
virtual-router-id = 51
virtual-addresses = ["fe80::51"]
sync-group = "sg"
[[vrrp-sync-groups]]
name = "sg"
track = [{ check = "web", weight = -50 }]
[[checks]]
name = "web"
type = "ping"
host = "192.0.2.80"
[[vrrp-instances]]
name = "old"
interface = "eth1"
virtual-router-id = 7
version = 2
password = "one"
virtual-addresses = ["203.0.113.7"]
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
  assert.deepEqual(change('virtual-addresses = ["203.0.113.10"]', 'virtual-addresses = ["203.0.113.10/32"]'), []);
  assert.deepEqual(change('type = "ping"', 'type = "ping"\ninterval = 1.0\nfall = 1'), []);
});

test("what a running instance takes up, it takes up", () => {
  for (const key of [
    "priority = 150",
    "advertisement-interval = 0.1",
    "preempt = false",
    'excluded-addresses = ["203.0.113.11"]',
    "accept = false",
    'unicast-peers = ["192.0.2.12"]',
    'track = [{ interface = "eth1" }]',
  ])
    assert.deepEqual(brief(change('sync-group = "sg"', `${key}\nsync-group = "sg"`)), [
      "vrrp-instance gw changed live",
    ]);
  assert.deepEqual(change('["203.0.113.10"]', '["203.0.113.10", "203.0.113.11"]'), [
    {
      subject: "vrrp-instance",
      name: "gw",
      change: "changed",
      keys: [
        {
          key: "virtual-addresses",
          before: "[203.0.113.10/32]",
          after: "[203.0.113.10/32, 203.0.113.11/32]",
          effect: "live",
        },
      ],
      effect: "live",
    },
  ]);
});

test("another VRID, interface, version, place of the addresses or IP version is another router", () => {
  const effects = (from: string, to: string) => brief(change(from, to));
  assert.deepEqual(effects("virtual-router-id = 7", "virtual-router-id = 8"), ["vrrp-instance old changed reset"]);
  assert.deepEqual(effects('interface = "eth1"', 'interface = "eth2"'), ["vrrp-instance old changed reset"]);
  assert.deepEqual(effects('version = 2\npassword = "one"', ""), ["vrrp-instance old changed reset"]);
  assert.deepEqual(effects("version = 2", "version = 2\nvirtual-mac = true"), ["vrrp-instance old changed reset"]);
  assert.deepEqual(effects("version = 2", 'version = 2\naddress-interface = "lo"'), [
    "vrrp-instance old changed reset",
  ]);
  const moved = diffConfigs(
    load(BASE),
    load(BASE.replace('["fe80::51"]', '["203.0.113.51"]').replace(/(name = "gw6"[\s\S]*?id = )51/, "$152")),
  );
  assert.deepEqual(
    moved.map(({ name, keys }) => [name, keys.find(({ key }) => key === "family")]),
    [["gw6", { key: "family", before: "IPv6", after: "IPv4", effect: "reset" }]],
  );
});

test("a change in a sync group's trackers is a change of its members", () => {
  assert.deepEqual(brief(change("weight = -50", "weight = -60")), [
    "vrrp-sync-group sg changed live",
    "vrrp-instance gw changed live",
    "vrrp-instance gw6 changed live",
  ]);
});

test("a check that changes is live; its severity is a change of the VIPs that ask for it", () => {
  assert.deepEqual(brief(change('type = "ping"', 'type = "ping"\nfall = 3')), ["check web changed live"]);
  assert.deepEqual(brief(change('type = "ping"', 'type = "ping"\nseverity = "degraded"')), [
    "check web changed live",
    "vip 203.0.113.10/32 changed live",
  ]);
});

test("a degraded VIP's prepending changes with our AS", () => {
  assert.deepEqual(brief(change("as = 65001", "as = 65003")).at(-1), "vip 203.0.113.10/32 changed live");
});

test("what comes disturbs nobody; an instance that goes leaves, a check just ends", () => {
  const more = `${BASE}track = [{ check = "db" }]
[[checks]]
name = "db"
type = "tcp"
host = "192.0.2.90"
port = 5432
[[vrrp-instances]]
name = "new"
interface = "eth2"
virtual-router-id = 9
virtual-addresses = ["203.0.113.9"]
`;
  assert.deepEqual(brief(diffConfigs(load(BASE), load(more))), [
    "check db added live",
    "vrrp-instance old changed live",
    "vrrp-instance new added live",
  ]);
  assert.deepEqual(brief(diffConfigs(load(more), load(BASE))), [
    "check db removed live",
    "vrrp-instance new removed reset",
    "vrrp-instance old changed live",
  ]);
});

test("passwords are compared and not shown", () => {
  assert.deepEqual(change('"one"', '"two"')[0]?.keys, [
    { key: "password", before: "(secret)", after: "(secret)", effect: "live" },
  ]);
});
