import assert from "node:assert/strict";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { createServer } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, test } from "node:test";
import { waitFor } from "../../../lab/wait.ts";
import { type ClusterConfig, loadConfig } from "../../../src/config/index.ts";
import { FleetGateway } from "../../../src/daemon/fleet.ts";
import { keysOf } from "../../../src/daemon/fleet-keys.ts";
import { NO_FACTS } from "../../../src/gossip/index.ts";
import { type ComponentLogger, Driver } from "../../../src/platform/index.ts";

const VIP = "203.0.113.10/32";
const KEYS = ["cg8StVXbQJ0gPvMd9o7yrg==", "MDEyMzQ1Njc4OWFiY2RlZg=="] as const;
const directory = mkdtempSync(join(tmpdir(), "holdfast-fleet-"));
const keyFile = join(directory, "keys");
after(() => rmSync(directory, { recursive: true }));

function cluster(text: string): ClusterConfig {
  const loaded = loadConfig(`[cluster]\n${text}`, "test");
  assert.ok(loaded.ok && loaded.config.cluster !== undefined, "a configuration that is right");
  return loaded.config.cluster;
}

async function freePort(): Promise<number> {
  const server = createServer().listen(0, "127.0.0.1");
  await new Promise((resolve) => server.once("listening", resolve));
  const { port } = server.address() as { port: number };
  await new Promise((resolve) => server.close(resolve));
  return port;
}

/** A gateway without BGP: what it logs, and what its gates are permitted. */
function gateway() {
  const driver = new Driver();
  const lines: string[] = [];
  const write = (line: string) => void lines.push(line);
  const log = {
    error: write,
    warn: write,
    info: write,
    debug: () => {},
    limited: () => log,
  } as unknown as ComponentLogger;
  const permits: string[] = [];
  const drains: string[] = [];
  const fleet = new FleetGateway(driver, log, 1, {
    permit: (_, step, text) => void permits.push(`${step}: ${text}`),
    facts: () => ({ ...NO_FACTS, sessions: 1 }),
    masters: () => [],
    drain: () => void drains.push("now"),
    tell: () => {},
  });
  const seen = () => fleet.view()?.members.filter(({ state, node }) => state === "alive" && node !== undefined) ?? [];
  const stop = () => new Promise<void>((resolve) => fleet.stop("leave", resolve)).then(() => driver.stop());
  return { fleet, lines, permits, drains, seen, stop };
}

test("two gateways find each other, confirm, rotate their key by reloads, and leave", async () => {
  const ports = [await freePort(), await freePort()];
  const config = (i: number, change = "") =>
    cluster(`name = "gw${i}"\nprofile = "local"\nbind = "127.0.0.1:${ports[i]}"\nseeds = ["127.0.0.1:${ports[0]}", "127.0.0.1:${ports[1]}"]
key-file = "${keyFile}"\n${change}`);
  const gateways = [gateway(), gateway()] as const;
  const [a, b] = gateways;
  try {
    const rotate = (...keys: string[]) => {
      writeFileSync(keyFile, `# keys\n${keys.join("\n")}\n`);
      gateways.forEach(({ fleet }, i) => {
        fleet.apply(config(i));
      });
    };
    for (const { fleet } of gateways) fleet.verdict(VIP, "announce", 1);
    a.fleet.wish(VIP, { step: "withdraw", cause: "drain" }, 1);
    rotate(KEYS[0]);
    await waitFor("a permit", async () => a.permits.includes("withdraw: gw1 stays"));
    a.fleet.verdict(VIP, "withdraw", 1);
    a.fleet.wish(VIP, undefined, 1);
    await waitFor("news", async () => b.seen()[0]?.node?.vips.get(VIP)?.state === "withdrawn");
    rotate(KEYS[0], KEYS[1]);
    rotate(KEYS[1], KEYS[0]);
    rotate(KEYS[1]);
    a.fleet.verdict(VIP, "announce", 1);
    await waitFor("news under the new key", async () => b.seen()[0]?.node?.vips.get(VIP)?.state === "announced");

    // Another label is another cluster: a new node, which the other does not hear.
    a.fleet.apply(config(0, 'label = "other"'));
    await waitFor("a to be away", async () => b.seen().length === 0);
    assert.equal(a.seen().length, 0);
    a.fleet.apply(config(0));
    await waitFor("a to be back", async () => b.seen().length === 1 && a.seen().length === 1, { timeoutMs: 20_000 });
    b.fleet.waitToDrain(1);
    await waitFor("b's turn", async () => b.drains.length === 1);
  } finally {
    await Promise.all(gateways.map(({ stop }) => stop()));
  }
  // While a was in the other cluster, b may have looked for it at its old address.
  assert.deepEqual(
    gateways.flatMap(({ lines }) =>
      lines.filter((line) => /reject|not start|keys:/.test(line) && !line.endsWith("the label is not ours")),
    ),
    [],
  );
});

test("keys come from both places, the first one encrypts; a line that is none is named and not shown", () => {
  const given = (text: string) => keysOf(cluster(`name = "gw1"\n${text}`));
  writeFileSync(keyFile, `${KEYS[1]} # new\n\n${KEYS[0]}\n`);
  const both = given(`key = "${KEYS[0]}"\nkey-file = "${keyFile}"`);
  assert.ok(both.ok, "keys");
  assert.deepEqual(
    both.value.map((key) => Buffer.from(key).toString("base64")),
    [KEYS[0], KEYS[1]],
  );
  assert.deepEqual(given(""), { ok: true, value: [] });
  writeFileSync(keyFile, `${KEYS[0]}\nsecret\n`);
  const wrong = given(`key-file = "${keyFile}"`);
  assert.deepEqual(wrong, { ok: false, error: `${keyFile}:2: no key; 16, 24 or 32 octets in base64 are wanted` });
  writeFileSync(keyFile, "# none\n");
  assert.deepEqual(given(`key-file = "${keyFile}"`), { ok: false, error: `${keyFile}: no key in it` });
});
