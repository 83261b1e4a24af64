/*
 * Loads CommonJS libraries a file at a time, with turns of the event loop between.
 *
 * To import a large library is one long turn: every file of it is read, compiled and run, some hundred milliseconds in which
 * no advert is sent and none is heard. A daemon that speaks already cannot afford that. So the files are loaded here in
 * the order in which they need each other, the innermost first; when the library itself is imported, all is there.
 *
 * What a file needs is read off its text. What that misses is loaded by whoever needs it, in a longer turn: nothing breaks.
 */
import { readFileSync } from "node:fs";
import { createRequire, isBuiltin } from "node:module";

const REQUIRE = /\brequire\(\s*["']([^"']+)["']\s*\)/g;
/** Timers, sockets and immediates have their turns in between. */
const PAUSE_MS = 1;

/** Loads these packages as `from` (a file's URL) would find them. Never throws: who imports them will be told. */
export async function requireInTurns(names: readonly string[], from: string): Promise<void> {
  const seen = new Set<string>();
  for (const name of names) await load(name, createRequire(from), seen);
}

async function load(name: string, require: NodeJS.Require, seen: Set<string>): Promise<void> {
  const file = resolve(name, require);
  if (file === undefined || seen.has(file)) return;
  seen.add(file);
  const own = createRequire(file);
  if (/\.c?js$/.test(file))
    for (const [, needed] of textOf(file).matchAll(REQUIRE)) await load(needed as string, own, seen);
  await new Promise((next) => setTimeout(next, PAUSE_MS));
  try {
    own(file);
  } catch {
    // An optional part that is not there, or a fault that shows when the library is imported.
  }
}

/** The file; undefined: there is none, or it is part of Node. */
function resolve(name: string, require: NodeJS.Require): string | undefined {
  if (isBuiltin(name)) return undefined;
  try {
    return require.resolve(name);
  } catch {
    return undefined;
  }
}

function textOf(file: string): string {
  try {
    return readFileSync(file, "utf8");
  } catch {
    return "";
  }
}
