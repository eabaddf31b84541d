import assert from "node:assert/strict";
import test from "node:test";

import { LightClient } from "../dist/client.js";
import { ClosedError, ConnectionError, ForkError } from "../dist/index.js";
import { coded, pending, StandIn } from "./stand-in.mjs";

const head = (height) => ({ height, epoch: height, version: height, wellness: null });

function started() {
  const raw = new StandIn();
  return { raw, client: new LightClient(raw) };
}

test("a stream gives the newest and skips what came between", async () => {
  const { raw, client } = started();
  raw.push(head(1));
  const heads = client.heads();
  assert.equal((await heads.next()).value.height, 1);
  raw.push(head(2));
  raw.push(head(3));
  assert.equal((await heads.next()).value.height, 3);
});

test("overlapping calls get different values", async () => {
  const { raw, client } = started();
  const heads = client.heads();
  const both = [heads.next(), heads.next()];
  raw.push(head(1));
  assert.equal((await both[0]).value.height, 1);
  raw.push(head(2));
  assert.equal((await both[1]).value.height, 2);
});

for (const name of ["heads", "epochs", "peers", "wellness"]) {
  test(`${name}() ends when its signal aborts, when the client closes, when the reader leaves`, async () => {
    const { client } = started();
    const abort = new AbortController();
    const read = async (stream) => {
      for await (const value of stream) assert.fail(String(value));
    };
    const aborted = read(client[name]({ signal: abort.signal }));
    const left = client[name]();
    const last = left.next();
    const closed = read(client[name]());
    abort.abort();
    await aborted;
    await left.return();
    assert.deepEqual(await last, { done: true, value: undefined });
    await client.close();
    await closed;
  });
}

test("a signal that is aborted already gives an empty stream", async () => {
  const { raw, client } = started();
  raw.push(head(1));
  assert.deepEqual(await client.heads({ signal: AbortSignal.abort() }).next(), { done: true, value: undefined });
});

test("any other error is thrown once and ends the stream", async () => {
  const { raw, client } = started();
  raw.push(coded("fork"));
  const heads = client.heads();
  await assert.rejects(heads.next(), ForkError);
  raw.push(head(1));
  assert.equal((await heads.next()).done, true);
});

test("events come from streams; an error that is not fatal is told and survived", async () => {
  const { raw, client } = started();
  const seen = [];
  const second = new Promise((resolve) => {
    client.addEventListener("head", ({ detail }) => {
      seen.push(detail.height);
      if (detail.height === 2) resolve();
    });
  });
  const failed = new Promise((resolve) => client.addEventListener("error", ({ detail }) => resolve(detail)));
  raw.push(head(1));
  await client.heads().next();
  raw.push(coded("no-peers"));
  assert.ok((await failed) instanceof ConnectionError);
  raw.push(head(2));
  await second;
  assert.deepEqual(seen, [1, 2]);
  await client.close();
});

test("closing happens once, is told, and ends all calls", async () => {
  const { raw, client } = started();
  let told = 0;
  client.addEventListener("closed", () => (told += 1));
  await Promise.all([client.close(), client.close()]);
  await client[Symbol.asyncDispose]();
  assert.deepEqual([raw.closed, told, client.isClosed], [1, 1, true]);
  await assert.rejects(client.getHeader(1), ClosedError);
  assert.throws(() => client.status(), ClosedError);
});

test("no call waits for another", async () => {
  const { raw, client } = started();
  raw.getHeader = (_, signal) => pending(signal);
  raw.getAccount = async (address) => ({ address, balance: 1 });
  const abort = new AbortController();
  const stuck = client.getHeader(1, { signal: abort.signal });
  assert.equal((await client.getAccount("emo1x")).balance, 1);
  abort.abort();
  await assert.rejects(stuck, { name: "AbortedError", code: "aborted" });
});
