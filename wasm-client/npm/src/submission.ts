/**
 * Something sent, on its way into a final block: `accepted → included`.
 *
 * - accepted: at least one peer took it. That is the peer's word.
 * - included: it stands in a block whose certificate was checked here, and its Merkle proof holds.
 */

import type { Receipt } from "./types.js";

/** How far a submission has come. */
export type SubmissionStage = "sending" | "accepted" | "included" | "failed";

/**
 * Await it for the verified {@link Receipt}, or its `accepted` for the peers' word. An `async` function that returns it
 * returns the receipt: hand the submission itself on from a plain function.
 *
 * It waits until the inclusion is verified, the signal ends it or the client closes; there is no time limit of its
 * own. A transaction that was accepted can still miss its block, for example when another with its nonce comes first.
 */
export class Submission<Accepted> implements PromiseLike<Receipt> {
  /** Who took it. Rejects with {@link RejectedError} when all refuse. */
  readonly accepted: Promise<Accepted>;
  readonly #included: Promise<Receipt>;
  #stage: SubmissionStage = "sending";

  /** @internal */
  constructor(
    submit: () => Promise<Accepted>,
    wait: (accepted: Accepted) => Promise<Receipt>,
    onAccepted?: (accepted: Accepted) => void,
  ) {
    this.accepted = submit().then((accepted) => {
      this.#stage = "accepted";
      return accepted;
    });
    this.#included = this.accepted.then(wait).then(
      (receipt) => {
        this.#stage = "included";
        return receipt;
      },
      (error: unknown) => {
        this.#stage = "failed";
        throw error;
      },
    );
    // Beside the chain: what the listener throws is the listener's fault, and the submission goes on.
    if (onAccepted) void this.accepted.then(onAccepted, () => {});
    // Whoever awaits one of the two promises hears the failure there; the other must not count as unhandled.
    this.accepted.catch(() => {});
    this.#included.catch(() => {});
  }

  /** How far it has come. */
  get stage(): SubmissionStage {
    return this.#stage;
  }

  then<Value = Receipt, Failure = never>(
    onIncluded?: ((receipt: Receipt) => Value | PromiseLike<Value>) | null,
    onFailed?: ((reason: unknown) => Failure | PromiseLike<Failure>) | null,
  ): Promise<Value | Failure> {
    return this.#included.then(onIncluded, onFailed);
  }

  catch<Failure = never>(
    onFailed?: ((reason: unknown) => Failure | PromiseLike<Failure>) | null,
  ): Promise<Receipt | Failure> {
    return this.#included.catch(onFailed);
  }

  finally(onEnd?: (() => void) | null): Promise<Receipt> {
    return this.#included.finally(onEnd);
  }
}
