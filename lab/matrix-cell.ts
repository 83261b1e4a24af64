/**
 * One cell of the matrix of graceful restart: two speakers, one way for the first to go, one way for it to be back, and
 * what was seen of its route in the other's table and on the wire (RFC 4724, 8538, 9494).
 */
import { rm } from "node:fs/promises";
import { resolve } from "node:path";
import type { CapturedMessage, CapturedOpen } from "./capture.ts";
import {
  crash,
  endOfRibIsFirst,
  HELPER,
  isEndOfRib,
  LLGR_STALE,
  type Pair,
  PREFIX6,
  PREFIXES,
  RESTARTING,
  reset,
  Watch,
  withPair,
} from "./graceful-pair.ts";
import type { GracefulRestartSpec, Peer, PeerKind, Route } from "./peers/index.ts";
import { waitFor } from "./wait.ts";

export type Event = "SIGKILL" | "SIGTERM" | "stop --hold" | "TCP reset" | "SIGSTOP" | "link loss";
export type Back = "in time" | "late" | "never" | "route missing" | "family missing" | "not forwarding" | "twice";

export interface Scenario {
  readonly event: Event;
  readonly back: Back;
  readonly longLived?: boolean;
  /** RFC 8538's N bit, where the speaker has it. */
  readonly notification?: boolean;
}

export interface Cell extends Scenario {
  readonly restarting: PeerKind;
  readonly helper: PeerKind;
}

/** What was seen of the route and on the wire. Milliseconds after the event; missing if it was not seen. */
export interface Observed {
  readonly asked: number;
  readonly absent: number;
  readonly staleMs: number | undefined;
  readonly longLivedMs: number | undefined;
  readonly goneMs: number | undefined;
  readonly freshMs: number | undefined;
  /** False: the helper has kept what the restarting speaker came back without. */
  readonly hasDropped: boolean;
  /** OPENs on the new session. */
  readonly restartingOpen: CapturedOpen | undefined;
  readonly helperOpen: CapturedOpen | undefined;
  readonly endOfRibMs: number | undefined;
  readonly helperEndOfRibMs: number | undefined;
  /** Both had offered the N bit before the event. */
  readonly bothNotification: boolean;
  /** In one of its new sessions the restarter sent End-of-RIB before the route. */
  readonly endOfRibFirst: boolean;
}

const [FIRST, SECOND] = PREFIXES;
const HOLD_SECONDS = 6;
/** Restart time and long-lived stale time where they are to end, and where they are not. */
const SHORT_SECONDS = 4;
const LONG_SECONDS = 60;
const BACK_TIMEOUT_MS = 90_000;
const DROP_TIMEOUT_MS = 30_000;
const isSilent = ({ event }: Pick<Scenario, "event">) => event === "SIGSTOP" || event === "link loss";

/** Why the software cannot show the cell, in a word or two. */
export function reasonAgainst({ restarting, helper, event, back, longLived, notification }: Cell): string | undefined {
  const both: readonly PeerKind[] = [restarting, helper];
  if (event === "stop --hold" && restarting !== "holdfast") return "ours only";
  if (longLived && both.includes("openbgpd")) return "no LLGR";
  if (notification && both.includes("openbgpd")) return "no N bit";
  if (notification && both.includes("bird")) return "no N bit";
  if (back === "not forwarding" && restarting === "frr") return "F always set";
  return undefined;
}

/** Sets the pair up, lets it happen, and says what was seen. */
export async function observe(cell: Cell): Promise<Observed> {
  let observed: Observed | undefined;
  const isShort = cell.back === "late" || cell.back === "never";
  const knobs: GracefulRestartSpec = {
    restartTime: isShort ? SHORT_SECONDS : LONG_SECONDS,
    ...(cell.longLived ? { longLivedStaleTime: cell.back === "never" ? SHORT_SECONDS : LONG_SECONDS } : {}),
    ...(cell.notification ? { notification: true } : {}),
  };
  const options = {
    ...(isSilent(cell) ? { holdTime: HOLD_SECONDS } : {}),
    ...(cell.back === "family missing" ? { families: ["ipv4-unicast", "ipv6-unicast"] as const } : {}),
  };
  const body = async (pair: Pair) => {
    observed = await observePair(cell, pair);
  };
  await withPair(cell.restarting, cell.helper, knobs, body, options);
  return observed as Observed;
}

