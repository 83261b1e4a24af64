import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { type Frame, Framer, type FramingError, HEADER_LENGTH, MessageType } from "../../../../src/bgp/wire/index.ts";
import { frameMessage } from "../../../../src/bgp/wire/message.ts";
import { toHex } from "../../../../src/lib/bytes.ts";

/** A header that claims `length` octets, with a body of `bodyLength`. */
function raw(length: number, type: number, bodyLength = Math.max(length - HEADER_LENGTH, 0)): Uint8Array {
  const bytes = frameMessage(type as MessageType, new Uint8Array(bodyLength));
  bytes[16] = length >>> 8;
  bytes[17] = length;
  return bytes;
}

function first(bytes: Uint8Array, lengthMax = 4096): Frame | FramingError | undefined {
  const framer = new Framer();
  framer.lengthMax = lengthMax;
  framer.push(bytes);
  return framer.next();
}

/** "1/2 001d": code, subcode, data; or "message". */
function verdict(bytes: Uint8Array, lengthMax?: number): string {
  const frame = first(bytes, lengthMax);
  if (frame === undefined) return "more";
  if (frame.type === "message") return "message";
  const { code, subcode, data } = frame.error;
  return `${code}/${subcode} ${toHex(data)}`.trimEnd();
}

describe("Framer", () => {
  it("gives views of the chunk, without its header", () => {
    const chunk = raw(23, MessageType.Update);
    const frame = first(chunk);
    assert.ok(frame?.type === "message");
    assert.equal(frame.bytes, chunk);
    assert.deepEqual([frame.messageType, frame.start, frame.end], [MessageType.Update, 19, 23]);
  });

  it("wants more for anything short of a message", () => {
    const bytes = raw(29, MessageType.Open);
    for (let end = 0; end < bytes.length; end++) assert.equal(verdict(bytes.slice(0, end)), "more");
  });

  it("a marker that is not all ones is Connection Not Synchronized", () => {
    for (let at = 0; at < 16; at++) {
      const bytes = raw(19, MessageType.Keepalive);
      bytes[at] = 0xfe;
      assert.equal(verdict(bytes), "1/1");
    }
  });

  it("lengths out of bounds are Bad Message Length, with the length as data (RFC 4271 section 6.1)", () => {
    const bad: [number, number][] = [
      [0, MessageType.Keepalive],
      [1, MessageType.Update],
      [18, MessageType.Keepalive],
      [20, MessageType.Keepalive],
      [28, MessageType.Open],
      [22, MessageType.Update],
      [20, MessageType.Notification],
      [22, MessageType.RouteRefresh],
      [4097, MessageType.Update],
      [65535, MessageType.Update],
      [18, 99],
    ];
    for (const [length, type] of bad)
      assert.equal(
        verdict(raw(length, type, 64)),
        `1/2 ${length.toString(16).padStart(4, "0")}`,
        `${type} of ${length}`,
      );
  });

  it("the shortest of each type is a message", () => {
    const shortest: [number, number][] = [
      [19, MessageType.Keepalive],
      [29, MessageType.Open],
      [23, MessageType.Update],
      [21, MessageType.Notification],
      [23, MessageType.RouteRefresh],
      [4096, MessageType.Update],
      [4096, MessageType.Open],
    ];
    for (const [length, type] of shortest) assert.equal(verdict(raw(length, type)), "message", `${type} of ${length}`);
  });

  it("with extended messages, UPDATE goes to 65535 and OPEN stays at 4096 (RFC 8654 section 4)", () => {
    assert.equal(verdict(raw(65535, MessageType.Update), 65535), "message");
    assert.equal(verdict(raw(65535, MessageType.Notification), 65535), "message");
    assert.equal(verdict(raw(4097, MessageType.Open), 65535), "1/2 1001");
  });

  it("an unknown type is Bad Message Type, with the type as data", () => {
    for (const type of [0, 6, 255]) assert.equal(verdict(raw(23, type)), `1/3 ${type.toString(16).padStart(2, "0")}`);
  });

  it("after an error nothing more comes, whatever is pushed", () => {
    const framer = new Framer();
    framer.push(raw(18, MessageType.Keepalive, 500));
    assert.equal(framer.next()?.type, "error");
    framer.push(raw(19, MessageType.Keepalive));
    assert.equal(framer.next()?.type, "error");
  });

  it("a bad header that came in two chunks is found as soon as it is whole", () => {
    const framer = new Framer();
    const bytes = raw(99, MessageType.Keepalive);
    framer.push(bytes.slice(0, 18));
    assert.equal(framer.next(), undefined);
    framer.push(bytes.slice(18, 19));
    assert.equal(framer.next()?.type, "error");
  });

  it("the longest message arrives whole through any chunk size", () => {
    const bytes = raw(65535, MessageType.Update);
    bytes.forEach((_, i) => {
      if (i >= HEADER_LENGTH) bytes[i] = i * 7;
    });
    for (const size of [1, 18, 19, 20, 4095, 65534]) {
      const framer = new Framer();
      framer.lengthMax = 65535;
      let frame: Frame | FramingError | undefined;
      for (let at = 0; at < bytes.length; at += size) {
        assert.equal(frame, undefined);
        framer.push(bytes.slice(at, at + size));
        frame = framer.next();
      }
      assert.ok(frame?.type === "message");
      assert.deepEqual(frame.bytes.slice(frame.start, frame.end), bytes.slice(HEADER_LENGTH));
      assert.equal(framer.next(), undefined);
    }
  });

  it("does not take a chunk while it still holds another: that is our mistake", () => {
    const framer = new Framer();
    framer.push(raw(19, MessageType.Keepalive));
    assert.throws(() => framer.push(raw(19, MessageType.Keepalive)), /not drained/);
  });
});
