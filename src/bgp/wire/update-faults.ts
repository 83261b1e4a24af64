import { toHex } from "../../lib/bytes.ts";
import { ErrorCode } from "./iana.ts";
import type { NotificationError, Severity, UpdateFault, UpdateOutcome } from "./outcome.ts";

/** Faults of one UPDATE that are told; further ones still count for the outcome. */
const FAULTS_MAX = 16;
/** Octets of a faulty attribute that go into a NOTIFICATION: enough to find the fault. */
const ERROR_DATA_MAX = 2048;

const RANK: Readonly<Record<Severity, number>> = { discard: 1, withdraw: 2, reset: 3 };
const OK: UpdateOutcome = { type: "ok" };

/** Collects what is wrong with one UPDATE. The strictest of all handlings wins (RFC 7606 section 3.h). */
export class UpdateFaults {
  readonly #treatAsWithdraw: boolean;
  #faults: UpdateFault[] = [];
  #severity: Severity | undefined;
  /** The error of the first fault of the strictest kind. */
  #error: NotificationError | undefined;

  /** Without `treatAsWithdraw`, whatever RFC 4271 calls an error resets the session. */
  constructor(treatAsWithdraw: boolean) {
    this.#treatAsWithdraw = treatAsWithdraw;
  }

  get severity(): Severity | undefined {
    return this.#severity;
  }

  clear(): void {
    if (this.#severity === undefined) return;
    this.#faults = [];
    this.#severity = undefined;
    this.#error = undefined;
  }

  /**
   * Notes a fault. `subcode` is the UPDATE Message Error (RFC 4271 section 6.3) with which a reset would be explained; 0
   * when RFC 4271 knows no such error, so that the fault never resets. `data` goes into that NOTIFICATION.
   */
  add(severity: Severity, subcode: number, attribute: number | undefined, message: string, data?: Uint8Array): void {
    const effective = this.#treatAsWithdraw || subcode === 0 ? severity : "reset";
    if (this.#faults.length < FAULTS_MAX) this.#faults.push({ severity: effective, message, attribute });
    if (this.#severity !== undefined && RANK[effective] <= RANK[this.#severity]) return;
    this.#severity = effective;
    this.#error = { code: ErrorCode.Update, subcode, data: data?.slice(0, ERROR_DATA_MAX) ?? new Uint8Array(0) };
  }

  /** Turns treat-as-withdraw into a reset, with the error that was found. */
  escalate(message: string): void {
    if (this.#faults.length < FAULTS_MAX) this.#faults.push({ severity: "reset", message, attribute: undefined });
    this.#severity = "reset";
  }

  outcome(): UpdateOutcome {
    if (this.#severity === undefined) return OK;
    if (this.#severity !== "reset") return { type: this.#severity, faults: this.#faults };
    const error = this.#error ?? { code: ErrorCode.Update, subcode: 0, data: new Uint8Array(0) };
    return { type: "reset", faults: this.#faults, error };
  }
}

/** The beginning of a faulty value for a message to people. */
export function shownValue(bytes: Uint8Array, start: number, end: number): string {
  const shown = toHex(bytes.subarray(start, Math.min(end, start + 16)));
  return end - start > 16 ? `${shown}...` : shown;
}
