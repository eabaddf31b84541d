// Child processes that say one line of JSON when they are ready.

import { spawn } from "node:child_process";
import { once } from "node:events";
import { createInterface } from "node:readline";

import { within } from "./bounded.mjs";

/** The newest lines of standard error that are kept for the message of a failure. */
const KEPT_LINES = 40;

export class Child {
  #process;
  #said = [];
  #ended;

  constructor(program, args, options = {}) {
    this.#process = spawn(program, args, { stdio: ["ignore", "pipe", "pipe"], ...options });
    this.#ended = once(this.#process, "exit");
    createInterface({ input: this.#process.stderr }).on("line", (line) => {
      this.#said.push(line);
      if (this.#said.length > KEPT_LINES) this.#said.shift();
    });
    this.name = [program, ...args].join(" ");
  }

  get isRunning() {
    return this.#process.exitCode === null && this.#process.signalCode === null;
  }

  /** The first line of standard output that is a JSON object. */
  async json(milliseconds) {
    const lines = createInterface({ input: this.#process.stdout });
    const found = new Promise((resolve, reject) => {
      lines.on("line", (line) => {
        if (line.startsWith("{")) resolve(JSON.parse(line));
      });
      this.#process.once("error", reject);
      this.#process.once("exit", (code) => {
        reject(new Error(`${this.name} ended with ${code}:\n${this.#said.join("\n")}`));
      });
    });
    return within(milliseconds, `${this.name} says where it is`, found).catch((error) => {
      error.message += `\n${this.#said.join("\n")}`;
      throw error;
    });
  }

  /** Asks the process to end, and ends it where it does not heed. */
  async stop(milliseconds = 20_000) {
    if (!this.isRunning) return;
    this.#process.kill("SIGTERM");
    try {
      await within(milliseconds, `${this.name} ends`, this.#ended);
    } catch (error) {
      this.#process.kill("SIGKILL");
      await this.#ended;
      throw error;
    }
  }

  /** Waits until the process has ended by itself. */
  async ended(milliseconds) {
    if (this.isRunning) await within(milliseconds, `${this.name} ends`, this.#ended);
  }
}
