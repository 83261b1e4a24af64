/**
 * TCP between two hosts: link-local neighbours, bound interfaces, missing routes. Two network namespaces with two veth
 * pairs between them; needs root.
 *
 *     hf-plat-PID-a  a0 10.77.0.1  ──────  b0 10.77.0.2  hf-plat-PID-b
 *                    a1 10.77.1.1  ──────  b1 10.77.1.2  lo 10.77.9.9
 */
import assert from "node:assert/strict";
import { type ChildProcess, execFileSync, spawn } from "node:child_process";
import { join } from "node:path";
import { after, before, type TestContext, test } from "node:test";
import type { EndpointEvent, EndpointOptions } from "./endpoint.ts";
import { until } from "./harness.ts";

const A = `hf-plat-${process.pid}-a`;
const B = `hf-plat-${process.pid}-b`;
const PORT = 1790;

const ip = (...words: string[]) =>
  execFileSync(
    "ip",
    words.flatMap((word) => word.split(" ")),
    { stdio: "pipe" },
  );

function removeNamespaces(): void {
  for (const name of [A, B]) {
    try {
      ip(`netns del ${name}`);
    } catch {
      // It was not made.
    }
  }
}

before(() => {
  process.on("exit", removeNamespaces);
  for (const name of [A, B]) {
    ip(`netns add ${name}`);
    ip(`-n ${name} link set lo up`);
  }
  // No duplicate address detection: a link-local address would be tentative, thus unusable, for a second.
  for (const i of [0, 1]) {
    ip(`link add a${i} netns ${A} type veth peer name b${i} netns ${B}`);
    ip(`-n ${A} addr add 10.77.${i}.1/24 dev a${i}`);
    ip(`-n ${B} addr add 10.77.${i}.2/24 dev b${i}`);
    ip(`-n ${A} link set a${i} up addrgenmode none`);
    ip(`-n ${B} link set b${i} up addrgenmode none`);
    ip(`-n ${A} addr add fe80::a/64 dev a${i} nodad`);
    ip(`-n ${B} addr add fe80::b/64 dev b${i} nodad`);
  }
  ip(`-n ${B} addr add 10.77.9.9/32 dev lo`);
  ip(`-n ${A} route add 10.77.9.9/32 via 10.77.0.2 metric 10`);
  ip(`-n ${A} route add 10.77.9.9/32 via 10.77.1.2 metric 20`);
  ip(`-n ${A} route add unreachable 10.78.0.0/16`);
});

after(removeNamespaces);

interface Endpoint {
  readonly events: EndpointEvent[];
  /** The first event of this type, waited for. */
  first<T extends EndpointEvent["type"]>(type: T): Promise<Extract<EndpointEvent, { type: T }>>;
}

function start(t: TestContext, namespace: string, mode: "listen" | "connect", options: EndpointOptions): Endpoint {
  const file = join(import.meta.dirname, "endpoint.ts");
  const node = [process.execPath, "--import", "tsx", file, mode, JSON.stringify(options)];
  const child: ChildProcess = spawn("ip", ["netns", "exec", namespace, ...node], {
    stdio: ["ignore", "pipe", "inherit"],
  });
  t.after(() => child.kill("SIGKILL"));
  const events: EndpointEvent[] = [];
  let rest = "";
  child.stdout?.on("data", (chunk) => {
    const lines = (rest + chunk).split("\n");
    rest = lines.pop() ?? "";
    for (const line of lines) events.push(JSON.parse(line) as EndpointEvent);
  });
  const find = (type: string) => events.find((event) => event.type === type);
  return {
    events,
    async first(type) {
      await until(() => find(type) !== undefined, `${mode} tells ${type} (told: ${JSON.stringify(events)})`);
      return find(type) as never;
    },
  };
}

/** A listener in B, then a connector in A. */
async function pair(t: TestContext, listen: EndpointOptions, connect: EndpointOptions): Promise<[Endpoint, Endpoint]> {
  const listener = start(t, B, "listen", listen);
  await listener.first("listening");
  return [listener, start(t, A, "connect", connect)];
}

test("IPv6 link-local neighbours connect by their interface, and both sides know which it is", async (t) => {
  const [listener, connector] = await pair(
    t,
    { address: "::", port: PORT, minTtl: 255 },
    { address: "fe80::b%a1", port: PORT, local: "fe80::a", minTtl: 255 },
  );
  assert.deepEqual(await connector.first("up"), { type: "up", local: "fe80::a%a1", remote: "fe80::b%a1" });
  assert.deepEqual(await listener.first("up"), { type: "up", local: "fe80::b%b1", remote: "fe80::a%b1" });
  assert.equal((await listener.first("received")).text, "hello");
  assert.equal((await connector.first("received")).text, "hello");
});

test("a listener on a link-local address hears its own link alone", async (t) => {
  const listener = start(t, B, "listen", { address: "fe80::b%b0", port: PORT });
  await listener.first("listening");
  const wrong = start(t, A, "connect", { address: "fe80::b%a1", port: PORT });
  assert.equal((await wrong.first("failed")).errno, "ECONNREFUSED");
  const right = start(t, A, "connect", { address: "fe80::b%a0", port: PORT });
  await right.first("up");
});

test("bound to an interface, packets leave by it against the better route", async (t) => {
  const [listener, connector] = await pair(
    t,
    { address: "10.77.9.9", port: PORT },
    { address: "10.77.9.9", port: PORT, device: "a1" },
  );
  assert.equal((await connector.first("up")).local, "10.77.1.1");
  assert.equal((await listener.first("up")).remote, "10.77.1.1");
});

test("a listener bound to an interface does not hear the others", async (t) => {
  const [listener, connector] = await pair(
    t,
    { address: "0.0.0.0", port: PORT, device: "b1" },
    { address: "10.77.0.2", port: PORT },
  );
  assert.equal((await connector.first("failed")).errno, "ECONNREFUSED");
  await start(t, A, "connect", { address: "10.77.1.2", port: PORT }).first("up");
  assert.equal((await listener.first("up")).remote, "10.77.1.1");
});

test("a neighbour without a route, or behind a dead one, is told as unreachable", async (t) => {
  const none = start(t, A, "connect", { address: "198.51.100.1", port: PORT });
  const dead = start(t, A, "connect", { address: "10.78.0.1", port: PORT });
  const silent = start(t, A, "connect", { address: "10.77.0.99", port: PORT, timeoutSeconds: 8 });
  assert.deepEqual(await none.first("failed"), {
    type: "failed",
    text: "there is no route to the neighbour",
    errno: "ENETUNREACH",
  });
  const unreachable = "the neighbour cannot be reached (no route, or no answer on the link)";
  assert.deepEqual(await dead.first("failed"), { type: "failed", text: unreachable, errno: "EHOSTUNREACH" });
  assert.deepEqual(await silent.first("failed"), { type: "failed", text: unreachable, errno: "EHOSTUNREACH" });
});
