import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { Family, type Negotiated, NLRI_BATCH_MAX, UpdateDecoder } from "../../../../src/bgp/wire/index.ts";
import { fromHex, toHex } from "../../../../src/lib/bytes.ts";
import {
  attribute,
  decodeBody,
  decodeParts,
  familyWith,
  NLRI,
  SOUND,
  session,
  type UpdateParts,
  updateBody,
} from "./support.ts";

const { origin, asPath, nextHop, mpReach6 } = SOUND;
const ANNOUNCED = "reach 203.0.113.0/24 next hop 192.0.2.1, ORIGIN igp, AS_PATH 65002";

function lines(parts: UpdateParts, on: Partial<Negotiated> = {}): readonly string[] {
  const decoded = decodeParts(parts, session(on));
  assert.equal(decoded.outcome.type, "ok", JSON.stringify(decoded.outcome));
  return decoded.lines;
}

/** The canonical octets that the only announcement of `parts` brings. */
function canonical(parts: UpdateParts, on: Partial<Negotiated> = {}): string {
  const decoder = new UpdateDecoder(session(on), { treatAsWithdraw: true, loopbackNextHop: false });
  const seen: string[] = [];
  const body = updateBody(parts);
  decoder.decode(body, 0, body.length, {
    reach: (_family, _prefixes, { bytes, length }) => seen.push(toHex(bytes.subarray(0, length))),
    withdraw: () => assert.fail("withdraw"),
    endOfRib: () => assert.fail("end of RIB"),
  });
  assert.equal(seen.length, 1);
  return seen[0] as string;
}

const hex = (text: string) => toHex(fromHex(text));

describe("prefixes", () => {
  it("bits beyond the length are cleared", () => {
    const got = lines({ attributes: [origin, asPath, nextHop], nlri: "0a 0aff 11 0a0aff 00 20 c0000207" });
    const prefixes = got.map((line) => line.split(" ")[1]);
    assert.deepEqual(prefixes, ["10.192.0.0/10", "10.10.128.0/17", "0.0.0.0/0", "192.0.2.7/32"]);
  });

  it("IPv6 prefixes of every length are masked", () => {
    for (let length = 0; length <= 128; length++) {
      const octets = "ff".repeat((length + 7) >>> 3).replace(/^ff/, "3f");
      const value = `000201${length.toString(16).padStart(2, "0")}${octets}`;
      const [line] = lines({ attributes: [attribute(0x90, 15, value)] });
      const bits = `${"00"}${"1".repeat(Math.max(length - 2, 0))}`.slice(0, length).padEnd(128, "0");
      const text = Array.from({ length: 8 }, (_, i) =>
        Number.parseInt(bits.slice(16 * i, 16 * i + 16), 2).toString(16),
      );
      const expanded = new URL(`http://[${text.join(":")}]`).hostname.slice(1, -1);
      assert.equal(line, `withdraw ${expanded}/${length}`);
    }
  });

  it("with add-path, identifiers come with the prefixes, in the families that agreed on it", () => {
    const families = [familyWith(Family.Ipv4Unicast, "add-path"), familyWith(Family.Ipv6Unicast)];
    const nlri = `00000007 ${NLRI} ffffffff ${NLRI}`;
    const got = lines(
      { attributes: [mpReach6, origin, asPath, nextHop], nlri, withdrawn: `00000001 ${NLRI}` },
      { families },
    );
    assert.deepEqual(
      got.map((line) => line.split(" ")[1]),
      ["203.0.113.0/24#1", "203.0.113.0/24#7", "203.0.113.0/24#4294967295", "2001:db8::/32"],
    );
  });

  it("multicast and link-local prefixes are ignored and told as a fault (RFC 4271 section 6.3)", () => {
    const parts = { attributes: [origin, asPath, nextHop], nlri: `04 e0 18 e00001 ${NLRI} 03 e0` };
    const { outcome, lines: got } = decodeParts(parts);
    assert.equal(outcome.type, "discard");
    assert.deepEqual(
      got.map((line) => line.split(" ")[1]),
      ["203.0.113.0/24", "224.0.0.0/3"],
    );
    const nlri6 = "08 ff 0a fe80 09 fe80 20 20010db8";
    const mp = attribute(0x80, 14, `000201 10 20010db8000000000000000000000001 00 ${nlri6}`);
    assert.deepEqual(
      decodeParts({ attributes: [mp, origin, asPath] }).lines.map((line) => line.split(" ")[1]),
      ["fe80::/9", "2001:db8::/32"],
    );
  });

  it("a field of more prefixes than a batch comes in several batches, none lost", () => {
    const count = 3 * NLRI_BATCH_MAX + 5;
    const nlri = Array.from({ length: count }, (_, i) => `18 0a${i.toString(16).padStart(4, "0")}`).join("");
    const got = lines({ attributes: [origin, asPath, nextHop], nlri }, { receiveLengthMax: 65535 });
    assert.equal(got.length, count);
    assert.equal(new Set(got).size, count);
  });

  it("families that the session does not carry are ignored (RFC 4760 section 7)", () => {
    const families = [familyWith(Family.Ipv4Unicast)];
    assert.deepEqual(lines({ attributes: [mpReach6, origin, asPath, nextHop], nlri: NLRI }, { families }), [ANNOUNCED]);
    const foreign = [
      attribute(0x80, 14, "4004 47 00 00 ffffff"),
      attribute(0x80, 15, "0001 80 ffffff"),
      origin,
      asPath,
    ];
    assert.deepEqual(lines({ attributes: foreign }), []);
    const only6 = [familyWith(Family.Ipv6Unicast)];
    assert.deepEqual(
      lines({ attributes: [origin, asPath, nextHop], nlri: NLRI, withdrawn: NLRI }, { families: only6 }),
      [],
    );
  });

  it("a faulty attribute beside a family that is not carried does not reset", () => {
    const foreign = attribute(0x80, 14, "4004 47 00 00 ffffff");
    const { outcome, lines: got } = decodeParts({ attributes: [foreign, attribute(0x40, 1, "09"), asPath] });
    assert.equal(outcome.type, "withdraw");
    assert.deepEqual(got, []);
  });
});

