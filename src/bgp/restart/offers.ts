import { type Micros, seconds } from "../../lib/time.ts";
import { gracefulRestart, type SessionUp } from "../session/index.ts";
import { type Capability, FAMILY_SPECS, type Family, type OpenMessage } from "../wire/index.ts";
import type { FamilyOffer, RestartOffer } from "./restart-view.ts";

/** What an OPEN offers of graceful restart; undefined: nothing. */
export function offerOf(open: OpenMessage): RestartOffer | undefined {
  const capability = gracefulRestart(open);
  if (capability === undefined) return undefined;
  return {
    restarting: capability.restarting,
    notification: capability.notification,
    restartTime: seconds(capability.timeSeconds),
    longLived: longLivedOf(open) !== undefined,
  };
}

/** What an OPEN offers for a family. RFC 9494 section 3.1: without RFC 4724's capability its own counts for nothing. */
export function familyOfferOf(open: OpenMessage, family: Family): FamilyOffer {
  const { afi, safi } = FAMILY_SPECS[family];
  const restart = gracefulRestart(open);
  const isThis = (tuple: { readonly afi: number; readonly safi: number }) => tuple.afi === afi && tuple.safi === safi;
  const longLived = restart === undefined ? undefined : longLivedOf(open)?.families.find(isThis);
  return {
    forwarding: restart?.families.find(isThis)?.forwarding,
    longLived: longLived && { forwarding: longLived.forwarding, staleTime: seconds(longLived.timeSeconds) },
  };
}

/** RFC 8538: both sides take a NOTIFICATION for a graceful restart unless it is a Hard Reset. */
export function isNotificationNegotiated({ sentOpen, receivedOpen }: SessionUp): boolean {
  return gracefulRestart(sentOpen)?.notification === true && gracefulRestart(receivedOpen)?.notification === true;
}

/** Whether the neighbour keeps some of our routes when TCP ends: we have listed a family, and it has the capability. */
export function holdsOurRoutes({ sentOpen, receivedOpen }: SessionUp): boolean {
  const ours = gracefulRestart(sentOpen)?.families.length ?? 0;
  return ours > 0 && gracefulRestart(receivedOpen) !== undefined;
}

/** How long a neighbour's routes of a family are kept when its session ends: as they are, and then as last resort. */
export interface Retention {
  readonly family: Family;
  readonly restartTime: Micros;
  readonly longLivedTime: Micros;
}

const NO_TIME = seconds(0);

/**
 * The families whose routes may be kept: what the neighbour has listed, if we have offered the capability as well. The
 * Restart Time of a family that is not listed, and the long-lived stale time likewise, count as zero (RFC 9494 section
 * 4.2); where both are, nothing is kept.
 */
export function retentions({ sentOpen, receivedOpen, negotiated }: SessionUp): readonly Retention[] {
  const [ours, theirs] = [offerOf(sentOpen), offerOf(receivedOpen)];
  if (ours === undefined || theirs === undefined) return [];
  const list = negotiated.families.map(({ family }) => {
    const { forwarding, longLived } = familyOfferOf(receivedOpen, family);
    return {
      family,
      restartTime: forwarding === undefined ? NO_TIME : theirs.restartTime,
      longLivedTime: longLived === undefined || !ours.longLived ? NO_TIME : longLived.staleTime,
    };
  });
  return list.filter(({ restartTime, longLivedTime }) => restartTime > 0 || longLivedTime > 0);
}

type LongLived = Extract<Capability, { type: "long-lived-graceful-restart" }>;

/** Of several, the last counts, as with RFC 4724's. */
function longLivedOf(open: OpenMessage): LongLived | undefined {
  const capability = open.capabilities.findLast(({ type }) => type === "long-lived-graceful-restart");
  return capability?.type === "long-lived-graceful-restart" ? capability : undefined;
}
