import assert from "node:assert/strict";
import { describe, it } from "node:test";
import {
  asPathLength,
  formatAsPath,
  formatCommunity,
  formatExtCommunity,
  formatLargeCommunity,
  parseAsPath,
  parseCommunity,
  parseExtCommunity,
  parseLargeCommunity,
} from "../../../../src/bgp/wire/index.ts";

describe("communities as text", () => {
  it("two numbers, one number, or a well-known name", () => {
    assert.equal(parseCommunity("65001:100"), 65001 * 65536 + 100);
    assert.equal(parseCommunity("4259905636"), 4259905636);
    assert.equal(parseCommunity("no-export"), 0xffffff01);
    assert.equal(parseCommunity("NO-EXPORT"), 0xffffff01);
    assert.equal(parseCommunity("graceful-shutdown"), 0xffff0000);
    assert.equal(parseCommunity("65535:65281"), 0xffffff01);
  });

  it("are printed as gobgp prints them", () => {
    const printed = [0xfde90064, 0xffff0000, 0xffff0006, 0xffff0007, 0xffff029a, 0xffffff04, 0].map(formatCommunity);
    assert.deepEqual(printed, [
      "65001:100",
      "planned-shut",
      "llgr-stale",
      "no-llgr",
      "blackhole",
      "no-peer",
      "internet",
    ]);
  });

  for (const bad of [
    "",
    ":",
    "1:",
    ":1",
    "65536:1",
    "1:65536",
    "1:2:3",
    "4294967296",
    "-1:1",
    "1.5:1",
    "0x1:1",
    "no-such",
    " 1:1",
  ])
    it(`"${bad}" is none`, () => assert.equal(parseCommunity(bad), undefined));

  it("large ones are three numbers of 32 bits", () => {
    const c = parseLargeCommunity("4294967295:0:7");
    assert.deepEqual(c, { globalAdministrator: 4294967295, localData1: 0, localData2: 7 });
    assert.equal(c && formatLargeCommunity(c), "4294967295:0:7");
    for (const bad of ["1:2", "1:2:3:4", "4294967296:0:0", "a:b:c", "1::3", ""])
      assert.equal(parseLargeCommunity(bad), undefined);
  });

  it("extended ones in each form, and back", () => {
    const forms: readonly (readonly [string, bigint])[] = [
      ["rt:65001:100", 0x0002_fde9_0000_0064n],
      ["soo:65001:4294967295", 0x0003_fde9_ffff_ffffn],
      ["rt:192.0.2.1:7", 0x0102_c000_0201_0007n],
      ["rt:4200000000:7", 0x0202_fa56_ea00_0007n],
      ["soo:0.65001:7", 0x0203_0000_fde9_0007n],
      ["0x430c000000000001", 0x430c_0000_0000_0001n],
      ["0x4002fde900000064", 0x4002_fde9_0000_0064n],
    ];
    for (const [text, value] of forms) {
      assert.equal(parseExtCommunity(text), value, text);
      assert.equal(formatExtCommunity(value), text);
    }
    for (const bad of [
      "rt:1",
      "rt:1:2:3",
      "xx:1:2",
      "rt:4200000000:65536",
      "rt:192.0.2.1:65536",
      "rt:0.65536:1",
      "0x1",
      "rt::1",
      "",
    ])
      assert.equal(parseExtCommunity(bad), undefined, bad);
  });
});

describe("AS paths as text", () => {
  it("each kind of segment has its brackets", () => {
    const text = "65001 65002 {65003,65004} (65005 65006) [65007,65008] 65009";
    const path = parseAsPath(text);
    assert.deepEqual(
      path?.map((s) => s.type),
      ["sequence", "set", "confed-sequence", "confed-set", "sequence"],
    );
    assert.equal(path && formatAsPath(path), text);
    assert.equal(path && asPathLength(path), 4);
  });

  it("an empty text is the empty path", () => assert.deepEqual(parseAsPath(" "), []));

  it("commas separate as well as spaces", () => assert.deepEqual(parseAsPath("1,2, 3"), parseAsPath("1 2 3")));

  for (const bad of ["0", "4294967296", "x", "{", "{}", "}", "{1", "1}", "{1)", "{1 {2}}", "1 -2", "99999999999"])
    it(`"${bad}" is none`, () => assert.equal(parseAsPath(bad), undefined));
});
