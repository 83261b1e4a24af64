/** What we offer in our OPEN, and what two OPENs make of a session. */
import assert from "node:assert/strict";
import { test } from "node:test";
import type { GracefulRestartConfig, PeerConfig } from "../../../../src/bgp/peer-config.ts";
import type { SessionUp } from "../../../../src/bgp/session/index.ts";
import { type Capability, Family, type OpenMessage } from "../../../../src/bgp/wire/index.ts";
import { seconds } from "../../../../src/lib/time.ts";
import { familyConfig, peerOpen, Rig, withCapability } from "./harness.ts";

const restart: GracefulRestartConfig = {
  restartTime: seconds(120),
  notification: true,
  longLived: true,
  helperOnly: false,
  deferralTime: seconds(60),
};
const both = [familyConfig(Family.Ipv4Unicast), familyConfig(Family.Ipv6Unicast)];
const dual = (given: Parameters<typeof familyConfig>[1]) => both.map(({ family }) => familyConfig(family, given));

function sentOpen(config: Partial<PeerConfig>): OpenMessage {
  return new Rig(config).to("OpenSent").out.lastOpen as OpenMessage;
}

function capability(open: OpenMessage, type: Capability["type"]): Capability | undefined {
  return open.capabilities.find((c) => c.type === type);
}

/** The session between `config` and the mirrored `theirs`. */
function agreed(config: Partial<PeerConfig>, theirs: Partial<PeerConfig>, given: Partial<OpenMessage> = {}): SessionUp {
  const { out } = new Rig(config).to("Established", given, theirs);
  return out.lastUp as SessionUp;
}

test("a plain OPEN offers the family, both refreshes and four octets", () => {
  const open = sentOpen({});
  assert.deepEqual([open.version, open.as2, open.holdTimeSeconds, open.identifier], [4, 65001, 90, 0x0a000001]);
  assert.deepEqual(open.capabilities, [
    { type: "multiprotocol", afi: 1, safi: 1 },
    { type: "route-refresh" },
    { type: "enhanced-route-refresh" },
    { type: "four-octet-as", as: 65001 },
  ]);
});

test("a large AS is AS_TRANS in two octets", () => {
  const open = sentOpen({ localAs: 4_200_000_001 });
  assert.equal(open.as2, 23456);
  assert.deepEqual(capability(open, "four-octet-as"), { type: "four-octet-as", as: 4_200_000_001 });
});

test("everything is offered when asked for", () => {
  const families = dual({ addPathReceive: true, gracefulRestart: true, longLivedStaleTime: seconds(3600) });
  const open = sentOpen({
    families,
    extendedNextHop: true,
    extendedMessage: true,
    role: "peer",
    gracefulRestart: restart,
  });
  assert.deepEqual(open.capabilities.slice(2), [
    { type: "route-refresh" },
    { type: "enhanced-route-refresh" },
    { type: "extended-next-hop", families: [{ afi: 1, safi: 1, nextHopAfi: 2 }] },
    { type: "extended-message" },
    { type: "role", role: "peer" },
    {
      type: "graceful-restart",
      restarting: false,
      notification: true,
      timeSeconds: 120,
      families: [
        { afi: 1, safi: 1, forwarding: false },
        { afi: 2, safi: 1, forwarding: false },
      ],
    },
    { type: "four-octet-as", as: 65001 },
    {
      type: "add-path",
      families: [
        { afi: 1, safi: 1, receive: true, send: false },
        { afi: 2, safi: 1, receive: true, send: false },
      ],
    },
    {
      type: "long-lived-graceful-restart",
      families: [
        { afi: 1, safi: 1, forwarding: false, timeSeconds: 3600 },
        { afi: 2, safi: 1, forwarding: false, timeSeconds: 3600 },
      ],
    },
  ]);
});

test("extended next hops are offered only with IPv4", () => {
  const families = [familyConfig(Family.Ipv6Unicast)];
  assert.equal(capability(sentOpen({ families, extendedNextHop: true }), "extended-next-hop"), undefined);
});

test("the restart state sets the R and F bits of the next OPEN", () => {
  const families = dual({ gracefulRestart: true, longLivedStaleTime: seconds(60) });
  const rig = new Rig({ families, gracefulRestart: restart });
  rig.session.setRestartState({ restarting: true, forwarding: (family) => family === Family.Ipv6Unicast });
  const open = rig.to("OpenSent").out.lastOpen as OpenMessage;
  const graceful = capability(open, "graceful-restart");
  assert.ok(graceful?.type === "graceful-restart" && graceful.restarting);
  assert.deepEqual(
    graceful.families.map(({ forwarding }) => forwarding),
    [false, true],
  );
  const longLived = capability(open, "long-lived-graceful-restart");
  assert.ok(longLived?.type === "long-lived-graceful-restart");
  assert.deepEqual(
    longLived.families.map(({ forwarding }) => forwarding),
    [false, true],
  );
});

