/** Neighbours that may come from anywhere in a prefix. */
import assert from "node:assert/strict";
import { test } from "node:test";
import { DYNAMIC_PEERS_MAX, DynamicPeers } from "../../../../src/bgp/dynamic-peers.ts";
import type { PeerConfig } from "../../../../src/bgp/index.ts";
import { seconds } from "../../../../src/lib/time.ts";
import { Neighbor, prefix } from "./neighbor.ts";
import { address, config, Rig } from "./rig.ts";

type Given = Partial<Omit<PeerConfig, "address">>;

/** Neighbours may come from `text` with these settings. */
function allow(rig: Rig, text: string, given: Given = {}, effect: "live" | "soft" | "reset" = "live"): void {
  rig.input({
    type: "AddDynamicPeers",
    prefix: prefix(text),
    template: config({ address: "0.0.0.0", ...given }),
    effect,
  });
}

/** Somebody there, who thinks the settings are these. */
const somebody = (rig: Rig, text: string, given: Given = {}) => new Neighbor(rig, config({ ...given, address: text }));

test("the longest prefix decides whose settings a neighbour gets", () => {
  const peers = new DynamicPeers();
  const template = (peerGroup: string) => config({ address: "0.0.0.0", peerGroup });
  peers.add(prefix("192.0.2.0/25"), template("half"));
  peers.add(prefix("192.0.2.0/24"), template("whole"));
  peers.add(prefix("192.0.2.7/32"), template("one"));
  peers.add(prefix("2001:db8::/32"), template("six"));
  const groupOf = (text: string) => peers.match(address(text))?.config.peerGroup;
  assert.deepEqual(["192.0.2.7", "192.0.2.8", "192.0.2.200", "192.0.3.1", "2001:db8::7"].map(groupOf), [
    "one",
    "half",
    "whole",
    undefined,
    "six",
  ]);
  peers.remove(prefix("192.0.2.0/25"));
  assert.equal(groupOf("192.0.2.8"), "whole");
  peers.add(prefix("192.0.2.0/24"), template("changed"));
  assert.equal(groupOf("192.0.2.8"), "changed");
});

test("a dynamic neighbour is never connected to, whatever its settings say", () => {
  const peers = new DynamicPeers();
  peers.add(prefix("192.0.2.0/24"), config({ address: "0.0.0.0", passive: false }));
  const match = peers.match(address("192.0.2.7"))?.config;
  assert.deepEqual([match?.passive, match?.address.toString()], [true, "192.0.2.7"]);
});

test("whoever comes from the prefix gets a session; whoever does not is a stranger", () => {
  const rig = new Rig();
  allow(rig, "198.51.100.0/24", { peerAs: 0 });
  assert.equal(rig.speaker.peers.size, 0);
  const neighbor = somebody(rig, "198.51.100.7").establish();
  assert.equal(neighbor.state, "Established");
  assert.equal(neighbor.peer?.dynamic, true);
  assert.deepEqual(rig.events[0], { peer: neighbor.name, event: { type: "peer-added", dynamic: true } });
  rig.take();
  rig.accept("198.51.101.7");
  assert.deepEqual(rig.take(), ["close stranger"]);
});

test("a dynamic neighbour is forgotten when its session ends, by whichever side, and may come again", () => {
  const ends: ((neighbor: Neighbor, rig: Rig) => unknown)[] = [
    (neighbor) => neighbor.lose(),
    (neighbor) => neighbor.send(new Uint8Array(19)),
    ({ name }, rig) => rig.input({ type: "RemovePeer", peer: name }),
    (_, rig) => rig.input({ type: "RemoveDynamicPeers", prefix: prefix("198.51.100.0/24") }),
    (_, rig) => rig.pass(seconds(90)),
    ({ name }, rig) => rig.input({ type: "ResetPeer", peer: name, text: "x" }),
  ];
  for (const [i, end] of ends.entries()) {
    const rig = new Rig();
    allow(rig, "198.51.100.0/24");
    const neighbor = somebody(rig, "198.51.100.7").establish();
    neighbor.announce(["10.1.0.0/16"]);
    end(neighbor, rig);
    rig.pass(seconds(1)); // the idle hold time after an error
    assert.equal(rig.speaker.peers.size, 0, `end ${i}`);
    assert.equal(rig.eventsOf("peer-removed").length, 1, `end ${i}`);
    assert.equal(rig.speaker.rib.view.counts(0).paths, 0);
    assert.equal(rig.ends.size, 0, "the connection is closed");
    allow(rig, "198.51.100.0/24");
    assert.equal(neighbor.establish().state, "Established");
  }
});

test("a dynamic neighbour that fails before it is up is forgotten", () => {
  const rig = new Rig();
  allow(rig, "198.51.100.0/24", { peerAs: 65002 });
  somebody(rig, "198.51.100.7", { peerAs: 65077 }).establish();
  rig.pass(seconds(1));
  assert.equal(rig.speaker.peers.size, 0, "the wrong AS");
  somebody(rig, "198.51.100.7").connect().lose();
  assert.equal(rig.speaker.peers.size, 0, "lost in OpenSent");
  somebody(rig, "198.51.100.7").connect();
  rig.pass(seconds(240));
  assert.equal(rig.speaker.peers.size, 0, "silent for ever");
});

