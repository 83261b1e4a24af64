import { readdirSync, readFileSync } from "node:fs";

const TICKS_PER_SECOND = 100;

/** All processes of the group: a speaker may be several. */
function groupOf(pid: number): number[] {
  return readdirSync("/proc")
    .filter((name) => /^\d+$/.test(name))
    .map(Number)
    .filter((other) => other === pid || statOf(other)?.[2] === String(pid));
}

/** Fields of /proc/PID/stat after the command's name: state first. Undefined when the process is gone. */
function statOf(pid: number): string[] | undefined {
  try {
    const text = readFileSync(`/proc/${pid}/stat`, "latin1");
    return text.slice(text.lastIndexOf(")") + 2).split(" ");
  } catch {
    return undefined;
  }
}

/** Processor seconds (user and system) that a speaker has used, over all its processes and threads. */
export function cpuSeconds(pid: number): number {
  let ticks = 0;
  for (const member of groupOf(pid)) {
    const stat = statOf(member);
    if (stat !== undefined) ticks += Number(stat[11]) + Number(stat[12]);
  }
  return ticks / TICKS_PER_SECOND;
}

/** Memory of a speaker in MB, over all its processes: "VmRSS" now, "VmHWM" at its peak. */
export function memoryMegabytes(pid: number, field: "VmRSS" | "VmHWM"): number {
  let kilobytes = 0;
  for (const member of groupOf(pid)) {
    try {
      const match = new RegExp(`^${field}:\\s+(\\d+)`, "m").exec(readFileSync(`/proc/${member}/status`, "latin1"));
      kilobytes += Number(match?.[1] ?? 0);
    } catch {
      // gone meanwhile
    }
  }
  return kilobytes / 1024;
}

/** Busy processor seconds of the whole machine. */
export function machineBusySeconds(): number {
  const fields = (readFileSync("/proc/stat", "latin1").split("\n")[0] as string)
    .trim()
    .split(/\s+/)
    .slice(1)
    .map(Number);
  const [user = 0, nice = 0, system = 0, , , irq = 0, softirq = 0] = fields;
  return (user + nice + system + irq + softirq) / TICKS_PER_SECOND;
}

export function median(values: readonly number[]): number {
  const sorted = [...values].sort((a, b) => a - b);
  const middle = sorted.length >> 1;
  return sorted.length % 2 === 1
    ? (sorted[middle] as number)
    : ((sorted[middle - 1] as number) + (sorted[middle] as number)) / 2;
}
