// The ten lines of the README run as they are printed, with the package as npm would install it.

import assert from "node:assert/strict";
import { execFile } from "node:child_process";
import { readFile, rm } from "node:fs/promises";
import { test } from "node:test";
import { promisify } from "node:util";

import { Cleanup } from "./lib/bounded.mjs";
import { Devnet } from "./lib/devnet.mjs";
import { readme } from "./lib/env.mjs";
import { temporaryFolder } from "./lib/files.mjs";
import { install, write } from "./lib/package.mjs";

const BLOCK = /<!-- ten lines -->\s*```js\n([\s\S]*?)```/;

test("the ten lines of the README run in Node.js", async (t) => {
  const [, code] = BLOCK.exec(await readFile(readme, "utf8")) ?? assert.fail("no ten lines in the README");
  assert.equal(code.trimEnd().split("\n").filter((line) => line.trim() !== "").length, 10);

  const cleanup = new Cleanup(t);
  const net = await Devnet.start(cleanup);
  const project = await temporaryFolder("readme");
  cleanup.add(() => rm(project, { recursive: true }));
  await install(project);
  await write(project, { "package.json": '{ "type": "module" }', "ten-lines.mjs": code });
  const { stdout } = await promisify(execFile)(process.execPath, ["ten-lines.mjs", net.nodes[0].http], {
    cwd: project,
    timeout: 90_000,
  });
  const lines = stdout.trim().split("\n");
  assert.ok(lines.length >= 2, stdout);
  assert.match(stdout, /\d/);
});
