import { compareAddresses } from "../../lib/address.ts";
import { SetFlag } from "./attribute-fields.ts";
import type { AttributeStore } from "./attribute-store.ts";
import { growU32 } from "./columns.ts";
import type { PathIndex, PathTable } from "./path-table.ts";
import { Learned, type PeerTable } from "./peer-table.ts";
import { LOCAL_PEER, type SelectionOptions } from "./rib-io.ts";

/** A step of the decision: of the paths still considered, those with the least key go on. */
interface Step {
  readonly name: string;
  readonly key: (path: PathIndex) => number;
}

/**
 * The decision process (RFC 4271 section 9.1.2) as the elimination that the RFC describes: each step drops paths until one
 * is left, so the outcome never depends on the order in which paths are compared, MED included. The steps are those of
 * GoBGP in its order:
 *
 *  1. not long-lived stale (RFC 9494 section 4.3)
 *  2. highest LOCAL_PREF
 *  3. originated by this speaker
 *  4. shortest AS_PATH, unless `ignoreAsPathLength`
 *  5. lowest ORIGIN
 *  6. lowest MED among paths through the same neighbour AS, or among all with `alwaysCompareMed`; none is 0
 *  7. learned from an external neighbour
 *  8. among external paths, the oldest (RFC 5004), unless `externalCompareRouterId`
 *  9. lowest router id, or ORIGINATOR_ID (RFC 4456 section 9)
 * 10. shortest CLUSTER_LIST (RFC 4456 section 9)
 * 11. lowest neighbour address
 * 12. lowest path identifier as received
 *
 * RFC 4271's metric to the next hop (step e) is not there: this speaker has no IGP.
 */
export class Decision {
  readonly #store: AttributeStore;
  readonly #paths: PathTable;
  readonly #peers: PeerTable;
  readonly #alwaysCompareMed: boolean;
  readonly #preferOldest: boolean;
  readonly #beforeMed: readonly Step[];
  readonly #afterMed: readonly Step[];
  readonly #lastSteps: readonly Step[];
  /** Only what this speaker originates is considered: the neighbours have not told everything yet (RFC 4724 section 4.1). */
  isDeferred = false;
  /** Paths still considered. */
  #left = new Uint32Array(16);
  #count = 0;

