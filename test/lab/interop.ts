import assert from "node:assert/strict";
import { after, before, describe, test } from "node:test";
import type { CapturedMessage } from "../../lab/capture.ts";
import type { Route } from "../../lab/peers/index.ts";
import { waitFor } from "../../lab/wait.ts";
import {
  EXPLICIT_HOP,
  EXTERNAL_AS,
  familyOfSession,
  farEnd,
  GATEWAY_AS,
  gatewayAddress,
  type Interop,
  isInternal,
  MED,
  PREPEND,
  peerAddress,
  type Session,
  sessionsOf,
  startInterop,
  THEIR_ATTRIBUTES,
  THEIR_LOCAL_PREF,
  THEIRS,
  VIPS,
  vipRoutes,
  WRONG_PASSWORD,
} from "./interop-setup.ts";
import type { Kind } from "./mesh.ts";

/** From the signal to the NOTIFICATION on the wire: nothing is waited for. How fast it is, the benchmark says. */
const STOP_MS_MAX = 500;
/** No UPDATE of ours for so long: the sessions are at rest. */
const REST_MS = 1_500;
const ESTABLISHED_TIMEOUT_MS = 45_000;

/** The matrix for one kind of neighbour. The tests build on each other, in this order. */
export function interopWith(kind: Kind): void {
  describe(`our daemon and ${kind}`, { concurrency: false }, () => {
    let interop: Interop;
    let opensBeforeReload: number;
    const sessions = sessionsOf(kind);

    before(async () => {
      interop = await startInterop(kind);
    });
    after(() => interop?.lab.down());

    for (const session of sessions) {
      test(`${session}: Established on both sides`, async () => {
        const options = { timeoutMs: ESTABLISHED_TIMEOUT_MS, intervalMs: 250 };
        await farEnd(interop, session).waitEstablished(gatewayAddress(session), options);
        await interop.gateway.waitEstablished(peerAddress(session), options);
      });
    }

    for (const session of sessions) {
      test(`${session}: our VIPs are there with their exact attributes`, async () => {
        const six = familyOfSession(session) === 6;
        const from = (route: Route) => route.from === gatewayAddress(session);
        const peer = farEnd(interop, session);
        const full = await peer.waitRoute(six ? VIPS.full6 : VIPS.full4, from);
        const hop = await peer.waitRoute(six ? VIPS.hop6 : VIPS.hop4, from);
        assert.deepEqual(wireView(full), expectedFull(session, six));
        assert.deepEqual(wireView(hop), expectedHop(session, six));
      });

      test(`${session}: their route is in our table with its exact attributes`, async () => {
        const internal = isInternal(session);
        const six = familyOfSession(session) === 6;
        const prefix = THEIRS[`${internal ? "int" : "ext"}${six ? 6 : 4}`];
        const route = await interop.gateway.waitRoute(prefix, (r) => r.from === peerAddress(session));
        assert.deepEqual(wireView(route), {
          nextHop: peerAddress(session),
          asPath: internal ? [] : [EXTERNAL_AS, EXTERNAL_AS],
          origin: "igp",
          ...THEIR_ATTRIBUTES,
        });
        if (internal) assert.equal(route.localPref, THEIR_LOCAL_PREF);
      });
    }

    test("a wrong password: never Established, and the log names the neighbour", async () => {
      const log = await waitFor("a line about MD5 in our log", () => {
        const lines = interop.gateway.log.split("\n");
        return lines.find((line) => line.includes(peerAddress(WRONG_PASSWORD)) && /md5|password/i.test(line));
      });
      assert.match(log, /md5|password/i);
      const neighbors = await interop.gateway.neighbors();
      const wrong = neighbors.find((n) => n.address === peerAddress(WRONG_PASSWORD));
      assert.notEqual(wrong?.state, "established");
    });

    test("GTSM: our packets leave with TTL 255, and with 1 to an ordinary eBGP neighbour", async () => {
      const messages = await interop.capture.messages();
      const ttls = (session: Session) => [
        ...new Set(messages.filter((m) => m.source === gatewayAddress(session)).map((m) => m.ttl)),
      ];
      assert.deepEqual(ttls("gtsm"), [255]);
      assert.deepEqual(ttls("ipv4"), [1]);
    });

    test("a changed community arrives as one UPDATE on each session, and nothing else moves", async () => {
      const before = await atRest(interop);
      opensBeforeReload = await openCount(interop);
      await interop.gateway.reload({
        ...interop.gateway.spec,
        routes: vipRoutes({ communities: ["65000:300"] }),
      });
      for (const session of sessions) {
        const prefix = familyOfSession(session) === 6 ? VIPS.full6 : VIPS.full4;
        await farEnd(interop, session).waitRoute(
          prefix,
          (r) => r.from === gatewayAddress(session) && r.communities.join() === "65000:300",
        );
      }
      const updates = (await atRest(interop)).slice(before.length);
      for (const session of sessions) {
        const mine = updates.filter((m) => m.source === gatewayAddress(session));
        const prefix = familyOfSession(session) === 6 ? VIPS.full6 : VIPS.full4;
        assert.deepEqual(
          mine.map((m) => [m.update?.announced, m.update?.withdrawn]),
          [[[prefix], []]],
          session,
        );
      }
    });

    test("a removed VIP goes as one withdraw on each session, and nothing else moves", async () => {
      const before = await atRest(interop);
      await interop.gateway.reload({
        ...interop.gateway.spec,
        routes: vipRoutes({ communities: ["65000:300"], plain: false }),
      });
      for (const session of sessions) {
        const prefix = familyOfSession(session) === 6 ? VIPS.plain6 : VIPS.plain4;
        await farEnd(interop, session).waitNoRoute(prefix, (r) => r.from === gatewayAddress(session));
      }
      const updates = (await atRest(interop)).slice(before.length);
      for (const session of sessions) {
        const mine = updates.filter((m) => m.source === gatewayAddress(session));
        const prefix = familyOfSession(session) === 6 ? VIPS.plain6 : VIPS.plain4;
        assert.deepEqual(
          mine.map((m) => [m.update?.announced, m.update?.withdrawn]),
          [[[], [prefix]]],
          session,
        );
      }
    });

    test("no session was opened again for that", async () => {
      assert.equal(await openCount(interop), opensBeforeReload);
    });

    test("SIGTERM withdraws at once, with Cease/2 and a text, and exits 0", async () => {
      const signalled = Date.now();
      interop.gateway.process.kill("SIGTERM");
      assert.deepEqual(await interop.gateway.process.waitExit(10_000), { code: 0, signal: null });
      for (const session of sessions) {
        const messages = await interop.capture.waitMessage(
          `NOTIFICATION on ${session}`,
          (m) => m.type === "NOTIFICATION" && m.source === gatewayAddress(session) && m.time * 1000 >= signalled,
        );
        const last = messages.filter((m) => m.type === "NOTIFICATION" && m.source === gatewayAddress(session)).at(-1);
        assert.deepEqual([last?.notification?.code, last?.notification?.subcode], [6, 2], session);
        assert.notEqual(last?.notification?.text ?? "", "", session);
        const elapsedMs = (last?.time ?? 0) * 1000 - signalled;
        assert.ok(elapsedMs <= STOP_MS_MAX, `${session}: ${elapsedMs} ms from the signal to the NOTIFICATION`);
        await farEnd(interop, session).waitNoRoute(
          familyOfSession(session) === 6 ? VIPS.full6 : VIPS.full4,
          (r) => r.from === gatewayAddress(session),
        );
      }
    });

    test("tshark finds nothing malformed in what we sent", async () => {
      await interop.capture.stop();
      const ours = new Set<string>(sessions.map(gatewayAddress));
      assert.deepEqual(
        (await interop.capture.malformed()).filter((frame) => ours.has(frame.source)),
        [],
      );
    });
  });
}

