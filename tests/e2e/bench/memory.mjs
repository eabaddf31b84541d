// What a page takes while it follows the chain, after a collection of garbage.

import { firstHead, follow } from "../lib/client.mjs";

/** JavaScript's heap, and the memory of WebAssembly, which lies outside of it and never shrinks. */
async function usage(devtools) {
  await devtools.send("HeapProfiler.collectGarbage");
  const { usedSize } = await devtools.send("Runtime.getHeapUsage");
  return { heap: usedSize, outside: await wasmMemory(devtools) };
}

/** No page can reach the memory of a module that does not export it; the inspector finds it among all objects. */
async function wasmMemory(devtools) {
  const { result } = await devtools.send("Runtime.evaluate", { expression: "WebAssembly.Memory.prototype" });
  const { objects } = await devtools.send("Runtime.queryObjects", { prototypeObjectId: result.objectId });
  const { result: total } = await devtools.send("Runtime.callFunctionOn", {
    objectId: objects.objectId,
    functionDeclaration: "function () { return this.reduce((sum, memory) => sum + memory.buffer.byteLength, 0); }",
    returnByValue: true,
  });
  return total.value;
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
