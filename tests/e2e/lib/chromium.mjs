// Chromium over Playwright. Each page has a context of its own unless it is given one: nothing is shared, no storage.

import { chromium as browser } from "playwright-core";

import { chromium } from "./env.mjs";
import { byId, Page } from "./page.mjs";

/** A machine without display, graphics card or a user; no traffic of the browser's own. */
const FLAGS = [
  "--headless=new",
  "--no-sandbox",
  "--disable-gpu",
  "--disable-dev-shm-usage",
  "--disable-quic",
  "--no-first-run",
  "--disable-background-networking",
  "--disable-component-update",
  "--disable-sync",
  "--enable-precise-memory-info",
];

class ChromiumPage extends Page {
  static async open(context, url, before, argument) {
    const driver = await context.newPage();
    const page = new ChromiumPage(driver);
    if (before) await driver.addInitScript(before, argument);
    await driver.goto(url);
    return page;
  }

  wait(run, timeout, argument) {
    return this.driver.waitForFunction(run, argument, { timeout });
  }

  click(id) {
    return this.driver.locator(byId(id)).click();
  }

  fill(id, text) {
    return this.driver.locator(byId(id)).fill(text);
  }

  upload(id, path) {
    return this.driver.locator(byId(id)).setInputFiles(path);
  }

  /** A session of the DevTools protocol, for what no page can measure itself. */
  devtools() {
    return this.driver.context().newCDPSession(this.driver);
  }

  close() {
    return this.driver.close();
  }
}

export class Chromium {
  #browser;

  static async launch(cleanup) {
    const launched = new Chromium();
    launched.#browser = await browser.launch({ executablePath: chromium, args: FLAGS, headless: true });
    cleanup.add(() => launched.#browser.close());
    return launched;
  }

  /** Runs something and returns the events that the browser traced of these categories meanwhile. */
  async trace(categories, run) {
    await this.#browser.startTracing(undefined, { categories });
    await run();
    return JSON.parse((await this.#browser.stopTracing()).toString()).traceEvents;
  }

  /** A context: what a visitor's browser keeps for a page. Pages in one context share it. */
  context() {
    return this.#browser.newContext();
  }

  /**
   * Opens a page, in a fresh context unless one is given. `before` runs ahead of every script of the page, with the
   * argument.
   */
  async open(url, { context, before, argument } = {}) {
    return ChromiumPage.open(context ?? (await this.context()), url, before, argument);
  }
}
