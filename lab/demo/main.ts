/**
 * `npm run demo`: the main job in half a minute, on two loopback addresses and high ports, without root and without any
 * other software. The gateway is the real daemon with a real file; the neighbour is our own speaker as a library.
 */
import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";
import { describeNotification, type SpeakerEvent } from "../../src/bgp/index.ts";
import { waitFor } from "../wait.ts";
import { DemoNeighbor } from "./neighbor.ts";
import { formatTable } from "./table.ts";

const GATEWAY = { address: "127.0.0.1", as: 65001 } as const;
const ROUTER = { address: "127.0.0.2", as: 65002 } as const;

const began = performance.now();
let shown = "";

function say(text: string): void {
  const seconds = ((performance.now() - began) / 1000).toFixed(3).padStart(7);
  process.stdout.write(`${seconds} s  ${text}\n`);
}

/** Prints the router's table when it is not what was printed last. */
function show(): void {
  const table = formatTable(router.routes());
  if (table === shown) return;
  shown = table;
  process.stdout.write(`\n${table}\n\n`);
}

function told(event: SpeakerEvent): void {
  switch (event.type) {
    case "established":
      say(
        `router:  session with AS ${event.up.negotiated.peerAs} Established, hold time ${event.up.holdTimeSeconds} s`,
      );
      break;
    case "notification-received":
      say(`router:  received NOTIFICATION ${describeNotification(event.error)}`);
      break;
    case "down":
      say("router:  session down");
      break;
    default:
  }
}

const directory = mkdtempSync(join(tmpdir(), "holdfast-demo-"));
const file = join(directory, "gateway.toml");
/** The health of the web service: 0 is well. A check can be a script, an HTTP request, ... or a file, as here. */
const health = join(directory, "web-health");

const vip = (prefix: string, lines: readonly string[]) =>
  ["[[vips]]", `  prefix = "${prefix}"`, ...lines, ""].join("\n");
const DNS = "203.0.113.53/32";
const WEB = "203.0.113.80/32";

function configuration(port: number, vips: readonly string[]): string {
  return `[global.config]
  as = ${GATEWAY.as}
  router-id = "192.0.2.1"
  port = -1
  shutdown-communication = "gateway 1 is going down for maintenance"

[state]
  directory = "${directory}/state"

[[neighbors]]
  [neighbors.config]
    neighbor-address = "${ROUTER.address}"
    peer-as = ${ROUTER.as}
  [neighbors.transport.config]
    local-address = "${GATEWAY.address}"
    remote-port = ${port}
  [neighbors.timers.config]
    connect-retry = 1
  [neighbors.graceful-restart.config]
    enabled = true
    restart-time = 60
    deferral-time = 20
  [[neighbors.afi-safis]]
    [neighbors.afi-safis.config]
      afi-safi-name = "ipv4-unicast"
    [neighbors.afi-safis.mp-graceful-restart.config]
      enabled = true

[[checks]]
  name = "web"
  type = "file"
  path = "${health}"
  max = 0
  interval = 0.1

${vips.join("\n")}`;
}

/** The compiler-like part of the daemon's log, indented. */
function complaintIn(log: string): string {
  const lines = log.split("\n").map((line) => line.replace(/^.* ERROR config /, ""));
  const from = lines.findIndex((line) => line.startsWith("error:"));
  const to = lines.findIndex((line, i) => i > from && line.includes("= key:"));
  return lines
    .slice(from, to + 1)
    .map((line) => `  ${line}`)
    .join("\n");
}

/** Time to read, when somebody reads. */
const chapter = () => new Promise((resolve) => setTimeout(resolve, process.stdout.isTTY ? 1_500 : 0));

const router = new DemoNeighbor(ROUTER.address, ROUTER.as, GATEWAY.address, GATEWAY.as, told);
const routes = () => router.routes();
const seen = (what: string, condition: () => boolean) => waitFor(what, condition, { intervalMs: 5 });
let log = "";

/** Starts the daemon; its log goes to `log`. */
function start(): { readonly daemon: ChildProcess; readonly exited: Promise<unknown[]> } {
  const program = resolve(import.meta.dirname, "../../dist/holdfastd.js");
  const daemon = spawn(process.execPath, [program, "-f", file, "-p"], { stdio: ["ignore", "pipe", "inherit"] });
  daemon.stdout.setEncoding("utf8").on("data", (text: string) => {
    log += text;
  });
  process.on("exit", () => daemon.kill("SIGKILL"));
  return { daemon, exited: once(daemon, "exit") };
}

const WEB_VIP = vip(WEB, ["  med = 50", '  checks = ["web"]']);

try {
  const port = await router.listen(ROUTER.address);
  say(`router:  AS ${ROUTER.as} listens on ${ROUTER.address} port ${port}`);
  const configure = (...vips: readonly string[]) => writeFileSync(file, configuration(port, vips));

  writeFileSync(health, "0\n");
  configure(vip(DNS, ["  med = 50", '  communities = ["65001:53"]']), WEB_VIP);
  say(`gateway: holdfastd starts; it has the VIPs ${DNS} and, while its check passes, ${WEB}`);
  let { daemon, exited } = start();
  await seen("both VIPs at the router", () => routes().length === 2);
  say("router:  both VIPs are in the table, next hop the gateway's own address");
  show();

  await chapter();
  configure(
    vip(DNS, ["  med = 500", '  communities = ["65001:53", "graceful-shutdown"]', "  as-path-prepend = 2"]),
    WEB_VIP,
  );
  say(`gateway: ${DNS} is edited (MED, community, prepend), SIGHUP`);
  daemon.kill("SIGHUP");
  await seen("the new attributes", () => routes().some((route) => route.attributes.med === 500));
  say("router:  one UPDATE, the session never went down");
  show();

  await chapter();
  say("gateway: the web service fails its check");
  writeFileSync(health, "1\n");
  await seen("the withdrawal", () => routes().length === 1);
  say("router:  one withdrawal");
  show();
  writeFileSync(health, "0\n");
  await seen("the route again", () => routes().length === 2);
  say("gateway: the check passes again, and the VIP is back");
  show();

  await chapter();
  const edited = vip(DNS, ["  medd = 60"]);
  configure(edited, WEB_VIP);
  say("gateway: the file gets a mistake, SIGHUP: it complains, and goes on with what it had");
  daemon.kill("SIGHUP");
  await seen("the complaint", () => log.includes("= key:"));
  process.stdout.write(`\n${complaintIn(log)}\n\n`);
  configure(vip(DNS, ["  med = 60"]), WEB_VIP);
  daemon.kill("SIGHUP");
  await seen("the corrected file", () => routes().some((route) => route.attributes.med === 60));
  say("gateway: the mistake is mended, SIGHUP");
  show();

  await chapter();
  say("gateway: the process is killed (SIGKILL)");
  daemon.kill("SIGKILL");
  await exited;
  await seen("stale routes", () => routes().every((route) => route.stale));
  say("router:  the session is gone, the routes hold fast");
  show();
  ({ daemon, exited } = start());
  await seen("fresh routes", () => routes().length === 2 && routes().every((route) => !route.stale));
  say("gateway: started again: the same routes, announced anew before End-of-RIB; none was ever missing");
  show();

  await chapter();
  say("gateway: SIGTERM");
  daemon.kill("SIGTERM");
  const [code] = await exited;
  await seen("an empty table", () => routes().length === 0);
  say(`gateway: exited with code ${code}`);
  show();
  say("that was the main job: announced while it should be, held while it must be, gone at once when it should not");
} finally {
  router.close();
  rmSync(directory, { recursive: true, force: true });
}
