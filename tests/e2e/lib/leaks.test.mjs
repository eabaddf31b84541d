// A search that finds nothing proves something only if it finds what is planted.

import assert from "node:assert/strict";
import { randomBytes } from "node:crypto";
import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { test } from "node:test";

import { data } from "./env.mjs";
import { Leaks, readRecording } from "./leaks.mjs";

const TICKS = [775, 812, 825, 820, 799];
const noise = (bytes) => [randomBytes(1001), bytes, randomBytes(997)];

/** Each way in which a program might write three intervals. */
const PLANTS = {
  "little-endian u16": Buffer.from(Uint16Array.of(812, 825, 820).buffer),
  "big-endian u32": Buffer.from("0000032c0000033900000334", "hex"),
  "little-endian u64": Buffer.from(BigUint64Array.of(812n, 825n, 820n).buffer),
  "little-endian f64 of milliseconds": Buffer.from(Float64Array.of(793, 806, 801).buffer),
  "packed varints": Buffer.from([0xac, 0x06, 0xb9, 0x06, 0xb4, 0x06]),
  "varints of field 4": Buffer.from([0x20, 0xac, 0x06, 0x20, 0xb9, 0x06, 0x20, 0xb4, 0x06]),
  "JSON": Buffer.from(JSON.stringify({ rr: [812, 825, 820] })),
  "JSON of milliseconds": Buffer.from(JSON.stringify([793, 806, 801], undefined, 0)),
  "lines": Buffer.from("812\n825\n820\n"),
  "hexadecimal of u16": Buffer.from("..2c0339033403.."),
};

for (const [name, bytes] of Object.entries(PLANTS)) {
  test(`finds ${name}`, () => {
    const leaks = new Leaks().intervals(TICKS);
    assert.notDeepEqual(leaks.find(Buffer.concat(noise(bytes))), []);
  });
}

test("finds base64 at each of its three offsets", () => {
  const leaks = new Leaks().intervals(TICKS);
  for (const offset of [0, 1, 2]) {
    const bytes = Buffer.concat([randomBytes(30 + offset), PLANTS["big-endian u32"], randomBytes(31)]);
    assert.notDeepEqual(leaks.find(Buffer.from(bytes.toString("base64"))), [], `offset ${offset}`);
  }
});

test("finds a secret and the frames of a strap", () => {
  const salt = randomBytes(32);
  const frames = [Buffer.from("164f0703", "hex"), Buffer.from("164d2c03", "hex")];
  const leaks = new Leaks().secret("salt", salt).frames(frames);
  assert.notDeepEqual(leaks.find(Buffer.from(`"${salt.toString("base64")}"`)), []);
  assert.notDeepEqual(leaks.find(Buffer.concat(noise(Buffer.concat(frames)))), []);
});

test("finds nothing in chance", async () => {
  const text = await readFile(join(data, "ble_frames_plux_ecg_5min.csv"), "utf8");
  const { frames, ticks } = readRecording(text);
  assert.equal(frames.length, 299);
  assert.ok(ticks.length > 300);
  const leaks = new Leaks().intervals(ticks).frames(frames).secret("salt", randomBytes(32));
  const chance = randomBytes(8_000_000);
  assert.deepEqual(leaks.find(chance), []);
  assert.deepEqual(leaks.find(Buffer.from(chance.subarray(0, 2_000_000).toString("base64"))), []);
  assert.notDeepEqual(leaks.find(Buffer.from(text)), [], "the recording itself");
});
