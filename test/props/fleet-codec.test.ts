import assert from "node:assert/strict";
import { describe, test } from "node:test";
import fc from "fast-check";
import {
  type Body,
  decodeMessage,
  decodeMeta,
  encodeMessage,
  encodeMeta,
  REFUSALS,
} from "../../src/gossip/fleet/codec.ts";
import { Fleet } from "../../src/gossip/fleet/fleet.ts";
import { DRAIN_STATES, VIP_STATES } from "../../src/gossip/fleet/state.ts";
import { Address } from "../../src/lib/address.ts";
import { Prefix } from "../../src/lib/prefix.ts";
import { seededRng } from "../../src/lib/rng.ts";
import type { Instant } from "../../src/lib/time.ts";

const u8 = fc.integer({ min: 0, max: 0xff });
const u32 = fc.integer({ min: 0, max: 0xffff_ffff });
const name = fc.string({ unit: "grapheme-ascii", minLength: 1, maxLength: 64 });
const vip = fc.oneof(
  fc.tuple(u32, fc.integer({ min: 0, max: 32 })).map(([w, n]) => new Prefix(new Address(4, w), n).toString()),
  fc
    .tuple(u32, u32, u32, u32, fc.integer({ min: 0, max: 128 }))
    .map(([a, b, c, d, n]) => new Prefix(new Address(6, a, b, c, d), n).toString()),
);
const vipFacts = fc.record({
  state: fc.constantFrom(...VIP_STATES),
  since: u32,
  isLeaving: fc.boolean(),
  minAnnouncers: u8,
});
const master = fc.record({
  name,
  family: fc.constantFrom(4 as const, 6 as const),
  virtualRouterId: u8,
  segment: name,
  address: name,
  since: u32,
});
const facts = fc.record({
  version: name,
  startedAt: u32,
  sessions: u32,
  drain: fc.constantFrom(...DRAIN_STATES),
  drainSince: u32,
  checksDown: fc.array(name, { maxLength: 32 }),
});
const digest = { epoch: fc.integer({ min: 0, max: 2 ** 48 - 1 }), seq: u32 };
const update = fc.record({
  ...digest,
  base: u32,
  facts: fc.option(facts, { nil: undefined }),
  masters: fc.option(fc.array(master, { maxLength: 5 }), { nil: undefined }),
  vips: fc.array(fc.tuple(vip, vipFacts), { maxLength: 20 }).map((entries) => new Map(entries)),
  gone: fc.array(vip, { maxLength: 10 }),
});
const refusal = fc.constantFrom(...REFUSALS).map((r) => (r === "none" ? undefined : r));
const body: fc.Arbitrary<Body> = fc.oneof(
  update.map((u): Body => ({ type: "update", update: u })),
  fc.constant<Body>({ type: "fetch" }),
  fc.array(fc.record({ vip, id: u32, rank: u8 }), { maxLength: 20 }).map((asks): Body => ({ type: "ask", asks })),
  fc
    .array(fc.record({ vip, id: u32, refusal }), { maxLength: 20 })
    .map((answers): Body => ({ type: "answer", answers })),
);

describe("what gateways say to each other", () => {
  test("comes back as it was", () => {
    fc.assert(
      fc.property(name, body, (from, said) => {
        assert.deepEqual(decodeMessage(encodeMessage(from, said)), {
          ok: true,
          value: { ...structuredClone(said), from },
        });
      }),
    );
    fc.assert(fc.property(fc.record(digest), (d) => assert.deepEqual(decodeMeta(encodeMeta(d)), { ...d })));
  });

  test("is refused when it is cut off anywhere, and never throws", () => {
    fc.assert(
      fc.property(name, body, (from, said) => {
        const bytes = encodeMessage(from, said);
        for (let end = 0; end < bytes.length; end++) {
          const cut = decodeMessage(bytes.subarray(0, end));
          // An update without its last sections is one that says less: streams and packets are whole or nothing.
          if (said.type !== "update") assert.equal(cut.ok, false, `${end} of ${bytes.length}`);
        }
      }),
      { numRuns: 30 },
    );
  });

  test("does no harm when it is garbled: nothing is thrown, and what is kept is limited by what was sent", () => {
    fc.assert(
      fc.property(name, body, fc.array(fc.tuple(fc.nat(), u8), { minLength: 1, maxLength: 8 }), (from, said, flips) => {
        const bytes = encodeMessage(from, said);
        for (const [at, value] of flips) bytes[at % bytes.length] = value;
        const decoded = decodeMessage(bytes);
        if (!decoded.ok || decoded.value.type !== "update") return;
        const { vips, gone } = decoded.value.update;
        assert.ok(6 * (vips.size + gone.length) <= bytes.length, "more entries than octets");
      }),
      { numRuns: 20_000 },
    );
  });

  test("may be anything: a node of the fleet takes in what is right and goes on", () => {
    const quiet = () => {};
    const fleet = new Fleet({ name: "gw1", epoch: 1 }, seededRng(1), {
      send: quiet,
      broadcast: quiet,
      setMeta: quiet,
      asked: quiet,
      answered: quiet,
      changed: quiet,
      disagreement: quiet,
      rejected: quiet,
    });
    let now = 0;
    fleet.handle(now as Instant, {
      type: "Member",
      name: "gw2",
      state: "alive",
      meta: encodeMeta({ epoch: 5, seq: 9 }),
    });
    fc.assert(
      fc.property(body, fc.array(fc.tuple(fc.nat(), u8), { maxLength: 4 }), (said, flips) => {
        const bytes = encodeMessage("gw2", said);
        for (const [at, value] of flips) bytes[at % bytes.length] = value;
        fleet.handle(++now as Instant, { type: "Received", bytes });
        fleet.advance(now as Instant);
        fleet.announcers("203.0.113.10/32");
      }),
      { numRuns: 5_000 },
    );
    assert.equal(fleet.members().length, 1);
  });
});
