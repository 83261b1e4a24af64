import { FAMILY_SPECS } from "../wire/family.ts";
import { encodeRouteRefresh } from "../wire/route-refresh.ts";
import type { CanonicalAttributes } from "../wire/sink.ts";
import { UpdateWriter } from "../wire/update-encode.ts";
import { type AdjOut, CHANGES, type Comparison, type Membership } from "./adj-out.ts";
import type { SetId } from "./attribute-store.ts";
import { ByteWriter } from "./byte-writer.ts";
import { Exporter } from "./exporter.ts";
import type { FamilyTables } from "./family-tables.ts";
import { groupKey } from "./group-key.ts";
import { IndexQueue } from "./index-queue.ts";
import { type Cursor, MessageLog } from "./message-log.ts";
import { MultiAdjOut } from "./multi-adj-out.ts";
import { type Audience, EVERYBODY, type OutBatch, type Run } from "./out-batch.ts";
import type { PrefixIndex } from "./prefix-table.ts";
import type { PeerIndex, RibPeer } from "./rib-io.ts";
import { SingleAdjOut } from "./single-adj-out.ts";

/** Changes written in one go: more packs better, less takes less time. */
const CHANGES_MAX = 4096;
/** Rows looked at in one go, most of which may need nothing. */
const ROWS_MAX = 32768;
/** A slab is closed when it has this many octets. */
const SLAB_OCTETS = 56 * 1024;

/** A pass over the whole table: for a new member, for a refresh, or because the rules have changed. */
export interface Walk {
  readonly how: Comparison;
  /** What is said when it is done; also what says that it begins. */
  readonly finish: "end-of-rib" | "end-of-refresh" | undefined;
}

/** What a group asks of the rest. */
export interface GroupHost {
  readonly tables: FamilyTables;
  readonly batch: OutBatch;
  /** End-of-RIB must wait (RFC 4724 section 4.1). */
  readonly isEndOfRibHeld: boolean;
  endOfRibWritten(members: Iterable<PeerIndex>): void;
  /** Nobody was told of this destination any more: its row may go. */
  release(destination: PrefixIndex): void;
}

/**
 * Neighbours that are told the same. The group compares the Loc-RIB with what it has told (adj-out.ts), destination by
 * destination, only when a member asks for more, and writes each message once into a log that every member reads at its own pace.
 *
 * What is to be compared: destinations that have changed, in `#pending`, each once however often it changes; and rows that a
 * walk has not reached yet, which are therefore not put into `#pending`.
 */
export class UpdateGroup implements Membership {
  readonly key: string;
  /** By whose settings the group goes; may have left. */
  readonly peer: RibPeer;
  readonly members = new Map<PeerIndex, Cursor>();
  readonly exporter: Exporter;
  readonly adjOut: AdjOut;
  /** Nobody else has this key: there is nobody to join. */
  isSettled = false;
  /** Its members are to be told that there is something: see UpdateGroups. */
  isMarked = false;
  readonly #host: GroupHost;
  readonly #writer: UpdateWriter;
  readonly #out = new ByteWriter();
  #log = new MessageLog();
  #pending = new IndexQueue();
  #walk: Walk | undefined;
  #walkNext = 0;
  #walkEnd = 0;
  /** The walk that comes after this one. */
  #nextWalk: Walk | undefined;
  #isEndOfRibDue = false;
  readonly #orphans: PrefixIndex[] = [];

