/** Our daemon restarts, with real speakers as its helpers (RFC 4724, 8538, 9494). */
import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { crash, LLGR_STALE, PREFIXES, restartTimes, Watch, withPair } from "../../lab/graceful-pair.ts";
import { waitFor } from "../../lab/wait.ts";

const KINDS = ["bird", "frr", "gobgp", "openbgpd"] as const;
const [FIRST] = PREFIXES;

describe("holdfastd restarts", { concurrency: 2 }, () => {
  for (const kind of KINDS) {
    test(`${kind} has our route all the while we are killed and come back`, async (t) => {
      await withPair("holdfast", kind, { restartTime: 40 }, async ({ restarting, helper, capture }) => {
        const watch = new Watch(helper, FIRST);
        await crash(restarting);
        await helper.waitRoute(FIRST, (route) => route.stale);
        const startedAt = Date.now() / 1000;
        await restarting.start({ restarting: true });
        await helper.waitRoute(FIRST, (route) => !route.stale);
        const times = await restartTimes(capture, startedAt);
        const seen = await watch.end();
        t.diagnostic(
          `${kind}: first UPDATE after ${times.update.toFixed(2)} s, End-of-RIB ${times.endOfRib.toFixed(2)} s`,
        );
        assert.equal(seen.absent, 0, JSON.stringify(seen));
        assert.ok(times.update < times.endOfRib, "routes go before End-of-RIB");
      });
    });

    test(`${kind} loses our route at once when we stop in an orderly way`, async () => {
      await withPair("holdfast", kind, { restartTime: 40, longLivedStaleTime: 60 }, async ({ restarting, helper }) => {
        await restarting.stop();
        await helper.waitNoRoute(FIRST, undefined, { timeoutMs: 3_000 });
      });
    });
  }

  for (const kind of ["frr", "gobgp"] as const)
    test(`${kind} loses our route at once when we stop in an orderly way, though both have the N bit`, async () => {
      const knobs = { restartTime: 40, longLivedStaleTime: 60, notification: true };
      await withPair("holdfast", kind, knobs, async ({ restarting, helper }) => {
        await restarting.stop();
        await helper.waitNoRoute(FIRST, undefined, { timeoutMs: 3_000 });
      });
    });

  for (const kind of ["bird", "frr", "gobgp"] as const)
    test(`${kind} keeps our route as last resort when we stay away, and has it fresh when we are back late`, async () => {
      const knobs = { restartTime: 3, longLivedStaleTime: 60 };
      await withPair("holdfast", kind, knobs, async ({ restarting, helper }) => {
        const watch = new Watch(helper, FIRST);
        await crash(restarting);
        await helper.waitRoute(FIRST, (route) => route.communities.includes(LLGR_STALE));
        await restarting.start({ restarting: true });
        await helper.waitRoute(FIRST, (route) => !route.stale && !route.communities.includes(LLGR_STALE));
        assert.equal((await watch.end()).absent, 0);
      });
    });

  for (const kind of ["bird", "frr", "gobgp", "holdfast"] as const)
    test(`both ends, ${kind} and ours, are killed and come back: neither waits for the other for long`, async () => {
      await withPair("holdfast", kind, { restartTime: 40 }, async ({ restarting, helper }) => {
        await Promise.all([crash(restarting), crash(helper)]);
        await Promise.all([restarting.start(), helper.start({ restarting: true })]);
        await helper.waitRoute(FIRST, (route) => !route.stale, { timeoutMs: 20_000 });
        await waitFor("the restart is over", () => restarting.log.includes("the restart is over"), {
          timeoutMs: 20_000,
        });
      });
    });
});
