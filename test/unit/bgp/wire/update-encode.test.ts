import assert from "node:assert/strict";
import { describe, it } from "node:test";
import {
  buildAttributes,
  EMPTY_ATTRIBUTES,
  Family,
  Framer,
  type Negotiated,
  type PathAttributes,
  parseAsPath,
  UpdateDecoder,
  UpdateWriter,
} from "../../../../src/bgp/wire/index.ts";
import { fromHex, toHex } from "../../../../src/lib/bytes.ts";
import { address, familyWith, LogSink, prefix, session } from "./support.ts";

const V4: PathAttributes = {
  ...EMPTY_ATTRIBUTES,
  nextHop: address("192.0.2.1"),
  asPath: [{ type: "sequence", asns: [65002] }],
  communities: [0xffffff01],
};
const V6: PathAttributes = { ...V4, nextHop: address("2001:db8::1") };

function add(writer: UpdateWriter, text: string, pathId = 0): void {
  const { address: a, length } = prefix(text);
  writer.add(a.w0, a.w1, a.w2, a.w3, length, pathId);
}

function reach(writer: UpdateWriter, family: Family, attributes: PathAttributes, ...prefixes: string[]): boolean {
  const bytes = buildAttributes(attributes);
  if (!writer.beginReach(family, bytes, 0, bytes.length)) return false;
  for (const text of prefixes) add(writer, text);
  writer.end();
  return true;
}

interface Written {
  readonly lengths: readonly number[];
  readonly lines: readonly string[];
  /** Hexadecimal bodies. */
  readonly bodies: readonly string[];
}

/** What the other side reads. */
function read(bytes: Uint8Array, on: Negotiated): Written {
  const framer = new Framer();
  framer.lengthMax = on.receiveLengthMax;
  const decoder = new UpdateDecoder(on, { treatAsWithdraw: true, loopbackNextHop: false });
  const sink = new LogSink();
  const lengths: number[] = [];
  const bodies: string[] = [];
  framer.push(bytes);
  for (let frame = framer.next(); frame !== undefined; frame = framer.next()) {
    assert.ok(frame.type === "message");
    const outcome = decoder.decode(frame.bytes, frame.start, frame.end, sink);
    assert.equal(outcome.type, "ok", JSON.stringify(outcome));
    lengths.push(frame.end - frame.start + 19);
    bodies.push(toHex(frame.bytes.subarray(frame.start, frame.end)));
  }
  return { lengths, bodies, lines: sink.lines };
}

const hex = (text: string) => toHex(fromHex(text));
const hosts = (count: number) =>
  Array.from({ length: count }, (_, i) => `10.${i >> 16}.${(i >> 8) & 255}.${i & 255}/32`);

