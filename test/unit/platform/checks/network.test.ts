/** TCP, HTTP and HTTPS against servers of the test on loopback. */
import assert from "node:assert/strict";
import { execFileSync } from "node:child_process";
import { readFileSync } from "node:fs";
import { createServer as createHttp, type IncomingMessage, type RequestListener, type ServerResponse } from "node:http";
import { createServer as createHttps } from "node:https";
import { type AddressInfo, createServer, type Server, type Socket } from "node:net";
import { after, test } from "node:test";
import type { Probe } from "../../../../src/health/index.ts";
import { millis } from "../../../../src/lib/time.ts";
import { Bench, openDescriptors, temporaryDirectory, until } from "./harness.ts";

const bench = new Bench();
const servers: Server[] = [];
after(() => {
  bench.close();
  for (const server of servers) server.close();
});

async function listen(server: Server, host = "127.0.0.1"): Promise<number> {
  servers.push(server);
  server.listen(0, host);
  await until(() => server.listening, "listening");
  return (server.address() as AddressInfo).port;
}

/** Answers a request by what its path says. */
const requests: IncomingMessage[] = [];
const sockets = new Set<Socket>();
const routes: Readonly<Record<string, RequestListener>> = {
  "/ok": (_, response) => response.end("all is well\n"),
  "/503": (_, response) => answer(response, 503, "overloaded"),
  "/moved": (_, response) => response.writeHead(302, { location: "/ok" }).end(),
  "/slow": (_, response) => setTimeout(() => response.end("late"), 80),
  "/hung": () => {},
  "/trickle": (_, response) => response.write("and so on"),
  "/rude": (request) => request.socket.destroy(),
  "/broken": (_, response) => {
    response.writeHead(200, { "content-length": "100" }).write("half", () => response.socket?.destroy());
  },
  "/large": (_, response) => response.end("x".repeat(1_000_000)),
  "/late-word": (_, response) => response.end(`${"x".repeat(65_536)}word`),
};

function answer(response: ServerResponse, status: number, body: string): void {
  response.writeHead(status).end(body);
}

const listener: RequestListener = (request, response) => {
  requests.push(request);
  sockets.add(request.socket);
  routes[request.url ?? ""]?.(request, response);
};

const httpPort = await listen(createHttp(listener));

function http(path: string, more: Partial<Probe & { type: "http" }> = {}): Probe {
  return {
    type: "http",
    url: `http://127.0.0.1:${httpPort}${path}`,
    method: "GET",
    headers: {},
    status: [[200, 299]],
    body: undefined,
    latencyMax: undefined,
    insecure: false,
    ...more,
  };
}

test("a port that listens is up, by IPv4, IPv6 and name", async () => {
  const four = await listen(createServer((socket) => socket.on("error", () => {})));
  const six = await listen(
    createServer((socket) => socket.on("error", () => {})),
    "::1",
  );
  for (const [host, port] of [
    ["127.0.0.1", four],
    ["::1", six],
    ["localhost", four],
  ] as const)
    assert.deepEqual(await bench.run({ type: "tcp", host, port }), { success: true, detail: "connected" });
});

test("a port where nobody listens is down: connection refused", async () => {
  const server = createServer();
  const port = await listen(server);
  server.close();
  for (const host of ["127.0.0.1", "localhost"])
    assert.deepEqual(await bench.run({ type: "tcp", host, port }), { success: false, detail: "connection refused" });
});

