import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import { test } from "node:test";
import { COMMANDS } from "../../../src/cli/commands/index.ts";
import { bashCompletion } from "../../../src/cli/completion/bash.ts";
import { fishCompletion } from "../../../src/cli/completion/fish.ts";
import { zshCompletion } from "../../../src/cli/completion/zsh.ts";
import { run } from "./run.ts";

/** What bash would offer after these words; the last one is being written. `holdfast` answers as the script below says. */
function offered(...words: readonly string[]): string[] {
  const script = `${bashCompletion(COMMANDS)}
holdfast() { case "$1" in vips) printf '203.0.113.10/32\\n';; peers) printf '192.0.2.2\\n192.0.2.3\\n';; esac; }
COMP_WORDS=(${["holdfast", ...words].map((word) => `'${word}'`).join(" ")})
COMP_CWORD=${words.length}
_holdfast
printf '%s\\n' "\${COMPREPLY[@]}"
`;
  const { stdout, stderr, status } = spawnSync("bash", ["--norc", "-c", script], { encoding: "utf8" });
  assert.deepEqual([status, stderr], [0, ""]);
  return stdout.split("\n").filter(Boolean);
}

test("bash completes commands, also after options of every command", () => {
  assert.deepEqual(
    offered(""),
    COMMANDS.map(({ name }) => name),
  );
  assert.deepEqual(offered("re"), ["reset", "reload"]);
  assert.deepEqual(offered("-j", "--target", "vips", "st"), ["status", "stop"]);
});

test("bash completes options, the command's own first", () => {
  assert.deepEqual(offered("rib", "--lo"), ["--local", "--longer", "--longest"]);
  assert.deepEqual(offered("rib", "--js"), ["--json"]);
  assert.deepEqual(offered("status", "--lo"), []);
});

test("bash asks the daemon for VIPs and neighbours, and knows words and files", () => {
  assert.deepEqual(offered("why", "2"), ["203.0.113.10/32"]);
  assert.deepEqual(offered("disable", "192.0.2."), ["192.0.2.2", "192.0.2.3"]);
  assert.deepEqual(offered("rib", "--in", ""), ["192.0.2.2", "192.0.2.3"]);
  assert.deepEqual(offered("announce", "10.0.0.1", "--on-lapse", ""), ["withdraw", "de-prefer"]);
  assert.deepEqual(offered("completion", "z"), ["zsh"]);
  assert.deepEqual(offered("help", "dr"), ["drain"]);
  assert.ok(offered("check", "/etc/host").includes("/etc/hosts"), "files");
  assert.ok(offered("--tls-ca", "/etc/host").includes("/etc/hosts"), "files of an option");
});

test("every shell's script knows every command and option", async () => {
  for (const make of [bashCompletion, zshCompletion, fishCompletion]) {
    const script = make(COMMANDS);
    for (const { name, options } of COMMANDS) {
      assert.match(script, new RegExp(`\\b${name}\\b`));
      for (const option of Object.keys(options)) assert.match(script, new RegExp(`(--|-l )${option}\\b`));
    }
  }
  for (const shell of ["bash", "zsh", "fish"]) {
    const { status, stdout } = await run(["completion", shell]);
    assert.deepEqual([status, stdout.includes(`holdfast completion ${shell}`)], [0, true]);
  }
});

test("texts with quotes and brackets do not break a script", () => {
  const [command] = COMMANDS;
  if (command === undefined) throw new Error("there are commands");
  const nasty = { ...command, summary: "it's [odd]: a \\ text" };
  const bash = spawnSync("bash", ["-n"], { input: bashCompletion([nasty]), encoding: "utf8" });
  assert.deepEqual([bash.status, bash.stderr], [0, ""]);
  assert.ok(zshCompletion([nasty]).includes("it'\\''s \\[odd\\]\\: a \\\\ text"), "zsh");
  assert.ok(fishCompletion([nasty]).includes("'it'\\''s [odd]: a \\ text'"), "fish");
});
