// A lying server among honest ones: the page drops it, says why with a stable code, and keeps to the true chain.

import assert from "node:assert/strict";
import { readFile } from "node:fs/promises";
import { test } from "node:test";

import { Cleanup, until } from "./lib/bounded.mjs";
import { Chromium } from "./lib/chromium.mjs";
import { firstHead, status } from "./lib/client.mjs";
import { Devnet } from "./lib/devnet.mjs";
import { program, wants } from "./lib/env.mjs";
import { Child } from "./lib/process.mjs";

/** Each lie, and the codes under which the page may drop the liar. */
const LIES = {
  "forged-header": ["forged-header"],
  "stale-head": ["stale-head"],
  "wrong-set": ["wrong-set"],
  "repeated-signers": ["bad-certificate"],
  "out-of-range-signers": ["bad-certificate"],
  "altered-proof": ["bad-proof"],
  "empty-proof": ["empty-proof"],
  "endless-stream": ["endless-stream"],
};

/** How many pages meet the liar: the one that never ends lets the first frame trickle, and floods the next page. */
const PAGES = { "endless-stream": 2 };

/** Several heads come by in this time, and the page asks for each. */
const DROPPED_MILLISECONDS = 40_000;
/** A few blocks. */
const CONVICTED_MILLISECONDS = 20_000;

async function startLiar(cleanup, net, lie) {
  const liar = new Child(program("liar"), ["--home", net.home, "--lie", lie, "--json"]);
  cleanup.add(() => liar.stop());
  const said = await liar.json(60_000);
  const addresses = said.listen.filter((one) => one.startsWith("/ip4/127.0.0.1/"));
  const address = addresses.find((one) => one.includes("/ws"));
  assert.ok(address, JSON.stringify(said));
  return { peerId: said.peer_id, address: address.includes("/p2p/") ? address : `${address}/p2p/${said.peer_id}` };
}

/** Asks for an account with its proof, over and over, until the liar is dropped; every answer has to be the true one. */
function untilDropped(page, peerId, address, milliseconds) {
  return page.evaluate(async ({ peerId, address, milliseconds }) => {
    const { client } = window.emotionalchain;
    const answers = [];
    const end = performance.now() + milliseconds;
    const signal = AbortSignal.timeout(milliseconds);
    for await (const _ of client.heads({ signal })) {
      const account = await client.getAccount(address, { signal });
      answers.push(account.balance);
      const dropped = client.status().dropped.find((peer) => peer.peerId === peerId);
      if (dropped) return { code: dropped.code, answers };
      if (performance.now() > end) break;
    }
    return { code: undefined, answers };
  }, { peerId, address, milliseconds });
}

/** An account whose balance stays: the network's funded one, the richest of its genesis. */
async function fundedAccount(net) {
  const { accounts } = JSON.parse(await readFile(net.genesis, "utf8"));
  return accounts.reduce((one, other) => (other.balance > one.balance ? other : one)).address;
}

/** The chain's own word on a block. */
async function trueId(net, height) {
  const block = await net.get(`/blocks/${height}`);
  return block.id ?? block.header?.id;
}

if (wants("chromium")) {
  test("every lie is caught", async (t) => {
    const cleanup = new Cleanup(t);
    const net = await Devnet.start(cleanup);
    const chromium = await Chromium.launch(cleanup);
    const account = await fundedAccount(net);
    for (const [lie, codes] of Object.entries(LIES)) {
      await t.test(lie, async (t) => {
        const own = new Cleanup(t);
        const liar = await startLiar(own, net, lie);
        for (let opened = 0; opened < (PAGES[lie] ?? 1); opened += 1) {
          const page = await chromium.open(net.url([liar.address, ...net.addresses("ws")], { storage: "memory" }));
          own.add(() => page.close());
          await firstHead(page);
          const { code, answers } = await untilDropped(page, liar.peerId, account, DROPPED_MILLISECONDS);
          assert.ok(codes.includes(code), `dropped with ${code}`);
          assert.equal(new Set(answers).size, 1, `balances ${answers}`);

          await page.waitForText("dropped-row", new RegExp(code), 5_000);
          const { head, error } = await status(page);
          assert.equal(error, null);
          assert.equal(head.id, await trueId(net, head.height));
          await page.waitForHead(head.height, 10_000);
          assert.deepEqual(page.errors, []);
        }
      });
    }
  });

  test("a fork is reported and nothing is followed past it", async (t) => {
    const cleanup = new Cleanup(t);
    const net = await Devnet.start(cleanup);
    const liar = await startLiar(cleanup, net, "fork");
    const chromium = await Chromium.launch(cleanup);
    const page = await chromium.open(net.url([liar.address, ...net.addresses("ws")], { storage: "memory" }));
    const code = await page.waitFor(() => window.emotionalchain?.client?.status().error?.code, DROPPED_MILLISECONDS);
    assert.equal(code, "fork");
    assert.equal((await status(page)).state, "halted");
    await page.waitForText("error", /fork/, 5_000);

    // The client's evidence convicts the signers on the chain of those who did not sign the other block.
    const convicted = await until(CONVICTED_MILLISECONDS, async () => {
      const { seats } = await net.get("/validators");
      return seats.some((seat) => seat.tombstoned);
    });
    assert.ok(convicted, "nobody is convicted");
  });
}
