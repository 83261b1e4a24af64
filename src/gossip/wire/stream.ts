/*
 * What goes over TCP: one request a connection, at most one reply. The dialer's first octets are the label header, if
 * any; then comes a message, possibly compressed, the whole possibly encrypted. A plain push/pull has no length of its
 * own, so it is decoded as it comes in.
 */

import { bytesEqual, Reader, ShortRead, Writer } from "../../lib/bytes.ts";
import { fail, ok, type Result } from "../../lib/result.ts";
import { decryptPayload, encryptedLength, encryptPayload } from "./cipher.ts";
import {
  MessageType,
  NODE_ENCODED_MAX,
  PUSH_PULL_NODES_MAX,
  STREAM_INFLATED_MAX,
  STREAM_PAYLOAD_MAX,
} from "./codes.ts";
import { compressMessage, readCompressed } from "./compression.ts";
import { type Envelope, outgoingEncryption } from "./envelope.ts";
import { Malformed, malformed } from "./malformed.ts";
import { encodeNodeState, type Message, type NodeState, readMessage, readNodeState } from "./messages.ts";
import { addLabel } from "./packet.ts";
import { Struct } from "./struct.ts";

export interface PushPull {
  readonly type: "pushPull";
  readonly join: boolean;
  readonly nodes: readonly NodeState[];
  readonly userState: Uint8Array;
}

/** A message that may come over a stream. */
export type StreamMessage = PushPull | Extract<Message, { readonly type: "ping" | "ack" | "user" | "error" }>;

const pushPullHeader = new Struct({ nodes: "u32", userStateLen: "u32", join: "bool" });
const userHeader = new Struct({ userMsgLen: "u32" });

/** A push/pull with its type octet. Octets: plan with under 700 a node. */
export function encodePushPull(message: PushPull): Uint8Array {
  const out = new Writer(256 + 128 * message.nodes.length + message.userState.length);
  out.u8(MessageType.PushPull);
  pushPullHeader.encode(out, {
    nodes: message.nodes.length,
    userStateLen: message.userState.length,
    join: message.join,
  });
  for (const node of message.nodes) encodeNodeState(out, node);
  return out.bytes(message.userState).view();
}

/** A user message as it goes over a stream, with its length. */
export function encodeStreamUser(payload: Uint8Array): Uint8Array {
  const out = new Writer(32 + payload.length).u8(MessageType.User);
  userHeader.encode(out, { userMsgLen: payload.length });
  return out.bytes(payload).toBytes();
}

/** Wraps a message for a stream. Only the side that dialed writes the label. */
export function sealStream(envelope: Envelope, message: Uint8Array, dialer: boolean): Uint8Array {
  let bytes = envelope.compress ? compressMessage(message) : message;
  const encryption = outgoingEncryption(envelope);
  if (encryption !== undefined) {
    const head = encryptedHead(encryptedLength(encryption.version, bytes.length));
    const additional = concat(head, envelope.label);
    bytes = concat(head, encryptPayload(encryption.aead, encryption.key, encryption.version, bytes, additional));
  }
  return dialer ? addLabel(envelope.label, bytes) : bytes;
}

function encryptedHead(length: number): Uint8Array {
  return new Writer(5).u8(MessageType.Encrypt).u32(length).toBytes();
}

function concat(a: Uint8Array, b: Uint8Array): Uint8Array {
  const joined = new Uint8Array(a.length + b.length);
  joined.set(a);
  joined.set(b, a.length);
  return joined;
}

export interface StreamFault {
  readonly text: string;
  /** Whether the other side is told (memberlist's error message), or just cut off. */
  readonly tell: boolean;
}

type Phase =
  | { readonly type: "label" | "encryption" | "message" }
  | { readonly type: "nodes"; readonly count: number; readonly userStateLen: number; readonly join: boolean };

/** Decodes the one message of a stream from chunks of any size. */
export class StreamDecoder {
  readonly #envelope: Envelope;
  readonly #nodesMax: number;
  #buffer: Uint8Array = new Uint8Array(0);
  #start = 0;
  #end = 0;
  /** Whether the buffer holds all there is: it was decrypted or decompressed as a whole. */
  #whole = false;
  #phase: Phase;
  readonly #nodes: NodeState[] = [];
  #taken = 0;
  #labelWrong = false;

  /** `dialer`: we dialed, and decode the reply. `nodesMax`: longest list of nodes that is taken. */
  constructor(envelope: Envelope, dialer: boolean, nodesMax: number) {
    this.#envelope = envelope;
    this.#nodesMax = Math.min(nodesMax, PUSH_PULL_NODES_MAX);
    this.#phase = { type: dialer ? "encryption" : "label" };
  }

  /** Octets held at the moment. */
  get buffered(): number {
    return this.#buffer.length;
  }

