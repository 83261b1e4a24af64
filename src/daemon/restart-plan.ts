import { Family } from "../bgp/index.ts";
import type { Config } from "../config/index.ts";
import type { Address } from "../lib/address.ts";
import { type Micros, seconds, toSeconds } from "../lib/time.ts";
import type { PreviousRun, ThisHost } from "../platform/index.ts";
import type { RouterName } from "../vrrp/index.ts";

/** What the daemon saves for the process after it. */
export interface SavedState {
  /** Virtual routers that are Master. */
  readonly masters: readonly RouterName[];
}

/** How this process starts. */
export interface RestartPlan {
  /** Undefined: a fresh start. Otherwise the families whose forwarding state was kept (RFC 4724: the F bit). */
  readonly restart: { readonly forwarding: readonly Family[] } | undefined;
  /** Routers that were Master until just now, and go on before anybody has missed them. */
  readonly resumed: ReadonlySet<RouterName>;
  /** For the log; undefined: there is nothing to tell. */
  readonly why: string | undefined;
}

/** A Backup waits for three intervals and its skew (RFC 9568 section 6.1): within three, nobody has taken over. */
const INTERVALS_MISSED_MAX = 3;

/**
 * Whether this start is a graceful restart (RFC 4724 section 4.1): the former process of this boot did not stop in an
 * orderly way, and was there less than the longest Restart Time ago. `forced`: the operator says that it is.
 */
export function planRestart(
  config: Config,
  previous: PreviousRun | undefined,
  forced: boolean,
  host: ThisHost,
): RestartPlan {
  const restartTime = longestRestartTime(config);
  if (previous === undefined && !forced) return FRESH;
  if (restartTime === undefined)
    return { ...FRESH, resumed: resumedOf(config, previous), why: "no neighbour has graceful restart: a fresh start" };
  if (!forced && previous !== undefined && previous.lastAlive >= restartTime) {
    const ago = toSeconds(previous.lastAlive).toFixed(1);
    const why = `the former process ended ${ago} s ago, neighbours hold routes for ${toSeconds(restartTime)} s: a fresh start`;
    return { ...FRESH, why };
  }
  // Without a record, the former process can only have been of this boot when the host has been up for longer.
  const sameBoot = previous !== undefined || host.uptime > restartTime;
  const masters = mastersOf(previous);
  const forwarding = [Family.Ipv4Unicast, Family.Ipv6Unicast].filter(
    (family) => sameBoot && addressesOf(config, family, masters).every((address) => host.hasAddress(address)),
  );
  const lived =
    previous === undefined
      ? "as --graceful-restart says"
      : `last alive ${Math.round(previous.lastAlive / 1_000)} ms ago`;
  return { restart: { forwarding }, resumed: resumedOf(config, previous), why: `a graceful restart (${lived})` };
}

const FRESH: RestartPlan = { restart: undefined, resumed: new Set(), why: undefined };

/** The text to save. */
export function encodeSaved(state: SavedState): string {
  return JSON.stringify(state);
}

function mastersOf(previous: PreviousRun | undefined): readonly RouterName[] {
  if (previous?.text === undefined) return [];
  // The checksum was right, so this is what a process of ours wrote, perhaps of another version.
  const saved = JSON.parse(previous.text) as Partial<SavedState>;
  return saved.masters ?? [];
}

function longestRestartTime(config: Config): Micros | undefined {
  const times = [...config.neighbors, ...config.dynamicNeighbors.map(({ session }) => session)]
    .map(({ gracefulRestart }) => gracefulRestart)
    .filter((restart) => restart !== undefined && !restart.helperOnly)
    .map((restart) => restart?.restartTime ?? seconds(0));
  return times.length === 0 ? undefined : (Math.max(...times) as Micros);
}

/** Those whose addresses have to be on the host for traffic to have gone on. */
function addressesOf(config: Config, family: Family, masters: readonly RouterName[]): readonly Address[] {
  const version = family === Family.Ipv4Unicast ? 4 : 6;
  return config.vips
    .filter(
      (vip) =>
        vip.prefix.version === version &&
        (vip.requireAddress || (vip.vrrpInstance !== undefined && masters.includes(vip.vrrpInstance))) &&
        isHeld(config, vip.vrrpInstance, vip.prefix.address, vip.requireAddress),
    )
    .map((vip) => vip.prefix.address);
}

/** A VIP of a pure election is on no interface, and need not be. */
function isHeld(config: Config, instance: string | undefined, address: Address, required: boolean): boolean {
  const router = config.vrrpInstances.find(({ name }) => name === instance);
  const own = [...(router?.addresses ?? []), ...(router?.excludedAddresses ?? [])];
  return required || own.some((prefix) => prefix.address.equals(address));
}

function resumedOf(config: Config, previous: PreviousRun | undefined): ReadonlySet<RouterName> {
  const masters = new Set(mastersOf(previous));
  return new Set(
    config.vrrpInstances
      .filter(({ name, advertisementInterval }) => {
        const limit = advertisementInterval * INTERVALS_MISSED_MAX;
        return masters.has(name) && (previous?.lastAlive ?? Number.POSITIVE_INFINITY) < limit;
      })
      .map(({ name }) => name),
  );
}