describe("end of RIB (RFC 4724 section 2)", () => {
  it("is an empty UPDATE for IPv4, an empty MP_UNREACH_NLRI for a family", () => {
    assert.deepEqual(lines({}), ["end of ipv4-unicast"]);
    assert.deepEqual(lines({ attributes: [attribute(0x80, 15, "000201")] }), ["end of ipv6-unicast"]);
    assert.deepEqual(lines({ attributes: [attribute(0x90, 15, "000101")] }), ["end of ipv4-unicast"]);
  });

  it("is nothing else", () => {
    assert.deepEqual(lines({ attributes: [attribute(0x80, 15, "000201")], withdrawn: NLRI }), [
      "withdraw 203.0.113.0/24",
    ]);
    assert.deepEqual(lines({ attributes: [attribute(0x80, 15, "000201"), origin] }), []);
    assert.deepEqual(lines({ attributes: [attribute(0x80, 15, "000202")] }), []);
    assert.deepEqual(lines({}, { families: [familyWith(Family.Ipv6Unicast)] }), []);
  });
});

describe("next hops", () => {
  const reach = (value: string): UpdateParts => ({ attributes: [attribute(0x80, 14, value), origin, asPath] });
  const global = "20010db8000000000000000000000001";
  const linkLocal = "fe800000000000000000000000000001";
  const nextHopOf = (value: string, on: Partial<Negotiated> = {}) => canonical(reach(value), on).slice(0, -2 * (4 + 9));

  it("IPv6: global, global and link-local, link-local alone", () => {
    assert.equal(nextHopOf(`000201 10 ${global} 00 20 20010db8`), hex(`10 ${global}`));
    assert.equal(nextHopOf(`000201 20 ${global}${linkLocal} 00 20 20010db8`), hex(`20 ${global}${linkLocal}`));
    assert.equal(nextHopOf(`000201 10 ${linkLocal} 00 20 20010db8`), hex(`10 ${linkLocal}`));
  });

  it("IPv6: what is no link-local address in second place does not count, nor zeros in first", () => {
    assert.equal(nextHopOf(`000201 20 ${global}${global} 00 20 20010db8`), hex(`10 ${global}`));
    assert.equal(nextHopOf(`000201 20 ${"00".repeat(16)}${linkLocal} 00 20 20010db8`), hex(`10 ${linkLocal}`));
  });

  for (const bad of ["00".repeat(16), `${"00".repeat(15)}01`, `ff02${"00".repeat(13)}01`])
    it(`IPv6: ${bad} withdraws`, () => {
      const { outcome, lines: got } = decodeParts(reach(`000201 10 ${bad} 00 20 20010db8`));
      assert.equal(outcome.type, "withdraw");
      assert.deepEqual(got, ["withdraw 2001:db8::/32"]);
    });

  it("IPv4 in MP_REACH_NLRI: an IPv4 next hop always, an IPv6 one by RFC 8950", () => {
    assert.equal(nextHopOf(`000101 04 c0000201 00 ${NLRI}`), hex("04 c0000201"));
    const families = [familyWith(Family.Ipv4Unicast, "extended-next-hop")];
    assert.equal(nextHopOf(`000101 10 ${global} 00 ${NLRI}`, { families }), hex(`10 ${global}`));
    assert.equal(
      nextHopOf(`000101 20 ${global}${linkLocal} 00 ${NLRI}`, { families }),
      hex(`20 ${global}${linkLocal}`),
    );
  });

  it("both fields at once have each its own next hop", () => {
    assert.deepEqual(lines({ attributes: [mpReach6, origin, asPath, nextHop], nlri: NLRI }), [
      ANNOUNCED,
      "reach 2001:db8::/32 next hop 2001:db8::1, ORIGIN igp, AS_PATH 65002",
    ]);
  });

  it("NEXT_HOP beside MP_REACH_NLRI alone is ignored, whatever its value (RFC 4760 section 3)", () => {
    const got = lines({ attributes: [mpReach6, origin, asPath, attribute(0x40, 3, "00000000")] });
    assert.deepEqual(got, ["reach 2001:db8::/32 next hop 2001:db8::1, ORIGIN igp, AS_PATH 65002"]);
  });

  it("loopback next hops are for neighbours on this host", () => {
    const decoder = new UpdateDecoder(session(), { treatAsWithdraw: true, loopbackNextHop: true });
    const body = updateBody({ attributes: [origin, asPath, attribute(0x40, 3, "7f000001")], nlri: NLRI });
    let reached = 0;
    const sink = { reach: () => reached++, withdraw: () => assert.fail(), endOfRib: () => assert.fail() };
    assert.equal(decoder.decode(body, 0, body.length, sink).type, "ok");
    assert.equal(reached, 1);
  });
});