  constructor(options: SelectionOptions, store: AttributeStore, paths: PathTable, peers: PeerTable) {
    this.#store = store;
    this.#paths = paths;
    this.#peers = peers;
    this.#alwaysCompareMed = options.alwaysCompareMed;
    this.#preferOldest = !options.externalCompareRouterId;
    const set = (path: PathIndex) => paths.sets[path] as number;
    const learned = (path: PathIndex) => peers.learned[paths.peers[path] as number] as number;
    const asPathLength: Step = { name: "as-path-length", key: (path) => store.asPathLengths[set(path)] as number };
    this.#beforeMed = [
      { name: "llgr-stale", key: (path) => (store.flags[set(path)] as number) & SetFlag.LlgrStale },
      { name: "local-pref", key: (path) => -(store.localPrefs[set(path)] as number) },
      { name: "local", key: (path) => (learned(path) === Learned.Local ? 0 : 1) },
      ...(options.ignoreAsPathLength ? [] : [asPathLength]),
      { name: "origin", key: (path) => store.origins[set(path)] as number },
    ];
    this.#afterMed = [{ name: "external", key: (path) => (learned(path) === Learned.Internal ? 1 : 0) }];
    this.#lastSteps = [
      { name: "router-id", key: (path) => this.#routerId(path) },
      { name: "cluster-list", key: (path) => store.clusterListLengths[set(path)] as number },
    ];
  }

  /** The best path of the list that begins with `head`, or 0. */
  best(head: PathIndex): PathIndex {
    if (head === 0) return 0;
    if (this.#paths.nexts[head] === 0) return this.#isEligible(head) ? head : 0;
    this.#consider(head);
    return this.#select();
  }

  /**
   * Writes the `max` best paths of the list into `out`, best first; returns how many there are. The second is the one that
   * would be best without the first, and so on.
   */
  rank(head: PathIndex, max: number, out: Uint32Array): number {
    let ranked = 0;
    while (ranked < max) {
      this.#consider(head);
      const left = this.#left;
      let kept = 0;
      for (let i = 0; i < this.#count; i++) {
        const path = left[i] as number;
        if (!isIn(out, ranked, path)) left[kept++] = path;
      }
      this.#count = kept;
      const path = this.#select();
      if (path === 0) break;
      out[ranked++] = path;
    }
    return ranked;
  }

  #isEligible(path: PathIndex): boolean {
    const peer = this.#paths.peers[path] as number;
    if (this.isDeferred && peer !== LOCAL_PEER) return false;
    return this.#paths.isAccepted(path) && this.#peers.gone[peer] === 0;
  }

  #consider(head: PathIndex): void {
    let count = 0;
    for (let path = head; path !== 0; path = this.#paths.nexts[path] as number) {
      if (!this.#isEligible(path)) continue;
      if (count === this.#left.length) this.#left = growU32(this.#left, count * 2);
      this.#left[count++] = path;
    }
    this.#count = count;
  }

  #select(): PathIndex {
    if (this.#count === 0) return 0;
    if (this.#count > 1) this.#run(this.#beforeMed);
    if (this.#count > 1) this.#keepLeastMed();
    if (this.#count > 1) this.#run(this.#afterMed);
    if (this.#count > 1) this.#breakTie();
    return this.#left[0] as number;
  }

  #run(steps: readonly Step[]): void {
    for (const step of steps) {
      if (this.#count === 1) return;
      this.#keepLeast(step.key);
    }
  }

  #keepLeast(key: (path: PathIndex) => number): void {
    const left = this.#left;
    let least = Number.POSITIVE_INFINITY;
    let kept = 0;
    for (let i = 0; i < this.#count; i++) {
      const path = left[i] as number;
      const value = key(path);
      if (value > least) continue;
      if (value < least) {
        least = value;
        kept = 0;
      }
      left[kept++] = path;
    }
    this.#count = kept;
  }

  /** RFC 4271 section 9.1.2.2 c: a path goes when another one through the same AS has a lower MED. */
  #keepLeastMed(): void {
    const { meds } = this.#store;
    if (this.#alwaysCompareMed) {
      this.#keepLeast((path) => meds[this.#paths.sets[path] as number] as number);
      return;
    }
    const left = this.#left;
    const count = this.#count;
    let kept = 0;
    for (let i = 0; i < count; i++) {
      const path = left[i] as number;
      // A path that was dropped and overwritten was beaten by a lower MED that is still there, so nothing is missed.
      let isBeaten = false;
      for (let k = 0; k < kept && !isBeaten; k++) isBeaten = this.#hasLowerMed(left[k] as number, path);
      for (let k = i + 1; k < count && !isBeaten; k++) isBeaten = this.#hasLowerMed(left[k] as number, path);
      if (!isBeaten) left[kept++] = path;
    }
    this.#count = kept;
  }

  #hasLowerMed(a: PathIndex, b: PathIndex): boolean {
    const setA = this.#paths.sets[a] as number;
    const setB = this.#paths.sets[b] as number;
    const { meds, neighborAses } = this.#store;
    return (meds[setA] as number) < (meds[setB] as number) && neighborAses[setA] === neighborAses[setB];
  }

  #breakTie(): void {
    const last = this.#left[this.#count - 1] as number;
    // The list is in the order of age, newest first, and by now paths are all external or none is.
    if (this.#preferOldest && this.#peers.learned[this.#paths.peers[last] as number] === Learned.External) {
      this.#left[0] = last;
      this.#count = 1;
      return;
    }
    this.#run(this.#lastSteps);
    let best = this.#left[0] as number;
    for (let i = 1; i < this.#count; i++) {
      const path = this.#left[i] as number;
      if (this.#hasLowerAddress(path, best)) best = path;
    }
    this.#left[0] = best;
  }

  #routerId(path: PathIndex): number {
    const originator = this.#store.originatorIds[this.#paths.sets[path] as number] as number;
    return originator !== 0 ? originator : (this.#peers.remoteIds[this.#paths.peers[path] as number] as number);
  }

  #hasLowerAddress(a: PathIndex, b: PathIndex): boolean {
    const peerA = this.#peers.entry(this.#paths.peers[a] as number)?.peer;
    const peerB = this.#peers.entry(this.#paths.peers[b] as number)?.peer;
    const order =
      peerA === undefined || peerB === undefined ? 0 : compareAddresses(peerA.remoteAddress, peerB.remoteAddress);
    return (order || this.#paths.pathId(a) - this.#paths.pathId(b)) < 0;
  }
}

function isIn(column: Uint32Array, count: number, value: number): boolean {
  for (let i = 0; i < count; i++) if (column[i] === value) return true;
  return false;
}
