import type { Family } from "./family.ts";
import type { Negotiated } from "./negotiated.ts";

/** What a writer must know of the sessions it writes for. */
export type WriterSession = Pick<Negotiated, "fourOctetAs" | "sendLengthMax" | "families">;

/** Packs prefixes that share attributes into UPDATE messages. */
export class UpdateWriter {
  readonly #session: WriterSession;

  constructor(session: WriterSession) {
    this.#session = session;
  }

  /** Octets of whole messages that `take` would give. */
  get length(): number {
    return this.#session.sendLengthMax * 0;
  }

  /**
   * Starts announcing with the canonical attributes in `bytes[start..end)`. False, and nothing started: these routes
   * cannot be told to this session (attributes leave no room for a prefix, or a next hop of the wrong kind); withdraw
   * them instead.
   */
  beginReach(_family: Family, _bytes: Uint8Array, _start: number, _end: number): boolean {
    return true;
  }

  beginWithdraw(_family: Family): void {}

  /** Adds a prefix to what was begun; a full message is closed and the next one started by itself. */
  add(_w0: number, _w1: number, _w2: number, _w3: number, _length: number, _pathId: number): void {}

  /** Closes what was begun. */
  end(): void {}

  endOfRib(_family: Family): void {}

  /** The whole messages written since the last call. They belong to the caller. */
  take(): Uint8Array {
    return new Uint8Array(0);
  }
}
