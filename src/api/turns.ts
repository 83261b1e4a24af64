/** How long one task may hold the event loop, and all of them together in one turn of it, in milliseconds. */
const QUANTUM_MS = 1;
const TURN_MS = 3;

/** Work that is done in slices: `run` goes on until `isOver` says stop; true asks for another slice. */
export type Task = (isOver: () => boolean) => boolean;

/**
 * The share of the event loop that the API has: a queue of tasks, each in turn for a millisecond at most, for three in
 * one turn of the loop, so that timers and sockets of the protocols come between. A client that floods only makes its own
 * calls, and those of other clients, wait.
 */
export class Turns {
  readonly #queue: Task[] = [];
  #asked = false;
  /** What this turn of the loop has cost so far, in milliseconds. */
  #spent = 0;

  /** Runs `task`: at once when there is room in this turn of the loop and nobody waits, else in its turn. */
  ask(task: Task): void {
    if (this.#queue.length > 0 || this.#spent >= TURN_MS) this.#queue.push(task);
    else {
      const begin = performance.now();
      if (task(() => performance.now() >= begin + QUANTUM_MS)) this.#queue.push(task);
      this.#spent += performance.now() - begin;
    }
    if (this.#asked) return;
    this.#asked = true;
    setImmediate(this.#turn);
  }

  /** How many tasks wait. */
  get length(): number {
    return this.#queue.length;
  }

  readonly #turn = (): void => {
    const begin = performance.now();
    const end = begin + TURN_MS;
    let at = 0;
    for (; at < this.#queue.length; at++) {
      const now = performance.now();
      if (now >= end) break;
      const quantum = Math.min(end, now + QUANTUM_MS);
      const task = this.#queue[at] as Task;
      if (task(() => performance.now() >= quantum)) this.#queue.push(task);
    }
    this.#queue.splice(0, at);
    // What comes from here until the next turn shares its time.
    this.#asked = at > 0 || this.#queue.length > 0;
    this.#spent = this.#asked ? performance.now() - begin : 0;
    if (this.#asked) setImmediate(this.#turn);
  };
}
