import { type Change, type Config, diffConfigs } from "../../config/index.ts";
import type { Address } from "../../lib/address.ts";
import type { ReloadPlan, SessionEffect } from "./messages.ts";

/** What runs now, as far as a reload concerns it. */
export interface Running {
  readonly config: Config;
  /** Neighbours that are there, dynamic ones included. */
  readonly peers: Iterable<{ readonly name: string; readonly address: Address; readonly dynamic: boolean }>;
  /** Prefixes of VIPs that are announced, as text. */
  readonly announced: Iterable<string>;
  /** Prefixes announced over the API: no reload touches them. */
  readonly apiRoutes: number;
}

/**
 * What a reload from what runs to `next` does: every difference, what becomes of every session, and whether
 * `reload-max-drop` (of the configuration that runs) speaks against it. Pure; changes nothing.
 */
export function planReload(running: Running, next: Config, warnings: readonly string[]): ReloadPlan {
  const changes = diffConfigs(running.config, next);
  const { before, after } = countAnnounced(running, next);
  return {
    changes: changes.map(({ subject, name, change, effect, keys }) => ({ subject, name, change, effect, keys })),
    sessions: sessionEffects(running, next, changes),
    announcedBefore: before,
    announcedAfter: after,
    refused: refusal(before, after, running.config.global.reloadMaxDrop),
    warnings,
  };
}

function countAnnounced(running: Running, next: Config): { readonly before: number; readonly after: number } {
  const kept = new Set(next.vips.filter(({ enabled }) => enabled).map(({ prefix }) => prefix.toString()));
  const announced = [...running.announced];
  const after = announced.filter((prefix) => kept.has(prefix)).length;
  return { before: announced.length + running.apiRoutes, after: after + running.apiRoutes };
}

function refusal(before: number, after: number, percentMax: number): string | undefined {
  const lost = before - after;
  if (lost * 100 <= before * percentMax) return undefined;
  const percent = Math.round((lost * 100) / before);
  return `${lost} of ${before} announced prefixes would go (${percent} %), reload-max-drop allows ${percentMax} %`;
}

/** Every session there is, or will be, in the order of the new configuration; those that go come last. */
function sessionEffects({ config, peers }: Running, next: Config, changes: readonly Change[]): SessionEffect[] {
  // Policies and sets belong to no session: whoever uses them judges its routes again, and that is everybody.
  const judgesAgain = changes.some(
    ({ subject, keys }) =>
      subject === "policy" || subject === "defined-set" || keys.some(({ key }) => key.includes("apply-policy")),
  );
  const effectOf = (change: Change | undefined) => {
    if (change?.change === "removed") return "removed";
    if (change?.effect === "reset" || change?.effect === "restart") return "reset";
    return change?.effect === "soft" || judgesAgain ? "soft" : "nothing";
  };
  const find = (subject: Change["subject"], name: string) =>
    changes.find((change) => change.subject === subject && change.name === name);
  const configured = next.neighbors.map(({ address }) => {
    const change = find("neighbor", address.toString());
    return { peer: address.toString(), effect: change?.change === "added" ? "added" : effectOf(change) };
  });
  const removed = changes
    .filter(({ subject, change }) => subject === "neighbor" && change === "removed")
    .map(({ name }) => ({ peer: name, effect: "removed" }));
  const isConfigured = new Set(configured.map(({ peer }) => peer));
  const dynamic = [...peers]
    .filter((peer) => peer.dynamic && !isConfigured.has(peer.name))
    .map(({ name, address }) => {
      const prefix = dynamicPrefixOf(next, address);
      if (prefix === undefined) return { peer: name, effect: "removed" };
      if (prefix !== dynamicPrefixOf(config, address)) return { peer: name, effect: "reset" };
      return { peer: name, effect: effectOf(find("dynamic-neighbor", prefix)) };
    });
  return [...configured, ...dynamic, ...removed];
}

/** The longest dynamic prefix that an address belongs to, as text. */
function dynamicPrefixOf({ dynamicNeighbors }: Config, address: Address): string | undefined {
  return dynamicNeighbors
    .map(({ prefix }) => prefix)
    .filter((prefix) => prefix.contains(address))
    .sort((a, b) => b.length - a.length)[0]
    ?.toString();
}
