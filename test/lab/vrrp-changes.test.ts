/* What happens to a virtual router while it runs: reloads, links, addresses, scripts, MAC addresses. */
import assert from "node:assert/strict";
import { chmod, rm, writeFile } from "node:fs/promises";
import { describe, test } from "node:test";
import type { Advert } from "../../lab/frame-decode.ts";
import type { FrameCapture } from "../../lab/frames.ts";
import { now } from "../../lab/frames.ts";
import { HoldfastVrrp } from "../../lab/peers/holdfast-vrrp.ts";
import { Keepalived } from "../../lab/peers/keepalived.ts";
import {
  masterDownMs,
  type RouterSpec,
  type ScriptSpec,
  skewMs,
  waitLog,
  waitState,
} from "../../lab/peers/vrrp-spec.ts";
import type { Lab } from "../../lab/topology.ts";
import { waitFor } from "../../lab/wait.ts";
import { AT_ONCE_MS, assertTook, bridgeLab, capture, from, hasAddress, takeover } from "./vrrp-lab.ts";

const OURS = "10.80.0.1";
const THEIRS = "10.80.0.2";

const vip = (vrid: number) => `10.80.0.${100 + vrid}`;
const router = (vrid: number, priority: number, options: Partial<RouterSpec> = {}): RouterSpec => ({
  name: `r${vrid}`,
  virtualRouterId: vrid,
  priority,
  interval: 0.2,
  addresses: [`${vip(vrid)}/32`],
  ...options,
});

interface Setup {
  readonly lab: Lab;
  readonly frames: FrameCapture;
  readonly ours: HoldfastVrrp;
  readonly theirs: Keepalived;
}

/** Ours is Master and keepalived Backup, for the first of the routers. */
async function withPair(
  our: readonly RouterSpec[],
  their: readonly RouterSpec[],
  body: (setup: Setup) => Promise<void>,
): Promise<void> {
  const lab = await bridgeLab(["o", "k"]);
  try {
    const frames = await capture(lab);
    const ours = new HoldfastVrrp(lab, "o", { routers: our });
    const theirs = new Keepalived(lab, "k", { routers: their });
    await ours.start();
    const names = our.map(({ name }) => name);
    await waitState(ours, names, "master");
    await theirs.start();
    await waitState(
      theirs,
      their.map(({ name }) => name),
      "backup",
    );
    await body({ lab, frames, ours, theirs });
  } finally {
    await lab.down();
  }
}

/** `count` adverts of a source after `since`. */
async function more(
  frames: FrameCapture,
  source: string,
  vrid: number,
  since: number,
  count: number,
): Promise<Advert[]> {
  const seen = () => frames.adverts((a) => from(source, vrid)(a) && a.time > since);
  await frames.waitAdvert(`${count} more`, () => seen().length >= count);
  return seen();
}

/** The MAC address that a client of the bridge has for an address; it asks when it has none. */
function neighborOf(lab: Lab, address: string): Promise<string> {
  return waitFor(`${address} answers`, async () => {
    await lab.tryRun("w", ["bash", "-c", `echo > /dev/udp/${address}/9`]);
    return (await lab.run("w", ["ip", "neigh", "show", address])).match(/lladdr (\S+)/)?.[1];
  });
}

/** Adverts are 200 ms apart: with one left out there would be 400. */
const GAP_MS_MAX = 350;

const longestGap = (adverts: readonly Advert[]): number =>
  Math.max(...adverts.map(({ time }, i) => time - (adverts[i - 1]?.time ?? time)));

