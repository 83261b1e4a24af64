import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { type Config, type Loaded, loadConfig, type VrrpInstanceConfig } from "../../../src/config/index.ts";

function configOf(loaded: Loaded): Config {
  assert.ok(loaded.ok, loaded.ok ? "" : loaded.errors.map((e) => `${e.line}: ${e.message}`).join("\n"));
  return loaded.config;
}

const BASE = `[[vrrp-instances]]
name = "gw"
interface = "eth0"
virtual-router-id = 51
`;

function instance(keys: string, others = ""): VrrpInstanceConfig {
  const loaded = loadConfig(`${BASE}${keys}\n${others}`, "test");
  const config = configOf(loaded);
  assert.deepEqual(
    loaded.warnings.map((w) => w.message),
    [],
  );
  return config.vrrpInstances[0] as VrrpInstanceConfig;
}

const warningsOf = (text: string) => loadConfig(text, "test").warnings.map(({ key, message }) => [key, message]);

test("defaults, without any BGP", () => {
  const { addresses, settings: _, ...rest } = instance('virtual-addresses = ["203.0.113.10"]');
  assert.deepEqual(addresses.map(String), ["203.0.113.10/32"]);
  assert.deepEqual(rest, {
    name: "gw",
    description: "",
    interface: "eth0",
    version: 3,
    family: 4,
    virtualRouterId: 51,
    priority: 100,
    advertisementInterval: 1_000_000,
    preempt: true,
    preemptDelay: 0,
    startupDelay: 0,
    excludedAddresses: [],
    unicast: undefined,
    password: undefined,
    rfc9568Checksum: false,
    answerLowerPriority: true,
    onAddressLoss: "restore",
    gratuitous: { repeat: 5, delay: 5_000_000, refresh: 0, lowerPriorityRepeat: 5 },
    trackers: [],
    syncGroup: undefined,
    addressInterface: undefined,
    virtualMac: false,
    accept: true,
    source: undefined,
  });
});

test("every key arrives", () => {
  const full = instance(
    `virtual-addresses = ["fe80::51", "2001:db8::10/128"]
excluded-addresses = ["203.0.113.10"]
priority = 200
advertisement-interval = 0.01
preempt-delay = 1.5
startup-delay = 20
accept = false
virtual-mac = true
address-interface = "lo"
on-address-loss = "step-down"
unicast-peers = ["2001:db8::2", "2001:db8::3"]
unicast-source = "2001:db8::1"
unicast-ttl-min = 254
unicast-check-source = false
answer-lower-priority = false
garp-repeat = 1
garp-delay = 0
garp-refresh = 60
garp-lower-priority-repeat = 2
sync-group = "g"
track = [{ interface = "eth1", reverse = true }]`,
    `[[vrrp-instances]]
name = "gw4"
interface = "eth0"
virtual-router-id = 51
virtual-addresses = ["203.0.113.11"]
sync-group = "g"
[[vrrp-sync-groups]]
name = "g"
track = [{ check = "web", weight = -50 }]
[[checks]]
name = "web"
type = "ping"
host = "192.0.2.80"`,
  );
  assert.equal(full.family, 6);
  assert.deepEqual(full.addresses.map(String), ["fe80::51/128", "2001:db8::10/128"]);
  assert.deepEqual(full.excludedAddresses.map(String), ["203.0.113.10/32"]);
  assert.deepEqual([full.advertisementInterval, full.preemptDelay, full.startupDelay], [10_000, 1_500_000, 20_000_000]);
  assert.deepEqual([full.accept, full.virtualMac, full.addressInterface], [false, true, "lo"]);
  assert.deepEqual([full.onAddressLoss, full.answerLowerPriority], ["step-down", false]);
  assert.deepEqual(full.unicast?.peers.map(String), ["2001:db8::2", "2001:db8::3"]);
  assert.deepEqual([full.unicast?.ttlMin, full.unicast?.ttlMax, full.unicast?.checkSource], [254, 255, false]);
  assert.equal(full.source?.toString(), "2001:db8::1");
  assert.deepEqual(full.gratuitous, { repeat: 1, delay: 0, refresh: 60_000_000, lowerPriorityRepeat: 2 });
  assert.deepEqual(full.trackers, [
    { name: "interface eth1", source: { interface: "eth1" }, weight: 0, reverse: true },
    { name: "check web", source: { check: "web" }, weight: -50, reverse: false },
  ]);
});

