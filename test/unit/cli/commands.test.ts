import assert from "node:assert/strict";
import { after, test } from "node:test";
import type { Event, Fleet, FleetNode, Status } from "../../../proto/holdfast/v1/holdfast.d.ts";
import { millis, seconds } from "../../../src/lib/time.ts";
import { FakeHost } from "../api/holdfast/fake-host.ts";
import { serve } from "../api/holdfast/serve.ts";
import { fleetView, routerView } from "../api/holdfast/views.ts";
import { FakeIo, type Run, run } from "./run.ts";

const host = new FakeHost();
const upstream = host.rig.join({ description: "upstream" });
upstream.announce(["198.51.100.0/24", "198.51.100.7/32"]);
host.rig.settle();
host.pass(seconds(75));
const served = await serve(host);
after(() => {
  served.close();
  assert.deepEqual(served.faults, []);
});

const holdfast = (...argv: readonly string[]): Promise<Run> => run(["-u", served.target, ...argv]);
const json = async <T>(...argv: readonly string[]): Promise<T> =>
  JSON.parse((await holdfast(...argv, "-j")).stdout) as T;
const VIP = "203.0.113.10/32";

test("every list and view, as text and as one JSON document, exits 0", async () => {
  const views = [
    ["status"],
    ["why", VIP],
    ["vips"],
    ["peers"],
    ["peers", "192.0.2.2"],
    ["vrrp"],
    ["vrrp", "gw"],
    ["checks"],
    ["rib"],
    ["rib", "--in", "upstream"],
    ["events"],
  ];
  for (const argv of views) {
    const text = await holdfast(...argv);
    assert.deepEqual([text.status, text.stderr], [0, ""], argv.join(" "));
    // No colours and nothing cut: this is a pipe.
    assert.equal(text.stdout.includes("\x1b") || text.stdout.includes("…"), false);
    if (argv[0] !== "events") assert.equal(typeof (await json(...argv)), "object", argv.join(" "));
  }
});

test("a table on a terminal of 80 columns has no longer line", async () => {
  host.virtualRouters = [routerView({ name: "a-rather-long-name", reason: "x".repeat(100), master: undefined })];
  for (const argv of [["status"], ["vips"], ["peers"], ["vrrp"], ["checks"], ["rib"], ["why", VIP]]) {
    const io = new FakeIo();
    io.columns = 80;
    io.env = { NO_COLOR: "1" };
    await run(["-u", served.target, ...argv], io);
    for (const line of io.stdout.split("\n")) assert.ok(line.length <= 80, `${argv.join(" ")}: ${line}`);
  }
  host.virtualRouters = [routerView()];
});

test("on a terminal states have colours, unless --no-color or -j", async () => {
  const shown = async (...argv: readonly string[]) => {
    const io = new FakeIo();
    io.columns = 100;
    return (await run(["-u", served.target, ...argv], io)).stdout;
  };
  assert.ok((await shown("vips")).includes("\u001b[32mannounce\u001b[39m"), "green");
  assert.equal((await shown("vips", "--no-color")).includes("\u001b"), false);
  assert.equal((await shown("vips", "-j")).includes("\u001b"), false);
});

test("names alone, for scripts and completion", async () => {
  assert.equal((await holdfast("vips", "--names")).stdout, `${VIP}\n203.0.113.11/32\n`);
  assert.equal((await holdfast("peers", "--names")).stdout, "192.0.2.2\n");
});

test("a lease is announced, renewed, shown and withdrawn", async () => {
  const announce = ["announce", "198.18.0.1", "--lease", "1m", "--med", "5", "--community", "no-export,65001:7"];
  assert.equal((await holdfast(...announce)).stdout, "198.18.0.1 announced\n");
  assert.equal((await holdfast(...announce)).stdout, "198.18.0.1 renewed\n");
  const [route] = (await json<Status>("status")).apiRoutes;
  assert.deepEqual([route?.prefix, route?.leaseSeconds], ["198.18.0.1/32", 60]);
  assert.match(
    (await holdfast("rib", "198.18.0.1")).stdout,
    /^> {2}198\.18\.0\.1\/32 +self +local +5 +no-export 65001:7$/m,
  );
  assert.match((await holdfast("status")).stdout, /198\.18\.0\.1\/32 +announce +0s +1m of 1m/);
  assert.equal((await holdfast("withdraw", "198.18.0.1")).stdout, "198.18.0.1 withdrawn\n");
  assert.equal((await holdfast("rib", "198.18.0.1")).stderr, "no such routes\n");
});

