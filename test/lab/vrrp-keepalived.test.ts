/*
 * Our virtual routers beside keepalived's, which are there first: what each thinks of the other. All routers are in two
 * processes; a test looks at its own VRID.
 */
import assert from "node:assert/strict";
import { after, before, describe, test } from "node:test";
import type { FrameCapture } from "../../lab/frames.ts";
import { now } from "../../lab/frames.ts";
import { HoldfastVrrp } from "../../lab/peers/holdfast-vrrp.ts";
import { Keepalived } from "../../lab/peers/keepalived.ts";
import { masterDownMs, type RouterSpec, waitLog, waitState } from "../../lab/peers/vrrp-spec.ts";
import type { Lab } from "../../lab/topology.ts";
import { waitFor } from "../../lab/wait.ts";
import { AT_ONCE_MS, bridgeLab, capture, from, setDeaf } from "./vrrp-lab.ts";

/** The greater address is ours. */
const THEIRS = "10.80.0.1";
const OURS = "10.80.0.2";

type Side = Partial<RouterSpec>;
/** Name of the router, VRID, priority of ours, of theirs, and what else each side has. */
const pairs: [name: string, vrid: number, ours: number, theirs: number, o?: Side, k?: Side][] = [
  ["higher", 1, 200, 100],
  ["rfc9568", 3, 200, 100, { own: ["rfc9568-checksum = true"] }],
  ["preempts", 10, 150, 100, { interval: 0.5 }, { interval: 0.5 }],
  ["nopreempt", 11, 150, 100, { preempt: false, interval: 0.5 }, { interval: 0.5 }],
  ["delayed", 12, 150, 100, { preemptDelay: 2, interval: 0.5 }, { interval: 0.5 }],
  ["equal", 13, 100, 100, { interval: 0.2 }, { interval: 0.2 }],
  ["deaf", 14, 50, 100, { interface: "eth1", interval: 0.2 }, { interface: "eth1", interval: 0.2 }],
  ["heard", 114, 100, 50, { interface: "eth2", interval: 0.2 }, { interface: "eth2", interval: 0.2 }],
  ["teaches", 16, 200, 100, { interval: 0.1 }, { interval: 1 }],
  ["learns", 116, 100, 200, { interval: 1 }, { interval: 0.1 }],
  ["old", 17, 200, 100, { version: 2 }, { version: 2 }],
  ["unequal", 18, 255, 100, { version: 2, interval: 5 }, { version: 2 }],
  ["versions", 19, 200, 100, { version: 2 }],
  ["password", 20, 200, 100, { version: 2, password: "eight ch" }, { version: 2, password: '"eight ch"' }],
  ["wrong", 120, 200, 100, { version: 2, password: "otherone" }, { version: 2, password: "password" }],
  ["none", 220, 200, 100, { version: 2 }, { version: 2, password: "password" }],
  ["more", 27, 200, 100, { addresses: ["10.80.9.27/32", "10.80.8.27/32"] }, { addresses: ["10.80.9.27/32"] }],
  ["fewer", 127, 100, 200, {}, { addresses: ["10.80.9.127/32", "10.80.9.128/32"] }],
  [
    "excluded",
    28,
    200,
    100,
    { excludedAddresses: ["10.80.9.29/32", "2001:db8::29/128"] },
    { excludedAddresses: ["10.80.9.30/32"] },
  ],
  ["six", 34, 200, 100, { addresses: ["fe80::66/128", "2001:db8::66/128"] }],
  ["sixlow", 134, 100, 200, { addresses: ["fe80::67/128", "2001:db8::67/128"], interval: 0.5 }, { interval: 0.5 }],
  [
    "unicast",
    36,
    200,
    100,
    { unicast: { source: OURS, peers: [THEIRS] } },
    { unicast: { source: THEIRS, peers: [OURS] } },
  ],
  [
    "unicast2",
    136,
    100,
    200,
    { unicast: { source: OURS, peers: [THEIRS] } },
    { unicast: { source: THEIRS, peers: [OURS] } },
  ],
  ["owner", 41, 255, 100],
  ["owners", 141, 255, 255],
];

const router = (
  [name, vrid, ours, theirs, o = {}, k = {}]: (typeof pairs)[number],
  side: "ours" | "theirs",
): RouterSpec => ({
  name,
  virtualRouterId: vrid,
  priority: side === "ours" ? ours : theirs,
  interval: 1,
  addresses: o.addresses ?? [`10.80.9.${vrid}/32`],
  ...(side === "ours" ? o : k),
});

