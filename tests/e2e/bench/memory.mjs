// What a page takes while it follows the chain, after a collection of garbage.

import { firstHead, follow } from "../lib/client.mjs";

/** JavaScript's heap, and what lies outside it: above all the memory of WebAssembly. */
async function usage(devtools) {
  await devtools.send("HeapProfiler.collectGarbage");
  const { usedSize, backingStorageSize } = await devtools.send("Runtime.getHeapUsage");
  return { heap: usedSize, outside: backingStorageSize };
}

/** At the first head, and after so many minutes of following. */
export async function memory(chromium, net, minutes) {
  const page = await chromium.open(net.url());
  await firstHead(page);
  const devtools = await page.devtools();
  await devtools.send("HeapProfiler.enable");
  const first = await usage(devtools);
  await follow(page, minutes * 60_000);
  const last = await usage(devtools);
  await page.close();
  return { first, last };
}
