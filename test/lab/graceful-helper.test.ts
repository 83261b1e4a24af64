/** Our daemon as the helper of real speakers that restart (RFC 4724, 9494). */
import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { crash, endOfRibIsFirst, LLGR_STALE, PREFIXES, RESTARTING, Watch, withPair } from "../../lab/graceful-pair.ts";

const KINDS = ["bird", "frr", "gobgp", "holdfast"] as const;
const [FIRST, SECOND] = PREFIXES;

describe("holdfastd as a helper", { concurrency: 2 }, () => {
  for (const kind of KINDS) {
    test(`${kind} is killed and comes back: its route is never absent before End-of-RIB, stale meanwhile, fresh again`, async () => {
      await withPair(
        kind,
        "holdfast",
        { restartTime: 40, longLivedStaleTime: 60 },
        async ({ restarting, helper, capture }) => {
          const watch = new Watch(helper, FIRST);
          await crash(restarting);
          await helper.waitRoute(FIRST, (route) => route.stale);
          const since = Date.now() / 1000;
          await restarting.start({ restarting: true });
          await helper.waitRoute(FIRST, (route) => !route.stale, { timeoutMs: 40_000 });
          const seen = await watch.end();
          // GoBGP gets its routes over its API, and may say End-of-RIB before it has them: they go then, and rightly.
          const isTheirs = kind === "gobgp" && endOfRibIsFirst(await capture.messages(), since, FIRST);
          if (!isTheirs) assert.equal(seen.absent, 0, JSON.stringify(seen));
          assert.ok(seen.stale > 0 && seen.longLived === 0, JSON.stringify(seen));
        },
      );
    });

    test(`${kind} is killed and stays away: stale, then least preferred with LLGR_STALE, then gone`, async () => {
      await withPair(kind, "holdfast", { restartTime: 3, longLivedStaleTime: 4 }, async ({ restarting, helper }) => {
        await crash(restarting);
        const killed = performance.now();
        const seconds = () => (performance.now() - killed) / 1000;
        await helper.waitRoute(FIRST, (route) => route.stale && !route.communities.includes(LLGR_STALE));
        await helper.waitRoute(FIRST, (route) => route.communities.includes(LLGR_STALE));
        const longLived = seconds();
        await helper.waitNoRoute(FIRST);
        const gone = seconds();
        assert.ok(longLived > 2.9 && longLived < 6, `long-lived stale after ${longLived} s`);
        assert.ok(gone > 6.9 && gone < 12, `gone after ${gone} s`);
      });
    });

    test(`${kind} comes back without one of its routes: End-of-RIB takes that one away, and no other`, async () => {
      await withPair(kind, "holdfast", { restartTime: 40 }, async ({ restarting, helper, capture }) => {
        const watch = new Watch(helper, FIRST);
        await crash(restarting);
        await helper.waitRoute(SECOND, (route) => route.stale);
        restarting.amend({ ...restarting.spec, routes: [{ prefix: FIRST }] });
        const since = Date.now() / 1000;
        await restarting.start({ restarting: true });
        await helper.waitNoRoute(SECOND, undefined, { timeoutMs: 40_000 });
        await helper.waitRoute(FIRST, (route) => !route.stale);
        const seen = await watch.end();
        // As above.
        const isTheirs = kind === "gobgp" && endOfRibIsFirst(await capture.messages(), since, FIRST);
        if (!isTheirs) assert.equal(seen.absent, 0, JSON.stringify(seen));
      });
    });
  }

  test("a bird that stops in an orderly way takes its routes along", async () => {
    await withPair("bird", "holdfast", { restartTime: 40, longLivedStaleTime: 60 }, async ({ restarting, helper }) => {
      await restarting.stop();
      await helper.waitNoRoute(FIRST, undefined, { timeoutMs: 15_000 });
      await helper.waitDown(RESTARTING);
    });
  });

  test("a bird that hangs is flushed when the hold timer has expired: N was not offered", async () => {
    await withPair("bird", "holdfast", { restartTime: 40 }, async ({ restarting, helper }) => {
      restarting.kill("SIGSTOP");
      try {
        await helper.waitNoRoute(FIRST, undefined, { timeoutMs: 30_000 });
      } finally {
        restarting.kill("SIGCONT");
      }
    });
  });

  test("an frr that hangs and has offered N, as we have, is kept as stale", async () => {
    const knobs = { restartTime: 40, notification: true };
    await withPair("frr", "holdfast", knobs, async ({ restarting, helper }) => {
      const watch = new Watch(helper, FIRST);
      restarting.kill("SIGSTOP");
      try {
        await helper.waitRoute(FIRST, (route) => route.stale, { timeoutMs: 30_000 });
      } finally {
        restarting.kill("SIGCONT");
      }
      await helper.waitRoute(FIRST, (route) => !route.stale, { timeoutMs: 40_000 });
      assert.equal((await watch.end()).absent, 0);
    });
  });
});