describe("virtual routers while they run", { concurrency: 2 }, () => {
  test("check 28: an excluded address comes and goes by reload, and no advert shows it", () =>
    withPair([router(28, 200)], [router(28, 100)], async ({ lab, frames, ours, theirs }) => {
      const since = now();
      const extra = { excludedAddresses: ["10.80.0.199/32"] };
      await theirs.reload({ routers: [router(28, 100, extra)] });
      await ours.reload({ routers: [router(28, 200, extra)] });
      await waitFor("the address", () => hasAddress(lab, "o", "10.80.0.199"));
      await ours.reload({ routers: [router(28, 200)] });
      await waitFor("no address", async () => !(await hasAddress(lab, "o", "10.80.0.199")));
      const seen = await more(frames, OURS, 28, now(), 3);
      assert.equal(
        seen.every(({ count, priority }) => count === 1 && priority === 200),
        true,
        "all the same",
      );
      assert.deepEqual(
        frames.adverts((a) => a.source === THEIRS && a.time > since),
        [],
      );
    }));

  test("check 28: an address is added to the Backup and then to the Master: neither takes the other for gone", async () => {
    const lab = await bridgeLab(["o", "p"]);
    try {
      const frames = await capture(lab);
      const both = [`${vip(29)}/32`, "10.80.0.198/32"];
      const [one, two] = [
        new HoldfastVrrp(lab, "o", { routers: [router(29, 200)] }),
        new HoldfastVrrp(lab, "p", { routers: [router(29, 100)] }),
      ];
      await one.start();
      await waitState(one, ["r29"], "master");
      await two.start();
      await waitState(two, ["r29"], "backup");
      await more(frames, OURS, 29, now(), 3);
      await two.reload({ routers: [router(29, 100, { addresses: both })] });
      await waitLog(two, /10\.80\.0\.1 advertises other addresses than ours/);
      const since = now();
      await one.reload({ routers: [router(29, 200, { addresses: both })] });
      await frames.waitAdvert("both addresses", (a) => from(OURS, 29)(a) && a.addresses.length === 2);
      await waitFor("the address", () => hasAddress(lab, "o", "10.80.0.198"));
      const garp = await waitFor("its gratuitous ARP", () => frames.arps((a) => a.senderAddress === "10.80.0.198")[0]);
      assert.equal(garp.time > since, true);
      const seen = await more(frames, OURS, 29, since, 5);
      assert.equal(longestGap(seen) < GAP_MS_MAX, true, `the longest gap is ${longestGap(seen)} ms`);
      assert.deepEqual(
        frames.adverts((a) => a.source === THEIRS),
        [],
      );
    } finally {
      await lab.down();
    }
  });

  test("check 30: virtual MAC addresses, ours and keepalived's: clients keep their entry over a failover", () =>
    withPair(
      [router(30, 200, { virtualMac: true })],
      [router(30, 100, { virtualMac: true })],
      async ({ lab, frames, ours, theirs }) => {
        const mac = "00:00:5e:00:01:1e";
        const advert = await frames.waitAdvert("ours", from(OURS, 30));
        assert.equal(advert.etherSource, mac);
        assert.equal(await neighborOf(lab, vip(30)), mac);
        const garp = frames.arps((a) => a.senderAddress === vip(30))[0];
        assert.deepEqual([garp?.etherSource, garp?.senderMac, garp?.operation], [mac, mac, 1]);
        const since = now();
        await ours.stop();
        await takeover(frames, 30, OURS, THEIRS, since);
        await waitState(theirs, ["r30"], "master");
        // Not by asking: keepalived's host asks back in the address's name with the MAC address of eth0.
        const told = await waitFor("keepalived's", () => frames.arps((a) => a.time > since && a.operation === 1)[0]);
        assert.deepEqual([told.etherSource, told.senderMac, told.senderAddress], [mac, mac, vip(30)]);
        const left = await lab.run("o", ["ip", "-br", "link"]);
        assert.equal(/macvlan|vrrp/.test(left), false, left);
      },
    ));

  test("check 30: a virtual MAC address on one side only: clients learn the other one", () =>
    withPair([router(33, 200)], [router(33, 100, { virtualMac: true })], async ({ lab, frames, ours, theirs }) => {
      const own = (await frames.waitAdvert("ours", from(OURS, 33))).etherSource;
      assert.equal(await neighborOf(lab, vip(33)), own);
      await ours.stop();
      await waitState(theirs, ["r33"], "master");
      await waitFor("the client learns", async () => (await neighborOf(lab, vip(33))) === "00:00:5e:00:01:21");
      await ours.start();
      await waitState(ours, ["r33"], "master");
      await waitFor("the client learns again", async () => (await neighborOf(lab, vip(33))) === own);
    }));

  test("check 38: link down: Fault, no address; up again: Backup, and Master after its Master_Down_Interval", () =>
    withPair([router(38, 200)], [router(38, 100)], async ({ lab, frames, ours, theirs }) => {
      const since = now();
      await lab.setLink("o", "eth0", "down");
      await waitState(ours, ["r38"], "fault");
      assert.equal(await hasAddress(lab, "o", vip(38)), false);
      const { tookMs } = await takeover(frames, 38, OURS, THEIRS, since);
      assertTook("keepalived's takeover", tookMs, masterDownMs(100, 200));
      const up = now();
      await lab.setLink("o", "eth0", "up");
      const back = await frames.waitAdvert("ours", (a) => from(OURS, 38)(a) && a.time > up);
      assert.equal(back.time - up >= masterDownMs(200, 200) - 1, true, `after ${back.time - up} ms`);
      await waitState(theirs, ["r38"], "backup");
    }));

  test("check 38: the cable is pulled (the far end goes down): the same", () =>
    withPair([router(37, 200)], [router(37, 100)], async ({ lab, frames, ours }) => {
      const since = now();
      await lab.run("sw", ["ip", "link", "set", "s0p0", "down"]);
      await waitState(ours, ["r37"], "fault");
      assert.equal(await hasAddress(lab, "o", vip(37)), false);
      await takeover(frames, 37, OURS, THEIRS, since);
      await lab.run("sw", ["ip", "link", "set", "s0p0", "up"]);
      await waitState(ours, ["r37"], "master");
    }));

  test("check 39: somebody takes the address off: it is put back, and no advert tells of it", () =>
    withPair([router(39, 200)], [router(39, 100)], async ({ lab, frames, ours }) => {
      const since = now();
      await lab.deleteAddress("o", "eth0", `${vip(39)}/32`);
      await waitFor("the address is back", () => hasAddress(lab, "o", vip(39)), { intervalMs: 5, timeoutMs: 2_000 });
      await waitFor("a gratuitous ARP", () => frames.arps((a) => a.senderAddress === vip(39) && a.time > since)[0]);
      const seen = await more(frames, OURS, 39, since, 4);
      assert.equal(
        seen.every(({ priority }) => priority === 200),
        true,
        "no priority 0",
      );
      assert.equal((await ours.router("r39")).statistics.becameMaster, 1);
    }));

  test("check 39: ... or, as configured, we do as keepalived: priority 0, Backup, and Master with the address a skew later", () =>
    // With a second between adverts, keepalived's skew leaves ours time on a busy machine too.
    withPair(
      [router(40, 200, { interval: 1, own: ['on-address-loss = "step-down"'] })],
      [router(40, 100, { interval: 1 })],
      async (setup) => {
        const { lab, frames, ours, theirs } = setup;
        const since = now();
        await lab.deleteAddress("o", "eth0", `${vip(40)}/32`);
        const zero = await frames.waitAdvert(
          "priority 0",
          (a) => from(OURS, 40)(a) && a.time > since && a.priority === 0,
        );
        assert.equal(zero.time - since < AT_ONCE_MS, true, `after ${zero.time - since} ms`);
        await waitLog(theirs, /\(r40\) Backup received priority 0 advertisement/);
        const again = await frames.waitAdvert("ours again", (a) => from(OURS, 40)(a) && a.time > zero.time);
        assertTook("ours again", again.time - zero.time, skewMs(200, 1_000));
        await waitLog(ours, /Master -> Backup: 10\.80\.0\.140\/32 was taken off this host/);
        await waitState(ours, ["r40"], "master");
        await waitFor("the address", () => hasAddress(lab, "o", vip(40)));
      },
    ));

  test("check 40: scripts: our weights, falls and rises come when keepalived's do", async () => {
    const lab = await bridgeLab(["o", "k"]);
    try {
      const flag = `${lab.directory}/down`;
      const script = `${lab.directory}/check`;
      await writeFile(script, `#!/bin/sh\ntest ! -e ${flag}\n`);
      await chmod(script, 0o755);
      const scripts: ScriptSpec[] = [{ name: "web", command: [script], interval: 1, rise: 2, fall: 3 }];
      // Two that do not know of each other on either side: one with weights, one that goes into Fault.
      const weighted = (vrid: number) =>
        router(vrid, 100, { name: "weighted", track: [{ script: "web", weight: 20 }] });
      const lowered = (vrid: number) => router(vrid, 100, { name: "lowered", track: [{ script: "web", weight: -30 }] });
      const strict = (vrid: number) => router(vrid, 100, { name: "strict", track: [{ script: "web" }] });
      const ours = new HoldfastVrrp(lab, "o", { routers: [weighted(1), lowered(2), strict(3)], scripts });
      const theirs = new Keepalived(lab, "k", { routers: [weighted(4), lowered(5), strict(6)], scripts });
      await Promise.all([ours.start(), theirs.start()]);
      await waitState(ours, ["weighted", "lowered", "strict"], "master");
      await waitState(theirs, ["weighted", "lowered", "strict"], "master");
      const seen = async (what: string, our: RegExp, their: RegExp) => {
        const since = now();
        const times = await Promise.all([
          waitLog(ours, our).then(() => now() - since),
          waitLog(theirs, their).then(() => now() - since),
        ]);
        const apart = Math.abs(times[0] - times[1]);
        // An interval, and the machine's part.
        assert.equal(apart < 2_000, true, `${what}: ours after ${times[0]} ms, keepalived's after ${times[1]} ms`);
        return Math.min(...times);
      };
      await writeFile(flag, "");
      const fell = await seen(
        "three failures",
        /effective priority 120 -> 100/,
        /\(weighted\) Changing effective priority from 120 to 100/,
      );
      assert.equal(fell > 1_900, true, `three failures take two intervals at least: ${fell} ms`);
      await seen(
        "a negative weight",
        /effective priority 100 -> 70/,
        /\(lowered\) Changing effective priority from 100 to 70/,
      );
      await seen("weight 0", /Master -> Fault.*strict|strict.*Master -> Fault/, /\(strict\) Entering FAULT STATE/);
      assert.equal((await ours.router("strict")).statistics.priorityZeroSent, 1);
      await rm(flag);
      await seen(
        "two successes",
        /effective priority 100 -> 120/,
        /\(weighted\) Changing effective priority from 100 to 120/,
      );
      await waitState(ours, ["weighted", "lowered", "strict"], "master");
      await waitState(theirs, ["strict"], "master");
    } finally {
      await lab.down();
    }
  });

  test("check 42: a reload that changes nothing: no gap, no priority 0, one advert more at most", () =>
    withPair([router(42, 200)], [router(42, 100)], async ({ frames, ours }) => {
      const before = await more(frames, OURS, 42, now(), 3);
      const since = before[0]?.time ?? 0;
      for (let i = 0; i < 3; i++) {
        ours.signal("SIGHUP");
        await more(frames, OURS, 42, now(), 3);
      }
      const seen = frames.adverts((a) => from(OURS, 42)(a) && a.time >= since);
      assert.equal(
        seen.every(({ priority }) => priority === 200),
        true,
        "no priority 0",
      );
      assert.equal(longestGap(seen) < GAP_MS_MAX, true, `the longest gap is ${longestGap(seen)} ms`);
      const spare = seen.length - 1 - ((seen.at(-1)?.time ?? 0) - since) / 200;
      assert.equal(spare < 3.5, true, `${spare} adverts more than the time has room for`);
      assert.equal((await ours.router("r42")).statistics.becameMaster, 1);
    }));

  test("a reload that lowers the priority: adverts say so, and the other takes over", () =>
    withPair([router(43, 200)], [router(43, 100)], async ({ frames, ours, theirs }) => {
      await ours.reload({ routers: [router(43, 50)] });
      await frames.waitAdvert("50", (a) => from(OURS, 43)(a) && a.priority === 50);
      await waitState(theirs, ["r43"], "master");
      await waitState(ours, ["r43"], "backup");
    }));
});
