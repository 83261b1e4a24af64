/** `npm run lab -- COMMAND`: labs by hand. They stay up until `down`. */
import { spawnSync } from "node:child_process";
import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { inNamespace } from "./exec.ts";
import { createPeer, type Peer } from "./peers/index.ts";
import { namedLabs, namespaceName, processesIn, reapLeftovers, removeLab, STATE_ROOT, startTime } from "./reaper.ts";
import { TOPOLOGIES } from "./topologies.ts";
import { Lab } from "./topology.ts";

const USAGE = `usage: npm run lab -- COMMAND
  list              the topologies there are, and which are up
  up NAME           build one and start its speakers
  status [NAME]     sessions and number of routes of every speaker (of all labs that are up)
  shell [NAME/]NODE a shell inside a node; NAME may be left out while one lab is up
  down [NAME]       take one down (all that are up)`;

/** A fault in how the command was used: printed without a stack, exit status 2. */
class UsageError extends Error {}

async function up(name: string): Promise<void> {
  const named = TOPOLOGIES[name];
  if (named === undefined)
    throw new UsageError(`no topology "${name}"; there are ${Object.keys(TOPOLOGIES).join(", ")}`);
  if (namedLabs().includes(name)) throw new UsageError(`${name} is up already; take it down first: down ${name}`);
  const lab = await Lab.up(named.topology, name);
  try {
    const peers = named.speakers.map(({ node, kind, spec }) => createPeer(lab, node, kind, spec));
    await Promise.all(peers.map((peer) => peer.start()));
    const pids = Object.fromEntries(peers.map((peer) => [peer.place.node, peer.process.pid]));
    writeFileSync(pidFile(name), JSON.stringify(pids));
    for (const peer of peers) {
      console.log(
        `${peer.place.node}\t${peer.driver.kind} ${namespaceName(name, peer.place.node)}\t${peer.place.directory}`,
      );
    }
  } catch (error) {
    removeLab(name);
    throw error;
  }
}

function pidFile(name: string): string {
  return join(STATE_ROOT, name, "pids.json");
}

async function status(name: string): Promise<void> {
  const named = TOPOLOGIES[name];
  if (named === undefined) throw new UsageError(`"${name}" is up, but no topology of that name is known`);
  const lab = Lab.attach(named.topology, name);
  const pids = JSON.parse(readFileSync(pidFile(name), "utf8")) as Record<string, number>;
  for (const { node, kind, spec } of named.speakers) {
    const peer = createPeer(lab, node, kind, spec);
    await printSpeaker(peer, pids[node] as number);
  }
}

async function printSpeaker(peer: Peer, pid: number): Promise<void> {
  const { node } = peer.place;
  if (startTime(pid) === undefined) {
    console.log(`${node}\t${peer.driver.kind} is not running; its log: ${peer.place.directory}/log`);
    return;
  }
  const [neighbors, four, six] = await Promise.all([
    peer.driver.neighbors(pid),
    peer.driver.routes("ipv4-unicast", pid),
    peer.driver.routes("ipv6-unicast", pid),
  ]);
  console.log(`${node}\t${peer.driver.kind}, ${four.length} IPv4 and ${six.length} IPv6 paths`);
  for (const n of neighbors)
    console.log(`\t${n.address} AS ${n.as} ${n.state}${n.lastError ? ` (${n.lastError})` : ""}`);
}

function shell(target: string): void {
  const parts = target.split("/");
  const node = parts.pop() as string;
  const name = parts[0] ?? onlyLab();
  const [command, ...args] = inNamespace(namespaceName(name, node), [process.env["SHELL"] ?? "/bin/sh"]);
  const env = { ...process.env, PS1: `${name}/${node}# ` };
  process.exitCode = spawnSync(command, args, { stdio: "inherit", env }).status ?? 1;
}

function onlyLab(): string {
  const labs = namedLabs();
  const [only] = labs;
  if (only === undefined) throw new UsageError("no lab is up");
  if (labs.length > 1)
    throw new UsageError(`several labs are up, say which: ${labs.map((l) => `${l}/NODE`).join(", ")}`);
  return only;
}

function listAll(): void {
  const running = namedLabs();
  for (const [name, { about, speakers }] of Object.entries(TOPOLOGIES)) {
    const alive = processesIn(speakers.map(({ node }) => namespaceName(name, node))).length;
    console.log(`${name}\t${running.includes(name) ? `up, ${alive} processes` : "down"}\t${about}`);
  }
}

async function main([command, name]: readonly string[]): Promise<void> {
  if (process.getuid?.() !== 0) throw new UsageError("network namespaces need root");
  reapLeftovers();
  switch (command) {
    case "list":
      return listAll();
    case "up":
      if (name === undefined) throw new UsageError(USAGE);
      return up(name);
    case "status":
      for (const lab of name === undefined ? namedLabs() : [name]) await status(lab);
      return;
    case "shell":
      if (name === undefined) throw new UsageError(USAGE);
      return shell(name);
    case "down":
      for (const lab of name === undefined ? namedLabs() : [name]) removeLab(lab);
      return;
    default:
      throw new UsageError(USAGE);
  }
}

main(process.argv.slice(2)).catch((error: unknown) => {
  console.error(error instanceof UsageError ? error.message : error);
  process.exitCode = error instanceof UsageError ? 2 : 1;
});
