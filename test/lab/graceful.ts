import assert from "node:assert/strict";
import { Capture } from "../../lab/capture.ts";
import { createPeer, type GracefulRestartSpec, type Peer, type PeerKind } from "../../lab/peers/index.ts";
import { Lab } from "../../lab/topology.ts";
import { waitFor } from "../../lab/wait.ts";

/** A restarting speaker and its helper on one link: AS 65001 at 10.5.0.1, which announces, and AS 65002 at 10.5.0.2. */
export interface Pair {
  readonly restarting: Peer;
  readonly helper: Peer;
  /** What passes between the two. */
  readonly capture: Capture;
}

export const RESTARTING = "10.5.0.1";
export const PREFIXES = ["198.51.100.0/24", "198.51.101.0/24"] as const;
export const LLGR_STALE = "65535:6";

/** OpenBGPD helps without being told, and has no restart time of its own. */
const knobs = (kind: PeerKind, gracefulRestart: GracefulRestartSpec) =>
  kind === "openbgpd" ? {} : { gracefulRestart };

/** Runs `body` with both Established, the routes told, and End-of-RIB sent by both. */
export async function withPair(
  r: PeerKind,
  h: PeerKind,
  gracefulRestart: GracefulRestartSpec,
  body: (pair: Pair) => Promise<void>,
): Promise<void> {
  const names = [r, r === h ? `${h}-2` : h];
  const members = names.map((node, i) => ({ node, interface: "eth0", addresses: [`10.5.0.${i + 1}/24`] }));
  const lab = await Lab.up({ segments: [{ name: "link", members }] });
  try {
    const capture = await Capture.start(lab, names[1] as string, "eth0");
    const make = (kind: PeerKind, own: number, far: number) =>
      createPeer(lab, names[own - 1] as string, kind, {
        as: 65000 + own,
        routerId: `192.0.2.${own}`,
        neighbors: [
          {
            address: `10.5.0.${far}`,
            localAddress: `10.5.0.${own}`,
            as: 65000 + far,
            holdTime: 9,
            ...knobs(kind, gracefulRestart),
          },
        ],
        routes: own === 1 ? PREFIXES.map((prefix) => ({ prefix })) : [],
      });
    const restarting = make(r, 1, 2);
    const helper = make(h, 2, 1);
    await Promise.all([restarting.start(), helper.start()]);
    await helper.waitEstablished(RESTARTING);
    for (const prefix of PREFIXES) await helper.waitRoute(prefix);
    await capture.waitMessage("End-of-RIB of the one that is to restart", isEndOfRib);
    // A session that is only just there is not ready for a restart everywhere.
    await waitFor("a session that is settled", async () => ((await helper.neighbors())[0]?.uptime ?? 2) >= 2);
    await body({ restarting, helper, capture });
  } finally {
    await lab.down();
  }
}

export function isEndOfRib({ source, update }: { source: string; update?: { endOfRib: boolean } }): boolean {
  return source === RESTARTING && update?.endOfRib === true;
}

/** Asks a speaker again and again, and counts what it sees of a prefix. */
export class Watch {
  readonly seen = { asked: 0, absent: 0, stale: 0, fresh: 0, longLived: 0 };
  readonly #done: Promise<void>;
  #isOver = false;

  constructor(peer: Peer, prefix: string) {
    this.#done = this.#look(peer, prefix);
  }

  async #look(peer: Peer, prefix: string): Promise<void> {
    while (!this.#isOver) {
      const [path] = await peer.paths(prefix);
      this.seen.asked++;
      if (path === undefined) this.seen.absent++;
      else if (path.communities.includes(LLGR_STALE)) this.seen.longLived++;
      else if (path.stale) this.seen.stale++;
      else this.seen.fresh++;
    }
  }

  /** Stops looking. */
  async end(): Promise<Watch["seen"]> {
    this.#isOver = true;
    await this.#done;
    assert.ok(this.seen.asked > 5, `only asked ${this.seen.asked} times`);
    return this.seen;
  }
}

/** SIGKILL to the whole speaker. */
export async function crash(peer: Peer): Promise<void> {
  peer.kill("SIGKILL");
  await peer.process.waitExit();
}

/** From the start of the process to its first UPDATE and its End-of-RIB on the wire, in seconds. */
export async function restartTimes(capture: Capture, startedAt: number): Promise<{ update: number; endOfRib: number }> {
  const messages = await capture.waitMessage(
    "End-of-RIB",
    (message) => message.time >= startedAt && isEndOfRib(message),
  );
  const own = messages.filter(({ time, source }) => time >= startedAt && source === RESTARTING);
  const update = own.find((message) => (message.update?.announced.length ?? 0) > 0)?.time ?? Number.NaN;
  const endOfRib = own.find(isEndOfRib)?.time ?? Number.NaN;
  return { update: update - startedAt, endOfRib: endOfRib - startedAt };
}
