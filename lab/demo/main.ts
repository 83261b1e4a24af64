/**
 * `npm run demo`: the main job in half a minute, on two loopback addresses and high ports, without root and without any
 * other software. The gateway is the real daemon with a real file; the neighbour is our own speaker as a library.
 */
import { spawn } from "node:child_process";
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
      say("router:  session down, its routes are gone");
      break;
    default:
  }
}

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

[[neighbors]]
  [neighbors.config]
    neighbor-address = "${ROUTER.address}"
    peer-as = ${ROUTER.as}
  [neighbors.transport.config]
    local-address = "${GATEWAY.address}"
    remote-port = ${port}
  [neighbors.timers.config]
    connect-retry = 1

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
const directory = mkdtempSync(join(tmpdir(), "holdfast-demo-"));
const file = join(directory, "gateway.toml");
try {
  const port = await router.listen(ROUTER.address);
  say(`router:  AS ${ROUTER.as} listens on ${ROUTER.address} port ${port}`);

  writeFileSync(
    file,
    configuration(port, [vip(DNS, ["  med = 50", '  communities = ["65001:53"]']), vip(WEB, ["  med = 50"])]),
  );
  say("gateway: holdfastd starts; its configuration has the VIPs 203.0.113.53/32 and 203.0.113.80/32");
  const daemon = spawn(process.execPath, [resolve(import.meta.dirname, "../../dist/holdfastd.js"), "-f", file, "-p"], {
    stdio: ["ignore", "pipe", "inherit"],
  });
  let log = "";
  daemon.stdout.setEncoding("utf8").on("data", (text: string) => {
    log += text;
  });
  const exited = once(daemon, "exit");
  process.on("exit", () => daemon.kill("SIGKILL"));
  await waitFor("both VIPs at the router", () => router.routes().length === 2, { intervalMs: 5 });
  say("router:  both VIPs are in the table, next hop the gateway's own address");
  show();

  await chapter();
  writeFileSync(
    file,
    configuration(port, [
      vip(DNS, ["  med = 500", '  communities = ["65001:53", "graceful-shutdown"]', "  as-path-prepend = 2"]),
      vip(WEB, ["  med = 50"]),
    ]),
  );
  say(`gateway: ${DNS} is edited (MED, community, prepend), SIGHUP`);
  daemon.kill("SIGHUP");
  await waitFor("the new attributes", () => router.routes().some((r) => r.attributes.med === 500), { intervalMs: 5 });
  say("router:  one UPDATE, the session never went down");
  show();

  await chapter();
  writeFileSync(file, configuration(port, [vip(WEB, ["  med = 50"])]));
  say(`gateway: ${DNS} is removed from the file, SIGHUP`);
  daemon.kill("SIGHUP");
  await waitFor("the withdrawal", () => router.routes().length === 1, { intervalMs: 5 });
  say("router:  one withdrawal");
  show();

  await chapter();
  writeFileSync(file, configuration(port, [vip(WEB, ["  medd = 60"])]));
  say("gateway: the file gets a mistake, SIGHUP: it complains, and goes on with what it had");
  daemon.kill("SIGHUP");
  await waitFor("the complaint", () => log.includes("= key:"), { intervalMs: 5 });
  process.stdout.write(`\n${complaintIn(log)}\n\n`);

  await chapter();
  writeFileSync(file, configuration(port, [vip(WEB, ["  med = 60"])]));
  daemon.kill("SIGHUP");
  await waitFor("the corrected file", () => router.routes().some((r) => r.attributes.med === 60), { intervalMs: 5 });
  say("gateway: the mistake is mended, SIGHUP");
  show();

  await chapter();
  say("gateway: SIGTERM");
  daemon.kill("SIGTERM");
  const [code] = (await exited) as [number | null];
  await waitFor("an empty table", () => router.routes().length === 0, { intervalMs: 5 });
  say(`gateway: exited with code ${code}`);
  show();
  say("that was the main job: announced while it should be, gone at once when it should not");
} finally {
  router.close();
  rmSync(directory, { recursive: true, force: true });
}
