/** NOTIFICATIONs other than those for a bad OPEN: what is sent when, and what is made of those received. */
import assert from "node:assert/strict";
import { test } from "node:test";
import type { GracefulRestartConfig } from "../../../../src/bgp/peer-config.ts";
import { encodeOpen, frameMessage, MessageType } from "../../../../src/bgp/wire/index.ts";
import { fromHex } from "../../../../src/lib/bytes.ts";
import { seconds } from "../../../../src/lib/time.ts";
import { concat, endOfRib, keepalive, notification, peerOpen, Rig, refresh } from "./harness.ts";

const notifying: GracefulRestartConfig = {
  restartTime: seconds(120),
  notification: true,
  longLived: false,
  helperOnly: false,
  deferralTime: seconds(60),
};

test("a stop carries its text to the neighbour", () => {
  const rig = new Rig().to("Established");
  rig.take();
  rig.input({ type: "ManualStop", subcode: 2, text: "Ära" });
  assert.equal(rig.take()[0], "send 1 NOTIFICATION 6/2 04c3847261");
  const { lastDown } = rig.out;
  assert.ok(lastDown?.type === "notification-sent" && lastDown.text === "Ära" && lastDown.error.subcode === 2);
  assert.equal(rig.session.statistics.lastError?.text, 'sent Cease/Administrative Shutdown: "Ära"');
});

test("every Cease subcode goes out as asked; those of RFC 4486 without text carry none", () => {
  for (const subcode of [1, 2, 3, 4, 5, 6, 7, 8, 10]) {
    const rig = new Rig().to("Established");
    rig.take();
    rig.input({ type: "AutomaticStop", subcode, text: "x" });
    const data = subcode === 2 || subcode === 4 ? " 0178" : "";
    assert.equal(rig.take()[0], `send 1 NOTIFICATION 6/${subcode}${data}`);
  }
});

test("with the N bit on both sides a stop for long is a Hard Reset, a short one a plain Cease", () => {
  const established = (theirs: boolean) => {
    const rig = new Rig({ gracefulRestart: notifying });
    rig.to("Established", {}, { gracefulRestart: { ...notifying, notification: theirs } }).take();
    return rig;
  };
  const hard = established(true).input({ type: "ManualStop", subcode: 2, text: "x" });
  assert.equal(hard.take()[0], "send 1 NOTIFICATION 6/9 06020178");
  const limit = established(true).input({ type: "AutomaticStop", subcode: 1, text: "", idleFor: seconds(60) });
  assert.equal(limit.take()[0], "send 1 NOTIFICATION 6/9 0601");
  const reset = established(true).input({ type: "AutomaticStop", subcode: 4, text: "" });
  assert.equal(reset.take()[0], "send 1 NOTIFICATION 6/4");
  const alone = established(false).input({ type: "ManualStop", subcode: 2, text: "x" });
  assert.equal(alone.take()[0], "send 1 NOTIFICATION 6/2 0178");
});

test("the neighbour's words are handed on, also from inside a Hard Reset", () => {
  for (const bytes of [notification(6, 2, [2, 0x68, 0x69]), notification(6, 9, [6, 2, 2, 0x68, 0x69])]) {
    const rig = new Rig().to("Established").receive(bytes);
    assert.deepEqual(
      rig.out.notices.map(({ sent, text }) => [sent, text]),
      [[false, "hi"]],
    );
    const { lastDown } = rig.out;
    assert.ok(lastDown?.type === "notification-received" && lastDown.text === "hi");
  }
});

test("a NOTIFICATION is never answered by one, however wrong it is", () => {
  for (const state of ["OpenSent", "OpenConfirm", "Established"] as const)
    for (const [code, subcode] of [
      [2, 1],
      [6, 2],
      [0, 0],
      [255, 255],
    ] as const) {
      const rig = new Rig().to(state);
      rig.take();
      rig.receive(concat(notification(code, subcode, [9, 9, 9]), keepalive(), keepalive()));
      assert.deepEqual(
        rig.take().filter((line) => line.startsWith("send")),
        [],
      );
      assert.equal(rig.state, "Idle");
    }
});

test("what follows a fatal message in the same octets is not read", () => {
  const rig = new Rig().to("OpenSent");
  rig.take();
  rig.receive(concat(keepalive(), encodeOpen(peerOpen()), keepalive()));
  assert.deepEqual(rig.take(), ["send 1 NOTIFICATION 5/1 04", "close 1", "OpenSent>Idle"]);
});

