import { Capture, type CapturedMessage } from "./capture.ts";
import {
  createPeer,
  type FamilyName,
  type GracefulRestartSpec,
  type Peer,
  type PeerKind,
  type Route,
  type RouteSpec,
} from "./peers/index.ts";
import { Lab } from "./topology.ts";
import { waitFor } from "./wait.ts";

/** A restarting speaker and its helper on one link: AS 65001 at 10.5.0.1, which announces, and AS 65002 at 10.5.0.2. */
export interface Pair {
  readonly restarting: Peer;
  readonly helper: Peer;
  /** What passes between the two. */
  readonly capture: Capture;
}

export const RESTARTING = "10.5.0.1";
export const HELPER = "10.5.0.2";
/** Announced beside the others when the session carries IPv6 too. */
export const PREFIX6 = "2001:db8:5::/48";
export const PREFIXES = ["198.51.100.0/24", "198.51.101.0/24"] as const;
export const LLGR_STALE = "65535:6";

/** OpenBGPD helps without being told, and has no restart time of its own. */
const knobs = (kind: PeerKind, gracefulRestart: GracefulRestartSpec) =>
  kind === "openbgpd" ? {} : { gracefulRestart };

export interface PairOptions {
  /** Seconds. */
  readonly holdTime?: number;
  readonly families?: readonly FamilyName[];
}

/** Runs `body` with both Established, the routes told, and End-of-RIB sent by both. */
export async function withPair(
  r: PeerKind,
  h: PeerKind,
  gracefulRestart: GracefulRestartSpec,
  body: (pair: Pair) => Promise<void>,
  { holdTime = 9, families = ["ipv4-unicast"] }: PairOptions = {},
): Promise<void> {
  const names = [r, r === h ? `${h}-2` : h];
  const members = names.map((node, i) => ({
    node,
    interface: "eth0",
    addresses: [`10.5.0.${i + 1}/24`, `fd05::${i + 1}/64`],
  }));
  const lab = await Lab.up({ segments: [{ name: "link", members }] });
  try {
    const capture = await Capture.start(lab, names[1] as string, "eth0");
    const six = families.includes("ipv6-unicast") ? [{ prefix: PREFIX6, nextHop: "fd05::1" }] : [];
    const routes: readonly RouteSpec[] = [...PREFIXES.map((prefix) => ({ prefix })), ...six];
    const make = (kind: PeerKind, own: number, far: number) =>
      createPeer(lab, names[own - 1] as string, kind, {
        as: 65000 + own,
        routerId: `192.0.2.${own}`,
        neighbors: [
          {
            address: `10.5.0.${far}`,
            localAddress: `10.5.0.${own}`,
            as: 65000 + far,
            holdTime,
            families,
            ...knobs(kind, gracefulRestart),
          },
        ],
        routes: own === 1 ? routes : [],
      });
    const restarting = make(r, 1, 2);
    const helper = make(h, 2, 1);
    await Promise.all([restarting.start(), helper.start()]);
    await helper.waitEstablished(RESTARTING);
    for (const { prefix } of routes) await helper.waitRoute(prefix);
    for (const from of [RESTARTING, HELPER])
      await capture.waitMessage(`End-of-RIB of ${from}`, (message) => isEndOfRib(message, from));
    // A session that is only just there is not ready for a restart everywhere.
    await waitFor("a session that is settled", async () => ((await helper.neighbors())[0]?.uptime ?? 2) >= 2);
    await body({ restarting, helper, capture });
  } finally {
    await lab.down();
  }
}

export function isEndOfRib({ source, update }: CapturedMessage, from = RESTARTING): boolean {
  return source === from && update?.endOfRib === true;
}

export type Look = "absent" | "stale" | "longLived" | "fresh";

/** Fewer looks say nothing. A machine that is busy takes longer for them. */
const LOOKS_MIN = 6;

/** Asks a speaker again and again, and counts what it sees of a prefix. */
export class Watch {
  readonly seen = { asked: 0, absent: 0, stale: 0, fresh: 0, longLived: 0 };
  /** When each was seen first, in milliseconds since the watch began. */
  readonly firstMs = new Map<Look, number>();
  /** When it was seen fresh again, the last time that it was. */
  freshAgainMs: number | undefined;
  readonly #startedAt = performance.now();
  readonly #done: Promise<void>;
  #isOver = false;

  constructor(peer: Peer, prefix: string) {
    this.#done = this.#look(peer, prefix);
    // Whoever waits for the end hears of it; until then it is nobody's.
    this.#done.catch(() => {});
  }

  async #look(peer: Peer, prefix: string): Promise<void> {
    let before: Look = "fresh";
    let isLast = false;
    while (!isLast) {
      // The last look begins when all is over.
      isLast = this.#isOver && this.seen.asked >= LOOKS_MIN;
      const [path] = await peer.paths(prefix);
      const look = lookOf(path);
      const ms = Math.round(performance.now() - this.#startedAt);
      this.seen.asked++;
      this.seen[look]++;
      if (!this.firstMs.has(look)) this.firstMs.set(look, ms);
      if (look === "fresh" && before !== "fresh") this.freshAgainMs = ms;
      before = look;
    }
  }

  /** Stops looking when it has looked often enough. */
  async end(): Promise<Watch["seen"]> {
    this.#isOver = true;
    await this.#done;
    return this.seen;
  }
}

function lookOf(path: Route | undefined): Look {
  if (path === undefined) return "absent";
  if (path.communities.includes(LLGR_STALE)) return "longLived";
  return path.stale ? "stale" : "fresh";
}

/** SIGKILL to the whole speaker. */
export async function crash(peer: Peer): Promise<void> {
  peer.kill("SIGKILL");
  await peer.process.waitExit();
}

/** The restarting speaker sent End-of-RIB after `since` (seconds since 1970) before it announced the prefix. */
export function endOfRibIsFirst(messages: readonly CapturedMessage[], since: number, prefix: string): boolean {
  const own = messages.filter(({ time, source }) => time >= since && source === RESTARTING);
  const end = own.findIndex((message) => isEndOfRib(message));
  const route = own.findIndex(({ update }) => update?.announced.includes(prefix) === true);
  return end >= 0 && (route < 0 || end < route);
}

/** The TCP connections of a node are reset, as by a firewall that has lost its state. */
export async function reset(peer: Peer): Promise<void> {
  await peer.place.run(["ss", "-K", "sport", "=", ":179", "or", "dport", "=", ":179"]);
}
