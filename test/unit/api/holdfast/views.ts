import type { FleetView } from "../../../../src/api/holdfast/index.ts";
import {
  type MemberView,
  NO_FACTS,
  type NodeFacts,
  type NodeState,
  type VipFacts,
} from "../../../../src/gossip/index.ts";
import type { CheckView } from "../../../../src/health/index.ts";
import { Address, parseAddress } from "../../../../src/lib/address.ts";
import { type Prefix, parsePrefix } from "../../../../src/lib/prefix.ts";
import { type Instant, millis, seconds } from "../../../../src/lib/time.ts";
import type { RouterView } from "../../../../src/vrrp/index.ts";

/** A virtual router as its core would show it. */
export function routerView(given: Partial<RouterView> = {}): RouterView {
  return {
    name: "gw",
    config: {
      name: "gw",
      interface: "eth0",
      version: 3,
      family: 4,
      virtualRouterId: 51,
      priority: 100,
      advertisementInterval: seconds(1),
      preempt: true,
      preemptDelay: seconds(0),
      startupDelay: seconds(0),
      addresses: [parsePrefix("203.0.113.10/32") as Prefix],
      excludedAddresses: [],
      unicast: undefined,
      password: undefined,
      rfc9568Checksum: false,
      answerLowerPriority: true,
      onAddressLoss: "restore",
      gratuitous: { repeat: 5, delay: seconds(5), refresh: seconds(0), lowerPriorityRepeat: 5 },
      trackers: [],
      syncGroup: undefined,
    },
    state: "Backup",
    since: 0 as Instant,
    reason: "heard a better advert",
    effectivePriority: 90,
    master: { address: parseAddress("192.0.2.9") as NonNullable<ReturnType<typeof parseAddress>>, priority: 200 },
    masterAdverInterval: seconds(1),
    statistics: {
      advertsSent: 3,
      advertsReceived: 40,
      priorityZeroSent: 0,
      priorityZeroReceived: 1,
      becameMaster: 2,
      dropped: { checksum: 4 },
    },
    ...given,
  };
}

/** A check as its core would show it. */
export function checkView(given: Partial<CheckView> = {}): CheckView {
  return {
    config: {
      name: "web",
      interval: seconds(1),
      timeout: millis(500),
      rise: 2,
      fall: 3,
      jitter: seconds(0),
      initFail: false,
      probe: { type: "tcp", host: "127.0.0.1", port: 80 },
    },
    state: "up",
    since: 0 as Instant,
    result: 4,
    running: false,
    lastDetail: "connected",
    runs: 10,
    failures: 1,
    timeouts: 0,
    ...given,
  };
}

const HOUR = 3600;

/** A fleet of two gateways and a stranger; the second gateway is being drained, and thinks that it is Master too. */
export function fleetView(): FleetView {
  const now = Math.floor(Date.now() / 1000);
  const vip = (state: VipFacts["state"], hours: number, isLeaving = false): VipFacts => ({
    state,
    since: now - hours * HOUR,
    isLeaving,
    minAnnouncers: 1,
  });
  const node = (sessions: number, vips: Record<string, VipFacts>, facts: Partial<NodeFacts> = {}): NodeState => ({
    epoch: 1,
    seq: 1,
    facts: { ...NO_FACTS, version: "0.1.0", startedAt: now - 50 * HOUR, sessions, ...facts },
    masters: [],
    vips: new Map(Object.entries(vips)),
  });
  const gossip = (name: string, host: number): [string, MemberView] => [
    name,
    {
      name,
      endpoint: { address: new Address(4, 0xc0000200 + host), port: 7946 },
      meta: new Uint8Array(0),
      state: "alive",
      since: 0 as Instant,
      incarnation: 1,
      versions: undefined,
    },
  ];
  const one = { "203.0.113.10/32": vip("announced", 50), "203.0.113.53/32": vip("announced", 3, true) };
  const two = { "203.0.113.10/32": vip("draining", 5), "203.0.113.53/32": vip("withdrawn", 20) };
  return {
    name: "gw1",
    isolated: false,
    self: { name: "gw1", state: "alive", isCurrent: true, node: node(2, one) },
    members: [
      { name: "watcher", state: "alive", isCurrent: true, node: undefined },
      { name: "gw2", state: "alive", isCurrent: true, node: node(2, two, { drain: "draining" }) },
    ],
    gossip: new Map([gossip("gw1", 11), gossip("gw2", 12), gossip("watcher", 99)]),
    disagreements: [
      { family: 4, virtualRouterId: 51, segment: "192.0.2.0/24", masters: ["gw1", "gw2"], since: 0 as Instant },
    ],
  };
}
