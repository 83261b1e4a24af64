import assert from "node:assert/strict";
import { test } from "node:test";
import { toHex } from "../../../src/lib/bytes.ts";
import { millis, seconds } from "../../../src/lib/time.ts";
import { foldSum, sumOctets } from "../../../src/vrrp/checksum.ts";
import {
  AuthenticationType,
  decodeAdvert,
  encodeAdvert,
  encodePassword,
  isSamePassword,
  readAddresses,
} from "../../../src/vrrp/packet.ts";
import { address, type Vector, vectors } from "./vectors.ts";

const way = ({ source, destination }: Vector) => ({ source, destination });
const vector = (name: string): Vector => {
  const found = vectors.find((each) => each.name === name);
  assert.notEqual(found, undefined, `no vector "${name}"`);
  return found as Vector;
};

/** The cause for which an altered message is dropped. */
function causeOf(v: Vector, alter: (bytes: Uint8Array) => Uint8Array | undefined, reseal = true): string {
  const copy = v.bytes.slice();
  const bytes = alter(copy) ?? copy;
  if (reseal) seal(bytes);
  const decoded = decodeAdvert(bytes, v.advert.version, way(v));
  return decoded.ok ? "taken" : decoded.error.cause;
}

/** A good checksum over the message alone, for tests of what is checked besides. */
function seal(bytes: Uint8Array): void {
  bytes[6] = 0;
  bytes[7] = 0;
  const sum = ~foldSum(sumOctets(bytes, bytes.length)) & 0xffff;
  bytes[6] = sum >>> 8;
  bytes[7] = sum;
}

for (const v of vectors) {
  test(`${v.name}: decoded`, () => {
    const decoded = decodeAdvert(v.bytes, v.advert.version, way(v));
    assert.equal(decoded.ok, true, decoded.ok ? "" : decoded.error.detail);
    if (!decoded.ok) return;
    assert.equal(decoded.value.priority, v.advert.priority);
    assert.equal(decoded.value.interval, v.advert.interval);
    assert.deepEqual(readAddresses(decoded.value.addresses, v.source.version), v.advert.addresses);
    if (v.advert.password === undefined) assert.equal(decoded.value.authenticationType, AuthenticationType.None);
    else assert.deepEqual(decoded.value.authenticationData, v.advert.password);
  });

  test(`${v.name}: encoded to the same octets`, () => {
    const envelope = v.checksum === "message" ? undefined : way(v);
    assert.equal(toHex(encodeAdvert(v.advert, envelope)), toHex(v.bytes));
  });

  test(`${v.name}: no prefix of it is taken`, () => {
    for (let length = 0; length < v.bytes.length; length++) {
      const decoded = decodeAdvert(v.bytes.subarray(0, length), v.advert.version, way(v));
      assert.equal(decoded.ok ? "taken" : decoded.error.cause, "too-short", `${length} octets`);
    }
  });

  test(`${v.name}: no single bit can flip unnoticed`, () => {
    for (let bit = 0; bit < 8 * v.bytes.length; bit++) {
      const flipped = v.bytes.slice();
      flipped[bit >>> 3] = (flipped[bit >>> 3] as number) ^ (1 << (bit & 7));
      assert.equal(decodeAdvert(flipped, v.advert.version, way(v)).ok, false, `bit ${bit}`);
    }
  });

  test(`${v.name}: padding of the link behind it does not count`, () => {
    const padded = new Uint8Array(46).fill(0xee);
    padded.set(v.bytes);
    assert.equal(decodeAdvert(padded, v.advert.version, way(v)).ok, true, "padded to 46 octets");
  });
}

const plain = vector("version 3, IPv4");

test("a pseudo-header with another destination is a wrong checksum", () => {
  const decoded = decodeAdvert(plain.bytes, 3, { source: plain.source, destination: address("192.0.2.9") });
  assert.equal(decoded.ok ? "taken" : decoded.error.cause, "checksum");
});

test("IPv6 has no checksum over the message alone", () => {
  const v = vector("version 3, IPv6");
  assert.equal(
    causeOf(v, () => undefined),
    "checksum",
  );
});

test("version 2 has no checksum with a pseudo-header", () => {
  const v = vector("version 2");
  const sealedAs3 = encodeAdvert({ ...v.advert, version: 3 }, way(v));
  assert.notEqual(toHex(sealedAs3.subarray(6, 8)), toHex(v.bytes.subarray(6, 8)));
  const bytes = v.bytes.slice();
  // The sum with a pseudo-header differs from the one without by these words.
  const pseudo = 0xc000 + 0x0201 + 0xe000 + 0x0012 + 112 + bytes.length;
  const sum = ~foldSum(sumOctets(bytes, bytes.length) - ((bytes[6] as number) << 8) - (bytes[7] as number) + pseudo);
  bytes[6] = (sum >>> 8) & 0xff;
  bytes[7] = sum & 0xff;
  assert.equal(
    causeOf(v, () => bytes, false),
    "checksum",
  );
});

test("what is wrong with a message is told in the order of RFC 9568 section 7.1", () => {
  const set = (at: number, value: number) => (b: Uint8Array) => {
    b[at] = value;
    return b;
  };
  assert.equal(causeOf(plain, set(0, 0x21)), "version");
  assert.equal(causeOf(plain, set(0, 0x41)), "version");
  assert.equal(causeOf(plain, set(0, 0x32)), "type");
  assert.equal(causeOf(plain, set(3, 0)), "no-addresses");
  assert.equal(causeOf(plain, set(3, 3)), "too-short");
  assert.equal(causeOf(plain, set(3, 255)), "too-short");
  assert.equal(causeOf(plain, set(7, 0), false), "checksum");
  assert.equal(
    causeOf(plain, (b) => set(4, 0)(set(5, 0)(b))),
    "interval-zero",
  );
  assert.equal(causeOf(vector("version 2"), set(5, 0)), "interval-zero");
  assert.equal(causeOf(vector("version 2"), set(0, 0x31)), "version");
});

test("the reserved bits of version 3 are not part of the interval", () => {
  const bytes = plain.bytes.slice();
  bytes[4] = 0xf0;
  bytes[5] = 100;
  seal(bytes);
  const decoded = decodeAdvert(bytes, 3, way(plain));
  assert.equal(decoded.ok && decoded.value.interval, seconds(1));
});

test("the reserved bits are not taken for an interval: with 0 in the rest it is 0", () => {
  assert.equal(
    causeOf(plain, (b) => {
      b[4] = 0xf0;
      b[5] = 0;
      return b;
    }),
    "interval-zero",
  );
});

test("the longest interval is not cut to 12 bits", () => {
  const advert = { ...plain.advert, interval: millis(40_950) };
  assert.equal(toHex(encodeAdvert(advert, undefined).subarray(4, 6)), "0fff");
});

test("a password is filled up with zeros, has at most 8 octets, and differs in any of them", () => {
  assert.equal(toHex(encodePassword("s3cret") ?? new Uint8Array()), "7333637265740000");
  assert.equal(encodePassword("123456789"), undefined);
  assert.equal(encodePassword("äöüäö"), undefined);
  const ours = encodePassword("12345678") ?? new Uint8Array();
  assert.equal(isSamePassword(ours, ours.slice()), true);
  for (let i = 0; i < 8; i++) {
    const theirs = ours.slice();
    theirs[i] = 0;
    assert.equal(isSamePassword(ours, theirs), false, `octet ${i}`);
  }
});
