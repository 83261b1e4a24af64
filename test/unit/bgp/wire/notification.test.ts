import assert from "node:assert/strict";
import { describe, it } from "node:test";
import {
  ceaseError,
  decodeNotification,
  decodeRouteRefresh,
  describeNotification,
  encodeNotification,
  type NotificationError,
  shutdownText,
  unwrapHardReset,
  wrapHardReset,
} from "../../../../src/bgp/wire/index.ts";
import { fromHex, toHex } from "../../../../src/lib/bytes.ts";

const cease = (subcode: number, data: string): NotificationError => ({ code: 6, subcode, data: fromHex(data) });

describe("NOTIFICATION", () => {
  it("data that does not fit 4096 octets is cut", () => {
    assert.equal(encodeNotification({ code: 3, subcode: 1, data: new Uint8Array(60000) }).length, 4096);
  });

  it("a body too short for its codes reads as 0/0", () => {
    assert.deepEqual(decodeNotification(Uint8Array.of(6), 0, 1), { code: 0, subcode: 0, data: new Uint8Array(0) });
  });

  it("keeps a copy of its data", () => {
    const bytes = fromHex("0602 03627965");
    const error = decodeNotification(bytes, 0, bytes.length);
    bytes.fill(0);
    assert.equal(shutdownText(error), "bye");
  });

  it("codes and subcodes nobody knows are shown as numbers", () => {
    assert.equal(describeNotification({ code: 9, subcode: 8, data: fromHex("01") }), "code 9/subcode 8 (data 01)");
    assert.equal(describeNotification(cease(99, "")), "Cease/subcode 99");
  });

  it("long data is shown in part", () => {
    const text = describeNotification({ code: 3, subcode: 5, data: new Uint8Array(33) });
    assert.equal(text, `UPDATE Message Error/Attribute Length Error (data ${"00".repeat(32)}...)`);
  });
});

describe("shutdown text (RFC 9003)", () => {
  it("goes with Administrative Shutdown and Reset only", () => {
    assert.equal(shutdownText(ceaseError(2, "snö")), "snö");
    assert.equal(shutdownText(ceaseError(4, "x")), "x");
    assert.equal(ceaseError(3, "x").data.length, 0);
    assert.equal(shutdownText(cease(3, "0178")), "");
    assert.equal(ceaseError(2).data.length, 0);
  });

  it("is cut at 255 octets, between characters", () => {
    const { data } = ceaseError(2, `${"a".repeat(254)}ö`);
    assert.deepEqual([data[0], data.length], [254, 255]);
    assert.equal(ceaseError(2, "ö".repeat(200)).data[0], 254);
  });

  it("an empty text is no text", () => {
    assert.equal(shutdownText(cease(2, "00")), "");
    assert.equal(shutdownText(cease(2, "")), "");
    assert.equal(describeNotification(cease(2, "00")), "Cease/Administrative Shutdown");
  });

  it("what is not RFC 9003's form is shown as hexadecimal", () => {
    assert.equal(shutdownText(cease(2, "05 6279")), "(malformed) 056279");
    assert.equal(shutdownText(cease(2, "03 6279")), "(malformed) 036279");
    assert.equal(shutdownText(cease(2, "02 c328")), "(malformed) 02c328");
  });

  it("octets behind the text do not count", () => assert.equal(shutdownText(cease(2, "01 78 00ff")), "x"));

  it("cannot break a log: control and direction characters are escaped", () => {
    const evil = ceaseError(2, "a\nb\u001b[2J\u202e");
    assert.equal(shutdownText(evil), "a\\u{a}b\\u{1b}[2J\\u{202e}");
  });

  it("is found inside a Hard Reset (RFC 8538)", () => {
    const inner = ceaseError(2, "bye");
    const wrapped = wrapHardReset(inner);
    assert.deepEqual(unwrapHardReset(wrapped), inner);
    assert.equal(shutdownText(wrapped), "bye");
    assert.equal(unwrapHardReset(inner), undefined);
    assert.equal(unwrapHardReset(cease(9, "06")), undefined);
  });
});

describe("ROUTE-REFRESH", () => {
  it("a subtype nobody knows is ignored (RFC 7313 section 5)", () => {
    assert.deepEqual(decodeRouteRefresh(fromHex("0001 03 01"), 0, 4), { ok: true, value: undefined });
  });

  it("a wrong length is 7/1 with the whole message as data (RFC 7313 section 5)", () => {
    const message = fromHex(`${"ff".repeat(16)} 0018 05 0001 01 01 00`);
    const decoded = decodeRouteRefresh(message, 19, 24);
    assert.ok(!decoded.ok);
    assert.deepEqual([decoded.error.code, decoded.error.subcode], [7, 1]);
    assert.equal(toHex(decoded.error.data), toHex(message));
  });
});
