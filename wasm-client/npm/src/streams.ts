/**
 * Streams of what is newest.
 *
 * - A stream never queues: a reader that is slow gets the newest value next and misses those between.
 * - It ends without an error when its signal aborts, when the client closes and when the reader leaves the loop.
 * - Any other failure is thrown to the reader and ends the stream.
 */

import { LightClientError } from "./errors.js";

/** Asks for the value after a cursor, and waits until there is one. */
export type Next<Value> = (after: number, signal: AbortSignal) => Promise<Value>;

/** One reader's stream. */
class NewestIterator<Value> implements AsyncIterableIterator<Value> {
  #cursor: number;
  #tail: Promise<unknown> = Promise.resolve();
  readonly #left = new AbortController();
  readonly #signal: AbortSignal;

  constructor(
    private readonly ask: Next<Value>,
    private readonly cursorOf: (value: Value) => number,
    start: number,
    signals: AbortSignal[],
  ) {
    this.#cursor = start;
    this.#signal = AbortSignal.any([this.#left.signal, ...signals]);
  }

  [Symbol.asyncIterator](): this {
    return this;
  }

  /** Calls that overlap are answered one after the other, so that no value comes twice. */
  next(): Promise<IteratorResult<Value>> {
    const answer = this.#tail.then(() => this.#advance());
    this.#tail = answer.catch(() => {});
    return answer;
  }

  async return(): Promise<IteratorResult<Value>> {
    this.#left.abort();
    return { done: true, value: undefined };
  }

  async #advance(): Promise<IteratorResult<Value>> {
    if (this.#signal.aborted) return { done: true, value: undefined };
    try {
      const value = await this.ask(this.#cursor, this.#signal);
      this.#cursor = this.cursorOf(value);
      return { done: false, value };
    } catch (error) {
      this.#left.abort();
      if (error instanceof LightClientError && (error.code === "aborted" || error.code === "closed")) {
        return { done: true, value: undefined };
      }
      throw error;
    }
  }
}

/** @internal */
export function newest<Value>(
  ask: Next<Value>,
  cursorOf: (value: Value) => number,
  start: number,
  signals: AbortSignal[],
): AsyncIterableIterator<Value> {
  return new NewestIterator(ask, cursorOf, start, signals);
}

/**
 * Feeds a stream to a listener for as long as the client lives. A failure goes to `failed`; the stream is opened
 * again after `pauseMs`, unless the failure is fatal.
 * @internal
 */
export async function pump<Value>(
  open: () => AsyncIterable<Value>,
  deliver: (value: Value) => void,
  failed: (error: unknown) => void,
  closed: AbortSignal,
  pauseMs = 1_000,
): Promise<void> {
  while (!closed.aborted) {
    try {
      for await (const value of open()) deliver(value);
      return;
    } catch (error) {
      failed(error);
      if (!(error instanceof LightClientError) || error.isFatal) return;
      await pause(pauseMs, closed);
    }
  }
}

function pause(ms: number, signal: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    const end = (): void => {
      clearTimeout(timer);
      signal.removeEventListener("abort", end);
      resolve();
    };
    const timer = setTimeout(end, ms);
    signal.addEventListener("abort", end);
  });
}