test("a helper lists no family; times beyond the field are cut", () => {
  const families = dual({ gracefulRestart: true, longLivedStaleTime: seconds(2 ** 25) });
  const helper = sentOpen({ families, gracefulRestart: { ...restart, helperOnly: true, restartTime: seconds(9999) } });
  assert.deepEqual(capability(helper, "graceful-restart"), {
    type: "graceful-restart",
    restarting: false,
    notification: true,
    timeSeconds: 4095,
    families: [],
  });
  assert.deepEqual(capability(helper, "long-lived-graceful-restart"), {
    type: "long-lived-graceful-restart",
    families: [],
  });
  const longLived = capability(sentOpen({ families, gracefulRestart: restart }), "long-lived-graceful-restart");
  assert.ok(longLived?.type === "long-lived-graceful-restart" && longLived.families[0]?.timeSeconds === 2 ** 24 - 1);
});

test("what one side lacks is not agreed on", () => {
  const full = { extendedMessage: true, extendedNextHop: true, families: both };
  const up = agreed(full, full);
  assert.deepEqual([up.negotiated.sendLengthMax, up.negotiated.receiveLengthMax], [65535, 65535]);
  assert.ok(up.negotiated.fourOctetAs && up.routeRefresh && up.enhancedRefresh);
  assert.deepEqual(up.negotiated.families, [
    { family: 0, addPathReceive: false, addPathSend: false, extendedNextHop: true },
    { family: 1, addPathReceive: false, addPathSend: false, extendedNextHop: false },
  ]);
  const bare = agreed(full, {}, { capabilities: [] });
  assert.deepEqual(bare.negotiated, {
    peerType: "external",
    localAs: 65001,
    peerAs: 65002,
    fourOctetAs: false,
    receiveLengthMax: 4096,
    sendLengthMax: 4096,
    families: [{ family: 0, addPathReceive: false, addPathSend: false, extendedNextHop: false }],
  });
  assert.ok(!bare.routeRefresh && !bare.enhancedRefresh);
  assert.deepEqual(agreed({ families: both }, { families: both.slice(1) }).negotiated.families[0]?.family, 1);
});

test("families come in ascending order however they are configured", () => {
  const up = agreed({ families: [...both].reverse() }, { families: both });
  assert.deepEqual(
    up.negotiated.families.map(({ family }) => family),
    [0, 1],
  );
});

test("path identifiers flow where one side offers to send and the other to receive", () => {
  const receive = { families: dual({ addPathReceive: true }) };
  const send = { families: dual({ addPathSendMax: 4 }) };
  const flows = ([ours, theirs]: [typeof receive, typeof receive]) => {
    const family = agreed(ours, theirs).negotiated.families[1];
    return [family?.addPathReceive, family?.addPathSend];
  };
  assert.deepEqual(flows([receive, send]), [true, false]);
  assert.deepEqual(flows([send, receive]), [false, true]);
  assert.deepEqual(flows([receive, receive]), [false, false]);
});

test("two routers of one AS are internal", () => {
  const up = agreed({ peerAs: 65001 }, { localAs: 65001, peerAs: 65001 });
  assert.equal(up.negotiated.peerType, "internal");
  assert.equal(agreed({ peerAs: 0 }, { localAs: 65001 }).negotiated.peerType, "internal");
});

test("a side that offers no four octets reads the 2-octet field", () => {
  const up = agreed({ fourOctetAs: false, peerAs: 23456 }, { localAs: 4_200_000_000 });
  assert.deepEqual([up.negotiated.peerAs, up.negotiated.fourOctetAs], [23456, false]);
});

test("the lower hold time counts, and a third of it is the keepalive time unless less is configured", () => {
  const times = (ours: number, theirs: number, keepalive?: number) => {
    const config = { holdTime: seconds(ours), keepaliveTime: keepalive === undefined ? undefined : seconds(keepalive) };
    const up = agreed(config, {}, { holdTimeSeconds: theirs });
    return [up.holdTimeSeconds, up.keepaliveTimeSeconds];
  };
  assert.deepEqual(times(90, 180), [90, 30]);
  assert.deepEqual(times(90, 10), [10, 3]);
  assert.deepEqual(times(90, 3), [3, 1]);
  assert.deepEqual(times(90, 90, 5), [90, 5]);
  assert.deepEqual(times(90, 9, 30), [9, 3]);
  assert.deepEqual(times(90, 0), [0, 0]);
  assert.deepEqual(times(0, 90, 30), [0, 0]);
});

test("the received OPEN stays available", () => {
  const graceful: Capability = {
    type: "graceful-restart",
    restarting: true,
    notification: false,
    timeSeconds: 77,
    families: [],
  };
  const rig = new Rig().to("Established", withCapability(peerOpen(), "graceful-restart", graceful));
  assert.deepEqual(capability(rig.session.up?.receivedOpen as OpenMessage, "graceful-restart"), graceful);
});
