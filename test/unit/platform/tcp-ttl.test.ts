import assert from "node:assert/strict";
import { test } from "node:test";
import { ok } from "../../../src/lib/result.ts";
import { AF_INET, AF_INET6, close, getsockopt, SOCK_STREAM, socket } from "../../../src/platform/libc.ts";
import { LITTLE_ENDIAN } from "../../../src/platform/sockaddr.ts";
import { setTcpOptions, setTtl } from "../../../src/platform/sockopt.ts";
import { address, bytesOf, connected, listenOn, until } from "./harness.ts";

const IP = { level: 0, tos: 1, ttl: 2, minTtl: 21 };
const IPV6 = { level: 41, tos: 67, ttl: 16, minTtl: 73 };

function option(fd: number, level: number, name: number): number {
  return new DataView(getsockopt(fd, level, name, 4).slice().buffer).getInt32(0, LITTLE_ENDIAN);
}

for (const { family, text, names } of [
  { family: AF_INET, text: "IPv4", names: IP },
  { family: AF_INET6, text: "IPv6", names: IPV6 },
]) {
  test(`${text}: TTL, minimum TTL and DSCP are what the kernel then says they are`, () => {
    const fd = socket(family, SOCK_STREAM);
    try {
      const initial = option(fd, names.level, names.ttl);
      setTcpOptions(fd, family, { ttl: 3 });
      assert.equal(option(fd, names.level, names.ttl), 3);
      assert.equal(option(fd, names.level, names.minTtl), 0);
      assert.equal(option(fd, names.level, names.tos), 0xc0);
      setTcpOptions(fd, family, { minTtl: 254 });
      assert.equal(option(fd, names.level, names.ttl), 255, "TTL security sends with 255 (RFC 5082 section 3)");
      assert.equal(option(fd, names.level, names.minTtl), 254);
      setTtl(fd, family, 255);
      setTcpOptions(fd, family, {});
      assert.equal(option(fd, names.level, names.ttl), initial, "undefined is the kernel's default");
    } finally {
      close(fd);
    }
  });
}

for (const remote of [address("127.0.0.1"), address("::1")]) {
  const listen = { address: remote };

  test(`TTL security lets in a neighbour that sends with 255 (IPv${remote.version})`, async (t) => {
    const server = listenOn(t, listen, () => ok({ minTtl: 255 }));
    const client = await connected(t, { remote, port: server.port, minTtl: 255 });
    const accepted = await server.take();
    client.connection.send(bytesOf("near"));
    await until(() => accepted.text === "near", "octets arrive");
    accepted.connection.send(bytesOf("here"));
    await until(() => client.text === "here", "the accepted side sends with 255 as well");
  });

  test(`TTL security refuses a neighbour whose SYN came from afar (IPv${remote.version})`, async (t) => {
    const server = listenOn(t, listen, () => ok({ minTtl: 254 }));
    const client = await connected(t, { remote, port: server.port, ttl: 253 });
    await client.untilClosed();
    assert.deepEqual(server.refused, [
      `${remote}: TTL security: its SYN arrived with TTL 253, at least 254 is required (RFC 5082)`,
    ]);
  });

  test(`a connector with TTL security is answered, since listeners answer with TTL 255 (IPv${remote.version})`, async (t) => {
    const server = listenOn(t, listen, () => ok({ ttl: 1 }));
    const client = await connected(t, { remote, port: server.port, minTtl: 255 });
    // From here the accepted side sends with its neighbour's own TTL, 1: the connector does not hear it.
    const accepted = await server.take();
    client.connection.send(bytesOf("heard"));
    await until(() => accepted.text === "heard", "the connector is heard");
    accepted.connection.send(bytesOf("not heard"));
    await new Promise((resolve) => setTimeout(resolve, 100));
    assert.equal(client.text, "");
  });
}

test("an IPv4 neighbour of a dual-stack listener is under TTL security too", async (t) => {
  const server = listenOn(t, { address: address("::"), ipv6Only: false }, () => ok({ minTtl: 255 }));
  await (await connected(t, { port: server.port })).untilClosed();
  assert.match(server.refused[0] as string, /SYN arrived with TTL 64/);
  await connected(t, { port: server.port, minTtl: 255 });
  assert.equal((await server.take()).connection.remote.version, 4);
});
