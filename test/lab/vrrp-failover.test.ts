/*
 * A Master goes, orderly or not, and the other one has to notice: ours beside keepalived's, in both roles. What counts is
 * the wire: the last advert of the old Master, and the first one of the new.
 */
import assert from "node:assert/strict";
import { describe, test } from "node:test";
import type { Advert } from "../../lab/frame-decode.ts";
import type { FrameCapture } from "../../lab/frames.ts";
import { now } from "../../lab/frames.ts";
import { HoldfastVrrp } from "../../lab/peers/holdfast-vrrp.ts";
import { Keepalived } from "../../lab/peers/keepalived.ts";
import { masterDownMs, type RouterSpec, skewMs, type VrrpNode, waitLog, waitState } from "../../lab/peers/vrrp-spec.ts";
import type { Lab } from "../../lab/topology.ts";
import { waitFor } from "../../lab/wait.ts";
import { AT_ONCE_MS, assertTook, bridgeLab, capture, from, hasAddress, takeover } from "./vrrp-lab.ts";

type Kind = "holdfast" | "keepalived";

interface Pair {
  readonly lab: Lab;
  readonly frames: FrameCapture;
  readonly master: VrrpNode;
  readonly backup: VrrpNode;
}

const MASTER = "10.80.0.1";
const BACKUP = "10.80.0.2";

const make = (lab: Lab, kind: Kind, node: string, routers: readonly RouterSpec[]): VrrpNode =>
  kind === "holdfast" ? new HoldfastVrrp(lab, node, { routers }) : new Keepalived(lab, node, { routers });

const vip = (vrid: number) => `10.80.9.${vrid}/32`;
const router = (vrid: number, interval: number, priority: number, options: Partial<RouterSpec> = {}): RouterSpec => ({
  name: `r${vrid}`,
  virtualRouterId: vrid,
  priority,
  interval,
  addresses: [vip(vrid)],
  ...options,
});

/** Both run, the first is Master and the second Backup for all of their routers. */
async function withPair(
  kinds: readonly [master: Kind, backup: Kind],
  routers: (role: "master" | "backup") => RouterSpec[],
  body: (pair: Pair) => Promise<void>,
): Promise<void> {
  const lab = await bridgeLab(["a", "b"]);
  try {
    const frames = await capture(lab);
    const master = make(lab, kinds[0], "a", routers("master"));
    const backup = make(lab, kinds[1], "b", routers("backup"));
    await master.start();
    const names = routers("master").map(({ name }) => name);
    await waitState(master, names, "master");
    await backup.start();
    await waitState(backup, names, "backup");
    // A Backup has to have heard the Master to know the interval.
    const start = now();
    for (const { virtualRouterId } of routers("master"))
      await frames.waitAdvert("two of the Master's", (a) => {
        if (!from(MASTER, virtualRouterId)(a) || a.time < start) return false;
        return frames.adverts((other) => from(MASTER, virtualRouterId)(other) && other.time >= start).length >= 2;
      });
    await body({ lab, frames, master, backup });
  } finally {
    await lab.down();
  }
}

/** Interval in seconds by VRID; 3 is version 2's with an interval of 3 s, 4 has its interval from the Master only. */
const INTERVALS: readonly (readonly [vrid: number, interval: number])[] = [
  [1, 1],
  [2, 0.1],
  [5, 0.05],
];
const routersFor = (role: "master" | "backup"): RouterSpec[] => [
  ...INTERVALS.map(([vrid, interval]) => router(vrid, interval, role === "master" ? 200 : 100)),
  router(3, 3, role === "master" ? 255 : 100, { version: 2 }),
  router(4, role === "master" ? 0.1 : 1, role === "master" ? 200 : 100),
];

