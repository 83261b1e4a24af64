import { writeFile } from "node:fs/promises";
import { join } from "node:path";
import { tryRun } from "../../lab/exec.ts";
import { Lab } from "../../lab/topology.ts";
import { waitFor } from "../../lab/wait.ts";
import "./tell.ts";

/**
 * A gateway with gobgpd's configuration, and a real gobgpd as its neighbour: what `gobgp` says of the gateway is looked
 * at. The gateway is Holdfast, or gobgpd itself.
 */
const DAEMON = join(import.meta.dirname, "../../dist/holdfastd.js");
/** Prefixes of the MRT file: the command does not wait for its last ones to arrive, so there must be many. */
const MRT_PREFIXES = 20_000;

/**
 * What commands are written in, besides gobgp itself. `until_says TEXT COMMAND...` asks again until the answer has the text
 * in it, and gives the last answer. `monitor REGEX WHAT COMMAND...` does WHAT until the command that watches, which takes
 * its time to begin, has told of it, and gives all that it told.
 */
const SHELL = `
until_says() {
  local text="$1" answer; shift
  for _ in $(seq 150); do
    answer=$("$@" 2>&1)
    grep -qF -- "$text" <<<"$answer" && break
    sleep 0.1
  done
  echo "$answer"
}
monitor() {
  local regex="$1" what="$2" told; shift 2
  told=$(mktemp)
  "$@" >"$told" 2>&1 &
  for _ in $(seq 40); do
    eval "$what"
    sleep 0.2
    grep -Pzq -- "$regex" "$told" && break
  done
  kill $!
  wait $! 2>/dev/null
  cat "$told"
  rm "$told"
}`;

const session = (address: string, as: number, restart: number, longLived: number, more = "") => `
[[neighbors]]
  [neighbors.config]
    neighbor-address = "${address}"
    peer-as = ${as}
    ${more}
  [neighbors.timers.config]
    connect-retry = 5
    hold-time = 9
    keepalive-interval = 3
  [neighbors.graceful-restart.config]
    enabled = true
    restart-time = ${restart}
    deferral-time = 30
    notification-enabled = true
    long-lived-enabled = true
${["ipv4-unicast", "ipv6-unicast"].map((family) => familyTable(family, longLived, more !== "")).join("")}`;

const familyTable = (family: string, longLived: number, isLimited: boolean) => `
  [[neighbors.afi-safis]]
    [neighbors.afi-safis.config]
      afi-safi-name = "${family}"
    ${isLimited && family === "ipv4-unicast" ? "[neighbors.afi-safis.prefix-limit.config]\n      max-prefixes = 1000\n      shutdown-threshold-pct = 80" : ""}
    [neighbors.afi-safis.mp-graceful-restart.config]
      enabled = true
    [neighbors.afi-safis.long-lived-graceful-restart.config]
      enabled = true
      restart-time = ${longLived}
`;

const speaker = (as: number, id: string, address: string) => `
[global.config]
  as = ${as}
  router-id = "${id}"
  local-address-list = ["${address}"]
`;

const GATEWAY = `${speaker(65001, "10.0.0.1", "10.77.0.1")}
  [global.apply-policy.config]
    export-policy-list = ["pol-export"]
    default-export-policy = "accept-route"
    default-import-policy = "accept-route"
${session("10.77.0.2", 65002, 120, 3600, 'description = "tor"')}
[[neighbors]]
  [neighbors.config]
    neighbor-address = "10.77.0.3"
    peer-as = 65003
  [neighbors.transport.config]
    passive-mode = true
[[defined-sets.prefix-sets]]
  prefix-set-name = "ps-block"
  [[defined-sets.prefix-sets.prefix-list]]
    ip-prefix = "192.0.2.0/24"
    masklength-range = "24..32"
[[defined-sets.neighbor-sets]]
  neighbor-set-name = "ns0"
  neighbor-info-list = ["10.77.0.2"]
[[defined-sets.bgp-defined-sets.community-sets]]
  community-set-name = "cs0"
  community-list = ["65001:100"]
[[policy-definitions]]
  name = "pol-export"
  [[policy-definitions.statements]]
    name = "st-block"
    [policy-definitions.statements.conditions.match-prefix-set]
      prefix-set = "ps-block"
    [policy-definitions.statements.actions]
      route-disposition = "reject-route"
  [[policy-definitions.statements]]
    name = "st-comm"
    [policy-definitions.statements.conditions.match-neighbor-set]
      neighbor-set = "ns0"
    [policy-definitions.statements.actions]
      route-disposition = "accept-route"
    [policy-definitions.statements.actions.bgp-actions]
      set-med = "50"
    [policy-definitions.statements.actions.bgp-actions.set-community]
      options = "add"
      [policy-definitions.statements.actions.bgp-actions.set-community.set-community-method]
        communities-list = ["65001:999"]
`;

