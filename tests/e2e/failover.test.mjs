// Servers go away without a word: pages notice, go on with others, come back by themselves, and start warm.

import assert from "node:assert/strict";
import { test } from "node:test";

import { Cleanup } from "./lib/bounded.mjs";
import { browsers } from "./lib/browsers.mjs";
import { Chromium } from "./lib/chromium.mjs";
import { firstHead, status, untilGone } from "./lib/client.mjs";
import { Devnet } from "./lib/devnet.mjs";
import { wants } from "./lib/env.mjs";

const NOTICED_MILLISECONDS = 10_000;
/** Redialling backs off; the validators need a while to agree again. */
const RECOVERED_MILLISECONDS = 60_000;
/** From a saved head a step or two lead to the newest one; from genesis they are many after a while. */
const WARM_HEADERS = 10;

if (wants("chromium")) {
  test("a killed server is noticed and another one takes its place", async (t) => {
    const cleanup = new Cleanup(t);
    const net = await Devnet.start(cleanup);
    const chromium = await Chromium.launch(cleanup);
    // The first server of each page is the one that will be killed.
    const order = [1, 2, 3];
    const pages = await Promise.all([
      chromium.open(net.url(net.addresses("webrtc", order), { transport: "webrtc" })),
      chromium.open(net.url(net.addresses("ws", order), { transport: "websocket" })),
    ]);
    await Promise.all(pages.map(firstHead));
    const victim = net.nodes[1].peer_id;
    await Promise.all(pages.map((page) => page.evaluate(async (victim) => {
      const signal = AbortSignal.timeout(20_000);
      for await (const { peers } of window.emotionalchain.client.peers({ signal })) {
        if (peers.some((peer) => peer.peerId === victim && peer.state === "connected")) return;
      }
      throw new Error("the server to be killed was never connected");
    }, victim)));

    const noticed = pages.map((page) => untilGone(page, victim, NOTICED_MILLISECONDS));
    net.kill(1);
    await Promise.all(noticed);

    for (const page of pages) {
      const head = (await status(page)).head.height;
      await page.waitForHead(head + 2, 20_000);
      assert.deepEqual(page.ownErrors, []);
    }
  });
}

for (const [name, Browser] of browsers) {
  test(`a page outlives all of its servers, and a reload starts from what it saved, in ${name}`, async (t) => {
    const cleanup = new Cleanup(t);
    const net = await Devnet.start(cleanup);
    const browser = await Browser.launch(cleanup);
    const page = await browser.open(net.url());
    await firstHead(page);
    const before = await page.waitForHead(5, 30_000);
    assert.equal((await status(page)).storage, "indexeddb");

    await net.killAll();
    await net.restart();
    const after = await page.waitForHead(before + 3, RECOVERED_MILLISECONDS);
    assert.deepEqual(page.ownErrors, []);

    await page.reload();
    await firstHead(page);
    await page.waitForHead(after, 10_000);
    const warm = await status(page);
    assert.equal(warm.trust, "snapshot");
    assert.ok(warm.headersVerified <= WARM_HEADERS, `${warm.headersVerified} headers verified`);
    await page.waitForText("trust", /snapshot|saved/, 5_000);
    assert.deepEqual(page.ownErrors, []);
  });
}
