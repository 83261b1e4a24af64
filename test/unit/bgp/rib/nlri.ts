import type { NlriBatch } from "../../../../src/bgp/wire/index.ts";
import { type Prefix, parsePrefix } from "../../../../src/lib/prefix.ts";

export function prefix(text: string): Prefix {
  const parsed = parsePrefix(text);
  if (parsed === undefined) throw new RangeError(`no prefix: ${text}`);
  return parsed;
}

/** Prefixes as a decoder gives them; "PREFIX#7" has path identifier 7. */
export function batch(...texts: readonly string[]): NlriBatch {
  const routes = texts.map((text) => {
    const [left = "", id = "0"] = text.split("#");
    return { prefix: prefix(left), pathId: Number(id) };
  });
  const words = (word: "w0" | "w1" | "w2" | "w3") => Uint32Array.from(routes, (route) => route.prefix.address[word]);
  return {
    count: routes.length,
    w0: words("w0"),
    w1: words("w1"),
    w2: words("w2"),
    w3: words("w3"),
    length: Uint8Array.from(routes, (route) => route.prefix.length),
    pathId: Uint32Array.from(routes, (route) => route.pathId),
  };
}

/** One prefix of a batch as text. */
export function textOf(columns: NlriBatch, index: number, wide: boolean): string {
  const at = (column: Uint32Array) => column[index] as number;
  const { w0, w1, w2, w3 } = columns;
  const words = wide ? [at(w0), at(w1), at(w2), at(w3)] : [at(w0)];
  return `${words.map((word) => word.toString(16).padStart(8, "0")).join("")}/${columns.length[index]}#${at(columns.pathId)}`;
}
