import type { AsPathSegment } from "./path-attributes.ts";

const BRACKETS: Readonly<Record<AsPathSegment["type"], readonly [open: string, close: string, between: string]>> = {
  sequence: ["", "", " "],
  set: ["{", "}", ","],
  "confed-sequence": ["(", ")", " "],
  "confed-set": ["[", "]", ","],
};

/** "65001 65002 {65003,65004} (65005) [65006,65007]": sequence, set, confed sequence, confed set, as gobgp prints. */
export function formatAsPath(segments: readonly AsPathSegment[]): string {
  return segments
    .map(({ type, asns }) => {
      const [open, close, between] = BRACKETS[type];
      return open + asns.join(between) + close;
    })
    .join(" ");
}

/**
 * The reverse of `formatAsPath`; undefined when `text` is not an AS path. Numbers are 1..4294967295, with white space or
 * commas between them. Neighbouring sequences become one.
 */
export function parseAsPath(text: string): readonly AsPathSegment[] | undefined {
  const tokens = text.match(/\d+|[^\s,]/g) ?? [];
  const segments: { type: AsPathSegment["type"]; asns: number[] }[] = [];
  let close = "";
  for (const token of tokens) {
    const opened = segmentOpenedBy(token);
    if (opened !== undefined) {
      if (close !== "") return undefined;
      close = BRACKETS[opened][1];
      segments.push({ type: opened, asns: [] });
    } else if (token === close) {
      if (segments.at(-1)?.asns.length === 0) return undefined;
      close = "";
    } else {
      const as = /^\d{1,10}$/.test(token) ? Number(token) : 0;
      if (as < 1 || as > 0xffff_ffff) return undefined;
      const last = segments.at(-1);
      if (close !== "" || last?.type === "sequence") last?.asns.push(as);
      else segments.push({ type: "sequence", asns: [as] });
    }
  }
  return close === "" ? segments : undefined;
}

function segmentOpenedBy(token: string): AsPathSegment["type"] | undefined {
  if (token === "{") return "set";
  if (token === "(") return "confed-sequence";
  return token === "[" ? "confed-set" : undefined;
}

/** RFC 4271 section 9.1.2.2, RFC 5065 section 5.3: a set counts one, confederation segments count nothing. */
export function asPathLength(segments: readonly AsPathSegment[]): number {
  let length = 0;
  for (const { type, asns } of segments) {
    if (type === "sequence") length += asns.length;
    else if (type === "set") length += 1;
  }
  return length;
}
