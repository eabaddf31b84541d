/**
 * Loads the WebAssembly module, once.
 *
 * The address of the file is written as `new URL("…", import.meta.url)`, which bundlers find and rewrite, and which
 * a plain `<script type="module">` resolves by itself.
 */

import { errorOf } from "./errors.js";

/** @internal */
export type WasmModule = typeof import("./wasm/light_client.js");

let loading: Promise<WasmModule> | undefined;

/**
 * Starts the module, or gives the one that runs. Without it the first call that needs it does so.
 * @internal
 */
export function load(): Promise<WasmModule> {
  loading ??= start().catch((cause: unknown) => {
    // A page that was offline may ask again.
    loading = undefined;
    throw errorOf("unsupported", `the WebAssembly module does not load: ${String(cause)}`, { cause });
  });
  return loading;
}

async function start(): Promise<WasmModule> {
  const module = await import("./wasm/light_client.js");
  const url = new URL("./wasm/light_client_bg.wasm", import.meta.url);
  await module.default({ module_or_path: url.protocol === "file:" ? await readFile(url) : url });
  return module;
}

/** Node's `fetch` does not read files. */
async function readFile(url: URL): Promise<BufferSource> {
  // A literal would be followed by bundlers, and browsers have no such module.
  const name = "node:fs/promises";
  const files = await import(/* @vite-ignore */ /* webpackIgnore: true */ name);
  return files.readFile(url);
}
