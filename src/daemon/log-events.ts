import {
  describeDown,
  describeNotification,
  ErrorCode,
  FAMILY_SPECS,
  type Family,
  type NotificationError,
  type PeerName,
  type SessionUp,
  type SpeakerEvent,
} from "../bgp/index.ts";
import { toSeconds } from "../lib/time.ts";
import { type ComponentLogger, messageOf } from "../platform/index.ts";
import type { RouterEvent, RouterName } from "../vrrp/index.ts";

/** How the session begins its reason when a connection could not be made. */
const CONNECT_FAILED = "could not connect";

const familyName = (family: Family) => FAMILY_SPECS[family].name;

/** Writes what the speaker tells of one neighbour to the log: one line an event, in the words of the RFCs. */
export function logSpeakerEvent(log: ComponentLogger, peer: PeerName, event: SpeakerEvent): void {
  switch (event.type) {
    case "state": {
      const { from, to, reason } = event;
      log.debug(`${from} -> ${to}: ${reason}`, { peer });
      // An operator who waits for a session needs to see why it does not come; many tries say the same.
      if (from === "Connect" && reason.startsWith(CONNECT_FAILED))
        log.limited(`${peer} ${reason}`).warn(reason, { peer });
      break;
    }
    case "established":
      log.info(describeUp(event.up), { peer });
      break;
    case "down":
      log.warn(`session down: ${describeDown(event.reason)}`, { peer });
      break;
    case "notification-sent":
      log.info(`sent NOTIFICATION ${describeNotification(event.error)}${seen(event)}`, { peer });
      break;
    case "notification-received":
      log.warn(`received NOTIFICATION ${describeNotification(event.error)}`, { peer });
      break;
    case "update-faults":
      for (const fault of event.faults) log.warn(`malformed UPDATE (${fault.severity}): ${fault.message}`, { peer });
      break;
    case "prefix-limit": {
      const { family, count, max, exceeded } = event;
      const text = `${familyName(family)}: ${count} prefixes received, the limit is ${max}`;
      if (exceeded) log.error(`prefix limit exceeded: ${text}`, { peer });
      else log.warn(`prefix limit is near: ${text}`, { peer });
      break;
    }
    case "end-of-rib":
      log.debug(`received End-of-RIB for ${familyName(event.family)}`, { peer });
      break;
    case "end-of-rib-sent":
      log.debug(`sent End-of-RIB for ${familyName(event.family)}`, { peer });
      break;
    case "stale-kept": {
      const families = event.families.map(familyName).join(", ");
      log.info(`keeping its routes as stale for ${toSeconds(event.restartTime)} s: ${families}`, { peer });
      break;
    }
    case "long-lived-stale": {
      const time = toSeconds(event.staleTime);
      log.info(`${familyName(event.family)}: what is stale counts as last resort for ${time} s`, { peer });
      break;
    }
    case "stale-removed":
      log.info(`${familyName(event.family)}: ${event.count} stale routes removed (${event.why})`, { peer });
      break;
    case "peer-added":
      log.debug(event.dynamic ? "dynamic neighbour appeared" : "neighbour configured", { peer });
      break;
    case "peer-removed":
      log.info("neighbour removed", { peer });
      break;
    case "refused":
      log.limited(`refused ${peer}`).warn(`connection refused: ${event.reason}`, { peer });
      break;
    case "internal-error":
      log.error(`a fault of ours, this session was reset: ${messageOf(event.error)}`, {
        peer,
        stack: event.error instanceof Error ? event.error.stack : undefined,
      });
      break;
    default:
      event satisfies never;
  }
}

/** Writes what happens to a virtual router to the log. */
export function logRouterEvent(log: ComponentLogger, instance: RouterName, event: RouterEvent): void {
  switch (event.type) {
    case "state": {
      const text = `${event.from} -> ${event.to}: ${event.reason}`;
      if (event.to === "Fault") log.warn(text, { instance });
      else log.info(text, { instance });
      break;
    }
    case "priority":
      log.info(`effective priority ${event.from} -> ${event.to}`, { instance });
      break;
    case "interval":
      log.info(`${event.master} advertises every ${toSeconds(event.to)} s, not ${toSeconds(event.from)} s: learned`, {
        instance,
      });
      break;
    case "dropped":
      log.warn(`advert of ${event.source} dropped (${event.cause}): ${event.detail}`, { instance });
      break;
    case "address-mismatch": {
      const theirs = event.theirs.join(", ");
      log.warn(`${event.source} advertises other addresses than ours: ${theirs}; accepted all the same`, { instance });
      break;
    }
    case "lower-priority":
      log.warn(`${event.source} advertised with priority ${event.priority}, lower than ours: it was Master too`, {
        instance,
      });
      break;
    case "rival-owner":
      log.error(`${event.source} claims to own the addresses (priority 255), as this node does`, { instance });
      break;
    default:
      event satisfies never;
  }
}

function describeUp(up: SessionUp): string {
  const families = up.negotiated.families.map(({ family }) => familyName(family)).join(", ");
  const hold = up.holdTimeSeconds === 0 ? "off" : `${up.holdTimeSeconds} s`;
  return `Established: AS ${up.negotiated.peerAs} (${up.negotiated.peerType}), ${families}, hold time ${hold}`;
}

/** What made us send it; the words of a Cease are in its description already. */
function seen({ error, text }: { readonly error: NotificationError; readonly text: string }): string {
  return text === "" || error.code === ErrorCode.Cease ? "" : `: ${text}`;
}
