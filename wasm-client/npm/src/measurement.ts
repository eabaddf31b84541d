/**
 * Beats to a statement, on this device.
 *
 * Beats stay in this process's memory. A proof carries the statement and a salted commitment to the features, never
 * the beats.
 */

import { errorOf, toError } from "./errors.js";
import { load } from "./load.js";
import type { RawMeasurement } from "./raw.js";
import type { Evaluation } from "./types.js";

/** The stream of beats of one device. Ask for consent before you feed it: heart rate is health data. */
export class Measurement {
  /** @internal */
  readonly raw: RawMeasurement;

  /** @internal */
  constructor(raw: RawMeasurement) {
    this.raw = raw;
  }

  /** An empty one. */
  static async create(): Promise<Measurement> {
    const wasm = await load();
    return new Measurement(new wasm.RawMeasurement());
  }

  /**
   * Takes one notification of the Bluetooth heart rate service (characteristic 0x2A37), in the order of arrival.
   *
   * @param bytes - its payload
   * @param atMs - when it came: whole milliseconds, not before the frame that came last
   * @throws {@link ConfigError} `measurement`: not such a payload, or late. It was left out, the others stay.
   */
  heartRateFrame(bytes: Uint8Array, atMs: number): void {
    run(() => this.raw.heartRateFrame(bytes, atMs));
  }

  /**
   * What the newest 120 seconds come to.
   *
   * @param tier - of the device's enrolment: 70, 80 or 100. It bounds the authenticity.
   * @returns undefined with fewer than 40 accepted beats, or when they span less than 60 seconds
   * @throws {@link ConfigError} `measurement`: beats that no sensor sends; `malformed`: no such tier
   */
  evaluate(tier: number): Evaluation | undefined {
    return run(() => this.raw.evaluate(tier));
  }

  /** Forgets all beats. */
  clear(): void {
    run(() => this.raw.clear());
  }
}

/**
 * The address of a seed's key.
 *
 * @param seed - 32 bytes
 * @throws {@link ConfigError} another length
 */
export async function addressOfSeed(seed: Uint8Array): Promise<string> {
  if (seed.length !== 32) throw errorOf("config", `a seed has 32 bytes, not ${seed.length}`);
  const wasm = await load();
  return run(() => wasm.addressOfSeed(seed));
}

function run<Value>(call: () => Value): Value {
  try {
    return call();
  } catch (error) {
    throw toError(error);
  }
}
