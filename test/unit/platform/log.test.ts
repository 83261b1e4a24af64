import assert from "node:assert/strict";
import { spawn as spawnProcess } from "node:child_process";
import { once } from "node:events";
import { Writable } from "node:stream";
import { test } from "node:test";
import { createLogger, type LogOptions, spawn } from "../../../src/platform/index.ts";
import { formatEntry } from "../../../src/platform/log-format.ts";
import { LogLimiter } from "../../../src/platform/log-limit.ts";
import { address, until } from "./harness.ts";

const OPTIONS: LogOptions = { level: "info", format: "text", components: {} };

/** Standard output of a test: keeps lines; takes them when `open`. */
class Sink extends Writable {
  text = "";
  #waiting: (() => void) | undefined;
  stuck = false;

  override _write(chunk: Buffer, _encoding: string, done: () => void): void {
    this.text += chunk.toString();
    if (this.stuck) this.#waiting = done;
    else done();
  }

  release(): void {
    this.stuck = false;
    this.#waiting?.();
  }

  get lines(): string[] {
    return this.text.split("\n").slice(0, -1);
  }
}

const entry = { time: "2026-11-21T08:00:00.123Z", level: "info", component: "bgp", message: "Established" } as const;

test("text: time, level, component, subject, message, other fields", () => {
  assert.equal(
    formatEntry({ ...entry, fields: { peer: "10.0.0.1", hold: 90, text: 'a "b"', nothing: undefined } }, "text"),
    '2026-11-21T08:00:00.123Z INFO  bgp [10.0.0.1] Established hold=90 text="a \\"b\\""',
  );
  assert.equal(
    formatEntry({ ...entry, level: "error", fields: { vrid: 51, family: "ipv4-unicast", at: address("::1") } }, "text"),
    "2026-11-21T08:00:00.123Z ERROR bgp [vrid 51 ipv4-unicast] Established at=::1",
  );
});

test("json: one object with time, level, component, msg and the fields, none of which hides those four", () => {
  const fields = {
    peer: "10.0.0.1",
    msg: "forged",
    level: "forged",
    big: 2n ** 64n,
    at: address("192.0.2.1"),
    list: [1, 2],
  };
  const line = formatEntry({ ...entry, fields }, "json");
  assert.deepEqual(JSON.parse(line), {
    time: entry.time,
    level: "info",
    component: "bgp",
    msg: "Established",
    peer: "10.0.0.1",
    big: "18446744073709551616",
    at: "192.0.2.1",
    list: [1, 2],
  });
  assert(line.startsWith('{"time":"2026-11-21T08:00:00.123Z","level":"info","component":"bgp","msg":"Established",'));
});

test("what a peer sent cannot forge a line or steer the terminal", () => {
  const message = 'received NOTIFICATION: "bye\n2026 ERROR bgp forged\u001b[2J\u009b"';
  for (const format of ["text", "json"] as const) {
    const line = formatEntry({ ...entry, message, fields: { peer: "a\nb", note: "c\r\nd\u001b" } }, format);
    const controls = [...line].filter((c) => /\p{Cc}/u.test(c));
    // JSON leaves C1 as it is: programs read it, not terminals.
    assert.deepEqual(controls, format === "text" ? [] : ["\u009b"]);
  }
});

test("a stack trace stands below its line", () => {
  const text = formatEntry({ ...entry, fields: { stack: "Error: x\n    at y" } }, "text");
  assert.deepEqual(text.split("\n").slice(1), ["    Error: x", "        at y"]);
});

test("levels are per component, and change live", () => {
  const sink = new Sink();
  const log = createLogger({ level: "warn", format: "text", components: { rib: "debug", api: "error" } }, sink);
  const write = () => {
    for (const name of ["bgp", "rib", "api"]) {
      log.component(name).debug("debug");
      log.component(name).warn("warn");
    }
  };
  const seen = () => {
    const words = sink.lines.map((line) => line.split(/ +/).slice(2).join(" "));
    sink.text = "";
    return words;
  };
  write();
  assert.deepEqual(seen(), ["bgp warn", "rib debug", "rib warn"]);
  assert(log.component("rib").isEnabled("debug") && !log.component("bgp").isEnabled("info"));
  log.configure({ level: "debug", format: "text", components: { rib: "error" } });
  write();
  assert.deepEqual(seen(), ["bgp debug", "bgp warn", "api debug", "api warn"]);
});

