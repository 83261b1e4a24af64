import assert from "node:assert/strict";
import { chmodSync, existsSync, readFileSync } from "node:fs";
import { constants } from "node:os";
import { after, test } from "node:test";
import { Bench, isAlive, openDescriptors, temporaryDirectory, until, write } from "./harness.ts";

const bench = new Bench();
after(() => bench.close());
const directory = temporaryDirectory();
chmodSync(directory, 0o755);

const script = (command: readonly string[], user?: string) => ({ type: "script", command, user }) as const;
const sh = (text: string, user?: string) => script(["sh", "-c", text], user);

/** Numbers that a script wrote into a file, each on a line, once there are as many. */
async function pidsIn(path: string, count: number): Promise<number[]> {
  const read = () =>
    (existsSync(path) ? readFileSync(path, "utf8").trim().split("\n") : []).filter(Boolean).map(Number);
  await until(() => read().length >= count, `${count} process numbers in ${path}`);
  return read();
}

test("exit status 0 is success, and its first line of output is told", async () => {
  assert.deepEqual(await bench.run(script(["true"])), { success: true, detail: "exit status 0" });
  assert.deepEqual(await bench.run(sh("echo; echo fine; echo more")), { success: true, detail: "exit status 0: fine" });
});

test("another exit status is failure, and says what the script said on standard error", async () => {
  assert.deepEqual(await bench.run(sh("echo no quorum >&2; exit 3")), {
    success: false,
    detail: "exit status 3: no quorum",
  });
});

test("a command that does not exist is a failure", async () => {
  assert.deepEqual(await bench.run(script(["/nonexistent/check", "-v"])), {
    success: false,
    detail: "cannot run /nonexistent/check: no such file or directory",
  });
});

test("a command that is not executable is a failure", async () => {
  const path = write(directory, "plain.sh", "#!/bin/sh\nexit 0\n");
  assert.deepEqual(await bench.run(script([path])), {
    success: false,
    detail: `cannot run ${path}: permission denied`,
  });
});

test("status 127 and 126 of a shell are failures", async () => {
  const missing = await bench.run(sh("nosuchcommand"));
  assert.equal(missing.success, false);
  assert.match(missing.detail, /^exit status 127 \(not found\): .*nosuchcommand: not found$/);
  const forbidden = await bench.run(sh(directory));
  assert.equal(forbidden.success, false);
  assert.match(forbidden.detail, /^exit status 126 \(cannot be executed\): /);
});

test("death by a signal is a failure", async () => {
  assert.deepEqual(await bench.run(sh("kill -SEGV $$")), { success: false, detail: "ended by SIGSEGV" });
});

test("arguments go to the command as they are: there is no shell", async () => {
  assert.deepEqual(await bench.run(script(["echo", "$HOME; exit 1", "*"])), {
    success: true,
    detail: "exit status 0: $HOME; exit 1 *",
  });
});

test("it reads nothing, heeds SIGPIPE, leads its own group, and has none of our descriptors", async () => {
  // As root this opens a raw socket, which the package does not mark to be closed on exec.
  await bench.run({ type: "ping", host: "127.0.0.1" });
  const { detail } = await bench.run(
    sh(
      'cat; echo "$(ls /proc/self/fd | tr "\\n" " ")$(sed -n "s/^SigIgn:\\t//p" /proc/$$/status) $(cut -d" " -f5,6 /proc/$$/stat) $$"',
    ),
  );
  // ls has its own descriptor 3.
  const [, ignored, group, session, pid] = /: 0 1 2 3 ([0-9a-f]+) (\d+) (\d+) (\d+)$/.exec(detail) ?? [];
  assert.notEqual(group, undefined, detail);
  assert.equal(Number.parseInt(ignored as string, 16) & (1 << (constants.signals.SIGPIPE - 1)), 0);
  assert.deepEqual([group, session], [pid, pid]);
});

test("what systemd tells this process is not told to a script", async () => {
  process.env["NOTIFY_SOCKET"] = "/run/systemd/notify";
  const { detail } = await bench.run(sh("echo $" + "{NOTIFY_SOCKET-none} $" + "{PATH:+path}"));
  delete process.env["NOTIFY_SOCKET"];
  assert.equal(detail, "exit status 0: none path");
});

