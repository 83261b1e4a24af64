import assert from "node:assert/strict";
import { test } from "node:test";
import { millis, seconds } from "../../../src/lib/time.ts";
import { connectTcp, hostPrefix } from "../../../src/platform/index.ts";
import { address, connected, connectFails, LOOPBACK, listenOn, until } from "./harness.ts";

test("the peer sees the source address and port that were asked for", async (t) => {
  const server = listenOn(t);
  const other = listenOn(t, { address: address("127.0.0.77") });
  other.listener.close();
  const client = await connected(t, { port: server.port, local: address("127.0.0.77"), localPort: other.port });
  const { connection } = await server.take();
  assert.equal(`${connection.remote} ${connection.remotePort}`, `127.0.0.77 ${other.port}`);
  assert.equal(`${client.connection.local} ${client.connection.localPort}`, `127.0.0.77 ${other.port}`);
});

test("a refused connection says so", async (t) => {
  const server = listenOn(t);
  server.listener.close();
  const error = await connectFails(t, { port: server.port });
  assert.equal(error.code, "connect");
  assert.equal(error.errno, "ECONNREFUSED");
  assert.equal(error.message, "connection refused: nothing listens there, or a filter rejects it");
});

test("a local address that this host does not have is named", async (t) => {
  const { port } = listenOn(t);
  const error = await connectFails(t, { port, local: address("192.0.2.1") });
  assert.equal(error.message, "this host does not have the local address 192.0.2.1 (EADDRNOTAVAIL)");
});

test("a local port that is in use is named", async (t) => {
  const { port } = listenOn(t);
  const error = await connectFails(t, { port, local: LOOPBACK, localPort: port });
  assert.equal(error.message, `the local port ${port} is in use (EADDRINUSE)`);
});

test("a local address of the other IP version is named", async (t) => {
  const error = await connectFails(t, { port: 179, local: address("::1") });
  assert.equal(error.message, "the local address ::1 and 127.0.0.1 are of different IP versions");
});

test("a link-local neighbour without its interface is refused with the way to write it", async (t) => {
  const error = await connectFails(t, { remote: address("fe80::1"), port: 179 });
  assert.equal(error.message, "fe80::1 is link-local: name its interface, as in fe80::1%eth0");
});

test("an interface that does not exist is named", async (t) => {
  assert.equal(
    (await connectFails(t, { remote: address("fe80::1%nowhere0"), port: 179 })).message,
    "there is no interface nowhere0 (ENODEV)",
  );
  const device = await connectFails(t, { port: 179, device: "nowhere0" });
  assert.equal(device.code, "socket-option");
  assert.match(device.message, /cannot set interface nowhere0: .*ENODEV/);
});

test("a neighbour that does not answer fails after the timeout, not before", async (t) => {
  // A listener that wants a signature leaves a SYN without one unanswered.
  const deaf = listenOn(t);
  assert(deaf.listener.setPassword(hostPrefix(LOOPBACK), "nobody knows").ok);
  const began = performance.now();
  const error = await connectFails(t, { port: deaf.port, timeout: millis(120) });
  const took = performance.now() - began;
  assert(took >= 119 && took < 8_000, `failed after ${took} ms`);
  assert.equal(error.errno, "ETIMEDOUT");
  assert.equal(error.message, "no answer to the SYN within 0.12 s");
});

test("an aborted attempt tells nothing, and opens nothing", async (t) => {
  const server = listenOn(t);
  const fault = () => assert.fail("an event after abort");
  const events = { connected: fault, failed: fault };
  const attempt = connectTcp({ remote: LOOPBACK, port: server.port, timeout: seconds(5) }, events);
  attempt.abort();
  attempt.abort();
  connectTcp({ remote: address("fe80::1"), port: 1, timeout: seconds(5) }, events).abort();
  await connected(t, { port: server.port });
  await server.take();
});

test("abort after the connection is up leaves it alone", async (t) => {
  const server = listenOn(t);
  let up = 0;
  let closed = 0;
  const attempt = connectTcp(
    { remote: LOOPBACK, port: server.port, timeout: seconds(5) },
    {
      connected: (connection) => {
        up++;
        connection.attach({ received: () => {}, sent: () => {}, drained: () => {}, closed: () => closed++ });
        t.after(() => connection.destroy());
      },
      failed: (error) => assert.fail(error),
    },
  );
  await until(() => up === 1, "it connects");
  attempt.abort();
  await server.take();
  await new Promise((resolve) => setImmediate(resolve));
  assert.equal(closed, 0);
});