  /** Like `model`, or with nothing told yet. */
  constructor(peer: RibPeer, host: GroupHost, model?: UpdateGroup) {
    const { tables } = host;
    this.key = groupKey(peer, tables.family);
    this.peer = peer;
    this.#host = host;
    this.#writer = new UpdateWriter(peer.negotiated);
    this.exporter = new Exporter(peer, tables.family, tables.store, tables.prefixes);
    const sendMax = peer.sendMax[tables.family] ?? 1;
    const negotiated = peer.negotiated.families.find(({ family }) => family === tables.family);
    if (model !== undefined) this.adjOut = model.adjOut.clone(this.exporter, sendMax);
    else if (negotiated?.addPathSend === true)
      this.adjOut = new MultiAdjOut(tables, this.exporter, host.batch, sendMax);
    else this.adjOut = new SingleAdjOut(tables, this.exporter, host.batch);
    if (model === undefined) return;
    this.#log = model.#log.clone();
    this.#pending = model.#pending.clone();
    this.#walk = model.#walk;
    this.#walkNext = model.#walkNext;
    this.#walkEnd = model.#walkEnd;
    this.#nextWalk = model.#nextWalk;
    this.#isEndOfRibDue = model.#isEndOfRibDue;
  }

  get size(): number {
    return this.members.size;
  }

  has(peer: PeerIndex): boolean {
    return this.members.has(peer);
  }

  /** What was told is what is to be told: somebody else with the same Adj-RIB-Out can be taken up. */
  get isAtRest(): boolean {
    return this.#pending.length === 0 && this.#walk === undefined && !this.#isEndOfRibDue;
  }

  /** There is something to be had by `pull`, or there may be. */
  isReadable(peer: PeerIndex): boolean {
    const cursor = this.members.get(peer);
    if (cursor === undefined) return false;
    const canFinish = this.#isEndOfRibDue && !this.#host.isEndOfRibHeld;
    return cursor.next < this.#log.end || this.#pending.length > 0 || this.#walk !== undefined || canFinish;
  }

  /** Takes up a member that was told what this group has told. */
  add(peer: PeerIndex, cursor: Cursor = this.#log.atEnd()): void {
    this.members.set(peer, { ...cursor });
  }

  /** Octets that the member has not read. */
  backlog(cursor: Cursor): number {
    return this.#log.octets - cursor.octets;
  }

  /** The Loc-RIB may have changed. True: there is something to tell. Hot. */
  mark(destination: PrefixIndex): boolean {
    if (this.#walk !== undefined && destination >= this.#walkNext && destination < this.#walkEnd) return false;
    if (this.adjOut.isCurrent(destination)) return false;
    this.#pending.add(destination);
    return true;
  }

  /** Starts a pass over the table, now or as soon as the present one has ended. */
  walk(walk: Walk): void {
    if (this.#walk === undefined) this.#beginWalk(walk);
    else this.#nextWalk = walk;
  }

  /** Another group's rules were in force until now: compares everything anew, and ends what had been begun. */
  rewalk(before: Exporter): void {
    // A walk that was on its way leaves rows behind that were told by other rules than the rest.
    const force = this.#walk?.how.force === true || this.#walk?.how.before !== undefined;
    this.#startWalk({ how: { force, before }, finish: this.#walk?.finish });
  }

  /**
   * The next slab for a member. Undefined when it has all, or when a stretch of rows gave nothing: then `isReadable` is
   * still true.
   */
  pull(peer: PeerIndex): Uint8Array | undefined {
    const cursor = this.members.get(peer);
    if (cursor === undefined) return undefined;
    let bytes = this.#log.read(cursor, peer);
    if (bytes === undefined) {
      this.#generate();
      bytes = this.#log.read(cursor, peer);
    }
    this.#log.trim(this.members.values());
    return bytes;
  }

  /** Not to be used afterwards; what was told is dropped elsewhere, in slices. */
  dispose(): void {
    this.exporter.dispose();
  }

  #beginWalk(walk: Walk): void {
    this.#startWalk(walk);
    if (walk.finish === "end-of-refresh") this.#appendRefresh("begin");
  }

  #startWalk(walk: Walk): void {
    this.#walk = walk;
    this.#walkNext = 1;
    this.#walkEnd = this.#host.tables.prefixes.limit;
    this.#pending = new IndexQueue(); // the walk gets there
  }

