/*
 * Gossip nodes of others for tests: serf agents, alertmanagers and a Go program on memberlist (lab/memberlist-go). They
 * run on loopback addresses of their own, which Linux has without configuration, and end with their test.
 */
import { type ChildProcess, spawn } from "node:child_process";
import { existsSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { TestContext } from "node:test";
import { tryRun } from "../exec.ts";
import { goProgram } from "../go-program.ts";
import { waitFor } from "../wait.ts";

/** Whether what `apt-get install` of lab/setup.sh brings for these tests is there. */
export function missingGossipPeers(): string | false {
  const programs = ["/usr/bin/serf", "/usr/bin/prometheus-alertmanager", "/usr/bin/go"];
  const source = "/usr/share/gocode/src/github.com/hashicorp/memberlist/memberlist.go";
  const missing = [...programs, source].filter((path) => !existsSync(path));
  return missing.length === 0 ? false : `not installed: ${missing.join(", ")}`;
}

/** A process whose output is kept and that is killed when its test ends. */
export class GossipPeer {
  /** Standard output and error. */
  output = "";
  readonly child: ChildProcess;

  constructor(t: TestContext, command: string, args: readonly string[]) {
    this.child = spawn(command, args, { stdio: ["pipe", "pipe", "pipe"] });
    for (const stream of [this.child.stdout, this.child.stderr])
      stream?.on("data", (chunk: Buffer) => {
        this.output += chunk.toString();
      });
    t.after(() => this.signal("SIGKILL"));
  }

  /** To this process alone, by its pid. */
  signal(signal: NodeJS.Signals): void {
    if (this.child.exitCode === null && this.child.signalCode === null) this.child.kill(signal);
  }

  /** Waits until the output matches; from octet `from` of it on. */
  async says(pattern: RegExp, timeoutMs = 10_000, from = 0): Promise<RegExpExecArray> {
    return await waitFor(
      `${pattern}`,
      () => pattern.exec(this.output.slice(from)),
      { timeoutMs, intervalMs: 20 },
      () => this.output.slice(-2000),
    );
  }
}

/** A Go node, told what to do by lines. */
export class GoNode extends GossipPeer {
  /** Says a line and waits until it is done; returns what was said meanwhile. */
  async tell(line: string): Promise<string> {
    const from = this.output.length;
    this.child.stdin?.write(`${line}\n`);
    const [command] = line.split(" ");
    await this.says(new RegExp(`^(done|error) ${command}.*$`, "m"), 15_000, from);
    return this.output.slice(from);
  }
}

/** HashiCorp's memberlist as a program: memberlist-go/main.go. */
export const memberlistGo = (): Promise<string> => goProgram("memberlist-go/main.go");

/** Starts a Go node on `address`, port 7946. */
export async function startGo(t: TestContext, name: string, address: string, ...flags: string[]): Promise<GoNode> {
  const node = new GoNode(t, await memberlistGo(), [`-name=${name}`, `-bind=${address}`, ...flags]);
  await node.says(/^ready$/m);
  return node;
}

/** A serf agent on `address`, port 7946, with its control port on 7373. */
export class SerfAgent extends GossipPeer {
  readonly address: string;

  constructor(t: TestContext, name: string, address: string, flags: readonly string[]) {
    const rpc = `-rpc-addr=${address}:7373`;
    super(t, "serf", ["agent", `-node=${name}`, `-bind=${address}:7946`, rpc, "-log-level=debug", ...flags]);
    this.address = address;
  }

  /** A serf command; its output. Its exit code is not looked at: with members that are not serf's it means little. */
  async serf(command: string, ...args: string[]): Promise<string> {
    return (await tryRun(["serf", command, `-rpc-addr=${this.address}:7373`, ...args])).stdout;
  }

  /** Waits until `serf members` has a line for `name` that matches. */
  async lists(name: string, pattern: RegExp, timeoutMs = 10_000): Promise<void> {
    const line = async () => (await this.serf("members")).split("\n").find((l) => l.startsWith(`${name} `)) ?? "";
    await waitFor(`serf lists ${name} as ${pattern}`, async () => pattern.test(await line()), { timeoutMs }, line);
  }
}

export async function startSerf(t: TestContext, name: string, address: string, ...flags: string[]): Promise<SerfAgent> {
  const agent = new SerfAgent(t, name, address, flags);
  await agent.says(/EventMemberJoin/);
  await waitFor("serf's control port", async () => (await agent.serf("members")).includes(name));
  return agent;
}

/** An alertmanager on `address`: cluster port 7946, HTTP 9093. */
export async function startAlertmanager(t: TestContext, address: string): Promise<GossipPeer> {
  const folder = mkdtempSync(join(tmpdir(), "hf-am-"));
  t.after(() => rmSync(folder, { recursive: true, force: true }));
  const config = join(folder, "am.yml");
  writeFileSync(config, "route: { receiver: a }\nreceivers: [{ name: a }]\n");
  const web = `--web.listen-address=${address}:9093`;
  const cluster = `--cluster.listen-address=${address}:7946`;
  const args = [`--config.file=${config}`, `--storage.path=${folder}`, web, cluster];
  const peer = new GossipPeer(t, "prometheus-alertmanager", args);
  await waitFor("alertmanager", async () => (await fetch(`http://${address}:9093/-/ready`)).ok);
  return peer;
}
