/** Graceful restart when it is not a process that dies: resets, links, restarts of several kinds (RFC 4724, 8538). */
import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { crash, PREFIXES, RESTARTING, reset, withPair } from "../../lab/graceful-pair.ts";
import type { Peer } from "../../lab/peers/index.ts";
import { waitFor } from "../../lab/wait.ts";

const [FIRST] = PREFIXES;
const LONG = { restartTime: 60 };

const link = (peer: Peer, state: "up" | "down") => peer.place.run(["ip", "link", "set", "eth0", state]);

describe("graceful restart, by other faults than death", { concurrency: 2 }, () => {
  for (const kind of ["bird", "frr", "gobgp"] as const) {
    test(`holdfastd keeps the route of ${kind} when the connection is reset, as far as its F bit allows`, async () => {
      await withPair(kind, "holdfast", LONG, async ({ helper }) => {
        await reset(helper);
        // FRR sets the F bit always, BIRD and GoBGP when they were told that they restart.
        const why = kind === "frr" ? "end-of-rib" : "not-forwarding";
        await helper.waitEstablished(RESTARTING, { timeoutMs: 40_000 });
        await helper.waitRoute(FIRST, (route) => !route.stale);
        await waitFor(why, () => helper.log.includes(`stale routes removed (${why})`));
      });
    });
  }

  test("a bird that comes back as from a first start has forwarded nothing: its routes go at once", async () => {
    await withPair("bird", "holdfast", LONG, async ({ restarting, helper }) => {
      await crash(restarting);
      await helper.waitRoute(FIRST, (route) => route.stale);
      await restarting.start({ restarting: false });
      await helper.waitEstablished(RESTARTING);
      await helper.waitRoute(FIRST, (route) => !route.stale);
      assert.match(helper.log, /stale routes removed \(not-forwarding\)/);
    });
  });

  test("a bird that comes back without the capability has its stale routes dropped at once", async () => {
    await withPair("bird", "holdfast", LONG, async ({ restarting, helper }) => {
      await crash(restarting);
      const [neighbor] = restarting.spec.neighbors;
      const { gracefulRestart: _, ...plain } = neighbor as NonNullable<typeof neighbor>;
      restarting.amend({ ...restarting.spec, neighbors: [plain], routes: [] });
      await restarting.start();
      await helper.waitNoRoute(FIRST);
      await helper.waitEstablished(RESTARTING);
    });
  });

  for (const [notification, isKept] of [
    [true, true],
    [false, false],
  ] as const)
    test(`a link that fails for longer than hold time ${isKept ? "keeps" : "drops"} routes, ${isKept ? "with" : "without"} N`, async () => {
      await withPair("frr", "holdfast", { restartTime: 60, notification }, async ({ restarting, helper }) => {
        await link(restarting, "down");
        await helper.waitDown(RESTARTING, { timeoutMs: 30_000 });
        if (isKept) await helper.waitRoute(FIRST, (route) => route.stale);
        else await helper.waitNoRoute(FIRST);
        await link(restarting, "up");
        await helper.waitRoute(FIRST, (route) => !route.stale, { timeoutMs: 40_000 });
      });
    });
});
