// `cargo xtask bench web`: prints a section in Markdown for docs/benchmarks.md; everything else goes to standard error.

import { readdir } from "node:fs/promises";
import { join } from "node:path";
import { parseArgs } from "node:util";

import { Chromium } from "../lib/chromium.mjs";
import { Devnet } from "../lib/devnet.mjs";
import { page } from "../lib/env.mjs";
import { clients } from "./clients.mjs";
import { memory } from "./memory.mjs";
import { starts } from "./starts.mjs";
import { kilobytes, mebibytes, milliseconds, table } from "./statistics.mjs";
import { verification } from "./verification.mjs";
import { weigh } from "./weigh.mjs";

const { values } = parseArgs({
  options: { runs: { type: "string", default: "10" }, minutes: { type: "string", default: "10" } },
});
const runs = Number(values.runs);
const minutes = Number(values.minutes);

const steps = [];
const cleanup = { add: (step) => steps.push(step) };
const walked = (what, walk) => [what, milliseconds(walk.ms), String(walk.verified), String(walk.headers)];
const say = (text) => process.stderr.write(`bench: ${text}\n`);

try {
  const chromium = await Chromium.launch(cleanup);
  const print = (...lines) => console.log(lines.join("\n\n"), "\n");
  print("## In a browser", "Headless Chromium and a local network of four validators on the same machine.");

  say("what the page downloads");
  const files = (await readdir(page, { recursive: true, withFileTypes: true })).filter(
    (entry) => entry.isFile() && !/\.(br|gz)$/.test(entry.name),
  );
  const paths = files.map((entry) => join(entry.parentPath, entry.name));
  const rows = await Promise.all(paths.map(async (path) => [path.slice(page.length + 1), await weigh([path])]));
  rows.push(["in all", await weigh(paths)]);
  const cells = rows.map(([name, size]) => [name, ...[size.raw, size.gzip, size.brotli].map(kilobytes)]);
  print("### What the page downloads, in kB", table([["file", "raw", "gzip", "brotli"], ...cells]));

  say("other light clients");
  const measured = await clients(cleanup, chromium, process.env.EMOTIONALCHAIN_OTHERS, runs);
  const compared = measured.map((one) => [
    `${one.name} ${one.version}`,
    ...[one.raw, one.gzip, one.brotli].map(kilobytes),
    milliseconds(one.ready),
  ]);
  print(
    `### Beside other light clients, in kB and ms (50th percentile of ${runs})`,
    "What each downloads until it could dial, as its npm package publishes it, and the time from the import until then.",
    table([["client", "raw", "gzip", "brotli", "ready"], ...compared]),
  );

  say("starts");
  const net = await Devnet.start(cleanup);
  const started = [];
  for (const transport of ["webrtc", "ws"]) {
    const { cold, warm } = await starts(chromium, net, transport, runs);
    started.push([transport, milliseconds(cold), milliseconds(warm)]);
  }
  print(
    `### From the navigation to the first verified head, in ms (50th percentile of ${runs})`,
    table([["transport", "cold", "warm"], ...started]),
  );

  say(`memory over ${minutes} min`);
  const { first, last } = await memory(chromium, net, minutes);
  print(
    "### Memory of the page, in MiB",
    table([
      ["", "JavaScript heap", "WebAssembly"],
      ["at the first head", mebibytes(first.heap), mebibytes(first.outside)],
      [`after ${minutes} min`, mebibytes(last.heap), mebibytes(last.outside)],
    ]),
  );

  say("verification");
  const { one, skipping, churn } = await verification(cleanup, chromium, process.env.EMOTIONALCHAIN_MEASURING);
  print(
    "### Verification in WebAssembly",
    table([
      ["what", "ms of CPU", "certificates", "headers fetched"],
      ["one header, 100 seats", milliseconds(one), "1", "0"],
      walked("100,000 heights, 10 of 100 seats change every 100 epochs", skipping),
      walked("100,000 heights, all 100 seats change every 100 epochs", churn),
    ]),
  );
} finally {
  for (const step of steps.reverse()) await step();
}
