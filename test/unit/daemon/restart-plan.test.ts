import assert from "node:assert/strict";
import { test } from "node:test";
import { Family } from "../../../src/bgp/index.ts";
import { type Config, loadConfig } from "../../../src/config/index.ts";
import { encodeSaved, planRestart } from "../../../src/daemon/restart-plan.ts";
import { type Micros, millis, seconds } from "../../../src/lib/time.ts";
import type { PreviousRun } from "../../../src/platform/index.ts";

const RESTART_TIME = 60;

function config({ gracefulRestart = true } = {}): Config {
  const loaded = loadConfig(
    `
[global.config]
as = 65001
router-id = "192.0.2.1"
[[neighbors]]
[neighbors.config]
neighbor-address = "192.0.2.2"
peer-as = 65002
[neighbors.graceful-restart.config]
enabled = ${gracefulRestart}
restart-time = ${RESTART_TIME}
deferral-time = 20
[[vrrp-instances]]
name = "fast"
interface = "eth0"
virtual-router-id = 1
advertisement-interval = 0.1
virtual-addresses = ["203.0.113.1/32"]
[[vrrp-instances]]
name = "slow"
interface = "eth0"
virtual-router-id = 2
advertisement-interval = 1.0
virtual-addresses = ["203.0.113.2/32"]
[[vips]]
prefix = "203.0.113.1/32"
vrrp-instance = "fast"
[[vips]]
prefix = "203.0.113.2/32"
vrrp-instance = "slow"
[[vips]]
prefix = "2001:db8::1/128"
require-address = true
`,
    "test.toml",
  );
  if (!loaded.ok) assert.fail(loaded.errors.map(({ message }) => message).join("\n"));
  return loaded.config;
}

const previous = (lastAlive: Micros, ...masters: string[]): PreviousRun => ({
  lastAlive,
  text: encodeSaved({ masters }),
});
const hostWith = (...addresses: string[]) => ({
  hasAddress: (address: { toString(): string }) => addresses.includes(address.toString()),
  uptime: seconds(3_600),
});
const ALL = hostWith("203.0.113.1", "203.0.113.2", "2001:db8::1");

test("without a former process the start is a fresh one", () => {
  assert.deepEqual(planRestart(config(), undefined, false, ALL), {
    restart: undefined,
    resumed: new Set(),
    why: undefined,
  });
});

test("a process that was killed a moment ago is restarted gracefully, and its Masters go on", () => {
  const plan = planRestart(config(), previous(millis(250), "fast", "slow"), false, ALL);
  assert.deepEqual(plan.restart?.forwarding, [Family.Ipv4Unicast, Family.Ipv6Unicast]);
  assert.deepEqual(plan.resumed, new Set(["fast", "slow"]));
});

test("a router does not resume when a Backup may have taken over", () => {
  assert.deepEqual(planRestart(config(), previous(millis(300), "fast", "slow"), false, ALL).resumed, new Set(["slow"]));
  assert.deepEqual(planRestart(config(), previous(seconds(3), "fast", "slow"), false, ALL).resumed, new Set());
});

test("a router that was Backup does not resume", () => {
  assert.deepEqual(planRestart(config(), previous(millis(100), "slow"), false, ALL).resumed, new Set(["slow"]));
});

test("who is back after the restart time starts afresh", () => {
  assert.equal(planRestart(config(), previous(seconds(RESTART_TIME), "slow"), false, ALL).restart, undefined);
  assert.notEqual(planRestart(config(), previous(millis(RESTART_TIME * 1_000 - 1)), false, ALL).restart, undefined);
});

test("without graceful restart on any session the start is a fresh one, but VRRP still resumes", () => {
  const plan = planRestart(config({ gracefulRestart: false }), previous(millis(100), "slow"), false, ALL);
  assert.equal(plan.restart, undefined);
  assert.deepEqual(plan.resumed, new Set(["slow"]));
});

test("the F bit is off for a family of which an address that had to be there is gone", () => {
  const plan = planRestart(config(), previous(millis(100), "slow"), false, hostWith("2001:db8::1"));
  assert.deepEqual(plan.restart?.forwarding, [Family.Ipv6Unicast]);
  const other = planRestart(config(), previous(millis(100), "slow"), false, hostWith("203.0.113.2"));
  assert.deepEqual(
    other.restart?.forwarding,
    [Family.Ipv4Unicast],
    "fast was not Master: its address need not be there",
  );
});

test("a lost record leaves the restart, and nobody resumes", () => {
  const plan = planRestart(config(), { lastAlive: millis(100), text: undefined }, false, ALL);
  assert.notEqual(plan.restart, undefined);
  assert.deepEqual(plan.resumed, new Set());
});

test("--graceful-restart makes it one without a record; forwarding was kept only when the host is up for longer", () => {
  assert.deepEqual(planRestart(config(), undefined, true, ALL).restart?.forwarding, [
    Family.Ipv4Unicast,
    Family.Ipv6Unicast,
  ]);
  const booted = { ...ALL, uptime: seconds(RESTART_TIME) };
  assert.deepEqual(planRestart(config(), undefined, true, booted).restart?.forwarding, []);
});
