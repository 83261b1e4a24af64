import { describeNotification, ErrorCode, type NotificationError } from "../wire/index.ts";
import type { DownReason } from "./session-io.ts";

/** A reason in words, for logs and status: `received Cease/Administrative Shutdown: "maintenance"`. */
export function describeDown(reason: DownReason): string {
  switch (reason.type) {
    case "notification-received":
      return `received ${describeNotification(reason.error)}`;
    case "notification-sent": {
      const sent = `sent ${describeNotification(reason.error)}`;
      // A Cease that carries the text shows it already.
      return reason.text === "" || sent.includes(reason.text) ? sent : `${sent}: ${reason.text}`;
    }
    case "hold-timer-expired":
      return "hold timer expired";
    case "send-hold-timer-expired":
      return "send hold timer expired: the neighbour takes no octets";
    case "connection-lost":
      return `connection lost: ${reason.text}`;
    case "abandoned":
      return "abandoned without a word, for a graceful restart";
    default:
      return reason satisfies never;
  }
}

/** The NOTIFICATION that ended the session, if one did. */
export function notificationOf(reason: DownReason): NotificationError | undefined {
  return reason.type === "notification-sent" || reason.type === "notification-received" ? reason.error : undefined;
}

/**
 * Whether one side found the other's messages wrong: trying again changes nothing until somebody repairs something.
 * A Cease or an expired timer says nothing of the kind.
 */
export function isProtocolError(reason: DownReason): boolean {
  const code = notificationOf(reason)?.code;
  return code !== undefined && code !== ErrorCode.Cease && code !== ErrorCode.HoldTimerExpired;
}
