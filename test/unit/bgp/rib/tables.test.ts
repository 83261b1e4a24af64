import assert from "node:assert/strict";
import { test } from "node:test";
import { AttributeStore } from "../../../../src/bgp/rib/attribute-store.ts";
import { ByteArena, offsetOf } from "../../../../src/bgp/rib/byte-arena.ts";
import { IndexQueue } from "../../../../src/bgp/rib/index-queue.ts";
import { PrefixTable } from "../../../../src/bgp/rib/prefix-table.ts";
import { SourceClasses } from "../../../../src/bgp/rib/source-classes.ts";
import { buildAttributes } from "../../../../src/bgp/wire/index.ts";
import { seededRng } from "../../../../src/lib/rng.ts";
import { attributes } from "./fixture.ts";

for (const wide of [false, true])
  test(`a table of ${wide ? "IPv6" : "IPv4"} prefixes finds what is in it, and nothing else, whatever came and went`, () => {
    const rng = seededRng(7);
    const table = new PrefixTable(wide);
    const model = new Map<string, number>();
    for (let step = 0; step < 60_000; step++) {
      const word = Math.floor(rng() * 9000) * 0x1000193;
      const length = 20 + Math.floor(rng() * 5);
      const words = [word >>> 0, wide ? word & 3 : 0, 0, wide ? (word >>> 4) & 1 : 0] as const;
      const key = `${words}/${length}`;
      const known = model.get(key) ?? 0;
      assert.equal(table.find(...words, length), known);
      if (known === 0) model.set(key, table.insert(...words, length));
      else if (rng() < 0.7) {
        table.remove(known);
        model.delete(key);
        assert.equal(table.isUsed(known), false);
      } else assert.equal(table.insert(...words, length), known);
    }
    assert.equal(table.count, model.size);
    assert.equal(new Set(model.values()).size, model.size);
    assert.ok(table.count > 5000, "the table has grown");
    assert.ok(table.limit <= 60_000 / 2, "rows are used again");
  });

test("a queue gives each row once, in the order of its first coming", () => {
  const queue = new IndexQueue();
  for (let round = 1; round <= 3; round++) for (let i = 1; i <= 5000; i++) queue.add(i);
  assert.equal(queue.length, 5000);
  const copy = queue.clone();
  for (let i = 1; i <= 5000; i++) {
    assert.equal(queue.has(i), true);
    assert.equal(queue.take(), i);
    assert.equal(queue.has(i), false);
    if (i % 2 === 0) queue.add(i);
  }
  assert.equal(queue.take(), 2);
  assert.equal(copy.length, 5000);
  assert.equal(copy.take(), 1);
  while (copy.take() !== 0);
  assert.equal(copy.length, 0);
});

test("freed stretches of the arena are used again; with the last one everything goes", () => {
  const arena = new ByteArena();
  const lengths = [1, 8, 9, 60, 1024, 1025, 5000, 131_072, 1 << 20];
  const places = lengths.map((length) => arena.allocate(length));
  for (const [i, place] of places.entries()) {
    const at = offsetOf(place);
    arena.chunkOf(place).fill(i + 1, at, at + (lengths[i] as number));
  }
  for (const [i, place] of places.entries()) {
    const at = offsetOf(place);
    const bytes = arena.chunkOf(place).subarray(at, at + (lengths[i] as number));
    assert.ok(bytes.length === lengths[i] && bytes.every((octet) => octet === i + 1), `${lengths[i]} octets`);
  }
  const held = arena.bytesHeld;
  for (let round = 0; round < 50; round++)
    for (const [i, length] of lengths.entries()) {
      arena.free(places[i] as number, length);
      places[i] = arena.allocate(length);
    }
  assert.equal(arena.bytesHeld, held);
  for (const [i, length] of lengths.entries()) arena.free(places[i] as number, length);
  assert.equal(arena.bytesHeld, 0);
});

test("an attribute set is there once, counted, and apart from the same attributes of another source", () => {
  const store = new AttributeStore(new SourceClasses());
  const external = { type: "external", cluster: undefined, remoteId: 0, neighbors: undefined } as const;
  const from = store.sources.acquire(external);
  const other = store.sources.acquire({ ...external, type: "internal", remoteId: 7 });
  const bytes = buildAttributes(attributes([65001, 65002], { med: 7 }));
  const set = store.intern(bytes, 0, bytes.length, from);
  const padded = new Uint8Array(bytes.length + 9);
  padded.set(bytes, 5);
  assert.equal(store.intern(padded, 5, 5 + bytes.length, from), set);
  const apart = store.intern(bytes, 0, bytes.length, other);
  assert.notEqual(apart, set);
  assert.deepEqual(store.copy(set), bytes);
  const cache = store.makeCache();
  cache.put(set, 2);
  store.release(set);
  assert.equal(store.count, 2);
  store.release(set);
  store.release(apart);
  assert.equal(store.count, 0);
  const again = buildAttributes(attributes([65003]));
  const next = [store.intern(again, 0, again.length, from), store.intern(bytes, 0, bytes.length, from)];
  assert.ok(next.includes(set), "the number is used again");
  assert.equal(cache.get(set), 0, "what was known of it is forgotten");
  for (const held of next) store.release(held);
  for (const source of [from, other]) store.sources.release(source);
  assert.equal(store.sources.count, 0);
});

test("a hundred thousand sets that come and go at random stay what they are", () => {
  const rng = seededRng(3);
  const store = new AttributeStore(new SourceClasses());
  const source = store.sources.acquire({ type: "external", cluster: undefined, remoteId: 0, neighbors: undefined });
  const bytes = new Uint8Array(40);
  const fill = (value: number) => {
    bytes.fill(0);
    bytes[0] = 4;
    new DataView(bytes.buffer).setUint32(1, value);
    return 5;
  };
  const held = new Map<number, number>();
  for (let step = 0; step < 100_000; step++) {
    const value = Math.floor(rng() * 5000);
    const length = fill(value);
    const known = held.get(value);
    if (known !== undefined && rng() < 0.6) {
      store.release(known);
      held.delete(value);
      continue;
    }
    const set = store.intern(bytes, 0, length, source);
    if (known === undefined) held.set(value, set);
    else {
      assert.equal(set, known);
      store.release(set);
    }
  }
  assert.equal(store.count, held.size);
  for (const [value, set] of held) assert.deepEqual(store.copy(set), bytes.slice(0, fill(value)));
});
