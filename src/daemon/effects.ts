/**
 * What cores asked for while they ran, to be done in that order once they have returned: an output never calls back into
 * a core. What an effect makes others ask for in turn comes after all that was asked for before.
 */
export class Effects {
  #queue: (() => void)[] = [];
  #running = false;

  push(effect: () => void): void {
    this.#queue.push(effect);
  }

  /** To be called after each call of a core that pushes here. Within an effect it does nothing: the outer call goes on. */
  carryOut(): void {
    if (this.#running) return;
    this.#running = true;
    try {
      while (this.#queue.length > 0) {
        const queue = this.#queue;
        this.#queue = [];
        for (const effect of queue) effect();
      }
    } finally {
      this.#running = false;
    }
  }
}
