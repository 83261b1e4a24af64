import { fileURLToPath } from "node:url";
import type * as Grpc from "@grpc/grpc-js";
import type { MethodDefinition, ServiceDefinition } from "@grpc/proto-loader";
import type * as Wire from "../../proto/holdfast/v1/holdfast.d.ts";
import { CommandError } from "./command.ts";
import type { Target } from "./target.ts";

/** proto/ stands beside src/ and beside dist/. */
const PROTO = fileURLToPath(new URL("../../proto/", import.meta.url));
/** How long the daemon may take to answer. */
const ANSWER_MS = 15_000;
/** A status of a large node is a few hundred kilobytes. */
const MESSAGE_OCTETS_MAX = 64 * 1024 * 1024;

/** The calls with one answer. */
interface Unary {
  readonly GetStatus: [Wire.GetStatusRequest, Wire.Status];
  readonly GetFleet: [Wire.GetFleetRequest, Wire.Fleet];
  readonly Why: [Wire.WhyRequest, Wire.Vip];
  readonly SetVip: [Wire.SetVipRequest, Wire.Vip];
  readonly Announce: [Wire.AnnounceRequest, Wire.AnnounceResponse];
  readonly Withdraw: [Wire.WithdrawRequest, Wire.WithdrawResponse];
  readonly Drain: [Wire.DrainRequest, Wire.DrainResponse];
  readonly Undrain: [Wire.DrainRequest, Wire.DrainResponse];
  readonly Stop: [Wire.StopRequest, Wire.StopResponse];
  readonly Reload: [Wire.ReloadRequest, Wire.ReloadPlan];
  readonly DiffConfig: [Wire.DiffConfigRequest, Wire.ReloadPlan];
}

/** The calls with a stream of answers. */
interface Streams {
  readonly ListVips: [Wire.ListVipsRequest, Wire.Vip];
  readonly ListVrrp: [Wire.ListVrrpRequest, Wire.VirtualRouter];
  readonly ListChecks: [Wire.ListChecksRequest, Wire.Check];
  readonly ListFleet: [Wire.ListFleetRequest, Wire.FleetNode];
  readonly ListPeers: [Wire.ListPeersRequest, Wire.Peer];
  readonly ListRib: [Wire.ListRibRequest, Wire.RibSlice];
  readonly WatchEvents: [Wire.WatchEventsRequest, Wire.Event];
}

/** What GoBGP has words for is asked in its words. */
type GobgpRpc = "EnablePeer" | "DisablePeer" | "ResetPeer";

/** A connection to a daemon. gRPC is loaded when one is made: help and completion are there at once. */
export class Client {
  readonly #grpc: typeof Grpc;
  readonly #load: (file: string, service: string) => ServiceDefinition;
  readonly #holdfast: ServiceDefinition;
  readonly #channel: Grpc.Client;
  readonly #metadata: Grpc.Metadata;
  readonly #address: string;

