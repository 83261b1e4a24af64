import assert from "node:assert/strict";
import {
  type Family,
  MessageType,
  type Negotiated,
  type PathAttributes,
  parseAttributes,
  UpdateDecoder,
} from "../../../../src/bgp/wire/index.ts";
import { toHex } from "../../../../src/lib/bytes.ts";
import { textOf } from "./nlri.ts";

/** A neighbour that reads what the RIB sends it, and knows what it was told. */
export class Receiver {
  /** By family, prefix and path identifier: canonical attributes in hexadecimal. */
  readonly routes = new Map<string, string>();
  readonly endOfRib = new Set<Family>();
  /** Kinds of what came, in order: "reach", "withdraw", "end-of-rib", "refresh-1", "refresh-2". */
  readonly log: string[] = [];
  /** Prefixes announced, however often. */
  announced = 0;
  readonly #decoder: UpdateDecoder;

  constructor({ negotiated }: { readonly negotiated: Negotiated }) {
    this.#decoder = new UpdateDecoder(mirrored(negotiated), { treatAsWithdraw: true, loopbackNextHop: false });
  }

  /** Reads whole messages. */
  read(bytes: Uint8Array): void {
    for (let at = 0; at < bytes.length; ) {
      const end = at + (((bytes[at + 16] as number) << 8) | (bytes[at + 17] as number));
      assert.ok(end <= bytes.length, "a slab ends within a message");
      if (bytes[at + 18] === MessageType.RouteRefresh) this.log.push(`refresh-${bytes[at + 21]}`);
      else this.#readUpdate(bytes, at + 19, end);
      at = end;
    }
  }

  /** The attributes of a route, by a key such as "0:c6336400/24#0". */
  attributes(key: string): PathAttributes | undefined {
    const hex = this.routes.get(key);
    return hex === undefined
      ? undefined
      : parseAttributes(Uint8Array.from(hex.match(/../g) ?? [], (h) => parseInt(h, 16)));
  }

  #readUpdate(bytes: Uint8Array, start: number, end: number): void {
    const outcome = this.#decoder.decode(bytes, start, end, {
      withdraw: (family, batch) => {
        for (let i = 0; i < batch.count; i++) this.routes.delete(`${family}:${textOf(batch, i, family === 1)}`);
        this.log.push("withdraw");
      },
      reach: (family, batch, { bytes: attributes, length }) => {
        const hex = toHex(attributes.subarray(0, length));
        for (let i = 0; i < batch.count; i++) this.routes.set(`${family}:${textOf(batch, i, family === 1)}`, hex);
        this.announced += batch.count;
        this.log.push("reach");
      },
      endOfRib: (family) => {
        this.endOfRib.add(family);
        this.log.push("end-of-rib");
      },
    });
    assert.deepEqual(outcome, { type: "ok" });
  }
}

/** The session as the other side sees it. */
export function mirrored(negotiated: Negotiated): Negotiated {
  return {
    ...negotiated,
    localAs: negotiated.peerAs,
    peerAs: negotiated.localAs,
    receiveLengthMax: negotiated.sendLengthMax,
    families: negotiated.families.map((family) => ({
      ...family,
      addPathReceive: family.addPathSend,
      addPathSend: family.addPathReceive,
    })),
  };
}
