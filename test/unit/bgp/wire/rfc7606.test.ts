import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { Family, type Negotiated } from "../../../../src/bgp/wire/index.ts";
import { attribute, decodeParts, familyWith, NLRI, SOUND, session, type UpdateParts, WITHDRAWN } from "./support.ts";

const { origin, asPath, nextHop, mpReach6, mpUnreach6, localPref } = SOUND;
const MANDATORY = [origin, asPath, nextHop];
const INTERNAL: Partial<Negotiated> = { peerType: "internal" };
const GONE = ["withdraw 203.0.113.0/24"];
const HERE = ["reach 203.0.113.0/24 next hop 192.0.2.1, ORIGIN igp, AS_PATH 65002"];

interface Case {
  /** The rule, as a fact. Sections are RFC 7606's unless another RFC is named. */
  readonly fact: string;
  readonly parts: UpdateParts;
  readonly on?: Partial<Negotiated>;
  readonly outcome: "ok" | "discard" | "withdraw" | "reset";
  /** UPDATE Message Error subcode of a reset. */
  readonly subcode?: number;
  /** What reached the sink. */
  readonly lines: readonly string[];
}

/** `attributes` between ORIGIN, AS_PATH, NEXT_HOP and a prefix. */
const announce = (...attributes: readonly string[]): UpdateParts => ({
  attributes: [...MANDATORY, ...attributes],
  nlri: NLRI,
});
const withdrawn = (fact: string, parts: UpdateParts, on?: Partial<Negotiated>): Case => ({
  fact,
  parts,
  outcome: "withdraw",
  lines: GONE,
  ...(on && { on }),
});
const discarded = (fact: string, parts: UpdateParts, on?: Partial<Negotiated>): Case => ({
  ...withdrawn(fact, parts, on),
  outcome: "discard",
  lines: HERE,
});
const reset = (fact: string, parts: UpdateParts, subcode: number, on?: Partial<Negotiated>): Case => ({
  ...withdrawn(fact, parts, on),
  outcome: "reset",
  subcode,
  lines: [],
});
const internal = (attributes: readonly string[]): UpdateParts => announce(localPref, ...attributes);

const GENERAL: readonly Case[] = [
  { fact: "a sound message is ok", parts: announce(), outcome: "ok", lines: HERE },
  withdrawn("3.c: an optional bit that conflicts withdraws", {
    attributes: [attribute(0xc0, 1, "00"), asPath, nextHop],
    nlri: NLRI,
  }),
  withdrawn("3.c: a transitive bit that conflicts withdraws", announce(attribute(0xc0, 4, "00000001"))),
  withdrawn("3.c: conflicting flags of AGGREGATOR withdraw", announce(attribute(0x40, 7, "0000fdea 01020304"))),
  {
    fact: "3.c: a Partial bit on a well-known attribute is no fault",
    parts: { attributes: [attribute(0x60, 1, "00"), asPath, nextHop], nlri: NLRI },
    outcome: "ok",
    lines: HERE,
  },
  withdrawn("3.d: a missing ORIGIN withdraws", { attributes: [asPath, nextHop], nlri: NLRI }),
  withdrawn("3.d: a missing AS_PATH withdraws", { attributes: [origin, nextHop], nlri: NLRI }),
  withdrawn("3.d: a missing NEXT_HOP withdraws", { attributes: [origin, asPath], nlri: NLRI }),
  withdrawn("3.d: a missing LOCAL_PREF from an internal peer withdraws", announce(), INTERNAL),
  {
    fact: "RFC 4760 section 3: MP_REACH_NLRI alone needs no NEXT_HOP",
    parts: { attributes: [mpReach6, origin, asPath] },
    outcome: "ok",
    lines: ["reach 2001:db8::/32 next hop 2001:db8::1, ORIGIN igp, AS_PATH 65002"],
  },
  discarded("3.g: of a repeated attribute the first counts", announce(attribute(0x40, 1, "02"))),
  {
    fact: "3.g: a repeated unknown attribute counts once too",
    parts: announce(attribute(0xc0, 99, "01"), attribute(0xc0, 99, "02")),
    outcome: "discard",
    lines: [`${HERE[0]}, attribute 99 (flags 0xe0) 01`],
  },
  reset("3.g: MP_REACH_NLRI twice resets", { attributes: [mpReach6, mpReach6, origin, asPath] }, 1),
  reset("3.g: MP_UNREACH_NLRI twice resets", { attributes: [mpUnreach6, mpUnreach6] }, 1),
  withdrawn(
    "3.h: discard and withdraw together withdraw",
    announce(attribute(0x40, 6, "00"), attribute(0x80, 4, "00")),
  ),
  reset(
    "3.h: withdraw and reset together reset",
    { attributes: [attribute(0x40, 1, "07"), asPath, nextHop, attribute(0x80, 14, "0002")], nlri: NLRI },
    5,
  ),
  reset("3.i: a syntax error in Withdrawn Routes resets", { withdrawn: "21 c633640000" }, 10),
  reset("4271 6.3: an unknown well-known attribute resets", announce(attribute(0x40, 99, "00")), 2),
];

