import type { Family, Peer, PeerName, RibWatcher, RouteView, SpeakerEvent } from "../bgp/index.ts";
import type { Fault } from "./fault.ts";
import type { ApiHost } from "./host.ts";
import type { PathEncoder } from "./path-encoder.ts";
import type { PeerFacts } from "./peer-message.ts";
import type { Message, SourceSignal } from "./service.ts";

/** Events that wait for the slowest reader. Who is further behind has lost some, and is told so. */
const EVENTS_MAX = 65_536;
/** Readers at once. */
export const WATCHERS_MAX = 1_024;

const OVERRUN: Fault = {
  code: "RESOURCE_EXHAUSTED",
  message: `the events were not read fast enough: ${EVENTS_MAX} were waiting. Watch again, with init to see all there is`,
};

/**
 * One kind of event, told to any number of readers: the events stand here once, each reader has a place in them. So a
 * reader that does not read costs nothing but its place, and loses it when the log has gone on too far.
 */
export class WatchLog<Event> {
  readonly #events: Event[] = [];
  /** The number of the first of them. */
  #first = 0;
  readonly #readers = new Set<WatchReader<Event>>();

  get isWatched(): boolean {
    return this.#readers.size > 0;
  }

  push(event: Event): void {
    if (this.#readers.size === 0) return;
    if (this.#events.length >= EVENTS_MAX) this.#drop(EVENTS_MAX / 4);
    this.#events.push(event);
    for (const reader of this.#readers) reader.wake();
  }

  /** A reader of what comes from now on. */
  open(): WatchReader<Event> {
    const reader = new WatchReader<Event>(this, this.end);
    this.#readers.add(reader);
    return reader;
  }

  close(reader: WatchReader<Event>): void {
    this.#readers.delete(reader);
    if (this.#readers.size === 0) this.#drop(this.#events.length);
  }

  /** The number of the next event. */
  get end(): number {
    return this.#first + this.#events.length;
  }

  /** The event of that number; undefined: it is gone, or has not come yet. */
  at(number: number): Event | undefined {
    return this.#events[number - this.#first];
  }

  #drop(count: number): void {
    this.#events.splice(0, count);
    this.#first += count;
  }
}

/** One reader's place in a log. */
export class WatchReader<Event> {
  readonly #log: WatchLog<Event>;
  #at: number;
  wake: () => void = () => {};

  constructor(log: WatchLog<Event>, at: number) {
    this.#log = log;
    this.#at = at;
  }

  next(): Event | "idle" | Fault {
    if (this.#at >= this.#log.end) return "idle";
    const event = this.#log.at(this.#at);
    if (event === undefined) return OVERRUN;
    this.#at++;
    return event;
  }

  close(): void {
    this.#log.close(this);
  }
}

/** A message, made when the first reader comes to it and then the same for all. */
export class LazyMessage {
  #make: (() => Message) | undefined;
  #message: Message | undefined;

  constructor(make: () => Message) {
    this.#make = make;
  }

  get(): Message {
    if (this.#message === undefined) {
      this.#message = (this.#make as () => Message)();
      this.#make = undefined;
    }
    return this.#message;
  }
}

/** Kinds of table events: GoBGP's filters. */
export type TableKind = "best" | "received" | "accepted";

/**
 * What WatchEvent tells of, and what else of neighbours has to be seen as it happens. The daemon hands in the speaker's
 * events; the tables are watched only while somebody wants to know.
 */
export class Watch {
  readonly peers = new WatchLog<PeerName>();
  readonly #tables: Readonly<Record<TableKind, WatchLog<LazyMessage>>> = {
    best: new WatchLog(),
    received: new WatchLog(),
    accepted: new WatchLog(),
  };
  readonly #endOfRib = new Map<PeerName, Set<Family>>();
  readonly #overLimit = new Set<PeerName>();
  #readers = 0;

  /** An event of the speaker. */
  event(peer: PeerName, event: SpeakerEvent): void {
    switch (event.type) {
      case "established":
        this.#endOfRib.delete(peer);
        this.#overLimit.delete(peer);
        break;
      case "end-of-rib":
        this.#endOfRib.set(peer, (this.#endOfRib.get(peer) ?? new Set()).add(event.family));
        break;
      case "prefix-limit":
        if (event.exceeded) this.#overLimit.add(peer);
        break;
      case "peer-removed":
        this.#endOfRib.delete(peer);
        this.#overLimit.delete(peer);
        break;
      default:
    }
    if (event.type === "state" || event.type === "peer-added" || event.type === "peer-removed") this.peers.push(peer);
  }

  /** For `peerMessage`. */
  factsOf(host: Pick<ApiHost, "unixMs" | "speaker">): PeerFacts {
    return {
      unixMs: (at) => host.unixMs(at),
      hasEndOfRib: ({ name }: Peer, family) => this.#endOfRib.get(name)?.has(family) === true,
      restart: ({ name }: Peer) => host.speaker.restartOf(name),
      isOverLimit: ({ name, session }: Peer) => this.#overLimit.has(name) && session.state === "Idle",
    };
  }

  /** Who watches now. */
  get count(): number {
    return this.#readers;
  }

  get isFull(): boolean {
    return this.#readers >= WATCHERS_MAX;
  }

  /** A reader of these events from now on. */
  openTable(kind: TableKind, host: ApiHost, encoder: PathEncoder): WatchReader<LazyMessage> {
    if (!this.#isWatchingTables) host.speaker.rib.watch(this.#watcher(encoder));
    return this.#tables[kind].open();
  }

  /** Ends it; when nobody watches any more, the tables tell nothing. */
  closeTable(reader: WatchReader<LazyMessage>, host: ApiHost): void {
    reader.close();
    if (!this.#isWatchingTables) host.speaker.rib.watch(undefined);
  }

  enter(): void {
    this.#readers++;
  }

  leave(): void {
    this.#readers--;
  }

  get #isWatchingTables(): boolean {
    return Object.values(this.#tables).some((log) => log.isWatched);
  }

  #watcher(encoder: PathEncoder): RibWatcher {
    const tell = (kind: TableKind) => (route: RouteView, isGone: boolean) => {
      const log = this.#tables[kind];
      if (log.isWatched) log.push(new LazyMessage(() => encoder.tableEvent(route, isGone)));
    };
    return { best: tell("best"), received: tell("received"), accepted: tell("accepted") };
  }
}

/** What a reader has next, as a source says it. */
export function messageOf(next: LazyMessage | "idle" | Fault): Message | SourceSignal | Fault {
  return next instanceof LazyMessage ? next.get() : next;
}
