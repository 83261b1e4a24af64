import { Address } from "../../lib/address.ts";
import { Reader, ShortRead, Writer } from "../../lib/bytes.ts";
import { Prefix, parsePrefix } from "../../lib/prefix.ts";
import { fail, ok, type Result } from "../../lib/result.ts";
import { decodeText, encodeText } from "../wire/msgpack.ts";
import {
  type Digest,
  DRAIN_STATES,
  type MasterFacts,
  type NodeFacts,
  VIP_STATES,
  type VipFacts,
  type VipName,
} from "./state.ts";

/*
 * What gateways say to each other, as user messages and user state of memberlist. All begin alike:
 *
 *     magic f1 48 46 | version 1 | type | length of the sender's name, 1 | name | body
 *
 *     Update  epoch, 6 | seq, 4 | base, 4 | sections      base 0: everything; else what changed since that seq
 *     Fetch   (nothing: send me your Update with base 0)
 *     Ask     count, 2 | { prefix | id, 4 | rank, 1 }
 *     Answer  count, 2 | { prefix | id, 4 | refusal, 1 }
 *
 *     section: tag, 1 | length, 3 | 1 facts, 2 masters, 3 VIPs, 4 VIPs that are gone; others are skipped
 *     prefix:  4 or 6 | its length, 1 | address, 4 or 16
 *
 * A version that adds sections stays 1; one that changes what is there is another version, and is not read.
 * The node meta is magic | version | epoch, 6 | seq, 4.
 */

const MAGIC = [0xf1, 0x48, 0x46] as const;
const VERSION = 1;
const META_LENGTH = 14;

const Type = { Update: 1, Fetch: 2, Ask: 3, Answer: 4 } as const;
const Section = { Facts: 1, Masters: 2, Vips: 3, Gone: 4 } as const;

/** Most of each in one message: who has more tells only these. */
export const VIPS_MAX = 65_536;
const MASTERS_MAX = 1_024;
const CHECKS_DOWN_MAX = 32;
/** Asks or answers in one message. */
export const ASKS_MAX = 1_024;
const TEXT_MAX = 255;

export const REFUSALS = ["none", "not-announcing", "leaving"] as const;

export interface Update extends Digest {
  /** 0: the message says everything. */
  readonly base: number;
  readonly facts?: NodeFacts | undefined;
  readonly masters?: readonly MasterFacts[] | undefined;
  readonly vips: ReadonlyMap<VipName, VipFacts>;
  readonly gone: readonly VipName[];
}

export interface WireAsk {
  readonly vip: VipName;
  readonly id: number;
  readonly rank: number;
}

export interface WireAnswer {
  readonly vip: VipName;
  readonly id: number;
  readonly refusal: "not-announcing" | "leaving" | undefined;
}

export type Body =
  | { readonly type: "update"; readonly update: Update }
  | { readonly type: "fetch" }
  | { readonly type: "ask"; readonly asks: readonly WireAsk[] }
  | { readonly type: "answer"; readonly answers: readonly WireAnswer[] };
export type Message = Body & { readonly from: string };

/** What keeps to the form but not to the limits; never leaves this file. */
class Malformed extends Error {}

export function encodeMessage(from: string, body: Body): Uint8Array {
  const out = new Writer(256);
  for (const octet of MAGIC) out.u8(octet);
  out.u8(VERSION).u8(TYPE_OF[body.type]);
  writeText(out, from);
  switch (body.type) {
    case "update":
      writeUpdate(out, body.update);
      break;
    case "fetch":
      break;
    case "ask":
      out.u16(body.asks.length);
      for (const { vip, id, rank } of body.asks) writePrefix(out, vip).u32(id).u8(rank);
      break;
    case "answer":
      out.u16(body.answers.length);
      for (const { vip, id, refusal } of body.answers)
        writePrefix(out, vip)
          .u32(id)
          .u8(REFUSALS.indexOf(refusal ?? "none"));
      break;
    default:
      body satisfies never;
  }
  return out.toBytes();
}

const TYPE_OF: Readonly<Record<Body["type"], number>> = {
  update: Type.Update,
  fetch: Type.Fetch,
  ask: Type.Ask,
  answer: Type.Answer,
};

/** Whether these octets claim to be one of these messages: others may use the same cluster. */
export function isFleetMessage(bytes: Uint8Array): boolean {
  return bytes.length > MAGIC.length && MAGIC.every((octet, i) => bytes[i] === octet);
}

