import { fail, ok, type Result } from "../../lib/result.ts";
import { ErrorCode, MessageType, RefreshSubtype, RouteRefreshError } from "./iana.ts";
import { frameMessage, HEADER_LENGTH } from "./message.ts";
import type { NotificationError } from "./outcome.ts";

/** "request": RFC 2918. "begin" and "end": the BoRR and EoRR of RFC 7313. */
export type RefreshKind = "request" | "begin" | "end";

const SUBTYPES: Readonly<Record<RefreshKind, number>> = {
  request: RefreshSubtype.Request,
  begin: RefreshSubtype.Begin,
  end: RefreshSubtype.End,
};

export interface RouteRefreshMessage {
  readonly afi: number;
  readonly safi: number;
  readonly kind: RefreshKind;
}

/**
 * Reads the body of a ROUTE-REFRESH; undefined when its subtype is not known: such a message is ignored (RFC 7313
 * section 5). A body that is not 4 octets long is 7/1 with the whole message as data (we never offer the outbound
 * route filters of RFC 5291, the only thing that could follow).
 */
export function decodeRouteRefresh(
  bytes: Uint8Array,
  start: number,
  end: number,
): Result<RouteRefreshMessage | undefined, NotificationError> {
  if (end - start !== 4) {
    const data = bytes.slice(Math.max(start - HEADER_LENGTH, 0), end);
    return fail({ code: ErrorCode.RouteRefresh, subcode: RouteRefreshError.InvalidMessageLength, data });
  }
  const kind = (Object.keys(SUBTYPES) as RefreshKind[]).find((name) => SUBTYPES[name] === bytes[start + 2]);
  if (kind === undefined) return ok(undefined);
  const afi = ((bytes[start] as number) << 8) | (bytes[start + 1] as number);
  return ok({ afi, safi: bytes[start + 3] as number, kind });
}

/** The whole message, header included; the caller owns it. */
export function encodeRouteRefresh(message: RouteRefreshMessage): Uint8Array {
  const { afi, safi, kind } = message;
  return frameMessage(MessageType.RouteRefresh, Uint8Array.of(afi >>> 8, afi, SUBTYPES[kind], safi));
}
