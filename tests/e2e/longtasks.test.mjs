// The page stays responsive: no task of its main thread takes longer than a twentieth of a second.

import assert from "node:assert/strict";
import { test } from "node:test";

import { Cleanup } from "./lib/bounded.mjs";
import { Chromium } from "./lib/chromium.mjs";
import { firstHead, follow } from "./lib/client.mjs";
import { Devnet } from "./lib/devnet.mjs";
import { wants } from "./lib/env.mjs";

const FOLLOWED_MILLISECONDS = 30_000;

/** Browsers call a task long from 50 ms on. */
function observe() {
  const tasks = (window.longTasks = []);
  const observer = new PerformanceObserver((list) => {
    for (const { startTime, duration } of list.getEntries()) tasks.push({ startTime, duration });
  });
  observer.observe({ type: "longtask", buffered: true });
}

if (wants("chromium")) {
  test("no long task during the start and half a minute of following", async (t) => {
    const cleanup = new Cleanup(t);
    const net = await Devnet.start(cleanup);
    const chromium = await Chromium.launch(cleanup);
    const page = await chromium.open(net.url(), { before: observe });
    await firstHead(page);
    await follow(page, FOLLOWED_MILLISECONDS);
    assert.deepEqual(await page.evaluate(() => window.longTasks), []);
  });
}
