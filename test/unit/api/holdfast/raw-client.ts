import { join } from "node:path";
import * as grpc from "@grpc/grpc-js";
import { loadSync, type MethodDefinition, type ServiceDefinition } from "@grpc/proto-loader";

const PROTO = join(import.meta.dirname, "../../../../proto");
const definition = loadSync("holdfast/v1/holdfast.proto", {
  longs: Number,
  enums: String,
  defaults: true,
  includeDirs: [PROTO],
})["holdfast.v1.Holdfast"] as ServiceDefinition;

/** A client that tells what came over the wire: messages, or the status by name. */
export class RawClient {
  readonly #client: grpc.Client;

  constructor(target: string) {
    this.#client = new grpc.Client(target, grpc.credentials.createInsecure());
  }

  close(): void {
    this.#client.close();
  }

  /** The answer, or "NOT_FOUND: there is no ...". */
  unary<Response>(name: string, request: object = {}): Promise<Response | string> {
    const { path, requestSerialize, responseDeserialize } = methodOf(name);
    return new Promise((resolve) => {
      this.#client.makeUnaryRequest(path, requestSerialize, responseDeserialize, request, (error, answer) =>
        resolve(error === null ? (answer as Response) : describe(error)),
      );
    });
  }

  /** All answers; a status other than OK is the last of them, as text. */
  async all<Response>(name: string, request: object = {}): Promise<(Response | string)[]> {
    const answers: (Response | string)[] = [];
    try {
      for await (const answer of this.stream(name, request)) answers.push(answer as Response);
    } catch (error) {
      answers.push(describe(error as grpc.ServiceError));
    }
    return answers;
  }

  stream(name: string, request: object = {}): grpc.ClientReadableStream<object> {
    const { path, requestSerialize, responseDeserialize } = methodOf(name);
    return this.#client.makeServerStreamRequest(path, requestSerialize, responseDeserialize, request);
  }
}

/** An RPC, with what makes octets of its messages. */
export const methodOf = (name: string) => definition[name] as MethodDefinition<object, object>;
const describe = ({ code, details }: grpc.ServiceError) => `${grpc.status[code]}: ${details}`;
