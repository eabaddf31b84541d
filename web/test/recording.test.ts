import assert from "node:assert/strict";
import test from "node:test";

import { parseRecording } from "../src/recording.ts";

test("two columns are read, wherever they stand", () => {
  const frames = parseRecording("t_ms,hex,rr_1024\r\n1000,164F0703,775\r\n2000,164d2c03,812 1\r\n\r\n");
  assert.deepEqual(frames, [
    { atMs: 1000, bytes: Uint8Array.of(0x16, 0x4f, 0x07, 0x03) },
    { atMs: 2000, bytes: Uint8Array.of(0x16, 0x4d, 0x2c, 0x03) },
  ]);
  assert.deepEqual(parseRecording("hex,t_ms\n00,0"), [{ atMs: 0, bytes: Uint8Array.of(0) }]);
});

test("the first bad line is named", () => {
  assert.throws(() => parseRecording(""), /no columns/);
  assert.throws(() => parseRecording("time,hex\n1,00"), /no columns/);
  for (const line of ["1000", ",00", "1.5,00", "-1,00", "1000,0", "1000,zz", "1000,"]) {
    assert.throws(() => parseRecording(`t_ms,hex\n0,00\n${line}`), /line 3 /, line);
  }
});
