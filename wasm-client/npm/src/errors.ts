/**
 * Errors: a class for each thing a caller can do about it, a stable `code` for what happened.
 *
 * Whatever else this package throws is a fault in the package.
 */

/** Every code there is. Codes are never renamed. */
export type ErrorCode =
  | "aborted"
  | "closed"
  | "config"
  | "unsupported"
  | "storage"
  | "no-peers"
  | "timeout"
  | "connection"
  | "not-found"
  | "refused"
  | "bad-answer"
  | "oversized"
  | "endless-stream"
  | "forged-header"
  | "bad-certificate"
  | "wrong-set"
  | "stale-head"
  | "bad-proof"
  | "empty-proof"
  | "other-chain"
  | "trust-expired"
  | "future-header"
  | "fork"
  | "snapshot"
  | "malformed"
  | "measurement";

/** What all errors of this package share. */
export class LightClientError extends Error {
  override readonly name: string = "LightClientError";
  /** What happened, for programs. */
  readonly code: ErrorCode;

  constructor(code: ErrorCode, message: string, options?: ErrorOptions) {
    super(message, options);
    this.code = code;
  }

  /** Whether the client can do nothing more: it is closed, its trust is too old, or it saw a fork. */
  get isFatal(): boolean {
    return this.code === "closed" || this.code === "trust-expired" || this.code === "fork";
  }
}

/** What was handed in cannot be used: an option, an address, bytes, a frame, a window with too few beats. */
export class ConfigError extends LightClientError {
  override readonly name = "ConfigError";
}

/** No peer can be reached, or the connection broke. The client keeps dialling; the call may be repeated. */
export class ConnectionError extends LightClientError {
  override readonly name = "ConnectionError";
}

/** What a peer said does not verify. The peer is left; another may answer. */
export class VerificationError extends LightClientError {
  override readonly name = "VerificationError";
}

/** Two final blocks of one height are signed. The client halts: people must decide. */
export class ForkError extends LightClientError {
  override readonly name = "ForkError";
}

/** Peers refused a transaction or a proof. */
export class RejectedError extends LightClientError {
  override readonly name = "RejectedError";
}

/** The peers that were asked do not have it. Absence is not proved. */
export class NotFoundError extends LightClientError {
  override readonly name = "NotFoundError";
}

/** The caller's signal ended the call. */
export class AbortedError extends LightClientError {
  override readonly name = "AbortedError";
}

/** Saved headers cannot be read or written, or a snapshot cannot be used. */
export class StorageError extends LightClientError {
  override readonly name = "StorageError";
}

/** The client was closed. */
export class ClosedError extends LightClientError {
  override readonly name = "ClosedError";
}

/** No answer in time. */
export class TimeoutError extends LightClientError {
  override readonly name = "TimeoutError";
}

type ErrorClass = new (code: ErrorCode, message: string, options?: ErrorOptions) => LightClientError;

/** The class of each code. A code without a class does not compile. */
export const ERROR_CLASSES: { readonly [code in ErrorCode]: ErrorClass } = {
  aborted: AbortedError,
  closed: ClosedError,
  config: ConfigError,
  unsupported: ConfigError,
  storage: StorageError,
  "no-peers": ConnectionError,
  timeout: TimeoutError,
  connection: ConnectionError,
  "not-found": NotFoundError,
  refused: RejectedError,
  "bad-answer": VerificationError,
  oversized: VerificationError,
  "endless-stream": VerificationError,
  "forged-header": VerificationError,
  "bad-certificate": VerificationError,
  "wrong-set": VerificationError,
  "stale-head": VerificationError,
  "bad-proof": VerificationError,
  "empty-proof": VerificationError,
  "other-chain": VerificationError,
  "trust-expired": VerificationError,
  "future-header": VerificationError,
  fork: ForkError,
  snapshot: StorageError,
  malformed: ConfigError,
  measurement: ConfigError,
};

/** Makes the error of a code. */
export function errorOf(code: ErrorCode, message: string, options?: ErrorOptions): LightClientError {
  return new ERROR_CLASSES[code](code, message, options);
}

/** Whether a text is one of the codes. */
export function isErrorCode(code: unknown): code is ErrorCode {
  return typeof code === "string" && Object.hasOwn(ERROR_CLASSES, code);
}

/**
 * Gives what the WebAssembly module threw its class.
 *
 * Anything without a known code comes back untouched: it is a fault, and its own trace is worth more than ours.
 * @internal
 */
export function toError(thrown: unknown): unknown {
  if (thrown instanceof LightClientError || typeof thrown !== "object" || thrown === null) return thrown;
  const { code, message } = thrown as { code?: unknown; message?: unknown };
  return isErrorCode(code) ? errorOf(code, String(message), { cause: thrown }) : thrown;
}

/** @internal */
export function aborted(signal: AbortSignal): LightClientError {
  return errorOf("aborted", "the call was aborted", { cause: signal.reason });
}
