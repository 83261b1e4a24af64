/*
 * What our virtual routers make of single packets, right and wrong ones: they come from an injector, beside which there
 * is no other router. A Master that accepts a higher advert is silent for its Master_Down_Interval; one that drops it
 * goes on.
 */
import assert from "node:assert/strict";
import { after, before, describe, test } from "node:test";
import type { FrameCapture } from "../../lab/frames.ts";
import { now } from "../../lab/frames.ts";
import { type AdvertBytes, Injector } from "../../lab/inject.ts";
import { HoldfastVrrp } from "../../lab/peers/holdfast-vrrp.ts";
import { masterDownMs, type RouterSpec, waitLog, waitState } from "../../lab/peers/vrrp-spec.ts";
import type { Lab } from "../../lab/topology.ts";
import { AT_ONCE_MS, assertTook, bridgeLab, capture, from } from "./vrrp-lab.ts";

const OURS = "10.80.0.1";
const THEIRS = "10.80.0.250";
const INTERVAL_MS = 100;
/** Of those that answer: the next advert is far from the answer. */
const SLOW_MS = 1_000;

const vip = (vrid: number) => `10.80.9.${vrid}`;
const router = (vrid: number, options: Partial<RouterSpec> = {}): RouterSpec => ({
  name: `r${vrid}`,
  virtualRouterId: vrid,
  priority: 100,
  interval: INTERVAL_MS / 1000,
  addresses: [`${vip(vrid)}/32`],
  ...options,
});
const SIX: Partial<RouterSpec> = { addresses: ["fe80::66/128", "2001:db8::66/128"] };

const ROUTERS = [
  ...[14, 15].map((vrid) => router(vrid, { interval: SLOW_MS / 1000 })),
  ...[2, 4, 5, 13, 19, 22, 23, 24, 25, 26, 27, 29].map((vrid) => router(vrid)),
  router(18, { version: 2, interval: 1 }),
  router(21),
  router(121, { unicast: { source: OURS, peers: [THEIRS] }, own: ["unicast-ttl-min = 254"] }),
  router(35, SIX),
  router(41, { priority: 255 }),
  router(126, { interface: "eth1" }),
];

