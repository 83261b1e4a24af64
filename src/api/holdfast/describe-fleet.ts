import { formatEndpoint, type NodeState } from "../../gossip/index.ts";
import type { Instant } from "../../lib/time.ts";
import { age } from "./describe-peer.ts";
import type { FleetView } from "./host.ts";
import type { Fleet, FleetNode } from "./messages.ts";

/** VIPs of one node that are told one by one. */
const VIPS_MAX = 1_000;

export function fleetMessage(fleet: FleetView, now: Instant): Fleet {
  const { name, isolated, members, disagreements } = fleet;
  return {
    name,
    isolated,
    membersAlive: 1 + members.filter(({ state }) => state === "alive").length,
    disagreements: disagreements.map(({ family, virtualRouterId, segment, masters, since }) => ({
      family,
      virtualRouterId,
      segment,
      masters,
      sinceSeconds: age(since, now),
    })),
  };
}

/** One node of the fleet, to be described when it is its turn. */
export interface ListedNode {
  readonly name: string;
  readonly address: string;
  readonly state: string;
  readonly self: boolean;
  readonly current: boolean;
  readonly node: NodeState | undefined;
}

/** This node first, then the others by name. */
export function nodesOf({ self, members, gossip }: FleetView): ListedNode[] {
  const others = [...members].sort((a, b) => (a.name < b.name ? -1 : 1));
  return [self, ...others].map((member) => {
    const seen = gossip.get(member.name);
    return {
      name: member.name,
      address: seen === undefined ? "" : formatEndpoint(seen.endpoint),
      state: seen?.state ?? (member.state === "gone" ? "dead" : member.state),
      self: member === self,
      current: member.isCurrent,
      node: member.node,
    };
  });
}

/** Times of others are by their clocks: a clock that is ahead tells of what is now. */
export function fleetNodeMessage({ node, ...listed }: ListedNode): FleetNode {
  const ago = (unixTime: number) => (unixTime === 0 ? 0 : Math.max(0, Math.round(Date.now() / 1000) - unixTime));
  const vips = [...(node?.vips ?? [])];
  const { facts, masters = [] } = node ?? {};
  return {
    ...listed,
    gateway: node !== undefined,
    version: facts?.version ?? "",
    uptimeSeconds: ago(facts?.startedAt ?? 0),
    sessions: facts?.sessions ?? 0,
    drain: facts?.drain ?? "none",
    checksDown: facts?.checksDown ?? [],
    vips: vips.slice(0, VIPS_MAX).map(([prefix, { state, since, isLeaving, minAnnouncers }]) => ({
      prefix,
      state,
      sinceSeconds: ago(since),
      leaving: isLeaving,
      minAnnouncers,
    })),
    masters: masters.map(({ since, ...master }) => ({ ...master, sinceSeconds: ago(since) })),
    vipsAnnounced: vips.filter(([, { state }]) => state !== "withdrawn").length,
    vipsTotal: vips.length,
  };
}
