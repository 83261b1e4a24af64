import { readFileSync } from "node:fs";
import { userInfo } from "node:os";
import { fail, ok, type Result } from "../lib/result.ts";
import { errnoOf, messageOf, PlatformError } from "./errors.ts";

/** The text of a UTF-8 file (a byte order mark is dropped), or why it cannot be read. */
export function readTextFile(path: string): Result<string, PlatformError> {
  try {
    return ok(new TextDecoder("utf-8", { fatal: true }).decode(readFileSync(path)));
  } catch (error) {
    const errno = errnoOf(error);
    return fail(
      new PlatformError("file", `cannot read ${path}: ${fileFault(errno) ?? messageOf(error)}`, errno, error),
    );
  }
}

function fileFault(errno: string | undefined): string | undefined {
  switch (errno) {
    case "ENOENT":
      return "there is no such file";
    case "EACCES":
      return `user ${userInfo().username} may not read it`;
    case "EISDIR":
      return "it is a directory";
    case "ERR_ENCODING_INVALID_ENCODED_DATA":
      return "it is not UTF-8 text";
    default:
      return undefined;
  }
}