test("the daemon's refusals are shown as they are, exit 1", async () => {
  const cases: readonly (readonly [readonly string[], RegExp])[] = [
    [["why", "192.0.2.77"], /^holdfast: 192\.0\.2\.77\/32 is not a VIP of the configuration\n$/],
    [["announce", "10.0.0.1/8"], /is it 10\.0\.0\.0\/8\?/],
    [["peers", "nobody"], /there is no neighbour "nobody"/],
    [["vrrp", "nobody"], /there is no VRRP instance "nobody"/],
    [["withdraw", VIP], /is a VIP: take it down, or drain it/],
    [["enable", "upstream"], /cannot do this: .*older holdfastd/],
  ];
  for (const [argv, message] of cases) {
    const { status, stdout, stderr } = await holdfast(...argv);
    assert.deepEqual([status, stdout], [1, ""], argv.join(" "));
    assert.match(stderr, message);
  }
});

test("what the command line gets wrong is said before anybody is asked, exit 2", async () => {
  const cases: readonly (readonly [readonly string[], RegExp])[] = [
    [["rib", "--in", "a", "--out", "b"], /only one of --in, --out and --local/],
    [["rib", "--longer"], /--longer needs a PREFIX/],
    [["announce", "10.0.0.1", "--med", "many"], /--med many: a number/],
    [["announce", "10.0.0.1", "--lease", "soon"], /"soon" is not a duration/],
    [["announce", "10.0.0.1", "--on-lapse", "withdraw"], /--on-lapse needs a --lease/],
    [["announce", "10.0.0.1", "--lease", "5s", "--on-lapse", "pray"], /withdraw or de-prefer/],
    [["announce", "10.0.0.1", "--keep"], /--keep needs a --lease/],
    [["drain", "--peer", "a", "--wait"], /--wait is for a VIP or the node/],
    [["drain"], /a VIP, or --peer PEER, or --node/],
    [["drain", VIP, "--node"], /a VIP, or --peer PEER, or --node/],
    [["stop", "--hold", "--text", "bye"], /says nothing to neighbours/],
    [["top", "--interval", "0.01s"], /at least 0\.2s/],
    [["completion", "tcsh"], /none of bash, zsh, fish/],
    [["help", "drian"], /is it drain\?/],
    [["-u", "no good", "status"], /--target no good/],
    [["--tls-cert", "x", "status"], /belong together/],
  ];
  for (const [argv, message] of cases) {
    const { status, stderr } = await run(argv);
    assert.equal(status, 2, argv.join(" "));
    assert.match(stderr, message);
    assert.match(stderr, /how to use it: holdfast help/);
  }
});

test("drain, undrain, down, up, stop and reload reach the daemon", async () => {
  host.asked.splice(0);
  await holdfast("drain", "--peer", "upstream");
  assert.equal((await holdfast("drain", "--node")).stdout, "drain: the node, 2 VIPs\n");
  await holdfast("undrain", "203.0.113.11");
  assert.match((await holdfast("down", "203.0.113.11")).stdout, /is not announced: taken down by an operator/);
  assert.match((await holdfast("up", "203.0.113.11")).stdout, /is announced/);
  assert.match((await holdfast("stop", "--hold")).stdout, /neighbours hold our routes/);
  await holdfast("stop", "--text", "maintenance");
  assert.equal((await holdfast("reload")).stdout, "nothing differs\n");
  assert.deepEqual(host.asked, [
    "drain 192.0.2.2",
    "drain node",
    "undrain 203.0.113.11/32",
    "stop hold",
    'stop "maintenance"',
    "reload",
  ]);
});

test("a drain that could not be written down is done all the same, and says so", async () => {
  host.notKept = "cannot write /var/lib/holdfast/orders: no space left on device";
  const drained = await holdfast("drain", "--node");
  assert.deepEqual(drained, {
    status: 0,
    stdout: "drain: the node, 2 VIPs\n",
    stderr: `warning: a restart of the daemon would not know: ${host.notKept}\n`,
  });
  assert.deepEqual(await json("undrain", "--node"), { count: 2, notKept: host.notKept });
  host.notKept = undefined;
});

test("drain --wait returns when nothing is announced any more", async () => {
  let done = false;
  const waiting = holdfast("drain", "203.0.113.10", "--wait").finally(() => {
    done = true;
  });
  const isDraining = () => host.gates.why(VIP)?.action === "gshut";
  while (!isDraining()) await new Promise((resolve) => setTimeout(resolve, 5));
  assert.equal(done, false);
  host.pass(seconds(60));
  assert.deepEqual(await waiting, { status: 0, stdout: "drain: 203.0.113.10\n", stderr: "" });
  await holdfast("undrain", "203.0.113.10");
});