test("a message of 4097 octets is 1/2 unless extended messages are agreed on, and an OPEN always", () => {
  const long = (type: MessageType) => frameMessage(type, new Uint8Array(4097 - 19));
  const plain = new Rig({ extendedMessage: true }).to("Established");
  plain.take();
  assert.equal(plain.receive(long(MessageType.RouteRefresh)).take()[0], "send 1 NOTIFICATION 1/2 1001");
  const extended = new Rig({ extendedMessage: true }).to("Established", {}, { extendedMessage: true });
  extended.take();
  extended.receive(long(MessageType.RouteRefresh));
  assert.match(extended.take()[0] as string, /^send 1 NOTIFICATION 7\/1 ffff/);
  const early = new Rig({ extendedMessage: true }).to("OpenSent");
  early.take();
  assert.equal(early.receive(long(MessageType.Open)).take()[0], "send 1 NOTIFICATION 1/2 1001");
});

test("a ROUTE-REFRESH of a wrong length is 7/1 with the whole message as data", () => {
  const rig = new Rig().to("Established");
  rig.take();
  rig.receive(frameMessage(MessageType.RouteRefresh, fromHex("0001000100")));
  assert.equal(rig.take()[0], `send 1 NOTIFICATION 7/1 ${"ff".repeat(16)}0018050001000100`);
});

test("refreshes: requests and demarcations are told, what was not negotiated is ignored", () => {
  const rig = new Rig().to("Established");
  rig.take();
  rig.receive(concat(refresh("request"), refresh("begin"), refresh("end")));
  assert.deepEqual(rig.take(), ["refresh 0 request", "refresh 0 begin", "refresh 0 end"]);
  rig.receive(concat(refresh("request", 2, 1), refresh("request", 1, 128), refresh("begin", 25, 70)));
  assert.deepEqual(rig.take(), []);
  const plain = new Rig().to("Established", { capabilities: [] });
  plain.take();
  plain.receive(concat(refresh("begin"), refresh("request")));
  assert.deepEqual(plain.take(), ["refresh 0 request"]);
});

test("a refresh is asked for only of a neighbour that answers it, and of a family it carries", () => {
  const plain = new Rig().to("Established", { capabilities: [] });
  plain.take();
  assert.deepEqual(plain.input({ type: "RequestRefresh", family: 0 }).take(), []);
  const rig = new Rig().to("Established");
  rig.take();
  assert.deepEqual(rig.input({ type: "RequestRefresh", family: 1 }).take(), []);
  assert.deepEqual(rig.input({ type: "RequestRefresh", family: 0 }).take(), ["send 1 ROUTE-REFRESH"]);
});

test("messages are counted by type, both ways", () => {
  const rig = new Rig().to("Established").receive(concat(endOfRib(), endOfRib(), keepalive()));
  rig.session.statistics.countSent(concat(endOfRib(), endOfRib(), endOfRib()));
  const none = { open: 1, update: 0, notification: 0, keepalive: 1, routeRefresh: 0, total: 0 };
  assert.deepEqual(rig.session.statistics.received, { ...none, update: 2, keepalive: 2, total: 5 });
  assert.deepEqual(rig.session.statistics.sent, { ...none, update: 3, total: 5 });
});

test("a fault of ours in the owner leaves a session that can still be stopped", () => {
  const rig = new Rig().to("Established");
  rig.take();
  rig.out.isBroken = true;
  assert.throws(() => rig.receive(concat(refresh(), keepalive())), /ours/);
  rig.input({ type: "AutomaticStop", subcode: 8, text: "" });
  const expected = ["send 1 NOTIFICATION 6/8", "close 1", "down notification-sent", "Established>Idle"];
  assert.deepEqual(rig.take(), expected);
});

const update = (hex: string): Uint8Array => frameMessage(MessageType.Update, fromHex(hex));
/** ORIGIN 7 (there is no such value), an empty AS_PATH, a next hop; 10.0.0.0/8. */
const BAD_ORIGIN = "0000 000e 40010107 400200 400304c0000202 080a";

test("an UPDATE that cannot be read is 3/1; one with a bad attribute withdraws, and the session stays", () => {
  const broken = new Rig().to("Established");
  broken.take();
  broken.receive(update("ffff 0000"));
  assert.equal(broken.take()[0], "send 1 NOTIFICATION 3/1");
  assert.notEqual(broken.session.statistics.lastError?.text, "sent UPDATE Message Error/Malformed Attribute List");
  const lenient = new Rig().to("Established");
  lenient.take();
  lenient.receive(update(BAD_ORIGIN));
  assert.deepEqual(lenient.take(), ["withdraw", "faults 1"]);
  assert.equal(lenient.state, "Established");
});

test("without treat-as-withdraw a bad attribute is 3/x with the attribute as data", () => {
  const strict = new Rig({ treatAsWithdraw: false }).to("Established");
  strict.take();
  strict.receive(update(BAD_ORIGIN));
  assert.equal(strict.take()[0], "send 1 NOTIFICATION 3/6 40010107");
});
