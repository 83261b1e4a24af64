import { type Instant, NEVER } from "../../lib/time.ts";
import type { Update } from "./codec.ts";
import { type Digest, isAnnounced, NO_FACTS, type NodeState, type VipFacts, type VipName } from "./state.ts";

/** VIPs of all other nodes together: some 100 MB of memory, which no fleet comes near. */
const ENTRIES_MAX = 1 << 20;
/** Members that are gone and still shown. */
const GONE_MAX = 256;

/** Another member, and what it tells of itself. */
export interface FleetMember {
  readonly name: string;
  readonly state: "alive" | "suspect" | "gone";
  /** Undefined: not heard of yet, or no gateway of ours. */
  readonly node: NodeState | undefined;
  /** Whether `node` is what it told last, as far as is known. */
  readonly isCurrent: boolean;
}

interface Node extends Digest {
  facts: NodeState["facts"];
  masters: NodeState["masters"];
  readonly vips: Map<VipName, VipFacts>;
}

interface Member {
  readonly name: string;
  state: FleetMember["state"];
  /** What its meta says; undefined: it is no gateway of ours. */
  digest: Digest | undefined;
  node: Node | undefined;
  fetchAt: Instant;
}

export type Taken = "taken" | "old" | "gap" | "too-many";

/** All other members. Their names come from gossip, which limits their number. */
export class Others {
  readonly #members = new Map<string, Member>();
  readonly #fetching = new Set<Member>();
  #entries = 0;

  has(name: string): boolean {
    return this.#members.has(name);
  }

  setMember(_now: Instant, name: string, state: FleetMember["state"], digest: Digest | undefined): void {
    const member = this.#members.get(name) ?? { name, state, digest, node: undefined, fetchAt: NEVER };
    // Put in anew, so that those gone first come first.
    this.#members.delete(name);
    this.#members.set(name, member);
    member.state = state;
    member.digest = digest;
    if (digest === undefined) this.#setNode(member, undefined);
    if (state !== "gone") return;
    this.#stopFetch(member);
    this.#forgetGone();
  }

  /** Takes in what a member tells of itself. "gap": it changes a state that is not the one we hold. */
  update(name: string, update: Update): Taken {
    const member = this.#members.get(name) as Member;
    const { node, digest } = member;
    const isOtherEpoch = node !== undefined && node.epoch !== update.epoch;
    // A state of another life is that of the next one, if it is the one that the meta is of; or newer than both.
    if (isOtherEpoch && update.epoch < node.epoch && digest?.epoch !== update.epoch) return "old";
    if (!isOtherEpoch && node !== undefined && update.seq < node.seq) return "old";
    if (update.base !== 0) {
      if (node === undefined || isOtherEpoch) return "gap";
      if (update.seq === node.seq) return "old";
      if (update.base !== node.seq) return "gap";
    }
    const vips = update.base === 0 ? new Map<VipName, VipFacts>() : (node as Node).vips;
    if (this.#entries - (node?.vips.size ?? 0) + vips.size + update.vips.size > ENTRIES_MAX) return "too-many";
    this.#entries -= node?.vips.size ?? 0;
    for (const [vip, facts] of update.vips) vips.set(vip, facts);
    for (const vip of update.gone) vips.delete(vip);
    this.#entries += vips.size;
    member.node = {
      epoch: update.epoch,
      seq: update.seq,
      facts: update.facts ?? node?.facts ?? NO_FACTS,
      masters: update.masters ?? node?.masters ?? [],
      vips,
    };
    return "taken";
  }

  /** Plans a fetch at `at`, if the member has a newer state than we hold and none is planned; or calls it off. */
  wantFetch(name: string, at: Instant): void {
    const member = this.#members.get(name);
    if (member === undefined) return;
    if (isCurrent(member) || member.state === "gone") this.#stopFetch(member);
    else if (member.fetchAt === NEVER) {
      member.fetchAt = at;
      this.#fetching.add(member);
    }
  }

  get nextFetch(): Instant {
    let next = NEVER;
    for (const { fetchAt } of this.#fetching) if (fetchAt < next) next = fetchAt;
    return next;
  }

  /** One whose state is to be fetched now; it is taken again at `retryAt`, until its state has come. */
  takeFetch(now: Instant, retryAt: Instant): string | undefined {
    for (const member of this.#fetching)
      if (member.fetchAt <= now) {
        member.fetchAt = retryAt;
        return member.name;
      }
    return undefined;
  }

  announcers(vip: VipName): { staying: string[]; leaving: string[] } {
    const staying: string[] = [];
    const leaving: string[] = [];
    for (const { name, state, node } of this.#members.values()) {
      const facts = node?.vips.get(vip);
      if (state !== "alive" || facts === undefined || !isAnnounced(facts) || node?.facts.sessions === 0) continue;
      (facts.isLeaving || facts.state === "draining" ? leaving : staying).push(name);
    }
    return { staying, leaving };
  }

  views(): FleetMember[] {
    return Array.from(this.#members.values(), (member) => ({
      name: member.name,
      state: member.state,
      node: member.node,
      isCurrent: isCurrent(member),
    }));
  }

  #setNode(member: Member, node: Node | undefined): void {
    this.#entries += (node?.vips.size ?? 0) - (member.node?.vips.size ?? 0);
    member.node = node;
  }

  #stopFetch(member: Member): void {
    member.fetchAt = NEVER;
    this.#fetching.delete(member);
  }

  #forgetGone(): void {
    const gone = [...this.#members.values()].filter(({ state }) => state === "gone");
    for (const member of gone.slice(0, Math.max(0, gone.length - GONE_MAX))) {
      this.#setNode(member, undefined);
      this.#members.delete(member.name);
    }
  }
}

/** The meta may lag behind a broadcast, and the other way round. */
function isCurrent({ digest, node }: Member): boolean {
  if (digest === undefined) return true;
  return node !== undefined && node.epoch === digest.epoch && node.seq >= digest.seq;
}
