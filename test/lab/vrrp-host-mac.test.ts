/** Virtual MAC mode, Accept_Mode and missing capabilities of VRRP's hold on the host. */
import assert from "node:assert/strict";
import { join } from "node:path";
import { after, before, test } from "node:test";
import { tryRun } from "../../lab/exec.ts";
import type { Lab } from "../../lab/topology.ts";
import { waitFor } from "../../lab/wait.ts";
import {
  address,
  bytes,
  enterLab,
  GATEWAY,
  GROUP_MAC,
  hex,
  ipv4Frame,
  isVrrp,
  openHost,
  PEER,
  pathText,
  place,
  prefixes,
  shownTexts,
  until,
  Wire,
} from "./vrrp-host.ts";

const MESSAGE = bytes("31336401 00640000 0a000064");
const IPV4_MAC = "00005e000133";
const IPV6_MAC = "00005e000233";
let lab: Lab;

before(async () => {
  lab = await enterLab();
});
after(() => lab.down());

const sysctl = async (key: string) => (await lab.run(GATEWAY, ["sysctl", "-n", key])).trim();
const indexOf = async (name: string) =>
  (JSON.parse(await lab.run(GATEWAY, ["ip", "-j", "link", "show", name])) as { ifindex: number }[])[0]?.ifindex;
const hasLink = async (name: string) => (await lab.tryRun(GATEWAY, ["ip", "link", "show", name])).code === 0;

/** Whether the peer gets an answer from the address, and from which MAC address. */
async function ask(target: string): Promise<{ answers: boolean; mac: string | undefined }> {
  await lab.tryRun(PEER, ["ip", "neigh", "flush", "dev", "eth0"]);
  // A closed port: the answer is a reset at once, none is a timeout.
  const { code } = await lab.tryRun(PEER, ["timeout", "1", "bash", "-c", `: </dev/tcp/${target}/9`]);
  const known = JSON.parse(await lab.run(PEER, ["ip", "-j", "neigh", "show", target])) as { lladdr?: string }[];
  return { answers: code === 1, mac: known[0]?.lladdr?.replaceAll(":", "") };
}

test("in virtual MAC mode adverts, announcements and ARP replies have the virtual MAC", async (t) => {
  await lab.sysctl(GATEWAY, { "net.ipv4.conf.all.rp_filter": "1" });
  const wire = new Wire(t, lab, PEER, "eth0");
  const open = openHost(t);
  const vips = prefixes("10.0.0.100/32");
  assert.equal(pathText(open.add({ virtualMac: true, addresses: vips })), "10.0.0.1");
  open.host.send("gw", MESSAGE, address("10.0.0.1"), undefined);
  open.host.addAddresses("gw", vips);
  open.host.announceAddresses("gw", vips, 1);
  const advert = await wire.frame("the advert", isVrrp);
  assert.equal(hex(advert.subarray(0, 12)), `01005e000012${IPV4_MAC}`);
  assert.equal(hex(advert.subarray(26, 30)), "0a000001");
  const arp = await wire.frame("the announcement", (frame) => frame.readUInt16BE(12) === 0x0806);
  assert.equal(hex(arp), `ffffffffffff${IPV4_MAC}08060001080006040001${IPV4_MAC}0a000064ffffffffffff0a000064`);
  assert.deepEqual(await ask("10.0.0.100"), { answers: true, mac: IPV4_MAC });
  assert.deepEqual(await shownTexts(lab, GATEWAY, "vrrp.51"), ["10.0.0.100/32"]);
  wire.inject(
    ipv4Frame({ ttl: 255, source: "10.0.0.2", destination: "224.0.0.18", to: GROUP_MAC[4], payload: MESSAGE }),
  );
  await until("an advert of the peer is heard, once", () => open.packets.length > 0);
  assert.deepEqual(
    open.packets.map(({ interface: name, source }) => `${name} ${source}`),
    ["eth0 10.0.0.2"],
  );
  assert.equal(await sysctl("net.ipv4.conf.all.rp_filter"), "0");
  assert.equal(await sysctl("net.ipv4.conf.eth1.rp_filter"), "1");
  open.host.close();
  assert.equal(await hasLink("vrrp.51"), false);
  assert.equal(await sysctl("net.ipv4.conf.all.rp_filter"), "1");
  assert.equal(await sysctl("net.ipv4.conf.eth0.arp_ignore"), "0");
  await lab.sysctl(GATEWAY, { "net.ipv4.conf.all.rp_filter": "0", "net.ipv4.conf.eth0.rp_filter": "0" });
});

