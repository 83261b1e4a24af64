// Growing columns. Capacities are powers of two: what is not yet used costs address space, not memory.

/** To copy more rows than these takes long enough to be noticed by adverts that are due. */
const DOUBLED_MAX = 1 << 16;
/** Room for twice the Internet. */
const LARGE = 1 << 21;

/** The capacity after this one: twice as much; from the largest that is quickly copied, at once what a large table has. */
export function nextCapacity(capacity: number, large = LARGE): number {
  return capacity >= DOUBLED_MAX && capacity < large ? large : capacity * 2;
}

/** The first capacity of at least `needed` rows. */
export function capacityFor(needed: number, least = 1024): number {
  let capacity = least;
  while (capacity < needed) capacity = nextCapacity(capacity);
  return capacity;
}

export function growU32(column: Uint32Array, capacity: number) {
  const grown = new Uint32Array(capacity);
  grown.set(column);
  return grown;
}

export function growU16(column: Uint16Array, capacity: number) {
  const grown = new Uint16Array(capacity);
  grown.set(column);
  return grown;
}

export function growU8(column: Uint8Array, capacity: number) {
  const grown = new Uint8Array(capacity);
  grown.set(column);
  return grown;
}
