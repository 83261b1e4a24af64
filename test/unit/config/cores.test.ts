import assert from "node:assert/strict";
import { test } from "node:test";
import { loadConfig } from "../../../src/config/index.ts";
import type { CheckConfig } from "../../../src/health/index.ts";
import type { GateSettings } from "../../../src/vip/index.ts";
import type { RouterConfig } from "../../../src/vrrp/index.ts";

test("what the configuration has is what the cores take, as it is", () => {
  const loaded = loadConfig(
    `global.config = { as = 65001, router-id = "192.0.2.11" }
checks = [{ name = "web", type = "process", process = "nginx" }]
vips = [{ prefix = "203.0.113.10/32", checks = ["web"], vrrp-instance = "gw" }]
[[vrrp-instances]]
name = "gw"
interface = "eth0"
virtual-router-id = 51
virtual-addresses = ["203.0.113.10"]`,
    "test",
  );
  assert.ok(loaded.ok, "it does not load");
  // That this compiles is the test.
  const routers: readonly RouterConfig[] = loaded.config.vrrpInstances;
  const gates: readonly GateSettings[] = loaded.config.vips;
  const checks: readonly CheckConfig[] = loaded.config.checks;
  assert.deepEqual([routers.length, gates.length, checks.length], [1, 1, 1]);
});