async function observePair(cell: Cell, pair: Pair): Promise<Observed> {
  const watch = new Watch(pair.helper, FIRST);
  const wallAt = Date.now() / 1000;
  let hasDropped = true;
  await strike(cell, pair);
  if (cell.back === "never") {
    await pair.helper.waitNoRoute(FIRST, undefined, { timeoutMs: BACK_TIMEOUT_MS });
    await waitFor("a look at what is gone", () => watch.firstMs.has("absent"));
  } else {
    await comeBack(cell, pair, wallAt);
    hasDropped = await dropsRest(cell, pair.helper);
    if (cell.back === "twice") {
      const again = Date.now() / 1000;
      await strike(cell, pair);
      await comeBack(cell, pair, again);
    }
  }
  const { asked, absent } = await watch.end();
  return {
    asked,
    absent,
    staleMs: watch.firstMs.get("stale"),
    longLivedMs: watch.firstMs.get("longLived"),
    goneMs: watch.firstMs.get("absent"),
    freshMs: watch.freshAgainMs,
    hasDropped,
    ...wire(await pair.capture.messages(), wallAt),
  };
}

/** What the capture shows of the sessions after the event, of the last one above all. */
function wire(messages: readonly CapturedMessage[], wallAt: number) {
  const before = (source: string) => messages.find((m) => m.source === source && m.type === "OPEN" && m.time < wallAt);
  const ends = messages.filter((message) => message.time >= wallAt && isEndOfRib(message));
  // Connections that collide are opened and given up, by either side, at any time: they have no End-of-RIB.
  const sessions = [...new Set(ends.map(({ connection }) => connection))].map((connection) =>
    messages.filter((message) => message.connection === connection),
  );
  const session = sessions.at(-1) ?? [];
  const open = (source: string) =>
    session.find((message) => message.source === source && message.type === "OPEN")?.open;
  const endOfRibMs = (source: string) => {
    const time = session.find((message) => isEndOfRib(message, source))?.time;
    return time === undefined ? undefined : Math.round((time - wallAt) * 1000);
  };
  return {
    restartingOpen: open(RESTARTING),
    helperOpen: open(HELPER),
    endOfRibMs: endOfRibMs(RESTARTING),
    helperEndOfRibMs: endOfRibMs(HELPER),
    bothNotification: [RESTARTING, HELPER].every((source) => before(source)?.open?.notification === true),
    endOfRibFirst: sessions.some((one) => endOfRibIsFirst(one, wallAt, FIRST)),
  };
}

/** What the restarting speaker suffers. */
async function strike({ event, back, longLived }: Cell, { restarting, helper }: Pair): Promise<void> {
  switch (event) {
    case "SIGKILL":
      await crash(restarting);
      break;
    case "SIGTERM":
      await restarting.stop();
      break;
    case "stop --hold":
      await holdfast(restarting, "stop", "--hold");
      await restarting.process.waitExit(BACK_TIMEOUT_MS);
      break;
    case "TCP reset":
      await reset(restarting);
      break;
    case "SIGSTOP":
      restarting.kill("SIGSTOP");
      break;
    case "link loss":
      await restarting.place.run(["ip", "link", "set", "eth0", "down"]);
  }
  if (event !== "TCP reset") await helper.waitDown(RESTARTING, { timeoutMs: BACK_TIMEOUT_MS });
  if (back !== "late") return;
  if (longLived) await helper.waitRoute(FIRST, isLongLived, { timeoutMs: BACK_TIMEOUT_MS });
  else await helper.waitNoRoute(FIRST, undefined, { timeoutMs: BACK_TIMEOUT_MS });
}

/** The operator's command, in the daemon's own node. */
export function holdfast(peer: Peer, ...words: string[]): Promise<string> {
  return peer.place.run(["node", resolve(import.meta.dirname, "../dist/holdfast.js"), ...words]);
}

