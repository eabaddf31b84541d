// Tabs of one visitor share a store: all follow, and a reload finds it whole.

import assert from "node:assert/strict";
import { test } from "node:test";

import { Cleanup } from "./lib/bounded.mjs";
import { Chromium } from "./lib/chromium.mjs";
import { firstHead, follow, judge, status } from "./lib/client.mjs";
import { Devnet } from "./lib/devnet.mjs";
import { wants } from "./lib/env.mjs";

if (wants("chromium")) {
  test("three tabs at once, two of them reloaded", async (t) => {
    const cleanup = new Cleanup(t);
    const net = await Devnet.start(cleanup);
    const chromium = await Chromium.launch(cleanup);
    const context = await chromium.context();
    const tabs = await Promise.all([1, 2, 3].map(() => chromium.open(net.url(), { context })));
    await Promise.all(tabs.map(firstHead));
    // Only the tab in front draws, and what tells of a new head has to come in all of them.
    const heads = await Promise.all(tabs.map((tab) => follow(tab, 10_000)));
    for (const run of heads) assert.ok(judge(run).count >= 5, `${judge(run).count} heads`);

    await Promise.all(tabs.slice(0, 2).map((tab) => tab.reload()));
    await Promise.all(tabs.map(firstHead));
    for (const tab of tabs.slice(0, 2)) {
      const { trust, storage, error } = await status(tab);
      assert.deepEqual({ trust, storage, error }, { trust: "snapshot", storage: "indexeddb", error: null });
    }
    const again = await Promise.all(tabs.map((tab) => follow(tab, 5_000)));
    for (const run of again) assert.equal(judge(run).notRising, undefined);
    for (const tab of tabs) assert.deepEqual(tab.errors, []);
  });
}
