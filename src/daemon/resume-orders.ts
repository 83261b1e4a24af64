import type { Input as SpeakerInput } from "../bgp/index.ts";
import type { Config } from "../config/index.ts";
import { formatAddress } from "../lib/address.ts";
import { elapsed, type Instant, millis, toSeconds } from "../lib/time.ts";
import type { Driver } from "../platform/index.ts";
import type { Standing, VipName } from "../vip/index.ts";
import type { Daemon } from "./daemon.ts";
import type { About, HeldVip } from "./orders.ts";
import type { Vips } from "./vips.ts";

/** Standing orders, between the words they are kept in and the parts of the daemon that obey them. */

/** Whether the configuration has whom the order is about. */
export function isConfigured(config: Config): (about: About) => boolean {
  const vips = new Set(config.vips.map(({ prefix }) => prefix.toString()));
  const neighbors = new Set(config.neighbors.map(({ address }) => formatAddress(address)));
  return ({ kind, name }) => {
    switch (kind) {
      case "drain-node":
        return true;
      case "drain-vip":
      case "down-vip":
        return vips.has(name);
      case "drain-neighbor":
      case "disable-neighbor":
        return neighbors.has(name);
      default:
        return kind satisfies never;
    }
  };
}

/**
 * What was drained or down is so again, before anything is announced: with the time it has been so, by which a drain that
 * was under way goes on where it was.
 */
export function resumeDrains({ orders, vips, fleet, driver }: Daemon): void {
  const standing = new Map<VipName, Standing>();
  const add = (vip: VipName, more: Standing) => standing.set(vip, { ...standing.get(vip), ...more });
  for (const { name, since } of orders.all("down-vip")) add(name, { downSince: instantOf(driver, since) });
  for (const { name, since } of orders.all("drain-vip")) add(name, { drainSince: instantOf(driver, since) });
  for (const { vip, step, since } of orders.heldBefore)
    add(vip, { held: { value: step, since: instantOf(driver, since) } });
  vips.resume(standing);
  for (const { maxConcurrent, since } of orders.all("drain-node")) {
    if (maxConcurrent === undefined) vips.handle({ type: "SetDrain", on: true, since: instantOf(driver, since) });
    else fleet.waitToDrain(maxConcurrent, since);
  }
}

/** What is told to the speaker in an operator's name, as an order. */
export function noteNeighborOrder({ orders, speaker }: Daemon, input: SpeakerInput): void {
  switch (input.type) {
    case "DisablePeer":
      // Who came by a prefix is forgotten with its session, and what was ordered about it too.
      if (speaker.peers.get(input.peer)?.dynamic === false)
        orders.give({ kind: "disable-neighbor", name: input.peer, text: input.text });
      return;
    case "EnablePeer":
      orders.end("disable-neighbor", input.peer);
      return;
    default:
  }
}

/** VIPs that are to be drained and announced still, as they are kept. */
export function* heldVips(driver: Driver, vips: Vips): Iterable<HeldVip> {
  const [now, unixNow] = [driver.now(), Date.now()];
  for (const [vip, { value, since }] of vips.heldDrains())
    yield { vip, step: value, since: Math.round(unixNow - toSeconds(elapsed(since, now)) * 1_000) };
}

/** A moment before this process began, on its clock. What the wall clock puts into the future is now. */
function instantOf(driver: Driver, unixMs: number): Instant {
  return (driver.now() - millis(Math.max(0, Date.now() - unixMs))) as Instant;
}
