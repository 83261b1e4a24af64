import assert from "node:assert/strict";
import { after, test } from "node:test";
import { fromHex } from "../../../../src/lib/bytes.ts";
import { decodeIcmp, encodeEcho } from "../../../../src/platform/checks/icmp.ts";
import { Bench, openDescriptors } from "./harness.ts";

const bench = new Bench();
after(() => bench.close());
const asRoot = { skip: process.getuid?.() !== 0 };
const ping = (host: string) => ({ type: "ping", host }) as const;

/** An IPv4 header without options, or an IPv6 header, before `payload`. */
const inIpv4 = (payload: Uint8Array) => Uint8Array.from([0x45, ...new Uint8Array(19), ...payload]);
const inIpv6 = (payload: Uint8Array) => Uint8Array.from([0x60, ...new Uint8Array(39), ...payload]);

test("this host answers, by IPv4, IPv6 and name", asRoot, async () => {
  for (const host of ["127.0.0.1", "::1", "localhost"]) {
    const { success, detail } = await bench.run(ping(host));
    assert.equal(success, true, detail);
    assert.match(detail, /^answered in [\d.e-]+ s$/);
  }
});

test("a host that cannot be reached is a failure in words", asRoot, async () => {
  const { success, detail } = await bench.run(ping("255.255.255.255"));
  assert.equal(success, false);
  assert.match(detail, /^permission denied$|unreachable/);
});

test("a ping is given up when its time is over", asRoot, async () => {
  const run = bench.start(ping("127.0.0.1"));
  bench.end(run);
  assert.deepEqual(await bench.answer(run), { success: false, detail: "no answer in time" });
});

test("300 pings at once each get their own answer, by one socket for each version", asRoot, async () => {
  await bench.run(ping("127.0.0.1"));
  await bench.run(ping("::1"));
  const before = openDescriptors();
  const runs = Array.from({ length: 300 }, (_, i) =>
    bench.start(ping(i % 3 === 0 ? "::1" : `127.0.0.${1 + (i % 250)}`)),
  );
  assert.equal(openDescriptors(), before);
  for (const run of runs) assert.equal((await bench.answer(run)).success, true);
  assert.equal(openDescriptors(), before);
});

test("an echo request of IPv4 has its checksum", () => {
  // RFC 1071: the one's complement sum over everything, checksum included, is ffff.
  const packet = encodeEcho(4, 0xbeef, 0x1234, fromHex("000102030405060708090a0b0c0d0e0f"));
  let sum = 0;
  for (let i = 0; i < packet.length; i += 2) sum += ((packet[i] as number) << 8) | (packet[i + 1] as number);
  assert.equal((sum & 0xffff) + (sum >>> 16), 0xffff);
});

test("a reply tells its sequence and token, if it has our identifier", () => {
  const reply = fromHex("0000 0000 beef 0007 aabb".replaceAll(" ", ""));
  assert.deepEqual(decodeIcmp(4, inIpv4(reply), 0xbeef), {
    type: "reply",
    sequence: 7,
    token: Uint8Array.of(0xaa, 0xbb),
  });
  assert.equal(decodeIcmp(4, inIpv4(reply), 0xbeee), undefined);
  const reply6 = fromHex("8100 0000 beef 0007 aabb".replaceAll(" ", ""));
  assert.equal(decodeIcmp(6, reply6, 0xbeef)?.sequence, 7);
});

test("our own request, heard on loopback, is no reply", () => {
  assert.equal(decodeIcmp(4, inIpv4(encodeEcho(4, 1, 2, new Uint8Array(16))), 1), undefined);
  assert.equal(decodeIcmp(6, encodeEcho(6, 1, 2, new Uint8Array(16)), 1), undefined);
});

test("an error is about the request it quotes", () => {
  const request = encodeEcho(4, 0xbeef, 9, new Uint8Array(16)).subarray(0, 8);
  const unreachable = inIpv4(Uint8Array.from([3, 1, 0, 0, 0, 0, 0, 0, ...inIpv4(request)]));
  assert.deepEqual(decodeIcmp(4, unreachable, 0xbeef), { type: "error", sequence: 9, reason: "host unreachable" });
  assert.equal(decodeIcmp(4, unreachable, 1), undefined);
  const request6 = encodeEcho(6, 0xbeef, 9, new Uint8Array(16));
  const exceeded = Uint8Array.from([3, 0, 0, 0, 0, 0, 0, 0, ...inIpv6(request6)]);
  assert.deepEqual(decodeIcmp(6, exceeded, 0xbeef), {
    type: "error",
    sequence: 9,
    reason: "hop limit exceeded on the way",
  });
});

test("no beginning of a packet is taken for more than it is", () => {
  const request = encodeEcho(4, 0xbeef, 9, new Uint8Array(16)).subarray(0, 8);
  const whole = inIpv4(Uint8Array.from([3, 1, 0, 0, 0, 0, 0, 0, ...inIpv4(request)]));
  for (let length = 0; length < whole.length; length++)
    assert.equal(decodeIcmp(4, whole.subarray(0, length), 0xbeef), undefined);
});
