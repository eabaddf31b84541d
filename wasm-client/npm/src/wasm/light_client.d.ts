// The module that wasm-pack builds into `dist/wasm/`, as far as this package uses it.

import type { RawClient as Client, RawMeasurement as Measurement, RawOptions } from "../raw.js";

export default function init(input?: {
  module_or_path: URL | Request | Response | BufferSource | WebAssembly.Module;
}): Promise<unknown>;

export const RawClient: { start(options: RawOptions, signal?: AbortSignal): Promise<Client> };
export const RawMeasurement: new () => Measurement;
export function addressOfSeed(seed: Uint8Array): string;