describe("a virtual router beside keepalived's", { concurrency: true }, () => {
  let lab: Lab;
  let frames: FrameCapture;
  let heard: FrameCapture;
  let keepalived: Keepalived;
  let ours: HoldfastVrrp;
  let started: number;

  before(async () => {
    lab = await bridgeLab(["k", "o"], 3);
    [frames, heard] = await Promise.all([capture(lab), capture(lab, 2)]);
    keepalived = new Keepalived(lab, "k", { routers: pairs.map((pair) => router(pair, "theirs")) });
    ours = new HoldfastVrrp(lab, "o", { routers: pairs.map((pair) => router(pair, "ours")) });
    await keepalived.start();
    await waitState(
      keepalived,
      pairs.map(([name]) => name),
      "master",
    );
    started = now();
    await ours.start();
  });
  after(async () => {
    await lab.down();
  });

  /** Waits until our router is what it is to be, and keepalived's the other thing. */
  async function settled(name: string, our: "master" | "backup"): Promise<void> {
    await waitState(ours, [name], our);
    await waitState(keepalived, [name], our === "master" ? "backup" : "master");
  }
  const ourFirst = (vrid: number) => frames.waitAdvert(`our first of ${vrid}`, from(OURS, vrid));
  /** Lines of keepalived's log about a router that are complaints. */
  const complaints = (name: string) =>
    keepalived.log
      .split("\n")
      .filter((line) => line.includes(`(${name})`))
      .filter((line) => /invalid|mismatch|unexpected|wrong|too short|expect/i.test(line));

  test("check 1: ours with 200 is Master, keepalived with 100 Backup and content", async () => {
    await settled("higher", "master");
    const since = now();
    await frames.waitAdvert("five more of ours", () => frames.adverts(from(OURS, 1)).length >= 8, {
      timeoutMs: 15_000,
    });
    assert.deepEqual(
      frames.adverts((a) => from(THEIRS, 1)(a) && a.time > since),
      [],
    );
    assert.deepEqual(complaints("higher"), []);
  });

  test("check 3: keepalived 2.2.7 cannot take RFC 9568's checksum, so that both are Master", async () => {
    await waitLog(keepalived, /\(rfc9568\) Invalid VRRPv3 checksum/);
    assert.equal((await ourFirst(3)).checksum, "message");
    assert.equal((await keepalived.states()).get("rfc9568"), "master");
  });

  test("check 10: a higher router takes over after its Master_Down_Interval, not before", async () => {
    const first = await ourFirst(10);
    const took = first.time - started;
    assert.equal(took >= masterDownMs(150, 500), true, `after ${took} ms`);
    await waitLog(
      keepalived,
      /\(preempts\) Master received advert from 10\.80\.0\.2 with higher priority 150, ours 100/,
    );
    await waitLog(keepalived, /\(preempts\) Entering BACKUP STATE/);
  });

  test("check 11: without preemption the lower Master stays", async () => {
    await settled("nopreempt", "backup");
    await frames.waitAdvert(
      "twenty of keepalived's",
      () => frames.adverts((a) => from(THEIRS, 11)(a) && a.time > started).length > 20,
      {
        timeoutMs: 20_000,
      },
    );
    assert.deepEqual(frames.adverts(from(OURS, 11)), []);
  });

  test("check 12: with a delay, preemption starts with the last advert before its end", async () => {
    const first = await ourFirst(12);
    const heard = frames.adverts((a) => from(THEIRS, 12)(a) && a.time > started);
    // The delay begins with the first advert that the router heard; when it listened is not exactly known.
    const took = first.time - started;
    assert.equal(took >= 2_000 - 500 + masterDownMs(150, 500), true, `after ${took} ms, ${heard.length} adverts`);
    const since = heard.map(({ time }) => first.time - time);
    const nearest = since.map((ms) => Math.abs(ms - masterDownMs(150, 500))).sort((a, b) => a - b)[0] ?? 1e9;
    assert.equal(nearest < 200, true, `its time counts from an advert: ${nearest} ms`);
  });

  test("check 13: a greater address alone does not preempt", async () => {
    await settled("equal", "backup");
    await frames.waitAdvert(
      "twenty of keepalived's",
      () => frames.adverts((a) => from(THEIRS, 13)(a) && a.time > started).length > 20,
    );
    assert.deepEqual(frames.adverts(from(OURS, 13)), []);
  });

  test("check 14: keepalived, and we, answer a lower Master at once, and tell the hosts", async () => {
    await settled("deaf", "backup");
    await settled("heard", "master");
    const since = now();
    await Promise.all([setDeaf(lab, "o", "eth1", true), setDeaf(lab, "k", "eth2", true)]);
    await waitState(ours, ["deaf"], "master");
    await waitLog(
      keepalived,
      /\(deaf\) Received advert from 10\.80\.1\.2 with lower priority 50, .* forcing new election/,
    );
    await waitState(keepalived, ["heard"], "master");
    const lower = await heard.waitAdvert("of keepalived's", (a) => from("10.80.2.1", 114)(a) && a.time > since);
    const answer = await heard.waitAdvert("ours", (a) => from("10.80.2.2", 114)(a) && a.time > lower.time);
    assert.equal(answer.time - lower.time < AT_ONCE_MS, true, `our answer came after ${answer.time - lower.time} ms`);
    await waitFor("five gratuitous ARPs", () => {
      const told = heard.arps((a) => a.etherSource === answer.etherSource && a.time > lower.time);
      return told.filter((a) => a.senderAddress === "10.80.9.114").length >= 5;
    });
    await Promise.all([setDeaf(lab, "o", "eth1", false), setDeaf(lab, "k", "eth2", false)]);
    await settled("deaf", "backup");
    await settled("heard", "master");
  });

  test("check 16: keepalived learns our interval, and we learn keepalived's", async () => {
    await settled("teaches", "master");
    await waitLog(keepalived, /\(teaches\) advertisement interval updated from 1000ms to 100ms by master/);
    await settled("learns", "backup");
    await waitLog(ours, /10\.80\.0\.1 advertises every 0\.1 s, not 1 s: learned/);
  });

  test("check 17: version 2 as keepalived speaks it", async () => {
    await settled("old", "master");
    const { version, length, intervalMs, checksum, reserved } = await ourFirst(17);
    assert.deepEqual(
      { version, length, intervalMs, checksum, reserved },
      { version: 2, length: 20, intervalMs: 1000, checksum: "message", reserved: 0 },
    );
    assert.deepEqual(complaints("old"), []);
  });

  test("check 18: version 2 with unequal intervals: both drop, log and are Master", async () => {
    await waitLog(keepalived, /\(unequal\) advertisement interval mismatch mine=1 sec rcv'd=5 sec/);
    await waitLog(ours, /dropped \(interval-mismatch\)/);
    assert.equal((await ours.router("unequal")).state, "Master");
    assert.equal((await keepalived.states()).get("unequal"), "master");
  });

  test("check 19: versions do not mix: both drop and log", async () => {
    await waitLog(keepalived, /\(versions\) wrong version\. Received 2 and expect 3/);
    await waitLog(ours, /dropped \(version\)/);
    assert.equal((await ours.router("versions")).state, "Master");
  });

  test("check 20: keepalived takes our password when it is its own, and no other", async () => {
    await settled("password", "master");
    assert.equal((await ourFirst(20)).reserved, 1, "authentication type 1");
    assert.deepEqual(complaints("password"), []);
    await waitLog(keepalived, /\(wrong\) received an invalid passwd!/);
    await waitLog(keepalived, /\(none\) received a 0 auth, expecting 1!/);
    const { statistics } = await ours.router("wrong");
    assert.equal((statistics.dropped["password"] ?? 0) > 0, true, "we drop theirs too");
  });

  test("check 27: keepalived 2.2.7 drops another number of addresses, so that both are Master; we only warn", async () => {
    await waitLog(keepalived, /\(more\) received an unexpected ip number count 2, expected 1!/);
    await waitState(ours, ["more"], "master");
    assert.equal((await keepalived.states()).get("more"), "master");
    await settled("fewer", "backup");
    await waitLog(ours, /10\.80\.0\.1 advertises other addresses than ours: 10\.80\.9\.127, 10\.80\.9\.128/);
  });

  test("check 28: excluded addresses are in no advert, and on the Master's interface", async () => {
    await settled("excluded", "master");
    assert.deepEqual((await ourFirst(28)).addresses, ["10.80.9.28"]);
    assert.deepEqual(complaints("excluded"), []);
    const shown = await lab.run("o", ["ip", "addr", "show", "dev", "eth0"]);
    for (const address of ["10.80.9.28/32", "10.80.9.29/32", "2001:db8::29/128"])
      assert.equal(shown.includes(address), true, address);
  });

  test("check 34: IPv6 beside keepalived, as Master and as Backup", async () => {
    await settled("six", "master");
    assert.deepEqual(complaints("six"), []);
    await settled("sixlow", "backup");
    await frames.waitAdvert(
      "ten of keepalived's",
      () => frames.adverts((a) => a.virtualRouterId === 134 && a.time > started).length > 10,
    );
    const { statistics } = await ours.router("sixlow");
    assert.deepEqual([statistics.dropped, statistics.becameMaster], [{}, 0]);
  });

  test("check 36: unicast beside keepalived, as Master and as Backup", async () => {
    await settled("unicast", "master");
    await settled("unicast2", "backup");
    assert.deepEqual([...complaints("unicast"), ...complaints("unicast2")], []);
    assert.equal(keepalived.log.includes("old version"), false, "the checksum's old form");
    const { statistics } = await ours.router("unicast2");
    assert.equal(statistics.advertsReceived > 0, true, "we hear keepalived");
    assert.deepEqual(statistics.dropped, {});
  });

  test("check 41: the owner of the addresses is Master at once; keepalived gives way to a rival owner", async () => {
    const first = await ourFirst(41);
    // It does not wait, as another does for three intervals and more.
    const other = await ourFirst(1);
    assert.equal(other.time - first.time > 2_500, true, `${other.time - first.time} ms before one that waits`);
    assert.equal(first.priority, 255);
    await waitLog(keepalived, /\(owners\).*CONFIGURATION ERROR/);
    await settled("owners", "master");
  });
});
