import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import { Address } from "../../src/lib/address.ts";
import type { Micros } from "../../src/lib/time.ts";
import { type Advert, decodeAdvert, encodeAdvert, readAddresses } from "../../src/vrrp/packet.ts";

const octets = (length: number) => fc.uint8Array({ minLength: length, maxLength: length });
const address = (family: 4 | 6) => octets(family === 4 ? 4 : 16).map((bytes) => Address.fromBytes(bytes));

interface Sample {
  readonly advert: Advert;
  readonly source: Address;
  readonly destination: Address;
  readonly bare: boolean;
}

const sample: fc.Arbitrary<Sample> = fc
  .constantFrom([2, 4] as const, [3, 4] as const, [3, 6] as const)
  .chain(([version, family]) =>
    fc.record({
      advert: fc.record({
        version: fc.constant(version),
        virtualRouterId: fc.integer({ min: 1, max: 255 }),
        priority: fc.nat(255),
        interval: (version === 3
          ? fc.integer({ min: 1, max: 4095 }).map((cs) => cs * 10_000)
          : fc.integer({ min: 1, max: 255 }).map((s) => s * 1_000_000)) as fc.Arbitrary<Micros>,
        addresses: fc.array(address(family), { minLength: 1, maxLength: 255 }),
        password: version === 2 ? fc.option(octets(8), { nil: undefined }) : fc.constant(undefined),
      }),
      source: address(family),
      destination: address(family),
      bare: family === 4 ? fc.boolean() : fc.constant(false),
    }),
  );

const encode = ({ advert, source, destination, bare }: Sample) =>
  encodeAdvert(advert, bare ? undefined : { source, destination });

test("what is encoded is decoded to the same, with padding behind it or none", () => {
  fc.assert(
    fc.property(sample, fc.uint8Array({ maxLength: 30 }), (s, padding) => {
      const { advert } = s;
      const decoded = decodeAdvert(Uint8Array.from([...encode(s), ...padding]), advert.version, s);
      assert.equal(decoded.ok, true, decoded.ok ? "" : decoded.error.detail);
      if (!decoded.ok) return;
      assert.equal(decoded.value.priority, advert.priority);
      assert.equal(decoded.value.interval, advert.interval);
      assert.equal(decoded.value.authenticationType, advert.password === undefined ? 0 : 1);
      assert.deepEqual(readAddresses(decoded.value.addresses, s.source.version), advert.addresses);
    }),
    { numRuns: 500 },
  );
});

test("no message with one bit changed is taken", () => {
  fc.assert(
    fc.property(sample, fc.nat(), (s, at) => {
      const bytes = encode(s);
      const bit = at % (8 * bytes.length);
      bytes[bit >>> 3] = (bytes[bit >>> 3] as number) ^ (1 << (bit & 7));
      const decoded = decodeAdvert(bytes, s.advert.version, s);
      // Over IPv4 the two forms of the checksum make one changed bit look right when it is just the difference of them.
      if (decoded.ok) assert.equal(s.source.version === 4 && s.advert.version === 3, true, `bit ${bit}`);
    }),
    { numRuns: 500 },
  );
});

test("whatever comes in is taken or dropped, and never throws", () => {
  fc.assert(
    fc.property(
      fc.uint8Array({ maxLength: 64 }),
      fc.constantFrom(2 as const, 3 as const),
      fc.constantFrom(4 as const, 6 as const),
      fc.boolean(),
      (bytes, version, family, plausible) => {
        if (plausible) bytes.set([(version << 4) | 1, 1, 100, 1].slice(0, bytes.length));
        const source = new Address(family, 1);
        const decoded = decodeAdvert(bytes, version, { source, destination: source });
        if (!decoded.ok) assert.notEqual(decoded.error.detail, "");
      },
    ),
    { numRuns: 2_000 },
  );
});
