import assert from "node:assert/strict";
import { test } from "node:test";
import { lzwDecode, lzwEncode } from "../../../../src/gossip/wire/lzw.ts";
import { fromHex } from "../../../../src/lib/bytes.ts";
import { seededRng } from "../../../../src/lib/rng.ts";

function octets(length: number, seed: number, alphabet: number): Uint8Array {
  const rng = seededRng(seed);
  return Uint8Array.from({ length }, () => Math.floor(rng() * alphabet));
}

test("what is compressed decompresses to itself, through code widths, full tables and clears", () => {
  for (const alphabet of [1, 2, 16, 256])
    for (const length of [0, 1, 2, 3, 253, 254, 255, 256, 511, 767, 3836, 3837, 3838, 3839, 3840, 3841, 60_000]) {
      const plain = octets(length, length + alphabet, alphabet);
      assert.deepEqual(lzwDecode(lzwEncode(plain), length), { ok: true, value: plain }, `${length} of ${alphabet}`);
    }
});

test("a string that is used in the moment it is made is understood", () => {
  const plain = new TextEncoder().encode("aaaaaaaabababababab");
  const decoded = lzwDecode(lzwEncode(plain), 100);
  assert.deepEqual(decoded, { ok: true, value: plain });
});

test("a decompression bomb stops at the limit", () => {
  const bomb = lzwEncode(new Uint8Array(5_000_000));
  assert.ok(bomb.length < 10_000);
  assert.deepEqual(lzwDecode(bomb, 4_999_999), { ok: false, error: "decompressed data is too long" });
  assert.equal(lzwDecode(bomb, 5_000_000).ok, true);
});

test("data without an end, or with a code from nowhere, is refused", () => {
  const whole = lzwEncode(octets(300, 1, 4));
  for (let length = 0; length < whole.length - 2; length++)
    assert.equal(lzwDecode(whole.subarray(0, length), 1e6).ok, false);
  // Clear, then code 300 while 258 is the first that could exist.
  assert.deepEqual(lzwDecode(fromHex("005902"), 100), { ok: false, error: "compressed data has a bad code" });
});

test("a table that stays full without a clear goes on decoding, as Go's does", () => {
  // 4000 literals after one clear: the encoder of Go would clear, the format does not demand it.
  const literals = octets(4000, 9, 256);
  let bits = 0n;
  let at = 0n;
  const put = (code: number, width: number) => {
    bits |= BigInt(code) << at;
    at += BigInt(width);
  };
  put(256, 9);
  let high = 257;
  let width = 9;
  for (const literal of literals) {
    put(literal, width);
    high = Math.min(high + 1, 4095);
    if (high === 1 << width && width < 12) width++;
  }
  put(257, width);
  const packed = Uint8Array.from({ length: Number((at + 7n) / 8n) }, (_, i) => Number((bits >> BigInt(8 * i)) & 255n));
  assert.deepEqual(lzwDecode(packed, 4000), { ok: true, value: literals });
});
