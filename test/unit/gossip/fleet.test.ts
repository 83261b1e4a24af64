import assert from "node:assert/strict";
import { test } from "node:test";
import { decodeMessage } from "../../../src/gossip/fleet/codec.ts";
import { Fleet } from "../../../src/gossip/index.ts";
import { seededRng } from "../../../src/lib/rng.ts";
import { type Instant, seconds } from "../../../src/lib/time.ts";

const VIP = "203.0.113.10/32";
const OTHER = "203.0.113.11/32";

/** One node, and what it wants sent. */
function node(name: string, epoch: number, quiet = false) {
  const sent: { readonly to: string; readonly bytes: Uint8Array }[] = [];
  const broadcasts: Uint8Array[] = [];
  let now = seconds(1) as number as Instant;
  const fleet = new Fleet({ name, epoch, quiet }, seededRng(1), {
    send: (to, bytes) => void sent.push({ to, bytes }),
    broadcast: (bytes) => void broadcasts.push(bytes),
    setMeta: () => {},
    asked: () => {},
    answered: () => {},
    changed: () => {},
    disagreement: () => {},
    rejected: (text) => assert.fail(text),
  });
  const give = (input: Parameters<Fleet["handle"]>[1]) => fleet.handle(now, input);
  return {
    fleet,
    sent,
    broadcasts,
    give,
    receive: (bytes: Uint8Array) => give({ type: "Received", bytes }),
    wait: (duration: number) => {
      now = (now + duration) as Instant;
      fleet.advance(now);
    },
    vip: (vip: string, state: "announced" | "withdrawn" | undefined) => {
      const facts = state && { state, since: 1, isLeaving: false, minAnnouncers: 1 };
      give({ type: "SetVip", vip, facts });
      now = (now + seconds(1)) as Instant;
      fleet.advance(now);
    },
    meet: (other: { readonly fleet: Fleet }, other_: string, state: "alive" | "gone" = "alive") =>
      give({ type: "Member", name: other_, state, meta: other.fleet.meta }),
    sees: (vip: string) => fleet.members()[0]?.node?.vips.get(vip)?.state,
  };
}

const kind = (bytes: Uint8Array | undefined) => {
  const decoded = bytes && decodeMessage(bytes);
  return decoded?.ok === true ? decoded.value.type : undefined;
};

test("a broadcast that got lost is made good by one fetch of the whole", () => {
  const [a, b] = [node("a", 1), node("b", 1)];
  b.meet(a, "a");
  a.vip(VIP, "announced");
  b.receive(a.fleet.localState());
  a.vip(OTHER, "announced");
  a.vip(VIP, undefined);
  b.receive(a.broadcasts[2] as Uint8Array); // the one in between is lost
  assert.equal(b.sees(VIP), "announced", "a difference to what is not held is not applied");
  b.meet(a, "a");
  b.wait(seconds(0.4));
  assert.equal(b.sent.length, 0, "the broadcast has its time");
  b.wait(seconds(0.7));
  assert.deepEqual(
    b.sent.map(({ to, bytes }) => [to, kind(bytes)]),
    [["a", "fetch"]],
  );
  a.meet(b, "b");
  a.receive(b.sent[0]?.bytes as Uint8Array);
  b.receive(a.sent.at(-1)?.bytes as Uint8Array);
  assert.deepEqual([b.sees(VIP), b.sees(OTHER)], [undefined, "announced"]);
  b.wait(seconds(60));
  assert.equal(b.sent.length, 1);
});

test("what comes late does not undo what is newer", () => {
  const [a, b] = [node("a", 1), node("b", 1)];
  b.meet(a, "a");
  a.vip(VIP, "announced");
  const early = a.fleet.localState();
  a.vip(VIP, "withdrawn");
  b.receive(a.fleet.localState());
  b.receive(early);
  b.receive(a.broadcasts[0] as Uint8Array);
  assert.equal(b.sees(VIP), "withdrawn");
});

test("a node that was restarted with its clock set back is believed, and its former self is not", () => {
  const [former, b] = [node("a", 9000), node("b", 1)];
  b.meet(former, "a");
  former.vip(VIP, "announced");
  b.receive(former.fleet.localState());
  const present = node("a", 5000);
  present.vip(VIP, "withdrawn");
  b.receive(present.fleet.localState());
  assert.equal(b.sees(VIP), "announced", "not before gossip says that it is another life");
  b.meet(present, "a");
  b.receive(present.fleet.localState());
  assert.equal(b.sees(VIP), "withdrawn");
  b.wait(seconds(10));
  assert.deepEqual(b.sent, [], "nothing is missing");
});

test("only the living that announce are announcers, and only with a session", () => {
  const [a, b] = [node("a", 1), node("b", 1)];
  b.meet(a, "a");
  a.give({ type: "SetFacts", facts: { ...a.fleet.self.facts, sessions: 1 } });
  a.vip(VIP, "announced");
  b.receive(a.fleet.localState());
  assert.deepEqual(b.fleet.announcers(VIP), { staying: ["a"], leaving: [] });
  a.give({ type: "SetFacts", facts: { ...a.fleet.self.facts, sessions: 0 } });
  a.wait(seconds(1));
  b.receive(a.broadcasts.at(-1) as Uint8Array);
  assert.deepEqual(b.fleet.announcers(VIP).staying, []);
  a.give({ type: "SetFacts", facts: { ...a.fleet.self.facts, sessions: 1 } });
  a.wait(seconds(1));
  b.receive(a.broadcasts.at(-1) as Uint8Array);
  b.meet(a, "a", "gone");
  assert.deepEqual(b.fleet.announcers(VIP).staying, []);
});

test("among serf agents nothing is said but from node to node", () => {
  const a = node("a", 1, true);
  a.vip(VIP, "announced");
  assert.deepEqual([a.broadcasts, a.fleet.localState().length], [[], 0]);
});

test("what is not of a gateway is left alone, and strangers are not listened to", () => {
  const [a, b] = [node("a", 1), node("b", 1)];
  a.vip(VIP, "announced");
  b.receive(a.fleet.localState());
  b.receive(new Uint8Array([1, 2, 3]));
  b.receive(new Uint8Array(0));
  assert.deepEqual(b.fleet.members(), []);
});
