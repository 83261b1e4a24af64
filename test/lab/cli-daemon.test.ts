import assert from "node:assert/strict";
import { type ChildProcess, spawn } from "node:child_process";
import { closeSync, existsSync, mkdtempSync, openSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";
import { after, test } from "node:test";
import { waitFor } from "../../lab/wait.ts";
import type { Event, Peer, ReloadPlan, Route, Status, Vip } from "../../proto/holdfast/v1/holdfast.d.ts";
import { type Run, run } from "../unit/cli/run.ts";

/** Two real daemons on addresses of the loopback, and the command on both. */

const DAEMON = resolve(import.meta.dirname, "../../dist/holdfastd.js");
const PORT = 11_797;
const directory = mkdtempSync(join(tmpdir(), "holdfast-cli-daemon-"));
const path = (name: string) => join(directory, name);
const healthy = path("healthy");
writeFileSync(healthy, "");

const VIPS = `
[[checks]]
  name = "web"
  type = "file"
  path = "${healthy}"
  interval = 0.05
  timeout = 10
  rise = 1
  fall = 1

[[vips]]
  prefix = "203.0.113.10/32"
  checks = ["web"]
  med = 50

[[vips]]
  prefix = "203.0.113.11/32"
`;

function configOf(node: 1 | 2, vips = ""): string {
  const other = 3 - node;
  return `
[global.config]
  as = 6500${node}
  router-id = "127.77.0.${node}"
  port = ${PORT}
  local-address-list = ["127.77.0.${node}"]
  reload-max-drop = 50
[state]
  directory = "${path(`state-${node}`)}"
[[neighbors]]
  [neighbors.config]
    neighbor-address = "127.77.0.${other}"
    peer-as = 6500${other}
    description = "other"
  [neighbors.transport.config]
    local-address = "127.77.0.${node}"
    remote-port = ${PORT}
  [neighbors.timers.config]
    connect-retry = 1
    idle-hold-time = 1
    idle-hold-time-max = 1
  [neighbors.graceful-restart.config]
    enabled = true
    restart-time = 30
  [[neighbors.afi-safis]]
    [neighbors.afi-safis.config]
      afi-safi-name = "ipv4-unicast"
    [neighbors.afi-safis.mp-graceful-restart.config]
      enabled = true
${vips}`;
}

class Node {
  readonly #number: 1 | 2;
  #process: ChildProcess | undefined;
  #ended: Promise<number | null> = Promise.resolve(null);

  constructor(number: 1 | 2) {
    this.#number = number;
  }

  write(vips: string): void {
    writeFileSync(path(`${this.#number}.toml`), configOf(this.#number, vips));
  }

  start(): void {
    const socket = path(`${this.#number}.sock`);
    rmSync(socket, { force: true });
    const args = [DAEMON, "-f", path(`${this.#number}.toml`), "--api-hosts", `unix://${socket}`];
    const log = openSync(this.#log, "a");
    const child = spawn(process.execPath, args, { stdio: ["ignore", log, log] });
    closeSync(log);
    this.#process = child;
    this.#ended = new Promise((done) => child.once("exit", (status) => done(status)));
  }

  /** The last lines of its log, for messages. */
  tail(): string {
    const lines = existsSync(this.#log) ? readFileSync(this.#log, "utf8").trimEnd().split("\n") : [];
    return `node ${this.#number}:\n${lines.slice(-25).join("\n")}`;
  }

  get #log(): string {
    return path(`${this.#number}.log`);
  }

  get ended(): Promise<number | null> {
    return this.#ended;
  }

  signal(signal: NodeJS.Signals): void {
    this.#process?.kill(signal);
  }

  holdfast(...argv: readonly string[]): Promise<Run> {
    return run(["-u", `unix:${path(`${this.#number}.sock`)}`, ...argv]);
  }

  /** A command that must succeed. */
  async does(...argv: readonly string[]): Promise<Run> {
    const done = await this.holdfast(...argv);
    assert.equal(done.status, 0, `holdfast ${argv.join(" ")}: ${done.stderr}${done.stdout}\n${this.tail()}`);
    return done;
  }

  async json<T>(...argv: readonly string[]): Promise<T> {
    const { stdout, stderr } = await this.holdfast(...argv, "-j");
    if (stdout === "") throw new Error(stderr);
    return JSON.parse(stdout) as T;
  }

  async events(): Promise<readonly Event[]> {
    const { stdout } = await this.holdfast("events", "-j");
    return stdout
      .trimEnd()
      .split("\n")
      .map((line) => JSON.parse(line) as Event);
  }

  async routes(): Promise<ReadonlyMap<string, Route>> {
    return new Map((await this.json<Route[]>("rib")).map((route) => [route.prefix, route]));
  }
}

const [gateway, router] = [new Node(1), new Node(2)];
after(async () => {
  for (const node of [gateway, router]) node.signal("SIGKILL");
  await Promise.all([gateway.ended, router.ended]);
  rmSync(directory, { recursive: true });
});

/** Longer than a restart of the daemon takes on a busy machine. */
const LEASE_S = 10;

const LIMIT = { timeoutMs: 30_000, intervalMs: 50 };
const tails = () => [gateway, router].map((node) => node.tail()).join("\n");

async function established(): Promise<void> {
  await waitFor(
    "the session is up",
    async () => (await gateway.json<Peer[]>("peers").catch(() => []))[0]?.state === "Established",
    LIMIT,
    tails,
  );
}

/** Waits until the router's table is as `is` says. */
async function seen(what: string, is: (routes: ReadonlyMap<string, Route>) => boolean): Promise<void> {
  await waitFor(what, async () => is(await router.routes()), LIMIT, tails);
}

/** Waits until the router has End-of-RIB from a gateway that came back. */
async function restarted(): Promise<void> {
  const isOver = async () => {
    const { restart, state } = await router.json<Peer>("peers", "other");
    return state === "Established" && restart?.theirs?.restarting === true && restart.phase === "none";
  };
  await waitFor("End-of-RIB", isOver, LIMIT, tails);
}

const [CHECKED, PLAIN, LEASED] = ["203.0.113.10/32", "203.0.113.11/32", "198.18.0.1/32"];

test("a check takes a VIP down, and why says so; it comes back", async () => {
  gateway.write(VIPS);
  router.write("");
  gateway.start();
  router.start();
  await established();
  await seen("both VIPs", (routes) => routes.has(CHECKED) && routes.has(PLAIN));
  rmSync(healthy);
  await seen("the VIP is withdrawn", (routes) => !routes.has(CHECKED) && routes.has(PLAIN));
  const vip = await gateway.json<Vip>("why", CHECKED);
  assert.deepEqual([vip.action, vip.advertisedTo], ["withdraw", []]);
  assert.equal(vip.reasons.find(({ decisive }) => decisive)?.name, "web");
  writeFileSync(healthy, "");
  await seen("the VIP is back", (routes) => routes.has(CHECKED));
  const events = await gateway.events();
  for (const [source, type] of [
    ["check", "state"],
    ["vip", "verdict"],
    ["bgp", "established"],
  ] as const)
    assert.ok(
      events.some((event) => event.source === source && event.type === type),
      `${source} ${type}`,
    );
});

test("a route with a lease goes when nobody renews it, or stays as a last resort", async () => {
  await gateway.does("announce", LEASED, "--lease", "2s", "--med", "7");
  await seen("the route", (routes) => routes.get(LEASED)?.attributes?.med === 7);
  await seen("the route is gone", (routes) => !routes.has(LEASED));
  assert.ok(
    (await gateway.events()).some(({ type, subject }) => type === "lease-lapsed" && subject === LEASED),
    "told",
  );
  await gateway.does("announce", LEASED, "--lease", "1s", "--on-lapse", "de-prefer", "--med", "7");
  await seen("a last resort", (routes) => routes.get(LEASED)?.attributes?.med === 0xffff_ffff);
  assert.equal((await router.routes()).get(LEASED)?.attributes?.asPath, "65001 65001 65001 65001");
  assert.equal((await gateway.json<Status>("status")).apiRoutes[0]?.action, "de-prefer");
  await gateway.does("announce", LEASED, "--med", "7");
  await seen("as it was", (routes) => routes.get(LEASED)?.attributes?.med === 7);
  await gateway.does("withdraw", LEASED);
  await seen("withdrawn", (routes) => !routes.has(LEASED));
});

test("a neighbour is drained and the session stays; a VIP that is down stays down", async () => {
  const isDrained = (route: Route | undefined) => route?.attributes?.communities.includes("planned-shut") === true;
  await gateway.does("drain", "--peer", "other");
  await seen("drained", (routes) => isDrained(routes.get(CHECKED)) && isDrained(routes.get(PLAIN)));
  const [peer] = await gateway.json<Peer[]>("peers");
  assert.deepEqual([peer?.drained, peer?.state, peer?.flaps], [true, "Established", 0]);
  await gateway.does("undrain", "--peer", "other");
  await seen("not drained", (routes) => !isDrained(routes.get(CHECKED)));
  await gateway.does("down", PLAIN);
  await seen("down", (routes) => !routes.has(PLAIN));
  await gateway.does("up", PLAIN);
  await seen("up", (routes) => routes.has(PLAIN));
});

test("a neighbour is disabled with a word, and enabled", async () => {
  await gateway.does("disable", "other", "--text", "see you");
  await seen("nothing is left", (routes) => routes.size === 0);
  assert.equal((await gateway.json<Peer>("peers", "other")).admin, "down");
  assert.ok(
    (await router.events()).some(({ text }) => text.includes("see you")),
    "the word arrived",
  );
  await gateway.does("enable", "other");
  await seen("everything is back", (routes) => routes.has(CHECKED) && routes.has(PLAIN));
});

test("diff says what reload does, and reload does it", async () => {
  const changed = VIPS.replace("med = 50", "med = 70");
  writeFileSync(path("new.toml"), configOf(1, changed));
  const planned = await gateway.holdfast("diff", path("new.toml"));
  assert.equal(planned.status, 1);
  assert.match(planned.stdout, /med: 50 -> 70[\s\S]*127\.77\.0\.2 +nothing/);
  gateway.write(changed);
  assert.match((await gateway.does("reload")).stdout, /med: 50 -> 70[\s\S]*applied/);
  await seen("the new MED", (routes) => routes.get(CHECKED)?.attributes?.med === 70);
  await gateway.does("diff", path("new.toml"));
  writeFileSync(path("broken.toml"), "[global.config]\n  ass = 1\n");
  const broken = await gateway.holdfast("diff", path("broken.toml"));
  assert.equal(broken.status, 2);
  assert.match(broken.stderr, /broken\.toml:2:3/);
  const [peer] = await gateway.json<Peer[]>("peers");
  assert.equal(peer?.flaps, 1, "only the one that was asked for");
});

test("a file that has lost its VIPs is refused, by reload and by SIGHUP, until it is forced", async () => {
  gateway.write("");
  const refused = await gateway.holdfast("reload");
  assert.equal(refused.status, 1);
  assert.match(refused.stderr, /2 of 2 announced prefixes would go \(100 %\), reload-max-drop allows 50 %.*--force/);
  gateway.signal("SIGHUP");
  const count = async () => (await gateway.events()).filter(({ type }) => type === "refused").length;
  await waitFor("SIGHUP is refused as well", async () => (await count()) === 2, LIMIT);
  assert.equal((await router.routes()).size, 2);
  const plan = await gateway.json<ReloadPlan>("reload", "--force");
  assert.deepEqual([plan.announcedBefore, plan.announcedAfter], [2, 0]);
  await seen("they are gone", (routes) => routes.size === 0);
  gateway.write(VIPS);
  await gateway.does("reload");
  await seen("they are back", (routes) => routes.size === 2);
});

test("stop --hold: the neighbour keeps the routes as stale until the daemon is back", async () => {
  await gateway.does("stop", "--hold");
  assert.equal(await gateway.ended, 0);
  await seen("they are held", (routes) => [CHECKED, PLAIN].every((prefix) => routes.get(prefix)?.stale === true));
  const peer = await router.json<Peer>("peers", "other");
  assert.deepEqual([peer.restart?.phase, peer.families[0]?.stale], ["peer-restarts", 2]);
  gateway.start();
  await restarted();
  await seen("fresh again", (routes) => routes.size === 2 && ![...routes.values()].some(({ stale }) => stale));
});

test("stop: everything is withdrawn, and the word arrives", async () => {
  await gateway.does("stop", "--text", "maintenance");
  assert.equal(await gateway.ended, 0);
  await seen("nothing is left", (routes) => routes.size === 0);
  assert.ok(
    (await router.events()).some(({ text }) => text.includes("maintenance")),
    "the word arrived",
  );
  const gone = await gateway.holdfast("status");
  assert.equal(gone.status, 1);
  assert.match(gone.stderr, /nobody answers at/);
});

test("killed: a route with a lease is announced again before End-of-RIB, and lapses if its client is gone", async () => {
  gateway.write(VIPS);
  gateway.start();
  await established();
  await gateway.does("announce", LEASED, "--lease", `${LEASE_S}s`, "--med", "9", "--neighbor", "127.77.0.2");
  await gateway.does("announce", "198.18.0.2");
  await seen("both", (routes) => routes.get(LEASED)?.attributes?.med === 9 && routes.has("198.18.0.2/32"));
  await waitFor("it is kept", () => readFileSync(path("state-1/api-routes"), "utf8").includes(LEASED), LIMIT, tails);
  gateway.signal("SIGKILL");
  await gateway.ended;
  await seen("it is held", (routes) => routes.get(LEASED)?.stale === true);
  gateway.start();
  await restarted();
  const after = await router.routes();
  assert.deepEqual([after.get(LEASED)?.stale, after.get(LEASED)?.attributes?.med], [false, 9]);
  await seen("without persist-api-paths what has no lease is forgotten", (routes) => !routes.has("198.18.0.2/32"));
  await seen("nobody renewed it", (routes) => !routes.has(LEASED));
});

test("with persist-api-paths a route without a lease survives even an orderly stop, and its withdrawal too", async () => {
  const persistent = (node: string) => node.replace("reload-max-drop", "persist-api-paths = true\n  reload-max-drop");
  writeFileSync(path("1.toml"), persistent(configOf(1, VIPS)));
  await gateway.does("reload");
  await gateway.does("announce", "198.18.0.2", "--community", "65001:5");
  await gateway.does("announce", LEASED, "--lease", "1h");
  await seen("both", (routes) => routes.has(LEASED) && routes.has("198.18.0.2/32"));
  await gateway.does("stop");
  await gateway.ended;
  await seen("nothing is left", (routes) => routes.size === 0);
  gateway.start();
  await seen("it is back", (routes) => routes.has("198.18.0.2/32") && routes.has(PLAIN));
  const back = await router.routes();
  assert.deepEqual(back.get("198.18.0.2/32")?.attributes?.communities, ["65001:5"]);
  assert.equal(back.has(LEASED), false, "a lease ends with an orderly stop");
  await gateway.does("withdraw", "198.18.0.2");
  await gateway.does("stop");
  await gateway.ended;
  gateway.start();
  await seen("only VIPs", (routes) => routes.has(PLAIN) && !routes.has("198.18.0.2/32"));
});
