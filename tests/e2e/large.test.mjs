// A block of a megabyte over each transport: many messages on one stream, and a body that is checked against its header.

import assert from "node:assert/strict";
import { test } from "node:test";

import { Cleanup } from "./lib/bounded.mjs";
import { Chromium } from "./lib/chromium.mjs";
import { firstHead } from "./lib/client.mjs";
import { Devnet } from "./lib/devnet.mjs";
import { program, wants } from "./lib/env.mjs";
import { Child } from "./lib/process.mjs";

const LARGE_BYTES = 1_000_000;

if (wants("chromium")) {
  test("a block of a megabyte is fetched and verified over both transports", async (t) => {
    const cleanup = new Cleanup(t);
    const net = await Devnet.start(cleanup);
    const fill = new Child(program("fill"), ["--home", net.home, "--json"]);
    cleanup.add(() => fill.stop());
    const { height } = await fill.json(150_000);

    const chromium = await Chromium.launch(cleanup);
    for (const [transport, name] of [["webrtc", "webrtc"], ["ws", "websocket"]]) {
      const page = await chromium.open(net.url(net.addresses(transport), { transport: name }));
      await firstHead(page);
      await page.waitForHead(height - 1, 20_000);
      const block = await page.evaluate(async (height) => {
        const { header, bytes, transactions } = await window.emotionalchain.client.getBlock(height);
        return { height: header.height, bytes, transactions: transactions.length };
      }, height);
      assert.equal(block.height, height);
      assert.ok(block.bytes >= LARGE_BYTES, `${block.bytes} bytes over ${transport}`);
      assert.ok(block.transactions > 1000, `${block.transactions} transactions`);
      assert.deepEqual(page.errors, []);
      await page.close();
    }
  });
}
