import assert from "node:assert/strict";
import { after, test } from "node:test";
import type {
  AnnounceResponse,
  Check,
  Peer,
  Status,
  Vip,
  VirtualRouter,
} from "../../../../src/api/holdfast/messages.ts";
import { parseAttributes } from "../../../../src/bgp/index.ts";
import { seconds } from "../../../../src/lib/time.ts";
import { FakeHost } from "./fake-host.ts";
import { RawClient } from "./raw-client.ts";
import { serve } from "./serve.ts";

const host = new FakeHost();
const neighbor = host.rig.join({ description: "upstream" });
host.rig.add({ address: "192.0.2.3", peerAs: 65003, description: "twin" });
host.rig.add({ address: "192.0.2.4", peerAs: 65004, description: "twin" });
host.pass(seconds(60));
const served = await serve(host);
const client = new RawClient(served.target);
after(() => {
  client.close();
  served.close();
  assert.deepEqual(served.faults, []);
});

const VIP = "203.0.113.10/32";
const local = (prefix: string) => {
  const route = [...host.speaker.localRoutes].find((each) => each.prefix.toString() === prefix);
  return route === undefined ? undefined : parseAttributes(route.attributes.bytes, 0, route.attributes.length);
};

test("the status tells who we are, and counts everything", async () => {
  const status = (await client.unary("GetStatus")) as Status;
  assert.deepEqual([status.version, status.as, status.routerId], ["1.2.3", 65001, "192.0.2.1"]);
  assert.equal(status.uptimeSeconds, 60);
  assert.deepEqual(status.totals, {
    peers: 3,
    peersEstablished: 1,
    vips: 2,
    vipsAnnounced: 2,
    routers: 1,
    routersMaster: 0,
    checks: 1,
    checksUp: 1,
    apiRoutes: 0,
  });
  assert.deepEqual(status.peers[0]?.families, [], "families are for ListPeers");
  assert.equal(status.eventLoopLagMs, 3.25);
});

test("a VIP has its whole chain of reasons, and who has it", async () => {
  const vip = (await client.unary("Why", { vip: "203.0.113.10" })) as Vip;
  assert.deepEqual(
    [vip.prefix, vip.description, vip.action, vip.advertisedTo],
    [VIP, "the web", "announce", ["192.0.2.2"]],
  );
  assert.deepEqual(
    vip.reasons.map(({ condition, verdict, decisive }) => [condition, verdict, decisive]),
    [
      ["config", "announce", false],
      ["admin", "announce", true],
    ],
  );
  assert.deepEqual([vip.attributes?.nextHop, vip.attributes?.med], ["self", 50]);
  assert.deepEqual(
    ((await client.all("ListVips")) as Vip[]).map(({ prefix }) => prefix),
    [VIP, "203.0.113.11/32"],
  );
});

test("an operator takes a VIP down and lets it up", async () => {
  const down = (await client.unary("SetVip", { vip: VIP, up: false })) as Vip;
  assert.deepEqual([down.action, down.attributes], ["withdraw", undefined]);
  assert.equal(((await client.unary("SetVip", { vip: VIP, up: true })) as Vip).action, "announce");
  assert.deepEqual(
    host.events.recent(2).map(({ type, subject }) => [type, subject]),
    [
      ["admin-down", VIP],
      ["admin-up", VIP],
    ],
  );
});

test("virtual routers and checks are told as their cores show them", async () => {
  const [router] = (await client.all("ListVrrp")) as VirtualRouter[];
  assert.deepEqual(
    [router?.name, router?.state, router?.priority, router?.effectivePriority, router?.master, router?.masterPriority],
    ["gw", "Backup", 100, 90, "192.0.2.9", 200],
  );
  assert.deepEqual([router?.dropped, router?.sinceSeconds], [{ checksum: 4 }, 60]);
  const [check] = (await client.all("ListChecks")) as Check[];
  assert.deepEqual([check?.name, check?.type, check?.timeoutSeconds, check?.detail], ["web", "tcp", 0.5, "connected"]);
});

