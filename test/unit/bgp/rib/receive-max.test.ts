import assert from "node:assert/strict";
import { test } from "node:test";
import { LOCAL_PEER, Rib } from "../../../../src/bgp/rib/index.ts";
import { buildAttributes, EMPTY_ATTRIBUTES, Family } from "../../../../src/bgp/wire/index.ts";
import { parseAddress } from "../../../../src/lib/address.ts";
import { batch } from "./nlri.ts";
import { ribPeer } from "./rib-harness.ts";

const bytes = buildAttributes({
  ...EMPTY_ATTRIBUTES,
  asPath: [{ type: "sequence", asns: [65010] }],
  nextHop: parseAddress("10.99.0.2"),
});
const attributes = { bytes, length: bytes.length };
const selection = { alwaysCompareMed: false, ignoreAsPathLength: false, externalCompareRouterId: false };

/** 10.0.`i`.0/24 for each number. */
const nets = (...numbers: number[]) => batch(...numbers.map((i) => `10.0.${i}.0/24`));

test("a peer at its limit brings nothing new, may change what it has, and has room again after a withdrawal", () => {
  const rib = new Rib(selection, { readable() {} });
  const peer = rib.addPeer(ribPeer({ peerAs: 65010, address: "10.99.0.2", receiveMax: [3, Number.POSITIVE_INFINITY] }));
  const prefixes = () =>
    rib.view
      .routes(Family.Ipv4Unicast, 0, 100)
      .routes.filter((route) => route.peer !== LOCAL_PEER)
      .map((route) => route.prefix.toString())
      .sort();

  rib.reach(peer, Family.Ipv4Unicast, nets(1, 2), attributes);
  rib.reach(peer, Family.Ipv4Unicast, nets(2, 3, 4, 5), attributes);
  assert.deepEqual(prefixes(), ["10.0.1.0/24", "10.0.2.0/24", "10.0.3.0/24"]);
  assert.equal(rib.receivedCount(peer, Family.Ipv4Unicast), 3);

  rib.reach(peer, Family.Ipv4Unicast, nets(6, 1), attributes);
  assert.equal(rib.receivedCount(peer, Family.Ipv4Unicast), 3);

  rib.withdraw(peer, Family.Ipv4Unicast, nets(1, 9));
  rib.reach(peer, Family.Ipv4Unicast, nets(7, 8), attributes);
  assert.deepEqual(prefixes(), ["10.0.2.0/24", "10.0.3.0/24", "10.0.7.0/24"]);
});
