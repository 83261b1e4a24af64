import { spawn } from "node:child_process";

/** What a finished command left behind. */
export interface Finished {
  readonly code: number | null;
  readonly stdout: string;
  readonly stderr: string;
}

export interface RunOptions {
  /** Network namespace to run in; none: the one we are in. */
  readonly namespace?: string;
  readonly input?: string;
  readonly timeoutMs?: number;
  readonly env?: Readonly<Record<string, string>>;
}

/** Longest a helper command (ip, birdc, vtysh, ...) may take before it is killed and counts as failed. */
const COMMAND_TIMEOUT_MS = 15_000;

/**
 * The argument vector that runs `argv` inside a namespace. nsenter replaces itself by the command, so the child's pid is
 * the command's own and a signal reaches it directly.
 */
export function inNamespace(namespace: string | undefined, argv: readonly string[]): [string, ...string[]] {
  const full = namespace === undefined ? [...argv] : ["nsenter", `--net=/run/netns/${namespace}`, "--", ...argv];
  const [command, ...rest] = full;
  if (command === undefined) throw new Error("an empty command");
  return [command, ...rest];
}

/** Runs a command to its end. Resolves whatever its exit code; rejects only when it cannot be started. */
export function tryRun(argv: readonly string[], options: RunOptions = {}): Promise<Finished> {
  const [command, ...args] = inNamespace(options.namespace, argv);
  return new Promise((resolve, reject) => {
    const child = spawn(command, args, {
      stdio: ["pipe", "pipe", "pipe"],
      timeout: options.timeoutMs ?? COMMAND_TIMEOUT_MS,
      killSignal: "SIGKILL",
      env: { ...process.env, ...options.env },
    });
    const stdout: Buffer[] = [];
    const stderr: Buffer[] = [];
    child.stdout.on("data", (chunk: Buffer) => stdout.push(chunk));
    child.stderr.on("data", (chunk: Buffer) => stderr.push(chunk));
    child.on("error", reject);
    // A command that exits without reading its input closes the pipe under us; its exit code tells the story.
    child.stdin.on("error", () => {});
    child.stdin.end(options.input ?? "");
    child.on("close", (code) =>
      resolve({ code, stdout: Buffer.concat(stdout).toString(), stderr: Buffer.concat(stderr).toString() }),
    );
  });
}

/** Runs a command and returns its standard output; rejects with its standard error when it fails. */
export async function run(argv: readonly string[], options: RunOptions = {}): Promise<string> {
  const done = await tryRun(argv, options);
  if (done.code !== 0) {
    const text = `${done.stderr}${done.stdout}`.trim();
    throw new Error(`${argv.join(" ")}: exit ${done.code ?? "by signal"}: ${text}`);
  }
  return done.stdout;
}
