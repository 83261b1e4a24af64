import assert from "node:assert/strict";
import { type ConnectionId, type PeerConfig, plainFamily } from "../../../../src/bgp/index.ts";
import type { Peer } from "../../../../src/bgp/peer.ts";
import { buildOpen } from "../../../../src/bgp/session/open-builder.ts";
import {
  buildAttributes,
  EMPTY_ATTRIBUTES,
  encodeKeepalive,
  encodeOpen,
  Family,
  MessageType,
  type OpenMessage,
  type PathAttributes,
  UpdateWriter,
} from "../../../../src/bgp/wire/index.ts";
import { formatAddress } from "../../../../src/lib/address.ts";
import { type Prefix, parsePrefix } from "../../../../src/lib/prefix.ts";
import { keyOf } from "../rib/fixture.ts";
import { mirrored, Receiver } from "../rib/receiver.ts";
import { describe } from "../session/harness.ts";
import type { Rig } from "./rig.ts";

export function prefix(text: string): Prefix {
  const parsed = parsePrefix(text);
  if (parsed === undefined) throw new RangeError(`no prefix: ${text}`);
  return parsed;
}

/** `count` host routes from 10.0.0.0 on. */
export function hostRoutes(count: number, from = 0): string[] {
  return Array.from({ length: count }, (_, i) => {
    const host = from + i;
    return `10.${host >>> 16}.${(host >>> 8) & 255}.${host & 255}/32`;
  });
}

/** The other end of a session, with a kernel of its own that takes octets or does not. */
export class Neighbor {
  readonly name: string;
  readonly settings: PeerConfig;
  connection: ConnectionId = 0;
  /** Every message received, in order: "OPEN", "UPDATE", "NOTIFICATION 6/2 0568656c6c6f". */
  readonly messages: string[] = [];
  /** Octets of the messages that it was given. */
  octets = 0;
  /** What it was told of routes; made anew for each session. */
  receiver: Receiver | undefined;
  readonly #rig: Rig;

  constructor(rig: Rig, settings: PeerConfig) {
    this.#rig = rig;
    this.settings = settings;
    this.name = formatAddress(settings.address);
  }

  get peer(): Peer | undefined {
    return this.#rig.peer(this.name);
  }

  get state(): string | undefined {
    return this.peer?.session.state;
  }

  /** Forgets the messages, and returns them. */
  take(): string[] {
    return this.messages.splice(0);
  }

  /** Forgets what kinds of UPDATE came, and returns it. */
  takeLog(): string[] {
    return this.receiver?.log.splice(0) ?? [];
  }

  /** By the connection that the speaker has asked for, or else by one of its own. */
  connect(): this {
    const attempt = this.#rig.attempts.get(this.name);
    const connection = attempt ?? this.#rig.speaker.newConnection();
    this.connection = connection;
    this.#rig.ends.set(connection, this);
    this.#rig.attempts.delete(this.name);
    const type = attempt === undefined ? "Accepted" : "Connected";
    this.#rig.input({ type, connection, local: this.#rig.local, remote: this.settings.address });
    return this;
  }

  /** The OPEN that goes with the speaker's settings for it. */
  openMessage(): OpenMessage {
    const { localAs, peerAs, address } = this.settings;
    const families = this.settings.families.map(({ family }) => plainFamily(family));
    const own = { ...this.settings, families, localAs: peerAs, peerAs: localAs, routerId: address.w0 + address.w3 };
    return buildOpen(own, { restarting: false, forwarding: () => false });
  }

  open(given: Partial<OpenMessage> = {}): this {
    return this.send(encodeOpen({ ...this.openMessage(), ...given }));
  }

  /** On a connection that is there. */
  establishWith(given: Partial<OpenMessage>): this {
    return this.open(given).send(encodeKeepalive());
  }

  establish(): this {
    return this.connect().establishWith({});
  }

  send(bytes: Uint8Array): this {
    this.#rig.input({ type: "Received", connection: this.connection, bytes });
    return this;
  }

  /** TCP is lost. */
  lose(): this {
    this.#rig.ends.delete(this.connection);
    this.#rig.input({ type: "Closed", connection: this.connection, reason: "reset" });
    return this;
  }

  announce(prefixes: readonly string[], attributes: Partial<PathAttributes> = {}): this {
    return this.send(this.update(prefixes, attributes));
  }

  withdraw(prefixes: readonly string[]): this {
    return this.send(this.update(prefixes, undefined));
  }

  /** UPDATEs that announce, or withdraw without attributes. */
  update(prefixes: readonly string[], attributes: Partial<PathAttributes> | undefined): Uint8Array {
    const { up } = this.peer ?? {};
    assert.notEqual(up, undefined, "the session is up");
    const writer = new UpdateWriter(mirrored((up as NonNullable<typeof up>).negotiated));
    const family = prefixes[0]?.includes(":") ? Family.Ipv6Unicast : Family.Ipv4Unicast;
    if (attributes === undefined) writer.beginWithdraw(family);
    else {
      const { peerAs, localAs, address } = this.settings;
      const asPath = peerAs === localAs ? [] : [{ type: "sequence" as const, asns: [peerAs] }];
      const localPref = peerAs === localAs ? 100 : undefined;
      const bytes = buildAttributes({ ...EMPTY_ATTRIBUTES, asPath, localPref, nextHop: address, ...attributes });
      writer.beginReach(family, bytes, 0, bytes.length);
    }
    for (const text of prefixes) {
      const { address, length } = prefix(text);
      writer.add(address.w0, address.w1, address.w2, address.w3, length, 0);
    }
    writer.end();
    return writer.take();
  }

  /** The attributes with which it was told of this prefix, or undefined. */
  route(text: string): PathAttributes | undefined {
    return this.receiver?.attributes(keyOf(text));
  }

  get routeCount(): number {
    return this.receiver?.routes.size ?? 0;
  }

  /** The kernel has these octets left to take. */
  sent(outstanding: number): this {
    this.#rig.input({ type: "Sent", connection: this.connection, outstanding });
    return this;
  }

  /** Reads what the speaker sends. */
  read(bytes: Uint8Array): void {
    this.octets += bytes.length;
    for (let at = 0; at < bytes.length; ) {
      const end = at + (((bytes[at + 16] as number) << 8) | (bytes[at + 17] as number));
      const message = bytes.subarray(at, end);
      this.messages.push(describe(message));
      const type = message[18];
      if (type === MessageType.Open) this.receiver = undefined;
      if (type === MessageType.Update || type === MessageType.RouteRefresh) this.#readRoutes(message);
      at = end;
    }
  }

  /** The speaker has closed the connection. */
  closed(): void {
    this.connection = 0;
  }

  #readRoutes(message: Uint8Array): void {
    const { up } = this.peer ?? {};
    assert.notEqual(up, undefined, "routes are sent while Established");
    this.receiver ??= new Receiver(up as NonNullable<typeof up>);
    this.receiver.read(message);
  }
}
