import { ShortRead } from "../../lib/bytes.ts";
import { fail, ok, type Result } from "../../lib/result.ts";

/** Why bytes of a peer are not a message. Thrown within the wire codec only; {@link attempt} turns it into a value. */
export class Malformed extends Error {
  override readonly name = "Malformed";
}

const known = new Map<string, Malformed>();

/** Throws {@link Malformed}. One instance per reason: a hostile peer must not make us collect stack traces. */
export function malformed(reason: string): never {
  let error = known.get(reason);
  if (error === undefined) {
    error = new Malformed(reason);
    known.set(reason, error);
  }
  throw error;
}

/** Runs a decoder; its `Malformed` and `ShortRead` become a value. */
export function attempt<T>(decode: () => T): Result<T, string> {
  try {
    return ok(decode());
  } catch (error) {
    if (error instanceof ShortRead) return fail("the message is truncated");
    if (error instanceof Malformed) return fail(error.message);
    throw error;
  }
}
