import type { DownReason, SessionUp } from "../session/index.ts";
import { CeaseError, ErrorCode, type NotificationError } from "../wire/index.ts";
import { isNotificationNegotiated } from "./offers.ts";

/**
 * Whether the end of a session is one after which the neighbour's routes are kept: TCP ended without a word (RFC 4724
 * section 4.2), or, where the N bit is negotiated, by anything but a Hard Reset, whoever sent it (RFC 8538 section 4).
 * The expiry of the hold timer is such a NOTIFICATION; so is that of the send hold timer, although none can be sent.
 */
export function isGraceful(up: SessionUp, reason: DownReason): boolean {
  switch (reason.type) {
    case "connection-lost":
      return true;
    case "hold-timer-expired":
    case "send-hold-timer-expired":
      return isNotificationNegotiated(up);
    case "notification-received":
    case "notification-sent":
      return isNotificationNegotiated(up) && !isHardReset(reason.error);
    case "abandoned":
      return false; // it is we who go
    default:
      return reason satisfies never;
  }
}

function isHardReset({ code, subcode }: NotificationError): boolean {
  return code === ErrorCode.Cease && subcode === CeaseError.HardReset;
}
