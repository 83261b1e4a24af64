/*
 * Probes of this host: a process, a file, an interface. They only read files. A read cannot be given up (a file on a
 * dead server keeps its thread), so these answer when it has ended: the check has no second run before, hence no second
 * thread.
 */
import { constants, readFileSync } from "node:fs";
import { open, readdir, readFile, stat } from "node:fs/promises";
import { setImmediate } from "node:timers/promises";
import type { Probe } from "../../health/index.ts";
import { errnoOf } from "../errors.ts";
import { explain, failure, type Outcome, type RunProbe, success } from "./outcome.ts";

/** The kernel cuts names of processes to this many octets. */
const COMM_MAX = 15;
/** How many processes are looked at between two turns of the event loop: about half a millisecond's worth. */
const SCAN_SLICE = 16;
/** How much of a watched file is read. */
const FILE_MAX = 4096;
const IFF_UP = 1;

/** Names of the processes alive, each as often as there are. */
type ProcessTable = ReadonlyMap<string, number>;
let scan: Promise<ProcessTable> | undefined;

/**
 * The name of a process, or undefined when it is none or a zombie. Read at once: the kernel answers from memory in
 * 30 us, and Node's asynchronous way to it costs five times as much.
 */
function nameOfProcess(pid: string): string | undefined {
  try {
    const line = readFileSync(`/proc/${pid}/stat`, "latin1");
    // "1234 (name) S ...": the name may itself hold parentheses.
    const end = line.lastIndexOf(")");
    return "ZX".includes(line.charAt(end + 2)) ? undefined : line.slice(line.indexOf("(") + 1, end);
  } catch {
    return undefined;
  }
}

/** One walk through /proc for all checks that want it at this time. */
function processTable(): Promise<ProcessTable> {
  scan ??= scanProcesses().finally(() => {
    scan = undefined;
  });
  return scan;
}

async function scanProcesses(): Promise<ProcessTable> {
  const counts = new Map<string, number>();
  const pids = (await readdir("/proc")).filter((entry) => /^\d+$/.test(entry));
  for (const [i, pid] of pids.entries()) {
    if (i % SCAN_SLICE === SCAN_SLICE - 1) await setImmediate();
    const name = nameOfProcess(pid);
    if (name !== undefined) counts.set(name, (counts.get(name) ?? 0) + 1);
  }
  return counts;
}

/** As /proc/PID/stat, read as latin1, shows it. */
function commOf(name: string): string {
  return Buffer.from(name).subarray(0, COMM_MAX).toString("latin1");
}

export const runProcessProbe: RunProbe<Probe & { type: "process" }> = async ({ name, pidFile, min }) => {
  if (pidFile !== undefined) return processOfPidFile(pidFile, name);
  const count = (await processTable()).get(commOf(name ?? "")) ?? 0;
  if (count === 0 && min > 0) return failure(`no process named ${name}`);
  if (count < min) return failure(`${count} of ${min} processes named ${name}`);
  return success(count === 1 ? `one process named ${name}` : `${count} processes named ${name}`);
};

async function processOfPidFile(pidFile: string, name: string | undefined): Promise<Outcome> {
  const read = await readFirstLine(pidFile);
  if (!read.success) return read;
  const pid = read.detail;
  if (!/^[1-9]\d*$/.test(pid)) return failure(`${pidFile} holds no process number`);
  const found = nameOfProcess(pid);
  if (found === undefined) return failure(`no process ${pid}, which ${pidFile} names`);
  if (name !== undefined && found !== commOf(name)) return failure(`process ${pid} is ${found}, not ${name}`);
  return success(`process ${pid} (${found}) is alive`);
}

export const runFileProbe: RunProbe<Probe & { type: "file" }> = async ({ path, min, max }) => {
  if (min === undefined && max === undefined) {
    return stat(path).then(
      () => success(`${path} exists`),
      (error: unknown) => failure(`${path}: ${explain(error)}`),
    );
  }
  const read = await readFirstLine(path);
  if (!read.success) return read;
  const value = read.detail === "" ? Number.NaN : Number(read.detail);
  if (Number.isNaN(value)) return failure(`${path} holds no number but ${JSON.stringify(read.detail.slice(0, 40))}`);
  if (min !== undefined && value < min) return failure(`${value} is below ${min}`);
  if (max !== undefined && value > max) return failure(`${value} is above ${max}`);
  return success(`value ${value}`);
};

/** The trimmed first line as the detail of a success. */
async function readFirstLine(path: string): Promise<Outcome> {
  try {
    // A named pipe would block the thread until somebody writes to it.
    const file = await open(path, constants.O_RDONLY | constants.O_NONBLOCK);
    try {
      const { buffer, bytesRead } = await file.read(Buffer.alloc(FILE_MAX), 0, FILE_MAX);
      return success((buffer.toString("utf8", 0, bytesRead).split("\n")[0] as string).trim());
    } finally {
      await file.close();
    }
  } catch (error) {
    return failure(`${path}: ${explain(error)}`);
  }
}

/** /sys shows the network namespace that was current when it was mounted: `ip netns exec` mounts it anew. */
export const runInterfaceProbe: RunProbe<Probe & { type: "interface" }> = async ({ interface: name }) => {
  const attribute = async (file: string): Promise<string> =>
    (await readFile(`/sys/class/net/${name}/${file}`, "latin1")).trim();
  try {
    if ((Number(await attribute("flags")) & IFF_UP) === 0) return failure(`${name} is administratively down`);
    if ((await attribute("carrier")) !== "1") return failure(`${name} has no carrier`);
    const state = await attribute("operstate");
    // "unknown": drivers that report none, such as loopback and tunnels.
    return state === "up" || state === "unknown" ? success(`${name} is up`) : failure(`${name} is ${state}`);
  } catch (error) {
    if (errnoOf(error) === "ENOENT") return failure(`there is no interface ${name}`);
    // The carrier of an interface that was taken down since.
    if (errnoOf(error) === "EINVAL") return failure(`${name} is administratively down`);
    throw error;
  }
};
