// From the navigation to the first verified head on the screen: cold, with nothing stored, and warm, after a reload.

import { firstHead, status } from "../lib/client.mjs";
import { byId } from "../lib/page.mjs";
import { p50 } from "./statistics.mjs";

const FIRST_HEAD_MILLISECONDS = 60_000;

/** Milliseconds since the navigation at the moment at which the page shows a verified head. */
function untilHead(page) {
  const shown = (selector) => Number(document.querySelector(selector)?.textContent?.replace(/\D/g, "")) > 0 && performance.now();
  return page.waitFor(shown, FIRST_HEAD_MILLISECONDS, byId("head-height"));
}

/** So many cold starts, each followed by a warm one; the 50th percentile of both. */
export async function starts(chromium, net, transport, runs) {
  const cold = [];
  const warm = [];
  const url = net.url(net.addresses(transport), { transport: transport === "ws" ? "websocket" : transport });
  for (let run = 0; run < runs; run += 1) {
    const page = await chromium.open(url);
    cold.push(await untilHead(page));
    await firstHead(page);
    const height = (await status(page)).head.height;
    // The saved head must be there: a reload at once would measure whether the store was fast.
    await page.waitForHead(height + 1, FIRST_HEAD_MILLISECONDS);
    await page.reload();
    warm.push(await untilHead(page));
    if ((await status(page)).trust !== "snapshot") throw new Error("a reload did not start from what was saved");
    await page.driver.context().close();
  }
  return { cold: p50(cold), warm: p50(warm) };
}
