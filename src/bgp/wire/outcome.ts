/** The contents of a NOTIFICATION: RFC 4271 section 6 and registry "BGP Error (Sub)Codes". */
export interface NotificationError {
  readonly code: number;
  readonly subcode: number;
  readonly data: Uint8Array;
}

/** What RFC 7606 asks for, gentlest first. */
export type Severity = "discard" | "withdraw" | "reset";

/** One thing found wrong with an UPDATE: for logs and counters. */
export interface UpdateFault {
  readonly severity: Severity;
  /** In words, with the attribute's name and what was seen: "ORIGIN has length 2, expected 1". */
  readonly message: string;
  /** The attribute's type code, or undefined when the fault is not in an attribute. */
  readonly attribute: number | undefined;
}

/** How decoding an UPDATE ended. `ok` when nothing was wrong. */
export type UpdateOutcome =
  | { readonly type: "ok" }
  | { readonly type: "discard" | "withdraw"; readonly faults: readonly UpdateFault[] }
  | { readonly type: "reset"; readonly faults: readonly UpdateFault[]; readonly error: NotificationError };
