import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { createServer } from "node:net";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";
import { after, test } from "node:test";
import { VERSION } from "../../../src/lib/version.ts";

const root = resolve(import.meta.dirname, "../../..");
const directory = mkdtempSync(join(tmpdir(), "holdfast-command-line-"));
after(() => rmSync(directory, { recursive: true }));

const GLOBAL = '[global.config]\n  as = 65001\n  router-id = "192.0.2.1"\n  port = -1\n';

function file(name: string, text: string): string {
  const path = join(directory, name);
  writeFileSync(path, text);
  return path;
}

function run(program: "holdfastd" | "holdfast", ...args: readonly string[]) {
  const done = spawnSync(process.execPath, [`${root}/dist/${program}.js`, ...args], {
    encoding: "utf8",
    timeout: 20_000,
  });
  return { status: done.status, stdout: done.stdout, stderr: done.stderr };
}

test("the version is package.json's", () => {
  const { version } = JSON.parse(readFileSync(`${root}/package.json`, "utf8")) as { readonly version: string };
  assert.equal(VERSION, version);
  assert.deepEqual(run("holdfastd", "--version"), { status: 0, stdout: `holdfastd ${version}\n`, stderr: "" });
});

test("a good file is good, to the daemon and to the command", () => {
  const path = file("good.toml", GLOBAL);
  assert.deepEqual(run("holdfastd", "-d", "-f", path), { status: 0, stdout: `${path}: good\n`, stderr: "" });
  assert.equal(run("holdfast", "check", path).status, 0);
});

test("a broken file: every fault with its place, exit 2, from both", () => {
  const path = file("broken.toml", `${GLOBAL}  ass = 1\n[[vips]]\n  prefix = "203.0.113.1"\n`);
  for (const done of [
    run("holdfastd", "-d", "-f", path),
    run("holdfastd", "-f", path),
    run("holdfast", "check", path),
  ]) {
    assert.equal(done.status, 2);
    assert.match(done.stderr, new RegExp(`${path}:5:3`));
    assert.match(done.stderr, new RegExp(`${path}:7:`));
    assert.match(done.stderr, /2 errors/);
  }
});

test("what the command line gets wrong is named, exit 2", () => {
  assert.match(run("holdfastd", "--no-such-flag").stderr, /--no-such-flag/);
  assert.match(run("holdfastd", "-l", "loud", "-f", "x").stderr, /loud.*panic, fatal/);
  assert.match(run("holdfastd", "-t", "yaml", "-f", "x").stderr, /only toml/);
  assert.match(run("holdfastd").stderr, /-f FILE/);
  assert.equal(run("holdfastd").status, 2);
  assert.match(run("holdfast", "fly").stderr, /no command "fly"/);
  assert.equal(run("holdfast").status, 2);
});

test("a file that is not there, and a password file that is not there or empty, are named", () => {
  const missing = join(directory, "missing.toml");
  assert.match(run("holdfastd", "-f", missing).stderr, new RegExp(missing));
  const passwordFile = join(directory, "password");
  const path = file(
    "password.toml",
    `${GLOBAL}[[neighbors]]\n  [neighbors.config]\n    neighbor-address = "192.0.2.2"\n    peer-as = 65002\n    auth-password-file = "${passwordFile}"\n`,
  );
  const absent = run("holdfastd", "-d", "-f", path);
  assert.equal(absent.status, 2);
  assert.match(absent.stderr, new RegExp(`192\\.0\\.2\\.2.*${passwordFile}`));
  writeFileSync(passwordFile, "\n");
  assert.match(run("holdfastd", "-d", "-f", path).stderr, /first line.*empty/);
});

test("a port that another process has: exit 1, naming address and port", async () => {
  const server = createServer();
  const port = await new Promise<number>((resolvePort) => {
    server.listen({ host: "127.0.0.5", port: 0 }, () => resolvePort((server.address() as { port: number }).port));
  });
  try {
    const path = file(
      "taken.toml",
      `[state]\n  directory = "${directory}/state"\n${GLOBAL.replace("port = -1", `port = ${port}\n  local-address-list = ["127.0.0.5"]`)}`,
    );
    const done = run("holdfastd", "-p", "-f", path);
    assert.equal(done.status, 1);
    assert.match(done.stdout, new RegExp(`127\\.0\\.0\\.5.*${port}`));
  } finally {
    server.close();
  }
});
