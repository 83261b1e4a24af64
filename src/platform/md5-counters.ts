import { readFileSync } from "node:fs";

/** Segments that this host (its network namespace) has dropped for their TCP MD5 signature, since it started. */
export interface Md5Counters {
  /** A signature was expected and there was none. */
  readonly missing: number;
  /** There was one and none was expected. */
  readonly unexpected: number;
  /** The signature was wrong: another password. */
  readonly failed: number;
}

/** The kernel's counters from /proc/net/netstat; zeros where it does not keep them. */
export function md5Counters(): Md5Counters {
  const fields = tcpExtFields();
  return {
    missing: fields.get("TCPMD5NotFound") ?? 0,
    unexpected: fields.get("TCPMD5Unexpected") ?? 0,
    failed: fields.get("TCPMD5Failure") ?? 0,
  };
}

/** The file has pairs of lines: names, then values, both after the same label. */
function tcpExtFields(): Map<string, number> {
  let text: string;
  try {
    text = readFileSync("/proc/net/netstat", "utf8");
  } catch {
    return new Map(); // No /proc: a hint is lost, nothing else.
  }
  const [names, values] = text.split("\n").filter((line) => line.startsWith("TcpExt:"));
  const numbers = values?.split(" ") ?? [];
  return new Map(names?.split(" ").map((name, i) => [name, Number(numbers[i])]));
}