/** The orderly end of a Master, measured: one priority 0 for each router, and its skew later the other one. */
async function afterSigterm({ lab, frames, master }: Pair): Promise<void> {
  const at = now();
  master.signal("SIGTERM");
  const skews = [
    ...INTERVALS.map(([vrid, interval]) => [vrid, skewMs(100, interval * 1000)] as const),
    [3, skewMs(100, 1000)] as const,
    [4, skewMs(100, 100)] as const,
  ];
  for (const [vrid, skew] of skews) {
    const isZero = (a: Advert) => from(MASTER, vrid)(a) && a.priority === 0;
    const zero = await frames.waitAdvert("priority 0", isZero);
    assert.equal(zero.time - at < AT_ONCE_MS, true, `priority 0 of ${vrid} came ${zero.time - at} ms after the signal`);
    const { first, tookMs } = await takeover(frames, vrid, MASTER, BACKUP, zero.time);
    assertTook(`VRID ${vrid}`, tookMs, skew);
    assert.equal(frames.adverts(isZero).length, 1);
    const garp = await waitFor(
      `a gratuitous ARP for ${vip(vrid)}`,
      () => frames.arps((a) => `${a.senderAddress}/32` === vip(vrid) && a.time > at)[0],
      { intervalMs: 5 },
    );
    assert.equal(garp.time > first.time, true, "the gratuitous ARP comes after the advert");
    assert.equal(garp.operation, 1);
  }
  for (const [vrid] of skews) {
    const address = vip(vrid).replace("/32", "");
    assert.deepEqual([await hasAddress(lab, "a", address), await hasAddress(lab, "b", address)], [false, true]);
  }
}

/** A crash: nobody says anything, and the other waits for its Master_Down_Interval. */
async function afterSigkill({ frames, master }: Pair): Promise<void> {
  const at = now();
  master.kill();
  const downs = [
    ...INTERVALS.map(([vrid, interval]) => [vrid, masterDownMs(100, interval * 1000)] as const),
    [4, masterDownMs(100, 100)] as const,
  ];
  for (const [vrid, down] of downs) {
    const { last, tookMs } = await takeover(frames, vrid, MASTER, BACKUP, at);
    assert.notEqual(last.priority, 0);
    assertTook(`VRID ${vrid}`, tookMs, down);
  }
}

