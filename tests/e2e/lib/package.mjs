// The npm package: as it was built, and as a user installs it.

import { execFile } from "node:child_process";
import { mkdir, writeFile } from "node:fs/promises";
import { dirname, join } from "node:path";
import { pathToFileURL } from "node:url";
import { promisify } from "node:util";

import { npmPackage } from "./env.mjs";

const run = promisify(execFile);
const NAME = "@emotionalchain/light-client";

/** The package in this process, with its WebAssembly loaded. */
export async function lightClient() {
  return import(pathToFileURL(join(npmPackage, "dist/index.js")).href);
}

/** Packs the package as it would be published and unpacks it where a user's project would have it. */
export async function install(project) {
  const { stdout } = await run("npm", ["pack", "--json", "--pack-destination", project], { cwd: npmPackage });
  const said = JSON.parse(stdout);
  const [{ filename }] = Array.isArray(said) ? said : Object.values(said);
  const target = join(project, "node_modules", NAME);
  await mkdir(target, { recursive: true });
  await run("tar", ["--extract", "--gzip", "--strip-components=1", "--file", join(project, filename), "--directory", target]);
  return target;
}

/** Writes a project's files. */
export async function write(project, files) {
  for (const [path, content] of Object.entries(files)) {
    await mkdir(dirname(join(project, path)), { recursive: true });
    await writeFile(join(project, path), content);
  }
}
