import { messageOf } from "./errors.ts";
import type { ComponentLogger } from "./log.ts";

/** Lets a promise run on by itself; its failure is logged under `name`. */
export function spawn(name: string, promise: Promise<unknown>, log: ComponentLogger): void {
  promise.catch((error: unknown) => {
    log.error(`${name} failed: ${messageOf(error)}`, { stack: error instanceof Error ? error.stack : undefined });
  });
}