const isLongLived = (route: Route) => route.communities.includes(LLGR_STALE);
const isFresh = (route: Route) => !route.stale && !isLongLived(route);

/** The restarting speaker's return, until its route is fresh and the End-of-RIB of both was seen after `since`. */
async function comeBack(cell: Cell, { restarting, helper, capture }: Pair, since: number): Promise<void> {
  const options = { timeoutMs: BACK_TIMEOUT_MS };
  if (cell.event === "SIGSTOP") restarting.kill("SIGCONT");
  else if (cell.event === "link loss") await restarting.place.run(["ip", "link", "set", "eth0", "up"]);
  else if (cell.event !== "TCP reset") await startAgain(cell, restarting);
  // Both are due: FRR's is a second later than ours.
  const haveBothEnds = (messages: readonly CapturedMessage[]) => {
    const { endOfRibMs, helperEndOfRibMs } = wire(messages, since);
    return endOfRibMs !== undefined && helperEndOfRibMs !== undefined;
  };
  await capture.waitMessages("End-of-RIB of both", haveBothEnds, options);
  await helper.waitEstablished(RESTARTING, options);
  await helper.waitRoute(FIRST, isFresh, options);
}

/** Whether the helper lets go of what the restarting speaker did not announce again, or has no family for. */
async function dropsRest({ back }: Cell, helper: Peer): Promise<boolean> {
  const rest = { "route missing": SECOND, "family missing": PREFIX6 }[back as string];
  if (rest === undefined) return true;
  return helper.waitNoRoute(rest, undefined, { timeoutMs: DROP_TIMEOUT_MS }).then(
    () => true,
    () => false,
  );
}

async function startAgain({ back }: Cell, restarting: Peer): Promise<void> {
  const { spec } = restarting;
  const routes = spec.routes ?? [];
  if (back === "route missing") restarting.amend({ ...spec, routes: routes.filter(({ prefix }) => prefix !== SECOND) });
  if (back === "family missing")
    restarting.amend({
      ...spec,
      neighbors: spec.neighbors.map((neighbor) => ({ ...neighbor, families: ["ipv4-unicast"] })),
      routes: routes.filter(({ prefix }) => prefix !== PREFIX6),
    });
  // Without its state our daemon knows of no restart, as after a reboot.
  if (back === "not forwarding") await rm(`${restarting.place.directory}/state`, { recursive: true, force: true });
  await restarting.start({ restarting: back !== "not forwarding" });
}

/**
 * For how long after the event the RFCs promise that the route is there, in milliseconds. What the restarting speaker
 * preserved is its own to say: once it is back the promise is bound to the F bit of its new OPEN, but for ours, which
 * has to set it.
 */
function promisedMs({ event, back, restarting, helper, longLived }: Cell, observed: Observed): number {
  if (event === "SIGTERM" || back === "not forwarding") return 0;
  // RFC 4724: a NOTIFICATION, also of the hold timer, is the end of the routes; RFC 8538 keeps them if both want it.
  if (isSilent({ event }) && !observed.bothNotification) return 0;
  // OpenBGPD's clock has whole seconds, so its timers may end up to one early.
  const early = helper === "openbgpd" ? 1 : 0;
  if (back === "never") return (SHORT_SECONDS - early + (longLived ? SHORT_SECONDS : 0)) * 1000;
  if (back === "late" && !longLived) return (SHORT_SECONDS - early) * 1000;
  return restarting === "holdfast" || observed.restartingOpen?.forwarding.includes(1) === true ? Infinity : 0;
}

export type Verdict = "kept" | "kept too much" | "allowed" | "restarter's End-of-RIB came first" | "VIOLATION";

export function verdictOf(cell: Cell, observed: Observed): Verdict {
  if (!observed.hasDropped) return cell.helper === "holdfast" ? "VIOLATION" : "kept too much";
  if (observed.goneMs === undefined) return "kept";
  if (observed.goneMs >= promisedMs(cell, observed)) return "allowed";
  return observed.endOfRibFirst && cell.restarting !== "holdfast" ? "restarter's End-of-RIB came first" : "VIOLATION";
}
