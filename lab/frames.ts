import { closeSync, fstatSync, openSync, readSync } from "node:fs";
import { stat } from "node:fs/promises";
import {
  type Advert,
  type Arp,
  decodeFrame,
  type NeighborAdvertisement,
  type Update,
  type WireEvent,
} from "./frame-decode.ts";
import type { LabProcess } from "./process.ts";
import type { Lab } from "./topology.ts";
import { type WaitOptions, waitFor } from "./wait.ts";

const FILE_HEADER_BYTES = 24;
const RECORD_HEADER_BYTES = 16;
/** A capture file with times in nanoseconds, little endian. */
const MAGIC_NANOSECONDS = 0xa1b23c4d;
const FILTER = "vrrp or arp or tcp port 179 or ip6 proto 112 or icmp6";

let counter = 0;

/**
 * A running capture of what a failover looks like (frame-decode.ts), with the kernel's time of each frame. tcpdump
 * records and we read its file as it grows, so that nothing is lost or late when this process is busy.
 */
export class FrameCapture {
  readonly #process: LabProcess;
  readonly #fd: number;
  readonly #events: WireEvent[] = [];
  #at = FILE_HEADER_BYTES;

  private constructor(process: LabProcess, fd: number) {
    this.#process = process;
    this.#fd = fd;
  }

  /** Resolves when frames are being recorded. Of multicast, a node on a bridge sees what all others send. */
  static async start(lab: Lab, node: string, device: string, filter = FILTER): Promise<FrameCapture> {
    const directory = lab.subdirectory("captures");
    const name = `${node}-${device}-frames${counter++}`;
    const file = `${directory}/${name}.pcap`;
    const clock = ["--time-stamp-precision=nano", "--immediate-mode", "-U"];
    const process = await lab.start(node, {
      name: `tcpdump in ${node}`,
      command: ["tcpdump", "-i", device, "-Z", "root", "-n", "-s", "0", "-B", "16384", ...clock, "-w", file, filter],
      logFile: `${directory}/${name}.log`,
    });
    await process.waitReady(async () => process.log.includes("listening on") && (await stat(file)).size > 0);
    const fd = openSync(file, "r");
    const header = Buffer.alloc(FILE_HEADER_BYTES);
    readSync(fd, header, 0, header.length, 0);
    if (header.readUInt32LE(0) !== MAGIC_NANOSECONDS) throw new Error(`${file} has no times in nanoseconds`);
    return new FrameCapture(process, fd);
  }

  /** All that was seen so far, in its order. */
  events(): readonly WireEvent[] {
    const size = fstatSync(this.#fd).size;
    const bytes = Buffer.alloc(size - this.#at);
    readSync(this.#fd, bytes, 0, bytes.length, this.#at);
    let at = 0;
    while (at + RECORD_HEADER_BYTES <= bytes.length) {
      const end = at + RECORD_HEADER_BYTES + bytes.readUInt32LE(at + 8);
      if (end > bytes.length) break;
      const time = bytes.readUInt32LE(at) * 1000 + Math.floor(bytes.readUInt32LE(at + 4) / 1000) / 1000;
      this.#events.push(...decodeFrame(bytes.subarray(at + RECORD_HEADER_BYTES, end), time));
      at = end;
    }
    this.#at += at;
    return this.#events;
  }

  /** Adverts so far that `accept` likes. */
  adverts(accept: (advert: Advert) => boolean = () => true): Advert[] {
    return this.events().filter((event): event is Advert => event.kind === "advert" && accept(event));
  }

  arps(accept: (arp: Arp) => boolean = () => true): Arp[] {
    return this.events().filter((event): event is Arp => event.kind === "arp" && accept(event));
  }

  neighborAdvertisements(accept: (na: NeighborAdvertisement) => boolean = () => true): NeighborAdvertisement[] {
    return this.events().filter(
      (event): event is NeighborAdvertisement => event.kind === "neighbor-advertisement" && accept(event),
    );
  }

  updates(accept: (update: Update) => boolean = () => true): Update[] {
    return this.events().filter((event): event is Update => event.kind === "update" && accept(event));
  }

  /** Looks for the first such event, each time only at those that came since: `accept` may itself look at all. */
  #next<T extends WireEvent>(accept: (event: WireEvent) => event is T): () => T | undefined {
    let looked = 0;
    return () => {
      const events = this.events();
      while (looked < events.length) {
        const event = events[looked++] as WireEvent;
        if (accept(event)) return event;
      }
      return undefined;
    };
  }

  /** Waits for an advert that `accept` likes, and gives the first. */
  waitAdvert(what: string, accept: (advert: Advert) => boolean, options: WaitOptions = {}): Promise<Advert> {
    return waitFor(
      `an advert: ${what}`,
      this.#next((event): event is Advert => event.kind === "advert" && accept(event)),
      { intervalMs: 5, timeoutMs: 10_000, ...options },
      () => `the last adverts:\n${this.adverts().slice(-10).map(advertText).join("\n")}`,
    );
  }

  /** Waits for an UPDATE that `accept` likes, and gives the first. */
  waitUpdate(what: string, accept: (update: Update) => boolean, options: WaitOptions = {}): Promise<Update> {
    return waitFor(
      `an UPDATE: ${what}`,
      () => this.updates(accept)[0],
      { intervalMs: 5, timeoutMs: 10_000, ...options },
      () => `the last UPDATEs: ${JSON.stringify(this.updates().slice(-5))}`,
    );
  }

  async stop(): Promise<void> {
    await this.#process.stop("SIGINT");
    this.events();
    closeSync(this.#fd);
  }
}

/** For messages. */
function advertText(advert: Advert): string {
  const { time, source, destination, virtualRouterId, priority, intervalMs, addresses } = advert;
  const to = `${source} > ${destination}`;
  return `${(time / 1000).toFixed(6)} ${to} vrid ${virtualRouterId} prio ${priority} ${intervalMs} ms ${addresses.join(" ")}`;
}

/** This process's clock, comparable with the times of frames: milliseconds since 1970. */
export function now(): number {
  return performance.timeOrigin + performance.now();
}
