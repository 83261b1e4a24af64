/*
 * The sockets of all virtual routers: one to hear on per interface and IP version, one to send on per interface by which
 * adverts leave and IP version. They follow the interfaces as these come, go and change.
 */
import type { Address } from "../../lib/address.ts";
import type { ComponentLogger } from "../log.ts";
import type { HostNetwork } from "../netlink/host-network.ts";
import type { HostLink } from "../netlink/links.ts";
import type { RouterPlace, VrrpPacket } from "./host-io.ts";
import { ReceivePort } from "./receive-port.ts";
import { SendSocket } from "./send-socket.ts";

export interface AdvertSocketEvents {
  packet(packet: VrrpPacket): void;
  /** Some port's fault has changed. */
  faultChanged(): void;
}

type Spot = Pick<RouterPlace, "interface" | "family">;

const portKey = ({ interface: name, family }: Spot): string => `${family} ${name}`;

export class AdvertSockets {
  readonly #network: HostNetwork;
  readonly #events: AdvertSocketEvents;
  readonly #log: ComponentLogger;
  /** By interface and IP version, as `portKey` has them. */
  readonly #ports = new Map<string, ReceivePort>();
  /** By index of the interface, times 16, plus IP version. */
  readonly #senders = new Map<number, SendSocket>();
  #failuresOfClosed = 0;

  constructor(network: HostNetwork, events: AdvertSocketEvents, log: ComponentLogger) {
    this.#network = network;
    this.#events = events;
    this.#log = log;
  }

  /** Sockets that failed, or could not be opened. */
  get failures(): number {
    let sum = this.#failuresOfClosed;
    for (const port of this.#ports.values()) sum += port.failures;
    return sum;
  }

  /** Hears at these spots from now on, and nowhere else. */
  listenAt(spots: readonly Spot[]): void {
    const needed = new Set<string>();
    for (const spot of spots) {
      const key = portKey(spot);
      needed.add(key);
      if (!this.#ports.has(key)) this.#ports.set(key, this.#newPort(spot));
    }
    for (const [key, port] of this.#ports) {
      if (needed.has(key)) continue;
      this.#failuresOfClosed += port.failures;
      port.close();
      this.#ports.delete(key);
    }
    this.follow();
  }

  /** The interfaces may be others than last time. */
  follow(): void {
    for (const port of this.#ports.values()) port.follow(this.#network.link(port.interfaceName));
    const indexes = new Set([...this.#network.links].map(({ index }) => index));
    for (const key of [...this.#senders.keys()]) if (!indexes.has(key >>> 4)) this.#closeSender(key);
  }

  /** Why nothing is heard at the spot; undefined: all is well. */
  faultAt(spot: Spot): string | undefined {
    return this.#ports.get(portKey(spot))?.fault;
  }

  /** Sends one message by `link`. Throws SystemCallError; the next one gets a new socket then. */
  send(link: HostLink, family: 4 | 6, message: Uint8Array, source: Address, destination: Address | undefined): void {
    const key = link.index * 16 + family;
    let socket = this.#senders.get(key);
    if (socket === undefined) {
      socket = new SendSocket(link.name, link.index, family);
      this.#senders.set(key, socket);
    }
    try {
      socket.send(message, source, destination);
    } catch (error) {
      this.#closeSender(key);
      throw error;
    }
  }

  close(): void {
    for (const port of this.#ports.values()) port.close();
    for (const socket of this.#senders.values()) socket.close();
    this.#ports.clear();
    this.#senders.clear();
  }

  #newPort(spot: Spot): ReceivePort {
    return new ReceivePort(spot.interface, spot.family, {
      packet: (packet) => this.#events.packet(packet),
      faultChanged: (port) => {
        if (port.fault === undefined) this.#log.info(`the VRRP socket on ${port.interfaceName} is open again`);
        else this.#log.limited(`port ${port.interfaceName}`).error(port.fault);
        this.#events.faultChanged();
      },
    });
  }

  #closeSender(key: number): void {
    this.#senders.get(key)?.close();
    this.#senders.delete(key);
  }
}
