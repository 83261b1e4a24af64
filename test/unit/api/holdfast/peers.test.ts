import assert from "node:assert/strict";
import { test } from "node:test";
import { peerMessage } from "../../../../src/api/holdfast/describe-peer.ts";
import type { RestartView } from "../../../../src/api/holdfast/index.ts";
import { Family, familyOf, peerConfig } from "../../../../src/bgp/index.ts";
import { type Instant, seconds } from "../../../../src/lib/time.ts";
import { address } from "../../bgp/speaker/rig.ts";
import { FakeHost } from "./fake-host.ts";

/** Both sides offer everything that a restart needs. */
function restarting() {
  const host = new FakeHost();
  const [family] = peerConfig({ address: address("192.0.2.2"), peerAs: 1, localAs: 1, routerId: 1 }).families;
  if (family === undefined) throw new Error("a neighbour has a family by default");
  const neighbor = host.rig.add({
    families: [{ ...family, gracefulRestart: true, longLivedStaleTime: seconds(3600) }],
    gracefulRestart: {
      restartTime: seconds(120),
      notification: true,
      longLived: true,
      helperOnly: false,
      deferralTime: seconds(60),
    },
  });
  const { capabilities } = neighbor.openMessage();
  const others = capabilities.filter(({ type }) => !type.includes("graceful"));
  neighbor.connect().establishWith({
    capabilities: [
      ...others,
      {
        type: "graceful-restart",
        restarting: true,
        notification: false,
        timeSeconds: 90,
        families: [{ afi: 1, safi: 1, forwarding: true }],
      },
    ],
  });
  const { peer } = neighbor;
  if (peer === undefined) throw new Error("the neighbour is configured");
  return { host, peer };
}

const NOTHING: RestartView = {
  phase: "none",
  lastUp: undefined,
  staleUntil: undefined,
  deferralUntil: undefined,
  families: [],
};

test("the restart block has both sides' bits and times", () => {
  const { host, peer } = restarting();
  const { restart } = peerMessage(host, peer, true);
  assert.deepEqual(restart?.ours, {
    restarting: false,
    notification: true,
    restartTimeSeconds: 120,
    families: [{ family: "ipv4-unicast", graceful: true, forwarding: false, longLivedSeconds: 3600 }],
  });
  assert.deepEqual(restart?.theirs, {
    restarting: true,
    notification: false,
    restartTimeSeconds: 90,
    families: [{ family: "ipv4-unicast", graceful: true, forwarding: true, longLivedSeconds: undefined }],
  });
  assert.equal(restart?.phase, "none");
});

test("while a neighbour restarts its routes' time is told, and what both had offered", () => {
  const { host, peer } = restarting();
  const lastUp = peer.up;
  host.rig.input({ type: "DisablePeer", peer: peer.name, text: "" });
  assert.equal(peerMessage(host, peer, true).restart?.theirs, undefined);
  host.restarts.set(peer.name, {
    ...NOTHING,
    phase: "peer-restarts",
    lastUp,
    staleUntil: (host.now() + seconds(42)) as Instant,
    families: [{ stale: 7, endOfRibSent: true, endOfRibReceived: false }],
  });
  const message = peerMessage(host, peer, true);
  assert.deepEqual([message.restart?.phase, message.restart?.secondsLeft], ["peer-restarts", 42]);
  assert.equal(message.restart?.theirs?.restartTimeSeconds, 90);
  assert.deepEqual(
    message.families.map(({ family, stale, endOfRibSent, endOfRibReceived }) => [
      family,
      stale,
      endOfRibSent,
      endOfRibReceived,
    ]),
    [["ipv4-unicast", 7, true, false]],
  );
  assert.equal(familyOf(1, 1), Family.Ipv4Unicast);
});

test("a neighbour in a long list has neither families nor restart block", () => {
  const { host, peer } = restarting();
  const message = peerMessage(host, peer, false);
  assert.deepEqual([message.families, message.capabilities, message.restart], [[], [], undefined]);
});
