// Growing columns. A table's columns grow by doubling: what is not yet used costs address space, not memory.

/** A power of two of at least `needed` rows. */
export function capacityFor(needed: number, least = 1024): number {
  let capacity = least;
  while (capacity < needed) capacity *= 2;
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
