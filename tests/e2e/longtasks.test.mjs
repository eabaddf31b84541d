// The page stays responsive: no task of its main thread works for longer than a twentieth of a second.
//
// Counted is the time that the thread had a processor: on a machine whose two cores also run the browser's other
// processes, four validators and this test, the time on the wall tells as much of them as of the page. What the browser
// itself reports as long tasks, by the wall, is printed beside it.

import assert from "node:assert/strict";
import { test } from "node:test";

import { Cleanup } from "./lib/bounded.mjs";
import { Chromium } from "./lib/chromium.mjs";
import { firstHead, follow } from "./lib/client.mjs";
import { Devnet } from "./lib/devnet.mjs";
import { wants } from "./lib/env.mjs";

const FOLLOWED_MILLISECONDS = 30_000;
const LONG_MILLISECONDS = 50;
/** Fewer tasks than a page has that starts, connects and follows: then the trace is not what it should be. */
const LEAST_TASKS = 500;
const MARK = "emotionalchain-page";

/** Browsers call a task long from 50 ms on. */
function observe(mark) {
  performance.mark(mark);
  const tasks = (window.longTasks = []);
  const observer = new PerformanceObserver((list) => {
    for (const { startTime, duration } of list.getEntries()) tasks.push({ startTime, duration });
  });
  observer.observe({ type: "longtask", buffered: true });
}

/** What a task that works for longer than allowed looks like. The answer comes from a task after it. */
function plant({ mark, milliseconds }) {
  performance.mark(mark);
  return new Promise((resolve) => {
    setTimeout(() => {
      const end = performance.now() + milliseconds;
      while (performance.now() < end);
      setTimeout(resolve);
    });
  });
}

/** Milliseconds of processor time of each task of the page's main thread, the longest first. */
function tasksOf(events) {
  // The blank page that comes before it may have had a process of its own.
  const page = events.filter((event) => event.name === MARK).sort((one, other) => one.ts - other.ts).at(-1);
  assert.ok(page, "the page is not in the trace");
  return events
    .filter(({ name, ph, pid, tid }) => name === "ThreadControllerImpl::RunTask" && ph === "X" && pid === page.pid && tid === page.tid)
    // A task without this measure counts by the wall.
    .map(({ dur, tdur }) => (tdur ?? dur) / 1000)
    .sort((one, other) => other - one);
}

if (wants("chromium")) {
  test("no task works for 50 ms during the start and half a minute of following; one that does is seen", async (t) => {
    const cleanup = new Cleanup(t);
    const net = await Devnet.start(cleanup);
    const chromium = await Chromium.launch(cleanup);
    let page;
    const events = await chromium.trace(["toplevel", "blink.user_timing"], async () => {
      page = await chromium.open(net.url(), { before: observe, argument: MARK });
      await firstHead(page);
      await follow(page, FOLLOWED_MILLISECONDS);
    });
    const [longest, ...others] = tasksOf(events);
    t.diagnostic(`longest tasks by processor time: ${[longest, ...others].slice(0, 5).map((ms) => `${ms.toFixed(1)} ms`).join(", ")}`);
    t.diagnostic(`long tasks by the wall: ${JSON.stringify(await page.evaluate(() => window.longTasks))}`);
    assert.ok(others.length >= LEAST_TASKS, `only ${others.length} tasks were traced`);
    assert.ok(longest < LONG_MILLISECONDS, `a task worked for ${longest} ms`);

    const planted = await chromium.trace(["toplevel", "blink.user_timing"], async () => {
      await page.evaluate(plant, { mark: MARK, milliseconds: 4 * LONG_MILLISECONDS });
    });
    assert.ok(tasksOf(planted)[0] >= LONG_MILLISECONDS, "a planted long task is not seen");
  });
}