test("a dynamic neighbour that is disabled stays down until it is enabled", () => {
  const rig = new Rig();
  allow(rig, "198.51.100.0/24");
  const neighbor = somebody(rig, "198.51.100.7").establish();
  rig.input({ type: "DisablePeer", peer: neighbor.name, text: "" });
  rig.pass(seconds(600));
  neighbor.take();
  neighbor.connect().connect();
  assert.deepEqual(neighbor.take(), ["NOTIFICATION 6/5", "NOTIFICATION 6/5"]);
  rig.input({ type: "EnablePeer", peer: neighbor.name });
  assert.equal(neighbor.establish().state, "Established");
});

test("neighbours of a template that is administratively down are refused and leave nothing behind", () => {
  const rig = new Rig();
  allow(rig, "198.51.100.0/24", { adminDown: true });
  const neighbor = somebody(rig, "198.51.100.7").connect();
  assert.deepEqual(neighbor.take(), ["NOTIFICATION 6/5"]);
  assert.equal(rig.speaker.peers.size + rig.ends.size, 0);
});

test("new settings reach the neighbours of their own prefix, and no others", () => {
  const rig = new Rig();
  allow(rig, "198.51.100.0/24", { description: "a" });
  allow(rig, "203.0.113.0/24", { description: "b" });
  const [first, second] = [somebody(rig, "198.51.100.7").establish(), somebody(rig, "203.0.113.7").establish()];
  first.take();
  second.take();
  allow(rig, "198.51.100.0/24", { description: "c" }, "reset");
  assert.deepEqual(first.take(), ["NOTIFICATION 6/6"]);
  assert.deepEqual(second.take(), []);
  assert.equal(second.state, "Established");
  assert.equal(first.establish().peer?.config.description, "c");
  allow(rig, "203.0.113.0/24", { description: "d" }, "live");
  assert.deepEqual(
    [first, second].map(({ peer }) => peer?.config.description),
    ["c", "d"],
  );
  assert.deepEqual(
    [first, second].map(({ state }) => state),
    ["Established", "Established"],
  );
});

test("a prefix that goes takes its neighbours along; those of a longer one stay", () => {
  const rig = new Rig();
  allow(rig, "198.51.100.0/24", { description: "wide" });
  allow(rig, "198.51.100.128/25", { description: "narrow" });
  const [wide, narrow] = [somebody(rig, "198.51.100.7").establish(), somebody(rig, "198.51.100.200").establish()];
  narrow.take();
  rig.input({ type: "RemoveDynamicPeers", prefix: prefix("198.51.100.0/24") });
  assert.equal(wide.messages.at(-1), "NOTIFICATION 6/3");
  assert.deepEqual(narrow.take(), []);
  assert.deepEqual([...rig.speaker.peers.keys()], [narrow.name]);
});

test("a neighbour whose prefix goes, but not the one around it, comes back by the settings of that", () => {
  const rig = new Rig();
  allow(rig, "198.51.100.0/24", { description: "wide" });
  allow(rig, "198.51.100.128/25", { description: "narrow" });
  const neighbor = somebody(rig, "198.51.100.200").establish();
  neighbor.take();
  rig.input({ type: "RemoveDynamicPeers", prefix: prefix("198.51.100.128/25") });
  assert.deepEqual(neighbor.take(), ["NOTIFICATION 6/6"]);
  assert.equal(neighbor.establish().peer?.config.description, "wide");
});

test("a neighbour that is configured takes the place of the dynamic one at its address", () => {
  const rig = new Rig();
  allow(rig, "198.51.100.0/24", { description: "dynamic" });
  const neighbor = somebody(rig, "198.51.100.7").establish();
  neighbor.take();
  rig.input({ type: "AddPeer", config: config({ address: "198.51.100.7", description: "configured" }) });
  assert.deepEqual(neighbor.take(), ["NOTIFICATION 6/6"]);
  assert.deepEqual([neighbor.peer?.dynamic, neighbor.peer?.config.description], [false, "configured"]);
  assert.equal(neighbor.establish().state, "Established");
  neighbor.lose();
  assert.equal(rig.speaker.peers.size, 1);
});

test("a configured neighbour that is removed may come back as a dynamic one", () => {
  const rig = new Rig();
  allow(rig, "198.51.100.0/24");
  const neighbor = rig.join({ address: "198.51.100.7" });
  assert.equal(neighbor.peer?.dynamic, false);
  rig.input({ type: "RemovePeer", peer: neighbor.name });
  assert.equal(neighbor.establish().peer?.dynamic, true);
});

test("there are no more dynamic neighbours than DYNAMIC_PEERS_MAX, and configured ones do not suffer", () => {
  const rig = new Rig();
  const configured = rig.add({ address: "192.0.2.3", peerAs: 65003 });
  allow(rig, "10.0.0.0/8");
  const scan = (i: number) => somebody(rig, `10.0.${i >> 8}.${i & 255}`).connect();
  for (let i = 0; i < DYNAMIC_PEERS_MAX - 1; i++) scan(i);
  assert.equal(rig.speaker.peers.size, DYNAMIC_PEERS_MAX);
  rig.take();
  rig.events.length = 0;
  scan(DYNAMIC_PEERS_MAX);
  assert.deepEqual(rig.take(), ["close 10.0.16.0"]);
  assert.deepEqual(rig.eventsOf("refused"), [{ type: "refused", reason: "too many dynamic neighbours" }]);
  assert.equal(configured.establish().state, "Established");
});
