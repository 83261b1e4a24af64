/**
 * Whatever octets a neighbour sends, in every state: the right NOTIFICATION or none, then the connection is closed and
 * nothing more is said on it; nothing throws, and the next attempt works. `SEED=n` runs one seed alone.
 */
import assert from "node:assert/strict";
import { test } from "node:test";
import type { State } from "../../src/bgp/session/index.ts";
import { encodeOpen } from "../../src/bgp/wire/index.ts";
import { toHex } from "../../src/lib/bytes.ts";
import { type Rng, seededRng } from "../../src/lib/rng.ts";
import { concat, endOfRib, keepalive, notification, peerOpen, Rig, refresh } from "../unit/bgp/session/harness.ts";

const STATES: readonly State[] = ["OpenSent", "OpenConfirm", "Established"];
const NAMES = ["", "OPEN", "UPDATE", "NOTIFICATION", "KEEPALIVE", "ROUTE-REFRESH"];
const LENGTH_MIN = [0, 29, 23, 21, 19, 23];

function eachSeed(seeds: number, run: (rng: Rng) => void): void {
  const only = process.env["SEED"];
  for (let seed = 1; seed <= seeds; seed++)
    try {
      if (only === undefined || seed === Number(only)) run(seededRng(seed));
    } catch (error) {
      throw new Error(`SEED=${seed}: ${error instanceof Error ? error.stack : error}`);
    }
}

const below = (rng: Rng, n: number): number => Math.floor(rng() * n);

/** Feeds `bytes` in pieces cut anywhere. */
function feed(rig: Rig, rng: Rng, bytes: Uint8Array): void {
  for (let at = 0; at < bytes.length; ) {
    const end = rng() < 0.5 ? bytes.length : at + 1 + below(rng, 30);
    rig.receive(bytes.slice(at, end));
    at = end;
  }
}

/** What a header alone must be answered with (RFC 4271 section 6.1, RFC 6608), or undefined: the body decides. */
function verdict(state: State, header: Uint8Array): string | undefined {
  if (header.subarray(0, 16).some((octet) => octet !== 0xff)) return "1/1";
  const [high, low, type] = [header[16], header[17], header[18]] as [number, number, number];
  const length = high * 256 + low;
  const badLength = `1/2 ${toHex(header.slice(16, 18))}`;
  if (length < 19 || length > 4096) return badLength;
  if (type < 1 || type > 5) return `1/3 ${toHex(Uint8Array.of(type))}`;
  if (length < (LENGTH_MIN[type] as number) || (type === 4 && length !== 19)) return badLength;
  if (type === 3) return undefined;
  const isExpected = { OpenSent: type === 1, OpenConfirm: type === 4, Established: type !== 1 }[state as "OpenSent"];
  return isExpected ? undefined : `5/${STATES.indexOf(state) + 1} ${toHex(Uint8Array.of(type))}`;
}

/** After the octets: one NOTIFICATION at most, then silence; and a session that can start again. */
function checkEnd(rig: Rig, log: readonly string[]): void {
  const sent = log.filter((line) => line.startsWith("send 1 NOTIFICATION"));
  assert.ok(sent.length <= 1, log.join(", "));
  const closed = log.findIndex((line) => /^(close|abort) 1$/.test(line));
  if (sent.length === 1) assert.equal(log[closed - 1], sent[0]);
  if (closed >= 0) assert.ok(!log.slice(closed).some((line) => line.startsWith("send 1")), log.join(", "));
  rig.input({ type: "ManualStop", subcode: 2, text: "" });
  assert.equal(rig.state, "Idle");
  assert.equal(rig.start().state, "Connect");
}

test("a wrong header gets its code, subcode and data, in every state", () => {
  eachSeed(3_000, (rng) => {
    const state = STATES[below(rng, 3)] as State;
    const rig = new Rig({}, 1).to(state);
    rig.take();
    const header = new Uint8Array(19).fill(0xff);
    if (rng() < 0.2) header[below(rng, 16)] = below(rng, 255);
    header[16] = rng() < 0.9 ? 0 : below(rng, 256);
    header[17] = below(rng, 256);
    header[18] = rng() < 0.8 ? below(rng, 7) : below(rng, 256);
    const length = (header[16] as number) * 256 + (header[17] as number);
    const body = Uint8Array.from({ length: Math.max(0, length - 19) }, () => below(rng, 256));
    feed(rig, rng, concat(header, body));
    const log = rig.take();
    const expected = verdict(state, header);
    if (expected !== undefined) assert.equal(log[0], `send 1 NOTIFICATION ${expected}`, NAMES[header[18] as number]);
    if (expected === undefined && header[18] === 3) assert.ok(!log.some((line) => line.startsWith("send")), log.join());
    checkEnd(rig, log);
  });
});

test("a damaged conversation ends in order, whatever was damaged", () => {
  eachSeed(3_000, (rng) => {
    const state = STATES[below(rng, 3)] as State;
    const rig = new Rig({}, 1).to(state);
    rig.take();
    const parts: Uint8Array[] = state === "OpenSent" ? [encodeOpen(peerOpen()), keepalive()] : [keepalive()];
    for (let i = below(rng, 4); i > 0; i--)
      parts.push(
        [endOfRib(), refresh(), keepalive(), notification(6, 2, [3, 65, 66, 67])][below(rng, 4)] as Uint8Array,
      );
    const bytes = concat(...parts);
    for (let i = below(rng, 4); i > 0; i--) bytes[below(rng, bytes.length)] = below(rng, 256);
    feed(rig, rng, bytes);
    checkEnd(rig, rig.take());
  });
});

test("noise is a connection that is not synchronized", () => {
  eachSeed(1_000, (rng) => {
    const state = STATES[below(rng, 3)] as State;
    const rig = new Rig({}, 1).to(state);
    rig.take();
    const noise = Uint8Array.from({ length: 19 + below(rng, 5000) }, () => below(rng, 256));
    noise[0] = below(rng, 255);
    feed(rig, rng, noise);
    const log = rig.take();
    assert.equal(log[0], "send 1 NOTIFICATION 1/1");
    checkEnd(rig, log);
  });
});
