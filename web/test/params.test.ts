import assert from "node:assert/strict";
import test from "node:test";

import { readKeys, readParams, readSeed } from "../src/params.ts";

const ID = "ab".repeat(32);
const SEED = "01".repeat(32);

test("without a query everything is the page's own", () => {
  const none = { node: undefined, bootstrap: [], checkpoint: undefined, storage: "auto", transports: [] };
  assert.deepEqual(readParams(""), none);
  assert.deepEqual(readParams("?unknown=1&bootstrap="), none);
});

test("a full query", () => {
  const query = `?node=http://127.0.0.1:1/&bootstrap=/ip4/1&bootstrap=/ip4/2&checkpoint=7:${ID}&storage=memory&transport=webrtc`;
  assert.deepEqual(readParams(query), {
    node: new URL("http://127.0.0.1:1/"),
    bootstrap: ["/ip4/1", "/ip4/2"],
    checkpoint: { height: 7, id: ID },
    storage: "memory",
    transports: ["webrtc"],
  });
});

test("what cannot be used is refused with a code", () => {
  const bad = [
    "?node=hello",
    "?node=javascript:alert(1)",
    "?storage=disk",
    "?transport=pigeon",
    "?checkpoint=7",
    `?checkpoint=0:${ID}`,
    `?checkpoint=-1:${ID}`,
    `?checkpoint=7:${ID}0`,
    `?checkpoint=7:${ID.toUpperCase()}`,
  ];
  for (const query of bad) assert.throws(() => readParams(query), { code: "config" }, query);
});

test("keys come from the fragment", () => {
  assert.deepEqual(readKeys(""), { faucet: undefined, device: undefined });
  const { faucet, device } = readKeys(`#faucet=${SEED}&device=${SEED}&validator=emo1x`);
  assert.deepEqual(faucet, new Uint8Array(32).fill(1));
  assert.deepEqual(device, { seed: new Uint8Array(32).fill(1), validator: "emo1x", tier: 80 });
  assert.equal(readKeys(`#device=${SEED}&validator=emo1x&tier=70`).device?.tier, 70);
});

test("a bad key is refused, and the message does not repeat it", () => {
  for (const text of ["", "01", `${SEED}0`, `g${SEED.slice(1)}`]) {
    assert.throws(() => readSeed(text), (error: Error) => text === "" || !error.message.includes(text));
  }
  assert.throws(() => readKeys(`#device=${SEED}`), { code: "config" });
});