test("announce --keep renews in time until it is interrupted, and withdraws", async () => {
  const io = new FakeIo();
  const done = run(["-u", served.target, "announce", "198.18.0.9", "--lease", "1s", "--keep"], io);
  const renewals: number[] = [];
  while (renewals.length < 3) {
    await new Promise((resolve) => setTimeout(resolve, 20));
    const until = host.leases.get("198.18.0.9/32")?.until;
    if (until !== undefined && until !== renewals.at(-1)) renewals.push(until);
    host.pass(millis(10));
  }
  assert.notEqual(host.leases.get("198.18.0.9/32"), undefined, "it never lapsed");
  io.interrupt?.();
  assert.deepEqual([(await done).status, io.stdout], [0, "198.18.0.9 announced\n198.18.0.9 withdrawn\n"]);
  assert.equal(host.leases.get("198.18.0.9/32"), undefined);
});

test("events: the past as text, and as JSON a line each", async () => {
  host.events.push({ level: "warn", source: "bgp", subject: "192.0.2.2", type: "down", text: "hold\u001btimer" });
  const text = (await holdfast("events", "-n", "1")).stdout;
  assert.match(text, /bgp {5}192\.0\.2\.2: hold\?timer\n$/);
  const lines = (await holdfast("events", "-j")).stdout.trimEnd().split("\n");
  const events = lines.map((line) => JSON.parse(line) as Event);
  assert.equal(events.at(-1)?.type, "down");
  assert.equal((await holdfast("events", "-s", "vrrp")).stdout, "");
});

test("events -f shows what happens until it is interrupted, then exits 0", async () => {
  const io = new FakeIo();
  const done = run(["-u", served.target, "events", "-f", "-n", "0"], io);
  const shown = new Promise<void>((resolve) => {
    io.watch = (stdout) => stdout.includes("it happens") && resolve();
  });
  const push = setInterval(() => {
    host.events.push({ level: "info", source: "vip", subject: VIP, type: "verdict", text: "it happens" });
  }, 20);
  await shown;
  clearInterval(push);
  io.interrupt?.();
  assert.deepEqual([(await done).status, io.stderr], [0, ""]);
});

test("top redraws until q, and gives the terminal back", async () => {
  const io = new FakeIo();
  io.columns = 80;
  io.rows = 10;
  const drawn = new Promise<void>((resolve) => {
    io.watch = (stdout) => stdout.split("\u001b[H").length > 2 && resolve();
  });
  const done = run(["-u", served.target, "top", "-d", "0.2"], io);
  await drawn;
  io.press?.("q");
  assert.equal((await done).status, 0);
  assert.ok(io.stdout.startsWith("\u001b[?1049h"), "a screen of its own");
  assert.ok(io.stdout.endsWith("\u001b[?1049l"), "and back");
  assert.equal(io.press, undefined, "the keyboard is free again");
  const screens = io.stdout.split("\u001b[H").slice(1);
  for (const screen of screens)
    assert.ok(screen.split("\r\n").length <= 10, "a screen has no more lines than the terminal");
});

test("top into a pipe is one status a line", async () => {
  const io = new FakeIo();
  const drawn = new Promise<void>((resolve) => {
    io.watch = (stdout) => stdout.split("\n").length > 2 && resolve();
  });
  const done = run(["-u", served.target, "top", "-d", "0.2"], io);
  await drawn;
  io.interrupt?.();
  await done;
  for (const line of io.stdout.trimEnd().split("\n")) assert.equal((JSON.parse(line) as Status).version, "1.2.3");
});

test("the fleet: who announces what, two Masters first; without a cluster it says so", async () => {
  const without = await holdfast("fleet");
  assert.deepEqual([without.status, without.stderr], [1, "holdfast: there is no [cluster] in the configuration\n"]);
  host.fleetView = fleetView();
  try {
    const { status, stdout } = await holdfast("fleet");
    assert.equal(status, 0);
    const lines = stdout.split("\n");
    assert.match(lines[0] ?? "", /^VRID 51 \(IPv4\) on 192\.0\.2\.0\/24 has 2 Masters for .*: gw1, gw2$/);
    assert.match(stdout, /^gw1 \* +192\.0\.2\.11:7946 +alive .* 2 of 2/m);
    assert.match(stdout, /^gw2 +192\.0\.2\.12:7946 +alive .* 1 of 2 +draining$/m);
    assert.match(stdout, /^watcher .* tells nothing of VIPs$/m);
    assert.match(stdout, /^203\.0\.113\.10\/32 +1 +gw1 \(2d 2h\), gw2 \(draining, 5h\)$/m);
    assert.match(stdout, /^203\.0\.113\.53\/32 +1 +gw1 \(wants to leave, 3h.*\)$/m);
    const { nodes, disagreements } = await json<Fleet & { nodes: FleetNode[] }>("fleet");
    assert.deepEqual(
      nodes.map(({ name, vipsAnnounced, self }) => [name, vipsAnnounced, self]),
      [
        ["gw1", 2, true],
        ["gw2", 1, false],
        ["watcher", 0, false],
      ],
    );
    assert.deepEqual(disagreements[0]?.masters, ["gw1", "gw2"]);
  } finally {
    host.fleetView = undefined;
  }
});
