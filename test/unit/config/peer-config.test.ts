import assert from "node:assert/strict";
import { test } from "node:test";
import type { PeerConfig } from "../../../src/bgp/peer-config.ts";
import { familyByName } from "../../../src/bgp/wire/family.ts";
import { loadConfig, type NeighborConfig } from "../../../src/config/index.ts";

/** As the daemon does it. That this compiles is the test: a session's configuration is all in the file. */
function peerConfigOf(n: NeighborConfig): PeerConfig {
  const families = n.families.map(({ family, ...rest }) => {
    const number = familyByName(family);
    assert.ok(number !== undefined);
    return { ...rest, family: number };
  });
  return { ...n, families, fourOctetAs: true };
}

test("every field of a session's configuration comes from the file", () => {
  const loaded = loadConfig(
    'global.config = { as = 65001, router-id = "192.0.2.11" }\nneighbors = [{ config = { neighbor-address = "192.0.2.1", peer-as = 65002 } }]',
    "test",
  );
  assert.ok(loaded.ok);
  const peer = peerConfigOf(loaded.config.neighbors[0] as NeighborConfig);
  assert.deepEqual([peer.families[0]?.family, peer.holdTime, peer.routerId], [0, 90e6, 0xc000020b]);
});
