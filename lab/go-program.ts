import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { run } from "./exec.ts";

const built = new Map<string, string>();

/** Builds a Go program of lab/, once a process, offline, from Debian's sources. Returns the path of the executable. */
export async function goProgram(file: string): Promise<string> {
  const before = built.get(file);
  if (before !== undefined) return before;
  const folder = mkdtempSync(join(tmpdir(), "hf-go-"));
  process.on("exit", () => rmSync(folder, { recursive: true, force: true }));
  const binary = join(folder, "program");
  const env = {
    GO111MODULE: "off",
    GOPATH: `${folder}:/usr/share/gocode`,
    GOFLAGS: "",
    GOCACHE: join(tmpdir(), "hf-go-cache"),
  };
  await run(["go", "build", "-o", binary, join(import.meta.dirname, file)], { env, timeoutMs: 180_000 });
  built.set(file, binary);
  return binary;
}
