import type { PrefixLimit } from "./peer-config.ts";
import type { Input as SessionInput } from "./session/index.ts";
import { CeaseError } from "./wire/index.ts";

/** The inputs that end a session: each with its Cease subcode (RFC 4486) and text (RFC 9003). */

/** Down until it is started again. */
export function manualStop(subcode: number, text = ""): SessionInput {
  return { type: "ManualStop", subcode, text };
}

/** Down, and back by itself. */
export function automaticStop(subcode: number, text = ""): SessionInput {
  return { type: "AutomaticStop", subcode, text };
}

/** Down, and back by itself; both sides drop each other's routes also where a NOTIFICATION keeps them (RFC 8538). */
export function hardStop(subcode: number, text = ""): SessionInput {
  return { type: "AutomaticStop", subcode, text, hard: true };
}

/** What a neighbour gets that sent more prefixes than it may. */
export function overLimitStop({ action, restartTime }: PrefixLimit): SessionInput {
  const subcode = CeaseError.MaximumPrefixesReached;
  return action === "shutdown"
    ? manualStop(subcode)
    : { type: "AutomaticStop", subcode, text: "", idleFor: restartTime };
}
