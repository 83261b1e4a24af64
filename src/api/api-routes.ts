import type { LocalRoute } from "../bgp/index.ts";
import type { Prefix } from "../lib/prefix.ts";

/** What names a route of ours. */
export type RouteKey = Pick<LocalRoute, "family" | "prefix" | "pathId">;

const textOf = (prefix: Prefix, pathId: number) => `${prefix} ${pathId}`;
const hexOf = (uuid: Uint8Array) => Buffer.from(uuid.buffer, uuid.byteOffset, uuid.length).toString("hex");

/** The names that AddPath has given to routes. Streams give none: nobody could be told of a million. */
export class ApiRoutes {
  readonly #uuids = new Map<string, Uint8Array>();
  readonly #routes = new Map<string, RouteKey>();

  name({ family, prefix, pathId }: RouteKey, uuid: Uint8Array): void {
    const key = textOf(prefix, pathId);
    this.#forget(key);
    this.#uuids.set(key, uuid);
    this.#routes.set(hexOf(uuid), { family, prefix, pathId });
  }

  uuidOf(prefix: Prefix, pathId: number): Uint8Array | undefined {
    return this.#uuids.size === 0 ? undefined : this.#uuids.get(textOf(prefix, pathId));
  }

  find(uuid: Uint8Array): RouteKey | undefined {
    return this.#routes.get(hexOf(uuid));
  }

  forget({ prefix, pathId }: RouteKey): void {
    this.#forget(textOf(prefix, pathId));
  }

  #forget(key: string): void {
    const uuid = this.#uuids.get(key);
    if (uuid === undefined) return;
    this.#uuids.delete(key);
    this.#routes.delete(hexOf(uuid));
  }
}
