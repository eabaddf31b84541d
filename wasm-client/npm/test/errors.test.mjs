import assert from "node:assert/strict";
import test from "node:test";

import * as all from "../dist/index.js";
import { errorOf, toError } from "../dist/errors.js";

const CLASSES = {
  aborted: "AbortedError",
  closed: "ClosedError",
  config: "ConfigError",
  unsupported: "ConfigError",
  storage: "StorageError",
  "no-peers": "ConnectionError",
  timeout: "TimeoutError",
  connection: "ConnectionError",
  "not-found": "NotFoundError",
  refused: "RejectedError",
  "bad-answer": "VerificationError",
  oversized: "VerificationError",
  "endless-stream": "VerificationError",
  "forged-header": "VerificationError",
  "bad-certificate": "VerificationError",
  "wrong-set": "VerificationError",
  "stale-head": "VerificationError",
  "bad-proof": "VerificationError",
  "empty-proof": "VerificationError",
  "other-chain": "VerificationError",
  "trust-expired": "VerificationError",
  "future-header": "VerificationError",
  fork: "ForkError",
  snapshot: "StorageError",
  malformed: "ConfigError",
  measurement: "ConfigError",
};

test("each code has its class, and there are no others", () => {
  assert.deepEqual(Object.keys(all.ERROR_CLASSES).sort(), Object.keys(CLASSES).sort());
  for (const [code, name] of Object.entries(CLASSES)) {
    const thrown = Object.assign(new Error("why"), { code });
    const error = toError(thrown);
    assert.ok(error instanceof all[name], code);
    assert.ok(error instanceof all.LightClientError && error instanceof Error);
    assert.deepEqual([error.name, error.code, error.message, error.cause], [name, code, "why", thrown]);
  }
});

test("what has no known code stays as it was", () => {
  const faults = [new TypeError("a fault"), Object.assign(new Error("x"), { code: "toString" }), "text", null, undefined];
  for (const fault of faults) assert.equal(toError(fault), fault);
  const error = errorOf("fork", "two blocks");
  assert.equal(toError(error), error);
});

test("three codes end the client's work", () => {
  const fatal = Object.keys(CLASSES).filter((code) => errorOf(code, "").isFatal);
  assert.deepEqual(fatal.sort(), ["closed", "fork", "trust-expired"]);
});
