// Proofs of the chain, checked by a second implementation that shares no line with the first.

import { sha256 } from "./chain.mjs";

const EMPTY = Buffer.from("SPARSE_MERKLE_PLACEHOLDER_HASH__");
const LEAF = Buffer.from("JMT::LeafNode");
const NODE = Buffer.from("JMT::IntrnalNode");

const bit = (bytes, index) => (bytes[index >> 3] >> (7 - (index & 7))) & 1;

/** The state root that a proof of this value under this key leads to; without a value, a proof of absence. */
export function stateRoot(proof, key, value) {
  const [kind, count] = [proof[0], proof.readUInt16BE(1)];
  const bitmap = proof.subarray(3, 3 + Math.ceil(count / 8));
  let at = 3 + bitmap.length;
  const hash = () => proof.subarray(at, (at += 32));
  const siblings = Array.from({ length: count }, (_, index) => (bit(bitmap, index) ? hash() : EMPTY));
  const place = sha256(key);
  let node = EMPTY;
  if (kind === 0) {
    if (!value) throw new Error("the proof is one of inclusion");
    node = sha256(LEAF, place, sha256(value));
  } else {
    if (value) throw new Error("the proof is one of absence");
    if (kind === 2) {
      const other = hash();
      const isBeside = Array.from({ length: count }, (_, index) => bit(other, index) === bit(place, index));
      if (other.equals(place) || isBeside.includes(false)) throw new Error("the leaf shown stands elsewhere");
      node = sha256(LEAF, other, hash());
    }
  }
  if (at !== proof.length) throw new Error(`the proof has ${proof.length} bytes instead of ${at}`);
  siblings.forEach((sibling, index) => {
    node = bit(place, count - 1 - index) ? sha256(NODE, sibling, node) : sha256(NODE, node, sibling);
  });
  return node;
}

/** The root of the list in which a proof places this item (RFC 6962). */
export function listRoot(proof, item) {
  let index = proof.readBigUInt64BE(0);
  let last = proof.readBigUInt64BE(8) - 1n;
  if (index > last) throw new Error("the proof places the item behind the list");
  let at = 16;
  let node = sha256(Buffer.of(0), item);
  for (; last > 0n; index >>= 1n, last >>= 1n) {
    if (index % 2n === 0n && index === last) continue;
    const sibling = proof.subarray(at, (at += 32));
    node = index % 2n === 1n ? sha256(Buffer.of(1), sibling, node) : sha256(Buffer.of(1), node, sibling);
  }
  if (at !== proof.length) throw new Error(`the proof has ${proof.length} bytes instead of ${at}`);
  return node;
}
