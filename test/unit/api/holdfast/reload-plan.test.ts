import assert from "node:assert/strict";
import { test } from "node:test";
import { planReload, type Running } from "../../../../src/api/holdfast/reload-plan.ts";
import { address } from "../../bgp/speaker/rig.ts";
import { CONFIG_TEXT, configOf } from "./fake-host.ts";

const VIPS = ["203.0.113.10/32", "203.0.113.11/32"];

function plan(change: (text: string) => string, given: Partial<Running> = {}) {
  const config = configOf(CONFIG_TEXT);
  return planReload({ config, peers: [], announced: VIPS, apiRoutes: 0, ...given }, configOf(change(CONFIG_TEXT)), []);
}

const effects = (result: ReturnType<typeof plan>) => result.sessions.map(({ peer, effect }) => `${peer} ${effect}`);

test("the same file changes nothing", () => {
  const result = plan((text) => text);
  assert.deepEqual(result.changes, []);
  assert.deepEqual(effects(result), ["192.0.2.2 nothing"]);
  assert.equal(result.refused, undefined);
});

test("a VIP's new MED is no matter of sessions", () => {
  const result = plan((text) => text.replace("med = 50", "med = 51"));
  assert.deepEqual(result.changes[0]?.keys, [{ key: "med", before: "50", after: "51", effect: "live" }]);
  assert.deepEqual(effects(result), ["192.0.2.2 nothing"]);
});

test("a setting that the OPEN carries resets, and only that neighbour", () => {
  const second = '\n[[neighbors]]\n[neighbors.config]\nneighbor-address = "192.0.2.3"\npeer-as = 65003\n';
  const result = planReload(
    { config: configOf(CONFIG_TEXT + second), peers: [], announced: VIPS, apiRoutes: 0 },
    configOf(CONFIG_TEXT.replace("[[vips]]", "[neighbors.timers.config]\nhold-time = 30\n[[vips]]") + second),
    [],
  );
  assert.deepEqual(effects(result), ["192.0.2.2 reset", "192.0.2.3 nothing"]);
});

test("neighbours come and go", () => {
  const moved = plan((text) => text.replace('neighbor-address = "192.0.2.2"', 'neighbor-address = "192.0.2.7"'));
  assert.deepEqual(effects(moved), ["192.0.2.7 added", "192.0.2.2 removed"]);
});

test("policies are judged again by every session", () => {
  const result = plan(
    (text) => `${text}\n[[policy-definitions]]\nname = "p"\n[[policy-definitions.statements]]\nname = "s"\n`,
  );
  assert.deepEqual(effects(result), ["192.0.2.2 soft"]);
});

test("a dynamic neighbour goes with its prefix, and starts anew under another one", () => {
  const group = '[[peer-groups]]\n[peer-groups.config]\npeer-group-name = "g"\npeer-as = 65009\n';
  const prefix = (text: string) =>
    `[[dynamic-neighbors]]\n[dynamic-neighbors.config]\nprefix = "${text}"\npeer-group = "g"\n`;
  const peers = [{ name: "198.51.100.9", address: address("198.51.100.9"), dynamic: true }];
  const listening = CONFIG_TEXT.replace("port = -1", "port = 1790");
  const before = configOf(`${listening}${group}${prefix("198.51.100.0/24")}`);
  const after = (text: string) =>
    effects(planReload({ config: before, peers, announced: VIPS, apiRoutes: 0 }, configOf(listening + text), []));
  assert.deepEqual(after(group + prefix("198.51.100.0/24")), ["192.0.2.2 nothing", "198.51.100.9 nothing"]);
  assert.deepEqual(after(group + prefix("198.51.0.0/16")), ["192.0.2.2 nothing", "198.51.100.9 reset"]);
  assert.deepEqual(after(""), ["192.0.2.2 nothing", "198.51.100.9 removed"]);
});

test("more than reload-max-drop percent of what is announced may not go", () => {
  const withoutSecond = (text: string) => text.slice(0, text.lastIndexOf("[[vips]]"));
  const withoutAny = (text: string) => text.slice(0, text.indexOf("[[vips]]"));
  assert.equal(plan(withoutSecond).refused, undefined, "half is what 50 % allows");
  const none = plan(withoutAny);
  assert.deepEqual([none.announcedBefore, none.announcedAfter], [2, 0]);
  assert.match(none.refused ?? "", /2 of 2 .*100 %.*reload-max-drop allows 50 %/);
  assert.equal(plan(withoutAny, { apiRoutes: 2 }).refused, undefined, "routes of the API stay");
  assert.equal(plan(withoutAny, { announced: [] }).refused, undefined, "what is not announced cannot go");
  const disabled = plan((text) => text.replaceAll("[[vips]]", "[[vips]]\nenabled = false"));
  assert.equal(disabled.announcedAfter, 0, "disabled is gone too");
});

test("the limit that counts is that of the configuration that runs", () => {
  const loosened = plan((text) => text.slice(0, text.indexOf("[[vips]]")).replace("max-drop = 50", "max-drop = 100"));
  assert.notEqual(loosened.refused, undefined);
});
