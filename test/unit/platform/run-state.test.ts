import assert from "node:assert/strict";
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { test } from "node:test";
import { type OpenedRunState, RunState } from "../../../src/platform/run-state.ts";

async function inDirectory(run: (directory: string) => void | Promise<void>): Promise<void> {
  const directory = mkdtempSync(join(tmpdir(), "run-state-"));
  try {
    await run(directory);
  } finally {
    rmSync(directory, { recursive: true, force: true });
  }
}

function open(directory: string): OpenedRunState {
  const opened = RunState.open(directory);
  if (!opened.ok) assert.fail(opened.error.message);
  return opened.value;
}

/** Leaves the directory as a process that was killed: the lock goes with its descriptors. */
function killed(directory: string, ...saved: string[]): void {
  const copy = mkdtempSync(join(tmpdir(), "run-state-victim-"));
  const { state } = open(copy);
  for (const text of saved) state.save(text);
  state.touch();
  for (const file of ["run", "alive"]) {
    try {
      writeFileSync(join(directory, file), readFileSync(join(copy, file)));
    } catch {
      // nothing was saved
    }
  }
  state.close();
  rmSync(copy, { recursive: true });
}

test("a directory that is new is a fresh start, and is made", () =>
  inDirectory((directory) => {
    const { state, previous, lost } = open(join(directory, "a", "b"));
    assert.deepEqual([previous, lost], [undefined, undefined]);
    state.close();
  }));

test("after an orderly stop the next start is fresh, whatever was saved", () =>
  inDirectory((directory) => {
    const { state } = open(directory);
    state.save("roles");
    state.close();
    const next = open(directory);
    assert.equal(next.previous, undefined);
    assert.equal(next.lost, undefined);
    next.state.close();
  }));

test("after a kill the next process finds what was last saved, and how long ago that was", () =>
  inDirectory((directory) => {
    killed(directory, "first", "second\nwith a line");
    const { state, previous } = open(directory);
    assert.equal(previous?.text, "second\nwith a line");
    assert.equal((previous?.lastAlive ?? -1) >= 0 && (previous?.lastAlive ?? 0) < 5_000_000, true);
    state.close();
  }));

test("a second daemon with the same directory is refused, and told why", () =>
  inDirectory((directory) => {
    const { state } = open(directory);
    const second = RunState.open(directory);
    assert.equal(second.ok, false);
    assert.match(second.ok ? "" : second.error.message, /another holdfastd uses it/);
    state.close();
  }));

test("a state file that is cut at any octet is a loss that is told, never what it was not", () =>
  inDirectory((directory) => {
    killed(directory, "the roles of all instances");
    const whole = readFileSync(join(directory, "run"));
    const alive = readFileSync(join(directory, "alive"));
    for (let length = 0; length < whole.length; length++) {
      writeFileSync(join(directory, "run"), whole.subarray(0, length));
      writeFileSync(join(directory, "alive"), alive);
      const { state, previous, lost } = open(directory);
      assert.equal(previous?.text, undefined, `cut at ${length}`);
      assert.match(lost ?? "", /damaged|another version/, `cut at ${length}`);
      state.close();
    }
    for (let length = 0; length < alive.length; length++) {
      writeFileSync(join(directory, "run"), whole);
      writeFileSync(join(directory, "alive"), alive.subarray(0, length));
      const { state, previous } = open(directory);
      assert.equal(previous, undefined, `alive cut at ${length}`);
      state.close();
    }
  }));

test("any changed octet is noticed", () =>
  inDirectory((directory) => {
    killed(directory, "gw is Master");
    const whole = readFileSync(join(directory, "run"));
    const alive = readFileSync(join(directory, "alive"));
    for (let at = 0; at < whole.length; at++) {
      const changed = Uint8Array.from(whole);
      changed[at] = (changed[at] as number) ^ 0x04;
      writeFileSync(join(directory, "run"), changed);
      writeFileSync(join(directory, "alive"), alive);
      const { state, previous } = open(directory);
      assert.equal(previous?.text, undefined, `octet ${at}`);
      state.close();
    }
  }));

test("what an older process saved is not taken for what a newer one could not save", () =>
  inDirectory((directory) => {
    killed(directory, "gw is Master");
    const old = readFileSync(join(directory, "run"));
    killed(directory, "gw is Master", "gw is Backup");
    writeFileSync(join(directory, "run"), old);
    const { state, previous, lost } = open(directory);
    assert.equal(previous?.text, undefined);
    assert.match(lost ?? "", /out of date/);
    state.close();
  }));

test("what cannot be written is told, and the next process finds nothing rather than something old", () =>
  inDirectory((directory) => {
    const { state } = open(directory);
    state.save("gw is Master");
    // A directory in the way refuses the new file as a full disk does, also to root.
    mkdirSync(join(directory, "run.new"));
    const saved = state.save("gw is Backup");
    assert.match(saved.ok ? "" : saved.error.message, /cannot write .*run/);
    const [run, alive] = ["run", "alive"].map((name) => readFileSync(join(directory, name)));
    state.close();
    writeFileSync(join(directory, "run"), run as Buffer);
    writeFileSync(join(directory, "alive"), alive as Buffer);
    const next = open(directory);
    assert.equal(next.previous !== undefined, true);
    assert.equal(next.previous?.text, undefined);
    assert.match(next.lost ?? "", /out of date/);
    next.state.close();
  }));

test("a directory that cannot be made is an error that names it", () =>
  inDirectory((directory) => {
    writeFileSync(join(directory, "file"), "");
    const opened = RunState.open(join(directory, "file", "state"));
    assert.match(opened.ok ? "" : opened.error.message, /cannot use the state directory .*file.state: /);
  }));
