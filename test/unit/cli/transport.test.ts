import assert from "node:assert/strict";
import { execFileSync, spawn } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { createServer } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, test } from "node:test";
import { FakeHost } from "../api/holdfast/fake-host.ts";
import { serve } from "../api/holdfast/serve.ts";
import { fakeGobgp } from "./fake-gobgp.ts";
import { FakeIo, run } from "./run.ts";

const root = join(import.meta.dirname, "../../..");
const directory = mkdtempSync(join(tmpdir(), "holdfast-cli-"));
after(() => rmSync(directory, { recursive: true }));
const path = (name: string) => join(directory, name);

test("nobody there: what to do next, exit 1", async () => {
  const { status, stdout, stderr } = await run(["-u", `unix:${path("nothing")}`, "status"]);
  assert.deepEqual([status, stdout], [1, ""]);
  assert.match(stderr, /^holdfast: nobody answers at unix:.*: is holdfastd running\? Another address: --target\n$/);
  const named = await run(["-u", `unix:${path("tls-SSL")}`, "status"]);
  assert.match(named.stderr, /^holdfast: nobody answers at unix:/, "whatever the path is called");
  const tcp = await run(["-u", "127.0.0.1:1", "why", "192.0.2.1"]);
  assert.match(tcp.stderr, /nobody answers at 127\.0\.0\.1:1: /);
});

