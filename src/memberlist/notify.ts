import type { GossipEvent } from "../gossip/index.ts";
import type { MemberlistDelegate } from "./config.ts";

/** Calls the method of the delegate, if it has one, that is for `event`. */
export function notify(delegate: MemberlistDelegate, event: GossipEvent): void {
  switch (event.type) {
    case "joined":
      delegate.notifyJoin?.(event.member);
      break;
    case "gone":
      delegate.notifyLeave?.(event.member);
      break;
    case "updated":
      delegate.notifyUpdate?.(event.member);
      break;
    case "suspected":
      delegate.notifySuspect?.(event.member);
      break;
    case "recovered":
      delegate.notifyRecover?.(event.member);
      break;
    case "conflict":
      delegate.notifyConflict?.(event.existing, event.other);
      break;
    case "userMessage":
      delegate.notifyMsg?.(event.payload);
      break;
    case "remoteState":
      delegate.mergeRemoteState?.(event.payload, event.join);
      break;
    case "pinged":
      delegate.notifyPingComplete?.(event.member, event.roundTrip / 1000, event.payload);
      break;
    case "isolation":
      delegate.notifyIsolation?.(event.isolated);
      break;
    case "warning":
      delegate.notifyWarning?.(event.code, event.text);
      break;
    default:
      event satisfies never;
  }
}
