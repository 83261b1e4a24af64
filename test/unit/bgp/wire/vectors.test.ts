import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { HEADER_LENGTH, type MessageType } from "../../../../src/bgp/wire/index.ts";
import { fromHex, toHex } from "../../../../src/lib/bytes.ts";
import { session } from "./support.ts";
import { readBody, readStream, sessionOf, VECTORS, writeMessage } from "./vectors.ts";

describe("vectors", () => {
  for (const vector of VECTORS) {
    it(`${vector.name} (${vector.source})`, () => {
      assert.deepEqual(readStream([fromHex(vector.hex)], sessionOf(vector)), [vector.reads]);
      const written = vector.oneWay === true ? undefined : writeMessage(vector.reads);
      if (written !== undefined) assert.equal(toHex(written), vector.hex);
    });
  }

  it("cut anywhere, a body is refused or says something else, and throws nothing", () => {
    for (const vector of VECTORS) {
      const bytes = fromHex(vector.hex);
      const type = bytes[18] as MessageType;
      for (let end = HEADER_LENGTH; end < bytes.length; end++) {
        const reading = readBody(type, bytes, HEADER_LENGTH, end, sessionOf(vector));
        assert.notDeepEqual(reading, vector.reads, `${vector.name} cut at ${end}`);
      }
    }
  });

  it("with any octet set to 0, 1 or 255, or any bit flipped, a body throws nothing", () => {
    for (const vector of VECTORS) {
      const original = fromHex(vector.hex);
      const changes = [
        () => 0,
        () => 1,
        () => 255,
        ...Array.from({ length: 8 }, (_, b) => (o: number) => o ^ (1 << b)),
      ];
      for (let at = HEADER_LENGTH; at < original.length; at++)
        for (const change of changes) {
          const bytes = original.slice();
          bytes[at] = change(bytes[at] as number);
          readBody(bytes[18] as MessageType, bytes, HEADER_LENGTH, bytes.length, sessionOf(vector));
        }
    }
  });

  it("cut into two or three chunks anywhere, the stream says the same", () => {
    const plain = VECTORS.filter((vector) => vector.session === undefined);
    const stream = fromHex(plain.map((vector) => vector.hex).join(""));
    const expected = plain.map((vector) => vector.reads);
    for (let cut = 0; cut <= stream.length; cut++) {
      const third = Math.min(stream.length, cut + (cut % 7));
      const chunks = [stream.slice(0, cut), stream.slice(cut, third), stream.slice(third)];
      assert.deepEqual(readStream(chunks, session()), expected, `cut at ${cut}`);
    }
  });

  it("octet by octet, the stream says the same", () => {
    const plain = VECTORS.filter((vector) => vector.session === undefined);
    const stream = fromHex(plain.map((vector) => vector.hex).join(""));
    const chunks = Array.from(stream, (octet) => Uint8Array.of(octet));
    assert.deepEqual(
      readStream(chunks, session()),
      plain.map((vector) => vector.reads),
    );
  });
});
