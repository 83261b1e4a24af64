/* Our virtual routers beside those of FRR's vrrpd, which counts in whole centiseconds and needs a macvlan. */
import assert from "node:assert/strict";
import { describe, test } from "node:test";
import type { FrameCapture } from "../../lab/frames.ts";
import { now } from "../../lab/frames.ts";
import { FrrVrrp, macvlanName } from "../../lab/peers/frr-vrrp.ts";
import { HoldfastVrrp } from "../../lab/peers/holdfast-vrrp.ts";
import { masterDownMs, type RouterSpec, skewMs, waitState } from "../../lab/peers/vrrp-spec.ts";
import type { Lab } from "../../lab/topology.ts";
import { waitFor } from "../../lab/wait.ts";
import { assertTook, bridgeLab, capture, from, setDeaf, takeover } from "./vrrp-lab.ts";

const OURS = "10.80.0.1";
const FRR = "10.80.0.2";

const router = (vrid: number, priority: number, interval = 1): RouterSpec => ({
  name: `r${vrid}`,
  virtualRouterId: vrid,
  priority,
  interval,
  addresses: [`10.80.0.${100 + vrid}/32`],
});

interface Pair {
  readonly lab: Lab;
  readonly frames: FrameCapture;
  readonly ours: HoldfastVrrp;
  readonly frr: FrrVrrp;
}

async function withPair(our: RouterSpec, their: RouterSpec, body: (pair: Pair) => Promise<void>): Promise<void> {
  const lab = await bridgeLab(["o", "f"]);
  try {
    const frames = await capture(lab);
    const ours = new HoldfastVrrp(lab, "o", { routers: [our] });
    const frr = new FrrVrrp(lab, "f", { routers: [their] });
    await Promise.all([ours.start(), frr.start()]);
    await body({ lab, frames, ours, frr });
  } finally {
    await lab.down();
  }
}

/** FRR has set the macvlan's protodown: it is Backup down to the kernel. */
async function isProtodown(lab: Lab, name: string): Promise<boolean> {
  return (await lab.run("f", ["ip", "link", "show", name])).includes("protodown on");
}

describe("a virtual router beside FRR's", { concurrency: true }, () => {
  test("check 31: FRR with 150 is Master, ours Backup; SIGTERM: ours after its skew; FRR back: it preempts", () =>
    withPair(router(31, 100), router(31, 150), async ({ frames, ours, frr }) => {
      await waitState(frr, ["r31"], "master");
      await waitState(ours, ["r31"], "backup");
      const stopped = now();
      await frr.stop();
      const { last, tookMs } = await takeover(frames, 31, FRR, OURS, stopped);
      assert.equal(last.priority, 0);
      assert.match(last.etherSource, /^00:00:5e:00:01:1f$/);
      assertTook("our takeover", tookMs, skewMs(100, 1000));
      await frr.start();
      await waitState(frr, ["r31"], "master");
      await waitState(ours, ["r31"], "backup");
      const [shown] = await frr.show();
      assert.equal((shown?.v4.stats.adverRx ?? 0) > 0, true, "FRR has heard us");
      const { statistics } = await ours.router("r31");
      assert.deepEqual(statistics.dropped, {});
    }));

  test("check 32: ours with 200 is Master, FRR Backup with protodown; kill -9: FRR is Master in its centiseconds", () =>
    withPair(router(32, 200), router(32, 100), async ({ lab, frames, ours, frr }) => {
      await waitState(ours, ["r32"], "master");
      await waitState(frr, ["r32"], "backup");
      await waitFor("protodown", () => isProtodown(lab, macvlanName({ virtualRouterId: 32 })));
      const killed = now();
      ours.kill();
      const { tookMs } = await takeover(frames, 32, OURS, FRR, killed);
      const centiseconds = 300 + Math.floor((156 * 100) / 256);
      assertTook("FRR's takeover", tookMs, centiseconds * 10);
      await waitFor("no protodown", async () => !(await isProtodown(lab, macvlanName({ virtualRouterId: 32 }))));
    }));

  test("check 33: FRR does not answer a lower Master; ours gives way to it all the same", () =>
    withPair(router(33, 100, 0.2), router(33, 150, 0.2), async ({ lab, frames, ours, frr }) => {
      await waitState(frr, ["r33"], "master");
      await waitState(ours, ["r33"], "backup");
      await setDeaf(lab, "o", "eth0", true);
      await waitState(ours, ["r33"], "master");
      const since = now();
      await frames.waitAdvert(
        "five more of ours",
        () => frames.adverts((a) => from(OURS, 33)(a) && a.time > since).length > 5,
      );
      const theirs = frames.adverts((a) => from(FRR, 33)(a) && a.time > since).map(({ time }) => time);
      const gaps = theirs.map((time, i) => time - (theirs[i - 1] ?? time - 200));
      assert.equal(Math.min(...gaps) > 150, true, `FRR sent nothing beside its timer: ${gaps.map(Math.round)}`);
      await setDeaf(lab, "o", "eth0", false);
      await waitState(ours, ["r33"], "backup");
    }));

  test("FRR's priority falls while it is Master: ours preempts after its Master_Down_Interval", () =>
    withPair(router(34, 100, 0.5), router(34, 150, 0.5), async ({ frames, ours, frr }) => {
      await waitState(frr, ["r34"], "master");
      await waitState(ours, ["r34"], "backup");
      const since = now();
      await frr.reload({ routers: [router(34, 50, 0.5)] });
      const first = await frames.waitAdvert("ours", (a) => from(OURS, 34)(a) && a.time > since);
      const accepted = frames.adverts((a) => from(FRR, 34)(a) && a.priority === 150).at(-1);
      assertTook("since the last one that counted", first.time - (accepted?.time ?? 0), masterDownMs(100, 500));
      await waitState(frr, ["r34"], "backup");
    }));
});
