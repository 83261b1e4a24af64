import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { createPeer, type GracefulRestartSpec, type Peer } from "../../lab/peers/index.ts";
import { Lab } from "../../lab/topology.ts";
import { waitFor } from "../../lab/wait.ts";
import type { Kind } from "./mesh.ts";
import "./tell.ts";

const PREFIX = "198.51.100.0/24";
const LLGR_STALE = "65535:6";

/** The drivers' restart knobs, with real speakers on both ends: R is killed, H helps (RFC 4724, RFC 9494). */
describe("graceful restart between real speakers", { concurrency: true }, () => {
  const pairs = [
    ["bird", "frr"],
    ["bird", "openbgpd"],
    ["gobgp", "bird"],
    ["frr", "gobgp"],
  ] as const;
  for (const [r, h] of pairs) {
    test(`${h} keeps the route of a killed ${r} as stale, and has it fresh when it is back`, async () => {
      await withPair(r, h, { restartTime: 40 }, async (restarting, helper) => {
        restarting.kill("SIGKILL");
        await restarting.process.waitExit();
        await helper.waitRoute(PREFIX, (route) => route.stale);
        await restarting.start({ restarting: true });
        await helper.waitRoute(PREFIX, (route) => !route.stale);
      });
    });
  }

  test("frr marks the route of a bird that stays away with LLGR_STALE", async () => {
    await withPair("bird", "frr", { restartTime: 1, longLivedStaleTime: 60 }, async (restarting, helper) => {
      restarting.kill("SIGKILL");
      const stale = await helper.waitRoute(PREFIX, (route) => route.communities.includes(LLGR_STALE));
      assert.equal(stale.stale, true);
    });
  });
});

async function withPair(
  r: Kind,
  h: Kind,
  gracefulRestart: GracefulRestartSpec,
  body: (restarting: Peer, helper: Peer) => Promise<void>,
): Promise<void> {
  const members = [r, h].map((node, i) => ({ node, interface: "eth0", addresses: [`10.4.0.${i + 1}/24`] }));
  const lab = await Lab.up({ segments: [{ name: "link", members }] });
  try {
    const make = (kind: Kind, own: number, far: number) => {
      const neighbor = { address: `10.4.0.${far}`, localAddress: `10.4.0.${own}`, as: 65000 + far };
      // OpenBGPD helps without being told, and has no restart time of its own.
      const knobs = kind === "openbgpd" ? {} : { gracefulRestart };
      return createPeer(lab, kind, kind, {
        as: 65000 + own,
        routerId: `192.0.2.${own}`,
        neighbors: [{ ...neighbor, ...knobs }],
        routes: own === 1 ? [{ prefix: PREFIX }] : [],
      });
    };
    const restarting = make(r, 1, 2);
    const helper = make(h, 2, 1);
    await Promise.all([restarting.start(), helper.start()]);
    const seen = await helper.waitEstablished("10.4.0.1");
    assert.equal(seen.capabilities?.includes("graceful-restart"), true, JSON.stringify(seen));
    await helper.waitRoute(PREFIX);
    // A route that is there before the End-of-RIB does not make the session ready for a restart.
    await waitFor("a session that is settled", async () => ((await helper.neighbors())[0]?.uptime ?? 2) >= 2);
    await body(restarting, helper);
  } finally {
    await lab.down();
  }
}
