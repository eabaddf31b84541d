// The packed package in the smallest project of each kind: Vite, webpack, and a page with a plain module script.

import assert from "node:assert/strict";
import { rm } from "node:fs/promises";
import { join } from "node:path";
import { test } from "node:test";
import { build } from "vite";
import webpack from "webpack";

import { Cleanup } from "./lib/bounded.mjs";
import { Chromium } from "./lib/chromium.mjs";
import { FIRST_HEAD_MILLISECONDS } from "./lib/client.mjs";
import { Devnet } from "./lib/devnet.mjs";
import { wants } from "./lib/env.mjs";
import { serve, temporaryFolder } from "./lib/files.mjs";
import { install, write } from "./lib/package.mjs";

/** Takes the chain from the fragment, so that the page needs nothing of the node but the connection. */
const SCRIPT = `
import { LightClient } from "@emotionalchain/light-client";
const { genesis, bootstrap } = JSON.parse(decodeURIComponent(location.hash.slice(1)));
const client = await LightClient.start({ chain: genesis, bootstrap, storage: "memory" });
for await (const head of client.heads()) {
  document.title = "head " + head.height;
  break;
}
await client.close();
`;

const html = (inside) => `<!doctype html><html lang="en"><meta charset="utf-8"><title>none</title>
<link rel="icon" href="data:,">${inside}</html>`;

/** What each kind needs, and how it is built; the folder that is served. */
const KINDS = {
  async vite(project) {
    await write(project, { "index.html": html('<script type="module" src="/main.js"></script>'), "main.js": SCRIPT });
    await build({ root: project, logLevel: "error", build: { target: "es2022" } });
    return join(project, "dist");
  },
  async webpack(project) {
    await write(project, {
      "dist/index.html": html('<script type="module" src="/main.js"></script>'),
      "main.js": SCRIPT,
    });
    const stats = await new Promise((resolve, reject) => {
      const configuration = { mode: "production", context: project, entry: "./main.js", output: { path: join(project, "dist") } };
      webpack(configuration, (error, stats) => (error ? reject(error) : resolve(stats)));
    });
    assert.deepEqual(stats.toJson({ all: false, errors: true }).errors, []);
    return join(project, "dist");
  },
  async "plain module"(project) {
    const map = JSON.stringify({
      imports: { "@emotionalchain/light-client": "/node_modules/@emotionalchain/light-client/dist/index.js" },
    });
    await write(project, {
      "index.html": html(`<script type="importmap">${map}</script><script type="module" src="/main.js"></script>`),
      "main.js": SCRIPT,
    });
    return project;
  },
};

if (wants("chromium")) {
  test("the packed package reaches a verified head", async (t) => {
    const cleanup = new Cleanup(t);
    const net = await Devnet.start(cleanup);
    const chromium = await Chromium.launch(cleanup);
    const said = await net.get("/light.json");
    const fragment = encodeURIComponent(JSON.stringify({ genesis: said.genesis, bootstrap: said.bootstrap }));
    for (const [kind, make] of Object.entries(KINDS)) {
      await t.test(kind, async (t) => {
        const own = new Cleanup(t);
        const project = await temporaryFolder("bundler");
        own.add(() => rm(project, { recursive: true }));
        await install(project);
        await write(project, { "package.json": '{ "type": "module", "private": true }' });
        const url = await serve(own, await make(project));
        const page = await chromium.open(`${url}/#${fragment}`);
        own.add(() => page.close());
        await page.waitFor(() => /^head \d+$/.test(document.title), FIRST_HEAD_MILLISECONDS);
        assert.deepEqual(page.errors, []);
      });
    }
  });
}
