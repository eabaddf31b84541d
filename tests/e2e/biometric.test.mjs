// A proof made in the page from a recording is included, and nothing of the recording leaves the page: neither what it
// sends, before encryption, nor any file of any validator holds three consecutive intervals in any form. Salts never
// leave the module, so no page can know them: that a proof holds none is shown in `shared/src/chain/prove.rs`.

import assert from "node:assert/strict";
import { readFile, writeFile } from "node:fs/promises";
import { join, sep } from "node:path";
import { test } from "node:test";

import { Cleanup } from "./lib/bounded.mjs";
import { Chromium } from "./lib/chromium.mjs";
import { firstHead } from "./lib/client.mjs";
import { Devnet } from "./lib/devnet.mjs";
import { data, wants } from "./lib/env.mjs";
import { contents } from "./lib/files.mjs";
import { Leaks, readRecording } from "./lib/leaks.mjs";
import { stagesOf, watchStages } from "./lib/stages.mjs";

const RECORDING = join(data, "ble_frames_plux_ecg_5min.csv");
/** One epoch may pass before a proof counts, and one more until its vote is in a block. */
const INCLUDED_MILLISECONDS = 60_000;

/** Notes every write and read of the transport before encryption. */
function tap() {
  const taps = (window.taps = []);
  globalThis.__emotionalchainTap = (direction, bytes) => taps.push([direction, bytes.slice()]);
}

/** What was noted, as one buffer a direction. Pieces follow each other as they were written. */
async function tapped(page) {
  const texts = await page.evaluate(async () => {
    const text = (bytes) => new Promise((resolve) => {
      const reader = new FileReader();
      reader.onload = () => resolve(reader.result.slice(reader.result.indexOf(",") + 1));
      reader.readAsDataURL(new Blob(bytes));
    });
    const all = {};
    for (const [direction, bytes] of window.taps) (all[direction] ??= []).push(bytes);
    return Promise.all(Object.entries(all).map(async ([direction, bytes]) => [direction, await text(bytes)]));
  });
  return new Map(texts.map(([direction, base64]) => [direction, Buffer.from(base64, "base64")]));
}

if (wants("chromium")) {
  test("a proof from a recording is included and the recording stays in the page", async (t) => {
    const cleanup = new Cleanup(t);
    const net = await Devnet.start(cleanup, { device: true });
    const chromium = await Chromium.launch(cleanup);
    const page = await chromium.open(net.url(), { before: tap });
    await firstHead(page);

    await page.upload("proof-file", RECORDING);
    await watchStages(page, "proof-stage");
    await page.click("proof-submit");
    await page.waitForText("proof-stage", /included/, INCLUDED_MILLISECONDS);
    const stages = await stagesOf(page, "proof-stage");
    const accepted = stages.findIndex((text) => /accepted/i.test(text));
    assert.ok(accepted >= 0 && accepted < stages.length - 1, JSON.stringify(stages));
    assert.deepEqual(page.errors, []);

    const { frames, ticks } = readRecording(await readFile(RECORDING, "utf8"));
    const leaks = new Leaks().intervals(ticks).frames(frames);

    const sent = await tapped(page);
    const written = [...sent.values()].reduce((sum, bytes) => sum + bytes.length, 0);
    assert.ok(written > 1_000, `the tap saw ${written} bytes`);
    assert.ok(sent.size >= 2, "the tap saw one direction only");
    for (const [direction, bytes] of sent) assert.deepEqual(leaks.find(bytes), [], direction);

    // Planted leaks have to be found: intervals that cross the transport as the id of a transaction that is asked for …
    const planted = Buffer.from(Uint16Array.from(ticks.slice(40, 56)).buffer);
    await page.evaluate((id) => window.emotionalchain.client.proveInclusion(id).catch(() => {}), planted.toString("hex"));
    const again = await tapped(page);
    assert.notDeepEqual([...again.values()].flatMap((bytes) => leaks.find(bytes)), []);

    // The network's own recordings of other validators lie there in the clear, the very same one among them.
    const recordings = `${sep}recordings${sep}`;
    await net.stop();
    let searched = 0;
    for await (const [path, content] of contents(net.home, (path) => path.includes(recordings))) {
      assert.deepEqual(leaks.find(content), [], path);
      searched += content.length;
    }
    assert.ok(searched > 100_000, `only ${searched} bytes of files`);
    // … and a file that holds some as text.
    await writeFile(join(net.home, "planted.txt"), ticks.slice(60, 64).join(" "));
    const found = [];
    for await (const [, content] of contents(net.home, (path) => !path.endsWith("planted.txt"))) found.push(...leaks.find(content));
    assert.notDeepEqual(found, []);
  });
}
