/** The neutral description of virtual routers, from which every VRRP driver writes its speaker's configuration. */
import { type WaitOptions, waitFor } from "../wait.ts";

export interface RouterSpec {
  readonly name: string;
  /** Default: eth0. */
  readonly interface?: string;
  readonly virtualRouterId: number;
  /** Default: 3. */
  readonly version?: 2 | 3;
  readonly priority: number;
  /** Seconds; default 1. */
  readonly interval?: number;
  /** With prefix length. */
  readonly addresses: readonly string[];
  readonly excludedAddresses?: readonly string[];
  readonly preempt?: boolean;
  /** Seconds. */
  readonly preemptDelay?: number;
  readonly unicast?: { readonly source: string; readonly peers: readonly string[] };
  readonly virtualMac?: boolean;
  /** Version 2. */
  readonly password?: string;
  readonly track?: readonly TrackSpec[];
  /** Lines of the speaker's own language for this router. */
  readonly own?: readonly string[];
}

/** A script by its name in {@link VrrpSpec.scripts}, or an interface. */
export interface TrackSpec {
  readonly script?: string;
  readonly interface?: string;
  readonly weight?: number;
  readonly reverse?: boolean;
}

export interface ScriptSpec {
  readonly name: string;
  /** Program and arguments, without spaces in them. */
  readonly command: readonly string[];
  /** Whole seconds, for keepalived 2.2.7's sake. */
  readonly interval: number;
  readonly timeout?: number;
  readonly rise?: number;
  readonly fall?: number;
}

export interface VrrpSpec {
  readonly routers: readonly RouterSpec[];
  readonly scripts?: readonly ScriptSpec[];
}

export type RouterState = "initialize" | "backup" | "master" | "fault";

/** A VRRP speaker in a node. */
export interface VrrpNode {
  readonly name: string;
  readonly log: string;
  /** Resolves when the speaker runs; its routers may not have a state yet. */
  start(): Promise<void>;
  /** Ends it by SIGTERM, and waits for its end. */
  stop(): Promise<void>;
  /** SIGKILL to all of its processes at once. */
  kill(): void;
  /** A signal to its main process. */
  signal(signal: NodeJS.Signals): void;
  /** Makes it read a new configuration while it runs. */
  reload(spec: VrrpSpec): Promise<void>;
  /** State by router. A router that has said nothing yet is missing. */
  states(): Promise<ReadonlyMap<string, RouterState>>;
}

/** RFC 9568 section 6.1's Skew_Time, in milliseconds and their fractions. */
export const skewMs = (priority: number, intervalMs: number): number => ((256 - priority) * intervalMs) / 256;

/** Active_Down_Interval: how long after the last advert a Backup takes over. */
export const masterDownMs = (priority: number, intervalMs: number): number =>
  3 * intervalMs + skewMs(priority, intervalMs);

/** Waits until the routers have the state. */
export async function waitState(
  node: VrrpNode,
  routers: readonly string[],
  state: RouterState,
  options: WaitOptions = {},
): Promise<void> {
  await waitFor(
    `${routers.join(", ")} of ${node.name} ${state}`,
    async () => {
      const states = await node.states();
      return routers.every((router) => states.get(router) === state);
    },
    { intervalMs: 20, timeoutMs: 15_000, ...options },
    async () => `${JSON.stringify([...(await node.states())])}\n${node.log.split("\n").slice(-30).join("\n")}`,
  );
}

/** Waits for a line in the speaker's log, and gives it. */
export function waitLog(node: VrrpNode, pattern: RegExp, options: WaitOptions = {}): Promise<string> {
  return waitFor(
    `${node.name} logs ${pattern}`,
    () => node.log.split("\n").find((line) => pattern.test(line)),
    { intervalMs: 20, timeoutMs: 15_000, ...options },
    () => node.log.split("\n").slice(-30).join("\n"),
  );
}
