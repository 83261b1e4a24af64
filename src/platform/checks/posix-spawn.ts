/*
 * Starts commands by posix_spawn(3), through FFI. Not by node:child_process: that forks, and the kernel then copies the
 * page tables of this process while the event loop waits. Measured for one script: 1.1 ms at 45 MB, 14 ms at 470 MB
 * (a million prefixes), 44 ms at 1.6 GB, by which every advert and keepalive would be late each time a check runs.
 * posix_spawn shares the memory until the child has executed: 0.3 ms at each of these sizes.
 *
 * Node does not know these children. Their end is seen by SIGCHLD, which wakes us without saying who (signals of many
 * children melt into one), so each living child is asked for by its number; Node does the same with its own.
 *
 * A command outlives a daemon that is killed, until it ends by itself; under systemd the service's control group takes
 * it along.
 */
import { createRequire } from "node:module";
import { constants } from "node:os";
import { SystemCallError } from "../errors.ts";

/** How a command ended: by itself with a status, or by a signal ("SIGKILL"). */
export type ExitStatus =
  | { readonly type: "exited"; readonly code: number }
  | { readonly type: "signalled"; readonly signal: string };

type Call = (...args: unknown[]) => number;
interface Library {
  func(definition: string): Call;
}
interface Libc {
  readonly pipe2: Call;
  readonly close: Call;
  readonly waitpid: Call;
  readonly spawnp: Call;
  readonly fileActionsInit: Call;
  readonly addDup2: Call;
  readonly addOpen: Call;
  /** Absent before glibc 2.34 and in musl. */
  readonly addCloseFrom: Call | undefined;
  readonly fileActionsDestroy: Call;
  readonly errno: () => number;
  /** A posix_spawnattr_t as every command gets it. */
  readonly attributes: Uint8Array;
}

/** More than glibc (336 and 80 octets) and musl take for their attributes and file actions, and 64 signals in a set. */
const ATTRIBUTES_SIZE = 512;
const FILE_ACTIONS_SIZE = 256;
const SIGNAL_SET_SIZE = 128;
const SETSIGDEF = 0x04;
const SETSIGMASK = 0x08;
const SETSID = 0x80;
const O_RDONLY = 0;
const O_CLOEXEC = 0o2000000;
const WNOHANG = 1;

let loaded: Libc | undefined;

function libc(): Libc {
  if (loaded !== undefined) return loaded;
  const koffi = createRequire(import.meta.url)("koffi") as { load(path: null): Library; errno(): number };
  const library = koffi.load(null);
  loaded = {
    pipe2: library.func("int pipe2(_Out_ int *, int)"),
    close: library.func("int close(int)"),
    waitpid: library.func("int waitpid(int, _Out_ int *, int)"),
    spawnp: library.func("int posix_spawnp(_Out_ int *, const char *, void *, void *, const char **, const char **)"),
    fileActionsInit: library.func("int posix_spawn_file_actions_init(void *)"),
    addDup2: library.func("int posix_spawn_file_actions_adddup2(void *, int, int)"),
    addOpen: library.func("int posix_spawn_file_actions_addopen(void *, int, const char *, int, uint32_t)"),
    addCloseFrom: optional(library, "int posix_spawn_file_actions_addclosefrom_np(void *, int)"),
    fileActionsDestroy: library.func("int posix_spawn_file_actions_destroy(void *)"),
    errno: () => koffi.errno(),
    attributes: spawnAttributes(library),
  };
  // For good, and before the first command: one may end before spawnCommand has returned.
  process.on("SIGCHLD", reapCommands);
  return loaded;
}

function optional(library: Library, definition: string): Call | undefined {
  try {
    return library.func(definition);
  } catch {
    return undefined;
  }
}

/** A session of its own, no signal blocked, and none ignored: this process ignores SIGPIPE, which exec would keep. */
function spawnAttributes(library: Library): Uint8Array {
  const attributes = new Uint8Array(ATTRIBUTES_SIZE);
  const signals = new Uint8Array(SIGNAL_SET_SIZE);
  library.func("int posix_spawnattr_init(void *)")(attributes);
  library.func("int posix_spawnattr_setflags(void *, int16_t)")(attributes, SETSID | SETSIGDEF | SETSIGMASK);
  library.func("int sigemptyset(void *)")(signals);
  library.func("int posix_spawnattr_setsigmask(void *, const void *)")(attributes, signals);
  library.func("int sigfillset(void *)")(signals);
  library.func("int posix_spawnattr_setsigdefault(void *, const void *)")(attributes, signals);
  return attributes;
}

/**
 * Starts a command (found by PATH), without a shell, as the leader of a new session and process group, with no input
 * and no descriptor of ours. `output` is the reading end of what it writes to standard output and error; the caller
 * owns it. `exited` is called once, later. Throws SystemCallError when it cannot be started.
 */
export function spawnCommand(
  argv: readonly string[],
  environment: Readonly<Record<string, string | undefined>>,
  exited: (status: ExitStatus) => void,
): { readonly pid: number; readonly output: number } {
  const calls = libc();
  const ends = [0, 0];
  if (calls.pipe2(ends, O_CLOEXEC) !== 0) throw new SystemCallError("pipe2", calls.errno());
  const [output, input] = ends as [number, number];
  const actions = new Uint8Array(FILE_ACTIONS_SIZE);
  const pid = [0];
  calls.fileActionsInit(actions);
  calls.addOpen(actions, 0, "/dev/null", O_RDONLY, 0);
  calls.addDup2(actions, input, 1);
  calls.addDup2(actions, input, 2);
  // Libraries open sockets that are not closed on exec.
  calls.addCloseFrom?.(actions, 3);
  const strings = Object.entries(environment).flatMap(([name, value]) =>
    value === undefined ? [] : `${name}=${value}`,
  );
  const error = calls.spawnp(pid, argv[0], actions, calls.attributes, [...argv, null], [...strings, null]);
  calls.fileActionsDestroy(actions);
  calls.close(input);
  if (error !== 0) {
    calls.close(output);
    throw new SystemCallError("posix_spawn", error);
  }
  living.set(pid[0] as number, exited);
  return { pid: pid[0] as number, output };
}

/** Those who have not been seen to end, by process number. */
const living = new Map<number, (status: ExitStatus) => void>();

/** Asks for every living command whether it has ended, and tells those who wait for it. */
export function reapCommands(): void {
  const { waitpid } = libc();
  for (const [pid, exited] of living) {
    const status = [0];
    if (waitpid(pid, status, WNOHANG) !== pid) continue;
    living.delete(pid);
    exited(decodeStatus(status[0] as number));
  }
}

/** wait(2)'s number: the signal in the low seven bits, or the exit status in the second octet. */
function decodeStatus(status: number): ExitStatus {
  const number = status & 0x7f;
  if (number === 0) return { type: "exited", code: (status >> 8) & 0xff };
  const [signal] = Object.entries(constants.signals).find(([, value]) => value === number) ?? [`signal ${number}`];
  return { type: "signalled", signal };
}
