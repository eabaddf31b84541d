// Pages join the chain over each transport and follow its head for a minute, a block a second, without a gap.

import assert from "node:assert/strict";
import { test } from "node:test";

import { Cleanup } from "./lib/bounded.mjs";
import { Chromium } from "./lib/chromium.mjs";
import { connectedPeers, firstHead, follow, judge, status } from "./lib/client.mjs";
import { Devnet } from "./lib/devnet.mjs";
import { wants } from "./lib/env.mjs";
import { Firefox } from "./lib/firefox.mjs";

/** Three times the interval between blocks. */
const LONGEST_GAP_MILLISECONDS = 3000;

async function followed(page, milliseconds) {
  const heads = judge(await follow(page, milliseconds));
  assert.equal(heads.notRising, undefined);
  assert.ok(heads.longest <= LONGEST_GAP_MILLISECONDS, `a gap of ${heads.longest} ms`);
  assert.ok(heads.count >= milliseconds / 2000, `${heads.count} heads in ${milliseconds} ms`);
  assert.deepEqual(page.errors, []);
  assert.equal((await status(page)).error, null);
}

async function usesTransport(page, transport) {
  const peers = await connectedPeers(page, 1, 10_000);
  assert.ok(peers.some((peer) => peer.transport === transport), JSON.stringify(peers));
}

if (wants("chromium")) {
  test("two pages over WebRTC and one over WebSocket follow the head for a minute", async (t) => {
    const cleanup = new Cleanup(t);
    const net = await Devnet.start(cleanup);
    const chromium = await Chromium.launch(cleanup);
    const [first, second, third] = await Promise.all([
      chromium.open(net.url(net.addresses("webrtc"), { transport: "webrtc" })),
      chromium.open(net.url(net.addresses("webrtc"), { transport: "webrtc" })),
      chromium.open(net.url(net.addresses("ws"), { transport: "websocket" })),
    ]);
    const pages = [first, second, third];
    await Promise.all(pages.map(firstHead));
    await Promise.all([usesTransport(first, "webrtc"), usesTransport(second, "webrtc")]);
    await usesTransport(third, "websocket");
    await Promise.all(pages.map((page) => followed(page, 60_000)));
  });
}

if (wants("firefox")) {
  test("a page in Firefox follows the head over WebSocket", async (t) => {
    const cleanup = new Cleanup(t);
    const net = await Devnet.start(cleanup);
    const firefox = await Firefox.launch(cleanup);
    const page = await firefox.open(net.url(net.addresses("ws"), { transport: "websocket" }));
    await firstHead(page);
    await usesTransport(page, "websocket");
    await followed(page, 20_000);
  });
}