describe("UpdateWriter", () => {
  it("IPv4: NEXT_HOP between its neighbours, prefixes behind", () => {
    const writer = new UpdateWriter(session());
    assert.ok(reach(writer, Family.Ipv4Unicast, { ...V4, med: 5 }, "203.0.113.0/24", "0.0.0.0/0"));
    assert.deepEqual(read(writer.take(), session()).bodies, [
      hex("0000 0022 400101 00 400206 0201 0000fdea 400304 c0000201 800404 00000005 c00804 ffffff01 18 cb0071 00"),
    ]);
  });

  it("IPv6: MP_REACH_NLRI first (RFC 7606 section 5.1)", () => {
    const writer = new UpdateWriter(session());
    assert.ok(reach(writer, Family.Ipv6Unicast, V6, "2001:db8:7::/48", "::/0"));
    assert.deepEqual(read(writer.take(), session()).bodies, [
      hex(
        "0000 0035 900e 001d 000201 10 20010db8000000000000000000000001 00 30 20010db80007 00 400101 00 400206 0201 0000fdea c00804 ffffff01",
      ),
    ]);
  });

  it("IPv4 with an IPv6 next hop goes into MP_REACH_NLRI where RFC 8950 is agreed on, else it cannot be told", () => {
    const extended = session({ families: [familyWith(Family.Ipv4Unicast, "extended-next-hop")] });
    const writer = new UpdateWriter(extended);
    const linkLocalNextHop = address("fe80::1");
    assert.ok(reach(writer, Family.Ipv4Unicast, { ...V6, linkLocalNextHop }, "203.0.113.0/24"));
    assert.deepEqual(read(writer.take(), extended).lines, [
      "reach 203.0.113.0/24 next hop 2001:db8::1, link-local next hop fe80::1, ORIGIN igp, AS_PATH 65002, COMMUNITIES no-export",
    ]);
    const plain = new UpdateWriter(session());
    assert.equal(reach(plain, Family.Ipv4Unicast, V6, "203.0.113.0/24"), false);
    assert.equal(reach(plain, Family.Ipv6Unicast, V4, "2001:db8::/32"), false);
    assert.equal(reach(plain, Family.Ipv6Unicast, { ...V4, nextHop: undefined }, "2001:db8::/32"), false);
    assert.equal(plain.take().length, 0);
  });

  it("withdraws IPv4 in the classic field, IPv6 in MP_UNREACH_NLRI", () => {
    const writer = new UpdateWriter(session());
    writer.beginWithdraw(Family.Ipv4Unicast);
    add(writer, "203.0.113.0/24");
    writer.end();
    writer.beginWithdraw(Family.Ipv6Unicast);
    add(writer, "2001:db8:1:2:3:4:5:6/128");
    add(writer, "2001:db8::/33");
    writer.end();
    assert.deepEqual(read(writer.take(), session()).bodies, [
      hex("0004 18 cb0071 0000"),
      hex("0000 001e 900f 001a 000201 80 20010db8000100020003000400050006 21 20010db800"),
    ]);
  });

  it("ends of RIB", () => {
    const writer = new UpdateWriter(session());
    writer.endOfRib(Family.Ipv4Unicast);
    writer.endOfRib(Family.Ipv6Unicast);
    assert.equal(writer.length, 23 + 29);
    assert.deepEqual(read(writer.take(), session()).lines, ["end of ipv4-unicast", "end of ipv6-unicast"]);
    assert.equal(writer.length, 0);
  });

  it("with add-path, identifiers go with the prefixes", () => {
    const on = session({ families: [familyWith(Family.Ipv4Unicast, "add-path")] });
    const writer = new UpdateWriter(on);
    writer.beginWithdraw(Family.Ipv4Unicast);
    add(writer, "203.0.113.0/24", 0xfffffffe);
    add(writer, "203.0.113.0/24", 1);
    writer.end();
    assert.deepEqual(read(writer.take(), on).lines, [
      "withdraw 203.0.113.0/24#4294967294",
      "withdraw 203.0.113.0/24#1",
    ]);
  });

  for (const lengthMax of [4096, 65535])
    it(`fills messages to ${lengthMax} octets and no further, losing nothing`, () => {
      const on = session({ receiveLengthMax: lengthMax, sendLengthMax: lengthMax });
      const texts = hosts(40_000);
      const writer = new UpdateWriter(on);
      assert.ok(reach(writer, Family.Ipv4Unicast, V4, ...texts));
      const { lengths, lines } = read(writer.take(), on);
      assert.deepEqual(
        lines.map((line) => line.split(" ")[1]),
        texts,
      );
      assert.ok(Math.max(...lengths) <= lengthMax);
      for (const length of lengths.slice(0, -1)) assert.ok(length > lengthMax - 5, `${length}`);
    });

  it("fills IPv6 messages likewise, attributes behind the prefixes", () => {
    const texts = Array.from({ length: 1000 }, (_, i) => `2001:db8::${(i + 1).toString(16)}/128`);
    const writer = new UpdateWriter(session());
    assert.ok(reach(writer, Family.Ipv6Unicast, V6, ...texts));
    writer.beginWithdraw(Family.Ipv6Unicast);
    for (const text of texts) add(writer, text);
    writer.end();
    const { lengths, lines } = read(writer.take(), session());
    assert.deepEqual(
      lines.map((line) => line.split(" ")[1]),
      [...texts, ...texts],
    );
    assert.ok(Math.max(...lengths) <= 4096);
    assert.equal(lengths.length, 10);
  });

  it("attributes that leave no room for a prefix cannot be told; one octet less can", () => {
    // Header and lengths 23, ORIGIN 4, AS_PATH 3, NEXT_HOP 7, attribute 4 + n, prefix 5.
    const most = 4096 - 23 - 4 - 3 - 7 - 4 - 5;
    const withLength = (length: number): PathAttributes => ({
      ...EMPTY_ATTRIBUTES,
      nextHop: address("192.0.2.1"),
      unknown: [{ flags: 0xe0, type: 99, value: new Uint8Array(length) }],
    });
    const writer = new UpdateWriter(session());
    assert.equal(reach(writer, Family.Ipv4Unicast, withLength(most + 1), "203.0.113.7/32"), false);
    assert.equal(writer.take().length, 0);
    assert.ok(reach(writer, Family.Ipv4Unicast, withLength(most), "203.0.113.7/32", "203.0.113.8/32"));
    assert.deepEqual(read(writer.take(), session()).lengths, [4096, 4096]);
    assert.equal(reach(writer, Family.Ipv4Unicast, withLength(60_000), "203.0.113.7/32"), false);
  });

  it("sends nothing for a begin without prefixes", () => {
    const writer = new UpdateWriter(session());
    assert.ok(reach(writer, Family.Ipv4Unicast, V4));
    writer.beginWithdraw(Family.Ipv4Unicast);
    writer.end();
    assert.equal(writer.take().length, 0);
  });

  it("what was taken never changes again", () => {
    const writer = new UpdateWriter(session());
    for (const count of [1, 20_000]) {
      assert.ok(reach(writer, Family.Ipv4Unicast, V4, ...hosts(count)));
      const taken = writer.take();
      const before = taken.slice();
      assert.ok(reach(writer, Family.Ipv4Unicast, { ...V4, med: 1 }, ...hosts(30_000)));
      writer.take();
      assert.deepEqual(taken, before);
    }
  });

  it("begins one thing at a time: else it is our mistake", () => {
    const writer = new UpdateWriter(session({ families: [familyWith(Family.Ipv4Unicast)] }));
    assert.throws(() => writer.end(), /begun/);
    assert.throws(() => writer.beginWithdraw(Family.Ipv6Unicast), /family/);
    writer.beginWithdraw(Family.Ipv4Unicast);
    assert.throws(() => writer.beginWithdraw(Family.Ipv4Unicast), /end/);
    assert.throws(() => writer.take(), /end/);
  });
});