  /** Takes a chunk; returns the message when it is whole, undefined before. After either end, do not call again. */
  push(chunk: Uint8Array): Result<StreamMessage | undefined, StreamFault> {
    this.#append(chunk);
    try {
      return ok(this.#run());
    } catch (error) {
      if (error instanceof ShortRead) {
        if (this.#whole) return fail({ text: "the message is truncated", tell: true });
        const held = this.#end - this.#start;
        return held > STREAM_PAYLOAD_MAX + NODE_ENCODED_MAX ? fail({ text: "too long", tell: true }) : ok(undefined);
      }
      if (error instanceof Malformed) return fail({ text: error.message, tell: !this.#labelWrong });
      throw error;
    }
  }

  #append(chunk: Uint8Array): void {
    const held = this.#end - this.#start;
    if (this.#end + chunk.length > this.#buffer.length) {
      const grown = new Uint8Array(Math.max(held + chunk.length, Math.min(2 * held, STREAM_PAYLOAD_MAX)));
      grown.set(this.#buffer.subarray(this.#start, this.#end));
      this.#buffer = grown;
      this.#start = 0;
      this.#end = held;
    }
    this.#buffer.set(chunk, this.#end);
    this.#end += chunk.length;
  }

  #replace(whole: Uint8Array): void {
    this.#buffer = whole;
    this.#start = 0;
    this.#end = whole.length;
    this.#whole = true;
  }

  #reader(): Reader {
    return new Reader(this.#buffer, this.#start, this.#end);
  }

  /** Goes through the phases; a ShortRead leaves the phase where it is, to be tried again with more octets. */
  #run(): StreamMessage {
    for (;;) {
      switch (this.#phase.type) {
        case "label":
          this.#readLabel();
          break;
        case "encryption":
          this.#readEncryption();
          break;
        case "message": {
          const message = this.#readMessage();
          if (message !== undefined) return message;
          break;
        }
        case "nodes":
          return this.#readNodes(this.#phase);
        default:
          this.#phase satisfies never;
      }
    }
  }

  #readLabel(): void {
    const reader = this.#reader();
    let label: Uint8Array = new Uint8Array(0);
    if (reader.u8() === MessageType.HasLabel) {
      label = reader.view(reader.u8());
      this.#start = reader.position;
      this.#labelWrong = label.length === 0;
    }
    this.#labelWrong ||= !bytesEqual(label, this.#envelope.label);
    if (this.#labelWrong) malformed("the label is not ours");
    this.#phase = { type: "encryption" };
  }

  #readEncryption(): void {
    const reader = this.#reader();
    const encryption = this.#envelope.encryption;
    const keys = encryption?.keys.keys ?? [];
    if (reader.u8() === MessageType.Encrypt) {
      if (encryption === undefined || keys.length === 0)
        malformed("remote state is encrypted and encryption is not configured");
      const length = reader.u32();
      if (length > STREAM_PAYLOAD_MAX) malformed("the encrypted message is too long");
      const payload = reader.view(length);
      const additional = concat(encryptedHead(length), this.#envelope.label);
      const plain = decryptPayload(encryption.aead, keys, payload, additional);
      if (!plain.ok) malformed(plain.error);
      this.#replace(plain.value);
    } else if (encryption?.verifyIncoming && keys.length > 0) {
      malformed("encryption is configured but remote state is not encrypted");
    }
    this.#phase = { type: "message" };
  }

  /** The message, or undefined when it goes on in the next phase. */
  #readMessage(): StreamMessage | undefined {
    let reader = this.#reader();
    let type = reader.u8();
    if (type === MessageType.Compress) {
      const inflated = readCompressed(reader, STREAM_INFLATED_MAX);
      if (!inflated.ok) return malformed(inflated.error);
      this.#replace(inflated.value);
      reader = this.#reader();
      type = reader.u8();
    }
    switch (type) {
      case MessageType.PushPull: {
        const header = pushPullHeader.decode(reader);
        if (header.nodes > this.#nodesMax) malformed("the push/pull has too many nodes");
        if (header.userStateLen > STREAM_PAYLOAD_MAX) malformed("the user state is too long");
        this.#start = reader.position;
        this.#phase = { type: "nodes", count: header.nodes, userStateLen: header.userStateLen, join: header.join };
        return undefined;
      }
      case MessageType.User: {
        const { userMsgLen } = userHeader.decode(reader);
        if (userMsgLen > STREAM_PAYLOAD_MAX) malformed("the user message is too long");
        return { type: "user", payload: reader.copy(userMsgLen) };
      }
      case MessageType.Ping:
      case MessageType.Ack:
      case MessageType.Error: {
        reader.position--;
        return readMessage(reader) as StreamMessage;
      }
      default:
        return malformed(`message type ${type} is not for streams`);
    }
  }

  #readNodes(phase: Extract<Phase, { readonly type: "nodes" }>): StreamMessage {
    while (this.#taken < phase.count) {
      const reader = this.#reader();
      // Should the node not be whole within its limit, it is not a matter of waiting.
      if (reader.remaining > NODE_ENCODED_MAX) {
        const node = this.#readBounded(reader.sub(NODE_ENCODED_MAX));
        this.#keep(node.state, node.end);
      } else this.#keep(readNodeState(reader), reader.position);
    }
    const userState = this.#reader().copy(phase.userStateLen);
    return { type: "pushPull", join: phase.join, nodes: this.#nodes, userState };
  }

  #readBounded(reader: Reader): { state: NodeState | undefined; end: number } {
    try {
      return { state: readNodeState(reader), end: reader.position };
    } catch (error) {
      if (error instanceof ShortRead) return malformed("a node of the push/pull is too long");
      throw error;
    }
  }

  #keep(node: NodeState | undefined, end: number): void {
    if (node !== undefined) this.#nodes.push(node);
    this.#taken++;
    this.#start = end;
  }
}
