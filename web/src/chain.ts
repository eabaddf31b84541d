/** The chain that a node describes, and what the page itself reads from its genesis. */

import { ConnectionError } from "@emotionalchain/light-client";

import { reason } from "./format.ts";
import type { Params } from "./params.ts";

export interface Chain {
  genesis: object;
  bootstrap: string[];
}

/** For marks and explanations; nothing is decided by these. */
export interface ChainFacts {
  /** Contributors below which there is no wellness. */
  wellnessMin: number;
  /** Validators whose device was enrolled at genesis as replaying a recording. */
  simulated: ReadonlySet<string>;
}

const WAIT_MS = 10_000;

export async function findChain(params: Params): Promise<Chain> {
  const url = new URL("light.json", params.node ?? document.baseURI);
  const { genesis, bootstrap } = await describe(url).catch((cause: unknown) => {
    throw new ConnectionError("connection", `${url} does not describe a chain: ${reason(cause).message}`, { cause });
  });
  return { genesis, bootstrap: params.bootstrap.length > 0 ? params.bootstrap : bootstrap };
}

async function describe(url: URL): Promise<Chain> {
  const answer = await fetch(url, { signal: AbortSignal.timeout(WAIT_MS) });
  if (!answer.ok) throw new Error(`status ${answer.status}`);
  return answer.json();
}

export function factsOf(genesis: object): ChainFacts {
  const { params, devices } = genesis as {
    params?: { wellness_min?: number };
    devices?: { validator: string; simulated: boolean }[];
  };
  const simulated = (devices ?? []).filter((device) => device.simulated).map((device) => device.validator);
  return { wellnessMin: params?.wellness_min ?? 20, simulated: new Set(simulated) };
}
