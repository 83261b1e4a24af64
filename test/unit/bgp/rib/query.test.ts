import assert from "node:assert/strict";
import { test } from "node:test";
import type { RoutePage } from "../../../../src/bgp/rib/index.ts";
import { Family, parseAttributes } from "../../../../src/bgp/wire/index.ts";
import { attributes, Fixture } from "./fixture.ts";
import { prefix } from "./nlri.ts";

const NESTED = ["0.0.0.0/0", "10.0.0.0/8", "10.1.0.0/16", "10.1.2.0/24", "10.1.2.3/32", "10.2.0.0/16"];
const NESTED6 = ["::/0", "2001:db8::/32", "2001:db8:1::/48", "2001:db8:1:0:1::/80", "2001:db8:1::1/128"];

/** All pages of a query, as prefixes. */
function all(query: (from: number, limit: number) => RoutePage, limit: number): string[] {
  const found: string[] = [];
  for (let from: number | undefined = 0; from !== undefined; ) {
    const page: RoutePage = query(from, limit);
    found.push(...page.routes.map((route) => `${route.prefix}`));
    from = page.next;
  }
  return found;
}

function filled(): Fixture {
  const fixture = new Fixture();
  for (const text of [...NESTED, ...NESTED6]) fixture.originate(attributes([]), text);
  fixture.work();
  return fixture;
}

test("tables come in pages of any size, each route once", () => {
  const fixture = filled();
  const { view } = fixture.rib;
  for (const limit of [1, 2, 100]) {
    assert.deepEqual(all((from, size) => view.routes(Family.Ipv4Unicast, from, size), limit).sort(), NESTED.toSorted());
    assert.deepEqual(
      all((from, size) => view.routes(Family.Ipv6Unicast, from, size), limit).sort(),
      NESTED6.toSorted(),
    );
  }
  assert.deepEqual(view.counts(Family.Ipv4Unicast), { destinations: 6, paths: 6 });
});

test("lookups: exactly, the longest, all that cover, all that are covered", () => {
  const { view } = filled().rib;
  const texts = (routes: readonly { readonly prefix: unknown }[]) => routes.map((route) => `${route.prefix}`);
  assert.deepEqual(texts(view.exact(prefix("10.1.0.0/16"))), ["10.1.0.0/16"]);
  assert.deepEqual(texts(view.exact(prefix("10.1.0.0/17"))), []);
  assert.deepEqual(texts(view.longest(prefix("10.1.2.4/32"))), ["10.1.2.0/24"]);
  assert.deepEqual(texts(view.longest(prefix("172.16.0.0/12"))), ["0.0.0.0/0"]);
  assert.deepEqual(texts(view.shorter(prefix("10.1.2.3/32"))), NESTED.slice(0, 5));
  assert.deepEqual(
    all((from, size) => view.longer(prefix("10.1.0.0/16"), from, size), 2),
    NESTED.slice(2, 5),
  );
  assert.deepEqual(texts(view.longest(prefix("2001:db8:1::2/128"))), ["2001:db8:1::/48"]);
  assert.deepEqual(texts(view.shorter(prefix("2001:db8:1::1/128"))), [
    "::/0",
    "2001:db8::/32",
    "2001:db8:1::/48",
    "2001:db8:1::1/128",
  ]);
  assert.deepEqual(
    all((from, size) => view.longer(prefix("2001:db8:1::/48"), from, size), 2),
    NESTED6.slice(2),
  );
});

test("the Adj-RIBs of a peer show what came in and what went out", () => {
  const fixture = filled();
  const peer = fixture.join({ peerAs: 65001, address: "10.99.0.2" });
  fixture.reach(peer, attributes([65001]), "192.0.2.0/24");
  fixture.reach(peer, attributes([65001, 65000]), "192.0.3.0/24");
  fixture.settle();
  const { view } = fixture.rib;
  const received = view.adjRibIn(peer.index, Family.Ipv4Unicast, 0, 100).routes;
  assert.deepEqual(
    received.map((route) => [`${route.prefix}`, route.best, route.rejected]),
    [
      ["192.0.2.0/24", true, undefined],
      ["192.0.3.0/24", false, "as-loop"],
    ],
  );
  const sent = view.adjRibOut(peer.index, Family.Ipv4Unicast, 0, 100).routes;
  assert.deepEqual(sent.map((route) => `${route.prefix}`).sort(), NESTED.toSorted(), "not its own");
  assert.deepEqual(parseAttributes(sent[0]?.attributes ?? new Uint8Array(1)).asPath[0]?.asns, [65000]);
  const [exact, ...others] = view.sent(peer.index, prefix("10.0.0.0/8"));
  assert.deepEqual([exact?.prefix.toString(), others.length], ["10.0.0.0/8", 0]);
  assert.deepEqual(view.sent(peer.index, prefix("192.0.2.0/24")), [], "not its own");
  const isSent = ["10.0.0.0/8", "192.0.2.0/24", "10.0.0.0/9"].map((text) => view.isSent(peer.index, prefix(text)));
  assert.deepEqual(isSent, [true, false, false]);
  fixture.leave(peer);
  assert.deepEqual(view.adjRibOut(peer.index, Family.Ipv4Unicast, 0, 100).routes, []);
});
