import type { Prefix } from "../../lib/prefix.ts";
import type { Family } from "../wire/family.ts";
import type { CanonicalAttributes, NlriBatch } from "../wire/sink.ts";
import type { LocalRoute, PeerIndex, RibFace, RibOut, RibPeer, SelectionOptions } from "./rib-io.ts";
import type { RibView } from "./route-view.ts";

/** The Routing Information Base. */
export class Rib implements RibFace {
  readonly #selection: SelectionOptions;
  readonly #out: RibOut;

  constructor(selection: SelectionOptions, out: RibOut) {
    this.#selection = selection;
    this.#out = out;
  }

  addPeer(_peer: RibPeer): PeerIndex {
    this.#out.readable(1);
    return 1;
  }
  /** The configuration of a peer has changed: its routes are judged again, in and out. */
  updatePeer(_index: PeerIndex, _peer: RibPeer): void {}
  removePeer(_peer: PeerIndex): void {}
  reach(_peer: PeerIndex, _family: Family, _prefixes: NlriBatch, _attributes: CanonicalAttributes): void {}
  withdraw(_peer: PeerIndex, _family: Family, _prefixes: NlriBatch): void {}
  announceLocal(_route: LocalRoute): void {}
  withdrawLocal(_family: Family, _prefix: Prefix, _pathId: number): void {}
  beginRefresh(_peer: PeerIndex, _family: Family): void {}
  endRefresh(_peer: PeerIndex, _family: Family): void {}
  resend(_peer: PeerIndex, _family: Family, _enhanced: boolean): void {}
  get pending(): boolean {
    return this.#selection === undefined;
  }
  work(): void {}
  pull(_peer: PeerIndex): Uint8Array | undefined {
    return undefined;
  }

  /** Paths that `peer` has announced and not withdrawn, rejected ones included. */
  receivedCount(_peer: PeerIndex, _family: Family): number {
    return 0;
  }
  /** Those of them that are not rejected. */
  acceptedCount(_peer: PeerIndex, _family: Family): number {
    return 0;
  }
  /** Routes that were announced to `peer` and not withdrawn. */
  advertisedCount(_peer: PeerIndex, _family: Family): number {
    return 0;
  }
  /** The tables, to look at. */
  get view(): RibView {
    throw new Error("not there yet");
  }
}