const LENGTHS: readonly Case[] = [
  withdrawn("4: an attribute longer than what is left withdraws", announce(attribute(0x80, 4, "000000", 4))),
  withdrawn("4: two octets left over withdraw", announce("4001")),
  withdrawn("4: three octets left over under the extended bit withdraw", announce("900400")),
  reset("4, 3.j: a cut MP_REACH_NLRI resets", announce(attribute(0x80, 14, "000201", 40)), 1),
  withdrawn("4: a length of zero withdraws", announce(attribute(0xc0, 8, ""))),
  {
    fact: "4: a length of zero is right for AS_PATH and ATOMIC_AGGREGATE",
    parts: { attributes: [origin, attribute(0x40, 2, ""), nextHop, attribute(0x40, 6, "")], nlri: NLRI },
    outcome: "ok",
    lines: ["reach 203.0.113.0/24 next hop 192.0.2.1, ORIGIN igp, AS_PATH, ATOMIC_AGGREGATE yes"],
  },
  reset("5.2: no prefix to withdraw: ORIGIN error resets", { attributes: [attribute(0x40, 1, "07")] }, 6),
  reset(
    "5.2: only withdrawn prefixes: ORIGIN error resets",
    { withdrawn: WITHDRAWN, attributes: [attribute(0x40, 1, "07")] },
    6,
  ),
  reset("5.2: MP_UNREACH_NLRI does not count as reachable", { attributes: [mpUnreach6, attribute(0x40, 1, "07")] }, 6),
  {
    fact: "5.2: a discard without prefixes does not reset",
    parts: { withdrawn: WITHDRAWN, attributes: [attribute(0x40, 6, "00")] },
    outcome: "discard",
    lines: ["withdraw 198.51.100.0/24"],
  },
  {
    fact: "5.2: attributes without prefixes are no error by themselves",
    parts: { attributes: MANDATORY },
    outcome: "ok",
    lines: [],
  },
  reset("5.3: a prefix length above 32 resets", { attributes: MANDATORY, nlri: "21 c633640000" }, 10),
  reset("5.3: a prefix cut short resets", { attributes: MANDATORY, nlri: "18 c633" }, 10),
  reset("5.3: an IPv6 prefix length above 128 resets", { attributes: [attribute(0x80, 15, "000201 81 00")] }, 9),
  reset("5.3: an IPv6 prefix cut short resets", { attributes: [attribute(0x80, 15, "000201 20 2001")] }, 9),
  reset("5.3: flags of MP_REACH_NLRI that conflict reset", { attributes: [mpReach6.replace(/^80/, "c0")] }, 4),
  reset("5.3: flags of MP_UNREACH_NLRI that conflict reset", { attributes: [mpUnreach6.replace(/^80/, "40")] }, 4),
  reset("5.3: MP_REACH_NLRI below 5 octets resets", { attributes: [attribute(0x80, 14, "00020100")] }, 5),
  reset("5.3: MP_UNREACH_NLRI below 3 octets resets", { attributes: [attribute(0x80, 15, "0002")] }, 5),
];

