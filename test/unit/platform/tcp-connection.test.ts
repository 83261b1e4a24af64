import assert from "node:assert/strict";
import { createHash } from "node:crypto";
import { connect as netConnect } from "node:net";
import { test } from "node:test";
import { OUTSTANDING_MAX, SEND_LOW_WATER } from "../../../src/platform/index.ts";
import { bytesOf, connected, listenOn, Recorder, until } from "./harness.ts";

const MEGABYTE = 1_048_576;

test("octets and both ends' addresses arrive on either side", async (t) => {
  const server = listenOn(t);
  const client = await connected(t, { port: server.port });
  const accepted = await server.take();
  client.connection.send(bytesOf("to the listener"));
  accepted.connection.send(bytesOf("to the connector"));
  await until(() => client.length === 16 && accepted.length === 15, "both got all");
  assert.equal(accepted.text, "to the listener");
  assert.equal(client.text, "to the connector");
  assert.equal(`${client.connection}`, `127.0.0.1 port ${server.port}`);
  assert.equal(`${accepted.connection.remote}`, "127.0.0.1");
  assert.equal(accepted.connection.remotePort, client.connection.localPort);
});

test("a send is reported once the kernel has taken it, also when it took it at once", async (t) => {
  const server = listenOn(t);
  const client = await connected(t, { port: server.port });
  client.connection.send(bytesOf("one"));
  client.connection.send(bytesOf("two"));
  assert.deepEqual(client.sentReports, [], "never during the call");
  await until(() => client.sentReports.length > 0, "sent is told");
  assert.equal(client.sentReports.at(-1), 0);
});

test("a reader that pauses slows the sender down; 10 MB arrive uncorrupted", async (t) => {
  const server = listenOn(t);
  const client = await connected(t, { port: server.port });
  const accepted = await server.take();
  accepted.connection.pause();
  const hash = createHash("sha256");
  for (let i = 0; i < 160; i++) {
    const bytes = new Uint8Array(65_536).map((_, at) => (i * 31 + at * 7 + (at >> 8)) & 255);
    hash.update(bytes);
    client.connection.send(bytes);
  }
  const reports = () => client.sentReports.length;
  const stuckAt = client.connection.outstanding;
  assert(stuckAt > 2 * MEGABYTE, `the kernel took too much to prove anything: ${stuckAt} octets wait`);
  // The next report can come only from the kernel's buffers filling: let them, then nothing moves any more.
  let before = -1;
  while (before !== client.connection.outstanding) {
    before = client.connection.outstanding;
    await new Promise((resolve) => setTimeout(resolve, 50));
  }
  assert.equal(accepted.length, 0, "nothing is read while paused");
  assert.equal(client.drainedCount, 0);
  const reportsBefore = reports();
  while (accepted.length < 160 * 65_536) {
    accepted.connection.resume();
    const seen = accepted.length;
    await until(() => accepted.length > seen, "more arrives after resume");
    accepted.connection.pause();
  }
  assert.equal(createHash("sha256").update(Buffer.concat(accepted.chunks)).digest("hex"), hash.digest("hex"));
  await until(() => client.connection.outstanding === 0, "everything is out");
  assert(reports() > reportsBefore, "progress is told");
  assert.equal(client.drainedCount, 1, "asked for more once");
});

test("drained is told when what waits falls below the low-water mark, and only after it was above", async (t) => {
  const server = listenOn(t);
  const client = await connected(t, { port: server.port });
  const accepted = await server.take();
  client.connection.send(new Uint8Array(SEND_LOW_WATER - 1));
  await until(() => accepted.length === SEND_LOW_WATER - 1, "the first part is there");
  assert.equal(client.drainedCount, 0);
  accepted.connection.pause();
  while (client.connection.outstanding < 2 * SEND_LOW_WATER) client.connection.send(new Uint8Array(MEGABYTE));
  accepted.connection.resume();
  await until(() => client.drainedCount === 1, "drained");
  assert(client.connection.outstanding < SEND_LOW_WATER);
});

test("a sender that ignores back-pressure loses its connection, not the process's memory", async (t) => {
  const server = listenOn(t);
  const client = await connected(t, { port: server.port });
  const accepted = await server.take();
  accepted.connection.pause();
  const chunk = new Uint8Array(4 * MEGABYTE);
  while (client.connection.outstanding <= OUTSTANDING_MAX) client.connection.send(chunk);
  assert.equal((await client.untilClosed()).cause, "overflow");
});

test("a busy connection gives the event loop a turn every 256 KiB", async (t) => {
  const server = listenOn(t);
  const client = await connected(t, { port: server.port });
  const accepted = await server.take();
  let inThisTurn = 0;
  let mostInATurn = 0;
  let counting = true;
  const countTurns = () => {
    inThisTurn = 0;
    if (counting) setImmediate(countTurns);
  };
  countTurns();
  const received = accepted.received.bind(accepted);
  accepted.received = (bytes) => {
    received(bytes);
    inThisTurn += bytes.length;
    mostInATurn = Math.max(mostInATurn, inThisTurn);
  };
  accepted.connection.pause();
  for (let i = 0; i < 16; i++) client.connection.send(new Uint8Array(MEGABYTE));
  accepted.connection.resume();
  await until(() => accepted.length === 16 * MEGABYTE, "all of it");
  counting = false;
  assert(mostInATurn <= 262_144 + 65_536, `${mostInATurn} octets in one turn`);
});

