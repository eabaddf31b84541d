// Firefox over WebDriver BiDi, which is what the Firefox of distributions speaks.

import puppeteer from "puppeteer-core";

import { firefox } from "./env.mjs";
import { byId, Page } from "./page.mjs";

class FirefoxPage extends Page {
  static async open(context, url) {
    const driver = await context.newPage();
    const page = new FirefoxPage(driver);
    await driver.goto(url);
    return page;
  }

  wait(run, timeout, argument) {
    return this.driver.waitForFunction(run, { timeout }, argument);
  }

  click(id) {
    return this.driver.locator(byId(id)).click();
  }

  fill(id, text) {
    return this.driver.locator(byId(id)).fill(text);
  }

  close() {
    return this.driver.close();
  }
}

export class Firefox {
  #browser;

  static async launch(cleanup) {
    const launched = new Firefox();
    launched.#browser = await puppeteer.launch({ browser: "firefox", executablePath: firefox, headless: true });
    cleanup.add(() => launched.#browser.close());
    return launched;
  }

  async open(url) {
    return FirefoxPage.open(await this.#browser.createBrowserContext(), url);
  }
}
