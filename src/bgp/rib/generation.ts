/**
 * A generation of paths, modulo 256: what a neighbour announces belongs to the present one. To count up makes everything
 * older at once, without a look at any path; what is not announced again is found by its age. Mark and sweep, where
 * marking costs nothing.
 */
export type Generation = number;

const GENERATIONS = 256;

export function nextGeneration(generation: Generation): Generation {
  return (generation + 1) % GENERATIONS;
}

/** Generations that may be told apart at once: less than half a turn. */
const AGES_MAX = 100;

/** Whether `generation` is so far from `oldest` that what is left of that should go first. */
export function isCrowded(generation: Generation, oldest: Generation): boolean {
  return (generation - oldest + GENERATIONS) % GENERATIONS >= AGES_MAX;
}

/** Whether `generation` comes before `than`. Of two that are half a turn apart or more, the later one looks older. */
export function isOlder(generation: Generation, than: Generation): boolean {
  const age = (than - generation + GENERATIONS) % GENERATIONS;
  return age > 0 && age < GENERATIONS / 2;
}
