import assert from "node:assert/strict";
import test from "node:test";

import { formatEmo, parseEmo } from "../src/amount.ts";

test("amounts are exact to the millionth", () => {
  const good: [string, number][] = [
    ["1", 1_000_000],
    ["1.5", 1_500_000],
    ["0.29", 290_000],
    [" 0.000001 ", 1],
    ["0012.3", 12_300_000],
    ["100000000", 1e14],
    ["99999999.999999", 99_999_999_999_999],
  ];
  for (const [text, micro] of good) assert.equal(parseEmo(text), micro, text);
});

test("anything else is none", () => {
  const bad = ["", "0", "0.000000", "-1", "+1", "1e3", "1,5", ".5", "1.", "1.0000001", "100000000.000001", "NaN", "0x1", "1 2"];
  for (const text of bad) assert.equal(parseEmo(text), undefined, text);
});

test("what is shown can be typed", () => {
  for (const micro of [1, 290_000, 1_000_000, 1_500_000, 99_999_999_999_999, 1e14]) {
    const shown = formatEmo(micro);
    assert.ok(shown.endsWith(" EMO"));
    assert.equal(parseEmo(shown.slice(0, -4)), micro);
  }
  assert.equal(formatEmo(0), "0 EMO");
});
