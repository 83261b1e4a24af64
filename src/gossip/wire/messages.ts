import { Address } from "../../lib/address.ts";
import { Reader, Writer } from "../../lib/bytes.ts";
import type { Result } from "../../lib/result.ts";
import { META_RECEIVED_MAX, type MemberState, MessageType, NAME_MAX, WIRE_STATES } from "./codes.ts";
import { attempt, malformed } from "./malformed.ts";
import { Struct } from "./struct.ts";

/** Where a node listens, for packets and for streams. */
export interface Endpoint {
  readonly address: Address;
  readonly port: number;
}

/** Protocol and delegate versions that a node speaks (min, max) and uses (current): the wire's `Vsn`. */
export interface Versions {
  readonly protocolMin: number;
  readonly protocolMax: number;
  readonly protocol: number;
  readonly delegateMin: number;
  readonly delegateMax: number;
  readonly delegate: number;
}

/** What a gossiped `alive` and an entry of a push/pull have in common. `versions` is undefined when there was no Vsn. */
export interface NodeClaim {
  readonly node: string;
  readonly endpoint: Endpoint;
  readonly incarnation: number;
  readonly meta: Uint8Array;
  readonly versions: Versions | undefined;
}

export interface Ping {
  readonly type: "ping";
  readonly seqNo: number;
  /** Whom the sender believes to ping; "" when it does not say. */
  readonly node: string;
  /** Where to send the ack when not to the packet's source, and who asks. */
  readonly source?: { readonly endpoint: Endpoint; readonly node: string } | undefined;
}

export interface IndirectPing {
  readonly type: "indirectPing";
  readonly seqNo: number;
  readonly target: Endpoint;
  readonly node: string;
  /** Whether the sender wants a nack when the target does not answer the relay. */
  readonly nack: boolean;
  readonly source?: { readonly endpoint: Endpoint; readonly node: string } | undefined;
}

export type Message =
  | Ping
  | IndirectPing
  | { readonly type: "ack"; readonly seqNo: number; readonly payload: Uint8Array }
  | { readonly type: "nack"; readonly seqNo: number }
  | { readonly type: "suspect" | "dead"; readonly incarnation: number; readonly node: string; readonly from: string }
  | ({ readonly type: "alive" } & NodeClaim)
  | { readonly type: "user"; readonly payload: Uint8Array }
  | { readonly type: "error"; readonly error: string };

/** A node in a push/pull. */
export type NodeState = NodeClaim & { readonly state: MemberState };

const source = { sourceAddr: "octets?", sourcePort: "u16?", sourceNode: "text?" } as const;
const ping = new Struct({ seqNo: "u32", node: "text", ...source });
const indirectPing = new Struct({
  seqNo: "u32",
  target: "octets",
  port: "u16",
  node: "text",
  nack: "bool",
  ...source,
});
const ack = new Struct({ seqNo: "u32", payload: "octets" });
const nack = new Struct({ seqNo: "u32" });
const accusation = new Struct({ incarnation: "u32", node: "text", from: "text" });
const alive = new Struct({
  incarnation: "u32",
  node: "text",
  addr: "octets",
  port: "u16",
  meta: "octets",
  vsn: "octets",
});
const errorResponse = new Struct({ error: "text" });
const nodeState = new Struct({
  name: "text",
  addr: "octets",
  port: "u16",
  meta: "octets",
  incarnation: "u32",
  state: "u32",
  vsn: "octets",
});

// Every message is written here first: a buffer of its own for each costs more than the writing.
const scratch = new Writer(2048);

/** Encodes one message with its type octet. */
export function encodeMessage(message: Message): Uint8Array {
  const out = message.type === "user" ? new Writer(message.payload.length + 1) : scratch;
  out.reset();
  switch (message.type) {
    case "ping":
      ping.encode(out.u8(MessageType.Ping), { seqNo: message.seqNo, node: message.node, ...sourceOut(message.source) });
      break;
    case "indirectPing":
      indirectPing.encode(out.u8(MessageType.IndirectPing), {
        seqNo: message.seqNo,
        target: message.target.address.toBytes(),
        port: message.target.port,
        node: message.node,
        nack: message.nack,
        ...sourceOut(message.source),
      });
      break;
    case "ack":
      ack.encode(out.u8(MessageType.Ack), message);
      break;
    case "nack":
      nack.encode(out.u8(MessageType.Nack), message);
      break;
    case "suspect":
      accusation.encode(out.u8(MessageType.Suspect), message);
      break;
    case "dead":
      accusation.encode(out.u8(MessageType.Dead), message);
      break;
    case "alive":
      alive.encode(out.u8(MessageType.Alive), { node: message.node, ...claimOut(message) });
      break;
    case "user":
      out.u8(MessageType.User).bytes(message.payload);
      break;
    case "error":
      errorResponse.encode(out.u8(MessageType.Error), message);
      break;
    default:
      message satisfies never;
  }
  return out.toBytes();
}

/**
 * Decodes one plain message: not a compound, not a wrapper, not a push/pull. Octets after it are ignored, as memberlist
 * does. Names, addresses and versions are checked, so what comes out can be believed in form.
 */
export function decodeMessage(bytes: Uint8Array): Result<Message, string> {
  return attempt(() => readMessage(new Reader(bytes)));
}