test("closeAfterFlush delivers everything that was sent before it, then FIN", async (t) => {
  const server = listenOn(t);
  const client = await connected(t, { port: server.port });
  const accepted = await server.take();
  accepted.connection.pause();
  client.connection.send(new Uint8Array(8 * MEGABYTE).fill(1));
  client.connection.send(bytesOf("the last words"));
  client.connection.closeAfterFlush(5_000);
  client.connection.send(bytesOf("too late"));
  accepted.connection.resume();
  assert.deepEqual(await accepted.untilClosed(), {
    cause: "peer-closed",
    text: "the neighbour closed the connection",
  });
  assert.equal(accepted.length, 8 * MEGABYTE + 14);
  assert.equal(
    Buffer.from(accepted.chunks.at(-1) as Uint8Array)
      .toString()
      .slice(-14),
    "the last words",
  );
  assert.equal((await client.untilClosed()).cause, "local");
});

test("a close does not reset the connection over octets that were never read", async (t) => {
  const server = listenOn(t);
  const client = await connected(t, { port: server.port });
  const accepted = await server.take();
  client.connection.pause();
  accepted.connection.send(new Uint8Array(MEGABYTE));
  await until(() => accepted.sentReports.at(-1) === 0 || accepted.connection.outstanding < MEGABYTE, "octets wait");
  client.connection.send(bytesOf("notification"));
  client.connection.closeAfterFlush(5_000);
  assert.equal((await accepted.untilClosed()).cause, "peer-closed");
  assert.equal(accepted.text, "notification");
  assert.equal(client.length, 0, "what arrives after the close is thrown away");
  const began = performance.now();
  assert.equal((await client.untilClosed()).cause, "local");
  assert(performance.now() - began < 4_000, "the neighbour's FIN is seen behind what was never read");
});

test("a close to a peer that reads nothing ends by the timeout", async (t) => {
  const server = listenOn(t);
  const client = await connected(t, { port: server.port });
  (await server.take()).connection.pause();
  client.connection.send(new Uint8Array(16 * MEGABYTE));
  const began = performance.now();
  client.connection.closeAfterFlush(100);
  assert.equal((await client.untilClosed()).cause, "local");
  const took = performance.now() - began;
  assert(took >= 99 && took < 8_000, `closed after ${took} ms`);
});

test("a close to a peer that keeps its side open ends by the timeout", async (t) => {
  const server = listenOn(t);
  const peer = netConnect({ port: server.port, host: "127.0.0.1", allowHalfOpen: true });
  t.after(() => peer.destroy());
  const accepted = await server.take();
  accepted.connection.closeAfterFlush(50);
  assert.equal((await accepted.untilClosed()).cause, "local");
});

test("the end is told exactly once, however many things go wrong", async (t) => {
  const server = listenOn(t);
  const client = await connected(t, { port: server.port });
  const accepted = await server.take();
  client.connection.destroy();
  client.connection.destroy();
  client.connection.closeAfterFlush(10);
  accepted.connection.closeAfterFlush(10);
  await Promise.all([client.untilClosed(), accepted.untilClosed()]);
  await new Promise((resolve) => setTimeout(resolve, 30)); // past the timeouts of both
  assert.equal(client.closes.length, 1);
  assert.equal(accepted.closes.length, 1);
});

test("a reset is told as one", async (t) => {
  const server = listenOn(t);
  const peer = netConnect({ port: server.port, host: "127.0.0.1" });
  const accepted = await server.take();
  peer.resetAndDestroy();
  assert.deepEqual(await accepted.untilClosed(), { cause: "reset", text: "the neighbour reset the connection" });
});

test("what the peer said before it reset is still read when our own write finds the reset first", async (t) => {
  const server = listenOn(t);
  const peer = netConnect({ port: server.port, host: "127.0.0.1" });
  const accepted = await server.take();
  accepted.connection.pause();
  // The peer closes with octets of ours unread: its kernel answers with a reset, behind its last words.
  peer.pause();
  accepted.connection.send(bytesOf("unread"));
  await new Promise<void>((resolve) => peer.write("NOTIFICATION", () => resolve()));
  await until(() => accepted.sentReports.length > 0, "ours is on its way");
  const gone = new Promise((resolve) => peer.once("close", resolve));
  peer.resetAndDestroy();
  await gone;
  accepted.connection.send(bytesOf("this write fails"));
  assert.equal((await accepted.untilClosed()).cause, "reset");
  assert.equal(accepted.text, "NOTIFICATION");
});

test("a connection that nobody listens to is a fault of ours", async (t) => {
  const server = listenOn(t);
  const client = await connected(t, { port: server.port });
  assert.throws(() => new Recorder(client.connection), /one listener/);
});
