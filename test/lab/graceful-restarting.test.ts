/** Our daemon stops or restarts, with real speakers as its helpers (RFC 4724, 8538, 9494); see graceful-matrix too. */
import { describe, test } from "node:test";
import { crash, PREFIXES, withPair } from "../../lab/graceful-pair.ts";
import { waitFor } from "../../lab/wait.ts";

const KINDS = ["bird", "frr", "gobgp", "openbgpd"] as const;
const [FIRST] = PREFIXES;

describe("holdfastd restarts", { concurrency: 2 }, () => {
  for (const kind of KINDS) {
    test(`${kind} loses our route at once when we stop in an orderly way`, async () => {
      await withPair("holdfast", kind, { restartTime: 40, longLivedStaleTime: 60 }, async ({ restarting, helper }) => {
        await restarting.stop();
        await helper.waitNoRoute(FIRST, undefined, { timeoutMs: 15_000 });
      });
    });
  }

  for (const kind of ["frr", "gobgp"] as const)
    test(`${kind} loses our route at once when we stop in an orderly way, though both have the N bit`, async () => {
      const knobs = { restartTime: 40, longLivedStaleTime: 60, notification: true };
      await withPair("holdfast", kind, knobs, async ({ restarting, helper }) => {
        await restarting.stop();
        await helper.waitNoRoute(FIRST, undefined, { timeoutMs: 15_000 });
      });
    });

  for (const kind of ["bird", "frr", "gobgp", "holdfast"] as const)
    test(`both ends, ${kind} and ours, are killed and come back: neither waits for the other for long`, async () => {
      await withPair("holdfast", kind, { restartTime: 40 }, async ({ restarting, helper }) => {
        await Promise.all([crash(restarting), crash(helper)]);
        await Promise.all([restarting.start(), helper.start({ restarting: true })]);
        await helper.waitRoute(FIRST, (route) => !route.stale, { timeoutMs: 60_000 });
        await waitFor("the restart is over", () => restarting.log.includes("the restart is over"), {
          timeoutMs: 60_000,
        });
      });
    });
});