describe("canonical form", () => {
  it("has the next hop first, types ascending, extended length only where needed, unused flags cleared", () => {
    const attributes = [
      attribute(0xd0, 8, "fdea0001"),
      attribute(0x5f, 2, "0201 0000fdea"),
      nextHop,
      attribute(0x90, 4, "00000001"),
      attribute(0x60, 1, "02"),
      attribute(0xd0, 16, "0002fdea00000064".repeat(32)),
      attribute(0xf0, 7, "0000fdea01020304"),
    ];
    const expected = hex(
      `04 c0000201 40 01 01 02 40 02 06 0201 0000fdea 80 04 04 00000001 e0 07 08 0000fdea01020304 c0 08 04 fdea0001 ` +
        `d0 10 0100 ${"0002fdea00000064".repeat(32)}`,
    );
    assert.equal(canonical({ attributes, nlri: NLRI }), expected);
  });

  it("keeps unknown transitive attributes with the Partial bit and drops non-transitive ones", () => {
    const attributes = [origin, asPath, nextHop, attribute(0xc0, 99, "0102"), attribute(0x80, 98, "03")];
    assert.deepEqual(lines({ attributes, nlri: NLRI }), [`${ANNOUNCED}, attribute 99 (flags 0xe0) 0102`]);
  });

  it("removes repeated large communities, in short lists and in long ones (RFC 8092 section 3)", () => {
    const large = (n: number) => `0000fdea 00000000 ${n.toString(16).padStart(8, "0")}`;
    for (const distinct of [3, 200]) {
      const values = Array.from({ length: distinct }, (_, i) => large(i));
      const parts = (list: readonly string[]) => ({
        attributes: [origin, asPath, nextHop, attribute(0xd0, 32, list.join(""))],
        nlri: NLRI,
      });
      const on = { receiveLengthMax: 65535 };
      const repeated = canonical(parts([values[0] as string, ...values, ...values]), on);
      assert.equal(repeated, canonical(parts(values), on));
    }
  });
});

