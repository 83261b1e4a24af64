import assert from "node:assert/strict";
import { after, before, describe, test } from "node:test";
import { Capture } from "../../lab/capture.ts";
import { createPeer, type NeighborSpec, type Peer, type PeerKind, type RouteSpec } from "../../lab/peers/index.ts";
import { Lab, type SegmentSpec } from "../../lab/topology.ts";
import { waitFor } from "../../lab/wait.ts";
import "./tell.ts";

const link = (a: string, b: string, subnet: number): SegmentSpec => ({
  name: `${a}-${b}`,
  members: [
    { node: a, interface: `to-${b}`, addresses: [`10.1.${subnet}.1/24`] },
    { node: b, interface: `to-${a}`, addresses: [`10.1.${subnet}.2/24`] },
  ],
});

describe("speakers without 4-octet AS numbers", { concurrency: true }, () => {
  const OLD = ["frr", "openbgpd", "exabgp"] as const;
  const WIDE_AS = 4_200_000_001;
  const AS_TRANS = 23456;
  // OpenBGPD and ExaBGP merge AS4_PATH although they did not offer the capability.
  const seenAs = { frr: AS_TRANS, openbgpd: WIDE_AS, exabgp: WIDE_AS };
  let lab: Lab;
  let wide: Peer;
  const old = new Map<PeerKind, Peer>();

  before(async () => {
    lab = await Lab.up({ segments: OLD.map((kind, i) => link("gobgp", kind, i)) });
    wide = createPeer(lab, "gobgp", "gobgp", {
      as: WIDE_AS,
      routerId: "192.0.2.1",
      neighbors: OLD.map((_, i) => ({ address: `10.1.${i}.2`, localAddress: `10.1.${i}.1`, as: 65001 + i })),
      routes: [{ prefix: "198.51.100.0/24", prepend: 1 }],
    });
    OLD.forEach((kind, i) => {
      const neighbor = { address: `10.1.${i}.1`, localAddress: `10.1.${i}.2`, as: WIDE_AS, fourOctetAs: false };
      const spec = { as: 65001 + i, routerId: `192.0.2.${i + 2}`, neighbors: [neighbor] };
      old.set(kind, createPeer(lab, kind, kind, spec));
    });
    await Promise.all([wide, ...old.values()].map((peer) => peer.start()));
  });
  after(() => lab.down());

  OLD.forEach((kind, i) => {
    test(`${kind} as an old speaker does not offer the capability and gets the path`, async () => {
      const seen = await wide.waitEstablished(`10.1.${i}.2`);
      assert.ok(!seen.capabilities?.includes("as4"), JSON.stringify(seen));
      const route = await (old.get(kind) as Peer).waitRoute("198.51.100.0/24");
      assert.deepEqual(route.asPath, [seenAs[kind], seenAs[kind]]);
    });
  });

  test("bird as an old speaker does not offer the capability", async () => {
    const spec = (own: number, far: number, fourOctetAs: boolean) => ({
      as: 65000 + own,
      routerId: `192.0.2.${own}`,
      neighbors: [{ address: `10.1.9.${far}`, localAddress: `10.1.9.${own}`, as: 65000 + far, fourOctetAs }],
    });
    const pair = await Lab.up({ segments: [link("bird", "openbgpd", 9)] });
    try {
      const bird = createPeer(pair, "bird", "bird", spec(1, 2, false));
      const openbgpd = createPeer(pair, "openbgpd", "openbgpd", spec(2, 1, true));
      await Promise.all([bird.start(), openbgpd.start()]);
      const seen = await openbgpd.waitEstablished("10.1.9.1");
      assert.ok(!seen.capabilities?.includes("as4"), JSON.stringify(seen));
    } finally {
      await pair.down();
    }
  });
});

