import assert from "node:assert/strict";
import { createHash } from "node:crypto";
import test from "node:test";

import { verifyReceipt } from "../dist/index.js";

const sha256 = (...parts) => createHash("sha256").update(Buffer.concat(parts.map((part) => Buffer.from(part)))).digest();
const leafHash = (item) => sha256([0], item);
const inner = (left, right) => sha256([1], left, right);
const hex = (bytes) => Buffer.from(bytes).toString("hex");
const right = (hash) => ({ hash: hex(hash), left: false });
const left = (hash) => ({ hash: hex(hash), left: true });

const items = Array.from({ length: 7 }, (_, at) => Buffer.from(`item ${at}`));
const [a, b, c, d, e, f, g] = items.map(leafHash);

/** Trees written out by hand, so that no loop of a test repeats the mistake of a loop under test. */
const TREES = {
  1: { root: a, paths: [[]] },
  2: { root: inner(a, b), paths: [[right(b)], [left(a)]] },
  3: {
    root: inner(inner(a, b), c),
    paths: [[right(b), right(c)], [left(a), right(c)], [left(inner(a, b))]],
  },
  7: {
    root: inner(inner(inner(a, b), inner(c, d)), inner(inner(e, f), g)),
    paths: [
      [right(b), right(inner(c, d)), right(inner(inner(e, f), g))],
      [left(a), right(inner(c, d)), right(inner(inner(e, f), g))],
      [right(d), left(inner(a, b)), right(inner(inner(e, f), g))],
      [left(c), left(inner(a, b)), right(inner(inner(e, f), g))],
      [right(f), right(g), left(inner(inner(a, b), inner(c, d)))],
      [left(e), right(g), left(inner(inner(a, b), inner(c, d)))],
      [left(inner(e, f)), left(inner(inner(a, b), inner(c, d)))],
    ],
  },
};

function receipt(count, index, changes = {}) {
  const { root, paths } = TREES[count];
  const leaf = items[index];
  return {
    kind: "transaction",
    id: hex(sha256(leaf)),
    height: 5,
    blockId: "00".repeat(32),
    timeMs: 0,
    root: hex(root),
    leaf: hex(leaf),
    index,
    count,
    siblings: paths[index],
    ...changes,
  };
}

const flip = (text, at = 0) => text.slice(0, at) + (Number.parseInt(text[at], 16) ^ 1).toString(16) + text.slice(at + 1);

for (const count of Object.keys(TREES).map(Number)) {
  test(`a list of ${count}: every path holds, every flipped bit is caught`, async () => {
    for (let index = 0; index < count; index += 1) {
      const good = receipt(count, index);
      const check = await verifyReceipt(good);
      assert.ok(check.ok, `index ${index}`);
      assert.equal(check.leafHash, hex(leafHash(items[index])));
      assert.equal(check.root, good.root);
      assert.equal(check.steps.length, good.siblings.length);
      assert.ok(check.steps.every((step) => step.ok));

      const bad = [
        { leaf: flip(good.leaf, 1) },
        { root: flip(good.root) },
        { id: flip(good.id) },
        ...good.siblings.flatMap((sibling, at) => [
          { siblings: good.siblings.with(at, { ...sibling, hash: flip(sibling.hash, 63) }) },
          { siblings: good.siblings.with(at, { ...sibling, left: !sibling.left }) },
          { siblings: good.siblings.toSpliced(at, 1) },
        ]),
        { siblings: [...good.siblings, right(a)] },
      ];
      for (const change of bad) {
        assert.equal((await verifyReceipt({ ...good, ...change })).ok, false, JSON.stringify(change));
      }
    }
  });
}

test("an empty proof shows nothing of a list of several, even when the hash is the root", async () => {
  const check = await verifyReceipt(receipt(1, 0, { count: 2 }));
  assert.deepEqual([check.ok, check.rootMatches, check.lengthMatches], [false, true, false]);
});

test("a path at another position is refused by the sides of its siblings", async () => {
  const check = await verifyReceipt(receipt(2, 0, { index: 1 }));
  assert.deepEqual([check.ok, check.rootMatches, check.steps[0].ok], [false, true, false]);
});

test("malformed receipts are refused without an error", async () => {
  const good = receipt(3, 1);
  const bad = [
    { index: 3 },
    { index: -1 },
    { index: 0.5 },
    { count: 0 },
    { leaf: "abc" },
    { leaf: "zz" },
    { siblings: [{ hash: "", left: true }, good.siblings[1]] },
    { siblings: [{ hash: `${good.siblings[0].hash}00`, left: true }, good.siblings[1]] },
  ];
  for (const change of bad) {
    assert.equal((await verifyReceipt({ ...good, ...change })).ok, false, JSON.stringify(change));
  }
});

test("a proof's id is not the hash of its leaf and is not compared", async () => {
  const check = await verifyReceipt(receipt(3, 2, { kind: "proof", id: "ff".repeat(32) }));
  assert.deepEqual([check.ok, check.idMatches], [true, null]);
});