/** As {@link decodeMessage}, from a reader that stands on the type octet; throws Malformed or ShortRead. */
export function readMessage(reader: Reader): Message {
  const type = reader.u8();
  switch (type) {
    case MessageType.Ping: {
      const { seqNo, node, ...from } = ping.decode(reader);
      return { type: "ping", seqNo, node: node === "" ? "" : checkName(node), source: sourceIn(from) };
    }
    case MessageType.IndirectPing: {
      const { seqNo, target, port, node, nack, ...from } = indirectPing.decode(reader);
      return { type: "indirectPing", seqNo, target: endpointIn(target, port), node, nack, source: sourceIn(from) };
    }
    case MessageType.Ack:
      return { type: "ack", ...ack.decode(reader) };
    case MessageType.Nack:
      return { type: "nack", ...nack.decode(reader) };
    case MessageType.Suspect:
      return { type: "suspect", ...readAccusation(reader) };
    case MessageType.Dead:
      return { type: "dead", ...readAccusation(reader) };
    case MessageType.Alive: {
      const { node, ...rest } = alive.decode(reader);
      return { type: "alive", ...claimIn(node, rest) };
    }
    case MessageType.User:
      return { type: "user", payload: reader.copy(reader.remaining) };
    case MessageType.Error:
      return { type: "error", ...errorResponse.decode(reader) };
    default:
      return malformed(`message type ${type} is not supported here`);
  }
}

/** Appends a node of a push/pull (no type octet). */
export function encodeNodeState(out: Writer, node: NodeState): void {
  nodeState.encode(out, { name: node.node, state: WIRE_STATES.indexOf(node.state), ...claimOut(node) });
}

/**
 * Reads a node of a push/pull. ShortRead or Malformed when its end cannot be found; undefined when it was read whole
 * but cannot be believed (no name, no address, unknown state): one bad entry must not hide the rest of a cluster.
 */
export function readNodeState(reader: Reader): NodeState | undefined {
  const { name, state, ...rest } = nodeState.decode(reader);
  const claim = attempt(() => claimIn(name, rest));
  const known = WIRE_STATES[state];
  return claim.ok && known !== undefined ? { ...claim.value, state: known } : undefined;
}

/** Whether a node may be called so: not empty, not long, no control characters (names end up in logs), proper UTF-8. */
export function isValidName(name: string): boolean {
  if (name.length === 0 || name.length > NAME_MAX) return false;
  for (let i = 0; i < name.length; i++) {
    const unit = name.charCodeAt(i);
    if (unit < 0x20 || unit === 0x7f || unit === 0xfffd) return false;
  }
  return true;
}

function checkName(name: string): string {
  return isValidName(name) ? name : malformed("a node name is empty, too long or not text");
}

function readAccusation(reader: Reader): { incarnation: number; node: string; from: string } {
  const { incarnation, node, from } = accusation.decode(reader);
  return { incarnation, node: checkName(node), from: from === "" ? "" : checkName(from) };
}

interface ClaimFields {
  addr: Uint8Array;
  port: number;
  meta: Uint8Array;
  incarnation: number;
  vsn: Uint8Array;
}

function claimOut(claim: NodeClaim): ClaimFields {
  const v = claim.versions;
  return {
    addr: claim.endpoint.address.toBytes(),
    port: claim.endpoint.port,
    meta: claim.meta,
    incarnation: claim.incarnation,
    vsn: Uint8Array.from(
      v === undefined ? [] : [v.protocolMin, v.protocolMax, v.protocol, v.delegateMin, v.delegateMax, v.delegate],
    ),
  };
}

function claimIn(node: string, fields: ClaimFields): NodeClaim {
  if (fields.meta.length > META_RECEIVED_MAX) malformed("node meta is too long");
  return {
    node: checkName(node),
    endpoint: endpointIn(fields.addr, fields.port),
    incarnation: fields.incarnation,
    meta: fields.meta,
    versions: versionsIn(fields.vsn),
  };
}

/** No Vsn at all is an old peer's right; one of a wrong length or an empty protocol range is malformed. */
function versionsIn(vsn: Uint8Array): Versions | undefined {
  if (vsn.length === 0) return undefined;
  if (vsn.length < 6) return malformed("Vsn is too short");
  const [protocolMin, protocolMax, protocol, delegateMin, delegateMax, delegate] = vsn as unknown as SixNumbers;
  if (protocolMin === 0 || protocolMax === 0 || protocolMin > protocolMax) malformed("Vsn has no protocol range");
  return { protocolMin, protocolMax, protocol, delegateMin, delegateMax, delegate };
}
type SixNumbers = [number, number, number, number, number, number];

/** Addr and Port. Go keeps some IPv4 addresses in 16 octets (::ffff:a.b.c.d): they are the same to us. */
function endpointIn(addr: Uint8Array, port: number): Endpoint {
  if ((addr.length !== 4 && addr.length !== 16) || port === 0) malformed("a node has no usable address");
  const address = Address.fromBytes(addr);
  const mapped = address.version === 6 && address.w0 === 0 && address.w1 === 0 && address.w2 === 0xffff;
  return { address: mapped ? new Address(4, address.w3) : address, port };
}

interface SourceFields {
  sourceAddr: Uint8Array;
  sourcePort: number;
  sourceNode: string;
}

function sourceOut(from: Ping["source"]): SourceFields {
  return {
    sourceAddr: from?.endpoint.address.toBytes() ?? new Uint8Array(0),
    sourcePort: from?.endpoint.port ?? 0,
    sourceNode: from?.node ?? "",
  };
}

function sourceIn(fields: SourceFields): Ping["source"] {
  if (fields.sourceAddr.length === 0 || fields.sourcePort === 0) return undefined;
  return { endpoint: endpointIn(fields.sourceAddr, fields.sourcePort), node: fields.sourceNode };
}
