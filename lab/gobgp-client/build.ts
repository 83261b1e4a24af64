import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { run } from "../exec.ts";

let built: string | undefined;

/** Builds the Go client, once a process, offline, from Debian's golang-github-osrg-gobgp-dev and what it needs. */
export async function gobgpClient(): Promise<string> {
  if (built !== undefined) return built;
  const folder = mkdtempSync(join(tmpdir(), "hf-gobgp-client-"));
  process.on("exit", () => rmSync(folder, { recursive: true, force: true }));
  const binary = join(folder, "gobgp-client");
  const source = join(import.meta.dirname, "main.go");
  const env = {
    GO111MODULE: "off",
    GOPATH: `${folder}:/usr/share/gocode`,
    GOFLAGS: "",
    GOCACHE: join(tmpdir(), "hf-go-cache"),
  };
  await run(["go", "build", "-o", binary, source], { env, timeoutMs: 180_000 });
  built = binary;
  return binary;
}
