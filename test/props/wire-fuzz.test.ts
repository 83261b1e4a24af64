/**
 * Mutated messages of every type through framer and decoders: nothing may throw, and what reaches the sink must be sound.
 * `FUZZ_COUNT` messages (default a million) from seed `SEED` (default drawn and printed). What mutates is drawn from
 * messages that the writer made for several kinds of session, from OPENs, and from the vectors.
 */
import assert from "node:assert/strict";
import { it } from "node:test";
import fc from "fast-check";
import {
  buildAttributes,
  type CanonicalAttributes,
  decodeNotification,
  decodeOpen,
  decodeRouteRefresh,
  describeNotification,
  encodeOpen,
  FAMILY_SPECS,
  type Family,
  type Frame,
  Framer,
  formatAttributes,
  MessageType,
  type Negotiated,
  type NlriBatch,
  parseAttributes,
  shutdownText,
  UpdateDecoder,
  type UpdateSink,
  UpdateWriter,
} from "../../src/bgp/wire/index.ts";
import { fromHex, toHex } from "../../src/lib/bytes.ts";
import { maskWord } from "../../src/lib/prefix.ts";
import { type Rng, seededRng } from "../../src/lib/rng.ts";
import { sessionOf, VECTORS } from "../unit/bgp/wire/vectors.ts";
import { attributesFor, openMessage, routesFor, symmetricSession } from "./wire-arbitraries.ts";
import { mutate } from "./wire-mutator.ts";

const COUNT = Number(process.env["FUZZ_COUNT"] ?? 1_000_000);
const SEED = Number(process.env["SEED"] ?? Math.floor(Math.random() * 2 ** 31));
/** Of announcements that reach the sink, one in so many is parsed and written again: that is slow. */
const DEEP_EVERY = 16;
const MESSAGES_PER_SESSION = 150;
const SESSIONS = 8;

const sampled = <T>(arbitrary: fc.Arbitrary<T>, seed: number, count: number): T[] =>
  fc.sample(arbitrary, { seed, numRuns: count });

/** Checks everything it is told, and remembers whether it was told anything. */
class CheckingSink implements UpdateSink {
  calls = 0;
  reached = 0;
  readonly #session: Negotiated;
  readonly #writer: UpdateWriter;

  constructor(session: Negotiated) {
    this.#session = session;
    this.#writer = new UpdateWriter(session);
  }

  withdraw(family: Family, prefixes: NlriBatch): void {
    this.calls++;
    checkPrefixes(family, prefixes);
  }

  reach(family: Family, prefixes: NlriBatch, attributes: CanonicalAttributes): void {
    this.calls++;
    checkPrefixes(family, prefixes);
    if (this.reached++ % DEEP_EVERY !== 0) return;
    const { bytes, length } = attributes;
    const parsed = parseAttributes(bytes, 0, length);
    formatAttributes(parsed);
    // AIGP's further TLVs are the one thing that an object does not hold.
    if (parsed.aigp === undefined && !parsed.unknown.some(({ type }) => type === 26) && !hasAigp(bytes, length))
      assert.equal(toHex(buildAttributes(parsed)), toHex(bytes.subarray(0, length)), "canonical form is unique");
    this.#checkWritten(family, attributes);
  }

