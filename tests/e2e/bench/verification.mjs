// Checking headers in WebAssembly, by the functions that the client itself uses, in a build that exports them.

import { writeFile } from "node:fs/promises";
import { join } from "node:path";

import { serve } from "../lib/files.mjs";

const SEATS = 100;
const ROUNDS = 20;
/** Seats that change each time, of the hundred. */
const CHANGED = 10;
const HEIGHTS = 100_000;
/** A hundred epochs of 30 s at a block a second. */
const CHANGE_EVERY = 3_000;

const PAGE = `<!doctype html><html lang="en"><meta charset="utf-8"><title>measuring</title><link rel="icon" href="data:,">
<script type="module">
import init, * as client from "./light_client.js";
await init();
window.measured = client;
</script></html>`;

export async function verification(cleanup, chromium, folder) {
  await writeFile(join(folder, "index.html"), PAGE);
  const page = await chromium.open(`${await serve(cleanup, folder)}/`);
  await page.waitFor(() => Boolean(window.measured), 60_000);
  const one = await page.evaluate(([seats, rounds]) => window.measured.benchVerify(seats, rounds) / rounds, [SEATS, ROUNDS]);
  const walk = (replaced) =>
    page.evaluate((walk) => window.measured.benchSkipping(...walk), [SEATS, HEIGHTS, CHANGE_EVERY, replaced]);
  const [skipping, churn] = [await walk(CHANGED), await walk(SEATS)];
  for (const { end } of [skipping, churn]) if (end !== "reached") throw new Error(`a walk ended with ${end}`);
  await page.close();
  return { one, skipping, churn };
}
