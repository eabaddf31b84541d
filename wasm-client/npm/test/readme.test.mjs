import assert from "node:assert/strict";
import { readFile } from "node:fs/promises";
import test from "node:test";

import { ERROR_CLASSES } from "../dist/index.js";

const file = (path) => readFile(new URL(path, import.meta.url), "utf8");

test("the README quotes the ten lines, and they are ten", async () => {
  const lines = await file("../example/ten-lines.mjs");
  assert.equal(lines.trimEnd().split("\n").length, 10);
  assert.ok((await file("../README.md")).includes("```js\n" + lines + "```"));
});

test("the README lists every code with its class", async () => {
  const rows = (await file("../README.md")).matchAll(/^\| `(\w+)` \| ((?:`[a-z-]+`(?:, )?)+) \|/gm);
  const listed = [...rows].flatMap(([, name, codes]) => codes.split(", ").map((code) => [code.replaceAll("`", ""), name]));
  const known = Object.entries(ERROR_CLASSES).map(([code, { name }]) => [code, name]);
  assert.deepEqual(listed.sort(), known.sort());
});
