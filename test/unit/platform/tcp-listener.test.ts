import assert from "node:assert/strict";
import { createServer, connect as netConnect, type Socket } from "node:net";
import { test } from "node:test";
import { fail, ok } from "../../../src/lib/result.ts";
import { TcpListener } from "../../../src/platform/index.ts";
import * as libc from "../../../src/platform/libc.ts";
import { descriptorOf } from "../../../src/platform/tcp-listener.ts";
import { address, bytesOf, connected, LOOPBACK, listenOn, until } from "./harness.ts";

const quiet = {
  admit: () => fail("nobody is welcome"),
  accepted: () => assert.fail("accepted"),
  refused: () => {},
  failed: () => {},
};

function openError(options: Parameters<typeof TcpListener.open>[0]) {
  const opened = TcpListener.open(options, quiet);
  assert(!opened.ok, "it listens");
  return opened.error;
}

test("a port that is taken is named with its address", (t) => {
  const { port } = listenOn(t);
  const error = openError({ address: LOOPBACK, port });
  assert.equal(error.code, "listen");
  assert.equal(error.errno, "EADDRINUSE");
  assert.equal(error.message, `cannot listen on 127.0.0.1 port ${port}: another process listens there (EADDRINUSE)`);
});

test("an address that this host does not have is named", () => {
  const error = openError({ address: address("2001:db8::1"), port: 179 });
  assert.equal(
    error.message,
    "cannot listen on 2001:db8::1 port 179: this host does not have the address (EADDRNOTAVAIL)",
  );
});

test("an interface that does not exist is named", () => {
  assert.match(
    openError({ address: LOOPBACK, port: 0, device: "nowhere0" }).message,
    /cannot set interface nowhere0: .*ENODEV/,
  );
  assert.match(openError({ address: address("fe80::1%nowhere0"), port: 0 }).message, /interface nowhere0: .*ENODEV/);
});

test("a listener that is gone frees its port at once, also with connections still up", async (t) => {
  const first = listenOn(t);
  const client = await connected(t, { port: first.port });
  const accepted = await first.take();
  first.listener.close();
  const second = listenOn(t, { port: first.port });
  assert.equal(second.port, first.port);
  client.connection.send(bytesOf("still up"));
  await until(() => accepted.text === "still up", "accepted connections outlive their listener");
});

test("an IPv6 listener leaves IPv4 to another listener on the same port", async (t) => {
  const six = listenOn(t, { address: address("::") });
  const four = listenOn(t, { address: address("0.0.0.0"), port: six.port });
  await connected(t, { port: six.port });
  await connected(t, { remote: address("::1"), port: six.port });
  assert.equal(`${(await four.take()).connection.remote}`, "127.0.0.1");
  assert.equal(`${(await six.take()).connection.remote}`, "::1");
});

test("a dual-stack listener tells IPv4 neighbours by their IPv4 address", async (t) => {
  const seen: string[] = [];
  const server = listenOn(t, { address: address("::"), ipv6Only: false }, (remote, local) => {
    seen.push(`${remote} ${local}`);
    return ok({ ttl: 1 });
  });
  await connected(t, { port: server.port, local: address("127.0.0.3") });
  const { connection } = await server.take();
  assert.deepEqual(seen, ["127.0.0.3 127.0.0.1"]);
  assert.equal(connection.remote.version, 4);
});

test("who is not admitted is closed at once, with the reason told", async (t) => {
  const server = listenOn(t, {}, () => fail("no such neighbour"));
  const client = await connected(t, { port: server.port });
  await client.untilClosed();
  assert.deepEqual(server.refused, ["127.0.0.1: no such neighbour"]);
});

test("refused connections leave no descriptor behind", async (t) => {
  const server = listenOn(t, {}, () => fail("no such neighbour"));
  const lowest = () => {
    const fd = libc.socket(libc.AF_INET, libc.SOCK_STREAM);
    libc.close(fd);
    return fd;
  };
  await (await connected(t, { port: server.port })).untilClosed();
  const before = lowest();
  for (let i = 0; i < 20; i++) await (await connected(t, { port: server.port })).untilClosed();
  assert(lowest() <= before + 2, "descriptors leak");
});

test("Node still tells an accepted socket's descriptor (its private _handle)", async (t) => {
  const sockets: Socket[] = [];
  const server = createServer((socket) => sockets.push(socket)).listen(0, "127.0.0.1");
  t.after(() => server.close());
  await until(() => server.listening, "it listens");
  const client = netConnect((server.address() as { port: number }).port, "127.0.0.1");
  t.after(() => client.destroy());
  await until(() => sockets.length > 0, "accepted");
  const socket = sockets[0] as Socket;
  assert(descriptorOf(socket) > 2);
  socket.destroy();
  assert.throws(() => descriptorOf(socket), /does not tell/);
});
