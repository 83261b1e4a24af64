import assert from "node:assert/strict";
import { describe, it } from "node:test";
import fc from "fast-check";
import {
  buildAttributes,
  decodeNotification,
  decodeOpen,
  encodeKeepalive,
  encodeNotification,
  encodeOpen,
  type Family,
  Framer,
  formatAsPath,
  formatCommunity,
  formatExtCommunity,
  formatLargeCommunity,
  HEADER_LENGTH,
  type Negotiated,
  type NegotiatedFamily,
  type NlriBatch,
  type PathAttributes,
  parseAsPath,
  parseAttributes,
  parseCommunity,
  parseExtCommunity,
  parseLargeCommunity,
  UpdateDecoder,
  UpdateWriter,
} from "../../src/bgp/wire/index.ts";
import { attributesFor, openMessage, type Route, routesFor, symmetricSession, u32 } from "./wire-arbitraries.ts";

/** One call of a sink: undefined attributes for a withdrawal. */
interface Told {
  readonly family: Family;
  readonly attributes: Uint8Array | undefined;
  readonly routes: readonly Route[];
}

function routesOf(batch: NlriBatch, is6: boolean): Route[] {
  return Array.from({ length: batch.count }, (_, i) => {
    const at = (column: Uint32Array) => (is6 ? (column[i] as number) : 0);
    const words = [batch.w0[i] as number, at(batch.w1), at(batch.w2), at(batch.w3)] as const;
    return { words, length: batch.length[i] as number, pathId: batch.pathId[i] as number };
  });
}

/** What a stream of UPDATEs says; it must have no fault. */
function readUpdates(stream: Uint8Array, session: Negotiated): Told[] {
  const framer = new Framer();
  framer.lengthMax = session.receiveLengthMax;
  const decoder = new UpdateDecoder(session, { treatAsWithdraw: true, loopbackNextHop: false });
  const told: Told[] = [];
  framer.push(stream);
  for (let frame = framer.next(); frame !== undefined; frame = framer.next()) {
    assert.ok(frame.type === "message");
    const outcome = decoder.decode(frame.bytes, frame.start, frame.end, {
      reach: (family, batch, { bytes, length }) =>
        told.push({ family, attributes: bytes.slice(0, length), routes: routesOf(batch, family === 1) }),
      withdraw: (family, batch) => told.push({ family, attributes: undefined, routes: routesOf(batch, family === 1) }),
      endOfRib: () => assert.fail("end of RIB"),
    });
    assert.deepEqual(outcome, { type: "ok" });
  }
  return told;
}

/** False when the writer finds that the attributes leave no room. */
function write(writer: UpdateWriter, { family, attributes, routes }: Told): boolean {
  if (attributes === undefined) writer.beginWithdraw(family);
  else if (!writer.beginReach(family, attributes, 0, attributes.length)) return false;
  for (const { words, length, pathId } of routes) writer.add(...words, length, pathId);
  writer.end();
  return true;
}

interface Announcement {
  readonly session: Negotiated;
  readonly family: NegotiatedFamily;
  readonly attributes: PathAttributes;
  readonly routes: readonly Route[];
}

const announcement: fc.Arbitrary<Announcement> = symmetricSession.chain((session) =>
  fc.constantFrom(...session.families).chain((family) =>
    fc.record({
      session: fc.constant(session),
      family: fc.constant(family),
      attributes: attributesFor(session, family),
      routes: routesFor(family),
    }),
  ),
);

