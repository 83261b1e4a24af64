import type { Probe } from "../../health/index.ts";
import { messageOf, SystemCallError } from "../errors.ts";
import { Command, type CommandEnd } from "./command.ts";
import { failure, type Outcome, success } from "./outcome.ts";

type ScriptProbe = Probe & { type: "script" };
interface Account {
  readonly uid: string;
  readonly gid: string;
  readonly name: string;
  readonly home: string;
}

/** How much of the first line of its output a detail quotes. */
const QUOTE_MAX = 200;
/** systemd's words to this process, which a script must not answer to. */
const PRIVATE_VARIABLES = ["NOTIFY_SOCKET", "WATCHDOG_PID", "WATCHDOG_USEC", "LISTEN_FDS", "LISTEN_PID"];
/** What a shell, and setpriv, mean by these. */
const COMMAND_STATUS: Readonly<Record<number, string>> = { 126: " (cannot be executed)", 127: " (not found)" };

/** Accounts that were found. One that is not there is looked for again by the next run. */
const accounts = new Map<string, Account>();

/**
 * A run of a script. Its user's account is asked of `getent`, which knows every source of users that the host knows,
 * and taken on by `setpriv` (util-linux) with all of its groups: between fork and exec there is no place for code of
 * ours. An account that was found is remembered.
 */
export class ScriptRun {
  readonly #probe: ScriptProbe;
  readonly #finish: (outcome: Outcome) => void;
  #command: Command | undefined;
  #ended = false;

  /** `finish` is called once, perhaps at once. */
  constructor(probe: ScriptProbe, finish: (outcome: Outcome) => void) {
    this.#probe = probe;
    this.#finish = finish;
    const { user } = probe;
    const account = user === undefined ? undefined : accounts.get(user);
    if (user === undefined) this.#start(probe.command, process.env);
    else if (account !== undefined) this.#startAs(account);
    else this.#findAccount(user);
  }

  /** Signals the script and all of its process group. */
  end(how: "term" | "kill"): void {
    this.#ended = true;
    this.#command?.kill(how === "term" ? "SIGTERM" : "SIGKILL");
  }

  #findAccount(user: string): void {
    this.#run(["getent", "passwd", "--", user], process.env, ({ status, output }) => {
      const [name, , uid, gid, , home] = output.split("\n", 1)[0]?.split(":") ?? [];
      if (this.#ended) this.#finish(failure("ended before it began"));
      else if (status.type === "exited" && status.code === 0 && name && uid && gid) {
        const account = { name, uid, gid, home: home ?? "/" };
        accounts.set(user, account);
        this.#startAs(account);
      } else this.#finish(failure(`there is no user ${user} on this host`));
    });
  }

  #startAs({ uid, gid, name, home }: Account): void {
    const { command } = this.#probe;
    const environment = { ...process.env, USER: name, LOGNAME: name, HOME: home };
    const self = process.getuid?.() === Number(uid) && process.getgid?.() === Number(gid);
    const become = self ? [] : ["setpriv", `--reuid=${uid}`, `--regid=${gid}`, "--init-groups", "--"];
    this.#start([...become, ...command], environment);
  }

  #start(argv: readonly string[], environment: NodeJS.ProcessEnv): void {
    this.#run(argv, environment, (end) => this.#finish(judge(end)));
  }

  #run(argv: readonly string[], environment: NodeJS.ProcessEnv, ended: (end: CommandEnd) => void): void {
    const shown = { ...environment };
    for (const name of PRIVATE_VARIABLES) delete shown[name];
    try {
      this.#command = new Command(argv, shown, ended);
    } catch (error) {
      const why = error instanceof SystemCallError ? error.explanation : messageOf(error);
      this.#finish(failure(`cannot run ${argv[0]}: ${why}`));
    }
  }
}

function judge({ status, output }: CommandEnd): Outcome {
  const line = output.trimStart().split("\n", 1)[0]?.trimEnd().slice(0, QUOTE_MAX);
  const quote = line === "" ? "" : `: ${line}`;
  if (status.type === "signalled") return failure(`ended by ${status.signal}${quote}`);
  if (status.code === 0) return success(`exit status 0${quote}`);
  return failure(`exit status ${status.code}${COMMAND_STATUS[status.code] ?? ""}${quote}`);
}
