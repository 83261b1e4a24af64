/*
 * What survives the end of this process, however it ends: two small files and a lock in one directory.
 *
 *     run     what the daemon wants to know after a restart (text of its choosing), with the boot it was written in, a
 *             sequence number and a checksum; replaced as a whole by rename, so there is the old one or the new one
 *     alive   when this process last lived, and which `run` was valid then: 24 octets that are overwritten in place
 *     lock    held by flock: a second daemon with the same directory is refused
 *
 * None of it is flushed to the disk. It has to survive the process, not the machine: the kernel keeps what was written when
 * a process is killed, and after a crash of the machine the boot differs and nothing in it counts any more.
 *
 * `alive` cannot fail once it is there, even on a full disk: so an orderly stop can always be told from a crash, and a `run`
 * that could not be replaced is known to be out of date by its number.
 */
import { createHash } from "node:crypto";
import { closeSync, mkdirSync, openSync, readFileSync, readSync, renameSync, writeFileSync, writeSync } from "node:fs";
import { join } from "node:path";
import { fail, ok, type Result } from "../lib/result.ts";
import type { Micros } from "../lib/time.ts";
import { errnoOf, messageOf, PlatformError } from "./errors.ts";
import { lockFile } from "./libc.ts";

const FORMAT = 1;
const ALIVE_OCTETS = 24;
/** The first field of `alive` after an orderly stop. */
const STOPPED = 0;

/** What the last process that used the directory left behind, when it did not stop in an orderly way, and in this boot. */
export interface PreviousRun {
  /** How long ago it still lived. */
  readonly lastAlive: Micros;
  /** What it last saved; undefined when that is lost or out of date. */
  readonly text: string | undefined;
}

/** A directory that was opened. */
export interface OpenedRunState {
  readonly state: RunState;
  /** Undefined: a fresh start. */
  readonly previous: PreviousRun | undefined;
  /** What was found and cannot be used, in words for the log. */
  readonly lost: string | undefined;
}

export class RunState {
  readonly #directory: string;
  readonly #lock: number;
  readonly #alive: number;
  readonly #record = new DataView(new ArrayBuffer(ALIVE_OCTETS));
  readonly #boot: string;
  /** Number of the `run` that was last asked for, written or not. */
  #sequence: number;

  private constructor(directory: string, lock: number, alive: number, boot: string, sequence: number) {
    this.#directory = directory;
    this.#lock = lock;
    this.#alive = alive;
    this.#boot = boot;
    this.#sequence = sequence;
  }

  /**
   * Opens (and makes, mode 0700) the directory. What the former process left stays until this one says that it lives: a
   * start that fails leaves it to the next. Fails when it cannot be written, or another daemon uses it. */
  static open(directory: string): Result<OpenedRunState, PlatformError> {
    let lock = -1;
    try {
      mkdirSync(directory, { recursive: true, mode: 0o700 });
      lock = openSync(join(directory, "lock"), "a", 0o600);
      lockFile(lock);
      const boot = readFileSync("/proc/sys/kernel/random/boot_id", "utf8").trim();
      const alive = openSync(join(directory, "alive"), openFlags(join(directory, "alive")), 0o600);
      const last = readAlive(alive);
      const { previous, lost } = last === undefined ? FRESH : judge(directory, boot, last);
      const state = new RunState(directory, lock, alive, boot, last?.sequence ?? 0);
      return ok({ state, previous, lost });
    } catch (error) {
      if (lock >= 0) closeSync(lock);
      const busy = errnoOf(error) === "EAGAIN";
      const why = busy ? "another holdfastd uses it" : messageOf(error);
      return fail(
        new PlatformError("file", `cannot use the state directory ${directory}: ${why}`, errnoOf(error), error),
      );
    }
  }