describe("UPDATE", () => {
  it("decode(encode(x)) is x: attributes octet for octet, prefixes in order", () => {
    fc.assert(
      fc.property(announcement, ({ session, family: { family }, attributes, routes }) => {
        const canonical = buildAttributes(attributes);
        const writer = new UpdateWriter(session);
        // 2-octet sessions may need more room than 4096 octets for both paths; the writer says so.
        if (!write(writer, { family, attributes: canonical, routes })) return;
        const told = readUpdates(writer.take(), session);
        assert.deepEqual(
          told.flatMap((t) => t.routes),
          routes,
        );
        for (const t of told) assert.deepEqual(t.attributes, canonical);
      }),
      { numRuns: 1500 },
    );
  });

  it("encode(decode(x)) is x for what the writer wrote", () => {
    fc.assert(
      fc.property(announcement, ({ session, family: { family }, attributes, routes }) => {
        const writer = new UpdateWriter(session);
        if (!write(writer, { family, attributes: buildAttributes(attributes), routes })) return;
        const first = writer.take();
        for (const told of readUpdates(first, session)) write(writer, told);
        assert.deepEqual(writer.take(), first);
      }),
      { numRuns: 500 },
    );
  });

  it("withdrawals come back", () => {
    fc.assert(
      fc.property(announcement, ({ session, family: { family }, routes }) => {
        const writer = new UpdateWriter(session);
        write(writer, { family, attributes: undefined, routes });
        const told = readUpdates(writer.take(), session);
        assert.deepEqual(
          told.flatMap((t) => t.routes),
          routes,
        );
        assert.ok(told.every((t) => t.attributes === undefined));
      }),
      { numRuns: 300 },
    );
  });
});

describe("attributes", () => {
  it("parse(build(x)) is x", () => {
    fc.assert(
      fc.property(announcement, ({ attributes }) => {
        const parsed = parseAttributes(buildAttributes(attributes));
        assert.deepEqual(parsed, attributes);
      }),
      { numRuns: 500 },
    );
  });
});

describe("the other messages", () => {
  it("OPEN comes back", () => {
    fc.assert(
      fc.property(openMessage, (open) => {
        const bytes = encodeOpen(open);
        assert.deepEqual(decodeOpen(bytes, HEADER_LENGTH, bytes.length), { ok: true, value: open });
      }),
      { numRuns: 500 },
    );
  });

  it("NOTIFICATION comes back", () => {
    const octet = fc.integer({ min: 0, max: 255 });
    const contents = fc.tuple(octet, octet, fc.uint8Array({ maxLength: 300 }));
    fc.assert(
      fc.property(contents, ([code, subcode, data]) => {
        const error = { code, subcode, data };
        const bytes = encodeNotification(error);
        assert.deepEqual(decodeNotification(bytes, HEADER_LENGTH, bytes.length), error);
      }),
    );
  });

  it("a stream comes out of the framer the same, however it was cut", () => {
    const message = fc.oneof(openMessage.map(encodeOpen), fc.constant(encodeKeepalive()));
    fc.assert(
      fc.property(
        fc.array(message, { maxLength: 6 }),
        fc.array(fc.nat({ max: 200 }), { maxLength: 30 }),
        (sent, cuts) => {
          const stream = new Uint8Array(sent.flatMap((bytes) => [...bytes]));
          const framer = new Framer();
          const got: Uint8Array[] = [];
          for (let at = 0, i = 0; at < stream.length || i === 0; i++) {
            const size = cuts[i] ?? stream.length;
            const chunk = stream.slice(at, at + size);
            at += size;
            framer.push(chunk);
            for (let frame = framer.next(); frame !== undefined; frame = framer.next()) {
              assert.ok(frame.type === "message");
              got.push(frame.bytes.slice(frame.start - HEADER_LENGTH, frame.end));
            }
            chunk.fill(0);
          }
          assert.deepEqual(got, sent);
        },
      ),
    );
  });
});

describe("text", () => {
  it("communities of every kind come back", () => {
    fc.assert(
      fc.property(u32, u32, u32, (a, b, c) => {
        assert.equal(parseCommunity(formatCommunity(a)), a);
        const large = { globalAdministrator: a, localData1: b, localData2: c };
        assert.deepEqual(parseLargeCommunity(formatLargeCommunity(large)), large);
        for (const type of [0x0002n, 0x0103n, 0x0202n, 0x0003n, 0x4002n, BigInt(c >>> 16)]) {
          const extended = (type << 48n) | (BigInt(a & 0xffff) << 32n) | BigInt(b);
          assert.equal(parseExtCommunity(formatExtCommunity(extended)), extended);
        }
      }),
    );
  });

  it("AS paths come back, neighbouring sequences joined", () => {
    fc.assert(
      fc.property(announcement, ({ attributes: { asPath } }) => {
        const text = formatAsPath(asPath);
        assert.equal(formatAsPath(parseAsPath(text) ?? assert.fail(text)), text);
      }),
      { numRuns: 200 },
    );
  });
});
