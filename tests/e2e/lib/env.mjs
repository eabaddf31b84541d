// Where everything lies, told by `cargo xtask e2e`. Called by hand, the places of an ordinary build are taken.

import { existsSync } from "node:fs";
import { join, resolve } from "node:path";

const root = resolve(import.meta.dirname, "../../..");
const programs = process.env.EMOTIONALCHAIN_PROGRAMS ?? join(root, "target/debug");

export const data = join(root, "tests/data");
export const readme = join(root, "README.md");
export const page = process.env.EMOTIONALCHAIN_PAGE ?? join(root, "web/dist");
export const npmPackage = process.env.EMOTIONALCHAIN_PACKAGE ?? join(root, "wasm-client/npm");
export const chromium = process.env.EMOTIONALCHAIN_CHROMIUM ?? "/usr/bin/chromium";
export const firefox = process.env.EMOTIONALCHAIN_FIREFOX ?? "/usr/bin/firefox-esr";

/** A program of the build, which must be there: a test that finds none fails and is not left out. */
export function program(name) {
  const path = join(programs, name);
  if (!existsSync(path)) throw new Error(`${path} is missing; cargo xtask e2e builds it`);
  return path;
}

/** Whether this run is meant for the browser; without a choice it is meant for both. */
export function wants(browser) {
  const chosen = process.env.EMOTIONALCHAIN_BROWSER;
  return !chosen || chosen === browser;
}
