/** A light client of EmotionalChain for pages and for Node. Begin with {@link LightClient.start}. */

export type { ChainSource } from "./chain.js";
export {
  type FromNodeOptions,
  LightClient,
  type LightClientEvents,
  type StartOptions,
  type SubmitOptions,
} from "./client.js";
export {
  AbortedError,
  ClosedError,
  ConfigError,
  ConnectionError,
  ERROR_CLASSES,
  type ErrorCode,
  ForkError,
  isErrorCode,
  LightClientError,
  NotFoundError,
  RejectedError,
  StorageError,
  TimeoutError,
  VerificationError,
} from "./errors.js";
export { addressOfSeed, Measurement } from "./measurement.js";
export { type ReceiptCheck, type ReceiptStep, verifyReceipt } from "./receipt.js";
export { Submission, type SubmissionStage } from "./submission.js";
export type * from "./types.js";