/** The message in `bytes`, or what is wrong with it. Strings and lists in it are within the limits above. */
export function decodeMessage(bytes: Uint8Array): Result<Message, string> {
  if (!isFleetMessage(bytes)) return fail("not a message of a gateway");
  const version = bytes[MAGIC.length];
  if (version !== VERSION) return fail(`version ${version}`);
  try {
    const reader = new Reader(bytes, MAGIC.length + 1);
    const type = reader.u8();
    const from = readText(reader);
    if (from === "") return fail("no sender");
    const body = readBody(reader, type);
    if (body === undefined) return fail(`type ${type}`);
    if (reader.remaining > 0) return fail(`${reader.remaining} octets too many`);
    return ok({ ...body, from });
  } catch (error) {
    if (error instanceof ShortRead) return fail("too short");
    if (error instanceof Malformed) return fail(error.message);
    throw error;
  }
}

export function encodeMeta({ epoch, seq }: Digest): Uint8Array {
  const out = new Writer(META_LENGTH);
  for (const octet of MAGIC) out.u8(octet);
  return writeDigest(out.u8(VERSION), epoch, seq).toBytes();
}

/** Undefined: the node is no gateway of ours, or of another version. */
export function decodeMeta(meta: Uint8Array): Digest | undefined {
  if (meta.length !== META_LENGTH || !isFleetMessage(meta) || meta[MAGIC.length] !== VERSION) return undefined;
  return readDigest(new Reader(meta, MAGIC.length + 1));
}

function writeDigest(out: Writer, epoch: number, seq: number): Writer {
  return out
    .u16(Math.floor(epoch / 2 ** 32))
    .u32(epoch % 2 ** 32)
    .u32(seq);
}

function readDigest(reader: Reader): Digest {
  const epoch = reader.u16() * 2 ** 32 + reader.u32();
  return { epoch, seq: reader.u32() };
}

function writeUpdate(out: Writer, { epoch, seq, base, facts, masters, vips, gone }: Update): void {
  writeDigest(out, epoch, seq).u32(base);
  if (facts !== undefined) section(out, Section.Facts, (part) => writeFacts(part, facts));
  if (masters !== undefined)
    section(out, Section.Masters, (part) => {
      const told = masters.slice(0, MASTERS_MAX);
      part.u16(told.length);
      for (const master of told) writeMaster(part, master);
    });
  if (vips.size > 0)
    section(out, Section.Vips, (part) => {
      part.u24(Math.min(vips.size, VIPS_MAX));
      let left = VIPS_MAX;
      for (const [vip, facts_] of vips) if (left-- > 0) writeVip(part, vip, facts_);
    });
  if (gone.length > 0)
    section(out, Section.Gone, (part) => {
      part.u24(gone.length);
      for (const vip of gone) writePrefix(part, vip);
    });
}

function section(out: Writer, tag: number, write: (part: Writer) => void): void {
  const part = new Writer(256);
  write(part);
  out.u8(tag).u24(part.length).bytes(part.view());
}

function readBody(reader: Reader, type: number): Body | undefined {
  switch (type) {
    case Type.Update:
      return { type: "update", update: readUpdate(reader) };
    case Type.Fetch:
      return { type: "fetch" };
    case Type.Ask:
      return {
        type: "ask",
        asks: readList(reader, reader.u16(), ASKS_MAX, () => ({
          vip: readPrefix(reader),
          id: reader.u32(),
          rank: reader.u8(),
        })),
      };
    case Type.Answer:
      return { type: "answer", answers: readList(reader, reader.u16(), ASKS_MAX, () => readAnswer(reader)) };
    default:
      return undefined;
  }
}

function readAnswer(reader: Reader): WireAnswer {
  const vip = readPrefix(reader);
  const id = reader.u32();
  const refusal = REFUSALS[reader.u8()] ?? "leaving"; // a reason that this version does not know
  return { vip, id, refusal: refusal === "none" ? undefined : refusal };
}

