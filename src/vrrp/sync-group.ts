import { elapsed, type Instant, type Micros } from "../lib/time.ts";
import type { State } from "./vrrp-io.ts";

/** A tie is another one when the last was so many of the other's intervals ago. */
const TIE_MEMORY = 4;

/** How a Master leaves: told to the link by priority 0, or not. */
export interface Departure {
  readonly reason: string;
  readonly priorityZero: boolean;
}

/** What a group asks of a member. None of these tells the group in turn. */
export interface Member {
  readonly name: string;
  /** By which the members of a group are ordered, the same way on every node. */
  readonly rank: number;
  readonly state: State;
  /** It is Master, or would be if it were alone. */
  readonly wantsMaster: boolean;
  /** Why it is in Fault on its own account. */
  readonly ownFault: string | undefined;
  becomeMaster(now: Instant, reason: string): void;
  /** Does nothing in another state than Master. */
  stepDown(now: Instant, departure: Departure): void;
  /** The others' faults have changed. */
  settle(now: Instant): void;
}

/**
 * Virtual routers that are Master together and in Fault together, as keepalived's vrrp_sync_group: typically a gateway's
 * IPv4 and IPv6 router, so that both directions of a flow and both families are on one node. When in doubt they are
 * Backup: half a gateway here and half of it there is worse than a failover that comes later.
 */
export class SyncGroup {
  readonly #members = new Set<Member>();
  readonly #tiedSince = new Map<Member, Instant>();

  get size(): number {
    return this.#members.size;
  }

  join(now: Instant, member: Member): void {
    this.#members.add(member);
    this.faultChanged(now, member);
  }

  leave(now: Instant, member: Member): void {
    this.#members.delete(member);
    this.#tiedSince.delete(member);
    this.faultChanged(now, member);
    for (const other of this.#members) {
      if (other.wantsMaster) this.claim(now, other, `${member.name} has left the group`);
      break; // One is as good as another: all have to want it.
    }
  }

  /**
   * Whether `member`, which has lost a tie by its address to a router of that interval, stays for now. Of two groups of one
   * priority each may have the higher address in one family; if both left at once for the other's sake, nobody would be
   * Master, again and again. So a tie is left to the group's first member for a moment: the other group will leave if it
   * loses there. Who is still heard after that stays.
   */
  defersTie(now: Instant, member: Member, interval: Micros): boolean {
    if (this.#isFirst(member)) return false;
    const since = this.#tiedSince.get(member);
    if (since !== undefined && elapsed(since, now) <= TIE_MEMORY * interval) return elapsed(since, now) < interval / 2;
    this.#tiedSince.set(member, now);
    return true;
  }

  #isFirst(member: Member): boolean {
    for (const other of this.#members) if (other.rank < member.rank) return false;
    return true;
  }

  /** Why `member` has to be in Fault on account of the others. */
  faultOfOthers(member: Member): string | undefined {
    for (const other of this.#members)
      if (other !== member && other.ownFault !== undefined) return `${other.name} of its group: ${other.ownFault}`;
    return undefined;
  }

  /** `member` wants to be Master. When all do, all are. */
  claim(now: Instant, member: Member, reason: string): void {
    for (const each of this.#members) if (!each.wantsMaster) return;
    member.becomeMaster(now, reason);
    for (const other of this.#members) other.becomeMaster(now, `with ${member.name} of its group`);
  }

  /** `member` is no longer Master. */
  steppedDown(now: Instant, member: Member, departure: Departure): void {
    const reason = `with ${member.name} of its group: ${departure.reason}`;
    for (const other of this.#members) if (other !== member) other.stepDown(now, { ...departure, reason });
  }

  /** `member`'s own fault has come or gone. */
  faultChanged(now: Instant, member: Member): void {
    for (const other of this.#members) if (other !== member) other.settle(now);
  }
}
