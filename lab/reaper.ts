import { spawnSync } from "node:child_process";
import { mkdirSync, readdirSync, readFileSync, readlinkSync, rmSync, statSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";

/** Where every lab keeps its configurations, sockets and logs: one directory a lab, named by the lab's id. */
export const STATE_ROOT = join(tmpdir(), "holdfast-lab");

const NETNS_DIRECTORY = "/run/netns";

/**
 * A lab that belongs to a process carries the owner in its id: pid and start time, which together never repeat, and a
 * counter. A lab made by hand has a plain name and lives until it is taken down.
 */
const OWNED_ID = /^p(\d+)t(\d+)n\d+$/;

let created = 0;

/** An id for the next lab of this process. */
export function ownedId(): string {
  const start = startTime(process.pid);
  if (start === undefined) throw new Error("cannot read our own start time from /proc/self/stat");
  return `p${process.pid}t${start}n${created++}`;
}

/** The directory of a lab, made if it is missing. Peers drop privileges, so others may enter. */
export function makeStateDirectory(id: string): string {
  const directory = join(STATE_ROOT, id);
  mkdirSync(directory, { recursive: true, mode: 0o755 });
  return directory;
}

/** Name of a node's network namespace. */
export function namespaceName(id: string, node: string): string {
  return `hf-${id}-${node}`;
}

/** Start time of a process in clock ticks since boot, or undefined when it is gone or a zombie. */
export function startTime(pid: number): string | undefined {
  let stat: string;
  try {
    stat = readFileSync(`/proc/${pid}/stat`, "utf8");
  } catch {
    return undefined;
  }
  // The second field is the program's name in parentheses and may hold spaces.
  const fields = stat.slice(stat.lastIndexOf(")") + 2).split(" ");
  return fields[0] === "Z" || fields[0] === "X" ? undefined : fields[19];
}

/** Namespaces of one lab that exist now. */
export function namespacesOf(id: string): string[] {
  return list(NETNS_DIRECTORY).filter((name) => name.startsWith(`hf-${id}-`));
}

/** Every process inside one of the namespaces; whoever is in there was started by the lab or from a shell in it. */
export function processesIn(namespaces: readonly string[]): number[] {
  const inodes = new Set<string>();
  for (const name of namespaces) {
    try {
      inodes.add(`net:[${statSync(join(NETNS_DIRECTORY, name)).ino}]`);
    } catch {
      // Another reaper was faster.
    }
  }
  if (inodes.size === 0) return [];
  return list("/proc")
    .filter((entry) => /^\d+$/.test(entry))
    .map(Number)
    .filter((pid) => pid !== process.pid && inodes.has(networkNamespace(pid)));
}

function networkNamespace(pid: number): string {
  try {
    return readlinkSync(`/proc/${pid}/ns/net`);
  } catch {
    return "";
  }
}

/**
 * Removes a lab: kills what runs in its namespaces, deletes them and its directory. Synchronous, so that it also works
 * while the process is exiting; calling it twice, or from two processes at once, is harmless.
 */
export function removeLab(id: string): void {
  const namespaces = namespacesOf(id);
  // A daemon may fork between the walk and the kill: walk until nobody is left.
  for (let round = 0; round < REMOVE_ROUNDS_MAX; round++) {
    const pids = processesIn(namespaces);
    if (pids.length === 0) break;
    for (const pid of pids) killQuietly(pid);
    if (round > 0) Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, 10);
  }
  if (namespaces.length > 0) {
    const batch = namespaces.map((name) => `netns del ${name}\n`).join("");
    spawnSync("ip", ["-force", "-batch", "-"], { input: batch, stdio: ["pipe", "ignore", "ignore"] });
  }
  rmSync(join(STATE_ROOT, id), { recursive: true, force: true });
}

/** Rounds of killing, 10 ms apart: a process in uninterruptible sleep gets half a second. */
const REMOVE_ROUNDS_MAX = 50;

function killQuietly(pid: number): void {
  try {
    process.kill(pid, "SIGKILL");
  } catch {
    // It ended by itself.
  }
}

/** Removes the labs whose owner process is dead. Returns their ids. Labs made by hand are not touched. */
export function reapLeftovers(): string[] {
  const ids = new Set(list(STATE_ROOT));
  for (const name of list(NETNS_DIRECTORY)) {
    const match = /^hf-(p\d+t\d+n\d+)-/.exec(name);
    if (match?.[1] !== undefined) ids.add(match[1]);
  }
  const dead = [...ids].filter((id) => {
    const match = OWNED_ID.exec(id);
    return match !== null && startTime(Number(match[1])) !== match[2];
  });
  for (const id of dead) removeLab(id);
  return dead;
}

/** Labs made by hand that are up, by name. */
export function namedLabs(): string[] {
  return list(STATE_ROOT).filter((id) => !OWNED_ID.test(id));
}

function list(directory: string): string[] {
  try {
    return readdirSync(directory);
  } catch {
    return [];
  }
}
