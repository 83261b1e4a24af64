import { ok } from "../../lib/result.ts";
import { faultOf, invalid, type Outcome } from "../fault.ts";
import type { DrainTarget, HoldfastHost, LeaseTerms } from "./host.ts";
import type {
  AnnounceRequest,
  AnnounceResponse,
  DiffConfigRequest,
  DrainRequest,
  DrainResponse,
  ReloadPlan,
  ReloadRequest,
  StopRequest,
  WithdrawRequest,
} from "./messages.ts";
import { peerOf, prefixOf, vipOf } from "./requests.ts";
import { leaseOf, routeOf } from "./route-request.ts";

/** RFC 9003: the longest text of a Cease. */
const TEXT_OCTETS_MAX = 255;

export function announce(host: HoldfastHost, request: AnnounceRequest): Outcome<AnnounceResponse> {
  const prefix = prefixOf(request.prefix);
  if (!prefix.ok) return prefix;
  const lease = leaseOf(request);
  if (!lease.ok) return lease;
  const vip = host.vip(prefix.value.toString());
  if (vip !== undefined) return renewVip(host, vip.name, request, lease.value);
  const { as } = host.config.global;
  if (as === 0) return faultOf("FAILED_PRECONDITION", "BGP does not run: the configuration has no global.config.as");
  const route = routeOf(request, prefix.value, as);
  if (!route.ok) return route;
  const done = host.announce(route.value, lease.value);
  if (done.ok && !done.value.renewed) {
    const until = lease.value === undefined ? "" : ` with a lease of ${request.leaseSeconds} s`;
    tell(host, "announced", prefix.value.toString(), `announced over the API${until}`);
  }
  return done;
}

/** A VIP has its attributes from the configuration; a client only says that it stands for it. */
function renewVip(
  host: HoldfastHost,
  vip: string,
  request: AnnounceRequest,
  lease: LeaseTerms | undefined,
): Outcome<AnnounceResponse> {
  const { med, origin, communities, largeCommunities: large, extCommunities: extended, neighbors } = request;
  const own = [med, origin, request.nextHop, request.localPreference].some((value) => value !== undefined);
  const lists = [communities, large, extended, neighbors].some((list) => list.length > 0);
  if (own || lists || request.asPathPrepend > 0)
    return faultOf("FAILED_PRECONDITION", `${vip} is a VIP: its attributes are those of the configuration`);
  if (lease === undefined)
    return faultOf("FAILED_PRECONDITION", `${vip} is a VIP: its gate announces it; a lease can be renewed here`);
  const done = host.renewVip(vip, lease);
  return done.ok ? ok({ renewed: true }) : done;
}

export function withdraw(host: HoldfastHost, request: WithdrawRequest): Outcome<object> {
  const prefix = prefixOf(request.prefix);
  if (!prefix.ok) return prefix;
  const name = prefix.value.toString();
  if (host.vip(name) !== undefined)
    return faultOf("FAILED_PRECONDITION", `${name} is a VIP: take it down, or drain it (SetVip, Drain)`);
  const done = host.withdraw(prefix.value);
  if (!done.ok) return done;
  tell(host, "withdrawn", name, "withdrawn over the API");
  return ok({});
}

export function drain(host: HoldfastHost, request: DrainRequest, isDrain: boolean): Outcome<DrainResponse> {
  const target = targetOf(host, request);
  if (!target.ok) return target;
  const done = host.drain(target.value, isDrain);
  if (!done.ok) return done;
  const { value } = target;
  const subject = value.type === "vip" ? value.vip : value.type === "neighbor" ? value.peer : "";
  tell(host, isDrain ? "drained" : "undrained", subject, `${isDrain ? "drain" : "undrain"} ${subject || "the node"}`);
  const waiting = isDrain && value.type === "node" && host.drainWaits;
  return ok({ count: done.value.count, waiting, notKept: done.value.notKept });
}

function targetOf(host: HoldfastHost, { vip, neighbor, node, maxConcurrent }: DrainRequest): Outcome<DrainTarget> {
  if (maxConcurrent > 0 && node !== true) return invalid("max_concurrent: only the whole node takes turns with others");
  if (vip !== undefined) {
    const found = vipOf(host, vip);
    return found.ok ? ok({ type: "vip", vip: found.value.name }) : found;
  }
  if (neighbor !== undefined) {
    const found = peerOf(host, neighbor);
    return found.ok ? ok({ type: "neighbor", peer: found.value.name }) : found;
  }
  return node === true ? ok({ type: "node", maxConcurrent }) : invalid("what: a vip, a neighbor, or the node");
}

export function stop(host: HoldfastHost, { hold, text }: StopRequest): Outcome<object> {
  if (text !== undefined && hold) return invalid("text: nothing is said when the routes are to be held");
  if (text !== undefined && new TextEncoder().encode(text).length > TEXT_OCTETS_MAX)
    return invalid(`text: at most ${TEXT_OCTETS_MAX} octets`);
  const done = host.stop(hold, text);
  return done.ok ? ok({}) : done;
}

export function reload(host: HoldfastHost, { force }: ReloadRequest): Outcome<ReloadPlan> {
  return shortened(host.reload(force));
}

export function diff(host: HoldfastHost, request: DiffConfigRequest): Outcome<ReloadPlan> {
  if (request.text === "") return invalid("text: an empty configuration");
  if (request.text.length > CONFIG_MAX) return invalid(`text: at most ${CONFIG_MAX} characters; ask holdfastd -d`);
  return shortened(host.diff(request.text, request.fileName || "(text)"));
}

/** To judge a configuration takes the daemon's time: 50,000 VIPs fit. */
const CONFIG_MAX = 4 * 1024 * 1024;

/** What the trailers of a call have room for, once encoded. */
const REPORT_MAX = 3_000;

/** The report on a broken file may be long; `holdfastd -d` has the rest. */
function shortened(outcome: Outcome<ReloadPlan>): Outcome<ReloadPlan> {
  if (outcome.ok || outcome.error.message.length <= REPORT_MAX) return outcome;
  const { code, message } = outcome.error;
  return faultOf(code, `${message.slice(0, message.lastIndexOf("\n", REPORT_MAX))}\n... (holdfast check has it all)`);
}

export function tell({ events }: HoldfastHost, type: string, subject: string, text: string): void {
  events.push({ level: "info", source: "api", subject, type, text });
}