test("a neighbour is found by address and by a description that is its own", async () => {
  const [byAddress] = (await client.all("ListPeers", { peer: "192.0.2.2" })) as Peer[];
  const [byDescription] = (await client.all("ListPeers", { peer: "upstream" })) as Peer[];
  assert.deepEqual([byAddress?.address, byDescription?.address], ["192.0.2.2", "192.0.2.2"]);
  assert.deepEqual(
    [byAddress?.state, byAddress?.advertised, byAddress?.families[0]?.advertised],
    ["Established", 2, 2],
  );
  assert.deepEqual(await client.all("ListPeers", { peer: "nobody" }), ['NOT_FOUND: there is no neighbour "nobody"']);
  assert.match(
    String(await client.all("ListPeers", { peer: "twin" })),
    /^INVALID_ARGUMENT: .*192\.0\.2\.3, 192\.0\.2\.4: say which/,
  );
});

test("a prefix is announced with its attributes, renewed, and withdrawn", async () => {
  const request = {
    prefix: "198.51.100.7",
    med: 7,
    localPreference: 200,
    origin: "incomplete",
    asPathPrepend: 2,
    communities: ["no-export", "65001:1", "65001:1"],
    largeCommunities: ["65001:1:2"],
    extCommunities: ["rt:65001:5"],
    nextHop: "192.0.2.99",
    leaseSeconds: 30,
  };
  assert.deepEqual(await client.unary("Announce", request), { renewed: false });
  const attributes = local("198.51.100.7/32");
  assert.deepEqual(
    [
      attributes?.med,
      attributes?.localPref,
      attributes?.origin,
      attributes?.communities,
      attributes?.nextHop?.toString(),
    ],
    [7, 200, "incomplete", [0xffffff01, 65001 * 65536 + 1], "192.0.2.99"],
  );
  assert.deepEqual(attributes?.asPath, [{ type: "sequence", asns: [65001, 65001] }]);
  assert.deepEqual(((await client.unary("Announce", request)) as AnnounceResponse).renewed, true);
  assert.ok(
    neighbor.receiver?.log.some((line) => line.length > 0),
    "the neighbour was told",
  );
  assert.deepEqual(await client.unary("Withdraw", { prefix: "198.51.100.7/32" }), {});
  assert.equal(local("198.51.100.7/32"), undefined);
  assert.match(String(await client.unary("Withdraw", { prefix: "198.51.100.7/32" })), /^NOT_FOUND/);
});

test("a route whose lease ends goes, or stays as everybody's last resort", async () => {
  await client.unary("Announce", { prefix: "198.51.100.8/32", leaseSeconds: 10 });
  await client.unary("Announce", {
    prefix: "198.51.100.9/32",
    leaseSeconds: 10,
    onLapse: "ON_LAPSE_DE_PREFER",
    med: 3,
  });
  host.pass(seconds(9));
  assert.notEqual(local("198.51.100.8/32"), undefined);
  const status = (await client.unary("GetStatus")) as Status;
  assert.deepEqual(
    status.apiRoutes.map(({ prefix, leaseLeftSeconds, action }) => [prefix, leaseLeftSeconds, action]),
    [
      ["198.51.100.8/32", 1, "announce"],
      ["198.51.100.9/32", 1, "announce"],
    ],
  );
  host.pass(seconds(1));
  assert.equal(local("198.51.100.8/32"), undefined);
  const kept = local("198.51.100.9/32");
  assert.deepEqual([kept?.med, kept?.localPref, kept?.asPath[0]?.asns.length], [0xffffffff, 0, 3]);
  assert.equal(((await client.unary("GetStatus")) as Status).apiRoutes[0]?.action, "de-prefer");
  assert.deepEqual(await client.unary("Announce", { prefix: "198.51.100.9/32", leaseSeconds: 10, med: 3 }), {
    renewed: true,
  });
  assert.equal(local("198.51.100.9/32")?.med, 3, "renewed: as it was");
  await client.unary("Withdraw", { prefix: "198.51.100.9/32" });
});

