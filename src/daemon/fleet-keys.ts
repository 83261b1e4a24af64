import type { ClusterConfig } from "../config/index.ts";
import { fail, ok, type Result } from "../lib/result.ts";
import { readTextFile } from "../platform/index.ts";

const OCTETS = [16, 24, 32];

/** The keys of `[cluster]`, the encrypting one first; none for plaintext. Reads the file; the error names its line. */
export function keysOf({ key, keyFile }: ClusterConfig): Result<readonly Uint8Array[], string> {
  const keys = key === undefined ? [] : [decode(key)];
  if (keyFile === undefined) return ok(keys);
  const text = readTextFile(keyFile);
  if (!text.ok) return fail(text.error.message);
  for (const [index, line] of text.value.split("\n").entries()) {
    const written = line.replace(/#.*/, "").trim();
    if (written === "") continue;
    const bytes = decode(written);
    // Not shown: it may be a key with a slip.
    if (!OCTETS.includes(bytes.length) || Buffer.from(bytes).toString("base64") !== written)
      return fail(`${keyFile}:${index + 1}: no key; 16, 24 or 32 octets in base64 are wanted`);
    if (!keys.some((known) => String(known) === String(bytes))) keys.push(bytes);
  }
  return keys.length === 0 ? fail(`${keyFile}: no key in it`) : ok(keys);
}

const decode = (base64: string): Uint8Array => new Uint8Array(Buffer.from(base64, "base64"));
