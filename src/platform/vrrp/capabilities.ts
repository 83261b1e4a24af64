/* What the process may do (capabilities(7)). */
import { readFileSync } from "node:fs";
import { fail, ok, type Result } from "../../lib/result.ts";
import { messageOf, PlatformError } from "../errors.ts";

const NEEDED = [
  { bit: 12n, name: "CAP_NET_ADMIN", purpose: "to put addresses on interfaces" },
  { bit: 13n, name: "CAP_NET_RAW", purpose: "to send and receive adverts" },
] as const;

/** Whether VRRP can work at all; the error says which capabilities are missing and how to get them. */
export function checkCapabilities(): Result<void, PlatformError> {
  let status: string;
  try {
    status = readFileSync("/proc/self/status", "utf8");
  } catch (error) {
    return fail(new PlatformError("system", `cannot read the process's capabilities: ${messageOf(error)}`));
  }
  const effective = BigInt(`0x${/^CapEff:\s*([0-9a-f]+)$/m.exec(status)?.[1] ?? "0"}`);
  const missing = NEEDED.filter(({ bit }) => ((effective >> bit) & 1n) === 0n);
  if (missing.length === 0) return ok(undefined);
  const list = missing.map(({ name, purpose }) => `${name} (${purpose})`).join(" and ");
  const names = NEEDED.map(({ name }) => name).join(" ");
  const text = `VRRP needs ${list}: run as root, or give the service AmbientCapabilities=${names}`;
  return fail(new PlatformError("system", text, "EPERM"));
}
