// Light clients in a page: what each downloads until it is ready to dial, and how long that takes from the loopback
// address. Each comes as its npm package publishes it, without a bundler, so that all are measured alike.

import { mkdtemp, rm, symlink } from "node:fs/promises";
import { createRequire } from "node:module";
import { tmpdir } from "node:os";
import { join } from "node:path";

import { npmPackage } from "../lib/env.mjs";
import { serve } from "../lib/files.mjs";
import { write } from "../lib/package.mjs";
import { p50 } from "./statistics.mjs";
import { weigh } from "./weigh.mjs";

/** How each is brought to the point at which it could dial; none of them is given an address that answers. */
const CLIENTS = {
  "@emotionalchain/light-client": `
    const { default: init } = await import("/node_modules/@emotionalchain/light-client/dist/wasm/light_client.js");
    await import("/node_modules/@emotionalchain/light-client/dist/index.js");
    await init();`,
  smoldot: `
    const { start } = await import("/node_modules/smoldot/dist/mjs/index-browser.js");
    const client = start({ logCallback() {} });
    await client.addChain({ chainSpec: "{}" }).catch(() => {});`,
  "@a16z/helios": `
    const { createHeliosProvider } = await import("/node_modules/@a16z/helios/dist/lib.mjs");
    const nowhere = location.origin;
    const checkpoint = "0x" + "00".repeat(32);
    await createHeliosProvider({ executionRpc: nowhere, consensusRpc: nowhere, checkpoint, network: "mainnet" }, "ethereum");`,
  "lumina-node-wasm": `
    const glue = await import("/node_modules/lumina-node-wasm/lumina_node_wasm_bg.js");
    const module = fetch("/node_modules/lumina-node-wasm/lumina_node_wasm_bg.wasm");
    const { instance } = await WebAssembly.instantiateStreaming(module, { "./lumina_node_wasm_bg.js": glue });
    glue.__wbg_set_wasm(instance.exports);
    instance.exports.__wbindgen_start();`,
  "@nimiq/core": `
    const { default: init, Client, ClientConfiguration } = await import("/node_modules/@nimiq/core/web/index.js");
    await init();
    const configuration = new ClientConfiguration();
    configuration.seedNodes(["/dns4/localhost/tcp/9/ws"]);
    await Client.create(configuration.build());`,
};

const page = (script) => `<!doctype html><html lang="en"><meta charset="utf-8"><title>client</title>
<link rel="icon" href="data:,"><script type="module">
const began = performance.now();
try {
${script}
  window.ready = performance.now() - began;
} catch (error) {
  window.failed = String(error);
}
</script></html>`;

/** One client: its version, the bytes it downloads, the 50th percentile of the time until it is ready. */
async function one(cleanup, chromium, name, script, folder, runs) {
  const served = new Set();
  const project = await mkdtemp(join(tmpdir(), "emotionalchain-bench-"));
  cleanup.add(() => rm(project, { recursive: true }));
  await write(project, { "index.html": page(script), "node_modules/.keep": "", "node_modules/@emotionalchain/.keep": "" });
  const installed = name === "@emotionalchain/light-client" ? npmPackage : join(folder, "node_modules", name);
  if (name.includes("/")) await write(project, { [`node_modules/${name.split("/")[0]}/.keep`]: "" });
  await symlink(installed, join(project, "node_modules", name));
  const url = await serve(cleanup, project, served);
  const times = [];
  for (let run = 0; run < runs; run += 1) {
    const opened = await chromium.open(`${url}/`);
    const said = await opened.waitFor(() => window.failed ?? window.ready, 60_000);
    if (typeof said !== "number") throw new Error(`${name}: ${said}`);
    times.push(said);
    await opened.driver.context().close();
  }
  const { version } = createRequire(import.meta.url)(join(installed, "package.json"));
  const files = [...served].filter((path) => !path.endsWith("index.html"));
  return { name, version, ready: p50(times), ...(await weigh(files)) };
}

export async function clients(cleanup, chromium, folder, runs) {
  const rows = [];
  for (const [name, script] of Object.entries(CLIENTS)) rows.push(await one(cleanup, chromium, name, script, folder, runs));
  return rows;
}
