import assert from "node:assert/strict";
import { describe, it } from "node:test";
import {
  attributeEnd,
  attributeValue,
  buildAttributes,
  countAs,
  EMPTY_ATTRIBUTES,
  findAttribute,
  formatAttributes,
  type PathAttributes,
  parseAsPath,
  parseAttributes,
} from "../../../../src/bgp/wire/index.ts";
import { fromHex, toHex } from "../../../../src/lib/bytes.ts";
import { address } from "./support.ts";

const path = (text: string) => parseAsPath(text) ?? assert.fail(text);

const FULL: PathAttributes = {
  origin: "incomplete",
  asPath: path("65001 {1,2}"),
  nextHop: address("2001:db8::1"),
  linkLocalNextHop: address("fe80::1"),
  med: 0,
  localPref: 200,
  atomicAggregate: true,
  aggregator: { as: 4200000000, address: address("1.2.3.4") },
  communities: [0xffffff01, 1],
  originatorId: 0x0a000001,
  clusterList: [0x0a000002],
  extCommunities: [0x0002fde900000064n],
  largeCommunities: [{ globalAdministrator: 1, localData1: 2, localData2: 3 }],
  aigp: 0xffff_ffff_ffff_ffffn,
  otc: 65001,
  unknown: [{ flags: 0xe0, type: 28, value: fromHex("0102") }],
  partial: [7],
};

describe("attributes as objects", () => {
  it("build into the canonical layout (sink.ts)", () => {
    const bytes = buildAttributes({
      ...EMPTY_ATTRIBUTES,
      nextHop: address("192.0.2.1"),
      med: 1,
      otc: 7,
      origin: "egp",
    });
    assert.equal(toHex(bytes), toHex(fromHex("04 c0000201 400101 01 400200 800404 00000001 c02304 00000007")));
  });

  it("come back as they were", () => {
    const bytes = buildAttributes(FULL);
    assert.deepEqual(parseAttributes(bytes), FULL);
    const framed = new Uint8Array([9, 9, ...bytes, 9]);
    assert.deepEqual(parseAttributes(framed, 2, framed.length - 1), FULL);
  });

  it("keep nothing of the bytes they were parsed from", () => {
    const bytes = buildAttributes(FULL);
    const parsed = parseAttributes(bytes);
    bytes.fill(0);
    assert.deepEqual(parsed, FULL);
  });

  it("a value above 255 octets gets the extended length, one of 255 does not", () => {
    const unknown = (length: number) => [{ flags: 0xe0, type: 99, value: new Uint8Array(length) }];
    const at = 1 + 4 + 3;
    const short = buildAttributes({ ...EMPTY_ATTRIBUTES, unknown: unknown(255) });
    assert.deepEqual([...short.subarray(at, at + 3)], [0xe0, 99, 255]);
    const long = buildAttributes({ ...EMPTY_ATTRIBUTES, unknown: unknown(256) });
    assert.deepEqual([...long.subarray(at, at + 4)], [0xf0, 99, 1, 0]);
  });

  it("a segment of more than 255 numbers goes on in the next", () => {
    const asns = Array.from({ length: 300 }, (_, i) => i + 1);
    const parsed = parseAttributes(buildAttributes({ ...EMPTY_ATTRIBUTES, asPath: [{ type: "sequence", asns }] }));
    assert.deepEqual(
      parsed.asPath.map((s) => s.asns.length),
      [255, 45],
    );
    assert.deepEqual(
      parsed.asPath.flatMap((s) => s.asns),
      asns,
    );
  });

  it("the first AIGP TLV counts, others are skipped (RFC 7311 section 3)", () => {
    const value = "02 0004 ff 01 000b 0000000000000007 01 000b 0000000000000008";
    assert.equal(parseAttributes(fromHex(`00 80 1a 1a ${value}`)).aigp, 7n);
  });

  it("our mistakes are found: an attribute twice, one that has a field, one that canonical form does not hold", () => {
    const raw = (type: number) => ({ flags: 0xc0, type, value: new Uint8Array(0) });
    const build = (...types: number[]) => buildAttributes({ ...EMPTY_ATTRIBUTES, unknown: types.map(raw) });
    for (const types of [[99, 99], [8], [3], [14], [17]]) assert.throws(() => build(...types), /attribute/);
    assert.throws(() => buildAttributes({ ...EMPTY_ATTRIBUTES, communities: new Array(20000).fill(1) }), /65535/);
  });

  it("are one line for people", () => {
    assert.equal(
      formatAttributes(FULL),
      "next hop 2001:db8::1, link-local next hop fe80::1, ORIGIN incomplete, AS_PATH 65001 {1,2}, MULTI_EXIT_DISC 0, " +
        "LOCAL_PREF 200, ATOMIC_AGGREGATE yes, AGGREGATOR 4200000000 1.2.3.4, COMMUNITIES no-export 0:1, " +
        "ORIGINATOR_ID 10.0.0.1, CLUSTER_LIST 10.0.0.2, EXTENDED_COMMUNITIES rt:65001:100, AIGP 18446744073709551615, " +
        "LARGE_COMMUNITIES 1:2:3, ONLY_TO_CUSTOMER 65001, attribute 28 (flags 0xe0) 0102",
    );
  });
});

describe("looks into canonical octets", () => {
  const bytes = buildAttributes(FULL);

  it("find an attribute, its value and its end", () => {
    const at = findAttribute(bytes, 0, bytes.length, 8);
    assert.equal(toHex(bytes.subarray(attributeValue(bytes, at), attributeEnd(bytes, at))), "ffffff0100000001");
    assert.equal(findAttribute(bytes, 0, bytes.length, 3), -1);
    assert.equal(findAttribute(bytes, 0, bytes.length, 255), -1);
    assert.equal(attributeEnd(bytes, findAttribute(bytes, 0, bytes.length, 35)), bytes.length);
  });

  it("step over extended lengths", () => {
    const long = buildAttributes({ ...FULL, communities: new Array(100).fill(5) });
    const at = findAttribute(long, 0, long.length, 35);
    assert.equal(toHex(long.subarray(attributeValue(long, at), attributeEnd(long, at))), "0000fde9");
  });

  it("count an AS number wherever it stands", () => {
    const built = buildAttributes({ ...EMPTY_ATTRIBUTES, asPath: path("7 8 7 {7,9} (7)") });
    assert.equal(countAs(built, 0, built.length, 7), 4);
    assert.equal(countAs(built, 0, built.length, 5), 0);
  });
});
