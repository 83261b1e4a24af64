import { encodeMessage, type Update } from "./codec.ts";
import {
  type Digest,
  type MasterFacts,
  NO_FACTS,
  type NodeFacts,
  type NodeState,
  type VipFacts,
  type VipName,
} from "./state.ts";

/** What this node tells of itself, and what of it has changed since it was last told. */
export class Self {
  readonly #epoch: number;
  readonly #vips = new Map<VipName, VipFacts>();
  readonly #changedVips = new Set<VipName>();
  #seq = 1;
  #facts: NodeFacts = NO_FACTS;
  #masters: readonly MasterFacts[] = [];
  #factsChanged = false;
  #mastersChanged = false;
  /** Of `#seq`; undefined when it has to be encoded anew. */
  #full: Uint8Array | undefined;

  constructor(epoch: number) {
    this.#epoch = epoch;
  }

  get digest(): Digest {
    return { epoch: this.#epoch, seq: this.#seq };
  }

  get state(): NodeState {
    return { ...this.digest, facts: this.#facts, masters: this.#masters, vips: this.#vips };
  }

  /** Each of these tells whether anything is different. */
  setFacts(facts: NodeFacts): boolean {
    if (JSON.stringify(facts) === JSON.stringify(this.#facts)) return false;
    this.#facts = facts;
    this.#factsChanged = true;
    return true;
  }

  setMasters(masters: readonly MasterFacts[]): boolean {
    if (JSON.stringify(masters) === JSON.stringify(this.#masters)) return false;
    this.#masters = masters;
    this.#mastersChanged = true;
    return true;
  }

  setVip(vip: VipName, facts: VipFacts | undefined): boolean {
    const before = this.#vips.get(vip);
    if (sameVip(before, facts)) return false;
    if (facts === undefined) this.#vips.delete(vip);
    else this.#vips.set(vip, facts);
    this.#changedVips.add(vip);
    return true;
  }

  /** The state gets its number, and what is different from the one before is returned; undefined: nothing is. */
  takeChanges(): Update | undefined {
    if (!this.#factsChanged && !this.#mastersChanged && this.#changedVips.size === 0) return undefined;
    const base = this.#seq++;
    const vips = new Map<VipName, VipFacts>();
    const gone: VipName[] = [];
    for (const vip of this.#changedVips) {
      const facts = this.#vips.get(vip);
      if (facts === undefined) gone.push(vip);
      else vips.set(vip, facts);
    }
    const facts = this.#factsChanged ? this.#facts : undefined;
    const masters = this.#mastersChanged ? this.#masters : undefined;
    this.#factsChanged = false;
    this.#mastersChanged = false;
    this.#changedVips.clear();
    this.#full = undefined;
    return { ...this.digest, base, facts, masters, vips, gone };
  }

  /**
   * The whole, as an Update of the last number. Changes that have no number yet may be in it: whoever gets them early
   * gets them again.
   */
  encodeFull(name: string): Uint8Array {
    const isTold = !this.#factsChanged && !this.#mastersChanged && this.#changedVips.size === 0;
    if (isTold && this.#full !== undefined) return this.#full;
    const update: Update = {
      ...this.digest,
      base: 0,
      facts: this.#facts,
      masters: this.#masters,
      vips: this.#vips,
      gone: [],
    };
    const full = encodeMessage(name, { type: "update", update });
    if (isTold) this.#full = full;
    return full;
  }
}

function sameVip(a: VipFacts | undefined, b: VipFacts | undefined): boolean {
  if (a === undefined || b === undefined) return a === b;
  return (
    a.state === b.state && a.since === b.since && a.isLeaving === b.isLeaving && a.minAnnouncers === b.minAnnouncers
  );
}