test("what makes no sense is refused with the reason", async () => {
  const refused = async (name: string, request: object) => String(await client.unary(name, request));
  const announce = (request: object) => refused("Announce", { prefix: "198.51.100.7/32", ...request });
  assert.match(await announce({ prefix: "198.51.100.7/24" }), /^INVALID_ARGUMENT: .*is it 198\.51\.100\.0\/24\?/);
  assert.match(await announce({ prefix: "x".repeat(100_000) }), /^INVALID_ARGUMENT: "x{80}\.\.\." is not a prefix$/);
  assert.match(await announce({ prefix: "" }), /^INVALID_ARGUMENT/);
  assert.match(await announce({ prefix: "10.0.0.0/33" }), /^INVALID_ARGUMENT/);
  assert.match(await announce({ communities: ["\u0007bell"] }), /^INVALID_ARGUMENT: "\?bell" is not a community$/);
  assert.match(await announce({ communities: Array.from({ length: 65 }, (_, i) => `1:${i}`) }), /at most 64/);
  assert.match(await announce({ nextHop: "0.0.0.0" }), /no router could use it/);
  assert.match(await announce({ prefix: "2001:db8::1", nextHop: "192.0.2.1" }), /needs an IPv6 one/);
  assert.match(await announce({ origin: "heaven" }), /igp, egp or incomplete/);
  assert.match(await announce({ asPathPrepend: 1000 }), /at most 64/);
  assert.match(await announce({ leaseSeconds: 0.5 }), /1 to 86400 seconds/);
  assert.match(await announce({ leaseSeconds: Number.NaN }), /1 to 86400 seconds/);
  assert.match(await announce({ onLapse: "ON_LAPSE_DE_PREFER" }), /nothing can lapse/);
  assert.match(await refused("Drain", {}), /^INVALID_ARGUMENT/);
  assert.match(await refused("Stop", { hold: true, text: "bye" }), /^INVALID_ARGUMENT/);
  assert.match(await refused("Stop", { text: "x".repeat(256) }), /at most 255 octets/);
  assert.match(await refused("DiffConfig", {}), /^INVALID_ARGUMENT/);
  assert.match(await refused("Why", { vip: "192.0.2.77" }), /^NOT_FOUND: 192\.0\.2\.77\/32 is not a VIP/);
  await client.unary("Withdraw", { prefix: "198.51.100.7/32" });
});

test("a VIP is its gate's: a client may only vouch for it", async () => {
  assert.match(
    String(await client.unary("Announce", { prefix: VIP })),
    /^FAILED_PRECONDITION: .*its gate announces it/,
  );
  assert.match(
    String(await client.unary("Announce", { prefix: VIP, med: 5, leaseSeconds: 5 })),
    /^FAILED_PRECONDITION/,
  );
  assert.match(String(await client.unary("Withdraw", { prefix: VIP })), /^FAILED_PRECONDITION/);
  assert.deepEqual(await client.unary("Announce", { prefix: VIP, leaseSeconds: 5 }), { renewed: true });
  const held = (await client.unary("Why", { vip: VIP })) as Vip;
  const lease = held.reasons.find(({ condition }) => condition === "lease");
  assert.deepEqual([lease?.verdict, lease?.secondsLeft], ["announce", 5]);
  host.pass(seconds(6));
  assert.equal(((await client.unary("Why", { vip: VIP })) as Vip).action, "withdraw");
});

test("drains, stops and reloads reach the host", async () => {
  host.asked.splice(0);
  assert.deepEqual(await client.unary("Drain", { vip: "203.0.113.11" }), { count: 1, waiting: false });
  assert.deepEqual(await client.unary("Undrain", { vip: "203.0.113.11" }), { count: 1, waiting: false });
  assert.deepEqual(await client.unary("Drain", { neighbor: "upstream" }), { count: 1, waiting: false });
  assert.deepEqual(await client.unary("Drain", { node: true }), { count: 2, waiting: false });
  assert.match(String(await client.unary("Drain", { node: false })), /^INVALID_ARGUMENT/);
  await client.unary("Stop", { hold: true });
  await client.unary("Stop", { text: "maintenance" });
  await client.unary("Reload", {});
  assert.deepEqual(host.asked, [
    "drain 203.0.113.11/32",
    "undrain 203.0.113.11/32",
    "drain 192.0.2.2",
    "drain node",
    "stop hold",
    'stop "maintenance"',
    "reload",
  ]);
});

test("a reload that takes too much is refused until it is forced, and a broken file always", async () => {
  const { fileText } = host;
  host.fileText = fileText.slice(0, fileText.indexOf("[[vips]]"));
  host.asked.splice(0);
  // One of the two VIPs is withdrawn by now: the other is all that is announced.
  assert.match(String(await client.unary("Reload", {})), /^FAILED_PRECONDITION: 1 of 1 announced/);
  assert.deepEqual(host.asked, []);
  assert.equal(typeof (await client.unary("Reload", { force: true })), "object");
  host.fileText = `${fileText}\n${'[[vips]]\nprefix = "bad"\n'.repeat(300)}`;
  const report = String(await client.unary("Reload", { force: true }));
  assert.match(report, /^FAILED_PRECONDITION/);
  assert.ok(report.length < 3_200, "a report fits the trailers");
  assert.match(report, /holdfast check has it all/);
  host.fileText = fileText;
});
