import { createServer, type Server, type Socket } from "node:net";
import {
  type ConnectionId,
  Family,
  type PathAttributes,
  type PeerName,
  parseAttributes,
  peerConfig,
  plainFamily,
  Speaker,
  type SpeakerEvent,
} from "../../src/bgp/index.ts";
import { type Address, parseAddress, parseIpv4Word } from "../../src/lib/address.ts";
import { seededRng } from "../../src/lib/rng.ts";
import { type Instant, seconds } from "../../src/lib/time.ts";

const now = () => (performance.now() * 1000) as Instant;

/** What the neighbour holds of one prefix. */
export interface HeldRoute {
  readonly prefix: string;
  readonly attributes: PathAttributes;
  /** Its session is down, and it is kept because graceful restart was negotiated (RFC 4724). */
  readonly stale: boolean;
}

/** More routes than the demo has. */
const ROUTES_MAX = 100;

/**
 * The router on the other side of the demo: our own speaker as a library, on a plain Node server. It listens, accepts
 * the gateway's session, and keeps its routes in a table that the demo shows.
 */
export class DemoNeighbor {
  readonly #speaker: Speaker;
  readonly #sockets = new Map<ConnectionId, Socket>();
  readonly #server: Server;
  #timer: NodeJS.Timeout | undefined;

  constructor(address: string, as: number, gateway: string, gatewayAs: number, tell: (event: SpeakerEvent) => void) {
    const routerId = parseIpv4Word(address) as number;
    this.#speaker = new Speaker({}, seededRng(1), {
      connect: () => {}, // passive: the gateway connects
      close: (connection) => this.#sockets.get(connection)?.end(),
      send: (connection, bytes) => this.#sockets.get(connection)?.write(bytes),
      event: (_peer: PeerName, event) => tell(event),
    });
    const config = peerConfig({
      address: parseAddress(gateway) as Address,
      peerAs: gatewayAs,
      localAs: as,
      routerId,
      passive: true,
      holdTime: seconds(9),
      families: [{ ...plainFamily(Family.Ipv4Unicast), gracefulRestart: true }],
      gracefulRestart: {
        restartTime: seconds(60),
        notification: false,
        longLived: false,
        helperOnly: true,
        deferralTime: seconds(30),
      },
    });
    this.#run(() => this.#speaker.handle(now(), { type: "AddPeer", config }));
    this.#server = createServer((socket) => this.#accept(socket));
  }

  /** Listens, and gives the port; 0: any free one. */
  listen(host: string, wanted = 0): Promise<number> {
    return new Promise((resolve, reject) => {
      this.#server.on("error", reject);
      this.#server.listen({ host, port: wanted }, () => resolve((this.#server.address() as { port: number }).port));
    });
  }

  /** Its table, in the order of prefixes. */
  routes(): HeldRoute[] {
    return this.#speaker.rib.view
      .routes(Family.Ipv4Unicast, 0, ROUTES_MAX)
      .routes.map((route) => ({
        prefix: route.prefix.toString(),
        attributes: parseAttributes(route.attributes),
        stale: route.stale,
      }))
      .sort((a, b) => (a.prefix < b.prefix ? -1 : 1));
  }

  close(): void {
    clearTimeout(this.#timer);
    this.#server.close();
    for (const socket of this.#sockets.values()) socket.destroy();
  }

  #accept(socket: Socket): void {
    const connection = this.#speaker.newConnection();
    this.#sockets.set(connection, socket);
    const local = parseAddress(socket.localAddress as string) as Address;
    const remote = parseAddress(socket.remoteAddress as string) as Address;
    socket.setNoDelay(true);
    socket.on("data", (bytes: Buffer) =>
      this.#run(() => this.#speaker.handle(now(), { type: "Received", connection, bytes })),
    );
    socket.on("error", () => {}); // "close" follows
    socket.on("close", () => {
      this.#sockets.delete(connection);
      this.#run(() => this.#speaker.handle(now(), { type: "Closed", connection, reason: "closed" }));
    });
    this.#run(() => this.#speaker.handle(now(), { type: "Accepted", connection, local, remote }));
  }

  /** Runs an input, then sees to it that the speaker is called when it next wants to be. */
  #run(input: () => void): void {
    input();
    clearTimeout(this.#timer);
    const wait = (this.#speaker.deadline - now()) / 1000;
    if (Number.isFinite(wait))
      this.#timer = setTimeout(() => this.#run(() => this.#speaker.advance(now())), Math.max(0, wait));
  }
}