  /** What was decoded can be written, and reads the same again. */
  #checkWritten(family: Family, { bytes, length }: CanonicalAttributes): void {
    if (!this.#writer.beginReach(family, bytes, 0, length)) return;
    this.#writer.add(0x0a000000, 0, 0, 0, 8, 1);
    this.#writer.end();
    const message = this.#writer.take();
    const again: string[] = [];
    const decoder = new UpdateDecoder(this.#session, { treatAsWithdraw: true, loopbackNextHop: true });
    decoder.decode(message, 19, message.length, {
      reach: (_family, _prefixes, a) => again.push(toHex(a.bytes.subarray(0, a.length))),
      withdraw: () => {},
      endOfRib: () => {},
    });
    // Wide numbers in confederations are lost on 2-octet sessions (RFC 6793 section 3).
    const lossy = !this.#session.fourOctetAs && this.#session.peerType === "internal";
    if (!lossy) assert.deepEqual(again, [toHex(bytes.subarray(0, length))], "written and read again");
  }

  endOfRib(): void {
    this.calls++;
  }
}

function hasAigp(bytes: Uint8Array, length: number): boolean {
  return parseAttributes(bytes, 0, length).aigp !== undefined || toHex(bytes.subarray(0, length)).includes("801a");
}

function checkPrefixes(family: Family, batch: NlriBatch): void {
  const bits = FAMILY_SPECS[family].addressBits;
  assert.ok(batch.count > 0);
  for (let i = 0; i < batch.count; i++) {
    const length = batch.length[i] as number;
    if (length > bits || ((batch.w0[i] as number) & ~maskWord(length)) !== 0) assert.fail("a prefix is not sound");
  }
}

interface Target {
  readonly session: Negotiated;
  readonly decoder: UpdateDecoder;
  readonly sink: CheckingSink;
  readonly messages: readonly Uint8Array[];
}

function makeTargets(): Target[] {
  const target = (session: Negotiated, messages: readonly Uint8Array[]): Target => ({
    session,
    decoder: new UpdateDecoder(session, { treatAsWithdraw: true, loopbackNextHop: true }),
    sink: new CheckingSink(session),
    messages,
  });
  const sessions = sampled(symmetricSession, SEED, SESSIONS);
  const made = sessions.map((session, i) => target(session, updatesFor(session, SEED + i)));
  const opens = sampled(openMessage, SEED, MESSAGES_PER_SESSION).map(encodeOpen);
  const first = made[0] as Target;
  return [
    ...made,
    { ...first, messages: opens },
    ...VECTORS.map((vector) => target(sessionOf(vector), [fromHex(vector.hex)])),
  ];
}

/** Messages as this session may carry them, of at most a few hundred octets: long ones only make the run slow. */
function updatesFor(session: Negotiated, seed: number): Uint8Array[] {
  const writer = new UpdateWriter(session);
  const made: Uint8Array[] = [];
  for (const family of session.families) {
    const attributes = sampled(attributesFor(session, family), seed, 2 * MESSAGES_PER_SESSION);
    const routes = sampled(routesFor(family, 8), seed, 2 * MESSAGES_PER_SESSION);
    attributes.forEach((a, i) => {
      const canonical = buildAttributes(a);
      if (canonical.length > 400 || !writer.beginReach(family.family, canonical, 0, canonical.length)) return;
      for (const { words, length, pathId } of routes[i] ?? []) writer.add(...words, length, pathId);
      writer.end();
      made.push(writer.take());
    });
  }
  return made;
}

const tally = new Map<string, number>();
function count(what: string): void {
  tally.set(what, (tally.get(what) ?? 0) + 1);
}

function decodeFrame(frame: Frame, { decoder, sink }: Target): void {
  const { messageType, bytes, start, end } = frame;
  switch (messageType) {
    case MessageType.Open:
      count(decodeOpen(bytes, start, end).ok ? "open ok" : "open refused");
      return;
    case MessageType.Notification: {
      const error = decodeNotification(bytes, start, end);
      describeNotification(error);
      shutdownText(error);
      count("notification");
      return;
    }
    case MessageType.RouteRefresh:
      count(decodeRouteRefresh(bytes, start, end).ok ? "refresh ok" : "refresh refused");
      return;
    case MessageType.Update: {
      const before = sink.calls;
      const { type } = decoder.decode(bytes, start, end, sink);
      if (type === "reset") assert.equal(sink.calls, before, "nothing of a message that resets reaches the sink");
      count(`update ${type}`);
      return;
    }
    case MessageType.Keepalive:
      count("keepalive");
      return;
    default:
      messageType satisfies never;
  }
}

/** Gives a stream in one or two chunks to a new framer and decodes what comes out. */
function feed(stream: Uint8Array, target: Target, rng: Rng): void {
  const framer = new Framer();
  framer.lengthMax = target.session.receiveLengthMax;
  const cut = rng() < 0.1 ? Math.floor(rng() * stream.length) : stream.length;
  for (const chunk of [stream.subarray(0, cut), stream.subarray(cut)]) {
    framer.push(chunk);
    for (let frame = framer.next(); frame !== undefined; frame = framer.next()) {
      if (frame.type === "error") {
        count("framing error");
        return;
      }
      decodeFrame(frame, target);
    }
  }
}

it(`${COUNT} mutated messages throw nothing (SEED=${SEED})`, () => {
  const rng = seededRng(SEED);
  const targets = makeTargets();
  for (let i = 0; i < COUNT; i++) {
    // Sessions with their UPDATEs stand first; half of all messages are theirs.
    const target = targets[Math.floor(rng() * (rng() < 0.4 ? SESSIONS : targets.length))] as Target;
    const draw = () => target.messages[Math.floor(rng() * target.messages.length)] as Uint8Array;
    const stream = mutate(draw(), draw(), rng);
    try {
      feed(stream, target, rng);
    } catch (error) {
      throw new Error(`message ${i} of SEED=${SEED} in ${JSON.stringify(target.session)}: ${toHex(stream)}`, {
        cause: error,
      });
    }
  }
  console.log(`SEED=${SEED}: ${[...tally].map(([what, n]) => `${n} ${what}`).join(", ")}`);
  // Each way through the decoders was taken: else the mutations are too wild, or too tame.
  const ways = [
    "update ok",
    "update discard",
    "update withdraw",
    "update reset",
    "open ok",
    "open refused",
    "notification",
  ];
  if (COUNT >= 100_000) for (const way of ways) assert.ok((tally.get(way) ?? 0) > COUNT / 1000, way);
});