describe("failover between ours and keepalived", { concurrency: 1 }, () => {
  test("checks 5, 16, 17: SIGTERM of our Master: one priority-0 advert each, keepalived is Master after its skew", () =>
    withPair(["holdfast", "keepalived"], routersFor, afterSigterm));

  test("checks 6, 16: kill -9 of our Master: keepalived is Master after its Master_Down_Interval, learned ones too", () =>
    withPair(["holdfast", "keepalived"], routersFor, afterSigkill));

  test("checks 7, 16, 17: SIGTERM of keepalived's Master: ours is after its skew: advert, address, gratuitous ARP", () =>
    withPair(["keepalived", "holdfast"], routersFor, afterSigterm));

  test("checks 8, 16: kill -9 of keepalived's Master: ours is after its Master_Down_Interval, learned ones too", () =>
    withPair(["keepalived", "holdfast"], routersFor, afterSigkill));

  test("check 9: keepalived's speaking process dies and is restarted: two Masters for one advert at most", async () => {
    // So close that the restarted one comes too late to go on as if nothing had been.
    const routers = (role: "master" | "backup") => [router(9, 0.1, role === "master" ? 101 : 100)];
    await withPair(["keepalived", "holdfast"], routers, async ({ frames, master, backup }) => {
      const at = now();
      process.kill((master as Keepalived).child as number, "SIGKILL");
      // For a moment only: a look at the state may come too late.
      await waitLog(backup, /Backup -> Master/);
      await waitState(backup, ["r9"], "backup");
      const back = await frames.waitAdvert("of keepalived again", (a) => {
        const ours = frames.adverts((other) => from(BACKUP, 9)(other) && other.time > at)[0];
        return from(MASTER, 9)(a) && ours !== undefined && a.time > ours.time;
      });
      const later = frames.adverts((a) => from(BACKUP, 9)(a) && a.time > back.time);
      assert.equal(later.length <= 1, true, `${later.length} adverts of ours beside keepalived's`);
    });
  });

  test("check 37: of three, the next one takes over, and never two at once for longer than their skew", async () => {
    const lab = await bridgeLab(["a", "b", "c"]);
    // At a second between adverts their skews are 0.2 s apart: at 0.1 s, 20 ms late is enough for both to take over.
    const interval = 1;
    try {
      const frames = await capture(lab);
      const [a, b, c] = [
        new Keepalived(lab, "a", { routers: [router(37, interval, 200)] }),
        new HoldfastVrrp(lab, "b", { routers: [router(37, interval, 150)] }),
        new Keepalived(lab, "c", { routers: [router(37, interval, 100)] }),
      ];
      await Promise.all([a.start(), b.start(), c.start()]);
      await waitState(a, ["r37"], "master");
      await waitState(b, ["r37"], "backup");
      await waitState(c, ["r37"], "backup");
      const first = now();
      a.kill();
      await takeover(frames, 37, "10.80.0.1", "10.80.0.2", first);
      const second = now();
      const strangers = frames.adverts((x) => x.source === "10.80.0.3" && x.time > first && x.time < second);
      assert.deepEqual(strangers, []);
      await frames.waitAdvert(
        "five of ours",
        () => frames.adverts((x) => from("10.80.0.2", 37)(x) && x.time > first).length > 5,
      );
      const third = now();
      b.kill();
      const { tookMs } = await takeover(frames, 37, "10.80.0.2", "10.80.0.3", third);
      assertTook("the third one", tookMs, masterDownMs(100, 1_000));
    } finally {
      await lab.down();
    }
  });

  test("check 44: a Master that was stopped has been replaced: it steps down before it says anything", async () => {
    const routers = (role: "master" | "backup") => [router(44, 0.1, role === "master" ? 200 : 100)];
    await withPair(["holdfast", "keepalived"], routers, async ({ frames, master, backup }) => {
      const stopped = now();
      master.signal("SIGSTOP");
      await takeover(frames, 44, MASTER, BACKUP, stopped);
      await frames.waitAdvert(
        "ten of the other's",
        () => frames.adverts((a) => from(BACKUP, 44)(a) && a.time > stopped).length > 10,
      );
      const resumed = now();
      master.signal("SIGCONT");
      await waitLog(master, /r44.*Master -> Backup|Master -> Backup.*r44/);
      const again = await frames.waitAdvert("ours again", (a) => from(MASTER, 44)(a) && a.time > resumed);
      // It is the better one, so it preempts: as any Backup does, after its Master_Down_Interval.
      assertTook("the preemption", again.time - resumed, masterDownMs(200, 100) - 100);
      await waitState(backup, ["r44"], "backup");
    });
  });
});

describe("many virtual routers", () => {
  test("check 45: two hundred virtual routers at 100 ms, half of them ours: nobody changes for ten seconds", async () => {
    const routers = (ours: boolean) =>
      Array.from({ length: 200 }, (_, i) => router(i + 1, 0.1, ours === i < 100 ? 200 : 100));
    const lab = await bridgeLab(["a", "b"]);
    try {
      const frames = await capture(lab);
      const ours = new HoldfastVrrp(lab, "a", { routers: routers(true) });
      const keepalived = new Keepalived(lab, "b", { routers: routers(false) });
      await Promise.all([ours.start(), keepalived.start()]);
      const names = routers(true).map(({ name }) => name);
      await waitState(ours, names.slice(0, 100), "master");
      await waitState(ours, names.slice(100), "backup");
      await waitState(keepalived, names.slice(100), "master");
      await waitState(keepalived, names.slice(0, 100), "backup");
      const since = now();
      await frames.waitAdvert("those of ten seconds", (a) => a.time > since + 10_000, {
        timeoutMs: 15_000,
        intervalMs: 200,
      });
      const seen = frames.adverts((a) => a.time > since);
      const wrong = seen.filter((a) => a.source !== (a.virtualRouterId <= 100 ? "10.80.0.1" : "10.80.0.2"));
      assert.equal(wrong.length, 0);
      assert.equal(seen.length > 19_000, true, `${seen.length} adverts`);
      for (const { state, statistics, name } of (await ours.status()).vrrp)
        assert.deepEqual([state, statistics.dropped], [Number(name.slice(1)) <= 100 ? "Master" : "Backup", {}]);
    } finally {
      await lab.down();
    }
  });
});
