import assert from "node:assert/strict";
import { test } from "node:test";
import { fail, ok } from "../../../src/lib/result.ts";
import { millis } from "../../../src/lib/time.ts";
import { md5Counters, PASSWORD_LENGTH_MAX } from "../../../src/platform/index.ts";
import { address, bytesOf, connected, connectFails, listenOn, prefix, until } from "./harness.ts";

// What makes no connection is known by silence alone: keep it short.
const timeout = millis(250);

function set(server: ReturnType<typeof listenOn>, peer: string, password: string | undefined): void {
  const result = server.listener.setPassword(prefix(peer), password);
  if (!result.ok) throw result.error;
}

test("both sides with the same password connect, and octets flow", async (t) => {
  const server = listenOn(t, {}, () => ok({ password: "sesame" }));
  set(server, "127.0.0.1/32", "sesame");
  const client = await connected(t, { port: server.port, password: "sesame" });
  const accepted = await server.take();
  client.connection.send(bytesOf("signed"));
  await until(() => accepted.text === "signed", "signed octets arrive");
});

test("a wrong password is silence, and the reason says that this is how it looks", async (t) => {
  const server = listenOn(t);
  set(server, "127.0.0.1/32", "sesame");
  const before = md5Counters();
  const error = await connectFails(t, { port: server.port, password: "open", timeout });
  assert.equal(error.code, "connect");
  assert.match(error.message, /^no answer to the SYN within 0\.25 s; with a password configured, this is how a wrong/);
  assert.match(error.message, /dropped segments: \d+ with a wrong TCP MD5 signature/);
  assert(md5Counters().failed > before.failed, "the kernel counted it");
  assert.deepEqual(server.accepted, []);
});

test("a client without the password is not answered", async (t) => {
  const server = listenOn(t);
  set(server, "127.0.0.1/32", "sesame");
  const error = await connectFails(t, { port: server.port, timeout });
  assert.equal(error.message, "no answer to the SYN within 0.25 s");
});

test("a client with a password that the listener does not have is not answered", async (t) => {
  const server = listenOn(t);
  await connectFails(t, { port: server.port, password: "sesame", timeout });
  assert.deepEqual(server.accepted, []);
});

test("a password is for one neighbour: others connect without", async (t) => {
  const server = listenOn(t);
  set(server, "127.0.0.9/32", "sesame");
  await connected(t, { port: server.port, local: address("127.0.0.8") });
});

test("passwords change and go while the listener lives", async (t) => {
  let password: string | undefined = "first";
  const server = listenOn(t, {}, () => ok({ password }));
  set(server, "127.0.0.1/32", "first");
  const early = await connected(t, { port: server.port, password: "first" });
  password = "second";
  set(server, "127.0.0.1/32", "second");
  await connectFails(t, { port: server.port, password: "first", timeout });
  await connected(t, { port: server.port, password: "second" });
  password = undefined;
  set(server, "127.0.0.1/32", undefined);
  await connected(t, { port: server.port });
  early.connection.send(bytesOf("still here"));
  const accepted = await server.take();
  await until(() => accepted.text === "still here", "an established connection keeps its key");
});

test("a prefix has one password for all its neighbours, a more specific one counts more", async (t) => {
  const server = listenOn(t);
  set(server, "127.1.0.0/16", "many");
  set(server, "127.1.1.1/32", "one");
  const base = { port: server.port };
  await connected(t, { ...base, local: address("127.1.2.3"), password: "many" });
  await connected(t, { ...base, local: address("127.1.1.1"), password: "one" });
  await connectFails(t, { ...base, local: address("127.1.1.1"), password: "many", timeout });
  await connectFails(t, { ...base, local: address("127.1.9.9"), timeout });
  await connected(t, { ...base, local: address("127.2.0.1") });
  set(server, "127.1.0.0/16", undefined);
  await connected(t, { ...base, local: address("127.1.2.3") });
});

test("IPv6 has passwords as well, for hosts and prefixes", async (t) => {
  const server = listenOn(t, { address: address("::1") });
  set(server, "::1/128", "sesame");
  await connected(t, { remote: address("::1"), port: server.port, password: "sesame" });
  set(server, "::1/128", undefined);
  set(server, "::/64", "wide");
  await connected(t, { remote: address("::1"), port: server.port, password: "wide" });
});

test("a dual-stack listener knows the passwords of IPv4 neighbours", async (t) => {
  const server = listenOn(t, { address: address("::"), ipv6Only: false }, () => ok({ password: "sesame" }));
  set(server, "127.0.0.1/32", "sesame");
  await connected(t, { port: server.port, password: "sesame" });
  assert.equal(`${(await server.take()).connection.remote}`, "127.0.0.1");
  await connectFails(t, { port: server.port, timeout });
});

test("a password that cannot be set refuses the connection, and says why", async (t) => {
  const server = listenOn(t, {}, () => ok({ password: "x" }));
  const long = "x".repeat(PASSWORD_LENGTH_MAX + 1);
  for (const password of [long, "", "é".repeat(41)]) {
    const error = await connectFails(t, { port: server.port, password });
    assert.equal(error.code, "password");
    assert.match(
      error.message,
      /cannot set the TCP MD5 password for 127.0.0.1\/32: a password has 1 to 80 octets, not \d+/,
    );
  }
  const result = server.listener.setPassword(prefix("127.0.0.1/32"), long);
  assert(!result.ok && result.error.code === "password");
  assert.deepEqual(server.accepted, []);
});

test("a neighbour whose password is not on the listener is refused, though the kernel let it in", async (t) => {
  const server = listenOn(t, {}, () => ok({ password: "sesame" }));
  const client = await connected(t, { port: server.port });
  await client.untilClosed();
  assert.deepEqual(server.refused, ["127.0.0.1: its password could not be applied to the listening socket"]);
  assert.deepEqual(server.accepted, []);
});

test("the kernel's limit on keys is told with the sysctl that raises it", (t) => {
  const server = listenOn(t, {}, () => fail("nobody"));
  for (let i = 0; i < 20_000; i++) {
    const result = server.listener.setPassword(prefix(`10.9.${i >> 8}.${i & 255}/32`), "sesame");
    if (result.ok) continue;
    assert.equal(result.error.errno, "ENOMEM");
    assert.match(result.error.message, /net\.core\.optmem_max/);
    return;
  }
  assert.fail("the kernel took 20,000 keys");
});

test("a password is removed that was never set: nothing happens", (t) => {
  set(listenOn(t), "10.0.0.1/32", undefined);
});
