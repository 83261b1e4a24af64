import { fail, type Result } from "../lib/result.ts";

/** The gRPC status codes that this API answers with, by their names. */
export type FaultCode =
  | "UNKNOWN"
  | "INVALID_ARGUMENT"
  | "NOT_FOUND"
  | "ALREADY_EXISTS"
  | "RESOURCE_EXHAUSTED"
  | "FAILED_PRECONDITION"
  | "UNIMPLEMENTED"
  | "UNAVAILABLE"
  | "UNAUTHENTICATED"
  | "INTERNAL";

/** Why a call fails: a status code, and a sentence for the operator. */
export interface Fault {
  readonly code: FaultCode;
  readonly message: string;
}

export type Outcome<T> = Result<T, Fault>;

/** The request makes no sense: no state of the daemon would make it right. */
export const invalid = (message: string): { readonly ok: false; readonly error: Fault } =>
  fail({ code: "INVALID_ARGUMENT", message });

/** What GoBGP answers with an error of its own: its words, and its code, since programs look at both. */
export const refused = (message: string): { readonly ok: false; readonly error: Fault } =>
  fail({ code: "UNKNOWN", message });

/** Every answer but one that is a fault. */
export const faultOf = (code: FaultCode, message: string): { readonly ok: false; readonly error: Fault } =>
  fail({ code, message });
