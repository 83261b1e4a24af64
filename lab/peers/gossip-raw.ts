import { createSocket } from "node:dgram";
import type { TestContext } from "node:test";
import {
  decodeMessage,
  encodeCompound,
  encodeMessage,
  type Message,
  openPacket,
  sealPacket,
} from "../../src/gossip/wire/index.ts";

const plain = { label: new Uint8Array(0), compress: false, encryption: undefined };
const PORT = 7946;

/** A bare socket on port 7946 that says what a test wants said, and keeps what it hears. */
export class RawGossip {
  readonly heard: { readonly at: number; readonly message: Message; readonly packet: number }[] = [];
  readonly #socket = createSocket("udp4");
  #packets = 0;

  static async open(t: TestContext, address: string): Promise<RawGossip> {
    const raw = new RawGossip();
    await new Promise<void>((resolve) => raw.#socket.bind(PORT, address, resolve));
    t.after(() => raw.#socket.close());
    raw.#socket.on("message", (bytes) => raw.#take(new Uint8Array(bytes)));
    return raw;
  }

  #take(bytes: Uint8Array): void {
    const opened = openPacket(plain, bytes);
    this.#packets++;
    for (const part of opened.ok ? opened.value.messages : []) {
      const message = decodeMessage(part);
      if (message.ok) this.heard.push({ at: performance.now(), message: message.value, packet: this.#packets });
    }
  }

  /** Sends one message; `spoil` makes its checksum wrong. Returns when. */
  send(to: string, message: Message, withCrc = false, spoil = false): number {
    const packet = sealPacket(plain, encodeMessage(message), withCrc);
    if (spoil) packet[2] = (packet[2] as number) ^ 1;
    return this.sendOctets(to, packet);
  }

  /** Sends a compound without its last `cut` octets. */
  sendCompound(to: string, messages: readonly Message[], cut = 0): number {
    const bytes = encodeCompound(messages.map(encodeMessage));
    return this.sendOctets(to, bytes.subarray(0, bytes.length - cut));
  }

  sendOctets(to: string, octets: Uint8Array): number {
    this.#socket.send(octets, PORT, to);
    return performance.now();
  }

  answer(type: "ack" | "nack", seqNo: number): { readonly at: number } | undefined {
    return this.heard.find(({ message }) => message.type === type && message.seqNo === seqNo);
  }

  /** The messages of each packet heard, by type. */
  packets(): Message[][] {
    const byPacket = new Map<number, Message[]>();
    for (const { packet, message } of this.heard) byPacket.set(packet, [...(byPacket.get(packet) ?? []), message]);
    return [...byPacket.values()];
  }
}
