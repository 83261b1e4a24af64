import { elapsed, type Instant } from "../../lib/time.ts";
import type { Capability, Negotiated, OpenMessage } from "../wire/index.ts";
import type { Direction } from "./connection.ts";
import { LATE_COLLISION } from "./timers.ts";

/**
 * Which of two colliding connections is kept: the one that the speaker with the higher BGP Identifier opened (RFC 4271
 * section 6.8), or, when these are equal, the one with the higher AS (RFC 6286 section 2.3). As the local side sees it.
 * Both sides come to the same answer whatever the order in which they see the messages.
 */
export function survivor(
  sent: OpenMessage,
  received: OpenMessage,
  as: Pick<Negotiated, "localAs" | "peerAs">,
): Direction {
  const order = sent.identifier - received.identifier || as.localAs - as.peerAs;
  return order > 0 ? "outgoing" : "incoming";
}

/**
 * Whether an OPEN on a second connection means that the neighbour has lost the session we still hold Established, so
 * that the old connection is to be dropped without a NOTIFICATION (RFC 4724 section 5), or whether it is a collision
 * that the established connection wins (RFC 4271 section 6.8).
 *
 * RFC 4724 takes any second TCP connection as the sign, once the neighbour sent its capability with a family. That
 * would end a session whenever two connection attempts cross and one is slow, and let a bare TCP handshake end it. So
 * the OPEN is waited for, and it must either have the R bit or come when no attempt can be left over from the start.
 */
export function isRestart(establishedOpen: OpenMessage, newOpen: OpenMessage, since: Instant, now: Instant): boolean {
  const former = gracefulRestart(establishedOpen);
  if (former === undefined || former.families.length === 0) return false;
  return gracefulRestart(newOpen)?.restarting === true || elapsed(since, now) >= LATE_COLLISION;
}

type GracefulRestart = Extract<Capability, { type: "graceful-restart" }>;

/** RFC 4724 section 3: of several, the last counts. */
export function gracefulRestart(open: OpenMessage): GracefulRestart | undefined {
  const capability = open.capabilities.findLast(({ type }) => type === "graceful-restart");
  return capability?.type === "graceful-restart" ? capability : undefined;
}
