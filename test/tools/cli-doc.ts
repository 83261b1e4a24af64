/**
 * Writes the outputs in docs/cli.md: every line "$ holdfast ..." of a ```console block is run, and what it prints stands
 * below it. The daemon behind them is that of the tests: real speaker, real gates, real gRPC, in a time of its own.
 *
 *     npx tsx test/tools/cli-doc.ts
 */
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { encodeKeepalive, peerConfig } from "../../src/bgp/index.ts";
import { parseAddress } from "../../src/lib/address.ts";
import { seconds } from "../../src/lib/time.ts";
import { FakeHost } from "../unit/api/holdfast/fake-host.ts";
import { serve } from "../unit/api/holdfast/serve.ts";
import { checkView, fleetView, routerView } from "../unit/api/holdfast/views.ts";
import { fakeGobgp } from "../unit/cli/fake-gobgp.ts";
import { FakeIo, run } from "../unit/cli/run.ts";

export const DOCUMENT = join(import.meta.dirname, "../../docs/cli.md");

const CONFIG = `
[global.config]
  as = 65001
  router-id = "192.0.2.1"
  port = -1
  reload-max-drop = 50

[[neighbors]]
  [neighbors.config]
    neighbor-address = "192.0.2.2"
    peer-as = 65000
    description = "router-a"

[[neighbors]]
  [neighbors.config]
    neighbor-address = "192.0.2.3"
    peer-as = 65000
    description = "router-b"

[[vrrp-instances]]
  name = "gw"
  interface = "eth0"
  virtual-router-id = 51
  priority = 200
  virtual-addresses = ["203.0.113.10/32"]

[[checks]]
  name = "web"
  type = "tcp"
  host = "127.0.0.1"
  port = 80

[[checks]]
  name = "dns"
  type = "dns"
  server = "127.0.0.1"
  query = "example.com"

[[vips]]
  prefix = "203.0.113.10/32"
  description = "the web"
  vrrp-instance = "gw"
  checks = ["web"]
  med = 50
  communities = ["65001:100"]

[[vips]]
  prefix = "203.0.113.53/32"
  description = "the resolver"
  checks = ["dns"]
  med = 50
  communities = ["65001:100"]
`;

/** Three days in the life of a gateway. */
function scenario(): FakeHost {
  const host = new FakeHost(CONFIG);
  const { gates, rig } = host;
  const restart = { restartTime: seconds(120), notification: false, longLived: true, helperOnly: false };
  const address = parseAddress("192.0.2.2");
  if (address === undefined) throw new Error("that is an address");
  const [family] = peerConfig({ address, peerAs: 1, localAs: 1, routerId: 1 }).families;
  if (family === undefined) throw new Error("a neighbour has a family by default");
  const families = [{ ...family, gracefulRestart: true, longLivedStaleTime: seconds(3_600) }];
  const gracefulRestart = { ...restart, deferralTime: seconds(60) };
  const common = { peerAs: 65000, localAs: 65001, routerId: 0xc0000201, families, gracefulRestart };
  const router = rig.add({ address: "192.0.2.2", description: "router-a", ...common });
  const { capabilities } = router.openMessage();
  const families4 = [{ afi: 1, safi: 1, forwarding: true }];
  const offer = { restarting: false, notification: true, timeSeconds: 180, families: families4 };
  const others = capabilities.filter(({ type }) => !type.includes("graceful"));
  router.connect().establishWith({ capabilities: [...others, { type: "graceful-restart", ...offer }] });
  rig.add({ address: "192.0.2.3", description: "router-b", ...common });
  router.announce(["0.0.0.0/0"], { communities: [65000 * 65536 + 1] });
  rig.settle();
  gates.handle(host.now(), { type: "SetCheck", check: "web", state: "up", detail: "connected" });
  gates.handle(host.now(), { type: "SetCheck", check: "dns", state: "up", detail: "answered" });
  gates.handle(host.now(), { type: "SetVrrp", instance: "gw", state: "Master" });
  const [days, keepalive] = [3 * 86_400 + 4 * 3_600, 60];
  for (let passed = 0; passed < days; passed += keepalive) {
    host.pass(seconds(keepalive));
    router.send(encodeKeepalive());
  }
  const since = host.now();
  const detail = "no answer within 1 s";
  gates.handle(since, { type: "SetCheck", check: "dns", state: "down", detail });
  host.virtualRouters = [
    routerView({ state: "Master", reason: "nobody with more was heard", effectivePriority: 200, master: undefined }),
  ].map((view) => ({ ...view, config: { ...view.config, priority: 200 } }));
  const web = checkView();
  host.healthChecks = [
    web,
    checkView({
      config: {
        ...web.config,
        name: "dns",
        probe: { type: "dns", server: "127.0.0.1", port: 53, name: "example.com", recordType: "A", expect: undefined },
      },
      state: "down",
      since,
      lastDetail: detail,
      runs: 273_612,
      failures: 14,
    }),
  ];
  host.fleetView = { ...fleetView(), disagreements: [] };
  host.pass(seconds(12));
  rig.input({ type: "Withdraw", routes: [...host.speaker.localRoutes].slice(1) });
  const text = `withdraw: check dns is down: ${detail}`;
  host.events.push({ level: "warn", source: "check", subject: "dns", type: "state", text: `is down: ${detail}` });
  host.events.push({ level: "warn", source: "vip", subject: "203.0.113.53/32", type: "verdict", text });
  return host;
}

/** The document with what its commands print today. */
export async function withOutputs(document: string): Promise<string> {
  const zone = process.env["TZ"];
  const before = process.cwd();
  const directory = mkdtempSync(join(tmpdir(), "holdfast-doc-"));
  const host = scenario();
  const served = await serve(host, { also: [fakeGobgp().service] });
  try {
    process.env["TZ"] = "UTC";
    process.chdir(directory);
    writeFileSync(
      "new.toml",
      `${CONFIG.replace("med = 50", "med = 80").replace('"router-b"', '"router-b"\n    auth-password = "x"')}`,
    );
    const parts: string[] = [];
    for (const part of document.split(/(^```console\n[\s\S]*?^```$)/m))
      parts.push(part.startsWith("```console\n") ? await blockOf(part, served.target) : part);
    return parts.join("");
  } finally {
    process.chdir(before);
    if (zone === undefined) delete process.env["TZ"];
    else process.env["TZ"] = zone;
    served.close();
    rmSync(directory, { recursive: true });
  }
}

async function blockOf(block: string, target: string): Promise<string> {
  const lines: string[] = [];
  for (const command of block.split("\n").filter((line) => line.startsWith("$ "))) {
    const words = (command.match(/"[^"]*"|\S+/g) ?? []).slice(2).map((word) => word.replaceAll('"', ""));
    const io = new FakeIo();
    io.columns = 80;
    io.env = { NO_COLOR: "1", HOLDFAST_TARGET: target };
    const { status, stdout, stderr } = await run(words, io);
    lines.push(command, ...`${stdout}${stderr}`.trimEnd().split("\n"));
    if (status !== 0) lines.push(`(exit status ${status})`);
  }
  return ["```console", ...lines, "```"].join("\n");
}

if (import.meta.filename === process.argv[1])
  writeFileSync(DOCUMENT, await withOutputs(readFileSync(DOCUMENT, "utf8")));
