import assert from "node:assert/strict";
import { test } from "node:test";
import type { DefinedSets, Direction, PolicyNeighbor, StatementConfig } from "../../../../src/bgp/policy/index.ts";
import { attributes, Fixture, keyOf } from "../rib/fixture.ts";
import { address, bindAll, member } from "./harness.ts";

const FEEDER = { peerAs: 65001, address: "10.99.0.2" };
const SINK = { peerAs: 65009, address: "10.99.0.9" };
const VIP = "198.51.100.1/32";
const OTHER = "203.0.113.0/24";

function policyFor(direction: Direction, at: string, statements: StatementConfig[], sets: Partial<DefinedSets> = {}) {
  const neighbor: PolicyNeighbor = { address: address(at), localAddress: address("10.99.0.1"), type: "external" };
  return bindAll([{ name: "p", statements }], { direction, neighbor, sets });
}

const SETS = { prefixSets: [{ name: "vips", prefixes: [member("198.51.100.0/24 32..32")] }] };
const IN_VIPS = { prefixSet: { set: "vips", option: "any" as const } };

test("an export policy sees who a route comes from and its own next hop, by prefix or not", () => {
  for (const conditions of [{}, IN_VIPS]) {
    const exportPolicy = policyFor(
      "export",
      SINK.address,
      [
        {
          name: "learned",
          conditions: { ...conditions, routeType: "external" },
          actions: { disposition: "accept", nextHop: "unchanged" },
        },
        {
          name: "ours",
          conditions: { ...conditions, routeType: "local", nextHops: [member("192.0.2.0/24").prefix] },
          actions: { disposition: "accept", med: { operation: "set", value: 7 } },
        },
      ],
      SETS,
    );
    const fixture = new Fixture();
    const sink = fixture.join({ ...SINK, exportPolicy });
    fixture.reach(fixture.join(FEEDER), attributes([65001]), VIP);
    fixture.originate(attributes([]), "198.51.100.2/32");
    fixture.originate(attributes([], { nextHop: address("0.0.0.0") }), "198.51.100.3/32");
    fixture.settle();
    const learned = sink.receiver.attributes(keyOf(VIP));
    assert.equal(`${learned?.nextHop}`, "192.0.2.1");
    assert.deepEqual(learned?.asPath, [{ type: "sequence", asns: [65000, 65001] }]);
    assert.equal(sink.receiver.attributes(keyOf("198.51.100.2/32"))?.med, 7);
    assert.equal(sink.receiver.attributes(keyOf("198.51.100.3/32"))?.med, undefined);
  }
});

test("an import policy lets in what its prefix set holds, changed", () => {
  const statements: StatementConfig[] = [
    { name: "vips", conditions: IN_VIPS, actions: { disposition: "accept", localPreference: 200 } },
    { name: "rest", conditions: {}, actions: { disposition: "reject" } },
  ];
  const importPolicy = policyFor("import", FEEDER.address, statements, SETS);
  const fixture = new Fixture();
  const sink = fixture.join({ peerAs: 65000, address: "10.99.0.9" });
  fixture.reach(fixture.join({ ...FEEDER, importPolicy }), attributes([65001]), VIP, OTHER);
  fixture.settle();
  assert.equal(sink.receiver.attributes(keyOf(VIP))?.localPref, 200);
  assert.equal(sink.receiver.attributes(keyOf(OTHER)), undefined);
  assert.equal(fixture.paths(OTHER)[0]?.rejected, "policy");
});