  /** Replaces what the next process will find. When that fails, it will find nothing rather than something old. */
  save(text: string): Result<void, PlatformError> {
    this.#sequence++;
    // First, so that whatever happens below, the former text is known to be out of date.
    this.touch();
    const file = join(this.#directory, "run");
    try {
      const head = { format: FORMAT, boot: this.#boot, sequence: this.#sequence, checksum: checksumOf(text) };
      writeFileSync(`${file}.new`, `${JSON.stringify(head)}\n${text}`, { mode: 0o600 });
      renameSync(`${file}.new`, file);
      return ok(undefined);
    } catch (error) {
      return fail(new PlatformError("file", `cannot write ${file}: ${messageOf(error)}`, errnoOf(error), error));
    }
  }

  /** This process lives. To be called often: it costs a system call of 24 octets. Never throws. */
  touch(): void {
    this.#writeAlive(Number(process.hrtime.bigint() / 1_000n));
  }

  /** An orderly stop: the next start is a fresh one. */
  close(): void {
    this.#writeAlive(STOPPED);
    closeSync(this.#alive);
    closeSync(this.#lock);
  }

  #writeAlive(micros: number): void {
    this.#record.setFloat64(0, micros);
    this.#record.setFloat64(8, this.#sequence);
    this.#record.setBigUint64(16, bootWord(this.#boot));
    try {
      writeSync(this.#alive, this.#record, 0, ALIVE_OCTETS, 0);
    } catch {
      // The first write made room for it; a disk that fails outright leaves the last good time, which grows old.
    }
  }
}

interface Alive {
  readonly micros: number;
  readonly sequence: number;
  readonly boot: bigint;
}

type Judged = Pick<OpenedRunState, "previous" | "lost">;
const FRESH: Judged = { previous: undefined, lost: undefined };

function openFlags(path: string): string {
  try {
    closeSync(openSync(path, "r+"));
    return "r+";
  } catch {
    return "w+";
  }
}

function readAlive(fd: number): Alive | undefined {
  const record = new DataView(new ArrayBuffer(ALIVE_OCTETS));
  if (readSync(fd, record, 0, ALIVE_OCTETS, 0) < ALIVE_OCTETS) return undefined;
  return { micros: record.getFloat64(0), sequence: record.getFloat64(8), boot: record.getBigUint64(16) };
}

function judge(directory: string, boot: string, last: Alive): Judged {
  const now = Number(process.hrtime.bigint() / 1_000n);
  // The clock is that of the boot: in another one the reading means nothing.
  if (last.boot !== bootWord(boot) || !(last.micros > STOPPED && last.micros <= now)) return FRESH;
  const lastAlive = (now - last.micros) as Micros;
  const saved = readRun(join(directory, "run"), boot, last.sequence);
  if (typeof saved === "string") return { previous: { lastAlive, text: undefined }, lost: saved };
  return { previous: { lastAlive, text: saved.text }, lost: undefined };
}

/** What was saved, or why it cannot be used. */
function readRun(file: string, boot: string, sequence: number): { readonly text: string } | string {
  let content: string;
  try {
    content = readFileSync(file, "utf8");
  } catch (error) {
    return sequence === 0 ? "the former process had saved nothing" : `cannot read ${file}: ${messageOf(error)}`;
  }
  const newline = content.indexOf("\n");
  const text = content.slice(newline + 1);
  let head: Readonly<Record<string, unknown>> | null;
  try {
    head = JSON.parse(content.slice(0, Math.max(0, newline)));
  } catch {
    return `${file} is damaged`;
  }
  if (head?.["format"] !== FORMAT) return `${file} has a format of another version`;
  if (head["boot"] !== boot) return `${file} is of another boot`;
  if (head["checksum"] !== checksumOf(text)) return `${file} is damaged`;
  if (head["sequence"] !== sequence) return `${file} is out of date: its last replacement failed`;
  return { text };
}

const checksumOf = (text: string) => createHash("sha256").update(text).digest("hex").slice(0, 16);

/** The boot in eight octets. */
function bootWord(boot: string): bigint {
  return createHash("sha256").update(boot).digest().readBigUInt64BE();
}
