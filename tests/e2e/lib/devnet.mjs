// A local network of separate validator processes, as `cargo xtask run` starts it, on a folder of its own.

import { rm } from "node:fs/promises";

import { page, program } from "./env.mjs";
import { temporaryFolder } from "./files.mjs";
import { Child } from "./process.mjs";

/** Making keys and stores, starting the processes, finalising the first block; slow on a busy machine. */
const START_MILLISECONDS = 120_000;

export class Devnet {
  #child;

  constructor(home) {
    this.home = home;
  }

  /** Starts a new network and has it removed with the test. */
  static async start(cleanup, { validators = 4, epochSeconds = 10, blockIntervalMs = 1000, device = false } = {}) {
    const net = new Devnet(await temporaryFolder("devnet"));
    cleanup.add(async () => {
      await net.stop();
      await rm(net.home, { recursive: true, force: true });
    });
    const shape = ["--validators", validators, "--epoch-seconds", epochSeconds, "--block-interval-ms", blockIntervalMs];
    await net.#run([...shape.map(String), ...(device ? ["--browser-device"] : [])]);
    return net;
  }

  /** Starts the same network again after `stop` or `killAll`: the same keys, ports, certificates and blocks. */
  async restart() {
    await this.#run([]);
  }

  async #run(shape) {
    const args = ["devnet", "--json", "--home", this.home, "--web", page, ...shape];
    this.#child = new Child(program("emotionalchain"), args);
    const said = await this.#child.json(START_MILLISECONDS);
    this.nodes = said.nodes;
    this.genesis = said.genesis;
    this.page = said.page;
    this.faucetKey = said.faucet_key;
  }

  /** The page's address with its keys in the fragment, and these bootstrap addresses or those that the node names. */
  url(bootstrap = [], parameters = {}) {
    const url = new URL(this.page.url);
    for (const address of bootstrap) url.searchParams.append("bootstrap", address);
    for (const [name, value] of Object.entries(parameters)) url.searchParams.set(name, value);
    return url.href;
  }

  /** Addresses of these validators, all where none is named: `webrtc` or `ws`. */
  addresses(transport, indices = this.nodes.keys()) {
    const mark = { webrtc: "/webrtc-direct/", ws: "/ws" }[transport];
    return [...indices].map((index) => {
      const node = this.nodes[index];
      const address = node.listen.find((one) => one.startsWith("/ip4/127.0.0.1/") && one.includes(mark));
      if (!address) throw new Error(`validator ${index} has no ${transport} address: ${node.listen}`);
      return address.includes("/p2p/") ? address : `${address}/p2p/${node.peer_id}`;
    });
  }

  /** Ends one validator without a chance to say goodbye. */
  kill(index) {
    process.kill(this.nodes[index].pid, "SIGKILL");
  }

  /** Ends all validators so, and waits for their supervisor, which has nothing left to do. */
  async killAll() {
    for (const index of this.nodes.keys()) this.kill(index);
    await this.#child.ended(30_000);
  }

  async stop() {
    await this.#child?.stop();
  }

  /** What a validator says over HTTP. */
  async get(path, index = 0) {
    const answer = await fetch(this.nodes[index].http + path, { signal: AbortSignal.timeout(10_000) });
    if (!answer.ok) throw new Error(`GET ${path}: ${answer.status} ${await answer.text()}`);
    return answer.json();
  }
}
