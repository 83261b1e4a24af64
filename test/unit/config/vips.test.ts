import assert from "node:assert/strict";
import { test } from "node:test";
import { loadConfig, type VipConfig } from "../../../src/config/index.ts";

const BASE = `global.config = { as = 65001, router-id = "192.0.2.11" }
neighbors = [
  { config = { neighbor-address = "192.0.2.1", peer-as = 65002 } },
  { config = { neighbor-address = "2001:db8::1", peer-as = 65002 }, afi-safis = [{ config.afi-safi-name = "ipv4-unicast" }] },
]
peer-groups = [{ config.peer-group-name = "g" }]
dynamic-neighbors = [{ config = { prefix = "10.0.0.0/8", peer-group = "g" } }]
`;

function vip(keys: string): VipConfig {
  const loaded = loadConfig(`${BASE}[[vips]]\n${keys}`, "test");
  assert.ok(loaded.ok, loaded.ok ? "" : loaded.errors.map((e) => `${e.line}: ${e.message}`).join("\n"));
  assert.deepEqual(loaded.warnings, []);
  return loaded.config.vips[0] as VipConfig;
}

test("defaults", () => {
  const { prefix, settings: _, ...rest } = vip('prefix = "203.0.113.10/32"');
  assert.equal(prefix.toString(), "203.0.113.10/32");
  assert.deepEqual(rest, {
    enabled: true,
    description: "",
    nextHop: undefined,
    origin: "igp",
    med: undefined,
    localPreference: undefined,
    asPathPrepend: 0,
    communities: [],
    extCommunities: [],
    largeCommunities: [],
    neighbors: undefined,
    vrrpInstance: undefined,
    checks: [],
    requireAddress: false,
    onDegraded: undefined,
    drainDelay: 10_000_000,
    holdUp: 0,
    minAnnouncers: 0,
    damping: undefined,
  });
});

test("communities of all kinds", () => {
  const { communities, extCommunities, largeCommunities } = vip(`prefix = "203.0.113.10/32"
communities = ["65001:100", "no-export", "NO_LLGR", "blackhole", "4259905636"]
ext-communities = ["rt:65001:100", "soo:192.0.2.1:7", "RT:4200000001:9", "lb:65001:125000000"]
large-communities = ["4200000001:1:4294967295"]`);
  assert.deepEqual(communities, [0xfde90064, 0xffffff01, 0xffff0007, 0xffff029a, 0xfde90064]);
  assert.deepEqual(extCommunities, [
    [0x00, 0x02, 0xfd, 0xe9, 0, 0, 0, 100],
    [0x01, 0x03, 192, 0, 2, 1, 0, 7],
    [0x02, 0x02, 0xfa, 0x56, 0xea, 0x01, 0, 9],
    [0x40, 0x04, 0xfd, 0xe9, 0x4c, 0xee, 0x6b, 0x28],
  ]);
  assert.deepEqual(largeCommunities, [[4200000001, 1, 4294967295]]);
});

test("an IPv4 VIP may have an IPv6 next hop when a neighbour understands it", () => {
  assert.equal(vip('prefix = "203.0.113.10/32"\nnext-hop = "2001:db8::11"').nextHop?.toString(), "2001:db8::11");
});

test("neighbours are named by address in any spelling, by group, or by an address that may come", () => {
  const { neighbors } = vip('prefix = "203.0.113.10/32"\nneighbors = ["2001:DB8::0:1", "g", "10.1.2.3"]');
  assert.deepEqual(neighbors, ["2001:db8::1", "g", "10.1.2.3"]);
});

const CHECKS = `
[[checks]]
name = "web"
type = "tcp"
host = "192.0.2.80"
port = 80
[[checks]]
name = "disk"
type = "interface"
interface = "eth9"
severity = "degraded"
`;

test("what gates a VIP", () => {
  const { checks, onDegraded, drainDelay, holdUp, damping, requireAddress } = vip(`prefix = "203.0.113.10/32"
med = 50
checks = ["web", "disk"]
require-address = true
drain-delay = 2.5
hold-up = 30
on-degraded = { med = 500, as-path-prepend = 2, communities = ["65001:9"] }
damping = { half-life = 60 }
${CHECKS}`);
  assert.deepEqual(checks, [
    { name: "web", severity: "fail" },
    { name: "disk", severity: "degraded" },
  ]);
  assert.deepEqual(onDegraded, {
    med: 500,
    localPreference: undefined,
    asPathPrepend: 2,
    communities: [0xfde90009],
    largeCommunities: [],
  });
  assert.deepEqual([requireAddress, drainDelay, holdUp], [true, 2_500_000, 30_000_000]);
  assert.deepEqual(damping, { halfLife: 60_000_000, suppress: 2000, reuse: 750, suppressMax: 240_000_000 });
});

test("a VIP that is not to be long-lived has the community no-llgr, once", () => {
  const communities = (keys: string) => vip(`prefix = "203.0.113.10/32"\nlong-lived = false\n${keys}`).communities;
  assert.deepEqual(communities(""), [0xffff0007]);
  assert.deepEqual(communities('communities = ["65001:1", "no-llgr"]'), [0xfde90001, 0xffff0007]);
});

test("a degraded form that is more attractive than the usual one is warned of", () => {
  const loaded = loadConfig(
    `${BASE}[[vips]]
prefix = "203.0.113.10/32"
med = 50
local-preference = 90
as-path-prepend = 3
on-degraded = { med = 49, local-preference = 91, as-path-prepend = 2 }`,
    "test",
  );
  assert.ok(loaded.ok, "it does not load");
  assert.deepEqual(
    loaded.warnings.map(({ key, message }) => [key, /more attractive/.test(message)]),
    ["med", "local-preference", "as-path-prepend"].map((name) => [`vips[0].on-degraded.${name}`, true]),
  );
});
