import assert from "node:assert/strict";
import { test } from "node:test";
import { OutcomeCache } from "../../../../src/bgp/policy/outcome-cache.ts";
import { type Asked, routeOf } from "./harness.ts";

/** Remembers "reject" for one route and looks for another. */
function isSame(known: Asked, asked: Asked): boolean {
  const cache = new OutcomeCache();
  cache.get(routeOf(known), 0);
  cache.put(0, "reject");
  return cache.get(routeOf(asked), 0) === "reject";
}

test("an outcome is remembered for what it depends on, and nothing else", () => {
  const asked: Asked = { receivedNextHop: "192.0.2.1", attributes: { med: 1 } };
  assert.ok(isSame(asked, asked));
  assert.ok(isSame(asked, { ...asked, prefix: "198.51.100.0/24" }));
  assert.ok(!isSame(asked, { ...asked, source: "internal" }));
  assert.ok(!isSame(asked, { ...asked, source: "local" }));
  assert.ok(!isSame(asked, { ...asked, receivedNextHop: "192.0.2.2" }));
  assert.ok(!isSame(asked, { ...asked, attributes: { med: 2 } }));
});

test("the family is told apart although all else is the same", () => {
  const cache = new OutcomeCache();
  const route = routeOf();
  cache.get(route, 0);
  cache.put(0, "same");
  assert.equal(cache.get({ ...route, family: 1 }, 0), undefined);
});

test("each combination of prefix conditions has an outcome of its own, some of which are forgotten", () => {
  const cache = new OutcomeCache();
  const route = routeOf();
  for (let answers = 0; answers < 100; answers++) {
    assert.equal(cache.get(route, answers), undefined);
    cache.put(answers, answers % 2 === 0 ? "same" : "reject");
    assert.equal(cache.get(route, answers), answers % 2 === 0 ? "same" : "reject");
  }
  const known = Array.from({ length: 100 }, (_, answers) => cache.get(route, answers)).filter(
    (one) => one !== undefined,
  );
  assert.ok(known.length <= 8, `${known.length} outcomes of one attribute set`);
});

test("long attributes are not remembered", () => {
  const cache = new OutcomeCache();
  const route = routeOf({ attributes: { communities: new Array<number>(100).fill(1) } });
  cache.get(route, 0);
  cache.put(0, "reject");
  assert.equal(cache.get(route, 0), undefined);
});

test("many attribute sets push each other out, and none answers for another", () => {
  const cache = new OutcomeCache();
  const routes = Array.from({ length: 5000 }, (_, med) => routeOf({ attributes: { med } }));
  for (const route of routes) {
    cache.get(route, 0);
    cache.put(0, route.attributes);
  }
  const known = routes.filter((route) => {
    const outcome = cache.get(route, 0);
    assert.ok(outcome === undefined || outcome === route.attributes);
    return outcome !== undefined;
  });
  assert.ok(known.length > 0 && known.length <= 1024, `${known.length} attribute sets`);
});
