import { now } from "../frames.ts";
import { masterDownMs, waitState } from "../peers/vrrp-spec.ts";
import { waitFor } from "../wait.ts";
import { BACKUP, type GatewayPair, gatewayPair, MASTER, type SystemKind, VIP, VRID } from "./gateway-pair.ts";

/** How a Master can go. */
export const EVENTS = ["SIGTERM", "SIGKILL", "link pulled", "check fails"] as const;
export type EventName = (typeof EVENTS)[number];

/** One failover, in milliseconds. */
export interface Failover {
  /** From the old Master's last advert to the Backup's first. */
  readonly takeover: number;
  /** What the protocol asks for between those two. */
  readonly theory: number;
  /** From the Backup's first advert to its UPDATE on the wire. */
  readonly announce: number;
  /** From the event to the router's loss of the old path: withdrawn, or the session ended. Undefined: it kept it. */
  readonly withdraw: number | undefined;
  /** From the event to the Backup's UPDATE. */
  readonly total: number;
}

export interface Scenario {
  readonly event: EventName;
  readonly intervalMs: number;
  /** Processes that take all the processor time they get. */
  readonly hogs: number;
}

/** How long after the new path the old one may still go, before it counts as kept. */
const WITHDRAW_WAIT_MS = 1_000;

export interface Failovers {
  readonly done: readonly Failover[];
  /** Runs in which the Backup had taken over before anything happened: the load alone was enough. */
  readonly flapped: number;
}

/** The same event so many times, in one lab. */
export async function failovers(kind: SystemKind, scenario: Scenario, runs: number): Promise<Failovers> {
  const pair = await gatewayPair(kind, scenario.intervalMs);
  try {
    const done: Failover[] = [];
    let flapped = 0;
    for (let run = 0; run < runs; run++) {
      await settle(pair);
      // The phase between adverts matters to a crash: the runs sweep it.
      await pause(scenario.intervalMs * ((run + 0.5) / runs));
      const calm = now();
      const stopHogs = await startHogs(pair, scenario.hogs);
      if (pair.frames.adverts((a) => a.source === BACKUP.address && a.time > calm).length > 0) flapped++;
      else {
        done.push(await once(pair, scenario));
        await restore(pair, scenario.event);
      }
      await stopHogs();
    }
    return { done, flapped };
  } finally {
    await pair.lab.down();
  }
}

const pause = (ms: number) => new Promise<void>((resolve) => setTimeout(resolve, ms));

/** The Master is Master, the Backup is Backup, and the router has the Master's path alone. */
async function settle({ router, master, backup, frames }: GatewayPair): Promise<void> {
  await Promise.all([router.waitEstablished(MASTER.address), router.waitEstablished(BACKUP.address)]);
  await waitState(master, ["gw"], "master", { timeoutMs: 30_000 });
  await waitState(backup, ["gw"], "backup", { timeoutMs: 30_000 });
  await router.waitRoute(VIP, (route) => route.from === MASTER.address);
  await router.waitNoRoute(VIP, (route) => route.from === BACKUP.address);
  const since = now();
  await frames.waitAdvert("the Master's", (a) => a.source === MASTER.address && a.time > since);
}

async function startHogs({ lab }: GatewayPair, count: number): Promise<() => Promise<void>> {
  const hogs = await Promise.all(
    Array.from({ length: count }, (_, i) =>
      lab.start("c", {
        name: "hog",
        command: ["sh", "-c", "while :; do :; done"],
        logFile: `${lab.directory}/hog${i}.log`,
      }),
    ),
  );
  if (count > 0) await pause(500);
  return async () => {
    await Promise.all(hogs.map((hog) => hog.stop("SIGKILL")));
  };
}

async function cause({ lab, master, setHealthy }: GatewayPair, event: EventName): Promise<void> {
  switch (event) {
    case "SIGTERM":
      return master.signal("SIGTERM");
    case "SIGKILL":
      return master.kill();
    case "link pulled":
      await lab.run("sw", ["ip", "link", "set", "s0p0", "down"]);
      return;
    case "check fails":
      return setHealthy(false);
    default:
      event satisfies never;
  }
}

async function restore(pair: GatewayPair, event: EventName): Promise<void> {
  switch (event) {
    case "SIGTERM":
    case "SIGKILL":
      await waitState(pair.backup, ["gw"], "master");
      return pair.master.start();
    case "link pulled":
      await pair.lab.run("sw", ["ip", "link", "set", "s0p0", "up"]);
      return;
    case "check fails":
      return pair.setHealthy(true);
    default:
      event satisfies never;
  }
}

async function once(pair: GatewayPair, { event, intervalMs }: Scenario): Promise<Failover> {
  const { frames } = pair;
  const at = now();
  await cause(pair, event);
  const mine = (source: string) => (a: { source: string; virtualRouterId: number }) =>
    a.source === source && a.virtualRouterId === VRID;
  const options = { timeoutMs: 30_000, intervalMs: 20 };
  const first = await frames.waitAdvert("the Backup's", (a) => mine(BACKUP.address)(a) && a.time > at, options);
  const update = await frames.waitUpdate(
    "the Backup's",
    (u) => u.source === BACKUP.address && u.announced.includes(VIP) && u.time > at,
    options,
  );
  const last = frames.adverts((a) => mine(MASTER.address)(a) && a.time < first.time).at(-1);
  if (last === undefined) throw new Error("the Master never advertised");
  const gone = await oldPathGone(pair, at);
  return {
    takeover: first.time - last.time,
    theory: last.priority === 0 ? skew(intervalMs) : masterDownMs(BACKUP.priority, intervalMs),
    announce: update.time - first.time,
    withdraw: gone === undefined ? undefined : gone - at,
    total: update.time - at,
  };
}

const skew = (intervalMs: number) => masterDownMs(BACKUP.priority, intervalMs) - 3 * intervalMs;

/** When the router heard that the Master's path is no more. */
function oldPathGone({ frames }: GatewayPair, at: number): Promise<number | undefined> {
  const look = () =>
    frames.events().find((event) => {
      if (event.time <= at) return false;
      if (event.kind === "session-end") return event.source === MASTER.address;
      return event.kind === "update" && event.source === MASTER.address && event.withdrawn.includes(VIP);
    })?.time;
  return waitFor("the old path's end", look, { timeoutMs: WITHDRAW_WAIT_MS, intervalMs: 20 }).catch(() => undefined);
}