test("lines written before and after winston is loaded look the same and keep their order", async () => {
  const sink = new Sink();
  const log = createLogger(OPTIONS, sink);
  const bgp = log.component("bgp");
  bgp.info("1", { peer: "10.0.0.1" });
  const loading = log.load();
  bgp.info("2", { peer: "10.0.0.1" });
  await loading;
  bgp.info("3", { peer: "10.0.0.1" });
  log.configure({ ...OPTIONS, format: "json" });
  bgp.warn("4", { peer: "10.0.0.1" });
  await log.flush(1_000);
  const lines = sink.lines.map((line) => line.replace(/\d{4}-\d\d-\d\dT[\d:.]+Z/, "T"));
  assert.deepEqual(lines, [
    "T INFO  bgp [10.0.0.1] 1",
    "T INFO  bgp [10.0.0.1] 2",
    "T INFO  bgp [10.0.0.1] 3",
    '{"time":"T","level":"warn","component":"bgp","msg":"4","peer":"10.0.0.1"}',
  ]);
});

test("a log that nobody reads costs at most a megabyte; lost lines are counted", async () => {
  const sink = new Sink();
  sink.stuck = true;
  const bgp = createLogger(OPTIONS, sink).component("bgp");
  const long = "x".repeat(10_000);
  for (let i = 0; i < 500; i++) bgp.info(long);
  assert(sink.writableLength < 1_100_000, `${sink.writableLength} octets wait`);
  sink.release();
  await until(() => sink.writableLength === 0, "the reader catches up");
  bgp.info("again");
  const kept = sink.lines.filter((line) => line.endsWith(long)).length;
  assert.match(sink.lines.at(-2) as string, new RegExp(`WARN  log ${500 - kept} lines were lost`));
  assert.match(sink.lines.at(-1) as string, /again$/);
});

test("repeated messages: a few pass, then one in a while that tells how many did not", () => {
  const limiter = new LogLimiter();
  const at = (ms: number) => limiter.take("refused 10.0.0.1", ms);
  assert.deepEqual([at(0), at(1), at(2), at(3), at(4)], [0, 0, 0, undefined, undefined]);
  assert.equal(limiter.take("refused 10.0.0.2", 5), 0, "another key is not held back");
  assert.equal(at(9_000), undefined);
  assert.equal(at(10_001), 3);
  assert.equal(at(10_002), undefined);
});

test("a flood with ever new keys is limited as a whole", () => {
  const limiter = new LogLimiter();
  let passed = 0;
  for (let i = 0; i < 10_000; i++) if (limiter.take(`refused ${i}`, i / 10) !== undefined) passed++;
  assert(passed <= 50 + 1_000 / 200 + 1, `${passed} lines in a second`);
  assert.equal(limiter.size, 1_024);
});

test("limited() says how many were held back", (t) => {
  const sink = new Sink();
  const log = createLogger(OPTIONS, sink).component("bgp");
  let now = 1_000;
  t.mock.method(performance, "now", () => now);
  for (let i = 0; i < 10; i++) log.limited("k").warn("refused");
  assert.equal(sink.lines.length, 3);
  now += 60_000;
  log.limited("k").warn("refused");
  assert.match(sink.lines.at(-1) as string, /refused \(7 more like this were not logged\)$/);
});

test("a promise that fails in the background is logged by its name", async () => {
  const sink = new Sink();
  spawn("reading /etc/x", Promise.reject(new Error("no such file")), createLogger(OPTIONS, sink).component("daemon"));
  spawn("good", Promise.resolve(), createLogger(OPTIONS, sink).component("daemon"));
  await until(() => sink.lines.length > 0, "it is logged");
  assert.match(sink.lines[0] as string, /ERROR daemon reading \/etc\/x failed: no such file/);
});

/** Runs `body` in a process of its own, with `createLogger` and OPTIONS at hand. */
function run(body: string) {
  const module = new URL("../../../src/platform/index.ts", import.meta.url).href;
  const code = `import * as platform from ${JSON.stringify(module)};
    const options = ${JSON.stringify(OPTIONS)};
    ${body}`;
  return spawnProcess(process.execPath, ["--import", "tsx", "--input-type=module", "-e", code], {
    stdio: ["ignore", "pipe", "pipe"],
  });
}

test("a reader of standard output that goes away does not end the process", async () => {
  const child = run(`
    const log = platform.createLogger(options).component("bgp");
    let n = 0;
    setInterval(() => { log.info("line"); if (++n === 200) process.exit(7); }, 1);
  `);
  child.stdout.destroy();
  const [code] = await once(child, "exit");
  assert.equal(code, 7);
});

test("flush waits until a slow reader has every line", async () => {
  const child = run(`
    const logger = platform.createLogger(options);
    for (let i = 0; i < 5000; i++) logger.component("bgp").info("line " + i + "x".repeat(100));
    await logger.flush(10000);
    process.exit(0);
  `);
  let text = "";
  await once(child.stdout, "readable"); // The pipe is full by now and the rest waits in the child.
  child.stdout.on("data", (chunk) => {
    text += chunk;
  });
  await once(child, "close");
  assert.match(text.trimEnd().split("\n").at(-1) as string, /line 4999x+$/);
});
