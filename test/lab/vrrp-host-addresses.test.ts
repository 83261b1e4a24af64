/** Virtual addresses on and off the interfaces of a Linux host. */
import assert from "node:assert/strict";
import { after, afterEach, before, test } from "node:test";
import type { Lab } from "../../lab/topology.ts";
import { type ComponentLogger, openHostView } from "../../src/platform/index.ts";
import { address, enterLab, GATEWAY, openHost, prefixes, shownAddresses, shownTexts, until } from "./vrrp-host.ts";

const SILENT: ComponentLogger = {
  isEnabled: () => false,
  error: assert.fail,
  warn: assert.fail,
  info() {},
  debug() {},
  limited: () => SILENT,
};
let lab: Lab;

before(async () => {
  lab = await enterLab();
});
after(() => lab.down());
afterEach(async () => {
  const texts = [...(await shownTexts(lab, GATEWAY, "eth0")), ...(await shownTexts(lab, GATEWAY, "lo"))];
  assert.deepEqual(
    texts.filter((text) => text.includes("0.100") || text.includes("::66")),
    [],
    "a test has left virtual addresses",
  );
});

test("addresses are on the interface when the call returns, and off when the other does", async (t) => {
  const { host, add } = openHost(t);
  const vips = prefixes("10.0.0.100/32", "fe80::66/128", "2001:db8::66/128");
  add({ addresses: vips });
  assert.deepEqual(host.addAddresses("gw", vips), []);
  assert.equal(host.hasAddress(address("10.0.0.100")), true);
  assert.equal(host.hasAddress(address("2001:db8::66")), true);
  const shown = (await shownAddresses(lab, GATEWAY, "eth0")).filter(
    ({ prefixlen }) => prefixlen >= 32 && prefixlen !== 64,
  );
  assert.deepEqual(shown.map(({ local, prefixlen }) => `${local}/${prefixlen}`).sort(), [
    "10.0.0.100/32",
    "2001:db8::66/128",
    "fe80::66/128",
  ]);
  for (const { local, nodad, tentative, preferred_life_time: preferred } of shown) {
    if (!local.includes(":")) continue;
    assert.deepEqual([nodad, tentative, preferred], [true, undefined, 0], `${local}: at once, and never a source`);
  }
  assert.deepEqual(host.removeAddresses("gw", vips), []);
  assert.equal(host.hasAddress(address("10.0.0.100")), false);
  const left = await shownTexts(lab, GATEWAY, "eth0");
  assert.equal(
    left.some((text) => text.endsWith("/32") || text.endsWith("/128")),
    false,
  );
});

test("an address can go on lo", async (t) => {
  const { host, add } = openHost(t);
  const vips = prefixes("10.0.0.100/32", "2001:db8::66/128");
  add({ addressInterface: "lo" });
  assert.deepEqual(host.addAddresses("gw", vips), []);
  const texts = await shownTexts(lab, GATEWAY, "lo");
  assert.equal(texts.includes("10.0.0.100/32"), true);
  assert.equal(texts.includes("2001:db8::66/128"), true);
  host.removeAddresses("gw", vips);
});

test("an address that was there before us is adopted, and stays", async (t) => {
  const { host, lost, add } = openHost(t);
  const present = ["10.0.0.100/24", "10.0.0.101/32", "2001:db8::66/128"];
  const vips = prefixes("10.0.0.100/32", "10.0.0.101/32", "2001:db8::66/128");
  const shown = async () => (await shownTexts(lab, GATEWAY, "eth0")).filter((text) => /0\.10[01]|::66/.test(text));
  for (const text of present) await lab.addAddress(GATEWAY, "eth0", text);
  await until("the host knows them", () => vips.every((vip) => host.hasAddress(vip.address)));
  add();
  assert.deepEqual(host.addAddresses("gw", vips), []);
  assert.deepEqual((await shown()).sort(), present);
  assert.deepEqual(host.removeAddresses("gw", vips), []);
  assert.deepEqual((await shown()).sort(), present);
  host.addAddresses("gw", vips);
  for (const text of present) await lab.deleteAddress(GATEWAY, "eth0", text);
  await until("their loss is told as of ours", () => lost.length === 3);
  assert.deepEqual(lost.sort(), ["gw 10.0.0.100/32", "gw 10.0.0.101/32", "gw 2001:db8::66/128"]);
});

