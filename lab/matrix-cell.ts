/**
 * One cell of the matrix of graceful restart: two speakers, one way for the first to go, one way for it to be back, and
 * what was seen of its route in the other's table and on the wire (RFC 4724, 8538, 9494).
 */
import { rm } from "node:fs/promises";
import { resolve } from "node:path";
import type { CapturedMessage, CapturedOpen } from "./capture.ts";
import {
  crash,
  isEndOfRib,
  LLGR_STALE,
  type Look,
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

/** Milliseconds after the event; missing if it was not seen. */
export interface Observed {
  readonly asked: number;
  readonly absent: number;
  readonly staleMs: number | undefined;
  readonly longLivedMs: number | undefined;
  readonly goneMs: number | undefined;
  readonly backMs: number | undefined;
  /** OPENs on the new session. */
  readonly restartingOpen: CapturedOpen | undefined;
  readonly helperOpen: CapturedOpen | undefined;
  readonly endOfRibMs: number | undefined;
  readonly helperEndOfRibMs: number | undefined;
  /** Both had offered the N bit before the event. */
  readonly bothNotification: boolean;
  /** The restarter sent End-of-RIB before the route. */
  readonly endOfRibFirst: boolean;
}

const [FIRST, SECOND] = PREFIXES;
const HELPER = "10.5.0.2";
const HOLD_SECONDS = 6;
const BACK_TIMEOUT_MS = 45_000;
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
    restartTime: isShort ? 4 : 60,
    ...(cell.longLived ? { longLivedStaleTime: cell.back === "never" ? 4 : 60 } : {}),
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
  const at = performance.now();
  const wallAt = Date.now() / 1000;
  await strike(cell, pair);
  let backMs: number | undefined;
  if (cell.back === "never") {
    await pair.helper.waitNoRoute(FIRST, undefined, { timeoutMs: BACK_TIMEOUT_MS });
    await waitFor("a look at what is gone", () => watch.firstMs.has("absent"));
  } else {
    await comeBack(cell, pair, wallAt);
    backMs = Math.round(performance.now() - at);
    if (cell.back === "twice") {
      const again = Date.now() / 1000;
      await strike(cell, pair);
      await comeBack(cell, pair, again);
    }
  }
  const { asked, absent } = await watch.end();
  const first = (look: Look) => {
    const ms = watch.firstMs.get(look);
    return ms === undefined ? undefined : Math.round(ms);
  };
  return {
    asked,
    absent,
    staleMs: first("stale"),
    longLivedMs: first("longLived"),
    goneMs: first("absent"),
    backMs,
    ...wire(await pair.capture.messages(), wallAt),
  };
}

/** What the capture shows of the session after the event. */
function wire(messages: readonly CapturedMessage[], wallAt: number) {
  const of = (source: string) => messages.filter((message) => message.source === source);
  const after = (source: string) => of(source).filter(({ time }) => time >= wallAt);
  const offeredN = (source: string) => of(source).find(({ type, time }) => type === "OPEN" && time < wallAt)?.open;
  const ms = (message: CapturedMessage | undefined) =>
    message === undefined ? undefined : Math.round((message.time - wallAt) * 1000);
  const lastOpen = (source: string) => after(source).findLast(({ type }) => type === "OPEN");
  const open = lastOpen(RESTARTING);
  // A connection that collides may be opened and given up: what counts follows the last OPEN.
  const since = (message: CapturedMessage) => open !== undefined && message.time >= open.time;
  const own = after(RESTARTING).filter(since);
  const endOfRib = own.find((message) => message.update?.endOfRib === true);
  const route = own.find((message) => message.update?.announced.includes(FIRST) === true);
  return {
    restartingOpen: open?.open,
    helperOpen: lastOpen(HELPER)?.open,
    endOfRibMs: ms(endOfRib),
    helperEndOfRibMs: ms(
      after(HELPER)
        .filter(since)
        .find((message) => message.update?.endOfRib === true),
    ),
    bothNotification: offeredN(RESTARTING)?.notification === true && offeredN(HELPER)?.notification === true,
    endOfRibFirst: endOfRib !== undefined && (route === undefined || isBefore(endOfRib, route, messages)),
  };
}

/** Several messages may share a segment, and its time. */
function isBefore(a: CapturedMessage, b: CapturedMessage, messages: readonly CapturedMessage[]): boolean {
  return messages.indexOf(a) < messages.indexOf(b);
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
      await restarting.process.waitExit();
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

/** The restarting speaker's return, until its route is fresh and its End-of-RIB was seen after `since`. */
async function comeBack(cell: Cell, { restarting, helper, capture }: Pair, since: number): Promise<void> {
  const options = { timeoutMs: BACK_TIMEOUT_MS };
  if (cell.event === "SIGSTOP") restarting.kill("SIGCONT");
  else if (cell.event === "link loss") await restarting.place.run(["ip", "link", "set", "eth0", "up"]);
  else if (cell.event !== "TCP reset") await startAgain(cell, restarting);
  const isNewEnd = (message: CapturedMessage) => message.time >= since && isEndOfRib(message);
  await capture.waitMessage("End-of-RIB of the one that is back", isNewEnd, options);
  await helper.waitEstablished(RESTARTING, options);
  await helper.waitRoute(FIRST, isFresh, options);
  if (cell.back === "route missing") await helper.waitNoRoute(SECOND, undefined, options);
  if (cell.back === "family missing") await helper.waitNoRoute(PREFIX6, undefined, options);
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
 * Whether the RFCs promise that the route is never absent. What the restarting speaker preserved is its own to say:
 * the promise is bound to the F bit of its new OPEN, but for ours, which has to set it.
 */
function isPromised({ event, back, restarting, longLived }: Cell, observed: Observed): boolean {
  if (event === "SIGTERM" || back === "never" || back === "not forwarding") return false;
  if (back === "late" && longLived !== true) return false;
  // RFC 4724: a NOTIFICATION, also of the hold timer, is the end of the routes; RFC 8538 keeps them if both want it.
  if (isSilent({ event }) && !observed.bothNotification) return false;
  return restarting === "holdfast" || observed.restartingOpen?.forwarding.includes(1) === true;
}

export type Verdict = "kept" | "allowed" | "restarter's End-of-RIB came first" | "VIOLATION";

export function verdictOf(cell: Cell, observed: Observed): Verdict {
  if (observed.absent === 0) return "kept";
  if (!isPromised(cell, observed)) return "allowed";
  return observed.endOfRibFirst && cell.restarting !== "holdfast" ? "restarter's End-of-RIB came first" : "VIOLATION";
}
