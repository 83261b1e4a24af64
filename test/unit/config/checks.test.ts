import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { type CheckConfig, loadConfig, type ProbeConfig } from "../../../src/config/index.ts";
import type { Micros } from "../../../src/lib/time.ts";

const VIP = `global.config = { as = 65001, router-id = "192.0.2.11" }
[[vips]]
prefix = "203.0.113.10/32"
checks = ["web"]
`;

function check(keys: string): CheckConfig {
  const loaded = loadConfig(`${VIP}[[checks]]\nname = "web"\n${keys}`, "test");
  assert.ok(loaded.ok, loaded.ok ? "" : loaded.errors.map((e) => `${e.line}: ${e.message}`).join("\n"));
  assert.deepEqual(loaded.warnings, []);
  return loaded.config.checks[0] as CheckConfig;
}

test("defaults", () => {
  const { probe: _, settings: __, ...rest } = check('type = "ping"\nhost = "192.0.2.80"');
  assert.deepEqual(rest, {
    name: "web",
    description: "",
    severity: "fail",
    interval: 1_000_000,
    timeout: 1_000_000,
    rise: 1,
    fall: 1,
    jitter: 0,
    initFail: false,
  });
});

test("the timeout is as long as the interval, and may be longer", () => {
  const ping = 'type = "ping"\nhost = "192.0.2.80"\n';
  assert.equal(check(`${ping}interval = 0.25`).timeout, 250_000);
  assert.equal(check(`${ping}interval = 1\ntimeout = 3`).timeout, 3_000_000);
});

describe("each type", () => {
  const cases: readonly (readonly [keys: string, probe: ProbeConfig])[] = [
    [
      'command = ["/usr/bin/check", "a b"]\nuser = "nobody"',
      { type: "script", command: ["/usr/bin/check", "a b"], user: "nobody" },
    ],
    ['process = "nginx"\nmin = 2', { type: "process", name: "nginx", pidFile: undefined, min: 2 }],
    ['pid-file = "/run/nginx.pid"', { type: "process", name: undefined, pidFile: "/run/nginx.pid", min: 1 }],
    ['path = "/run/ok"', { type: "file", path: "/run/ok", min: undefined, max: undefined }],
    ['path = "/run/load"\nmin = -1\nmax = 0', { type: "file", path: "/run/load", min: -1, max: 0 }],
    ['interface = "eth1"', { type: "interface", interface: "eth1" }],
    ['host = "db.example.net"\nport = 5432', { type: "tcp", host: "db.example.net", port: 5432 }],
    ['host = "2001:db8::1"', { type: "ping", host: "2001:db8::1" }],
    [
      'url = "http://[2001:db8::80]/health"',
      {
        type: "http",
        url: "http://[2001:db8::80]/health",
        method: "GET",
        headers: {},
        status: [[200, 299]],
        body: undefined,
        latencyMax: undefined,
        insecure: false,
      },
    ],
    [
      'url = "https://192.0.2.80"\nmethod = "HEAD"\nheaders = ["Host: www", "X-A:  b: c "]\nstatus = ["204", "300-399"]\nlatency-max = 0.25\ninsecure = true',
      {
        type: "http",
        url: "https://192.0.2.80",
        method: "HEAD",
        headers: { Host: "www", "X-A": "b: c" },
        status: [
          [204, 204],
          [300, 399],
        ],
        body: undefined,
        latencyMax: 250_000 as Micros,
        insecure: true,
      },
    ],
    [
      'server = "127.0.0.1"\nquery = "example.net"\nrecord-type = "TXT"\nexpect = "ok"',
      { type: "dns", server: "127.0.0.1", port: 53, name: "example.net", recordType: "TXT", expect: "ok" },
    ],
  ];
  for (const [keys, probe] of cases)
    test(`${probe.type}: ${keys.split("\n")[0]}`, () =>
      assert.deepEqual(check(`type = "${probe.type}"\n${keys}`).probe, probe));
});

test("a check that nobody uses does not run, and is warned of", () => {
  const text = `${VIP}[[checks]]
name = "web"
type = "ping"
host = "192.0.2.80"
[[checks]]
name = "spare"
type = "ping"
host = "192.0.2.81"
`;
  const loaded = loadConfig(text, "test");
  assert.deepEqual(
    loaded.warnings.map(({ line, message }) => [line, message]),
    [[10, 'check "spare" is not used by any VIP or VRRP instance: it does not run']],
  );
  assert.ok(loaded.ok, "it does not load");
  assert.deepEqual(
    loaded.config.checks.map(({ name }) => name),
    ["web"],
  );
  const tracked = `${text}[[vrrp-instances]]
name = "gw"
interface = "eth0"
virtual-router-id = 1
virtual-addresses = ["203.0.113.1"]
track = [{ check = "spare", weight = 10 }]`;
  assert.deepEqual(loadConfig(tracked, "test").warnings, []);
});
