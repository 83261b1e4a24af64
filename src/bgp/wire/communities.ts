import type { LargeCommunity } from "./path-attributes.ts";

/** "65001:100" or a well-known name; undefined when `text` is neither. */
export function parseCommunity(_text: string): number | undefined {
  return undefined;
}

export function formatCommunity(community: number): string {
  return `${community >>> 16}:${community & 0xffff}`;
}

/** "65001:1:2". */
export function parseLargeCommunity(_text: string): LargeCommunity | undefined {
  return undefined;
}

export function formatLargeCommunity(c: LargeCommunity): string {
  return `${c.globalAdministrator}:${c.localData1}:${c.localData2}`;
}

/** "rt:65001:100", "soo:192.0.2.1:7", "0x0002fde900000064". */
export function parseExtCommunity(_text: string): bigint | undefined {
  return undefined;
}

export function formatExtCommunity(community: bigint): string {
  return `0x${community.toString(16).padStart(16, "0")}`;
}
