// One address is enough: the others are learnt from peers.

import assert from "node:assert/strict";
import { test } from "node:test";

import { Cleanup } from "./lib/bounded.mjs";
import { Chromium } from "./lib/chromium.mjs";
import { connectedPeers, firstHead } from "./lib/client.mjs";
import { Devnet } from "./lib/devnet.mjs";
import { wants } from "./lib/env.mjs";

if (wants("chromium")) {
  test("from one address a page gets to three peers", async (t) => {
    const cleanup = new Cleanup(t);
    const net = await Devnet.start(cleanup, { validators: 5 });
    const chromium = await Chromium.launch(cleanup);
    const page = await chromium.open(net.url(net.addresses("webrtc", [2])));
    await firstHead(page);
    const peers = await connectedPeers(page, 3, 60_000);
    const known = new Set(net.nodes.map((node) => node.peer_id));
    assert.ok(peers.every((peer) => known.has(peer.peerId)), JSON.stringify(peers));
    assert.equal(new Set(peers.map((peer) => peer.peerId)).size, peers.length);
    assert.deepEqual(page.errors, []);
  });
}
