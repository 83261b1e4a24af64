/*
 * Ping, with one raw socket for each IP version that all checks share, opened by the first ping. Raw sockets, because
 * the kernel's unprivileged ICMP sockets are closed to everybody, root included, where net.ipv4.ping_group_range has
 * its default, and because a `ping` command would be a process for each run and its words another thing to understand;
 * CAP_NET_RAW is needed for VRRP already.
 *
 * A raw socket hears the ICMP of the whole host. A reply is ours when it has this process's identifier, a sequence that
 * waits, and the random token of that request.
 */
import { randomBytes, randomInt } from "node:crypto";
import { createRequire } from "node:module";
import { isIPv6 } from "node:net";
import type { Probe } from "../../health/index.ts";
import { elapsed } from "../../lib/time.ts";
import { monotonicNow } from "../clock.ts";
import { messageOf } from "../errors.ts";
import { decodeIcmp, encodeEcho, type IcmpVersion, TOKEN_LENGTH } from "./icmp.ts";
import { lookupFirst } from "./lookup.ts";
import { failure, formatSeconds, type Outcome, settle, success } from "./outcome.ts";

/** The part of the package raw-socket (which has no types) that is used here. */
interface RawSocket {
  on(event: "message", listener: (packet: Buffer) => void): void;
  on(event: "error", listener: (error: Error) => void): void;
  send(bytes: Buffer, offset: number, length: number, address: string, sent: (error: Error | null) => void): void;
  close(): void;
}
interface RawSocketModule {
  createSocket(options: { protocol: number; addressFamily: number; bufferSize: number }): RawSocket;
}

const PROTOCOLS = { 4: 1, 6: 58 } as const;
/** raw-socket's own numbers. */
const ADDRESS_FAMILIES = { 4: 1, 6: 2 } as const;
/** Longer than any reply or quoted request of ours. */
const BUFFER_SIZE = 2_048;
const SEQUENCES = 0x1_0000;

interface Waiting {
  readonly token: Buffer;
  answered(error: string | undefined): void;
}

/** See the head of this file. */
export class Pinger {
  readonly #sockets = new Map<IcmpVersion, EchoSocket>();

  /** One echo request and its reply. */
  async run({ host }: Probe & { type: "ping" }, signal: AbortSignal): Promise<Outcome> {
    const address = await lookupFirst(host);
    return settle(signal, (done) => {
      const began = monotonicNow();
      return this.#socket(isIPv6(address) ? 6 : 4).send(address, (error) => {
        if (error !== undefined) done(failure(error));
        else done(success(`answered in ${formatSeconds(elapsed(began, monotonicNow()))}`));
      });
    });
  }

  close(): void {
    for (const socket of this.#sockets.values()) socket.close();
    this.#sockets.clear();
  }

  #socket(version: IcmpVersion): EchoSocket {
    const known = this.#sockets.get(version);
    if (known !== undefined) return known;
    const socket = new EchoSocket(version, () => this.#sockets.delete(version));
    this.#sockets.set(version, socket);
    return socket;
  }
}

class EchoSocket {
  readonly #version: IcmpVersion;
  readonly #socket: RawSocket;
  readonly #identifier = randomInt(SEQUENCES);
  /** By sequence. */
  readonly #waiting = new Map<number, Waiting>();
  #sequence = randomInt(SEQUENCES);

  /** `failed` is called when the socket has closed itself. */
  constructor(version: IcmpVersion, failed: () => void) {
    this.#version = version;
    this.#socket = openSocket(version);
    this.#socket.on("message", (packet) => this.#received(packet));
    this.#socket.on("error", (error) => {
      failed();
      this.close();
      for (const { answered } of [...this.#waiting.values()]) answered(error.message);
    });
  }

  /** Sends a request; `answered` is told once, later, unless the returned function is called before. */
  send(address: string, answered: (error: string | undefined) => void): () => void {
    const sequence = this.#freeSequence();
    const token = randomBytes(TOKEN_LENGTH);
    this.#waiting.set(sequence, { token, answered });
    const packet = Buffer.from(encodeEcho(this.#version, this.#identifier, sequence, token));
    this.#socket.send(packet, 0, packet.length, address, (error) => {
      if (error !== null) this.#waiting.get(sequence)?.answered(error.message.toLowerCase());
    });
    return () => this.#waiting.delete(sequence);
  }

  close(): void {
    this.#socket.close();
  }

  #freeSequence(): number {
    if (this.#waiting.size === SEQUENCES) throw new Error("too many pings at once");
    do this.#sequence = (this.#sequence + 1) % SEQUENCES;
    while (this.#waiting.has(this.#sequence));
    return this.#sequence;
  }

  #received(packet: Buffer): void {
    const answer = decodeIcmp(this.#version, packet, this.#identifier);
    if (answer === undefined) return;
    const waiting = this.#waiting.get(answer.sequence);
    if (waiting === undefined) return;
    if (answer.type === "error") waiting.answered(answer.reason);
    else if (waiting.token.equals(answer.token)) waiting.answered(undefined);
  }
}

function openSocket(version: IcmpVersion): RawSocket {
  try {
    // Native code, wanted only where something is pinged.
    const raw = createRequire(import.meta.url)("raw-socket") as RawSocketModule;
    return raw.createSocket({
      protocol: PROTOCOLS[version],
      addressFamily: ADDRESS_FAMILIES[version],
      bufferSize: BUFFER_SIZE,
    });
  } catch (error) {
    throw new Error(`cannot ping: ${messageOf(error)} (a raw socket needs CAP_NET_RAW)`, { cause: error });
  }
}
