import { toHex } from "../../lib/bytes.ts";
import { truncateUtf8 } from "./capabilities.ts";
import { CeaseError, ERROR_NAMES, ErrorCode, MessageType } from "./iana.ts";
import { frameMessage, HEADER_LENGTH, MESSAGE_LENGTH_MAX } from "./message.ts";
import type { NotificationError } from "./outcome.ts";

/** Longest shutdown text, in octets of UTF-8 (RFC 9003 section 2). */
const SHUTDOWN_TEXT_MAX = 255;
/** Octets of a NOTIFICATION's data shown to people. */
const SHOWN_DATA_MAX = 32;

/** Reads the body of a NOTIFICATION (RFC 4271 section 4.5). A body too short to have codes reads as 0/0. Owned. */
export function decodeNotification(bytes: Uint8Array, start: number, end: number): NotificationError {
  if (end - start < 2) return { code: 0, subcode: 0, data: new Uint8Array(0) };
  return { code: bytes[start] as number, subcode: bytes[start + 1] as number, data: bytes.slice(start + 2, end) };
}

/** The whole message, header included; the caller owns it. Data that does not fit 4096 octets is cut. */
export function encodeNotification(error: NotificationError): Uint8Array {
  const data = error.data.subarray(0, MESSAGE_LENGTH_MAX - HEADER_LENGTH - 2);
  const body = new Uint8Array(2 + data.length);
  body[0] = error.code;
  body[1] = error.subcode;
  body.set(data, 2);
  return frameMessage(MessageType.Notification, body);
}

/** A Cease, with a text for the neighbour's operator where the subcode carries one (RFC 9003: 2 and 4). */
export function ceaseError(subcode: number, text = ""): NotificationError {
  const data = text !== "" && carriesText(ErrorCode.Cease, subcode) ? encodeShutdownText(text) : new Uint8Array(0);
  return { code: ErrorCode.Cease, subcode, data };
}

/** RFC 9003 section 2: an octet of length, then UTF-8, cut between characters at 255 octets. */
function encodeShutdownText(text: string): Uint8Array {
  const utf8 = truncateUtf8(text, SHUTDOWN_TEXT_MAX);
  const data = new Uint8Array(1 + utf8.length);
  data[0] = utf8.length;
  data.set(utf8, 1);
  return data;
}

/**
 * The text that a Cease/Administrative Shutdown or Reset carries, looked for inside a Hard Reset too; "" when there is
 * none. Control characters are escaped, for the text goes to logs. What is not RFC 9003's form (a length that does not
 * fit, octets that are not UTF-8) is given as hexadecimal, as its section 5 asks.
 */
export function shutdownText(error: NotificationError): string {
  const { code, subcode, data } = unwrapHardReset(error) ?? error;
  if (!carriesText(code, subcode) || data.length === 0) return "";
  const length = data[0] as number;
  if (length <= data.length - 1) {
    try {
      const text = new TextDecoder("utf-8", { fatal: true, ignoreBOM: true }).decode(data.subarray(1, 1 + length));
      return escapeControls(text);
    } catch {
      // Not UTF-8: shown below.
    }
  }
  return `(malformed) ${toHex(data.subarray(0, SHUTDOWN_TEXT_MAX))}`;
}

function carriesText(code: number, subcode: number): boolean {
  return (
    code === ErrorCode.Cease &&
    (subcode === CeaseError.AdministrativeShutdown || subcode === CeaseError.AdministrativeReset)
  );
}

function escapeControls(text: string): string {
  return text.replace(/[\p{Cc}\p{Cf}\p{Zl}\p{Zp}]/gu, (c) => `\\u{${(c.codePointAt(0) as number).toString(16)}}`);
}

/** RFC 8538 section 3.1: `error` inside a Cease/Hard Reset, so that a neighbour with the N bit flushes our routes. */
export function wrapHardReset(error: NotificationError): NotificationError {
  const data = new Uint8Array(2 + error.data.length);
  data[0] = error.code;
  data[1] = error.subcode;
  data.set(error.data, 2);
  return { code: ErrorCode.Cease, subcode: CeaseError.HardReset, data };
}

/** What a Cease/Hard Reset encapsulates, or undefined when `error` is none (or is too short to hold anything). */
export function unwrapHardReset(error: NotificationError): NotificationError | undefined {
  if (error.code !== ErrorCode.Cease || error.subcode !== CeaseError.HardReset || error.data.length < 2)
    return undefined;
  return { code: error.data[0] as number, subcode: error.data[1] as number, data: error.data.subarray(2) };
}

/** In words: `Cease/Administrative Shutdown: "maintenance"`, `UPDATE Message Error/Malformed AS_PATH (data 4002...)`. */
export function describeNotification(error: NotificationError): string {
  const inner = unwrapHardReset(error);
  if (inner !== undefined) return `Cease/Hard Reset (${describeNotification(inner)})`;
  const names = ERROR_NAMES[error.code];
  let text = names?.name ?? `code ${error.code}`;
  if (error.subcode !== 0) text += `/${names?.subcodes[error.subcode] ?? `subcode ${error.subcode}`}`;
  if (error.data.length === 0) return text;
  const words = shutdownText(error);
  if (words !== "") return `${text}: "${words}"`;
  if (carriesText(error.code, error.subcode)) return text;
  const more = error.data.length > SHOWN_DATA_MAX ? "..." : "";
  return `${text} (data ${toHex(error.data.subarray(0, SHOWN_DATA_MAX))}${more})`;
}
