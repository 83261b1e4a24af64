import assert from "node:assert/strict";
import { test } from "node:test";
import { peerMessage } from "../../../../src/api/holdfast/describe-peer.ts";
import { routeMessage } from "../../../../src/api/holdfast/describe-route.ts";
import { Family, peerConfig } from "../../../../src/bgp/index.ts";
import { seconds } from "../../../../src/lib/time.ts";
import { address } from "../../bgp/speaker/rig.ts";
import { FakeHost } from "./fake-host.ts";

/** Both sides offer everything that a restart needs. */
function restarting(theirStaleTime?: number) {
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
      ...(theirStaleTime === undefined
        ? []
        : [
            {
              type: "long-lived-graceful-restart" as const,
              families: [{ afi: 1, safi: 1, forwarding: true, timeSeconds: theirStaleTime }],
            },
          ]),
    ],
  });
  const { peer } = neighbor;
  if (peer === undefined) throw new Error("the neighbour is configured");
  return { host, peer, neighbor };
}

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

test("while a neighbour restarts its routes are counted as stale, with the time they have", () => {
  const { host, peer, neighbor } = restarting();
  neighbor.announce(["198.51.100.0/24", "198.51.101.0/24"]);
  host.rig.settle();
  neighbor.lose();
  host.pass(seconds(10));
  const message = peerMessage(host, peer, true);
  assert.deepEqual([message.restart?.phase, message.restart?.secondsLeft], ["peer-restarts", 80]);
  assert.equal(message.restart?.theirs?.restartTimeSeconds, 90, "as of the last session");
  assert.deepEqual(
    message.families.map(({ family, stale }) => [family, stale]),
    [["ipv4-unicast", 2]],
  );
  const routes = host.speaker.rib.view.adjRibIn(peer.index ?? -1, Family.Ipv4Unicast, 0, 100).routes;
  assert.equal(routeMessage(routes[0] as (typeof routes)[0], new Map()).stale, true);
  host.pass(seconds(81));
  assert.deepEqual(
    peerMessage(host, peer, true).families.map(({ stale }) => stale),
    [],
    "gone",
  );
});

test("long-lived stale routes have the family's own time", () => {
  const { host, peer, neighbor } = restarting(3600);
  neighbor.announce(["198.51.100.0/24"]);
  host.rig.settle();
  neighbor.lose();
  host.pass(seconds(100));
  const message = peerMessage(host, peer, true);
  assert.equal(message.restart?.phase, "long-lived");
  assert.equal(message.families[0]?.longLivedSecondsLeft, 3600 - 10);
});

test("a neighbour in a long list has neither families nor restart block", () => {
  const { host, peer } = restarting();
  const message = peerMessage(host, peer, false);
  assert.deepEqual([message.families, message.capabilities, message.restart], [[], [], undefined]);
});
