/** Processes, files and interfaces of this host. */
import assert from "node:assert/strict";
import { execFileSync, spawn } from "node:child_process";
import { mkdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { after, test } from "node:test";
import { Bench, openDescriptors, temporaryDirectory, until, write } from "./harness.ts";

const bench = new Bench();
const directory = temporaryDirectory();
after(() => bench.close());

/** A name of its own, and longer than the kernel keeps. */
const NAME = `hf(${process.pid}) sleeper-with-a-long-name`;
const processProbe = (name: string | undefined, min = 1, pidFile?: string) =>
  ({ type: "process", name, pidFile, min }) as const;
const fileProbe = (path: string, min?: number, max?: number) => ({ type: "file", path, min, max }) as const;

function sleeper(): ReturnType<typeof spawn> {
  execFileSync("cp", ["/bin/sleep", `${directory}/${NAME}`]);
  const child = spawn(`${directory}/${NAME}`, ["1000"], { stdio: "ignore" });
  after(() => child.kill("SIGKILL"));
  return child;
}

test("a process is found by its name, however long, and counted; a dead one is not", async () => {
  const probe = processProbe(NAME, 2);
  assert.deepEqual(await bench.run(probe), { success: false, detail: `no process named ${NAME}` });
  const first = sleeper();
  await until(() => first.pid !== undefined, "a process");
  assert.deepEqual(await bench.run(probe), { success: false, detail: `1 of 2 processes named ${NAME}` });
  assert.deepEqual(await bench.run(processProbe(NAME)), { success: true, detail: `one process named ${NAME}` });
  const child = spawn(`${directory}/${NAME}`, ["1000"], { stdio: "ignore" });
  assert.deepEqual(await bench.run(probe), { success: true, detail: `2 processes named ${NAME}` });
  for (const process of [first, child]) process.kill("SIGKILL");
  await until(() => first.signalCode !== null && child.signalCode !== null, "their end");
  assert.equal((await bench.run(processProbe(NAME))).success, false);
});

test("a zombie is not alive", async () => {
  // The shell replaces itself by a program that asks for no child.
  const parent = spawn("sh", ["-c", "sleep 1000 & echo $!; exec sleep 1000"], { stdio: ["ignore", "pipe", "ignore"] });
  after(() => parent.kill("SIGKILL"));
  let output = "";
  parent.stdout?.on("data", (chunk) => {
    output += chunk;
  });
  const stat = (pid: number) => readFileSync(`/proc/${pid}/stat`, "utf8");
  await until(() => output.includes("\n") && stat(parent.pid as number).includes("(sleep)"), "the shell to be gone");
  process.kill(Number(output), "SIGKILL");
  await until(() => stat(Number(output)).includes(") Z "), "a zombie");
  const path = write(directory, "zombie.pid", output);
  assert.deepEqual(await bench.run(processProbe(undefined, 1, path)), {
    success: false,
    detail: `no process ${output.trim()}, which ${path} names`,
  });
});

test("a process is found by its pid file, and must have the name that is asked for", async () => {
  const path = write(directory, "self.pid", `${process.pid}\n`);
  const { success, detail } = await bench.run(processProbe(undefined, 1, path));
  assert.equal(success, true, detail);
  const other = await bench.run(processProbe("haproxy", 1, path));
  assert.equal(other.success, false);
  assert.match(other.detail, /^process \d+ is .+, not haproxy$/);
});

test("a pid file that is missing, empty or names nobody is a failure that says so", async () => {
  const missing = `${directory}/none.pid`;
  assert.equal((await bench.run(processProbe(undefined, 1, missing))).detail, `${missing}: no such file or directory`);
  for (const text of ["", "0", "-1", "1 2", "abc"]) {
    const path = write(directory, "odd.pid", text);
    assert.equal((await bench.run(processProbe(undefined, 1, path))).detail, `${path} holds no process number`);
  }
  const path = write(directory, "stale.pid", "4194304999");
  assert.equal(
    (await bench.run(processProbe(undefined, 1, path))).detail,
    `no process 4194304999, which ${path} names`,
  );
});

test("a file without bounds must exist", async () => {
  const path = write(directory, "exists", "");
  assert.deepEqual(await bench.run(fileProbe(path)), { success: true, detail: `${path} exists` });
  assert.equal((await bench.run(fileProbe(directory))).success, true);
  assert.deepEqual(await bench.run(fileProbe(`${path}-not`)), {
    success: false,
    detail: `${path}-not: no such file or directory`,
  });
});

test("a file's number must lie within its bounds", async () => {
  const path = write(directory, "number", " 12.5 \nother\n");
  for (const [min, max, detail] of [
    [12.5, 12.5, "value 12.5"],
    [undefined, 20, "value 12.5"],
    [13, undefined, "12.5 is below 13"],
    [0, 12, "12.5 is above 12"],
  ] as const)
    assert.deepEqual(await bench.run(fileProbe(path, min, max)), { success: detail.startsWith("value"), detail });
});

test("a file that holds no number is a failure that quotes it", async () => {
  const path = write(directory, "words", "twelve\n");
  assert.deepEqual(await bench.run(fileProbe(path, 0)), {
    success: false,
    detail: `${path} holds no number but "twelve"`,
  });
  const empty = write(directory, "empty", "\n");
  assert.equal((await bench.run(fileProbe(empty, 0))).success, false);
});

test("a pipe that nobody writes to, and a directory, do not hold the run", async () => {
  execFileSync("mkfifo", [`${directory}/pipe`]);
  assert.equal((await bench.run(fileProbe(`${directory}/pipe`, 0))).success, false);
  mkdirSync(`${directory}/folder`);
  assert.equal((await bench.run(fileProbe(`${directory}/folder`, 0))).success, false);
});

test("500 runs at once leave no descriptor behind", async () => {
  const path = write(directory, "many", "1");
  await bench.run(processProbe("init"));
  const before = openDescriptors();
  const runs = Array.from({ length: 500 }, (_, i) =>
    bench.start(i % 2 === 0 ? processProbe("init", 0) : fileProbe(path, 1)),
  );
  for (const run of runs) assert.equal((await bench.answer(run)).success, true);
  assert.equal(openDescriptors(), before);
});

test("an interface is up with carrier, down by its administrator or its cable, or not there", async (context) => {
  if (process.getuid?.() !== 0) return context.skip("needs root");
  const namespace = `hf-checks-${process.pid}`;
  const ip = (...words: string[]) => execFileSync("ip", words, { encoding: "utf8" });
  ip("netns", "add", namespace);
  try {
    const child = join(import.meta.dirname, "interface-child.ts");
    const output = ip("netns", "exec", namespace, process.execPath, "--import", "tsx", child);
    assert.deepEqual(output.trim().split("\n"), [
      "false lo is administratively down",
      "true lo is up",
      "false there is no interface va",
      "false va is administratively down",
      "false va has no carrier",
      "true va is up",
    ]);
  } finally {
    ip("netns", "del", namespace);
  }
});
