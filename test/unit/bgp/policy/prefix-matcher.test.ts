import assert from "node:assert/strict";
import { test } from "node:test";
import { PrefixMatcher } from "../../../../src/bgp/policy/prefix-matcher.ts";
import { Family } from "../../../../src/bgp/wire/index.ts";
import { member, prefix } from "./harness.ts";

const matcherOf = (...members: string[]) => new PrefixMatcher(members.map(member));

function matches(matcher: PrefixMatcher, text: string): boolean {
  const { address, length } = prefix(text);
  return matcher.matches(address.w0, address.w1, address.w2, address.w3, length);
}

test("without a range only the prefix itself matches", () => {
  const matcher = matcherOf("192.0.2.0/24");
  assert.ok(matches(matcher, "192.0.2.0/24"));
  for (const other of ["192.0.2.0/25", "192.0.2.0/23", "192.0.3.0/24", "0.0.0.0/0"])
    assert.ok(!matches(matcher, other), other);
});

test("a range takes what lies within the prefix and has a length in it", () => {
  const matcher = matcherOf("10.0.0.0/8 16..24");
  for (const inside of ["10.0.0.0/16", "10.255.255.0/24", "10.1.0.0/20"]) assert.ok(matches(matcher, inside), inside);
  for (const outside of ["10.0.0.0/8", "10.0.0.0/15", "10.0.0.0/25", "11.0.0.0/16"])
    assert.ok(!matches(matcher, outside), outside);
});

test("the longest member that covers a route decides alone", () => {
  const matcher = matcherOf("10.0.0.0/8 8..32", "10.1.0.0/16 16..16");
  assert.ok(matches(matcher, "10.2.3.0/24"));
  assert.ok(matches(matcher, "10.1.0.0/16"));
  assert.ok(!matches(matcher, "10.1.2.0/24"));
});

test("a prefix may have several ranges", () => {
  const matcher = matcherOf("0.0.0.0/0 0..7", "0.0.0.0/0 25..32");
  assert.ok(matches(matcher, "0.0.0.0/0"));
  assert.ok(matches(matcher, "10.0.0.0/7"));
  assert.ok(!matches(matcher, "10.0.0.0/8"));
  assert.ok(matches(matcher, "10.0.0.1/32"));
});

test("IPv6 members are compared in all their bits", () => {
  const matcher = matcherOf("2001:db8::/32 48..64", "2001:db8:1:2:3:4:5:6/128", "::/0");
  assert.equal(matcher.family, Family.Ipv6Unicast);
  for (const inside of ["2001:db8:ffff::/48", "2001:db8:1:2::/64", "2001:db8:1:2:3:4:5:6/128", "::/0"])
    assert.ok(matches(matcher, inside), inside);
  for (const outside of ["2001:db8::/32", "2001:db8:1:2:3:4:5:7/128", "2001:db9::/48"])
    assert.ok(!matches(matcher, outside), outside);
});

test("an empty set has no family and matches nothing", () => {
  const matcher = matcherOf();
  assert.equal(matcher.family, undefined);
  assert.ok(!matches(matcher, "0.0.0.0/0"));
});

test("a large set finds every member and nothing else", () => {
  const texts = Array.from({ length: 20_000 }, (_, i) => `10.${i >>> 8}.${i & 255}.0/24`);
  const matcher = matcherOf(...texts);
  assert.ok(texts.every((text) => matches(matcher, text)));
  assert.ok(texts.every((text) => !matches(matcher, text.replace(/^10/, "11"))));
});