describe("UpdateWriter on a 2-octet session (RFC 6793 section 4.2.2)", () => {
  const on = session({ fourOctetAs: false });
  const internal = session({ fourOctetAs: false, peerType: "internal" });
  const written = (changes: Partial<PathAttributes>, negotiated = on): Written => {
    const writer = new UpdateWriter(negotiated);
    assert.ok(reach(writer, Family.Ipv4Unicast, { ...V4, communities: [], ...changes }, "203.0.113.0/24"));
    return read(writer.take(), negotiated);
  };
  const asPath = (text: string) => parseAsPath(text) ?? assert.fail(text);

  it("numbers that fit need no AS4_PATH", () => {
    const aggregator = { as: 65002, address: address("1.2.3.4") };
    assert.deepEqual(written({ aggregator }).bodies, [
      hex("0000 001b 400101 00 400204 0201 fdea 400304 c0000201 c00706 fdea 01020304 18 cb0071"),
    ]);
  });

  it("numbers that do not become AS_TRANS, with AS4_PATH and AS4_AGGREGATOR in their places", () => {
    const changes: Partial<PathAttributes> = {
      asPath: asPath("65002 4200000000"),
      aggregator: { as: 4200000000, address: address("1.2.3.4") },
      communities: [1],
      otc: 7,
    };
    const { bodies, lines } = written(changes);
    const attributes =
      "400101 00 400206 0202 fdea 5ba0 400304 c0000201 c00706 5ba0 01020304 c00804 00000001 " +
      "c0110a 0202 0000fdea fa56ea00 c01208 fa56ea00 01020304 c02304 00000007";
    const length = fromHex(attributes).length.toString(16).padStart(4, "0");
    assert.deepEqual(bodies, [hex(`0000 ${length} ${attributes} 18 cb0071`)]);
    assert.match(lines[0] as string, /AS_PATH 65002 4200000000, AGGREGATOR 4200000000 1.2.3.4/);
  });

  it("confederation segments stay out of AS4_PATH", () => {
    const { bodies, lines } = written({ asPath: asPath("(65012) 65002 4200000000"), localPref: 1 }, internal);
    assert.ok(bodies[0]?.includes(hex("c0110a 0202 0000fdea fa56ea00")));
    assert.match(lines[0] as string, /AS_PATH \(65012\) 65002 4200000000,/);
    const only = written({ asPath: asPath("(4200000000)"), localPref: 1 }, internal);
    assert.ok(!only.bodies[0]?.includes("c011"));
  });

  it("a long path keeps its extended lengths right", () => {
    const text = Array.from({ length: 200 }, (_, i) => 4200000000 + i).join(" ");
    const { lines } = written({ asPath: asPath(text) });
    assert.ok((lines[0] as string).includes(`AS_PATH ${text}`));
  });
});
