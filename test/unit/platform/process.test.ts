/** Signals, abrupt ends, the service manager and files: what a process is to the system around it. */
import assert from "node:assert/strict";
import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { type TestContext, test } from "node:test";
import { notifySystemd, readTextFile } from "../../../src/platform/index.ts";
import * as libc from "../../../src/platform/libc.ts";

/** Runs `body` in a process of its own with platform/ imported; collects what it prints. */
function run(t: TestContext, body: string) {
  const module = new URL("../../../src/platform/index.ts", import.meta.url).href;
  const code = `import * as platform from ${JSON.stringify(module)}; ${body}`;
  const child = spawn(process.execPath, ["--import", "tsx", "--input-type=module", "-e", code], {
    stdio: ["ignore", "pipe", "pipe"],
  });
  t.after(() => child.kill("SIGKILL"));
  const output = { out: "", err: "" };
  child.stdout.on("data", (chunk) => {
    output.out += chunk;
  });
  child.stderr.on("data", (chunk) => {
    output.err += chunk;
  });
  return { child, output, ended: once(child, "close") };
}

async function untilPrinted(child: ChildProcess, output: { out: string }, word: string): Promise<void> {
  while (!output.out.includes(word)) await Promise.race([once(child.stdout as never, "data"), once(child, "exit")]);
}

const HANDLERS = `
  platform.handleSignals({
    stop: (signal) => console.log("stop " + signal),
    reload: () => console.log("reload"),
    report: () => console.log("report"),
  });
  platform.beforeExit(() => console.log("cleaned up"));
  setInterval(() => {}, 1000);
  console.log("ready");
`;

test("signals reach their handlers; the second stop ends the process at once, cleaned up", async (t) => {
  const { child, output, ended } = run(t, HANDLERS);
  await untilPrinted(child, output, "ready");
  for (const [signal, word] of [
    ["SIGHUP", "reload"],
    ["SIGUSR1", "report"],
    ["SIGTERM", "stop SIGTERM"],
  ] as const) {
    child.kill(signal);
    await untilPrinted(child, output, word);
  }
  child.kill("SIGINT");
  assert.deepEqual(await ended, [130, null]);
  assert.deepEqual(output.out.trim().split("\n"), ["ready", "reload", "report", "stop SIGTERM", "cleaned up"]);
});

test("a fatal signal that nobody handles still runs the last clean-up", async (t) => {
  const { child, output, ended } = run(t, HANDLERS);
  await untilPrinted(child, output, "ready");
  child.kill("SIGQUIT");
  const [, signal] = await ended;
  assert.equal(signal, "SIGQUIT");
  assert.match(output.out, /cleaned up/);
});

for (const [what, crash] of [
  ["an exception that nobody catches", `setTimeout(() => { throw new Error("boom"); }, 1)`],
  ["a rejection that nobody awaits", `Promise.reject(new Error("boom"))`],
  ["a crash whose report crashes", `setTimeout(() => { globalThis.worse = true; throw new Error("boom"); }, 1)`],
] as const) {
  test(`${what} is reported, then the process dies as by SIGKILL: no exit code runs`, async (t) => {
    const { output, ended } = run(
      t,
      `${HANDLERS}
      const logger = platform.createLogger({ level: "info", format: "text", components: {} });
      platform.dieAbruptlyOnCrash((error) => {
        logger.lastWords("daemon", "crashed", error);
        if (globalThis.worse) throw new Error("worse");
      });
      ${crash};`,
    );
    const [, signal] = await ended;
    assert.equal(signal, "SIGKILL");
    assert.match(output.out, /ERROR daemon crashed: boom\n {4}Error: boom\n {8}at /);
    assert.doesNotMatch(output.out, /cleaned up|stop/);
  });
}

test("last words go to standard error when standard output is stuck", async (t) => {
  const { child, output, ended } = run(
    t,
    `const logger = platform.createLogger({ level: "info", format: "text", components: {} });
    platform.dieAbruptlyOnCrash((error) => logger.lastWords("daemon", "crashed", error));
    for (let i = 0; i < 1000; i++) logger.component("bgp").info("x".repeat(1000));
    setTimeout(() => { throw new Error("boom"); }, 1);`,
  );
  child.stdout?.pause();
  await once(child, "exit");
  child.stdout?.resume();
  await ended;
  assert.match(output.err, /ERROR daemon crashed: boom/);
});

/** A datagram socket at `path` ("@x": abstract), as a service manager has it. */
function notifySocket(t: TestContext, path: string): { next(): string } {
  const fd = libc.socket(libc.AF_UNIX, libc.SOCK_DGRAM);
  const name = Buffer.from(path.replace(/^@/, "\0"));
  libc.bind(fd, Buffer.concat([Buffer.from(new Uint16Array([libc.AF_UNIX]).buffer), name]));
  process.env["NOTIFY_SOCKET"] = path;
  t.after(() => {
    libc.close(fd);
    delete process.env["NOTIFY_SOCKET"];
  });
  const buffer = new Uint8Array(1_000);
  return { next: () => Buffer.from(buffer.subarray(0, libc.receive(fd, buffer))).toString() };
}

test("the service manager is told the state, at a path or an abstract name", (t) => {
  const folder = mkdtempSync(join(tmpdir(), "hf-plat-"));
  t.after(() => rmSync(folder, { recursive: true }));
  for (const path of [join(folder, "notify"), `@hf-plat-${process.pid}`]) {
    const manager = notifySocket(t, path);
    assert(notifySystemd("ready", "4 sessions\nup").ok);
    assert.equal(manager.next(), "READY=1\nSTATUS=4 sessions up");
    assert(notifySystemd("reloading").ok);
    assert.match(manager.next(), /^RELOADING=1\nMONOTONIC_USEC=\d+$/);
    assert(notifySystemd("stopping").ok);
    assert.equal(manager.next(), "STOPPING=1");
  }
});

test("without a service manager nothing happens; one that is gone is an error with its path", (t) => {
  delete process.env["NOTIFY_SOCKET"];
  assert(notifySystemd("ready").ok);
  process.env["NOTIFY_SOCKET"] = "/nowhere/notify";
  t.after(() => delete process.env["NOTIFY_SOCKET"]);
  const result = notifySystemd("ready");
  assert(!result.ok);
  assert.match(result.error.message, /cannot notify the service manager at \/nowhere\/notify: .*ENOENT/);
});

test("a file that cannot be read is named with the reason", (t) => {
  const folder = mkdtempSync(join(tmpdir(), "hf-plat-"));
  t.after(() => rmSync(folder, { recursive: true }));
  const file = join(folder, "x.toml");
  const errorOf = (path: string) => {
    const read = readTextFile(path);
    assert(!read.ok);
    assert.equal(read.error.code, "file");
    return read.error.message;
  };
  assert.equal(errorOf(file), `cannot read ${file}: there is no such file`);
  assert.equal(errorOf(folder), `cannot read ${folder}: it is a directory`);
  writeFileSync(file, Uint8Array.of(0x61, 0xff));
  assert.equal(errorOf(file), `cannot read ${file}: it is not UTF-8 text`);
  writeFileSync(file, "\ufeffgrün = 1\n");
  assert.deepEqual(readTextFile(file), { ok: true, value: "grün = 1\n" });
});
