import assert from "node:assert/strict";
import { test } from "node:test";
import { extCommunityText, isOfKind, parseExtValue } from "../../../../src/bgp/policy/ext-community.ts";
import {
  asPathForms,
  asPathMember,
  communityMember,
  extCommunityMember,
  largeCommunityMember,
  type Member,
} from "../../../../src/bgp/policy/members.ts";
import { type AsPathSegment, parseAsPath, parseCommunity } from "../../../../src/bgp/wire/index.ts";
import type { Result } from "../../../../src/lib/result.ts";

function unwrap<T>(result: Result<Member<T>, string>): Member<T> {
  assert.ok(result.ok, JSON.stringify(result));
  return result.value;
}

test("community entries become the expressions that GoBGP makes of them", () => {
  const texts: Readonly<Record<string, string>> = {
    "65001:100": "^65001:100$",
    "4259905636": "^65001:100$",
    "100": "^0:100$",
    "no-export": "^65535:65281$",
    NO_EXPORT: "^65535:65281$",
    internet: "^0:0$",
    "^65001:": "^65001:",
    "65001:.*": "65001:.*",
  };
  for (const [entry, text] of Object.entries(texts)) assert.equal(unwrap(communityMember(entry)).text, text, entry);
});

test("community members match values and expressions", () => {
  const matches = (entry: string, community: string) =>
    unwrap(communityMember(entry)).matches(parseCommunity(community) as number);
  assert.ok(matches("65001:100", "65001:100"));
  assert.ok(!matches("65001:100", "65001:1000"));
  assert.ok(matches("no-export", "65535:65281"));
  assert.ok(matches("65001:1", "65001:1"));
  assert.ok(matches("001:1", "65001:1") === false, "a value is anchored");
  assert.ok(matches("01:1.?$", "65001:10"), "an expression is not");
  assert.ok(matches("^65535:", "no-export"), "names are seen as numbers");
});

test("large-community members match values and expressions", () => {
  const matches = (entry: string) =>
    unwrap(largeCommunityMember(entry)).matches({ globalAdministrator: 65001, localData1: 10, localData2: 2 });
  assert.ok(matches("65001:10:2"));
  assert.ok(!matches("65001:1:2"));
  assert.ok(!matches("5001:10:2"), "a value is anchored");
  assert.ok(matches(":10:"));
  assert.ok(matches("^65001:10:2$"));
  assert.equal(unwrap(largeCommunityMember("65001:10:2")).text, "^65001:10:2$");
});

test("extended-community members match within their kind", () => {
  const matches = (entry: string, community: string) =>
    unwrap(extCommunityMember(entry)).matches(parseExtValue(community) as bigint);
  assert.ok(matches("rt:65001:100", "rt:65001:100"));
  assert.ok(matches("RT:65001:100", "rt:65001:100"));
  assert.ok(!matches("soo:65001:100", "rt:65001:100"));
  assert.ok(!matches("rt:65001:10", "rt:65001:100"));
  assert.ok(matches("rt:^65001:", "rt:65001:100"));
  assert.ok(matches("soo:192.0.2.1:7", "soo:192.0.2.1:7"));
  assert.ok(matches("rt:64086.59905:7", "rt:4200000001:7"));
  assert.ok(matches("rt:4200000001:7", "rt:4200000001:7"));
  assert.ok(matches("encap:VXLAN", "encap:vxlan"));
  assert.ok(!matches("encap:^VXLAN$", "encap:vxlan-gre"));
  assert.ok(matches("lb:65001:1000", "lb:65001:1000"));
  assert.equal(unwrap(extCommunityMember("rt:65001:100")).text, "rt:^65001:100$");
  for (const wrong of ["65001:100", "constructor:1", "color:1"]) assert.ok(!extCommunityMember(wrong).ok, wrong);
});

test("extended communities are read and shown as gobgp does it", () => {
  const values: Readonly<Record<string, readonly [hex: string, shown: string]>> = {
    "rt:65001:100": ["0002fde900000064", "65001:100"],
    "soo:192.0.2.1:7": ["0103c00002010007", "192.0.2.1:7"],
    "rt:4200000001:7": ["0202fa56ea010007", "64086.59905:7"],
    "rt:1.2:7": ["0202000100020007", "1.2:7"],
    "encap:vxlan": ["030c000000000008", "VXLAN"],
    "encap:VXLAN": ["030c000000000008", "VXLAN"],
    "lb:65001:125000000": ["4004fde94cee6b28", "65001:125000000"],
  };
  for (const [text, [hex, shown]] of Object.entries(values)) {
    const value = parseExtValue(text);
    assert.equal(value?.toString(16).padStart(16, "0"), hex, text);
    const kind = text.split(":")[0] as "rt";
    assert.ok(isOfKind(value as bigint, kind));
    assert.equal(extCommunityText(value as bigint, kind), shown);
  }
  assert.equal(parseExtValue("not-found"), 0x4300000000000001n);
  assert.equal(parseExtValue("invalid"), 0x4300000000000002n);
  assert.equal(extCommunityText(0x030c0000000000ffn, "encap"), "tunnel: 255");
  for (const wrong of ["", "rt:", "rt:1", "lb:65536:1", "lb:1:x", "encap:tube", "65001:1", "valid:1"])
    assert.equal(parseExtValue(wrong), undefined, wrong);
});

test("only link bandwidth matches although it is not transitive", () => {
  const nonTransitive = (parseExtValue("rt:65001:100") as bigint) | (0x40n << 56n);
  assert.ok(!unwrap(extCommunityMember("rt:.")).matches(nonTransitive));
});

test("AS-path entries: an underscore is an edge, the plain forms compare numbers", () => {
  const matches = (entry: string, path: string) =>
    unwrap(asPathMember(entry)).matches(asPathForms(parseAsPath(path) as readonly AsPathSegment[]));
  assert.ok(matches("^65001_", "65001 65002"));
  assert.ok(!matches("^65001_", "165001"));
  assert.ok(matches("_65002$", "65001 65002"));
  assert.ok(!matches("_65002$", "65001 165002"));
  assert.ok(matches("_65002_", "65001 65002 65003"));
  assert.ok(matches("^65001$", "65001"));
  assert.ok(!matches("^65001$", "65001 65001"));
  assert.ok(matches("^$", ""));
  assert.ok(!matches("^65001_", ""));
  assert.ok(matches("^65001", "650019"), "without an underscore it is a mere expression");
  assert.ok(matches("_{65002", "65001 {65002,65003}"));
  assert.ok(matches("_6500[34]_", "65001 {65002,65003}"), "expressions see sets");
  assert.ok(!matches("_65003_", "65001 {65002,65003}"), "numbers are those of sequences only");
  assert.ok(!matches("^65002_", "{65002,65003}"));
  assert.ok(!matches("_65001$", "65001 {65002}"), "a set at the end is the end");
  assert.ok(matches("^65001(_65002)*$", "65001 65002 65002"));
});

test("AS-path entries are listed as GoBGP lists them", () => {
  assert.equal(unwrap(asPathMember("^65001_")).text, "^65001_");
  assert.equal(unwrap(asPathMember("^65001_65002")).text, "^65001(^|[,{}() ]|$)65002");
  assert.ok(!asPathMember("(65001").ok);
});
