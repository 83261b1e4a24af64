import assert from "node:assert/strict";
import { after, before, describe, test } from "node:test";
import type { NeighborState, Peer, Route } from "../../lab/peers/index.ts";
import { Lab } from "../../lab/topology.ts";
import { waitFor } from "../../lab/wait.ts";
import { address4, address6, asOf, HOST, KINDS, type Kind, LAN, meshPeers, routesOf } from "./mesh.ts";
import "./tell.ts";

/**
 * The drivers against each other, without our daemon: five speakers on one segment, every pair with sessions over
 * IPv4, IPv6, with MD5, with GTSM, with one side passive, and with a hold time of 3 s.
 */
describe("real speakers in a full mesh", { concurrency: true }, () => {
  let lab: Lab;
  let peers: Record<Kind, Peer>;

  before(async () => {
    lab = await Lab.up({ segments: [LAN] });
    peers = meshPeers(lab);
    await Promise.all(KINDS.map((kind) => peers[kind].start()));
  });
  after(() => lab.down());

  for (const kind of KINDS) {
    test(`${kind} reports every session Established, with what the neighbour offers`, async () => {
      const neighbors = await waitFor(`all sessions of ${kind}`, () => allEstablished(peers[kind]), {
        timeoutMs: 40_000,
        intervalMs: 300,
      });
      for (const neighbor of neighbors) {
        const other = KINDS.find((k) => asOf(k) === neighbor.as) as Kind;
        assert.equal(neighbor.routerId, `192.0.2.${HOST[other]}`);
        assert.equal(neighbor.capabilities?.includes("as4"), true, `${kind}: ${JSON.stringify(neighbor)}`);
      }
    });

    test(`${kind} shows the exact attributes of what each of the others originates`, async () => {
      for (const other of KINDS.filter((k) => k !== kind)) {
        const [four, six] = routesOf(other);
        const path4 = await peers[kind].waitRoute(
          (four as { prefix: string }).prefix,
          (route) => route.from === address4("plain", other),
        );
        const path6 = await peers[kind].waitRoute(
          (six as { prefix: string }).prefix,
          (route) => route.from === address6(other),
        );
        assert.deepEqual(transitive(path4), expected(other, path4.prefix, address4("plain", other)));
        assert.deepEqual(transitive(path6), expected(other, path6.prefix, address6(other)));
      }
    });
  }

  test("a speaker shows its own route without a neighbour it came from", async () => {
    // ExaBGP has no table, so nothing of its own to show.
    for (const kind of KINDS.filter((k) => k !== "exabgp")) {
      const route = await peers[kind].waitRoute(
        (routesOf(kind)[0] as { prefix: string }).prefix,
        (r) => r.from === undefined,
      );
      assert.equal(route.best, true, `${kind}: ${JSON.stringify(route)}`);
    }
  });
});

async function allEstablished(peer: Peer): Promise<NeighborState[] | undefined> {
  const neighbors = await peer.neighbors();
  const up = neighbors.filter((n) => n.state === "established");
  return up.length === peer.spec.neighbors.length ? up : undefined;
}

/** What the neighbour sent, without what the speaker made of it. */
function transitive({ localPref: _p, best: _b, stale, ...rest }: Route): unknown {
  return { ...rest, stale };
}

function expected(origin: Kind, prefix: string, address: string): unknown {
  const as = asOf(origin);
  return {
    prefix,
    nextHop: address,
    asPath: [as, as, as],
    origin: "igp",
    med: 10 + HOST[origin],
    communities: [`${as}:100`, `${as}:200`],
    largeCommunities: [`${as}:1:2`],
    extCommunities: [`rt:${as}:5`],
    from: address,
    stale: false,
  };
}