function readUpdate(reader: Reader): Update {
  const digest = readDigest(reader);
  const base = reader.u32();
  let facts: NodeFacts | undefined;
  let masters: readonly MasterFacts[] | undefined;
  const vips = new Map<VipName, VipFacts>();
  let gone: readonly VipName[] = [];
  while (reader.remaining > 0) {
    const tag = reader.u8();
    const part = reader.sub(reader.u24());
    if (tag === Section.Facts) facts = readFacts(part);
    else if (tag === Section.Masters) masters = readList(part, part.u16(), MASTERS_MAX, () => readMaster(part));
    else if (tag === Section.Vips)
      for (const [vip, vipFacts] of readList(part, part.u24(), VIPS_MAX, () => readVip(part))) vips.set(vip, vipFacts);
    else if (tag === Section.Gone) gone = readList(part, part.u24(), VIPS_MAX, () => readPrefix(part));
  }
  return { ...digest, base, facts, masters, vips, gone };
}

/** Reads one after the other, so that a count that lies ends at the end of the octets. */
function readList<T>(_reader: Reader, count: number, max: number, read: () => T): T[] {
  if (count > max) throw new Malformed(`${count} entries, at most ${max}`);
  const items: T[] = [];
  for (let i = 0; i < count; i++) items.push(read());
  return items;
}

function writeFacts(out: Writer, { version, startedAt, sessions, drain, drainSince, checksDown }: NodeFacts): void {
  writeText(out, version);
  out.u32(startedAt).u32(sessions).u8(DRAIN_STATES.indexOf(drain)).u32(drainSince);
  const told = checksDown.slice(0, CHECKS_DOWN_MAX);
  out.u8(told.length);
  for (const name of told) writeText(out, name);
}

function readFacts(reader: Reader): NodeFacts {
  return {
    version: readText(reader),
    startedAt: reader.u32(),
    sessions: reader.u32(),
    drain: DRAIN_STATES[reader.u8()] ?? "none",
    drainSince: reader.u32(),
    checksDown: readList(reader, reader.u8(), CHECKS_DOWN_MAX, () => readText(reader)),
  };
}

function writeMaster(out: Writer, master: MasterFacts): void {
  writeText(out, master.name);
  out.u8(master.family).u8(master.virtualRouterId);
  writeText(out, master.segment);
  writeText(out, master.address);
  out.u32(master.since);
}

function readMaster(reader: Reader): MasterFacts {
  const name = readText(reader);
  const family = reader.u8();
  if (family !== 4 && family !== 6) throw new Malformed(`a virtual router of IPv${family}`);
  return {
    name,
    family,
    virtualRouterId: reader.u8(),
    segment: readText(reader),
    address: readText(reader),
    since: reader.u32(),
  };
}

const LEAVING = 0x80;
const STATE = 0x0f;

function writeVip(out: Writer, vip: VipName, { state, since, isLeaving, minAnnouncers }: VipFacts): void {
  writePrefix(out, vip)
    .u8(VIP_STATES.indexOf(state) | (isLeaving ? LEAVING : 0))
    .u8(minAnnouncers)
    .u32(since);
}

function readVip(reader: Reader): [VipName, VipFacts] {
  const vip = readPrefix(reader);
  const flags = reader.u8();
  const state = VIP_STATES[flags & STATE] ?? "withdrawn"; // one that this version does not know counts for nothing
  return [vip, { state, isLeaving: (flags & LEAVING) !== 0, minAnnouncers: reader.u8(), since: reader.u32() }];
}

/** `vip` is a prefix as the configuration wrote it. */
function writePrefix(out: Writer, vip: VipName): Writer {
  const { address, length } = parsePrefix(vip) as Prefix;
  return out.u8(address.version).u8(length).bytes(address.toBytes());
}

function readPrefix(reader: Reader): VipName {
  const family = reader.u8();
  const length = reader.u8();
  if ((family !== 4 && family !== 6) || length > (family === 4 ? 32 : 128))
    throw new Malformed(`a prefix of IPv${family} and length ${length}`);
  return new Prefix(Address.fromBytes(reader.view(family === 4 ? 4 : 16)), length).toString();
}

/** Cut to what fits; a character is never cut in two. */
function writeText(out: Writer, text: string): void {
  let bytes = encodeText(text);
  for (let cut = text; bytes.length > TEXT_MAX; bytes = encodeText(cut)) cut = cut.slice(0, -1);
  out.u8(bytes.length).bytes(bytes);
}

function readText(reader: Reader): string {
  const text = decodeText(reader.view(reader.u8()));
  // What is shown on terminals and in logs must not steer them.
  return text.replace(/\p{Cc}/gu, "\u{fffd}");
}
