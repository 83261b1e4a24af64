import { assert } from "../../lib/assert.ts";

/**
 * Where a route came from, as far as it decides how it may be passed on. Part of the identity of an interned attribute
 * set, so that every export rule is a matter of the set alone and is worked out once for a set, not once for a route.
 */
export interface Source {
  /** "exported": no route's, but what an export policy made for an Adj-RIB-Out. */
  readonly type: "local" | "external" | "internal" | "exported";
  /** Internal: the cluster of ours (RFC 4456) that the neighbour is a client in. Undefined: it is no client. */
  readonly cluster: number | undefined;
  /** Internal: the neighbour's BGP Identifier, which becomes ORIGINATOR_ID on reflection. Else 0. */
  readonly remoteId: number;
  /** Local: only for these neighbours or peer groups; undefined: for all. */
  readonly neighbors: readonly string[] | undefined;
}

/** A source's number, at least 1. */
export type SourceId = number;

/** Numbers for sources, counted: a number lives as long as a peer or an attribute set holds it. */
export class SourceClasses {
  readonly #ids = new Map<string, SourceId>();
  readonly #sources: (Source | undefined)[] = [undefined];
  readonly #references: number[] = [0];
  readonly #free: SourceId[] = [];
  /** Counts how often the restricted sources became others. */
  restrictions = 0;

  /** The number of `source`, held once more. */
  acquire(source: Source): SourceId {
    const key = JSON.stringify([source.type, source.cluster, source.remoteId, source.neighbors]);
    const known = this.#ids.get(key);
    if (known !== undefined) {
      this.retain(known);
      return known;
    }
    const id = this.#free.pop() ?? this.#sources.length;
    assert(id <= 0xffff, "too many kinds of sources");
    this.#ids.set(key, id);
    this.#sources[id] = source;
    this.#references[id] = 1;
    if (source.neighbors !== undefined) this.restrictions++;
    return id;
  }

  retain(id: SourceId): void {
    this.#references[id] = (this.#references[id] as number) + 1;
  }

  release(id: SourceId): void {
    const left = (this.#references[id] as number) - 1;
    this.#references[id] = left;
    if (left > 0) return;
    if (this.#sources[id]?.neighbors !== undefined) this.restrictions++;
    this.#sources[id] = undefined;
    for (const [key, known] of this.#ids) if (known === id) this.#ids.delete(key);
    this.#free.push(id);
  }

  get(id: SourceId): Source {
    const source = this.#sources[id];
    assert(source !== undefined, "a source that nobody holds");
    return source;
  }

  /** Sources that are for some neighbours only. */
  *restricted(): Iterable<Source> {
    for (const source of this.#sources) if (source?.neighbors !== undefined) yield source;
  }

  /** How many there are. */
  get count(): number {
    return this.#ids.size;
  }
}

/** Whether routes from `source` may go to the neighbour of that name and peer group at all. */
export function isFor(
  source: Source,
  peer: { readonly name: string; readonly peerGroup: string | undefined },
): boolean {
  const { neighbors } = source;
  if (neighbors === undefined || neighbors.includes(peer.name)) return true;
  return peer.peerGroup !== undefined && neighbors.includes(peer.peerGroup);
}