test("a script that prints much is not held up, and its beginning is told", async () => {
  assert.deepEqual(await bench.run(sh("echo start; head -c 5000000 /dev/zero")), {
    success: true,
    detail: "exit status 0: start",
  });
});

test("a long line is cut", async () => {
  const { detail } = await bench.run(sh("head -c 9000 /dev/zero | tr '\\0' x"));
  assert.equal(detail.length, "exit status 0: ".length + 200);
});

test("a hung script and its children end by TERM", async () => {
  const file = `${directory}/hung`;
  const run = bench.start(sh(`sleep 1000 & echo $! > ${file}; echo $$ >> ${file}; wait`));
  const pids = await pidsIn(file, 2);
  bench.end(run);
  assert.deepEqual(await bench.answer(run), { success: false, detail: "ended by SIGTERM" });
  await until(() => !pids.some(isAlive), "the end of both");
});

test("a script that ignores TERM ends by KILL, and not before", async () => {
  const file = `${directory}/stubborn`;
  const run = bench.start(
    sh(`trap 'echo heard >> ${file}.term' TERM; echo $$ > ${file}; while :; do sleep 0.01; done`),
  );
  const pids = await pidsIn(file, 1);
  bench.end(run);
  await until(() => existsSync(`${file}.term`), "TERM to be heard");
  assert.equal(pids.every(isAlive), true);
  bench.end(run, "kill");
  // The shell may have told of its child's end by TERM.
  assert.match((await bench.answer(run)).detail, /^ended by SIGKILL/);
  assert.equal(pids.some(isAlive), false);
});

test("children that ignore TERM do not outlive a script that was told to end", async () => {
  const file = `${directory}/child`;
  const run = bench.start(
    sh(`(trap '' TERM; exec sleep 1000) & echo $! > ${file}; sleep 0.05; echo x >> ${file}.ready; wait`),
  );
  await until(() => existsSync(`${file}.ready`), "the child");
  const pids = await pidsIn(file, 1);
  bench.end(run);
  assert.equal((await bench.answer(run)).success, false);
  await until(() => !pids.some(isAlive), "the end of the child");
});

test("a child that stays behind and keeps the output open does not hold the answer, and lives on", async () => {
  const file = `${directory}/service`;
  const answer = await bench.run(sh(`sleep 1000 & echo $! > ${file}; echo started`));
  assert.deepEqual(answer, { success: true, detail: "exit status 0: started" });
  const [pid] = await pidsIn(file, 1);
  assert.equal(isAlive(pid as number), true);
  process.kill(pid as number, "SIGKILL");
});

test("a script runs as its user, with that user's groups and home", { skip: process.getuid?.() !== 0 }, async () => {
  const groups = process.getgroups?.() ?? [];
  process.setgroups?.([12]);
  const { success, detail } = await bench.run(sh("echo $(id -un) $(id -Gn) $HOME $USER", "nobody"));
  process.setgroups?.(groups);
  assert.equal(success, true, detail);
  assert.equal(detail, "exit status 0: nobody nogroup /nonexistent nobody");
  const again = await bench.run(script([`/nonexistent/check`], "nobody"));
  assert.equal(again.success, false);
  assert.match(again.detail, /^exit status 127 \(not found\): .*nonexistent\/check/);
});

test("an unknown user is a failure that names him", async () => {
  assert.deepEqual(await bench.run(sh("exit 0", "holdfast-nobody")), {
    success: false,
    detail: "there is no user holdfast-nobody on this host",
  });
});

test("a thousand runs leave no descriptor and no process behind", async () => {
  await bench.run(script(["true"]));
  const before = openDescriptors();
  for (let round = 0; round < 10; round++) {
    const runs = Array.from({ length: 50 }, (_, i) => bench.start(script(i % 2 === 0 ? ["true"] : ["/nonexistent"])));
    for (const run of runs) assert.equal((await bench.answer(run)).success, run % 2 === (runs[0] as number) % 2);
  }
  assert.equal(bench.running, 0);
  assert.equal(openDescriptors(), before);
  const children = readFileSync(`/proc/self/task/${process.pid}/children`, "utf8").trim().split(" ").filter(Boolean);
  const zombies = children.filter((pid) => / Z /.test(readFileSync(`/proc/${pid}/stat`, "utf8")));
  assert.deepEqual(zombies, []);
});
