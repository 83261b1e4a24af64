/** A mistake of ours, never a peer's: the supervisor of the session at fault logs it and resets that session only. */
export class AssertionError extends Error {
  override readonly name = "AssertionError";
}

/** Throws {@link AssertionError} when `condition` does not hold. For what can only be our own fault. */
export function assert(condition: boolean, message: string): asserts condition {
  if (!condition) throw new AssertionError(message);
}
