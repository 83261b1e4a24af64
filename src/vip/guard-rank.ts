import type { Wish } from "./gate.ts";

/*
 * Who goes first when several wish to leave one VIP: a node whose check fails or lease has lapsed before one that is
 * drained (it works, the other may not); of two drained ones the one whose drain has begun; then by name. Total, and the
 * same for everybody: the rank goes with every request.
 */

const CAUSES: Readonly<Record<Wish["cause"], number>> = { drain: 0, lease: 1, check: 2 };

/** 0 to 5. */
export function rankOf(cause: Wish["cause"], isDraining: boolean): number {
  return 2 * CAUSES[cause] + (isDraining ? 1 : 0);
}

interface Ranked {
  readonly rank: number;
  readonly name: string;
}

/** Whether `a` goes before `b`; of equal rank, the name that is earlier by its UTF-16 units. */
export function outranks(a: Ranked, b: Ranked): boolean {
  return a.rank === b.rank ? a.name < b.name : a.rank > b.rank;
}
