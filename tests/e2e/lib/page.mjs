// What the tests do with a page, the same in both browsers.

/** What browsers themselves write to the console when a server is gone. It says nothing about the page. */
const LOST_CONNECTION = /^WebSocket connection to|establish a connection to the server at ws|net::ERR_|Failed to load resource/;

/** Selects an element by its `data-testid`. */
export const byId = (id) => `[data-testid="${id}"]`;

export class Page {
  /** Uncaught errors, unhandled rejections and console errors, in the order in which they came. */
  errors = [];
  driver;

  constructor(driver) {
    this.driver = driver;
    driver.on("pageerror", (error) => this.errors.push(String(error?.stack ?? error)));
    driver.on("console", (message) => {
      if (message.type() === "error") this.errors.push(message.text());
    });
  }

  /** The errors that are the page's own, where a test takes servers away. */
  get ownErrors() {
    return this.errors.filter((error) => !LOST_CONNECTION.test(error));
  }

  /** Runs in the page; the function sees nothing but its one argument. */
  evaluate(run, argument) {
    return this.driver.evaluate(run, argument);
  }

  /** Waits until the function, run in the page, says something true; returns what it said. */
  async waitFor(run, milliseconds, argument) {
    try {
      const said = await this.wait(run, milliseconds, argument);
      return await said.jsonValue();
    } catch (error) {
      const shown = await this.evaluate(() => document.body?.innerText.slice(0, 2000)).catch(() => "nothing");
      throw new Error(`${run} with ${JSON.stringify(argument)}: not within ${milliseconds} ms; errors: `
        + `${JSON.stringify(this.errors)}; the page shows: ${shown}`, { cause: error });
    }
  }

  /** The text of the element with this `data-testid`. */
  text(id) {
    return this.evaluate((selector) => document.querySelector(selector)?.textContent?.trim(), byId(id));
  }

  /** Waits until the element with this `data-testid` has a text in which the pattern is found. */
  waitForText(id, pattern, milliseconds) {
    const found = ({ selector, source }) => {
      const text = document.querySelector(selector)?.textContent?.trim() ?? "";
      return new RegExp(source, "i").test(text) && text;
    };
    return this.waitFor(found, milliseconds, { selector: byId(id), source: pattern.source });
  }

  /** Waits for a verified head past this height, as the page shows it. */
  waitForHead(after, milliseconds) {
    const shown = ({ selector, after }) => {
      const height = Number(document.querySelector(selector)?.textContent?.replace(/\D/g, ""));
      return height > after && height;
    };
    return this.waitFor(shown, milliseconds, { selector: byId("head-height"), after });
  }

  async reload() {
    await this.driver.reload();
  }
}
