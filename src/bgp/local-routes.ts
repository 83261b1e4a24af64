import type { LocalRoute, Rib } from "./rib/index.ts";

/** What names a route of ours: the family is in the prefix. */
export type LocalRouteKey = Pick<LocalRoute, "family" | "prefix" | "pathId">;

/** The routes that this speaker originates, as last announced. */
export class LocalRoutes {
  readonly #rib: Rib;
  readonly #routes = new Map<string, LocalRoute>();

  constructor(rib: Rib) {
    this.#rib = rib;
  }

  values(): Iterable<LocalRoute> {
    return this.#routes.values();
  }

  announce(route: LocalRoute): void {
    this.#routes.set(textOf(route), route);
    this.#rib.announceLocal(route);
  }

  /** Nothing happens when there is no such route. */
  withdraw(route: LocalRouteKey): void {
    if (this.#routes.delete(textOf(route))) this.#rib.withdrawLocal(route.family, route.prefix, route.pathId);
  }

  withdrawAll(): void {
    for (const route of [...this.#routes.values()]) this.withdraw(route);
  }
}

const textOf = ({ prefix, pathId }: LocalRouteKey) => `${prefix} ${pathId}`;