  private constructor(grpc: typeof Grpc, load: (file: string, service: string) => ServiceDefinition, target: Target) {
    this.#grpc = grpc;
    this.#load = load;
    this.#holdfast = load("holdfast/v1/holdfast.proto", "holdfast.v1.Holdfast");
    this.#address = target.address;
    this.#metadata = new grpc.Metadata();
    if (target.token !== undefined) this.#metadata.set("authorization", `Bearer ${target.token}`);
    this.#channel = new grpc.Client(target.address, credentialsOf(grpc, target), {
      "grpc.max_receive_message_length": MESSAGE_OCTETS_MAX,
      "grpc.enable_retries": 0,
      "grpc.enable_http_proxy": 0,
      ...(target.tls?.name === undefined ? {} : { "grpc.ssl_target_name_override": target.tls.name }),
    });
  }

  /** Nothing is sent before the first call. */
  static async open(target: Target): Promise<Client> {
    const grpc = await import("@grpc/grpc-js");
    const { loadSync } = await import("@grpc/proto-loader");
    const load = (file: string, service: string) => {
      // The same options as the daemon's, src/api/proto.ts.
      const options = { longs: Number, enums: String, defaults: true, includeDirs: [PROTO, `${PROTO}gobgp`] };
      return loadSync(file, options)[service] as ServiceDefinition;
    };
    return new Client(grpc, load, target);
  }

  call<Name extends keyof Unary>(name: Name, request: Partial<Unary[Name][0]>): Promise<Unary[Name][1]> {
    return this.#unary(this.#holdfast[name] as MethodDefinition<object, object>, request) as Promise<Unary[Name][1]>;
  }

  gobgp(name: GobgpRpc, request: object): Promise<object> {
    const service = this.#load("gobgp.proto", "apipb.GobgpApi");
    return this.#unary(service[name] as MethodDefinition<object, object>, request);
  }

  /** The answers as they come. To stop reading ends the call, and so does `abort`, without an error. */
  async *stream<Name extends keyof Streams>(
    name: Name,
    request: Partial<Streams[Name][0]>,
    abort?: AbortSignal,
  ): AsyncGenerator<Streams[Name][1]> {
    const { path, requestSerialize, responseDeserialize } = this.#holdfast[name] as MethodDefinition<object, object>;
    const call = this.#channel.makeServerStreamRequest(
      path,
      requestSerialize,
      responseDeserialize,
      request,
      this.#metadata,
    );
    abort?.addEventListener("abort", () => call.cancel());
    try {
      yield* call as AsyncIterable<Streams[Name][1]>;
    } catch (error) {
      if (abort?.aborted !== true) throw this.#explain(error as Grpc.ServiceError);
    } finally {
      call.on("error", () => {}); // its own end, on our demand
      call.cancel();
    }
  }

  close(): void {
    this.#channel.close();
  }

  #unary(method: MethodDefinition<object, object>, request: object): Promise<object> {
    const { path, requestSerialize, responseDeserialize } = method;
    const options = { deadline: Date.now() + ANSWER_MS };
    return new Promise((resolve, reject) => {
      this.#channel.makeUnaryRequest(
        path,
        requestSerialize,
        responseDeserialize,
        request,
        this.#metadata,
        options,
        (error, response) => {
          if (error !== null) reject(this.#explain(error));
          else resolve(response as object);
        },
      );
    });
  }

  /** What went wrong in words, and what to do next. */
  #explain(error: Grpc.ServiceError): Error {
    const { status } = this.#grpc;
    const { code, details = error.message } = error;
    switch (code) {
      case status.UNAVAILABLE:
        return new CommandError(this.#unavailable(details));
      case status.DEADLINE_EXCEEDED:
        return new CommandError(`no answer from ${this.#address} within ${ANSWER_MS / 1000} s`);
      case status.UNAUTHENTICATED:
        return new CommandError(
          `${this.#address} wants to know who asks: --token-file FILE, or --tls-cert and --tls-key`,
        );
      case status.UNIMPLEMENTED:
        return new CommandError(`${this.#address} cannot do this: ${details} (is it an older holdfastd, or gobgpd?)`);
      case status.RESOURCE_EXHAUSTED:
      case status.INVALID_ARGUMENT:
      case status.NOT_FOUND:
      case status.ALREADY_EXISTS:
      case status.FAILED_PRECONDITION:
      case status.UNKNOWN:
        return new CommandError(details);
      default:
        return new CommandError(`${details} (${status[code] ?? code})`);
    }
  }

  #unavailable(details: string): string {
    // First, for these have a path in them, in which anything may stand.
    if (/ECONNREFUSED|ENOENT/.test(details))
      return `nobody answers at ${this.#address}: is holdfastd running? Another address: --target`;
    if (/EACCES/.test(details)) return `${this.#address}: this user may not connect to it`;
    if (/certificate|self-signed|altname|TLS|SSL|EPROTO|CERT_/i.test(details))
      return `${this.#address}: TLS failed: ${details}: see --tls-ca, --tls-name, --tls-cert`;
    return `${this.#address} does not answer: ${details}: is it holdfastd's address, and does it want --tls?`;
  }
}

function credentialsOf(grpc: typeof Grpc, { tls }: Target): Grpc.ChannelCredentials {
  if (tls === undefined) return grpc.credentials.createInsecure();
  const buffer = (bytes: Uint8Array | undefined) => (bytes === undefined ? null : Buffer.from(bytes));
  try {
    return grpc.credentials.createSsl(buffer(tls.authorities), buffer(tls.key), buffer(tls.certificate));
  } catch (error) {
    throw new CommandError(`the certificates cannot be used: ${(error as Error).message}`);
  }
}
