import assert from "node:assert/strict";
import { test } from "node:test";
import { type Instant, seconds } from "../../../src/lib/time.ts";
import { VirtualRouter } from "../../../src/vrrp/index.ts";
import { config, heard, prefix, VIP, VIP2 } from "./station.ts";
import { address } from "./vectors.ts";

const at = (s: number) => (s * 1e6) as Instant;

function router(log: string[], given = {}): VirtualRouter {
  return new VirtualRouter(at(0), config({ advertisementInterval: seconds(1), ...given }), {
    send: (message) => log.push(`advert ${message[2]}`),
    addAddresses: (addresses) => log.push(`add ${addresses.join(" ")}`),
    removeAddresses: (addresses) => log.push(`remove ${addresses.join(" ")}`),
    announceAddresses: (addresses) => log.push(`announce ${addresses.join(" ")}`),
  });
}

const started = (log: string[], given = {}): VirtualRouter => {
  const it = router(log, given);
  it.handle(at(0), { type: "SetPath", path: { source: address("192.0.2.1") } });
  return it;
};

test("listeners are told of each state by its name, and of every event by its type", () => {
  const log: string[] = [];
  const it = router(log);
  it.on("state", ({ from, to }) => log.push(`${from} -> ${to}`))
    .on("backup", () => log.push("backup"))
    .on("master", ({ reason }) => log.push(`master: ${reason}`))
    .on("fault", ({ reason }) => log.push(`fault: ${reason}`))
    .on("initialize", () => log.push("initialize"))
    .on("interval", ({ to }) => log.push(`interval ${to}`));
  it.handle(at(0), { type: "SetPath", path: { source: address("192.0.2.1") } });
  it.handle(at(0), { type: "Received", packet: heard(200, { intervalS: 0.5 }) });
  assert.deepEqual(log.splice(0), ["Initialize -> Backup", "backup", "interval 500000"]);
  it.advance(it.deadline);
  assert.deepEqual(log.splice(0), [
    "advert 100",
    `add ${VIP}`,
    `announce ${VIP}`,
    "Backup -> Master",
    "master: Master 192.0.2.2 is silent",
  ]);
  it.handle(at(2), { type: "SetPath", path: { fault: "eth0 is down" } });
  assert.deepEqual(log.splice(0), ["Master -> Fault", "fault: eth0 is down", `remove ${VIP}`]);
  it.handle(at(2), { type: "Stop" });
  assert.deepEqual(log.splice(0), ["Fault -> Initialize", "initialize"]);
});

test("priority, interval and addresses change while it runs", () => {
  const log: string[] = [];
  const it = started(log);
  it.advance(at(4));
  log.length = 0;
  const now = at(4);
  it.addAddress(now, VIP2);
  it.addAddress(now, VIP2);
  it.addAddress(now, prefix("2001:db8::1/128"));
  it.removeAddress(now, VIP);
  it.removeAddress(now, VIP);
  it.setPriority(now, 150);
  it.setInterval(now, seconds(0.5));
  assert.deepEqual(log, [
    "advert 100",
    `add ${VIP2}`,
    `announce ${VIP2}`,
    "add 2001:db8::1/128",
    "announce 2001:db8::1/128",
    "advert 100",
    `remove ${VIP}`,
    "advert 150",
    "advert 150",
  ]);
  assert.equal(it.deadline, at(4.5));
  assert.equal(it.view().effectivePriority, 150);
});

test("a value that no router can have is refused, and the router stays as it is", () => {
  const it = started([]);
  assert.throws(() => it.setPriority(at(0), 256), /priority 256/);
  assert.throws(() => it.setInterval(at(0), seconds(41)), /interval/);
  assert.throws(() => it.removeAddress(at(0), VIP), /addresses/);
  it.setPriority(at(0), 101);
  assert.deepEqual(it.view().config.addresses, [VIP]);
});

test("a listener may call the router: what that causes comes after what was on its way", () => {
  const log: string[] = [];
  const it = started(log);
  it.on("backup", () => {
    log.push("backup");
    it.setPriority(at(4), 250);
  });
  it.on("priority", () => log.push("priority"));
  it.advance(at(4));
  log.length = 0;
  it.handle(at(4), { type: "Received", packet: heard(200) });
  assert.deepEqual(log, ["backup", `remove ${VIP}`, "priority"]);
});

test("a listener is told no more once it is taken off", () => {
  let told = 0;
  const count = () => told++;
  const it = router([]).on("state", count);
  it.off("state", count);
  it.handle(at(0), { type: "SetPath", path: { source: address("192.0.2.1") } });
  assert.equal(told, 0);
});

test("an exception of a listener is the caller's, and the rest is done with the next call", () => {
  const log: string[] = [];
  const it = started(log);
  it.advance(at(4));
  it.on("backup", () => {
    throw new Error("mine");
  });
  log.length = 0;
  assert.throws(() => it.handle(at(4), { type: "Received", packet: heard(200) }), /mine/);
  it.advance(at(4));
  assert.deepEqual(log, [`remove ${VIP}`]);
});
