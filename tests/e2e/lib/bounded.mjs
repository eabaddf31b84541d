// Waiting with a bound: nothing waits for ever.

import { setTimeout as pause } from "node:timers/promises";

/** The promise, or an error that names what did not happen in time. */
export async function within(milliseconds, what, promise) {
  let timer;
  const late = new Promise((_, reject) => {
    timer = setTimeout(() => reject(new Error(`${what}: not within ${milliseconds} ms`)), milliseconds);
  });
  try {
    return await Promise.race([promise, late]);
  } finally {
    clearTimeout(timer);
  }
}

/** Looks until something holds that no event tells of: what it gives then, or undefined. */
export async function until(milliseconds, look) {
  const end = performance.now() + milliseconds;
  while (performance.now() < end) {
    const found = await look();
    if (found) return found;
    await pause(100);
  }
  return undefined;
}

/** Runs the steps that undo a test, all of them and the last first, whatever the test's end. */
export class Cleanup {
  #steps = [];

  /** Registers with a test of `node:test`. */
  constructor(test) {
    test.after(async () => {
      const failures = [];
      for (const step of this.#steps.reverse()) {
        try {
          await step();
        } catch (error) {
          failures.push(error);
        }
      }
      if (failures.length > 0) throw new AggregateError(failures, "cleaning up failed");
    });
  }

  add(step) {
    this.#steps.push(step);
  }
}
