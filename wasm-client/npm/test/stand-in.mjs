// A stand-in for the WebAssembly client, for tests that are about this package's face alone.

/** A promise that the signal rejects as the real client does: with a plain Error that has a code. */
export function pending(signal) {
  return new Promise((_, reject) => {
    signal?.addEventListener("abort", () => reject(coded("aborted")));
  });
}

export function coded(code, message = `it is ${code}`) {
  return Object.assign(new Error(message), { code });
}

/** Serves heads, epochs and peers from a list; the rest is for each test to add. */
export class StandIn {
  closed = 0;
  #items = [];
  #waiting = new Set();

  push(item) {
    this.#items.push(item);
    for (const wake of this.#waiting) wake();
    this.#waiting.clear();
  }

  nextHead = (after, signal) => this.#next(after, signal, "height");
  nextEpoch = (after, signal) => this.#next(after, signal, "epoch");
  nextPeers = (after, signal) => this.#next(after, signal, "version");

  async close() {
    this.closed += 1;
  }

  async #next(after, signal, key) {
    for (;;) {
      const newest = this.#items.at(-1);
      if (newest instanceof Error) {
        this.#items.pop();
        throw newest;
      }
      if (newest && newest[key] > after) return newest;
      await Promise.race([pending(signal), new Promise((wake) => this.#waiting.add(wake))]);
    }
  }
}