test("a sync group knows its members, and its trackers are with each of them", () => {
  const member = (name: string, vrid: number) => `[[vrrp-instances]]
name = "${name}"
interface = "eth0"
virtual-router-id = ${vrid}
virtual-addresses = ["203.0.113.${vrid}"]
sync-group = "g"
`;
  const group = '[[vrrp-sync-groups]]\nname = "g"\ntrack = [{ interface = "eth1", weight = -5 }]\n';
  const config = configOf(loadConfig(member("a", 1) + member("b", 2) + group, "test"));
  assert.deepEqual(
    config.vrrpSyncGroups.map(({ name, members }) => [name, members]),
    [["g", ["a", "b"]]],
  );
  for (const { trackers } of config.vrrpInstances)
    assert.deepEqual(
      trackers.map(({ name, weight }) => [name, weight]),
      [["interface eth1", -5]],
    );
  assert.deepEqual(warningsOf(member("a", 1) + group), [
    ["vrrp-sync-groups[0].name", 'sync group "g" has one member: there is nothing to keep together'],
  ]);
});

test("intervals in whole hundredths are taken, however floating point has them", () => {
  for (const hundredths of [1, 7, 29, 57, 58, 110, 113, 1001, 4095]) {
    const text = (hundredths / 100).toString();
    const { advertisementInterval } = instance(
      `advertisement-interval = ${text}\nvirtual-addresses = ["203.0.113.10"]`,
    );
    assert.equal(advertisementInterval, hundredths * 10_000);
  }
  const two = instance('version = 2\nadvertisement-interval = 255\nvirtual-addresses = ["203.0.113.10"]');
  assert.deepEqual([two.version, two.advertisementInterval], [2, 255_000_000]);
});

test("an advert has room for 255 addresses", () => {
  const list = (count: number) => Array.from({ length: count }, (_, i) => `"203.0.${i >> 8}.${i & 255}"`).join(", ");
  assert.equal(instance(`virtual-addresses = [${list(255)}]`).addresses.length, 255);
  const loaded = loadConfig(`${BASE}virtual-addresses = [${list(256)}]`, "test");
  assert.ok(!loaded.ok, "256 addresses are taken");
  assert.match(loaded.errors[0]?.message ?? "", /has 256 addresses; an advert has room for 255/);
});

describe("what is allowed and worth a word", () => {
  const cases: Readonly<Record<string, readonly [string, string]>> = {
    'priority = 255\npreempt = false\nvirtual-addresses = ["203.0.113.10"]': ["preempt", "the owner always preempts"],
    'priority = 255\naccept = false\nvirtual-addresses = ["203.0.113.10"]': ["accept", "has the addresses itself"],
    'rfc9568-checksum = true\nvirtual-addresses = ["fe80::1"]': ["rfc9568-checksum", "only version 3 with IPv4"],
    'track = [{ interface = "eth0" }]\nvirtual-addresses = ["203.0.113.10"]': ["track[0].interface", "always watched"],
  };
  for (const [keys, [key, fragment]] of Object.entries(cases))
    test(fragment, () => {
      const warnings = warningsOf(BASE + keys);
      assert.equal(warnings.length, 1, JSON.stringify(warnings));
      assert.equal(warnings[0]?.[0], `vrrp-instances[0].${key}`);
      assert.ok(warnings[0]?.[1]?.includes(fragment), warnings[0]?.[1]);
    });
});

test("what looks wrong and is right: the same link-local address twice, two VRIDs alike on two links, an IPv6 twin", () => {
  const one = (name: string, link: string, vrid: number, address: string) =>
    `[[vrrp-instances]]\nname = "${name}"\ninterface = "${link}"\nvirtual-router-id = ${vrid}\nvirtual-addresses = ["${address}"]\n`;
  const text = one("a", "eth0", 51, "fe80::1") + one("b", "eth1", 51, "fe80::1") + one("c", "eth0", 51, "203.0.113.10");
  assert.deepEqual(warningsOf(text), []);
  assert.equal(configOf(loadConfig(text, "test")).vrrpInstances.length, 3);
});

test("a VIP may belong to an instance without being one of its addresses; with require-address that is worth a word", () => {
  const text = (keys: string) => `global.config = { as = 65001, router-id = "192.0.2.11" }
${BASE}virtual-addresses = ["203.0.113.1"]
excluded-addresses = ["203.0.113.11"]
[[vips]]
prefix = "203.0.113.10/32"
vrrp-instance = "gw"
${keys}
[[vips]]
prefix = "203.0.113.11/32"
vrrp-instance = "gw"
require-address = true`;
  assert.deepEqual(warningsOf(text("")), []);
  assert.deepEqual(warningsOf(text("require-address = true")), [
    [
      "vips[0].require-address",
      '203.0.113.10 is no virtual address of instance "gw": somebody else has to put it on this host',
    ],
  ]);
});

test("a VRRP password is not shown", () => {
  const loaded = loadConfig(`${BASE}password = "s3cr3t"\nvirtual-addresses = ["203.0.113.10"]`, "test");
  assert.ok(!loaded.ok, "version 3 with a password loads");
  assert.doesNotMatch(JSON.stringify(loaded.errors), /s3cr3t/);
});