describe("2-octet sessions (RFC 6793 section 4.2.3)", () => {
  const on = { fourOctetAs: false } as const;
  const path = (as2: string, as4: string | undefined, ...more: readonly string[]): UpdateParts => ({
    attributes: [
      origin,
      attribute(0x40, 2, as2),
      nextHop,
      ...(as4 === undefined ? [] : [attribute(0xc0, 17, as4)]),
      ...more,
    ],
    nlri: NLRI,
  });
  const asPathOf = (parts: UpdateParts) => /AS_PATH (.*?)(, [A-Z]|$)/.exec(lines(parts, on)[0] as string)?.[1];

  it("AS_PATH gets 4-octet numbers", () => assert.equal(asPathOf(path("0202 fdea fdeb", undefined)), "65002 65003"));

  it("AS4_PATH replaces as many numbers as it has", () => {
    assert.equal(asPathOf(path("0203 fdea 5ba0 5ba0", "0202 fa56ea00 fa56ea01")), "65002 4200000000 4200000001");
    assert.equal(asPathOf(path("0202 5ba0 5ba0", "0202 fa56ea00 fa56ea01")), "4200000000 4200000001");
  });

  it("an AS4_PATH longer than AS_PATH is ignored", () => {
    assert.equal(asPathOf(path("0201 fdea", "0202 fa56ea00 fa56ea01")), "65002");
  });

  it("a set counts one", () => {
    assert.equal(
      asPathOf(path("0202 fdea 5ba0 0102 0001 0002", "0201 fa56ea00 0102 00000001 00000002")),
      "65002 4200000000 {1,2}",
    );
  });

  it("confederation segments lead or follow what is prepended, and are dropped from AS4_PATH", () => {
    const internal = { ...on, peerType: "internal" } as const;
    const parts = path("0301 fdf4 0202 fdea 5ba0", "0301 0000fdf5 0201 fa56ea00", SOUND.localPref);
    const [line] = lines(parts, internal);
    assert.match(line as string, /AS_PATH \(65012\) 65002 4200000000,/);
  });

  it("a malformed AS4_PATH is discarded", () => {
    for (const bad of ["0202 fa56ea00", "0200 0000 0000", "0601 fa56ea00", "0201 00000000", "0201 fa56"]) {
      const { outcome, lines: got } = decodeParts(path("0201 fdea", bad), session(on));
      assert.equal(outcome.type, "discard", bad);
      assert.deepEqual(got, [ANNOUNCED]);
    }
  });

  it("AS4_PATH before AS_PATH, or without one, throws nothing (CVE-2026-41643)", () => {
    const before = [origin, attribute(0xc0, 17, "0201 fa56ea00"), attribute(0x40, 2, "0202 fdea 5ba0"), nextHop];
    assert.match(lines({ attributes: before, nlri: NLRI }, on)[0] as string, /AS_PATH 65002 4200000000/);
    const without = decodeParts(
      { attributes: [origin, attribute(0xc0, 17, "0201 fa56ea00"), nextHop], nlri: NLRI },
      session(on),
    );
    assert.equal(without.outcome.type, "withdraw");
  });

  it("AS4_AGGREGATOR counts beside AS_TRANS; beside another number neither it nor AS4_PATH do", () => {
    const as4 = attribute(0xc0, 18, "fa56ea00 01020304");
    const trans = path("0202 fdea 5ba0", "0201 fa56ea00", attribute(0xc0, 7, "5ba0 01020304"), as4);
    assert.match(lines(trans, on)[0] as string, /AS_PATH 65002 4200000000, AGGREGATOR 4200000000 1.2.3.4/);
    const other = path("0202 fdea 5ba0", "0201 fa56ea00", attribute(0xc0, 7, "fdea 01020304"), as4);
    assert.match(lines(other, on)[0] as string, /AS_PATH 65002 23456, AGGREGATOR 65002 1.2.3.4$/);
    const alone = path("0201 fdea", undefined, as4);
    assert.deepEqual(lines(alone, on), [ANNOUNCED]);
  });

  it("a path with a joined sequence of more than 255 numbers stays in segments", () => {
    const as2 = `02ff ${"fdea".repeat(255)} 0202 5ba0 5ba0`;
    const as4 = "0202 fa56ea00 fa56ea01";
    const attributes = [origin, attribute(0x50, 2, as2), nextHop, attribute(0xc0, 17, as4)];
    assert.equal(asPathOf({ attributes, nlri: NLRI }), `${"65002 ".repeat(255)}4200000000 4200000001`);
  });
});

describe("lengths of the message's own fields", () => {
  for (const body of ["", "00", "0000", "000000", "0001 0000", "ffff 0000", "0000 0001", "0000 ffff", "0004 18cb0071"])
    it(`${body === "" ? "nothing" : body} resets with Malformed Attribute List`, () => {
      const { outcome } = decodeBody(fromHex(body));
      assert.ok(outcome.type === "reset");
      assert.deepEqual([outcome.error.code, outcome.error.subcode], [3, 1]);
    });
});