/** What was on the wire of a path, without what the receiver made of it. */
function wireView(route: Route): unknown {
  const { nextHop, asPath, origin, med, communities, largeCommunities, extCommunities } = route;
  return { nextHop, asPath, origin, med, communities, largeCommunities, extCommunities };
}

function expectedFull(session: Session, six: boolean): unknown {
  const [vip] = vipRoutes().filter((route) => route.prefix === (six ? VIPS.full6 : VIPS.full4));
  return {
    nextHop: gatewayAddress(session),
    // A path with the own AS in it would be a loop to an iBGP neighbour.
    asPath: isInternal(session) ? [] : Array(PREPEND + 1).fill(GATEWAY_AS),
    origin: "igp",
    med: MED,
    communities: [...(vip?.communities ?? [])].sort(),
    largeCommunities: [...(vip?.largeCommunities ?? [])].sort(),
    extCommunities: [...(vip?.extCommunities ?? [])].sort(),
  };
}

function expectedHop(session: Session, six: boolean): unknown {
  return {
    nextHop: EXPLICIT_HOP[six ? 6 : 4],
    asPath: isInternal(session) ? [] : [GATEWAY_AS],
    origin: "igp",
    med: undefined,
    communities: [],
    largeCommunities: [],
    extCommunities: [],
  };
}

async function ourUpdates(interop: Interop): Promise<CapturedMessage[]> {
  const ours = new Set<string>(interop.gateway.spec.neighbors.map((n) => n.localAddress));
  return (await interop.capture.messages()).filter((m) => m.type === "UPDATE" && ours.has(m.source));
}

async function openCount(interop: Interop): Promise<number> {
  return (await interop.capture.messages()).filter((m) => m.type === "OPEN").length;
}

/** All UPDATEs that we have sent, once none has gone out for a while. */
function atRest(interop: Interop): Promise<CapturedMessage[]> {
  return waitFor(
    "no more UPDATEs from us",
    async () => {
      const updates = await ourUpdates(interop);
      const lastMs = Math.max(0, ...updates.map((m) => m.time * 1000));
      return Date.now() - lastMs > REST_MS ? updates : undefined;
    },
    { intervalMs: 400 },
  );
}
