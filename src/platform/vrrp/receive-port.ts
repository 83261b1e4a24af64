/*
 * A receive socket that is kept open: one that fails, or cannot be opened, is opened again and again. While there is
 * none, its virtual routers are at fault: a router that hears nothing must not think itself alone.
 */
import { messageOf } from "../errors.ts";
import type { HostLink } from "../netlink/links.ts";
import type { VrrpPacket } from "./host-io.ts";
import { ReceiveSocket } from "./receive-socket.ts";

const RETRY_MS_MIN = 50;
const RETRY_MS_MAX = 5_000;
/** A socket that lived so long had recovered: the next failure is answered as quickly as the first. */
const STABLE_MS = 10_000;

export interface ReceivePortEvents {
  packet(packet: VrrpPacket): void;
  /** `fault` has changed. Never called from within a method. */
  faultChanged(port: ReceivePort): void;
}

export class ReceivePort {
  readonly interfaceName: string;
  readonly family: 4 | 6;
  readonly #events: ReceivePortEvents;
  /** The interface's index for which the socket is meant; undefined while there is no such interface. */
  #index: number | undefined;
  #socket: ReceiveSocket | undefined;
  #fault: string | undefined;
  #retry: NodeJS.Timeout | undefined;
  #delay = RETRY_MS_MIN;
  #openedAt = 0;
  #failures = 0;

  constructor(interfaceName: string, family: 4 | 6, events: ReceivePortEvents) {
    this.interfaceName = interfaceName;
    this.family = family;
    this.#events = events;
  }

  /** Why nothing is heard; undefined: all is well. */
  get fault(): string | undefined {
    return this.#fault;
  }

  /** Sockets that failed, or could not be opened. */
  get failures(): number {
    return this.#failures;
  }

  /** The interface as it is now. A socket of an interface that was removed is deaf, also when one of that name is back. */
  follow(link: HostLink | undefined): void {
    if (link?.index === this.#index) return;
    this.close();
    this.#index = link?.index;
    this.#delay = RETRY_MS_MIN;
    this.#open();
  }

  close(): void {
    clearTimeout(this.#retry);
    this.#socket?.close();
    this.#socket = undefined;
    this.#index = undefined;
    this.#fault = undefined;
  }

  #open(): void {
    if (this.#index === undefined) return;
    try {
      this.#socket = new ReceiveSocket(this.interfaceName, this.#index, this.family, {
        packet: (packet) => this.#events.packet(packet),
        failed: (error) => {
          if (performance.now() - this.#openedAt > STABLE_MS) this.#delay = RETRY_MS_MIN;
          this.#failed(error);
          this.#events.faultChanged(this);
        },
      });
      this.#openedAt = performance.now();
      this.#fault = undefined;
    } catch (error) {
      this.#failed(error);
    }
  }

  #failed(error: unknown): void {
    this.#failures++;
    this.#socket = undefined;
    this.#fault = `the VRRP socket on ${this.interfaceName} failed: ${messageOf(error)}; it is opened again`;
    this.#retry = setTimeout(() => {
      const before = this.#fault;
      this.#open();
      if (this.#fault !== before) this.#events.faultChanged(this);
    }, this.#delay);
    this.#delay = Math.min(this.#delay * 2, RETRY_MS_MAX);
  }
}