test("in virtual MAC mode IPv6 goes by an interface of its own without other addresses", async (t) => {
  const wire = new Wire(t, lab, PEER, "eth0");
  const open = openHost(t);
  const vips = prefixes("fe80::66/128", "fd00::66/128");
  assert.match(pathText(open.add({ virtualMac: true, family: 6, addresses: vips })), /^fe80::/);
  // The first advert of a Master leaves before its addresses are on: from an interface that has none.
  open.host.send("gw", MESSAGE, address("fe80::77"), undefined);
  assert.deepEqual(open.host.addAddresses("gw", vips), []);
  open.host.announceAddresses("gw", vips, 1);
  const advert = await wire.frame("the advert", isVrrp);
  assert.equal(hex(advert.subarray(0, 12)), `333300000012${IPV6_MAC}`);
  assert.equal(hex(advert.subarray(22, 38)), "fe800000000000000000000000000077");
  const told = await wire.frame("the announcement", (frame) => frame[54] === 136 && frame[14] === 0x60);
  assert.equal(hex(told.subarray(6, 12)), IPV6_MAC);
  assert.deepEqual((await shownTexts(lab, GATEWAY, "vrrp6.51")).sort(), ["fd00::66/128", "fe80::66/128"]);
  assert.deepEqual(await ask("fd00::66"), { answers: true, mac: IPV6_MAC });
  open.host.removeRouter("gw");
  assert.equal(await hasLink("vrrp6.51"), false);
});

test("a macvlan that somebody removes is a fault, its addresses are lost, and it is made again", async (t) => {
  const open = openHost(t);
  const vips = prefixes("10.0.0.100/32");
  assert.equal(pathText(open.add({ virtualMac: true, addresses: vips })), "10.0.0.1");
  open.host.addAddresses("gw", vips);
  await lab.run(GATEWAY, ["ip", "link", "del", "vrrp.51"]);
  await until("the loss is told", () => open.lost.length > 0);
  await waitFor("it is there again", () => hasLink("vrrp.51"), { intervalMs: 20, timeoutMs: 5_000 });
  assert.deepEqual(open.paths, [], "it was made again before anybody noticed");
  assert.deepEqual(open.host.addAddresses("gw", vips), []);
  assert.deepEqual(open.lost, ["gw 10.0.0.100/32"]);
});

test("macvlans of a crashed run are adopted by their router and removed otherwise; others' stay", async (t) => {
  const crashed = openHost(t);
  crashed.add({ virtualMac: true });
  crashed.add({ virtualMac: true, name: "other", virtualRouterId: 52 });
  const index = await indexOf("vrrp.51");
  crashed.host.close({ keepAddresses: true });
  const foreign = ["ip", "link", "add", "link", "eth0", "name", "vrrp.53", "type", "macvlan", "mode", "private"];
  await lab.run(GATEWAY, foreign);

  const open = openHost(t);
  open.add({ virtualMac: true });
  const removed = open.host.removeLeftovers().map((left) => `${left.interface} ${left.address}`);
  assert.deepEqual(removed, ["vrrp.52 undefined"]);
  assert.equal(await hasLink("vrrp.51"), true);
  assert.equal(await hasLink("vrrp.53"), true);
  assert.equal(await indexOf("vrrp.51"), index, "it is the same one");
  await lab.run(GATEWAY, ["ip", "link", "del", "vrrp.53"]);
});

test("without accept, packets to the addresses are dropped, but neighbours find them", async (t) => {
  const open = openHost(t);
  const vips = prefixes("10.0.0.100/32", "fd00::66/128");
  const options = { accept: false, addresses: vips };
  open.add(options);
  open.host.addAddresses("gw", vips);
  const eth0 = (await lab.run(GATEWAY, ["ip", "-j", "link", "show", "eth0"])).match(/"address":"([^"]+)"/)?.[1];
  const mac = eth0?.replaceAll(":", "");
  for (const target of ["10.0.0.100", "fd00::66"]) assert.deepEqual(await ask(target), { answers: false, mac }, target);
  const updated = open.host.updateRouter(place({ ...options, accept: true }));
  assert.equal(updated.ok, true);
  for (const target of ["10.0.0.100", "fd00::66"]) assert.deepEqual(await ask(target), { answers: true, mac }, target);
  assert.equal(open.host.updateRouter(place(options)).ok, true);
  assert.equal((await ask("10.0.0.100")).answers, false);
  assert.equal((await ask("10.0.0.1")).answers, true);
  open.host.close();
  assert.equal((await lab.run(GATEWAY, ["nft", "list", "tables"])).includes("holdfast"), false);
});

test("without the command nft, accept = false is an error that names router and package", (t) => {
  const open = openHost(t);
  const path = process.env["PATH"];
  process.env["PATH"] = "/nowhere";
  try {
    const added = open.host.addRouter(place({ accept: false }));
    assert.match(added.ok ? "" : added.error.message, /^virtual router gw: cannot set accept = false: .*nftables/);
    open.add();
  } finally {
    process.env["PATH"] = path;
  }
});

for (const [capability, purpose] of [
  ["net_raw", "CAP_NET_RAW (to send and receive adverts)"],
  ["net_admin", "CAP_NET_ADMIN (to put addresses on interfaces)"],
] as const) {
  test(`without ${capability} the host does not open, and says what it needs`, async () => {
    const file = join(import.meta.dirname, "../../src/platform/vrrp/capabilities.ts");
    const script = `import { checkCapabilities } from ${JSON.stringify(file)}; console.log(checkCapabilities().error?.message);`;
    const node = [process.execPath, "--import", "tsx", "--input-type=module", "-e", script];
    const { stdout, stderr } = await tryRun(["setpriv", `--bounding-set=-${capability}`, "--", ...node]);
    assert.equal(stderr, "");
    assert.match(stdout, new RegExp(`^VRRP needs ${purpose.replace(/[()]/g, "\\$&")}: run as root`));
  });
}
