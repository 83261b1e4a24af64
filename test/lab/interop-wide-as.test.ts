import assert from "node:assert/strict";
import { after, before, describe, test } from "node:test";
import { Capture } from "../../lab/capture.ts";
import { createPeer, type Peer } from "../../lab/peers/index.ts";
import { Lab } from "../../lab/topology.ts";
import { waitFor } from "../../lab/wait.ts";
import "./tell.ts";

const WIDE_AS = 4_200_000_001;
const AS_TRANS = 23456;
const AS4_PATH = 17;
const VIP = "203.0.113.10/32";

/** What each neighbour shows of our path. FRR takes AS_PATH as it is; the others put AS4_PATH back in. */
const NEIGHBORS = {
  bird: { host: 2, old: false, seen: WIDE_AS },
  gobgp: { host: 3, old: false, seen: WIDE_AS },
  frr: { host: 4, old: true, seen: AS_TRANS },
  openbgpd: { host: 5, old: true, seen: WIDE_AS },
  exabgp: { host: 6, old: true, seen: WIDE_AS },
} as const;
type Name = keyof typeof NEIGHBORS;
const NAMES = Object.keys(NEIGHBORS) as Name[];

/** RFC 6793: our AS does not fit in two octets, and some neighbours know nothing else. */
describe("our daemon in a 4-octet AS", { concurrency: true }, () => {
  let lab: Lab;
  let gateway: Peer;
  let capture: Capture;
  const peers = new Map<Name, Peer>();
  const address = (name: Name) => `10.30.0.${NEIGHBORS[name].host}`;

  before(async () => {
    const foot = (node: string, host: number) => ({ node, interface: "eth0", addresses: [`10.30.0.${host}/24`] });
    const members = [foot("gw", 1), ...NAMES.map((name) => foot(name, NEIGHBORS[name].host))];
    lab = await Lab.up({ segments: [{ name: "lan", members }] });
    capture = await Capture.start(lab, "gw", "eth0");
    gateway = createPeer(lab, "gw", "holdfast", {
      as: WIDE_AS,
      routerId: "192.0.2.1",
      neighbors: NAMES.map((name) => ({
        address: address(name),
        localAddress: "10.30.0.1",
        as: 65000 + NEIGHBORS[name].host,
      })),
      routes: [{ prefix: VIP, prepend: 1 }],
    });
    for (const name of NAMES) {
      const { host, old } = NEIGHBORS[name];
      const neighbor = { address: "10.30.0.1", localAddress: address(name), as: WIDE_AS };
      const spec = {
        as: 65000 + host,
        routerId: `192.0.2.${host}`,
        neighbors: [{ ...neighbor, ...(old ? { fourOctetAs: false } : {}) }],
        // FRR as an old speaker writes paths that nobody can read.
        routes: name === "frr" ? [] : [{ prefix: `198.51.${100 + host}.0/24` }],
      };
      peers.set(name, createPeer(lab, name, name, spec));
    }
    await Promise.all([gateway, ...peers.values()].map((peer) => peer.start()));
  });
  after(() => lab?.down());

  for (const name of NAMES) {
    const { host, old, seen } = NEIGHBORS[name];
    test(`${name}, ${old ? "an old" : "a new"} speaker, gets our path`, async () => {
      const route = await (peers.get(name) as Peer).waitRoute(VIP, (r) => r.from === "10.30.0.1");
      assert.deepEqual(route.asPath, [seen, seen]);
      const [update] = await waitFor("the UPDATE in the capture", async () => {
        const all = (await capture.messages()).filter(
          (m) => m.destination === address(name) && m.update?.announced.includes(VIP),
        );
        return all.length > 0 ? all : undefined;
      });
      assert.equal(update?.update?.attributes.includes(AS4_PATH), old);
      assert.deepEqual(update?.update?.asPath, old ? [AS_TRANS, AS_TRANS] : [WIDE_AS, WIDE_AS]);
    });

    if (name === "frr") continue;
    test(`${name}'s path reaches the others through us with our AS in it`, async () => {
      const prefix = `198.51.${100 + host}.0/24`;
      const other = name === "bird" ? "gobgp" : "bird";
      const route = await (peers.get(other) as Peer).waitRoute(prefix);
      assert.deepEqual(route.asPath, [WIDE_AS, 65000 + host]);
    });
  }

  test("tshark finds nothing malformed in what we sent", async () => {
    await Promise.all([...peers.values()].map((peer) => peer.waitRoute(VIP)));
    assert.deepEqual(
      (await capture.malformed()).filter((frame) => frame.source === "10.30.0.1"),
      [],
    );
  });
});
