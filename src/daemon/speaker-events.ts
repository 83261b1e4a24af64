import type { EventEntry } from "../api/holdfast/index.ts";
import { describeDown, FAMILY_SPECS, type Family, type PeerName, type SpeakerEvent } from "../bgp/index.ts";
import { toSeconds } from "../lib/time.ts";

/** What the speaker tells, as an event for operators; undefined: only a debug log shows it. */
export function eventOf(peer: PeerName, event: SpeakerEvent): EventEntry | undefined {
  const entry = entryOf(event);
  return entry && { source: "bgp", subject: peer, type: event.type, ...entry };
}

const familyName = (family: Family) => FAMILY_SPECS[family].name;

function entryOf(event: SpeakerEvent): Pick<EventEntry, "level" | "text"> | undefined {
  switch (event.type) {
    case "established": {
      const { peerAs, peerType } = event.up.negotiated;
      return { level: "info", text: `Established, AS ${peerAs} (${peerType})` };
    }
    case "down":
      return { level: "warn", text: `session down: ${describeDown(event.reason)}` };
    case "prefix-limit":
      return {
        level: event.exceeded ? "error" : "warn",
        text: `${event.count} prefixes received, the limit is ${event.max}`,
      };
    case "update-faults":
      return { level: "warn", text: `malformed UPDATE: ${event.faults.map(({ message }) => message).join("; ")}` };
    case "stale-kept":
      return {
        level: "warn",
        text: `the neighbour restarts: its routes are kept for ${toSeconds(event.restartTime)} s`,
      };
    case "long-lived-stale":
      return {
        level: "warn",
        text: `its ${familyName(event.family)} routes are a last resort for ${toSeconds(event.staleTime)} s`,
      };
    case "stale-removed":
      return {
        level: "info",
        text: `${event.count} stale ${familyName(event.family)} routes removed: ${event.why}`,
      };
    case "peer-added":
      return { level: "info", text: event.dynamic ? "dynamic neighbour appeared" : "neighbour configured" };
    case "peer-removed":
      return { level: "info", text: "neighbour removed" };
    case "refused":
      return { level: "warn", text: `connection refused: ${event.reason}` };
    case "internal-error":
      return { level: "error", text: "a fault of ours: the session was reset, see the log" };
    default:
      return undefined;
  }
}
