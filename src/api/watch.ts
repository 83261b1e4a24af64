import { FAMILIES, LOCAL_PEER, type PeerName, type RouteView } from "../bgp/index.ts";
import { ok } from "../lib/result.ts";
import { type Fault, faultOf, invalid, type Outcome } from "./fault.ts";
import type { ApiHost } from "./host.ts";
import type * as api from "./messages.ts";
import type { PathEncoder } from "./path-encoder.ts";
import { adminStateOf, peerMessage } from "./peer-message.ts";
import { sessionOf } from "./peers.ts";
import { type Message, type Methods, type Source, type SourceSignal, stream } from "./service.ts";
import { messageOf, type TableKind, WATCHERS_MAX, type WatchReader } from "./watch-log.ts";

const ROWS_A_SLICE = 256;

const KINDS: Readonly<Record<api.WatchEventRequestTableFilterType, TableKind>> = {
  BEST: "best",
  ADJIN: "received",
  POST_POLICY: "accepted",
};

export function watchMethods(host: ApiHost, encoder: PathEncoder): Methods {
  return {
    WatchEvent: stream<api.WatchEventRequest>((request): Outcome<Source> => {
      if (request.peer === null && (request.table?.filters.length ?? 0) === 0) return invalid("no events to watch");
      if (host.watch.isFull)
        return faultOf("RESOURCE_EXHAUSTED", `${WATCHERS_MAX} clients are watching already: no more are served`);
      const kinds = new Map((request.table?.filters ?? []).map(({ type, init }) => [KINDS[type], init]));
      if (kinds.has(undefined as never)) return invalid("unknown filter type");
      return ok(new WatchSource(host, encoder, request.peer !== null, kinds));
    }),
  };
}

/** The state of things first, where it is asked for; then what happens. Events of the time between come after. */
class WatchSource implements Source {
  readonly #host: ApiHost;
  readonly #encoder: PathEncoder;
  readonly #initial: Iterator<Message | "pause">;
  readonly #tables = new Map<TableKind, WatchReader<never>>();
  #peers: WatchReader<PeerName> | undefined;
  #isInitial = true;

  constructor(host: ApiHost, encoder: PathEncoder, withPeers: boolean, kinds: ReadonlyMap<TableKind, boolean>) {
    this.#host = host;
    this.#encoder = encoder;
    host.watch.enter();
    if (withPeers) this.#peers = host.watch.peers.open();
    for (const kind of kinds.keys())
      this.#tables.set(kind, host.watch.openTable(kind, host, encoder) as WatchReader<never>);
    this.#initial = this.#present(withPeers, kinds)[Symbol.iterator]();
  }

  start(wake: () => void): void {
    if (this.#peers !== undefined) this.#peers.wake = wake;
    for (const reader of this.#tables.values()) reader.wake = wake;
  }

  next(): Message | SourceSignal | Fault {
    if (this.#isInitial) {
      const step = this.#initial.next();
      if (step.done !== true) return step.value;
      this.#isInitial = false;
    }
    const name = this.#peers?.next() ?? "idle";
    if (typeof name !== "string") return name;
    if (name !== "idle") return this.#peerEvent(name);
    for (const reader of this.#tables.values()) {
      const message = messageOf(reader.next());
      if (message !== "idle") return message;
    }
    return "idle";
  }

  close(): void {
    this.#peers?.close();
    for (const reader of this.#tables.values()) this.#host.watch.closeTable(reader, this.#host);
    this.#host.watch.leave();
  }

  #peerEvent(name: PeerName): Message | SourceSignal {
    return { peer: { type: "STATE", peer: this.#peer(name) } } satisfies api.Given<api.WatchEventResponse>;
  }

  /** A neighbour that is gone has an address and nothing else. */
  #peer(name: PeerName): api.Given<api.Peer> {
    const { speaker, watch } = this.#host;
    const peer = speaker.peers.get(name);
    const session = peer && sessionOf(this.#host, peer);
    const facts = watch.factsOf(this.#host);
    if (peer !== undefined && session !== undefined) return peerMessage(peer, session, speaker.rib, facts, false);
    return {
      conf: { neighborAddress: name },
      state: {
        neighborAddress: name,
        sessionState: "IDLE",
        adminState: peer === undefined ? "DOWN" : adminStateOf(peer, facts),
      },
      timers: { config: {}, state: {} },
    };
  }

  *#present(withPeers: boolean, kinds: ReadonlyMap<TableKind, boolean>): Iterable<Message | "pause"> {
    if (withPeers) {
      for (const name of [...this.#host.speaker.peers.keys()])
        yield { peer: { type: "INIT", peer: this.#peer(name) } } satisfies api.Given<api.WatchEventResponse>;
      yield { peer: { type: "END_OF_INIT" } } satisfies api.Given<api.WatchEventResponse>;
    }
    for (const [kind, init] of kinds) if (init) yield* this.#presentRoutes(kind);
  }

  *#presentRoutes(kind: TableKind): Iterable<Message | "pause"> {
    const { view } = this.#host.speaker.rib;
    for (const family of FAMILIES) {
      for (let from: number | undefined = 0; from !== undefined; ) {
        const page = view.routes(family, from, ROWS_A_SLICE);
        for (const route of page.routes) if (isOf(kind, route)) yield this.#encoder.tableEvent(route, false);
        from = page.next;
        yield "pause";
      }
    }
  }
}

/** What of a table belongs to the kind. The attributes are those after import, also of what was received. */
function isOf(kind: TableKind, { best, peer, rejected }: RouteView): boolean {
  if (kind === "best") return best;
  return peer !== LOCAL_PEER && (kind === "received" || rejected === undefined);
}
