/** Two connections at once: RFC 4271 section 6.8, RFC 6286 section 2.3, RFC 4724 section 5. */
import assert from "node:assert/strict";
import { test } from "node:test";
import type { GracefulRestartConfig } from "../../../../src/bgp/peer-config.ts";
import type { OpenMessage } from "../../../../src/bgp/wire/index.ts";
import { seconds } from "../../../../src/lib/time.ts";
import { endOfRib, familyConfig, keepalive, notification, Rig, refresh } from "./harness.ts";

const OURS = 1;
const THEIRS = 101;
const OUR_ID = 0x0a000001;
const CEASE = "NOTIFICATION 6/7";

/** Our connection and the neighbour's, both with our OPEN out. */
function both(): Rig {
  const rig = new Rig().to("OpenSent");
  assert.equal(rig.accept(), THEIRS);
  rig.take();
  return rig;
}

const higher: Partial<OpenMessage> = { identifier: OUR_ID + 1 };
const lower: Partial<OpenMessage> = { identifier: OUR_ID - 1 };

for (const [who, open, kept, lost] of [
  ["the neighbour", higher, THEIRS, OURS],
  ["we", lower, OURS, THEIRS],
] as const)
  for (const order of [
    [OURS, THEIRS],
    [THEIRS, OURS],
  ] as const)
    test(`${who} with the higher identifier, OPEN on ${order[0]} first: connection ${kept} is kept`, () => {
      const rig = both();
      rig.receiveOpen(open, {}, order[0]);
      assert.deepEqual(rig.take(), [`send ${order[0]} KEEPALIVE`, "OpenSent>OpenConfirm"]);
      rig.receiveOpen(open, {}, order[1]);
      assert.equal(rig.state, "OpenConfirm");
      rig.receive(keepalive(), kept);
      assert.ok(rig.take().join().includes(`send ${lost} ${CEASE},close ${lost}`));
      assert.equal(rig.session.up?.connection, kept);
      assert.ok(!rig.take().some((line) => line.startsWith("down")));
    });

test("identifiers as unsigned numbers: 200.0.0.1 is higher than 10.0.0.1", () => {
  const rig = both();
  rig.receiveOpen({ identifier: 0xc8000001 }, {}, OURS).receiveOpen({ identifier: 0xc8000001 }, {}, THEIRS);
  rig.receive(keepalive(), OURS).receive(keepalive(), THEIRS);
  assert.ok(rig.take().includes(`send ${OURS} ${CEASE}`));
});

test("equal identifiers: the connection of the higher AS is kept", () => {
  const same = { identifier: OUR_ID };
  const external = both(); // 65002 is the neighbour
  external.receiveOpen(same, {}, OURS).receiveOpen(same, {}, THEIRS).receive(keepalive(), THEIRS);
  assert.ok(external.take().includes(`send ${OURS} ${CEASE}`));
  const rig = new Rig({ peerAs: 65000 }).to("OpenSent");
  rig.accept();
  rig.receiveOpen(same, { localAs: 65000 }, OURS).receiveOpen(same, { localAs: 65000 }, THEIRS);
  assert.ok(rig.take().includes(`send ${THEIRS} ${CEASE}`));
});

test("the KEEPALIVE on the connection that is to lose waits for the other one's OPEN", () => {
  const rig = both();
  rig.receiveOpen(higher, {}, OURS).receive(keepalive(), OURS);
  assert.equal(rig.state, "OpenConfirm");
  rig.take();
  rig.receiveOpen(higher, {}, THEIRS).receive(keepalive(), THEIRS);
  assert.deepEqual(rig.take(), [
    `send ${THEIRS} KEEPALIVE`,
    `send ${OURS} ${CEASE}`,
    `close ${OURS}`,
    "OpenConfirm>Established",
    "established",
  ]);
});

test("a connection that waited is established when the other one goes", () => {
  const ends: ((rig: Rig) => unknown)[] = [
    (rig) => rig.input({ type: "Closed", connection: THEIRS, reason: "reset" }),
    (rig) => rig.receive(notification(6, 7), THEIRS),
    (rig) => rig.receiveOpen({ identifier: 0 }, {}, THEIRS),
    (rig) => rig.pass(seconds(2)),
    (rig) => rig.receive(endOfRib(), OURS),
    (rig) => rig.receive(refresh(), OURS),
  ];
  for (const end of ends) {
    const rig = both();
    rig.receiveOpen(higher, {}, OURS).receive(keepalive(), OURS);
    end(rig);
    assert.equal(rig.session.up?.connection, OURS, end.toString());
  }
});

test("the KEEPALIVE on the connection that is to be kept does not wait", () => {
  const rig = both();
  rig.receiveOpen(higher, {}, THEIRS).receive(keepalive(), THEIRS);
  assert.deepEqual(rig.take().slice(-4), [
    `send ${OURS} ${CEASE}`,
    `close ${OURS}`,
    "OpenConfirm>Established",
    "established",
  ]);
});