  /** Compares and writes one batch. */
  #generate(): void {
    const { batch } = this.#host;
    for (let rows = 0; rows < ROWS_MAX && batch.count < CHANGES_MAX; rows++) {
      const destination = this.#pending.take();
      if (destination !== 0) this.#compare(destination, CHANGES);
      else if (this.#walk === undefined) break;
      else if (this.#walkNext < this.#walkEnd) this.#compare(this.#walkNext++, this.#walk.how);
      else break;
    }
    this.#write(batch.takeRuns());
    for (const destination of this.#orphans) this.#host.release(destination);
    this.#orphans.length = 0;
    if (this.#walk !== undefined && this.#pending.length === 0 && this.#walkNext >= this.#walkEnd) this.#endWalk();
    // All that is known goes first: while End-of-RIB was held back, more may have come than fits one batch.
    if (!this.#isEndOfRibDue || this.#host.isEndOfRibHeld || this.#pending.length > 0 || this.#walk !== undefined)
      return;
    this.#isEndOfRibDue = false;
    this.#writer.endOfRib(this.#host.tables.family);
    this.#log.append(this.#writer.take());
    this.#host.endOfRibWritten(this.members.keys());
  }

  #compare(destination: PrefixIndex, how: Comparison): void {
    this.adjOut.update(destination, how, this);
    if (this.#host.tables.headOf(destination) === 0 && !this.adjOut.holds(destination)) this.#orphans.push(destination);
  }

  #endWalk(): void {
    const finish = this.#walk?.finish;
    this.#walk = undefined;
    if (finish === "end-of-rib") this.#isEndOfRibDue = this.peer.endOfRib !== false;
    else if (finish === "end-of-refresh") this.#appendRefresh("end");
    const next = this.#nextWalk;
    this.#nextWalk = undefined;
    if (next !== undefined) this.#beginWalk(next);
  }

  /** RFC 7313. */
  #appendRefresh(kind: "begin" | "end"): void {
    const { afi, safi } = FAMILY_SPECS[this.#host.tables.family];
    this.#log.append(encodeRouteRefresh({ afi, safi, kind }));
  }

  #write(runs: readonly Run[]): void {
    let audience: Audience = EVERYBODY;
    for (const run of runs) {
      if (run.audience !== audience) this.#flush(audience);
      audience = run.audience;
      if (run.set === 0) this.#writeRun(run, undefined);
      else {
        const attributes = this.exporter.attributesOf(run.set, this.#out);
        if (!this.#writeRun(run, attributes)) this.#refuse(run.set, run.first);
      }
    }
    this.#flush(audience);
  }

  /** False: these attributes cannot be told to this session. */
  #writeRun(run: Run, attributes: CanonicalAttributes | undefined): boolean {
    if (!this.#begin(attributes)) return false;
    const { next, destinations, pathIds } = this.#host.batch;
    const { wide, w0, w1, w2, w3, lengths } = this.#host.tables.prefixes;
    const writer = this.#writer;
    for (let change = run.first; change !== 0; change = next[change] as number) {
      const row = destinations[change] as number;
      const pathId = pathIds[change] as number;
      const length = lengths[row] as number;
      if (wide) {
        writer.add(w0[row] as number, w1[row] as number, w2[row] as number, w3[row] as number, length, pathId);
      } else writer.add(w0[row] as number, 0, 0, 0, length, pathId);
      if (writer.length < SLAB_OCTETS) continue;
      writer.end();
      this.#flush(run.audience);
      this.#begin(attributes);
    }
    writer.end();
    return true;
  }

  #begin(attributes: CanonicalAttributes | undefined): boolean {
    const { family } = this.#host.tables;
    if (attributes !== undefined) return this.#writer.beginReach(family, attributes.bytes, 0, attributes.length);
    this.#writer.beginWithdraw(family);
    return true;
  }

  /** The next comparison finds that these routes are not told, and withdraws them. */
  #refuse(set: SetId, first: number): void {
    this.exporter.refuse(set);
    const { next, destinations } = this.#host.batch;
    for (let change = first; change !== 0; change = next[change] as number)
      this.#pending.add(destinations[change] as number);
  }

  #flush(audience: Audience): void {
    if (this.#writer.length > 0) this.#log.append(this.#writer.take(), audience);
  }
}
