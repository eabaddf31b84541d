/** Where a chain and its addresses come from: an object, a text, a file on a server, or a node. */

import { aborted, errorOf } from "./errors.js";

/** A genesis file: parsed, as JSON text, or where to fetch it. A text that begins with `{` is JSON, any other a URL. */
export type ChainSource = object | string | URL;

/** How long a server may take to send a file. */
const FETCH_MS = 10_000;

/**
 * The genesis file's text.
 * @internal
 */
export async function chainText(source: ChainSource, signal?: AbortSignal): Promise<string> {
  if (source instanceof URL) return fetchText(source, signal);
  if (typeof source !== "string") return JSON.stringify(source);
  return source.trimStart().startsWith("{") ? source : fetchText(source, signal);
}

/**
 * What a node says of its chain at `/light.json`.
 * @internal
 */
export async function nodeChain(
  node: string | URL,
  signal?: AbortSignal,
): Promise<{ chain: string; bootstrap: string[] }> {
  const text = await fetchText(`${String(node).replace(/\/+$/, "")}/light.json`, signal);
  const { genesis, bootstrap } = parse(text) as { genesis?: unknown; bootstrap?: unknown };
  if (typeof genesis !== "object" || genesis === null || !isTexts(bootstrap)) {
    throw errorOf("config", `${node} does not describe a chain at /light.json`);
  }
  return { chain: JSON.stringify(genesis), bootstrap };
}

async function fetchText(url: string | URL, signal?: AbortSignal): Promise<string> {
  const limit = AbortSignal.timeout(FETCH_MS);
  try {
    const answer = await fetch(url, { signal: signal ? AbortSignal.any([signal, limit]) : limit });
    if (!answer.ok) throw errorOf("connection", `${url} answers ${answer.status}`);
    return await answer.text();
  } catch (cause) {
    if (signal?.aborted) throw aborted(signal);
    if (limit.aborted) throw errorOf("timeout", `${url} sent no file in ${FETCH_MS / 1_000} s`, { cause });
    if (cause instanceof TypeError) throw errorOf("connection", `${url} cannot be reached`, { cause });
    throw cause;
  }
}

function parse(text: string): object {
  try {
    return Object(JSON.parse(text));
  } catch (cause) {
    throw errorOf("config", "the node's answer is not JSON", { cause });
  }
}

function isTexts(value: unknown): value is string[] {
  return Array.isArray(value) && value.every((item) => typeof item === "string");
}