test("a name that nobody knows is a failure that says so", async () => {
  const { success, detail } = await bench.run({ type: "tcp", host: "no-such-host.invalid", port: 80 });
  assert.equal(success, false);
  assert.match(detail, /^cannot resolve no-such-host\.invalid \(E/);
});

test("a connection that nobody answers is given up when its time is over", async () => {
  // The first connection fills the queue of a socket that nobody accepts from: SYNs to it are then dropped.
  const held = await import("../../../../src/platform/libc.ts").then(({ socket, bind, listen: listenOn }) => {
    const fd = socket(2, 1);
    const address = new Uint8Array(16);
    address[0] = 2;
    address.set([127, 0, 0, 1], 4);
    bind(fd, address);
    listenOn(fd, 0);
    return fd;
  });
  const line = readFileSync("/proc/net/tcp", "utf8").split("\n");
  const inode = execFileSync("readlink", [`/proc/${process.pid}/fd/${held}`], { encoding: "utf8" }).match(/\d+/)?.[0];
  const port = Number.parseInt(
    line
      .find((row) => row.includes(` ${inode} `))
      ?.split(":")[2]
      ?.slice(0, 4) ?? "",
    16,
  );
  const before = openDescriptors();
  const runs = Array.from({ length: 4 }, () => bench.start({ type: "tcp", host: "127.0.0.1", port }));
  await until(() => runs.some((run) => bench.answers.has(run)), "the first to be queued");
  const hung = runs.filter((run) => !bench.answers.has(run));
  assert.equal(hung.length > 0, true, "all were accepted");
  for (const run of hung) {
    bench.end(run);
    assert.deepEqual(await bench.answer(run), { success: false, detail: "no answer in time" });
  }
  await until(() => openDescriptors() === before, "the sockets to be closed");
  (await import("../../../../src/platform/libc.ts")).close(held);
});

test("a good status is success", async () => {
  const { success, detail } = await bench.run(http("/ok"));
  assert.equal(success, true, detail);
  assert.match(detail, /^HTTP status 200 in [\d.]+ s$/);
  assert.equal((await bench.run(http("/ok", { method: "HEAD" }))).success, true);
});

test("a bad status is a failure that names it and what was wanted", async () => {
  assert.deepEqual(await bench.run(http("/503")), { success: false, detail: "HTTP status 503, not 200-299" });
  assert.deepEqual(
    await bench.run(
      http("/503", {
        status: [
          [200, 204],
          [301, 301],
        ],
      }),
    ),
    {
      success: false,
      detail: "HTTP status 503, not 200-204 or 301",
    },
  );
  assert.equal(
    (
      await bench.run(
        http("/503", {
          status: [
            [200, 299],
            [503, 503],
          ],
        }),
      )
    ).success,
    true,
  );
});

test("a redirect is an answer and not followed", async () => {
  requests.length = 0;
  assert.deepEqual(await bench.run(http("/moved")), { success: false, detail: "HTTP status 302, not 200-299" });
  assert.deepEqual(
    requests.map(({ url }) => url),
    ["/moved"],
  );
});

test("the body must match where a pattern is given, within 64 KiB", async () => {
  assert.equal((await bench.run(http("/ok", { body: "is (well|fine)" }))).success, true);
  assert.deepEqual(await bench.run(http("/ok", { body: "^sick" })), {
    success: false,
    detail: "the body does not match /^sick/",
  });
  assert.equal((await bench.run(http("/large", { body: "^x{65536}$" }))).success, true);
  assert.equal((await bench.run(http("/late-word", { body: "word" }))).success, false);
});

test("an answer slower than the limit is a failure", async () => {
  const { success, detail } = await bench.run(http("/slow", { latencyMax: millis(20) }));
  assert.equal(success, false);
  assert.match(detail, /^took 0\.\d+ s, limit 0\.02 s$/);
  assert.equal((await bench.run(http("/slow", { latencyMax: millis(5_000) }))).success, true);
});

test("an answer that breaks off, or never begins, is a failure", async () => {
  assert.deepEqual(await bench.run(http("/broken")), { success: false, detail: "the answer broke off" });
  assert.deepEqual(await bench.run(http("/rude")), { success: false, detail: "the server hung up without an answer" });
});

test("what answers in another protocol is a failure", async () => {
  const port = await listen(createServer((socket) => socket.on("error", () => {}).end("SSH-2.0-OpenSSH_9.2\r\n")));
  const { success, detail } = await bench.run(http("", { url: `http://127.0.0.1:${port}/` }));
  assert.equal(success, false);
  assert.match(detail, /HTTP/);
});

test("a request that hangs is given up when its time is over, before the head and within the body", async () => {
  for (const path of ["/hung", "/trickle"]) {
    sockets.clear();
    const run = bench.start(http(path));
    await until(() => sockets.size === 1, "the request");
    const [socket] = sockets;
    bench.end(run);
    assert.deepEqual(await bench.answer(run), { success: false, detail: "no answer in time" });
    await until(() => socket?.destroyed === true, "the connection to be closed");
  }
});

test("each run has a connection of its own, the URL's host, and the headers that were asked for", async () => {
  requests.length = 0;
  sockets.clear();
  await bench.run(http("/ok", { headers: { "X-Probe": "1" } }));
  await bench.run(http("/ok", { headers: { Host: "www.example", "User-Agent": "me" } }));
  assert.equal(sockets.size, 2);
  assert.deepEqual(
    requests.map(({ headers }) => [headers.host, headers["user-agent"], headers["x-probe"], headers.connection]),
    [
      [`127.0.0.1:${httpPort}`, "holdfast", "1", "close"],
      ["www.example", "me", undefined, "close"],
    ],
  );
});

test("https: an untrusted certificate is a failure, unless any is accepted; IPv6 in the URL", async () => {
  const directory = temporaryDirectory();
  const [key, cert] = [`${directory}/key.pem`, `${directory}/cert.pem`];
  const words = `req -x509 -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -days 2 -subj /CN=holdfast.test -keyout ${key} -out ${cert}`;
  execFileSync("openssl", words.split(" "), { stdio: "pipe" });
  const port = await listen(createHttps({ key: readFileSync(key), cert: readFileSync(cert) }, listener), "::1");
  const url = `https://[::1]:${port}/ok`;
  assert.deepEqual(await bench.run(http("", { url })), { success: false, detail: "self-signed certificate" });
  assert.equal((await bench.run(http("", { url, insecure: true, body: "well" }))).success, true);
});

test("a URL or pattern that makes no sense is a failure, not an exception", async () => {
  assert.equal((await bench.run(http("", { url: "nonsense" }))).success, false);
  assert.equal((await bench.run(http("/ok", { body: "(" }))).success, false);
  assert.equal((await bench.run(http("/ok", { headers: { "bad name": "x" } }))).success, false);
});

test("500 checks at once, half of them given up, leave no descriptor behind", async () => {
  await bench.run(http("/ok"));
  await until(() => servers.length > 0, "servers");
  const before = openDescriptors();
  const runs = Array.from({ length: 500 }, (_, i) => bench.start(http(i % 2 === 0 ? "/ok" : "/hung"), 30));
  for (const run of runs.filter((_, i) => i % 2 === 0)) assert.equal((await bench.answer(run)).success, true);
  for (const run of runs.filter((_, i) => i % 2 === 1)) bench.end(run);
  for (const run of runs) await bench.answer(run);
  assert.equal(bench.running, 0);
  await until(() => openDescriptors() <= before, "all descriptors to be closed");
});
