import assert from "node:assert/strict";
import { after, test } from "node:test";
import type { RibSlice, Route } from "../../../../src/api/holdfast/messages.ts";
import { hostRoutes } from "../../bgp/speaker/neighbor.ts";
import { FakeHost } from "./fake-host.ts";
import { RawClient } from "./raw-client.ts";
import { serve } from "./serve.ts";

const host = new FakeHost();
const upstream = host.rig.join({ description: "upstream" });
host.rig.join({ address: "192.0.2.3", peerAs: 65003 });
host.rig.add({ address: "192.0.2.4", peerAs: 65004 });
const NESTED = ["0.0.0.0/0", "198.51.0.0/16", "198.51.100.0/24", "198.51.100.7/32"];
upstream.announce(NESTED);
upstream.announce(["192.88.99.0/24"], { asPath: [{ type: "sequence", asns: [65002, 65001] }] });
host.rig.settle();
const served = await serve(host);
const client = new RawClient(served.target);
after(() => {
  client.close();
  served.close();
  assert.deepEqual(served.faults, []);
});

async function list(request: object): Promise<Route[]> {
  const slices = (await client.all("ListRib", request)) as RibSlice[];
  for (const slice of slices) assert.equal(typeof slice, "object", String(slice));
  return slices.flatMap(({ routes }) => routes);
}

const prefixes = async (request: object) => (await list(request)).map(({ prefix }) => prefix).sort();
const VIPS = ["203.0.113.10/32", "203.0.113.11/32"];
const LOOPED = "192.88.99.0/24";

test("the global table has every path, ours and theirs, with what is not considered", async () => {
  const routes = await list({});
  assert.deepEqual(routes.map(({ prefix }) => prefix).sort(), [...NESTED, LOOPED, ...VIPS].sort());
  const of = (prefix: string) => routes.find((route) => route.prefix === prefix);
  assert.deepEqual([of(VIPS[0] as string)?.peer, of(VIPS[0] as string)?.best], [undefined, true]);
  assert.deepEqual(
    [of(NESTED[0] as string)?.peer, of(NESTED[0] as string)?.attributes?.asPath],
    ["192.0.2.2", "65002"],
  );
  assert.deepEqual([of(LOOPED)?.rejected, of(LOOPED)?.best], ["as-loop", false]);
});

test("the tables of a neighbour: what it sent, what it was sent", async () => {
  assert.deepEqual(await prefixes({ table: "TABLE_IN", peer: "upstream" }), [...NESTED, LOOPED].sort());
  assert.deepEqual(await prefixes({ table: "TABLE_OUT", peer: "upstream" }), VIPS);
  assert.deepEqual(await prefixes({ table: "TABLE_OUT", peer: "192.0.2.3" }), [...NESTED, ...VIPS].sort());
  assert.deepEqual(await prefixes({ table: "TABLE_IN", peer: "192.0.2.4" }), [], "there is no session");
  assert.deepEqual(await prefixes({ table: "TABLE_LOCAL" }), VIPS);
});

test("a prefix exactly, within, above and as a packet goes, in every table", async () => {
  const [, , net, leaf] = NESTED;
  const tables = [{}, { table: "TABLE_IN", peer: "upstream" }, { table: "TABLE_OUT", peer: "192.0.2.3" }];
  for (const table of tables) {
    assert.deepEqual(await prefixes({ ...table, prefix: net }), [net]);
    assert.deepEqual(await prefixes({ ...table, prefix: net, match: "MATCH_LONGER" }), [net, leaf]);
    assert.deepEqual(await prefixes({ ...table, prefix: net, match: "MATCH_SHORTER" }), NESTED.slice(0, 3));
    assert.deepEqual(await prefixes({ ...table, prefix: "198.51.100.9", match: "MATCH_LONGEST" }), [net]);
    assert.deepEqual(await prefixes({ ...table, prefix: "198.51.100.9" }), []);
  }
  assert.deepEqual(await prefixes({ table: "TABLE_LOCAL", prefix: "203.0.113.0/24", match: "MATCH_LONGER" }), VIPS);
});

test("a limit ends the listing, and a family leaves the other out", async () => {
  assert.equal((await list({ limit: 3 })).length, 3);
  assert.deepEqual(await list({ family: "ipv6-unicast" }), []);
  assert.equal((await list({ family: "ipv4-unicast" })).length, NESTED.length + 3);
});

test("what makes no sense is refused with the reason", async () => {
  const refused = async (request: object) => String((await client.all("ListRib", request)).at(-1));
  assert.match(await refused({ table: "TABLE_IN" }), /^INVALID_ARGUMENT: .*peer is needed/);
  assert.match(await refused({ peer: "upstream" }), /^INVALID_ARGUMENT: peer: only for/);
  assert.match(await refused({ table: "TABLE_IN", peer: "nobody" }), /^NOT_FOUND/);
  assert.match(await refused({ family: "ipv4-flowspec" }), /^INVALID_ARGUMENT: family "ipv4-flowspec"/);
  assert.match(await refused({ prefix: "hello" }), /^INVALID_ARGUMENT: "hello" is not a prefix/);
  assert.match(await refused({ match: "MATCH_LONGER" }), /^INVALID_ARGUMENT: match without prefix/);
  assert.match(
    await refused({ family: "ipv6-unicast", prefix: "10.0.0.0/8" }),
    /^INVALID_ARGUMENT: .*is not of family/,
  );
});

test("a large table comes whole; who stops reading stops the listing, and others are served meanwhile", async () => {
  const count = 20_000;
  const all = hostRoutes(count);
  for (let at = 0; at < count; at += 500) upstream.announce(all.slice(at, at + 500));
  host.rig.settle();
  const stalled = client.stream("ListRib", { table: "TABLE_IN", peer: "upstream" });
  await new Promise<void>((resolve) => stalled.once("readable", () => resolve()));
  stalled.read();
  const routes = await list({ table: "TABLE_IN", peer: "upstream" });
  assert.equal(routes.length, count + NESTED.length + 1);
  assert.equal((await list({ limit: 300 })).length, 300, "a limit counts over slices");
  stalled.on("error", () => {}).cancel();
});
