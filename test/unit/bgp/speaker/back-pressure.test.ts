/** Slow neighbours, large tables: who is served, what waits, and what does not. */
import assert from "node:assert/strict";
import { test } from "node:test";
import { localRoute } from "../../../../src/bgp/index.ts";
import { type Instant, seconds } from "../../../../src/lib/time.ts";
import { hostRoutes, type Neighbor, prefix } from "./neighbor.ts";
import { Rig } from "./rig.ts";

/** As outbox.ts has it. */
const OUTSTANDING_MAX = 256 * 1024;
const TURN_MAX = 64 * 1024;
/** No stretch of messages that the RIB makes is longer. */
const SLAB_MAX = 64 * 1024;
/** As rib-link.ts has it. */
const BACKLOG_MAX = 32_768;
/** Routes of more than a thousand octets each: four times what may wait. */
const LARGE = 1024;
const COMMUNITIES = 250;

/** A speaker with more to tell than a neighbour may have waiting. */
function loaded(): Rig {
  const rig = new Rig();
  const communities = (i: number) => Array.from({ length: COMMUNITIES }, (_, k) => (i << 16) + k);
  const routes = hostRoutes(LARGE).map((text, i) => localRoute(prefix(text), { communities: communities(i) }));
  rig.input({ type: "Announce", routes });
  return rig;
}

test("a neighbour whose kernel takes nothing is sent 256 KiB and a slab at most; others get everything", () => {
  const rig = loaded();
  const [slow, fast] = [rig.join(), rig.join({ address: "192.0.2.3", peerAs: 65003 })];
  drain(rig, fast);
  assert.equal(fast.routeCount, LARGE);
  assert.equal(slow.octets > OUTSTANDING_MAX / 2, true, `${slow.octets} octets`);
  assert.equal(slow.octets < OUTSTANDING_MAX + SLAB_MAX, true, `${slow.octets} octets`);
  const before = slow.octets;
  rig.pass(seconds(10));
  assert.equal(slow.octets, before, "and there it stays");
  fast.announce(["172.16.0.0/12"]);
  rig.join({ address: "192.0.2.4", peerAs: 65004 });
  assert.equal(slow.octets, before);
});

test("as soon as the kernel takes octets, UPDATEs go on, until the neighbour has all", () => {
  const rig = loaded();
  const slow = rig.join();
  const before = slow.octets;
  slow.sent(OUTSTANDING_MAX);
  assert.equal(slow.octets, before, "no room yet");
  slow.sent(OUTSTANDING_MAX - 1);
  assert.equal(slow.octets > before, true, "room");
  assert.equal(slow.octets - before < SLAB_MAX, true, `${slow.octets - before} octets more`);
  drain(rig, slow);
  assert.equal(slow.routeCount, LARGE);
  assert.equal(slow.receiver?.announced, LARGE, "each once");
});

test("KEEPALIVEs go out while UPDATEs wait", () => {
  const rig = loaded();
  const slow = rig.join({ holdTime: seconds(9) });
  slow.take();
  for (let second = 0; second < 60; second++) {
    slow.send(Uint8Array.from([...new Uint8Array(16).fill(0xff), 0, 19, 4]));
    rig.pass(seconds(1));
  }
  const messages = slow.take();
  assert.deepEqual([...new Set(messages)], ["KEEPALIVE"]);
  assert.equal(messages.length >= 19, true, `${messages.length} in a minute`);
  assert.equal(slow.state, "Established");
});

test("what changes three times while a neighbour takes nothing is sent once, as it is in the end", () => {
  const rig = loaded();
  const slow = rig.join();
  const last = hostRoutes(LARGE).at(-1) as string;
  for (const med of [1, 2, 3]) rig.input({ type: "Announce", routes: [localRoute(prefix(last), { med })] });
  drain(rig, slow);
  assert.equal(slow.route(last)?.med, 3);
  assert.equal(slow.receiver?.announced, LARGE + 1);
});

test("a neighbour that takes no octets for the send hold time is given up, and the others never notice", () => {
  const rig = loaded();
  const slow = rig.join({ sendHoldTime: seconds(20), holdTime: seconds(0) });
  const other = rig.join({ address: "192.0.2.3", peerAs: 65003, holdTime: seconds(0) });
  slow.sent(OUTSTANDING_MAX);
  rig.take();
  rig.pass(seconds(21));
  assert.deepEqual(rig.take()[0], "abort 192.0.2.2");
  drain(rig, other);
  assert.equal(other.routeCount, LARGE);
  rig.pass(seconds(2));
  drain(rig, slow.establish());
  assert.equal(slow.routeCount, LARGE, "what was outstanding before counts no more");
});

test("one turn makes a turn's worth of UPDATEs, and each neighbour has its share", () => {
  const rig = loaded();
  const neighbors = ["192.0.2.2", "192.0.2.3", "192.0.2.4"].map((address) => rig.add({ address }));
  for (const neighbor of neighbors) neighbor.connect().open();
  const keepalive = Uint8Array.from([...new Uint8Array(16).fill(0xff), 0, 19, 4]);
  for (const { connection } of neighbors)
    rig.speaker.handle(rig.now, { type: "Received", connection, bytes: keepalive });
  const total = () => neighbors.reduce((sum, { octets }) => sum + octets, 0);
  const shares: string[] = [];
  for (let before = total(); rig.speaker.deadline <= rig.now; before = total()) {
    const each = neighbors.map(({ octets }) => octets);
    rig.speaker.advance(rig.now);
    assert.equal(total() - before <= TURN_MAX + SLAB_MAX, true, `${total() - before} octets in a turn`);
    shares.push(neighbors.map(({ octets }, i) => (octets > (each[i] as number) ? "x" : "-")).join(""));
  }
  const served = shares.filter((share) => share !== "---");
  assert.deepEqual(served.slice(0, 3).toSorted(), ["--x", "-x-", "x--"].toSorted(), served.join(" "));
});

test("a neighbour that sends more than the table takes makes it congested, until it has caught up", () => {
  const rig = new Rig();
  const neighbor = rig.join();
  const bytes = neighbor.update(hostRoutes(BACKLOG_MAX + 1000), {});
  rig.speaker.handle(rig.now, { type: "Received", connection: neighbor.connection, bytes });
  assert.equal(rig.speaker.congested, true);
  rig.settle();
  assert.equal(rig.speaker.congested, false);
});

test("prefixes that change nothing make nothing congested", () => {
  const rig = new Rig();
  const neighbor = rig.join();
  const receive = (bytes: Uint8Array) =>
    rig.speaker.handle(rig.now, { type: "Received", connection: neighbor.connection, bytes });
  receive(neighbor.update(hostRoutes(2 * BACKLOG_MAX), undefined));
  assert.deepEqual([rig.speaker.congested, rig.speaker.deadline > rig.now], [false, true]);
  neighbor.announce(hostRoutes(20_000));
  for (let i = 0; i < 3; i++) receive(neighbor.update(hostRoutes(20_000), {}));
  assert.deepEqual([rig.speaker.congested, rig.speaker.deadline > rig.now], [false, true]);
});

/** The kernel takes everything, again and again, until there is no more. */
function drain(rig: Rig, neighbor: Neighbor): void {
  for (let before = -1; neighbor.octets !== before; ) {
    before = neighbor.octets;
    rig.now = (rig.now + 1000) as Instant;
    neighbor.sent(0);
  }
}