const ATTRIBUTES: readonly Case[] = [
  withdrawn("7.1: ORIGIN of length 2 withdraws", {
    attributes: [attribute(0x40, 1, "0000"), asPath, nextHop],
    nlri: NLRI,
  }),
  withdrawn("7.1: an undefined ORIGIN withdraws", {
    attributes: [attribute(0x40, 1, "03"), asPath, nextHop],
    nlri: NLRI,
  }),
  ...[
    ["an unknown segment type", "0501 0000fdea"],
    ["a segment longer than the attribute", "0202 0000fdea"],
    ["one octet left after the last segment", "0201 0000fdea 02"],
    ["an empty segment", "0200"],
    ["AS 0 (RFC 7607)", "0201 00000000"],
    ["a confederation segment from outside (RFC 5065 section 5)", "0301 0000fdea"],
  ].map(([what, value]) =>
    withdrawn(`7.2: AS_PATH with ${what} withdraws`, {
      attributes: [origin, attribute(0x40, 2, value as string), nextHop],
      nlri: NLRI,
    }),
  ),
  ...["c00002", "c000020100", "00000000", "00000001", "7f000001", "e0000001", "f0000001", "ffffffff"].map((value) =>
    withdrawn(`7.3: NEXT_HOP ${value} withdraws`, {
      attributes: [origin, asPath, attribute(0x40, 3, value)],
      nlri: NLRI,
    }),
  ),
  withdrawn("7.4: MULTI_EXIT_DISC of length 3 withdraws", announce(attribute(0x80, 4, "000001"))),
  discarded("7.5: LOCAL_PREF from an external peer is discarded", announce(localPref)),
  discarded("7.5: and so it is when malformed", announce(attribute(0x40, 5, "00"))),
  withdrawn(
    "7.5: LOCAL_PREF of length 3 from an internal peer withdraws",
    announce(attribute(0x40, 5, "000064")),
    INTERNAL,
  ),
  discarded("7.6: ATOMIC_AGGREGATE with a value is discarded", announce(attribute(0x40, 6, "00"))),
  discarded(
    "7.7: AGGREGATOR of 6 octets on a 4-octet session is discarded",
    announce(attribute(0xc0, 7, "fdea01020304")),
  ),
  discarded("7.7: AGGREGATOR of 5 octets is discarded", announce(attribute(0xc0, 7, "fdea010203"))),
  discarded("RFC 7607: AGGREGATOR with AS 0 is discarded", announce(attribute(0xc0, 7, "00000000 01020304"))),
  withdrawn("7.8: COMMUNITIES of length 5 withdraws", announce(attribute(0xc0, 8, "0000000000"))),
  discarded("7.9: ORIGINATOR_ID from an external peer is discarded", announce(attribute(0x80, 9, "01020304"))),
  withdrawn("7.9: ORIGINATOR_ID of length 3 withdraws", internal([attribute(0x80, 9, "010203")]), INTERNAL),
  discarded("7.10: CLUSTER_LIST from an external peer is discarded", announce(attribute(0x80, 10, "01020304"))),
  withdrawn("7.10: CLUSTER_LIST of length 5 withdraws", internal([attribute(0x80, 10, "0102030405")]), INTERNAL),
  withdrawn("7.10: an empty CLUSTER_LIST withdraws", internal([attribute(0x80, 10, "")]), INTERNAL),
  ...["08 20010db800000001", "04 c0000201", "18 000000000000000020010db8000000000000000000000001", "00"].map((value) =>
    reset(
      `7.11: an IPv6 next hop ${value} resets`,
      { attributes: [attribute(0x80, 14, `000201 ${value} 00 20 20010db8`), origin, asPath] },
      9,
    ),
  ),
  reset(
    "7.11: IPv4 with an IPv6 next hop resets where RFC 8950 is not agreed on",
    {
      attributes: [attribute(0x80, 14, `000101 10 20010db8000000000000000000000001 00 ${NLRI}`), origin, asPath],
    },
    9,
  ),
  withdrawn("7.14: EXTENDED_COMMUNITIES of length 7 withdraws", announce(attribute(0xc0, 16, "00020001000000"))),
  withdrawn("7.14: empty EXTENDED_COMMUNITIES withdraw", announce(attribute(0xc0, 16, ""))),
  withdrawn("7.15: IPV6_EXTENDED_COMMUNITIES of length 8 withdraws", announce(attribute(0xc0, 25, "0002000100000064"))),
  withdrawn(
    "RFC 8092 section 6: LARGE_COMMUNITIES of length 8 withdraws",
    announce(attribute(0xc0, 32, "0000000100000002")),
  ),
  withdrawn("RFC 9234 section 5: ONLY_TO_CUSTOMER of length 2 withdraws", announce(attribute(0xc0, 35, "fdea"))),
  {
    ...discarded(
      "RFC 7311 section 3.2: a malformed AIGP is discarded",
      internal([attribute(0x80, 26, "01000a 00000000000001")]),
      INTERNAL,
    ),
    lines: ["reach 203.0.113.0/24 next hop 192.0.2.1, ORIGIN igp, AS_PATH 65002, LOCAL_PREF 100"],
  },
  {
    ...discarded(
      "RFC 7311 section 3.2: a transitive AIGP is discarded",
      internal([attribute(0xc0, 26, "01000b 0000000000000001")]),
      INTERNAL,
    ),
    lines: ["reach 203.0.113.0/24 next hop 192.0.2.1, ORIGIN igp, AS_PATH 65002, LOCAL_PREF 100"],
  },
  {
    fact: "RFC 7311 section 3.4: AIGP from an external peer is as unknown",
    parts: announce(attribute(0x80, 26, "01000b 0000000000000001")),
    outcome: "ok",
    lines: HERE,
  },
  discarded(
    "RFC 6793 section 4.1: AS4_PATH from a 4-octet peer is discarded",
    announce(attribute(0xc0, 17, "0201 0000fdea")),
  ),
  discarded(
    "RFC 6793 section 4.1: AS4_AGGREGATOR from a 4-octet peer is discarded",
    announce(attribute(0xc0, 18, "0000fdea 01020304")),
  ),
];

