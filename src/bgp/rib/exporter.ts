import { assert } from "../../lib/assert.ts";
import type { Family } from "../wire/family.ts";
import type { CanonicalAttributes } from "../wire/sink.ts";
import type { AttributeStore, SetCache, SetId } from "./attribute-store.ts";
import { ByteWriter } from "./byte-writer.ts";
import { mayExport } from "./export-rules.ts";
import { ExportTransform } from "./export-transform.ts";
import { policyRoute } from "./policy-route.ts";
import type { PrefixIndex, PrefixTable } from "./prefix-table.ts";
import type { PolicyRoute, RibPeer, RoutePolicy } from "./rib-io.ts";
import type { SourceId } from "./source-classes.ts";

const Verdict = { Unknown: 0, No: 1, Yes: 2 } as const;

/**
 * What neighbours that are treated alike are told of a route. The export rules are a matter of the attribute set, so the
 * verdict is cached by set. What is kept in an Adj-RIB-Out is a set's number:
 *
 * - the set as it stands in the Loc-RIB; the attributes as sent are worked out whenever they are written, once for all
 *   prefixes of a message, which is cheaper than to intern them as well;
 * - but when an export policy asks for the prefix, the attributes as sent, interned: nobody else can say what they were.
 */
export class Exporter {
  readonly #peer: RibPeer;
  readonly #family: Family;
  readonly #store: AttributeStore;
  readonly #prefixes: PrefixTable;
  readonly #transform: ExportTransform;
  readonly #perPrefix: RoutePolicy | undefined;
  readonly #perSet: RoutePolicy | undefined;
  readonly #verdicts: SetCache;
  readonly #scratch = new ByteWriter();
  readonly #compared = new ByteWriter();
  /** Source of the sets that a policy by prefix makes, and the last one of them, held until the next. */
  readonly #source: SourceId;
  #held: SetId = 0;

  /** `peer`: any one of the neighbours that are treated alike. */
  constructor(peer: RibPeer, family: Family, store: AttributeStore, prefixes: PrefixTable) {
    this.#peer = peer;
    this.#family = family;
    this.#store = store;
    this.#prefixes = prefixes;
    this.#transform = new ExportTransform(peer, family);
    this.#perPrefix = peer.exportPolicy?.perPrefix === true ? peer.exportPolicy : undefined;
    this.#perSet = peer.exportPolicy?.perPrefix === false ? peer.exportPolicy : undefined;
    this.#verdicts = store.makeCache();
    this.#source = store.sources.acquire({ type: "exported", cluster: undefined, remoteId: 0, neighbors: undefined });
  }

  /** Gives back what it holds. Not to be used afterwards. */
  dispose(): void {
    this.#store.dropCache(this.#verdicts);
    this.#hold(0);
    this.#store.sources.release(this.#source);
  }

  /**
   * What stands in the Adj-RIB-Out for a route with `set`; 0: the route is not told. Good until the next call, unless
   * retained. Hot.
   */
  exported(destination: PrefixIndex, set: SetId): SetId {
    let verdict = this.#verdicts.get(set);
    if (verdict === Verdict.Unknown) {
      verdict = this.#judge(set) ? Verdict.Yes : Verdict.No;
      this.#verdicts.put(set, verdict);
    }
    if (verdict === Verdict.No) return 0;
    return this.#perPrefix === undefined ? set : this.#applyPerPrefix(this.#perPrefix, destination, set);
  }

  /** From now on routes with this set are not told: they fit no message of the session. */
  refuse(set: SetId): void {
    this.#verdicts.put(set, Verdict.No);
  }

  /** The attributes as sent of what `exported` gave, written into `out` (or lying elsewhere). Good until the next call. */
  attributesOf(set: SetId, out: ByteWriter): CanonicalAttributes {
    if (this.#perPrefix !== undefined) {
      const start = this.#store.offset(set);
      out.reset();
      out.copy(this.#store.chunk(set), start, start + (this.#store.lengths[set] as number));
      return out;
    }
    this.#transformSet(set, out);
    return this.#perSet === undefined ? out : (this.#perSet.apply(this.#route(set, out)) ?? out);
  }

  /** Whether a neighbour that was told `old` by the rules of `before` would see no difference in `set`. Neither is 0. */
  tellsSame(old: SetId, before: Exporter, set: SetId): boolean {
    if (before === this && (old === set || this.#perPrefix !== undefined)) return old === set;
    const a = before.attributesOf(old, this.#compared);
    const b = this.attributesOf(set, this.#scratch);
    if (a.length !== b.length) return false;
    for (let i = 0; i < a.length; i++) if (a.bytes[i] !== b.bytes[i]) return false;
    return true;
  }

  #judge(set: SetId): boolean {
    if (!mayExport(this.#peer, this.#family, this.#store, set)) return false;
    if (this.#perSet === undefined) return true;
    this.#transformSet(set, this.#scratch);
    return this.#perSet.apply(this.#route(set, this.#scratch)) !== undefined;
  }

  #applyPerPrefix(policy: RoutePolicy, destination: PrefixIndex, set: SetId): SetId {
    this.#transformSet(set, this.#scratch);
    const attributes = policy.apply(this.#route(set, this.#scratch, destination));
    if (attributes === undefined) return 0;
    this.#hold(this.#store.intern(attributes.bytes, 0, attributes.length, this.#source));
    return this.#verdicts.get(this.#held) === Verdict.No ? 0 : this.#held;
  }

  /** The route with `set`, of which `attributes` are those as they would be sent. */
  #route(set: SetId, attributes: CanonicalAttributes, destination?: PrefixIndex): PolicyRoute {
    const store = this.#store;
    const { type } = store.sources.get(store.sourceIds[set] as number);
    assert(type !== "exported", "a policy's result goes through no policy");
    const received = { bytes: store.chunk(set), start: store.offset(set) };
    return policyRoute(this.#family, attributes, type, received, this.#prefixes, destination);
  }

  #transformSet(set: SetId, out: ByteWriter): void {
    const store = this.#store;
    const start = store.offset(set);
    const source = store.sources.get(store.sourceIds[set] as number);
    this.#transform.write(source, store.chunk(set), start, start + (store.lengths[set] as number), out);
  }

  #hold(set: SetId): void {
    if (this.#held !== 0) this.#store.release(this.#held);
    this.#held = set;
  }
}