describe("a virtual router and single packets", { concurrency: true }, () => {
  let lab: Lab;
  let frames: FrameCapture;
  let injector: Injector;
  let other: Injector;
  let ours: HoldfastVrrp;
  let started: number;

  before(async () => {
    lab = await bridgeLab(["o"], 2);
    frames = await capture(lab);
    injector = new Injector(lab, "w", "eth0");
    other = new Injector(lab, "w", "eth1");
    ours = new HoldfastVrrp(lab, "o", { routers: ROUTERS });
    started = now();
    await ours.start();
    const names = ROUTERS.map(({ name }) => name);
    await waitState(ours, names, "master");
  });
  after(async () => {
    injector.close();
    other.close();
    await lab.down();
  });

  const advert = (vrid: number, options: Partial<AdvertBytes> = {}): AdvertBytes => ({
    source: THEIRS,
    virtualRouterId: vrid,
    priority: 250,
    centiseconds: INTERVAL_MS / 10,
    addresses: [vip(vrid)],
    ...options,
  });

  /** Injects, and gives the pause until our next advert. */
  async function silence(vrid: number, options: Partial<AdvertBytes> = {}, source = OURS): Promise<number> {
    await waitState(ours, [`r${vrid}`], "master");
    // Right after one of ours, so that another that is on its way is not taken for the answer.
    const begin = now();
    await frames.waitAdvert("our next", (a) => from(source, vrid)(a) && a.time > begin);
    // From its frame on the wire: this process may be held up on its way there.
    const since = now();
    const injected = advert(vrid, options);
    injector.advert(injected);
    const { time } = await frames.waitAdvert(
      "the injected one",
      (a) => from(injected.source, vrid)(a) && a.time > since,
    );
    const next = await frames.waitAdvert("ours", (a) => from(source, vrid)(a) && a.time > time);
    return next.time - time;
  }
  const dropped = async (vrid: number, cause: string) => (await ours.router(`r${vrid}`)).statistics.dropped[cause] ?? 0;

  const backupTime = masterDownMs(100, INTERVAL_MS);

  test("check 2: our advert on the wire, octet by octet", async () => {
    const ours2 = await frames.waitAdvert("of ours", from(OURS, 2));
    const { time: _, etherSource: __, ...rest } = ours2;
    assert.deepEqual(rest, {
      kind: "advert",
      etherDestination: "01:00:5e:00:00:12",
      source: OURS,
      destination: "224.0.0.18",
      ttl: 255,
      tos: 0xc0,
      version: 3,
      type: 1,
      virtualRouterId: 2,
      priority: 100,
      count: 1,
      addresses: [vip(2)],
      reserved: 0,
      intervalMs: INTERVAL_MS,
      checksum: "pseudo-header",
      length: 12,
    });
  });

  test("check 4: both forms of the checksum are accepted, a wrong one is not", async () => {
    assertTook("after a pseudo-header's", await silence(4, { checksum: "pseudo-header" }), backupTime);
    assertTook("after a message-only one", await silence(4, { checksum: "message" }), backupTime);
    const pause = await silence(4, { checksum: "bad" });
    assert.equal(pause < 3 * INTERVAL_MS, true, `it went on after ${pause} ms`);
    assert.equal(await dropped(4, "checksum"), 1);
    await waitLog(ours, /advert of 10\.80\.0\.250 dropped \(checksum\)/);
  });

  test("check 13: of equal priorities the greater address is Master, by its unsigned value", async () => {
    const stays = await silence(13, { priority: 100, source: "9.255.255.255" });
    assert.equal(stays < 3 * INTERVAL_MS, true, `a lower address is ignored, ${stays} ms`);
    assertTook("a greater one wins", await silence(13, { priority: 100, source: "200.0.0.1" }), backupTime);
  });

  test("check 14: a lower Master is answered at once, and hosts are told anew", async () => {
    const answer = await silence(14, { priority: 50 });
    assert.equal(answer < AT_ONCE_MS, true, `the answer came after ${answer} ms`);
    const at = frames.adverts((a) => a.source === THEIRS && a.virtualRouterId === 14)[0]?.time ?? 0;
    await frames.waitAdvert("a later one", (a) => from(OURS, 14)(a) && a.time > at + AT_ONCE_MS);
    const told = frames.arps((a) => a.senderAddress === vip(14) && a.time > at && a.time < at + AT_ONCE_MS);
    assert.equal(told.length, 5);
  });

  test("check 15: priority 0 is answered at once, and the next advert follows an interval later", async () => {
    const answer = await silence(15, { priority: 0 });
    assert.equal(answer < AT_ONCE_MS, true, `the answer came after ${answer} ms`);
    const zero = frames.adverts((a) => a.source === THEIRS && a.virtualRouterId === 15)[0]?.time ?? 0;
    await frames.waitAdvert("the one after", (a) => from(OURS, 15)(a) && a.time > zero + AT_ONCE_MS);
    const [first, second] = frames.adverts((a) => from(OURS, 15)(a) && a.time > zero);
    assertTook("the next", (second?.time ?? 0) - (first?.time ?? 0), SLOW_MS);
  });

  test("check 18: version 2 with another interval is dropped, counted and logged", async () => {
    const before = frames.adverts(from(OURS, 18)).length;
    injector.advert(advert(18, { version: 2, centiseconds: 500 }));
    await waitLog(ours, /advert of 10\.80\.0\.250 dropped \(interval-mismatch\)/);
    await frames.waitAdvert("it goes on", () => frames.adverts(from(OURS, 18)).length >= before + 2);
    assert.equal(await dropped(18, "interval-mismatch"), 1);
    assert.equal((await ours.router("r18")).state, "Master");
  });

  test("check 19: version 2 for a version 3 router is dropped and counted", async () => {
    const pause = await silence(19, { version: 2, centiseconds: 100 });
    assert.equal(pause < 3 * INTERVAL_MS, true, `it went on after ${pause} ms`);
    assert.equal(await dropped(19, "version"), 1);
  });

  test("check 21: TTL 254 is dropped", async () => {
    const pause = await silence(21, { ttl: 254 });
    assert.equal(pause < 3 * INTERVAL_MS, true, `it went on after ${pause} ms`);
    assert.equal(await dropped(21, "ttl"), 1);
  });

  test("check 21: to a unicast router the TTL may be what its configuration says, and no other", async () => {
    const [link] = JSON.parse(await lab.run("o", ["ip", "-j", "link", "show", "eth0"])) as { address: string }[];
    const unicast = { destination: OURS, etherDestination: link?.address ?? "" };
    injector.advert(advert(121, { ...unicast, ttl: 253 }));
    await waitLog(ours, /r121.*dropped \(ttl\)|dropped \(ttl\).*r121/);
    assert.equal((await ours.router("r121")).state, "Master");
    injector.advert(advert(121, { ...unicast, ttl: 254, centiseconds: 100 }));
    await waitState(ours, ["r121"], "backup");
  });

  test("check 22: interval 0 is dropped, and does not make a Master of a Backup", async () => {
    const pause = await silence(22, { centiseconds: 0 });
    assert.equal(pause < 3 * INTERVAL_MS, true, `it went on after ${pause} ms`);
    // Long enough a Backup to be seen as one.
    injector.advert(advert(22, { centiseconds: 100 }));
    await waitState(ours, ["r22"], "backup");
    const since = now();
    injector.advert(advert(22));
    injector.advert(advert(22, { centiseconds: 0 }));
    const next = await frames.waitAdvert("ours again", (a) => from(OURS, 22)(a) && a.time > since);
    assertTook("as if nothing had been", next.time - since, backupTime);
    assert.equal(await dropped(22, "interval-zero"), 2);
  });

  test("check 23: reserved bits are no part of the interval", async () => {
    assertTook("the pause", await silence(23, { reserved: 15 }), backupTime);
  });

  test("check 24: truncated, of another type, without addresses, empty: all dropped and counted", async () => {
    for (const wrong of [
      { count: 2 },
      { type: 2 },
      { count: 0, addresses: [] },
      { truncate: 1 },
      { truncate: 0 },
      { truncate: 7 },
    ])
      injector.advert(advert(24, wrong));
    const pause = await silence(24, { ttl: 254 });
    assert.equal(pause < 3 * INTERVAL_MS, true, `it went on after ${pause} ms`);
    const { dropped: counts } = (await ours.router("r24")).statistics;
    assert.deepEqual(counts, { "too-short": 2, type: 1, "no-addresses": 1, ttl: 1 });
    // The two without a VRID belong to no router.
    await waitLog(ours, /eth0.*too-short|too-short.*eth0/);
  });

  test("check 25: a short frame that the link has padded is accepted", async () => {
    assertTook("the pause", await silence(25, { padding: 14 }), backupTime);
  });

  test("check 26: a VRID that nobody has here, and ours on another interface, are ignored", async () => {
    other.advert(advert(26));
    other.advert(advert(126, { centiseconds: 100 }));
    injector.advert(advert(99));
    await waitState(ours, ["r126"], "backup");
    const pause = await silence(26, { ttl: 254 });
    assert.equal(pause < 3 * INTERVAL_MS, true, `it went on after ${pause} ms`);
    const { statistics, state } = await ours.router("r26");
    assert.equal(state, "Master");
    assert.deepEqual([statistics.advertsReceived, statistics.dropped], [0, { ttl: 1 }]);
  });

  test("check 27: another list of addresses is warned of, and accepted", async () => {
    assertTook("the pause", await silence(27, { addresses: [vip(27), "10.80.9.200"] }), backupTime);
    await waitLog(ours, /10\.80\.0\.250 advertises other addresses than ours: 10\.80\.9\.27, 10\.80\.9\.200/);
  });

  test("check 29: a router does not hear itself", async () => {
    await frames.waitAdvert("ten of ours", () => frames.adverts(from(OURS, 29)).length >= 10);
    const { statistics } = await ours.router("r29");
    assert.equal(statistics.advertsReceived, 0);
    assert.deepEqual(statistics.dropped, {});
  });

  test("check 34: IPv6 adverts come from the link-local address, which is not the virtual one; NA with O to all nodes", async () => {
    const six = await frames.waitAdvert("over IPv6", (a) => a.virtualRouterId === 35 && a.source !== "fe80::1");
    const { source, destination, etherDestination, ttl, tos, addresses, count, checksum, reserved, length } = six;
    assert.match(source, /^fe80::/);
    assert.notEqual(source, "fe80::66");
    assert.deepEqual(
      { destination, etherDestination, ttl, tos, addresses, count, checksum, reserved, length },
      {
        destination: "ff02::12",
        etherDestination: "33:33:00:00:00:12",
        ttl: 255,
        tos: 0xc0,
        addresses: ["fe80::66", "2001:db8::66"],
        count: 2,
        checksum: "pseudo-header",
        reserved: 0,
        length: 40,
      },
    );
    const told = frames.neighborAdvertisements((na) => na.target === "2001:db8::66");
    assert.equal(told.length >= 5, true, `${told.length} neighbour advertisements`);
    for (const na of told) {
      assert.deepEqual([na.destination, na.etherDestination], ["ff02::1", "33:33:00:00:00:01"]);
      // This host does not forward, so it is no router.
      assert.deepEqual([na.override, na.solicited, na.router], [true, false, false]);
      assert.equal(na.targetMac, six.etherSource);
    }
  });

  test("check 35: equal priorities over IPv6: the greater link-local source wins", async () => {
    const six = await frames.waitAdvert("over IPv6", (a) => a.virtualRouterId === 35 && a.source !== "fe80::1");
    const equal = { priority: 100, addresses: SIX.addresses?.map((text) => text.replace(/\/.*/, "")) ?? [] };
    const stays = await silence(35, { ...equal, source: "fe80::1" }, six.source);
    assert.equal(stays < 3 * INTERVAL_MS, true, `a lower address is ignored, ${stays} ms`);
    const greater = await silence(35, { ...equal, source: "fe80::ffff:ffff:ffff:ffff" }, six.source);
    assertTook("a greater one wins", greater, backupTime);
  });

  test("check 41: the owner of the addresses is Master at once; of two that claim to own them the greater address wins", async () => {
    const [first, others] = [41, 2].map((vrid) => frames.adverts(from(OURS, vrid))[0]?.time ?? 0) as [number, number];
    // The others had to wait; it starts with the process, not with its routers.
    assert.equal(
      others - first > 0.9 * backupTime,
      true,
      `${others - first} ms before the others, ${first - started} ms`,
    );
    const stays = await silence(41, { priority: 255, source: "10.80.0.0" });
    assert.equal(stays < 3 * INTERVAL_MS, true, `a lower address is ignored, ${stays} ms`);
    assertTook("a greater one wins", await silence(41, { priority: 255 }), masterDownMs(255, INTERVAL_MS));
    await waitLog(ours, /10\.80\.0\.250 claims to own the addresses \(priority 255\), as this node does/);
  });
});
