import assert from "node:assert/strict";
import { test } from "node:test";
import { LOCAL_PEER, Rib } from "../../../../src/bgp/rib/index.ts";
import { buildAttributes, EMPTY_ATTRIBUTES, Family, type NlriBatch } from "../../../../src/bgp/wire/index.ts";
import { parseAddress } from "../../../../src/lib/address.ts";
import { ribPeer } from "./rib-harness.ts";

const bytes = buildAttributes({
  ...EMPTY_ATTRIBUTES,
  asPath: [{ type: "sequence", asns: [65010] }],
  nextHop: parseAddress("10.99.0.2"),
});
const attributes = { bytes, length: bytes.length };
const selection = { alwaysCompareMed: false, ignoreAsPathLength: false, externalCompareRouterId: false };

/** 10.0.`i`.0/24 for each number. */
function batch(...numbers: number[]): NlriBatch {
  return {
    count: numbers.length,
    w0: Uint32Array.from(numbers, (i) => 0x0a000000 + i * 256),
    w1: new Uint32Array(numbers.length),
    w2: new Uint32Array(numbers.length),
    w3: new Uint32Array(numbers.length),
    length: new Uint8Array(numbers.length).fill(24),
    pathId: new Uint32Array(numbers.length),
  };
}

test("a peer at its limit brings nothing new, may change what it has, and has room again after a withdrawal", () => {
  const rib = new Rib(selection, { readable() {} });
  const peer = rib.addPeer(ribPeer({ peerAs: 65010, address: "10.99.0.2", receiveMax: [3, Number.POSITIVE_INFINITY] }));
  const prefixes = () =>
    rib.view
      .routes(Family.Ipv4Unicast, 0, 100)
      .routes.filter((route) => route.peer !== LOCAL_PEER)
      .map((route) => route.prefix.toString())
      .sort();

  rib.reach(peer, Family.Ipv4Unicast, batch(1, 2), attributes);
  rib.reach(peer, Family.Ipv4Unicast, batch(2, 3, 4, 5), attributes);
  assert.deepEqual(prefixes(), ["10.0.1.0/24", "10.0.2.0/24", "10.0.3.0/24"]);
  assert.equal(rib.receivedCount(peer, Family.Ipv4Unicast), 3);

  rib.reach(peer, Family.Ipv4Unicast, batch(6, 1), attributes);
  assert.equal(rib.receivedCount(peer, Family.Ipv4Unicast), 3);

  rib.withdraw(peer, Family.Ipv4Unicast, batch(1, 9));
  rib.reach(peer, Family.Ipv4Unicast, batch(7, 8), attributes);
  assert.deepEqual(prefixes(), ["10.0.2.0/24", "10.0.3.0/24", "10.0.7.0/24"]);
});