test("something else there: it is said that it does not speak gRPC", async () => {
  const server = createServer((socket) => socket.on("error", () => {}).end("SSH-2.0-nothing\r\n"));
  await new Promise<void>((resolve) => server.listen(path("other"), resolve));
  const { status, stderr } = await run(["-u", `unix:${path("other")}`, "status"]);
  server.close();
  assert.equal(status, 1);
  assert.match(stderr, /does not answer: .*is it holdfastd's address/);
});

test("the target comes from the environment, and the command line goes before it", async () => {
  const served = await serve(new FakeHost());
  const io = new FakeIo();
  io.env = { HOLDFAST_TARGET: served.target };
  assert.equal((await run(["vips", "--names"], io)).status, 0);
  const other = new FakeIo();
  other.env = { HOLDFAST_TARGET: "unix:/nowhere" };
  assert.equal((await run(["-u", served.target, "vips"], other)).status, 0);
  served.close();
});

test("a token is shown from its file; without it the way in is named", async () => {
  writeFileSync(path("token"), "sesame\nnot this\n");
  writeFileSync(path("wrong"), "simsim\n");
  writeFileSync(path("empty"), "\n");
  const served = await serve(new FakeHost(), { access: { type: "token", token: "sesame" } });
  const status = (...argv: readonly string[]) => run(["-u", served.target, ...argv, "vips", "--names"]);
  assert.equal((await status("--token-file", path("token"))).status, 0);
  for (const argv of [[], ["--token-file", path("wrong")]]) {
    const refused = await status(...argv);
    assert.equal(refused.status, 1);
    assert.match(refused.stderr, /wants to know who asks: --token-file FILE/);
  }
  assert.match((await status("--token-file", path("empty"))).stderr, /empty: its first line, the token, is empty/);
  assert.match((await status("--token-file", path("missing"))).stderr, /cannot read .*missing/);
  served.close();
});

test("TLS: a certificate that is known, one that is not, one of our own that is asked for", async () => {
  const certificate = (name: string) => {
    const args = ["req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes", "-days", "2"];
    const subject = ["-subj", `/CN=${name}`, "-addext", `subjectAltName=DNS:${name}`];
    const files = ["-keyout", path(`${name}.key`), "-out", path(`${name}.pem`)];
    execFileSync("openssl", [...args, ...subject, ...files], { stdio: "ignore" });
    return { certificate: readFileSync(path(`${name}.pem`)), key: readFileSync(path(`${name}.key`)) };
  };
  const daemon = certificate("gw.example");
  const operator = certificate("operator");
  const served = await serve(new FakeHost(), { tls: { ...daemon, clientAuthorities: operator.certificate } });
  const status = (...argv: readonly string[]) => run(["-u", served.target, ...argv, "vips", "--names"]);
  const known = ["--tls-ca", path("gw.example.pem"), "--tls-name", "gw.example"];
  const own = ["--tls-cert", path("operator.pem"), "--tls-key", path("operator.key")];
  const good = await status(...known, ...own);
  assert.deepEqual([good.status, good.stderr], [0, ""]);
  assert.match((await status("--tls", "--tls-name", "gw.example")).stderr, /TLS failed: .*see --tls-ca/);
  assert.equal((await status(...known)).status, 1, "no certificate of our own");
  assert.match((await status()).stderr, /does not answer: .*does it want --tls\?/);
  assert.match((await status("--tls-ca", path("nothing"))).stderr, /cannot read/);
  served.close();
});

test("neighbours are enabled, disabled and reset in GoBGP's own words", async () => {
  const host = new FakeHost();
  host.rig.join({ description: "upstream" });
  const { service, asked } = fakeGobgp();
  const served = await serve(host, { also: [service] });
  const holdfast = (...argv: readonly string[]) => run(["-u", served.target, ...argv]);
  assert.equal((await holdfast("disable", "upstream", "--text", "see you")).stdout, "192.0.2.2 disabled\n");
  assert.equal((await holdfast("enable", "192.0.2.2")).stdout, "192.0.2.2 enabled\n");
  await holdfast("reset", "192.0.2.2");
  await holdfast("softreset", "192.0.2.2", "--in");
  await holdfast("softreset", "192.0.2.2");
  assert.match((await holdfast("enable", "nobody")).stderr, /there is no neighbour "nobody"/);
  served.close();
  const address = "192.0.2.2";
  assert.deepEqual(asked, [
    ["DisablePeer", { address, communication: "see you" }],
    ["EnablePeer", { address }],
    ["ResetPeer", { address, communication: "", soft: false, direction: "IN" }],
    ["ResetPeer", { address, communication: "", soft: true, direction: "IN" }],
    ["ResetPeer", { address, communication: "", soft: true, direction: "BOTH" }],
  ]);
});

test("as a process: answers, exit statuses, SIGINT, and silence when the reader goes", async () => {
  const host = new FakeHost();
  const served = await serve(host);
  const program = ["--import", "tsx", join(root, "src/holdfast.ts"), "-u", served.target];
  const start = (...argv: readonly string[]) => {
    const child = spawn(process.execPath, [...program, ...argv], { cwd: root });
    const all = { stdout: "", stderr: "" };
    child.stdout.on("data", (data) => {
      all.stdout += data;
    });
    child.stderr.on("data", (data) => {
      all.stderr += data;
    });
    const ended = new Promise<object>((resolve) => child.on("close", (status) => resolve({ status, ...all })));
    return { child, ended, seen: new Promise<void>((resolve) => child.stdout.once("data", () => resolve())) };
  };
  const [vips, wrong, followed, cut] = [
    start("vips", "--names"),
    start("fly"),
    start("events", "-f"),
    start("events", "-f"),
  ];
  const push = setInterval(() => {
    host.events.push({ level: "info", source: "vip", subject: "", type: "verdict", text: "it happens" });
  }, 20);
  assert.deepEqual(await vips.ended, { status: 0, stdout: "203.0.113.10/32\n203.0.113.11/32\n", stderr: "" });
  const { status, stderr } = (await wrong.ended) as { status: number; stderr: string };
  assert.equal(status, 2);
  assert.match(stderr, /there is no command "fly"/);
  await followed.seen;
  followed.child.kill("SIGINT");
  assert.deepEqual({ ...(await followed.ended), stdout: "" }, { status: 0, stdout: "", stderr: "" });
  await cut.seen;
  cut.child.stdout.destroy();
  assert.deepEqual({ ...(await cut.ended), stdout: "" }, { status: 0, stdout: "", stderr: "" });
  clearInterval(push);
  served.close();
});
