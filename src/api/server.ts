/*
 * The gRPC server: services (service.ts) on connections that the daemon hands in.
 *
 *     daemon: sockets ──> Endpoint.take ──> @grpc/grpc-js ──> methods.ts: decoded request ──> Turns ──> handler
 *                                                                  answer, or a source that is pulled <──┘
 *
 * Everything that a client can make grow has a limit (limits.ts). What it does is done in the API's share of the event loop
 * (turns.ts), and streams are pulled as fast as the client reads: who stalls or floods is slow, nobody else is.
 *
 * The library takes some 150 ms to load; ApiServer.load is called when the first OPENs are out, and connections that
 * come before wait for it.
 */
import type { Duplex } from "node:stream";
import type * as Grpc from "@grpc/grpc-js";
import type { PackageDefinition, ServiceDefinition } from "@grpc/proto-loader";
import { type Access, accessInterceptor } from "./access.ts";
import { HEADER_OCTETS_MAX, KEEPALIVE_MS, KEEPALIVE_TIMEOUT_MS, MESSAGE_OCTETS_MAX, STREAMS_MAX } from "./limits.ts";
import { implementationOf } from "./methods.ts";
import { loadProtos } from "./proto.ts";
import type { Service } from "./service.ts";
import { Turns } from "./turns.ts";

/** TLS as gobgpd's flags have it: PEM texts. */
export interface TlsConfig {
  readonly certificate: Uint8Array;
  readonly key: Uint8Array;
  /** Clients must show a certificate that one of these signed. */
  readonly clientAuthorities: Uint8Array | undefined;
}

/** What is told of calls that fail by a fault of ours. */
export interface ApiServerEvents {
  internalError(method: string, error: unknown): void;
}

/** A way in: connections that are handed to `take` are served. */
export interface Endpoint {
  take(connection: Duplex): void;
}

/** What it takes to serve: packages that are loaded when there is time for it. */
export const LIBRARIES = ["@grpc/grpc-js", "@grpc/proto-loader", "@grpc/reflection", "grpc-health-check"] as const;

/**
 * One message of a service's files: each of them has the descriptors of all, and reflection decodes those of every message
 * that it is given, which for all of them takes a quarter of a second.
 */
function anyOf(protos: PackageDefinition): PackageDefinition {
  const one = Object.entries(protos).find(([, definition]) => "fileDescriptorProtos" in definition);
  return one === undefined ? {} : Object.fromEntries([one]);
}

/** How long a call that goes on when the daemon stops has to end by itself: who watches never does. */
const CLOSE_MS = 300;
/** And how many turns of the event loop: the time may pass while a busy machine does not let us run. */
const CLOSE_TURNS = 20;

/** Others have their turns while all this is loaded. */
const pause = () => new Promise((next) => setTimeout(next, 1));

interface LoadedService {
  readonly service: Service;
  readonly definition: ServiceDefinition;
}

export class ApiServer {
  readonly #grpc: typeof Grpc;
  readonly #services: readonly LoadedService[];
  readonly #extras: (server: Grpc.Server) => void;
  readonly #events: ApiServerEvents;
  readonly #turns = new Turns();
  readonly #servers: Grpc.Server[] = [];

  private constructor(
    grpc: typeof Grpc,
    services: readonly LoadedService[],
    extras: (server: Grpc.Server) => void,
    events: ApiServerEvents,
  ) {
    this.#grpc = grpc;
    this.#services = services;
    this.#extras = extras;
    this.#events = events;
  }

  /** Loads the library and the services' protos. Throws when a .proto file is missing or broken. */
  static async load(services: readonly Service[], events: ApiServerEvents): Promise<ApiServer> {
    const grpc = await import("@grpc/grpc-js");
    await pause();
    const { ReflectionService } = await import("@grpc/reflection");
    await pause();
    const { HealthImplementation } = await import("grpc-health-check");
    const definitions: LoadedService[] = [];
    let described: PackageDefinition = {};
    for (const service of services) {
      await pause();
      const protos = await loadProtos(service.folder, service.files);
      definitions.push({ service, definition: protos[service.name] as ServiceDefinition });
      described = { ...described, ...anyOf(protos) };
    }
    await pause();
    const reflection = new ReflectionService(described);
    const serving = Object.fromEntries(["", ...services.map(({ name }) => name)].map((name) => [name, "SERVING"]));
    const health = new HealthImplementation(serving as Record<string, "SERVING">);
    const extras = (server: Grpc.Server) => {
      health.addToServer(server);
      reflection.addToServer(server);
    };
    return new ApiServer(grpc, definitions, extras, events);
  }

  /** An endpoint of its own: with TLS or without, for everyone or for those who know the token. */
  open(tls: TlsConfig | undefined, access: Access): Endpoint {
    const server = new this.#grpc.Server({
      interceptors: access.type === "open" ? [] : [accessInterceptor(this.#grpc, access)],
      "grpc.max_receive_message_length": MESSAGE_OCTETS_MAX,
      "grpc.max_send_message_length": MESSAGE_OCTETS_MAX,
      "grpc.max_concurrent_streams": STREAMS_MAX,
      "grpc.max_metadata_size": HEADER_OCTETS_MAX,
      "grpc.keepalive_time_ms": KEEPALIVE_MS,
      "grpc.keepalive_timeout_ms": KEEPALIVE_TIMEOUT_MS,
      "grpc.enable_channelz": 0,
    });
    for (const { service, definition } of this.#services) {
      const context = { grpc: this.#grpc, turns: this.#turns, events: this.#events };
      const implementation = implementationOf(service, definition, context);
      server.addService(implementation.definition, implementation.handlers);
    }
    this.#extras(server);
    this.#servers.push(server);
    const injector = server.createConnectionInjector(this.#credentialsOf(tls));
    return { take: (connection) => injector.injectConnection(connection) };
  }

  /** Takes no more calls. Those that go on have a moment: the answer to the call that stops the daemon is among them. */
  async close(): Promise<void> {
    const ended = this.#servers.map((server) => new Promise<void>((resolve) => server.tryShutdown(() => resolve())));
    let timer: NodeJS.Timeout | undefined;
    const late = new Promise<void>((resolve) => {
      timer = setTimeout(resolve, CLOSE_MS);
    });
    await Promise.race([Promise.all(ended), late]);
    clearTimeout(timer);
    for (let turn = 0; turn < CLOSE_TURNS; turn++) await new Promise((next) => setImmediate(next));
    for (const server of this.#servers) server.forceShutdown();
  }

  #credentialsOf(tls: TlsConfig | undefined): Grpc.ServerCredentials {
    if (tls === undefined) return this.#grpc.ServerCredentials.createInsecure();
    const { certificate, key, clientAuthorities } = tls;
    const pair = { cert_chain: Buffer.from(certificate), private_key: Buffer.from(key) };
    const authorities = clientAuthorities === undefined ? null : Buffer.from(clientAuthorities);
    return this.#grpc.ServerCredentials.createSsl(authorities, [pair], authorities !== null);
  }
}
