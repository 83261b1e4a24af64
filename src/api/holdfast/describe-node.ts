import type { CheckView } from "../../health/index.ts";
import { type Instant, NEVER, toSeconds } from "../../lib/time.ts";
import type { RouterView } from "../../vrrp/index.ts";
import { age } from "./describe-peer.ts";
import { attributesMessage } from "./describe-route.ts";
import type { HoldfastHost, VipView } from "./host.ts";
import type { Lease } from "./leases.ts";
import type { ApiRoute, Check, Vip, VirtualRouter } from "./messages.ts";

/** A VIP with the whole chain of reasons, and who has it. */
export function vipMessage(host: HoldfastHost, vip: VipView): Vip {
  const now = host.now();
  const { decisive, reasons } = vip.verdict();
  return {
    ...vipSummary(host, vip),
    reasons: reasons.map((reason) => ({
      condition: reason.condition,
      verdict: reason.verdict,
      text: reason.text,
      seconds: age(reason.since, now),
      decisive: reason === decisive,
      name: reason.name,
      secondsLeft: reason.until && age(now, reason.until),
    })),
    advertisedTo: advertisedTo(host, vip),
  };
}

/** A VIP for a long list: the decisive reason only, and not who has it. */
export function vipSummary(host: HoldfastHost, vip: VipView): Vip {
  const { name, description, vrrpInstance, checks } = vip;
  const verdict = vip.verdict();
  const { bytes, length } = vip.route().attributes;
  return {
    prefix: name,
    description,
    action: verdict.action,
    sinceSeconds: age(verdict.decisive.since, host.now()),
    reason: verdict.decisive.text,
    reasons: [],
    vrrpInstance,
    checks,
    attributes: verdict.action === "withdraw" ? undefined : attributesMessage(bytes, length),
    advertisedTo: [],
  };
}

function advertisedTo({ speaker: { peers, rib } }: HoldfastHost, vip: VipView): string[] {
  const { prefix } = vip.route();
  const has = (index: number | undefined) => index !== undefined && rib.view.isSent(index, prefix);
  return [...peers.values()].filter(({ index }) => has(index)).map(({ name }) => name);
}

export function routerMessage(router: RouterView, now: Instant): VirtualRouter {
  const { config, master, statistics } = router;
  return {
    name: router.name,
    interface: config.interface,
    virtualRouterId: config.virtualRouterId,
    family: config.family,
    version: config.version,
    state: router.state,
    sinceSeconds: age(router.since, now),
    reason: router.reason,
    priority: config.priority,
    effectivePriority: router.effectivePriority,
    advertisementIntervalSeconds: toSeconds(config.advertisementInterval),
    preempt: config.preempt,
    master: master?.address.toString(),
    masterPriority: master?.priority,
    masterIntervalSeconds: master && toSeconds(router.masterAdverInterval),
    addresses: [...config.addresses, ...config.excludedAddresses].map(String),
    syncGroup: config.syncGroup,
    advertsSent: statistics.advertsSent,
    advertsReceived: statistics.advertsReceived,
    priorityZeroSent: statistics.priorityZeroSent,
    priorityZeroReceived: statistics.priorityZeroReceived,
    becameMaster: statistics.becameMaster,
    dropped: statistics.dropped as Readonly<Record<string, number>>,
  };
}

export function checkMessage({ config, ...check }: CheckView, now: Instant): Check {
  return {
    name: config.name,
    type: config.probe.type,
    state: check.state,
    sinceSeconds: age(check.since, now),
    detail: check.lastDetail,
    result: check.result,
    rise: config.rise,
    fall: config.fall,
    intervalSeconds: toSeconds(config.interval),
    timeoutSeconds: toSeconds(config.timeout),
    running: check.running,
    runs: check.runs,
    failures: check.failures,
    timeouts: check.timeouts,
  };
}

export function apiRouteMessage({ prefix, since, duration, until, lapsed }: Lease, now: Instant): ApiRoute {
  return {
    prefix,
    action: lapsed ? "de-prefer" : "announce",
    leaseSeconds: duration && toSeconds(duration),
    leaseLeftSeconds: until === NEVER ? undefined : Math.max(0, age(now, until)),
    ageSeconds: age(since, now),
  };
}
