import type { CheckView } from "../../../../src/health/index.ts";
import { parseAddress } from "../../../../src/lib/address.ts";
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