describe("iBGP around a route reflector", { concurrency: false }, () => {
  const CLIENTS = ["frr", "gobgp", "openbgpd", "exabgp"] as const;
  let lab: Lab;
  let reflector: Peer;
  let capture: Capture;
  const clients = new Map<PeerKind, Peer>();
  const client = (kind: PeerKind) => clients.get(kind) as Peer;

  const route = (i: number, changes: Partial<RouteSpec> = {}): RouteSpec => ({
    prefix: `198.51.${100 + i}.0/24`,
    nextHop: `10.2.0.${10 + i}`,
    localPref: 150 + i,
    med: 7,
    communities: ["65000:1"],
    ...changes,
  });

  before(async () => {
    const hosts = ["bird", ...CLIENTS];
    const members = hosts.map((node, i) => ({ node, interface: "eth0", addresses: [`10.2.0.${i + 1}/24`] }));
    lab = await Lab.up({ segments: [{ name: "lan", members }] });
    capture = await Capture.start(lab, "bird", "eth0");
    const neighbor = (i: number, more: Partial<NeighborSpec> = {}): NeighborSpec => ({
      address: `10.2.0.${i + 2}`,
      localAddress: "10.2.0.1",
      as: 65000,
      ...more,
    });
    reflector = createPeer(lab, "bird", "bird", {
      as: 65000,
      routerId: "192.0.2.1",
      neighbors: CLIENTS.map((_, i) =>
        neighbor(i, {
          routeReflectorClient: true,
          addPath: "both",
          gracefulRestart: { restartTime: 60, longLivedStaleTime: 120 },
          holdTime: 3,
        }),
      ),
    });
    CLIENTS.forEach((kind, i) => {
      const more: Partial<NeighborSpec> = kind === "gobgp" ? { gracefulRestart: { restartTime: 60 } } : {};
      const spec = {
        as: 65000,
        routerId: `192.0.2.${i + 2}`,
        neighbors: [{ ...neighbor(i, more), address: "10.2.0.1", localAddress: `10.2.0.${i + 2}` }],
        routes: [route(i)],
      };
      clients.set(kind, createPeer(lab, kind, kind, spec));
    });
    await Promise.all([reflector, ...clients.values()].map((peer) => peer.start()));
    await Promise.all(CLIENTS.map((_, i) => reflector.waitEstablished(`10.2.0.${i + 2}`)));
  });
  after(() => lab.down());

  test("every client has every other's route with its local preference and explicit next hop", async () => {
    for (const kind of CLIENTS) {
      for (const [i, other] of CLIENTS.entries()) {
        if (other === kind) continue;
        const seen = await client(kind).waitRoute(route(i).prefix, (r) => r.from !== undefined);
        assert.deepEqual(
          [seen.localPref, seen.med, seen.nextHop, seen.asPath, seen.communities],
          [150 + i, 7, `10.2.0.${10 + i}`, [], ["65000:1"]],
          `${kind} of ${other}`,
        );
      }
    }
  });

  test("a changed community and a removed route of every client reach the reflector", async () => {
    await Promise.all(
      CLIENTS.map(async (kind, i) => {
        const { spec } = client(kind);
        await client(kind).reload({ ...spec, routes: [route(i, { communities: ["65000:2"] })] });
        await reflector.waitRoute(route(i).prefix, (r) => r.communities.join() === "65000:2");
        await client(kind).reload({ ...spec, routes: [] });
        await reflector.waitNoRoute(route(i).prefix);
      }),
    );
  });

  test("a client that hangs is given up at the hold time, and comes back", async () => {
    const stopped = performance.now();
    client("openbgpd").kill("SIGSTOP");
    const down = await reflector.waitDown("10.2.0.4");
    const elapsedMs = performance.now() - stopped;
    assert.match(down.lastError ?? "", /Hold timer/i);
    assert.ok(elapsedMs > 1_500, `given up after ${elapsedMs} ms, hold time 3 s`);
    client("openbgpd").kill("SIGCONT");
    await reflector.waitEstablished("10.2.0.4");
  });

  test("an administrative shutdown goes out as Cease/2 with its text", async () => {
    await client("frr").shutdownNeighbor("10.2.0.1", "frr goes");
    await client("openbgpd").shutdownNeighbor("10.2.0.1", "obgpd goes");
    await client("gobgp").shutdownNeighbor("10.2.0.1");
    await client("exabgp").shutdownNeighbor("10.2.0.1");
    const texts = await waitFor("a Cease/2 from every client", async () => {
      const all = (await capture.messages()).filter((m) => m.notification?.code === 6 && m.notification.subcode === 2);
      const bySource = new Map(all.map((m) => [m.source, m.notification?.text]));
      return bySource.size === CLIENTS.length ? bySource : undefined;
    });
    assert.equal(texts.get("10.2.0.2"), "frr goes");
    assert.equal(texts.get("10.2.0.4"), "obgpd goes");
    await client("frr").enableNeighbor("10.2.0.1");
    await client("openbgpd").enableNeighbor("10.2.0.1");
    await client("gobgp").enableNeighbor("10.2.0.1");
    await Promise.all(["10.2.0.2", "10.2.0.4", "10.2.0.5"].map((address) => reflector.waitEstablished(address)));
  });

  test("nothing that real speakers sent is malformed", async () => {
    await capture.stop();
    assert.deepEqual(await capture.malformed(), []);
  });
});

describe("TCP MD5 with unequal passwords", { concurrency: true }, () => {
  const PAIRS = [
    ["bird", "frr"],
    ["gobgp", "openbgpd"],
    ["exabgp", "bird"],
  ] as const;

  PAIRS.forEach(([a, b], i) => {
    test(`${a} and ${b} refuse each other's segments`, async () => {
      const lab = await Lab.up({ segments: [link(a, b, i)] });
      try {
        const spec = (own: number, far: number, password: string) => ({
          as: 65000 + own,
          routerId: `192.0.2.${own}`,
          neighbors: [{ address: `10.1.${i}.${far}`, localAddress: `10.1.${i}.${own}`, as: 65000 + far, password }],
        });
        const left = createPeer(lab, a, a, spec(1, 2, "right"));
        const right = createPeer(lab, b, b, spec(2, 1, "wrong"));
        await Promise.all([left.start(), right.start()]);
        await waitFor("segments refused", async () => (await md5Failures(lab, a)) + (await md5Failures(lab, b)) >= 2);
        for (const peer of [left, right]) {
          assert.deepEqual(
            (await peer.neighbors()).filter((n) => n.state === "established"),
            [],
          );
        }
      } finally {
        await lab.down();
      }
    });
  });
});

async function md5Failures(lab: Lab, node: string): Promise<number> {
  const text = await lab.run(node, ["cat", "/proc/net/netstat"]);
  const [names, values] = text
    .split("\n")
    .filter((line) => line.startsWith("TcpExt:"))
    .map((line) => line.split(" "));
  return Number(values?.[names?.indexOf("TCPMD5Failure") ?? -1] ?? 0);
}
