import { fail, ok, type Result } from "../lib/result.ts";
import { errnoOf, messageOf, PlatformError } from "./errors.ts";
import { AF_UNIX, close, SOCK_DGRAM, sendTo, socket } from "./libc.ts";
import { LITTLE_ENDIAN } from "./sockaddr.ts";

/** Octets of a socket's path that Linux takes. */
const PATH_LENGTH_MAX = 107;

/** What the service manager is told (sd_notify(3)). */
export type ServiceState = "ready" | "reloading" | "stopping";

/**
 * Tells the service manager the daemon's state, and a line of `status` for people. Does nothing when it did not ask to
 * be told ($NOTIFY_SOCKET is not set).
 */
export function notifySystemd(state: ServiceState, status?: string): Result<void, PlatformError> {
  const path = process.env["NOTIFY_SOCKET"];
  if (path === undefined || path === "") return ok(undefined);
  let fd = -1;
  try {
    const address = encodeUnixSockaddr(path);
    fd = socket(AF_UNIX, SOCK_DGRAM);
    sendTo(fd, new TextEncoder().encode(stateText(state, status)), address);
    return ok(undefined);
  } catch (error) {
    const text = `cannot notify the service manager at ${path}: ${messageOf(error)}`;
    return fail(new PlatformError("system", text, errnoOf(error), error));
  } finally {
    if (fd >= 0) close(fd);
  }
}

function stateText(state: ServiceState, status: string | undefined): string {
  const lines: string[] = [];
  if (state === "ready") lines.push("READY=1");
  else if (state === "stopping") lines.push("STOPPING=1");
  // The time tells the manager which of several reloads is meant: CLOCK_MONOTONIC, as hrtime is.
  else lines.push("RELOADING=1", `MONOTONIC_USEC=${process.hrtime.bigint() / 1_000n}`);
  if (status !== undefined) lines.push(`STATUS=${status.replaceAll("\n", " ")}`);
  return lines.join("\n");
}

/** `struct sockaddr_un`; a leading @ stands for the NUL of an abstract name. */
function encodeUnixSockaddr(path: string): Uint8Array {
  const name = new TextEncoder().encode(path);
  if (name.length > PATH_LENGTH_MAX) throw new RangeError(`longer than ${PATH_LENGTH_MAX} octets`);
  const isAbstract = path.startsWith("@");
  const out = new Uint8Array(2 + name.length + (isAbstract ? 0 : 1));
  new DataView(out.buffer).setUint16(0, AF_UNIX, LITTLE_ENDIAN);
  out.set(name, 2);
  if (isAbstract) out[2] = 0;
  return out;
}