test("an attempt of ours that is not answered yet ends without a word when the neighbour's is established", () => {
  const rig = new Rig().to("Connect");
  rig.accept();
  rig.receiveOpen({}, {}, THEIRS).receive(keepalive(), THEIRS);
  assert.ok(rig.take().includes(`close ${OURS}`));
  assert.deepEqual(rig.connected(OURS).take(), []);
});

test("an attempt of ours that fails leaves the neighbour's connection alone", () => {
  const rig = new Rig().to("Connect");
  rig.accept();
  rig.take();
  assert.deepEqual(rig.input({ type: "ConnectFailed", connection: OURS, reason: "refused" }).take(), []);
  rig.receiveOpen({}, {}, THEIRS).receive(keepalive(), THEIRS);
  assert.equal(rig.state, "Established");
});

test("when the neighbour's connection goes, ours is still being made", () => {
  const rig = new Rig().to("Connect");
  rig.accept();
  rig.take();
  rig.input({ type: "Closed", connection: THEIRS, reason: "reset" });
  assert.deepEqual([rig.take(), rig.state], [["OpenSent>Connect"], "Connect"]);
});

test("an error on one connection leaves the other", () => {
  const rig = both();
  rig.receiveOpen({}, {}, THEIRS).receive(notification(2, 2), THEIRS);
  assert.equal(rig.state, "OpenSent");
  rig.receiveOpen().receive(keepalive());
  assert.equal(rig.state, "Established");
});

test("a newer connection of the neighbour replaces its older one", () => {
  const rig = new Rig({ passive: true }).start();
  const first = rig.accept();
  rig.receiveOpen({}, {}, first);
  rig.take();
  const second = rig.accept();
  assert.deepEqual(rig.take(), [
    `send ${first} ${CEASE}`,
    `close ${first}`,
    `send ${second} OPEN`,
    "OpenConfirm>OpenSent",
  ]);
});

test("an established connection wins over a later one, by Cease/7 once that has sent its OPEN", () => {
  const rig = new Rig().to("Established");
  rig.pass(seconds(60)).receive(keepalive());
  const late = rig.accept();
  rig.take();
  rig.receiveOpen({}, {}, late);
  // The KEEPALIVE makes a neighbour's TCP that knows nothing of the old connection say so.
  assert.deepEqual(rig.take(), [`send ${late} ${CEASE}`, `close ${late}`, "send 1 KEEPALIVE"]);
  assert.equal(rig.state, "Established");
});

const restart: GracefulRestartConfig = {
  restartTime: seconds(120),
  notification: false,
  longLived: false,
  helperOnly: false,
  deferralTime: seconds(60),
};
const graceful = { gracefulRestart: restart, families: [familyConfig(0, { gracefulRestart: true })] };

test("a neighbour with graceful restart that connects again ends the old session without a NOTIFICATION", () => {
  const rig = new Rig(graceful).to("Established", {}, graceful).pass(seconds(10));
  const again = rig.accept();
  rig.take();
  rig.receiveOpen({}, graceful, again).receive(keepalive(), again);
  assert.deepEqual(rig.take(), [
    "abort 1",
    "down connection-lost",
    `send ${again} KEEPALIVE`,
    "Established>OpenConfirm",
    "OpenConfirm>Established",
    "established",
  ]);
});

test("within seconds of Established only the R bit tells a restart from a late collision", () => {
  const helper = { gracefulRestart: { ...restart, helperOnly: true } };
  const collide = (theirs: typeof graceful | typeof helper, restarting: boolean, after: number): boolean => {
    const rig = new Rig(graceful).to("Established", {}, theirs).pass(seconds(after));
    const again = rig.accept();
    rig.take();
    const open = rig.out.lastOpen as OpenMessage;
    const capabilities = open.capabilities.map((c) => (c.type === "graceful-restart" ? { ...c, restarting } : c));
    const theirAs = capabilities.map((c) => (c.type === "four-octet-as" ? { ...c, as: 65002 } : c));
    rig.receiveOpen({ capabilities: theirAs }, {}, again);
    return rig.take().includes("abort 1");
  };
  assert.equal(collide(graceful, false, 4), false);
  assert.equal(collide(graceful, true, 0), true);
  assert.equal(collide(graceful, false, 5), true);
  assert.equal(collide(helper, true, 60), false);
});

test("a bare TCP connection does nothing to an established session", () => {
  const rig = new Rig(graceful).to("Established", {}, graceful).pass(seconds(10));
  const again = rig.accept();
  assert.equal(rig.state, "Established");
  rig.input({ type: "Closed", connection: again, reason: "reset" });
  assert.equal(rig.state, "Established");
});

test("when the established connection goes, the newer one carries on", () => {
  const rig = new Rig().to("Established");
  const again = rig.accept();
  rig.take();
  rig.input({ type: "Closed", connection: OURS, reason: "reset" });
  assert.deepEqual(rig.take(), ["down connection-lost", "Established>OpenSent"]);
  rig.receiveOpen({}, {}, again).receive(keepalive(), again);
  assert.equal(rig.session.up?.connection, again);
});
