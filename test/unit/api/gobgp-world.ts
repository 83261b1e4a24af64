import { rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { PassThrough } from "node:stream";
import * as grpc from "@grpc/grpc-js";
import type { ServiceDefinition } from "@grpc/proto-loader";
import { loadProtos } from "../../../src/api/proto.ts";
import { PolicyTable } from "../../../src/bgp/index.ts";
import { loadConfig } from "../../../src/config/index.ts";
import { Api, DaemonApiHost } from "../../../src/daemon/api.ts";
import type { ApiEndpoint } from "../../../src/daemon/api-endpoints.ts";
import { Daemon } from "../../../src/daemon/daemon.ts";
import type { Loaded } from "../../../src/daemon/load.ts";
import { RunningConfig } from "../../../src/daemon/running-config.ts";
import { peerConfigOf } from "../../../src/daemon/translate.ts";
import { TransportTable } from "../../../src/daemon/transport-table.ts";
import { createLogger, type StreamEndpoint } from "../../../src/platform/index.ts";

/** Not listening, and with neighbours that wait to be called: nothing leaves this process. */
export const QUIET = `
[global.config]
  as = 65001
  router-id = "10.0.0.1"
  port = 10179
  local-address-list = ["127.0.0.1"]
[[neighbors]]
  [neighbors.config]
    neighbor-address = "192.0.2.1"
    peer-as = 65002
  [neighbors.transport.config]
    passive-mode = true
`;

export function loaded(text: string): Loaded {
  const read = loadConfig(text, "test.toml");
  if (!read.ok) throw new Error(read.errors.map(({ message }) => message).join("; "));
  const transports = TransportTable.of(read.config);
  const policies = PolicyTable.compile(read.config.definedSets, read.config.policies);
  if (!transports.ok || !policies.ok) throw new Error("the test's configuration is wrong");
  const { config, document } = read;
  return { config, document, transports: transports.value, policies: policies.value, warnings: "", notes: [] };
}

/** What a call ended with. */
export interface Answer {
  readonly code: keyof typeof grpc.status;
  readonly details: string;
  readonly messages: readonly unknown[];
}

let worlds = 0;

/** A daemon without neighbours' connections, and a client of its API over a socket in the file system. */
export class GobgpWorld {
  readonly daemon: Daemon;
  readonly running: RunningConfig;
  readonly client: grpc.Client;
  readonly definition: ServiceDefinition;
  readonly path: string;
  readonly #api: Api;
  /** What the daemon has logged. */
  readonly log = new PassThrough();

  private constructor(text: string, definition: ServiceDefinition) {
    const file = loaded(text);
    const log = createLogger({ level: "warn", format: "text", components: {} }, this.log);
    this.daemon = new Daemon(file, log, 1);
    this.running = new RunningConfig(file);
    const host = new DaemonApiHost(this.daemon, this.running, log, { setLogLevel: () => {} });
    this.#api = new Api([host.service()], log);
    this.definition = definition;
    this.path = join(tmpdir(), `holdfast-api-${process.pid}-${++worlds}.sock`);
    this.client = new grpc.Client(`unix://${this.path}`, grpc.credentials.createInsecure());
  }

  static async start(text = QUIET, endpoint?: (path: string) => ApiEndpoint): Promise<GobgpWorld> {
    const protos = await loadProtos("gobgp", ["gobgp.proto", "attribute.proto", "capability.proto"]);
    const world = new GobgpWorld(text, protos["apipb.GobgpApi"] as ServiceDefinition);
    // The daemon's own listener stays closed: its configuration says where, and nobody calls.
    const { neighbors, global } = world.daemon.config;
    for (const neighbor of neighbors) world.daemon.tell({ type: "AddPeer", config: peerConfigOf(neighbor, global) });
    world.daemon.tell({ type: "SetPolicies", policies: loaded(text).policies });
    const unix: StreamEndpoint = { type: "unix", path: world.path };
    const opened = await world.#api.open([
      endpoint?.(world.path) ?? { text: world.path, endpoint: unix, tls: undefined, access: { type: "open" } },
    ]);
    if (!opened.ok) throw new Error(opened.error);
    return world;
  }

  /** Calls an RPC with a message. */
  call(method: string, request: object, metadata = new grpc.Metadata()): Promise<Answer> {
    const { requestSerialize } = this.definition[method] as ServiceDefinition[string];
    return this.raw(method, [requestSerialize(request)], metadata);
  }

  /** Calls an RPC with octets: one request, or those of a stream. */
  raw(method: string, requests: readonly Uint8Array[], metadata = new grpc.Metadata()): Promise<Answer> {
    const { path, requestStream, responseStream, responseDeserialize } = this.definition[
      method
    ] as ServiceDefinition[string];
    const octets = (bytes: Uint8Array) => Buffer.from(bytes);
    const options = { deadline: Date.now() + 20_000 };
    return new Promise((resolve) => {
      const messages: unknown[] = [];
      const end = (error: grpc.ServiceError | null) =>
        resolve({
          code: grpc.status[error?.code ?? 0] as Answer["code"],
          details: error?.details ?? "",
          messages,
        });
      const done = (error: grpc.ServiceError | null, value?: unknown) => {
        if (value !== undefined) messages.push(value);
        end(error);
      };
      if (requestStream) {
        const call = this.client.makeClientStreamRequest(path, octets, responseDeserialize, metadata, options, done);
        call.on("error", () => {});
        for (const request of requests) call.write(request);
        call.end();
      } else if (responseStream) {
        const call = this.client.makeServerStreamRequest(
          path,
          octets,
          responseDeserialize,
          requests[0] as Uint8Array,
          metadata,
          options,
        );
        call.on("data", (message) => messages.push(message));
        call.on("error", (error) => end(error as grpc.ServiceError));
        call.on("end", () => end(null));
      } else
        this.client.makeUnaryRequest(
          path,
          octets,
          responseDeserialize,
          requests[0] as Uint8Array,
          metadata,
          options,
          done,
        );
    });
  }

  /** Until everything is decided. */
  async settle(): Promise<void> {
    while (this.daemon.speaker.rib.pending) await new Promise((resolve) => setImmediate(resolve));
  }

  stop(): void {
    this.client.close();
    void this.#api.close();
    this.daemon.stop(() => this.daemon.driver.stop());
    rmSync(this.path, { force: true });
  }
}
