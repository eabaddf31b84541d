// A transfer through the form: accepted by a server, then included, with a proof that the page recomputes step by step.

import assert from "node:assert/strict";
import { randomBytes } from "node:crypto";
import { test } from "node:test";

import { Cleanup } from "./lib/bounded.mjs";
import { browsers } from "./lib/browsers.mjs";
import { firstHead } from "./lib/client.mjs";
import { Devnet } from "./lib/devnet.mjs";
import { lightClient } from "./lib/package.mjs";
import { stagesOf, watchStages } from "./lib/stages.mjs";

/** 1.25 EMO in micro units. */
const AMOUNT = 1_250_000;

for (const [name, Browser] of browsers) {
  test(`a transfer is accepted, included, and proved, in ${name}`, async (t) => {
    const cleanup = new Cleanup(t);
    const net = await Devnet.start(cleanup);
    const { addressOfSeed } = await lightClient();
    const receiver = await addressOfSeed(randomBytes(32));
    const browser = await Browser.launch(cleanup);
    const page = await browser.open(net.url());
    await firstHead(page);

    await watchStages(page, "transfer-stage");
    await page.fill("transfer-to", receiver);
    await page.fill("transfer-amount", "1.25");
    await page.click("transfer-submit");
    await page.waitForText("transfer-stage", /included/, 30_000);

    const stages = await stagesOf(page, "transfer-stage");
    const accepted = stages.findIndex((text) => /accepted/i.test(text));
    const included = stages.findIndex((text) => /included/i.test(text));
    assert.ok(accepted >= 0 && accepted < included, JSON.stringify(stages));
    assert.ok(await page.text("receipt"));

    const steps = await page.waitFor(() => {
      const steps = [...document.querySelectorAll('[data-testid="proof-step"]')].map((step) => step.dataset.ok);
      return steps.length > 0 && steps;
    }, 10_000);
    assert.ok(steps.every((ok) => ok === "true"), JSON.stringify(steps));

    const account = await page.evaluate((address) => window.emotionalchain.client.getAccount(address), receiver);
    assert.equal(account.balance, AMOUNT);
    assert.equal(account.nonce, 0);
    assert.deepEqual(page.errors, []);
  });
}