test("an address that somebody takes off is told as lost once, and can be put on again", async (t) => {
  const { host, lost, addresses, add } = openHost(t);
  const vips = prefixes("10.0.0.100/32", "2001:db8::66/128");
  add();
  host.addAddresses("gw", vips);
  await until("both are seen", () => addresses.length === 2);
  await lab.deleteAddress(GATEWAY, "eth0", "10.0.0.100/32");
  await until("the loss is told", () => lost.length > 0);
  await lab.deleteAddress(GATEWAY, "eth0", "2001:db8::66/128");
  await until("the other too", () => lost.length > 1);
  assert.deepEqual(lost, ["gw 10.0.0.100/32", "gw 2001:db8::66/128"]);
  assert.equal(host.hasAddress(address("10.0.0.100")), false);
  host.addAddresses("gw", vips);
  assert.equal((await shownTexts(lab, GATEWAY, "eth0")).includes("10.0.0.100/32"), true);
  await until("both are seen again", () => addresses.length === 6);
  host.removeAddresses("gw", vips);
  await until("our own removal is seen", () => addresses.filter((text) => text === "-10.0.0.100").length === 2);
  assert.equal(lost.length, 2, "what we take off ourselves is not lost");
});

test("taking off and putting on again within one turn is no loss", async (t) => {
  const { host, lost, addresses, add } = openHost(t);
  const vips = prefixes("10.0.0.100/32");
  add();
  for (let i = 0; i < 20; i++) {
    host.addAddresses("gw", vips);
    host.removeAddresses("gw", vips);
  }
  host.addAddresses("gw", vips);
  await until("the address is told", () => addresses.length > 0);
  await lab.addAddress(GATEWAY, "eth0", "10.0.0.200/24");
  await until("a later change is told", () => addresses.includes("+10.0.0.200"));
  await lab.deleteAddress(GATEWAY, "eth0", "10.0.0.200/24");
  assert.deepEqual(lost, []);
  assert.deepEqual(
    addresses.filter((text) => text.includes("0.100")),
    ["+10.0.0.100"],
  );
  host.removeAddresses("gw", vips);
});

test("every address of the host is told as it comes on the first and leaves the last interface", async (t) => {
  const { host, addresses } = openHost(t);
  assert.equal(host.hasAddress(address("10.9.9.9")), false);
  await lab.addAddress(GATEWAY, "eth1", "10.9.9.9/32");
  await until("it is told", () => addresses.length === 1);
  await lab.addAddress(GATEWAY, "lo", "10.9.9.9/32");
  await lab.deleteAddress(GATEWAY, "eth1", "10.9.9.9/32");
  await lab.addAddress(GATEWAY, "lo", "10.9.9.8/32");
  await until("the third is told", () => addresses.includes("+10.9.9.8"));
  assert.equal(host.hasAddress(address("10.9.9.9")), true);
  await lab.deleteAddress(GATEWAY, "lo", "10.9.9.9/32");
  await until("it is told", () => addresses.length === 3);
  assert.deepEqual(addresses, ["+10.9.9.9", "+10.9.9.8", "-10.9.9.9"]);
  await lab.deleteAddress(GATEWAY, "lo", "10.9.9.8/32");
});

test("who only looks needs no virtual router", async (t) => {
  const told: string[] = [];
  const opened = openHostView(
    {
      hostAddress: (changed, present) => told.push(`${present ? "+" : "-"}${changed}`),
      link: (name, up) => told.push(`${name} ${up ? "up" : "down"}`),
    },
    SILENT,
  );
  assert.equal(opened.ok, true);
  const view = opened.ok ? opened.value : assert.fail("not open");
  t.after(() => view.close());
  assert.deepEqual(
    [view.hasAddress(address("10.0.0.1")), view.isLinkUp("eth0"), view.isLinkUp("eth9")],
    [true, true, undefined],
  );
  await lab.addAddress(GATEWAY, "lo", "10.9.9.7/32");
  await until("it is told", () => told.length === 1);
  await lab.deleteAddress(GATEWAY, "lo", "10.9.9.7/32");
  await until("it is told", () => told.length === 2);
  assert.deepEqual(told, ["+10.9.9.7", "-10.9.9.7"]);
});

