import { createHash } from "node:crypto";
import { readFileSync, renameSync, rmSync, writeFileSync } from "node:fs";
import { open } from "node:fs/promises";
import { dirname } from "node:path";
import { fail, ok, type Result } from "../lib/result.ts";
import { errnoOf, messageOf, PlatformError } from "./errors.ts";

/**
 * A text that another process is to find as it was written, or not at all: a checksum stands in its first line, and it is
 * replaced as a whole. Not flushed to the disk: it survives the process; after a crash of the machine it may be gone, unless
 * {@link flushCheckedFile} has been waited for.
 */
export function writeCheckedFile(path: string, text: string): Result<undefined, PlatformError> {
  try {
    writeFileSync(`${path}.new`, `${checksumOf(text)}\n${text}`, { mode: 0o600 });
    renameSync(`${path}.new`, path);
    return ok(undefined);
  } catch (error) {
    return fail(new PlatformError("file", `cannot write ${path}: ${messageOf(error)}`, errnoOf(error), error));
  }
}

/** The text of such a file; undefined: there is none. What is not whole is an error. */
export function readCheckedFile(path: string): Result<string | undefined, PlatformError> {
  let content: string;
  try {
    content = readFileSync(path, "utf8");
  } catch (error) {
    if (errnoOf(error) === "ENOENT") return ok(undefined);
    return fail(new PlatformError("file", `cannot read ${path}: ${messageOf(error)}`, errnoOf(error), error));
  }
  const end = content.indexOf("\n");
  const text = content.slice(end + 1);
  if (end >= 0 && content.slice(0, end) === checksumOf(text)) return ok(text);
  return fail(new PlatformError("file", `${path} is not whole`));
}

/** Nothing is left of it, or there was none. */
export function removeCheckedFile(path: string): Result<undefined, PlatformError> {
  try {
    rmSync(path, { force: true });
    return ok(undefined);
  } catch (error) {
    return fail(new PlatformError("file", `cannot remove ${path}: ${messageOf(error)}`, errnoOf(error), error));
  }
}

/** What was last written or removed under this name is on the disk when this is done: it survives the machine. */
export async function flushCheckedFile(path: string): Promise<Result<undefined, PlatformError>> {
  try {
    await flush(path).catch((error: unknown) => {
      if (errnoOf(error) !== "ENOENT") throw error; // removed since: its directory has to know
    });
    await flush(dirname(path));
    return ok(undefined);
  } catch (error) {
    return fail(new PlatformError("file", `cannot flush ${path}: ${messageOf(error)}`, errnoOf(error), error));
  }
}

async function flush(path: string): Promise<void> {
  const file = await open(path, "r");
  try {
    await file.sync();
  } finally {
    await file.close();
  }
}

const checksumOf = (text: string) => createHash("sha256").update(text).digest("hex");
