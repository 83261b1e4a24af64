import { EMPTY_ATTRIBUTES, type PathAttributes } from "./path-attributes.ts";

/** The object form of canonical attributes (sink.ts) in `bytes[start..end)`. */
export function parseAttributes(_bytes: Uint8Array, _start = 0, _end = _bytes.length): PathAttributes {
  return EMPTY_ATTRIBUTES;
}

/** The canonical form (sink.ts) of `attributes`. The caller owns it. */
export function buildAttributes(_attributes: PathAttributes): Uint8Array {
  return new Uint8Array(0);
}

/** One line for logs. */
export function formatAttributes(_attributes: PathAttributes): string {
  return "";
}