/** An MRT table dump (RFC 6396) with `count` /24 prefixes of 100.64.0.0/10, all by one neighbour with one attribute set. */
function mrt(count: number): Buffer {
  const record = (subtype: number, body: Buffer) => {
    const head = Buffer.alloc(12);
    head.writeUInt16BE(13, 4); // TABLE_DUMP_V2
    head.writeUInt16BE(subtype, 6);
    head.writeUInt32BE(body.length, 8);
    return Buffer.concat([head, body]);
  };
  const peers = Buffer.of(10, 0, 0, 9, 0, 0, 0, 1, 2, 10, 0, 0, 2, 10, 77, 0, 2, 0, 0, 0xfd, 0xea);
  const path = Buffer.of(0x40, 2, 10, 2, 2, 0, 0, 0xfd, 0xea, 0, 0, 0xfe, 0xb0);
  const attributes = Buffer.concat([Buffer.of(0x40, 1, 1, 0), path, Buffer.of(0x40, 3, 4, 10, 77, 0, 2)]);
  const entry = Buffer.concat([Buffer.of(0, 1, 0, 0, 0, 0, 0, 0, 0, attributes.length), attributes]);
  const routes = Array.from({ length: count }, (_, i) =>
    record(2, Buffer.concat([Buffer.of(0, 0, i >> 8, i & 255, 24, 100, 64 + (i >> 8), i & 255), entry])),
  );
  return Buffer.concat([record(1, peers), ...routes]);
}

export class GobgpPair {
  readonly #lab: Lab;

  private constructor(lab: Lab) {
    this.#lab = lab;
  }

  /** Up when the session is, and the neighbour's two routes are there. */
  static async start(gateway: "holdfast" | "gobgpd"): Promise<GobgpPair> {
    const member = (node: string, host: number) => ({ node, interface: "eth0", addresses: [`10.77.0.${host}/24`] });
    const lab = await Lab.up({ segments: [{ name: "link", members: [member("gw", 1), member("tor", 2)] }] });
    const pair = new GobgpPair(lab);
    const files = { gateway: join(lab.directory, "gateway.toml"), tor: join(lab.directory, "tor.toml") };
    // What an earlier run left behind would make this one a restart.
    const state = `[state]\n  directory = "${lab.subdirectory("state")}"\n`;
    await writeFile(files.gateway, gateway === "gobgpd" ? GATEWAY : GATEWAY + state);
    await writeFile(files.tor, speaker(65002, "10.0.0.2", "10.77.0.2") + session("10.77.0.1", 65001, 90, 600));
    await writeFile(join(lab.directory, "table.mrt"), mrt(MRT_PREFIXES));
    const gobgpd = (file: string) => ["gobgpd", "-f", file, "--pprof-disable", "--api-hosts", "127.0.0.1:50051"];
    const command = gateway === "gobgpd" ? gobgpd(files.gateway) : [process.execPath, DAEMON, "-f", files.gateway];
    const start = (node: string, name: string, argv: readonly string[]) =>
      lab.start(node, { name, command: argv, logFile: join(lab.directory, `${name}.log`) });
    await start("tor", "neighbour", gobgpd(files.tor));
    await start("gw", "gateway", command);
    await waitFor("the session to be up", async () => (await pair.shell("g neighbor")).includes("Establ"));
    await pair.shell("t global rib add 198.51.100.0/24 origin igp med 10 community 65002:100");
    await pair.shell("t global rib add -a ipv6 2001:db8:2::/48 nexthop 2001:db8::2");
    const isThere = async () => (await pair.shell("g global rib -a ipv6")).includes("2001:db8:2::/48");
    await waitFor("the neighbour's routes to be here", isThere);
    return pair;
  }

  /** What the shell says on the gateway: `g` is gobgp there, `t` on the neighbour. */
  async shell(line: string): Promise<string> {
    const tor = `nsenter --net=/run/netns/${this.#lab.namespace("tor")} --`;
    const functions = `g() { gobgp "$@"; }; t() { ${tor} gobgp "$@"; }${SHELL}`;
    const env = { MRT: join(this.#lab.directory, "table.mrt") };
    const options = { namespace: this.#lab.namespace("gw"), env, timeoutMs: 60_000 };
    const { stdout, stderr } = await tryRun(["bash", "-c", `${functions}\nexec 2>&1; ${line}`], options);
    return stdout + stderr;
  }

  async stop(): Promise<void> {
    await this.#lab.down();
  }
}
