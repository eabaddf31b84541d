import assert from "node:assert/strict";
import test from "node:test";

import { LightClient } from "../dist/client.js";
import { AbortedError, RejectedError, TimeoutError } from "../dist/index.js";
import { coded, pending, StandIn } from "./stand-in.mjs";

const BYTES = Uint8Array.of(1, 2, 3);
const ACCEPTED = { id: "ab", acceptedBy: ["peer"] };
const RECEIPT = { kind: "transaction", id: "ab", height: 7 };

function client(methods) {
  return new LightClient(Object.assign(new StandIn(), methods));
}

test("sending, accepted, included", async () => {
  let include;
  const submission = client({
    submitTransaction: async (bytes) => (assert.equal(bytes, BYTES), ACCEPTED),
    waitTransaction: (id) => (assert.equal(id, "ab"), new Promise((resolve) => (include = resolve))),
  }).submitTransaction(BYTES, { onAccepted: (accepted) => told.push(accepted) });
  const told = [];
  assert.equal(submission.stage, "sending");
  assert.equal(await submission.accepted, ACCEPTED);
  assert.equal(submission.stage, "accepted");
  await Promise.resolve();
  assert.deepEqual(told, [ACCEPTED]);
  include(RECEIPT);
  assert.equal(await submission, RECEIPT);
  assert.equal(submission.stage, "included");
});

test("a proof is waited for by its bytes", async () => {
  const submission = client({
    submitProof: async () => ({ validator: "emo1x", epoch: 1, sequence: 2, acceptedBy: [] }),
    waitProof: async (bytes) => (assert.equal(bytes, BYTES), { ...RECEIPT, kind: "proof" }),
  }).submitProof(BYTES);
  assert.equal((await submission.accepted).sequence, 2);
  assert.equal((await submission).kind, "proof");
});

test("what all peers refuse rejects both promises; nobody has to listen to both", async () => {
  const submission = client({ submitTransaction: async () => Promise.reject(coded("refused")) }).submitTransaction(BYTES);
  await assert.rejects(submission, RejectedError);
  assert.equal(submission.stage, "failed");
  await assert.rejects(submission.accepted, RejectedError);
});

test("a failure after acceptance leaves the acceptance", async () => {
  const submission = client({
    submitTransaction: async () => ACCEPTED,
    waitTransaction: async () => Promise.reject(coded("timeout")),
  }).submitTransaction(BYTES);
  await assert.rejects(Promise.resolve(submission), TimeoutError);
  assert.equal(await submission.accepted, ACCEPTED);
  assert.equal(submission.stage, "failed");
});

test("the signal ends the wait for a block", async () => {
  const abort = new AbortController();
  const submission = client({
    submitTransaction: async () => ACCEPTED,
    waitTransaction: (_, signal) => pending(signal),
  }).submitTransaction(BYTES, { signal: abort.signal });
  await submission.accepted;
  await Promise.resolve();
  abort.abort();
  await assert.rejects(Promise.resolve(submission), AbortedError);
});

test("nobody listening is no unhandled rejection", async () => {
  client({ submitTransaction: async () => Promise.reject(coded("refused")) }).submitTransaction(BYTES);
  await new Promise((resolve) => setImmediate(resolve));
});
