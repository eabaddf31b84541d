// The status and query protocol, from both ends: one length-delimited frame each way on a stream of its own.

import assert from "node:assert/strict";

import { lpStream } from "@libp2p/utils";

import { until } from "../lib/bounded.mjs";
import { sha256 } from "./chain.mjs";
import { listRoot, stateRoot } from "./merkle.mjs";
import { decode, encode } from "./schema.mjs";

/** As the protocol allows. */
const MAX_RESPONSE = 4 << 20;
const ANSWER_MILLISECONDS = 10_000;
/** A few blocks, on a busy machine. */
const INCLUDED_MILLISECONDS = 30_000;
/** The refusal of what is not there. */
const ABSENT = 2;

/** Asks one thing, and checks that the answer is of that kind or a refusal. */
export async function ask(connection, chain, request, kind) {
  const signal = AbortSignal.timeout(ANSWER_MILLISECONDS);
  const stream = await connection.newStream(chain.name("sync"), { signal });
  const frames = lpStream(stream, { maxDataLength: MAX_RESPONSE, maxBufferSize: MAX_RESPONSE + 8 });
  await frames.write(encode("SyncRequest", request), { signal });
  const response = decode("SyncResponse", await frames.read({ signal }));
  await stream.close({ signal });
  assert.ok([kind, "refusal"].includes(response.kind), `${response.kind} instead of ${kind}`);
  return response;
}

/** Answers questions: a peer asks for the status once it is connected. `asked` is told each question. */
export function answer(peer, chain, status, asked) {
  return peer.handle(chain.name("sync"), async (stream) => {
    const signal = AbortSignal.timeout(ANSWER_MILLISECONDS);
    const frames = lpStream(stream);
    const request = decode("SyncRequest", await frames.read({ signal }));
    asked(request);
    const response = request.status ? { status } : { refusal: { code: ABSENT, reason: "no blocks here" } };
    await frames.write(encode("SyncResponse", response), { signal });
    await stream.close({ signal });
  });
}

/** What a node without blocks says of itself. */
export function emptyStatus(chain) {
  const { id: chainId, genesisHash } = chain;
  const none = Buffer.alloc(32);
  return { chainId, genesisHash, minVersion: 1, maxVersion: 1, headId: none, validatorsRoot: none };
}

/** The header at a height, once it is shown to be final. */
export async function finalHeader(connection, chain, height) {
  const { headers } = await ask(connection, chain, { headers: { from: height, count: 1 } }, "headers");
  const [signed] = headers.headers;
  assert.equal(Number(signed.header.height), Number(height));
  assert.ok(chain.isFinal(signed), `the certificate of ${height} does not verify`);
  return signed.header;
}

/** An account's balance and nonce as the state proves them; zeros for one that is proved absent. */
export async function provedAccount(connection, chain, address) {
  const key = Buffer.concat([Buffer.from("a"), address]);
  const { answer } = await ask(connection, chain, { query: { key } }, "answer");
  const header = await finalHeader(connection, chain, answer.height);
  const value = answer.present ? Buffer.from(answer.value) : undefined;
  assert.deepEqual(stateRoot(Buffer.from(answer.proof), key, value), Buffer.from(header.stateRoot));
  if (!value) return { balance: 0, nonce: 0 };
  assert.equal(value.length, 16);
  return { balance: Number(value.readBigUInt64LE(0)), nonce: Number(value.readBigUInt64LE(8)) };
}

/** Waits until a transaction is in a final block, checks the proof, and returns the block's height. */
export async function included(connection, chain, transaction) {
  const request = { transaction: { id: sha256(transaction) } };
  const inclusion = await until(INCLUDED_MILLISECONDS, async () => {
    return (await ask(connection, chain, request, "inclusion")).inclusion;
  });
  assert.ok(inclusion, `not included within ${INCLUDED_MILLISECONDS} ms`);
  assert.deepEqual(Buffer.from(inclusion.item), transaction);
  const header = await finalHeader(connection, chain, inclusion.height);
  assert.deepEqual(listRoot(Buffer.from(inclusion.proof), transaction), Buffer.from(header.transactionsRoot));
  return Number(inclusion.height);
}
