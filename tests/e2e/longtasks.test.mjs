// The page stays responsive: no task of its main thread takes longer than a twentieth of a second.

import assert from "node:assert/strict";
import { test } from "node:test";

import { Cleanup } from "./lib/bounded.mjs";
import { Chromium } from "./lib/chromium.mjs";
import { firstHead, follow } from "./lib/client.mjs";
import { Devnet } from "./lib/devnet.mjs";
import { wants } from "./lib/env.mjs";

const FOLLOWED_MILLISECONDS = 30_000;
/**
 * A long task of the page comes back at each visit. One that comes once is a machine that gave the time to somebody
 * else: browser, validators and this test share two cores.
 */
const VISITS = 3;

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
    const seen = [];
    for (let visit = 0; visit < VISITS; visit += 1) {
      const page = await chromium.open(net.url(), { before: observe });
      await firstHead(page);
      await follow(page, FOLLOWED_MILLISECONDS);
      const tasks = await page.evaluate(() => window.longTasks);
      await page.close();
      if (tasks.length === 0) return;
      seen.push(tasks);
    }
    assert.fail(`long tasks at each visit: ${JSON.stringify(seen)}`);
  });
}