describe("RFC 7606", () => {
  for (const { fact, parts, on, outcome, subcode, lines } of [...GENERAL, ...LENGTHS, ...ATTRIBUTES]) {
    it(fact, () => {
      const decoded = decodeParts(parts, session(on));
      assert.equal(decoded.outcome.type, outcome, JSON.stringify(decoded.outcome));
      assert.deepEqual(decoded.lines, lines);
      if (decoded.outcome.type === "reset")
        assert.deepEqual([decoded.outcome.error.code, decoded.outcome.error.subcode], [3, subcode]);
    });
  }

  it("without treat-as-withdraw, what RFC 4271 calls an error resets", () => {
    for (const { fact, parts, on, outcome } of [...GENERAL, ...LENGTHS, ...ATTRIBUTES]) {
      if (outcome === "withdraw") assert.equal(decodeParts(parts, session(on), false).outcome.type, "reset", fact);
    }
    assert.equal(decodeParts(announce(attribute(0x40, 6, "00")), session(), false).outcome.type, "reset");
    assert.equal(decodeParts(announce(localPref), session(), false).outcome.type, "discard");
  });

  it("treat-as-withdraw takes back every prefix of the message, of both families, besides its withdrawals", () => {
    const parts = {
      withdrawn: WITHDRAWN,
      attributes: [mpReach6, mpUnreach6, attribute(0x40, 1, "09"), asPath, nextHop],
      nlri: NLRI,
    };
    const { outcome, lines } = decodeParts(parts);
    assert.equal(outcome.type, "withdraw");
    const gone = ["198.51.100.0/24", "2001:db9::/32", "203.0.113.0/24", "2001:db8::/32"];
    assert.deepEqual(
      lines,
      gone.map((text) => `withdraw ${text}`),
    );
  });

  it("a NOTIFICATION carries the attribute at fault, or the type of the missing one", () => {
    const flags = decodeParts({ attributes: [attribute(0xc0, 1, "00")] }).outcome;
    assert.ok(flags.type === "reset");
    assert.deepEqual([flags.error.subcode, ...flags.error.data], [4, 0xc0, 1, 1, 0]);
    const missing = decodeParts({ attributes: [asPath, nextHop], nlri: NLRI }, session(), false).outcome;
    assert.ok(missing.type === "reset");
    assert.deepEqual([missing.error.subcode, ...missing.error.data], [3, 1]);
  });

  it("faults say what was seen and what was expected", () => {
    const { outcome } = decodeParts(announce(attribute(0x80, 4, "0001")));
    assert.ok(outcome.type === "withdraw");
    assert.deepEqual(outcome.faults, [
      { severity: "withdraw", attribute: 4, message: "MULTI_EXIT_DISC has length 2, expected 4" },
    ]);
  });

  it("a field of prefixes is told to be cut where it is cut", () => {
    const told = (parts: UpdateParts, on?: Partial<Negotiated>) => {
      const { outcome } = decodeParts(parts, session(on));
      return outcome.type === "ok" ? "" : outcome.faults[0]?.message;
    };
    const families = [familyWith(Family.Ipv4Unicast, "add-path")];
    assert.equal(told({ withdrawn: "00000001" }, { families }), "Withdrawn Routes ends within a path identifier");
    assert.equal(told({ withdrawn: "18cb00" }), "Withdrawn Routes ends within a prefix");
    const short = attribute(0x80, 14, "000201 10 20010db8");
    assert.equal(told({ attributes: [short] }), "MP_REACH_NLRI has length 8, too short for its next hop");
  });

  it("however many faults there are, few are told", () => {
    const { outcome } = decodeParts(announce(...new Array<string>(500).fill(origin)));
    assert.ok(outcome.type === "discard");
    assert.equal(outcome.faults.length, 16);
  });
});
