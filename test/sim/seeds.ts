/**
 * Simulations are played from many seeds. A seed that fails is in the message: `SEED=n npx tsx --test FILE` plays it alone,
 * in any file of those that share the seeds. `SEEDS=n` plays so many.
 */

const only = process.env["SEED"];

/** One seed is played again, alone. */
export const isReplay = only !== undefined;

/** How many seeds there are: `usual`, or what SEEDS says. */
export const seedCount = (usual: number): number => Number(process.env["SEEDS"] ?? usual);

/** One of several files that play a simulation's seeds between them, since files run beside each other; from 1. */
export interface Share {
  readonly part: number;
  readonly of: number;
}

/**
 * The file's share of the seeds from 1 to `count`, or the one that SEED names. Seeds that follow each other: worlds take
 * their size from the remainder of the seed, and each file must have all sizes.
 */
export function seedsOf(count: number, { part, of }: Share = { part: 1, of: 1 }): readonly number[] {
  if (only !== undefined) return [Number(only)];
  const before = Math.floor(((part - 1) * count) / of);
  return Array.from({ length: Math.floor((part * count) / of) - before }, (_, i) => before + 1 + i);
}

/** Plays one after the other. */
export function eachSeed(seeds: readonly number[], play: (seed: number) => void): void {
  for (const seed of seeds)
    try {
      play(seed);
    } catch (error) {
      throw new Error(`SEED=${seed}: ${error instanceof Error ? error.stack : error}`);
    }
}
