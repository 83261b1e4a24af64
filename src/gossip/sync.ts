import { fail, ok, type Result } from "../lib/result.ts";
import type { Rng } from "../lib/rng.ts";
import { after, type Instant, type Micros, NEVER } from "../lib/time.ts";
import type { GossipConfig } from "./config.ts";
import type { Counters } from "./counters.ts";
import type { Delegate, Out } from "./gossip-io.ts";
import { sameEndpoint } from "./member.ts";
import type { Members } from "./member-table.ts";
import type { Membership } from "./membership.ts";
import type { Reports } from "./reports.ts";
import type { Streams } from "./streams.ts";
import { incompatibility } from "./versions.ts";
import { type Endpoint, encodePushPull, type PushPull } from "./wire/index.ts";

/** Up to this many members, push/pulls keep their interval; with each doubling they become one interval rarer. */
const PUSH_PULL_SCALE_FROM = 32;

/** Between push/pulls in a cluster of `n`. */
export function pushPullScale(interval: Micros, n: number): Micros {
  if (n <= PUSH_PULL_SCALE_FROM) return interval;
  return (interval * (Math.ceil(Math.log2(n) - Math.log2(PUSH_PULL_SCALE_FROM)) + 1)) as Micros;
}

export interface SyncOutcome {
  /** Whether the other side lists us as alive: then we are a member in its eyes. */
  readonly listed: boolean;
}

export interface SyncParts {
  readonly config: GossipConfig;
  readonly rng: Rng;
  readonly out: Out;
  readonly counters: Counters;
  readonly reports: Reports;
  readonly delegate: Delegate;
  readonly table: Members;
  readonly membership: Membership;
  readonly streams: Streams;
}

/** Push/pull: the exchange of all one knows with one other node. Finds what gossip lost, and is how one joins. */
export class Sync {
  readonly #parts: SyncParts;
  #nextTurn: Instant = NEVER;

  constructor(parts: SyncParts) {
    this.#parts = parts;
  }

  get deadline(): Instant {
    return this.#nextTurn;
  }

  start(now: Instant): void {
    const { rng, config } = this.#parts;
    this.#nextTurn = after(now, (rng() * config.pushPullInterval) as Micros);
  }

  stop(): void {
    this.#nextTurn = NEVER;
  }

  /** One turn: a push/pull with a random member that is alive. */
  advance(now: Instant): void {
    const { config, table } = this.#parts;
    this.#nextTurn = after(now, pushPullScale(config.pushPullInterval, table.size));
    const [peer] = table.sample(1, (member) => member.state === "alive" && member.name !== config.name);
    if (peer !== undefined) this.exchange(now, peer.endpoint, false, config.tcpTimeout, () => {});
  }

  /**
   * Exchanges states with the node at `to`. When its state makes us refute something, it does not believe in us yet:
   * then a second exchange follows at once, which also brings what it had to refute.
   */
  exchange(
    now: Instant,
    to: Endpoint,
    join: boolean,
    timeout: Micros,
    done: (now: Instant, outcome: Result<SyncOutcome, string>) => void,
    isSecond = false,
  ): void {
    this.#parts.streams.dial(now, to, encodePushPull(this.#ownState(join)), {
      timeout,
      failed: (at, error) => done(at, fail(error)),
      replied: (at, message) => {
        if (message.type !== "pushPull") {
          done(at, fail("the answer to a push/pull was something else"));
          return;
        }
        const merged = this.#merge(at, message);
        if (!merged.ok) done(at, merged);
        else if (merged.value.refuted && !isSecond) this.exchange(at, to, join, timeout, done, true);
        else done(at, ok({ listed: this.#lists(message) }));
      },
    });
  }

  /** Answers a push/pull of another: with our state as it was before its own is merged, as memberlist does. */
  serve(now: Instant, request: PushPull): Uint8Array {
    const reply = encodePushPull(this.#ownState(request.join));
    const merged = this.#merge(now, request);
    if (!merged.ok)
      this.#parts.reports.warn(now, "incompatible", "push/pull", `a push/pull was refused: ${merged.error}`);
    return reply;
  }

  #lists(state: PushPull): boolean {
    const { name, advertise } = this.#parts.config;
    return state.nodes.some((n) => n.node === name && n.state === "alive" && sameEndpoint(n.endpoint, advertise));
  }

  #ownState(join: boolean): PushPull {
    const { table, delegate } = this.#parts;
    const nodes = Array.from(table, (member) => ({ ...member, node: member.name }));
    return { type: "pushPull", join, nodes, userState: delegate.localState?.(join) ?? new Uint8Array(0) };
  }

  /** Takes over another node's state, all of it or (when it does not fit us) nothing. */
  #merge(now: Instant, remote: PushPull): Result<{ refuted: boolean }, string> {
    const { table, counters, delegate, membership, out } = this.#parts;
    counters.pushPulls++;
    const alive = remote.nodes.filter((node) => node.state === "alive");
    const speakers = [
      ...Array.from(table).filter((member) => member.state === "alive"),
      ...alive.map(({ node, versions }) => ({ name: node, versions })),
    ];
    const obstacle = incompatibility(speakers) ?? (remote.join ? delegate.refuseMerge?.(alive) : undefined);
    if (obstacle !== undefined) return fail(obstacle);
    const refuted = membership.merge(now, remote.nodes);
    if (remote.userState.length > 0) out.event({ type: "remoteState", payload: remote.userState, join: remote.join });
    return ok({ refuted });
  }
}
