import assert from "node:assert/strict";
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, test } from "node:test";
import { localRoute, parseAttributes } from "../../../src/bgp/index.ts";
import { ApiRouteStore, KEPT_MAX, type KeptRoute } from "../../../src/daemon/api-route-store.ts";
import { type Prefix, parsePrefix } from "../../../src/lib/prefix.ts";
import { seconds } from "../../../src/lib/time.ts";
import type { ComponentLogger } from "../../../src/platform/index.ts";

const directory = mkdtempSync(join(tmpdir(), "holdfast-api-routes-"));
after(() => rmSync(directory, { recursive: true }));
const file = join(directory, "api-routes");

/** A log that keeps its warnings. */
function logger() {
  const warnings: string[] = [];
  const warn = (text: string) => void warnings.push(text);
  const log = { warn, limited: () => ({ warn }) };
  return { log: log as unknown as ComponentLogger, warnings };
}

const prefix = (text: string) => parsePrefix(text) as Prefix;

const ROUTES: readonly KeptRoute[] = [
  {
    route: localRoute(prefix("198.51.100.1/32"), { med: 7, communities: [0xffffff01] }, { neighbors: ["192.0.2.1"] }),
    lease: { duration: seconds(30), onLapse: "de-prefer", lapsed: true },
  },
  { route: localRoute(prefix("2001:db8::1/128")), lease: { duration: undefined, onLapse: "withdraw", lapsed: false } },
  { route: localRoute(prefix("198.51.100.0/24"), {}, { pathId: 3 }), lease: undefined },
];

function stored(routes: readonly KeptRoute[]) {
  const { log, warnings } = logger();
  new ApiRouteStore(directory, log, () => routes).flush();
  return warnings;
}

function readBack() {
  const { log, warnings } = logger();
  return { routes: new ApiRouteStore(directory, log, () => []).read(), warnings };
}

test("routes come back as they were, with their leases", () => {
  assert.deepEqual(stored(ROUTES), []);
  const { routes, warnings } = readBack();
  assert.deepEqual(warnings, []);
  const plain = ({ route, lease }: KeptRoute) => {
    const { attributes, ...rest } = route;
    return {
      ...rest,
      prefix: `${route.prefix}`,
      attributes: parseAttributes(attributes.bytes, 0, attributes.length),
      lease,
    };
  };
  assert.deepEqual(routes.map(plain), ROUTES.map(plain));
});

test("a file that was cut anywhere is lost as a whole, and said to be", () => {
  stored(ROUTES.slice(0, 1));
  const whole = readFileSync(file);
  for (let length = 0; length < whole.length; length++) {
    writeFileSync(file, whole.subarray(0, length));
    const { routes, warnings } = readBack();
    assert.deepEqual([routes.length, warnings.length], [0, 1], `${length} octets`);
  }
  const turned = Uint8Array.from(whole);
  turned[100] = (turned[100] as number) ^ 1;
  writeFileSync(file, turned);
  assert.match(readBack().warnings.join(), /is not whole: routes .* are lost/);
});

test("without routes there is no file, and without a file there are no routes", () => {
  stored(ROUTES);
  stored([]);
  assert.throws(() => readFileSync(file), /ENOENT/);
  assert.deepEqual(readBack(), { routes: [], warnings: [] });
});

test("a directory that cannot be written is a warning", () => {
  const { log, warnings } = logger();
  new ApiRouteStore(join(directory, "missing"), log, () => ROUTES).flush();
  assert.match(warnings.join(), /cannot write .*missing.*would not survive a restart/);
});

test("without a directory nothing is kept, in silence", () => {
  const { log, warnings } = logger();
  const store = new ApiRouteStore(undefined, log, () => ROUTES);
  store.touch();
  store.flush();
  assert.deepEqual([store.read(), warnings], [[], []]);
});

test("too many routes are not kept, which is said once", () => {
  const [one] = ROUTES;
  if (one === undefined) throw new Error("there are routes");
  const many = new Array<KeptRoute>(KEPT_MAX + 1).fill(one);
  const { log, warnings } = logger();
  const store = new ApiRouteStore(directory, log, () => many);
  store.flush();
  store.flush();
  assert.equal(warnings.length, 1);
  assert.deepEqual(readBack().routes, []);
});

test("changes are written soon, many of them once", async () => {
  const { log } = logger();
  let asked = 0;
  const store = new ApiRouteStore(directory, log, () => {
    asked++;
    return ROUTES;
  });
  for (let i = 0; i < 1_000; i++) store.touch();
  assert.equal(asked, 0);
  while (asked === 0) await new Promise((resolve) => setTimeout(resolve, 5));
  assert.equal(readBack().routes.length, ROUTES.length);
  assert.equal(asked, 1);
});