test("addresses of a run that crashed are known, adopted by who resumes and removed otherwise", async (t) => {
  const crashed = openHost(t);
  crashed.add();
  crashed.host.addAddresses("gw", prefixes("10.0.0.100/32", "2001:db8::66/128", "10.0.0.101/32"));
  crashed.host.close({ keepAddresses: true });
  await lab.addAddress(GATEWAY, "eth0", "10.0.0.102/32");

  const { host, add } = openHost(t);
  add({ addresses: prefixes("10.0.0.100/32") });
  host.addAddresses("gw", prefixes("10.0.0.100/32"));
  const removed = host.removeLeftovers().map((left) => `${left.interface} ${left.address}`);
  assert.deepEqual(removed.sort(), ["eth0 10.0.0.101/32", "eth0 2001:db8::66/128"]);
  const texts = await shownTexts(lab, GATEWAY, "eth0");
  assert.equal(texts.includes("10.0.0.100/32"), true, "held by a router");
  assert.equal(texts.includes("10.0.0.102/32"), true, "not ours");
  assert.deepEqual(host.removeLeftovers(), []);
  host.removeAddresses("gw", prefixes("10.0.0.100/32"));
  assert.equal(host.hasAddress(address("10.0.0.100")), false, "ours since the former run");
  await lab.deleteAddress(GATEWAY, "eth0", "10.0.0.102/32");
});

test("what cannot be put on is told by name, and the rest is put on", async (t) => {
  const { host, log, add } = openHost(t);
  await lab.sysctl(GATEWAY, { "net.ipv6.conf.eth1.disable_ipv6": "1" });
  add({ interface: "eth1" });
  const failures = host.addAddresses("gw", prefixes("2001:db8::66/128", "10.0.0.100/32"));
  assert.deepEqual(
    failures.map(({ address: failed }) => String(failed)),
    ["2001:db8::66/128"],
  );
  assert.match(failures[0]?.text ?? "", /^cannot put 2001:db8::66\/128 on eth1: .*disable_ipv6/);
  assert.deepEqual(log, [failures[0]?.text]);
  assert.equal(host.hasAddress(address("10.0.0.100")), true);
  await lab.sysctl(GATEWAY, { "net.ipv6.conf.eth1.disable_ipv6": "0" });
});

test("an end takes off what we put on", async (t) => {
  const { host, add } = openHost(t);
  add();
  host.addAddresses("gw", prefixes("10.0.0.100/32"));
  add({ name: "other", virtualRouterId: 52 });
  host.addAddresses("other", prefixes("10.0.0.101/32"));
  host.removeRouter("other");
  assert.equal(host.hasAddress(address("10.0.0.101")), false);
  host.close();
  assert.equal((await shownTexts(lab, GATEWAY, "eth0")).includes("10.0.0.100/32"), false);
});

test("five hundred addresses go on and off in a few milliseconds each hundred", async (t) => {
  const { host, addresses, add } = openHost(t);
  add();
  const vips = prefixes(...Array.from({ length: 500 }, (_, i) => `198.51.${100 + (i >> 8)}.${i & 255}/32`));
  const before = performance.now();
  assert.deepEqual(host.addAddresses("gw", vips), []);
  const put = performance.now();
  assert.equal((await shownTexts(lab, GATEWAY, "eth0")).filter((text) => text.startsWith("198.51.")).length, 500);
  await until("they are told", () => addresses.length === 500);
  const taken = performance.now();
  assert.deepEqual(host.removeAddresses("gw", vips), []);
  t.diagnostic(
    `500 put on in ${(put - before).toFixed(1)} ms, taken off in ${(performance.now() - taken).toFixed(1)} ms`,
  );
  await until("the end is told", () => addresses.filter((text) => text.startsWith("-198.51.")).length === 500);
});
