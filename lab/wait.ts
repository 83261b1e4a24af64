/** How long and how often a condition is looked at. */
export interface WaitOptions {
  readonly timeoutMs?: number;
  readonly intervalMs?: number;
}

const TIMEOUT_MS = 30_000;
const INTERVAL_MS = 100;
/** A deadline moves to so many times its distance at most: what keeps this process from running may be the process itself. */
const TIMEOUTS_MAX = 3;

/**
 * Polls `probe` until it gives something other than undefined, null or false, and resolves to that. A probe that throws
 * counts as "not yet". Rejects at the deadline, naming `what` and the last error or the text of `explain`. Time for which
 * this process was kept from running moves the deadline: a busy machine holds up what is waited for, too.
 */
export async function waitFor<T>(
  what: string,
  probe: () => T | Promise<T>,
  options: WaitOptions = {},
  explain?: () => string | Promise<string>,
): Promise<Exclude<T, undefined | null | false>> {
  const timeoutMs = options.timeoutMs ?? TIMEOUT_MS;
  const intervalMs = options.intervalMs ?? INTERVAL_MS;
  const started = performance.now();
  let deadline = started + timeoutMs;
  let lastError: unknown;
  for (;;) {
    try {
      const value = await probe();
      lastError = undefined;
      if (value !== undefined && value !== null && value !== false) {
        return value as Exclude<T, undefined | null | false>;
      }
    } catch (error) {
      lastError = error;
    }
    const paused = performance.now();
    if (paused >= deadline) break;
    await new Promise((resolve) => setTimeout(resolve, intervalMs));
    deadline = Math.min(deadline + performance.now() - paused - intervalMs, started + TIMEOUTS_MAX * timeoutMs);
  }
  const reason = lastError instanceof Error ? `: ${lastError.message}` : "";
  const details = explain === undefined ? "" : `\n${await explain()}`;
  throw new Error(`not within ${timeoutMs} ms: ${what}${reason}${details}`, { cause: lastError });
}
