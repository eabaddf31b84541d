/**
 * Recomputes a receipt's Merkle path, step by step, with WebCrypto.
 *
 * The client has checked the receipt already; this is a second look by other code, for whoever wants to see each hash.
 * The tree is that of RFC 6962 §2.1:
 * - leaf hash = SHA-256(0x00 ‖ item), inner hash = SHA-256(0x01 ‖ left ‖ right); a node without a right neighbour
 *   moves up as it is;
 * - index and count fix the number of siblings and the side of each; a path of any other shape is refused, an empty
 *   one for more than one item too.
 *
 * It says that the item is under the root. That the root is in a final block is what {@link LightClient.getHeader}
 * is for: compare with its `transactionsRoot` or `votesRoot`.
 */

import type { Receipt } from "./types.js";

/** One hash of the path. */
export interface ReceiptStep {
  /** Hexadecimal, like all hashes here. */
  left: string;
  right: string;
  /** SHA-256(0x01 ‖ left ‖ right). */
  hash: string;
  /** Which of the two was given by the receipt; the other was computed before. */
  sibling: "left" | "right";
  /** Whether the sibling stands on the side that index and count ask for. */
  ok: boolean;
}

/** What the recomputation found. */
export interface ReceiptCheck {
  /** Whether everything below holds. */
  ok: boolean;
  /** SHA-256(0x00 ‖ leaf). */
  leafHash: string;
  /** From the leaf up. */
  steps: ReceiptStep[];
  /** The last hash. */
  root: string;
  /** Whether it is the receipt's root. */
  rootMatches: boolean;
  /** Whether the number of siblings is the one that index and count ask for. */
  lengthMatches: boolean;
  /** Whether SHA-256(leaf) is the receipt's id; null for a proof, whose leaf is the vote that carries it. */
  idMatches: boolean | null;
}

const LEAF_PREFIX = Uint8Array.of(0);
const NODE_PREFIX = Uint8Array.of(1);

/** Recomputes the path. Malformed hexadecimal and an index outside of the list give `ok: false`, not an error. */
export async function verifyReceipt(receipt: Receipt): Promise<ReceiptCheck> {
  const leaf = bytesOf(receipt.leaf);
  const sides = siblingSides(receipt.index, receipt.count);
  const wellFormed = leaf !== undefined && receipt.siblings.every(({ hash }) => bytesOf(hash)?.length === 32);
  if (leaf === undefined || !wellFormed || sides === undefined) {
    return {
      ok: false,
      leafHash: "",
      steps: [],
      root: "",
      rootMatches: false,
      lengthMatches: sides?.length === receipt.siblings.length,
      idMatches: null,
    };
  }

  const leafHash = await sha256(LEAF_PREFIX, leaf);
  const steps: ReceiptStep[] = [];
  let hash = leafHash;
  for (const [level, sibling] of receipt.siblings.entries()) {
    const [left, right] = sibling.left ? [sibling.hash, hash] : [hash, sibling.hash];
    hash = await sha256(NODE_PREFIX, bytesOf(left)!, bytesOf(right)!);
    const side = sibling.left ? "left" : "right";
    steps.push({ left, right, hash, sibling: side, ok: sides[level] === side });
  }

  const lengthMatches = sides.length === steps.length;
  const rootMatches = hash === receipt.root;
  const idMatches = receipt.kind === "transaction" ? (await sha256(leaf)) === receipt.id : null;
  const ok = lengthMatches && rootMatches && idMatches !== false && steps.every((step) => step.ok);
  return { ok, leafHash, steps, root: hash, rootMatches, lengthMatches, idMatches };
}

/** On which side each sibling of a leaf stands, from the leaf up; undefined for an index outside of the list. */
function siblingSides(index: number, count: number): ("left" | "right")[] | undefined {
  if (!Number.isSafeInteger(index) || !Number.isSafeInteger(count) || index < 0 || index >= count) return undefined;
  const sides: ("left" | "right")[] = [];
  let at = index;
  for (let last = count - 1; last > 0; last = Math.floor(last / 2)) {
    if (at % 2 === 1) sides.push("left");
    else if (at < last) sides.push("right");
    at = Math.floor(at / 2);
  }
  return sides;
}

async function sha256(...parts: Uint8Array[]): Promise<string> {
  const all = new Uint8Array(parts.reduce((length, part) => length + part.length, 0));
  let end = 0;
  for (const part of parts) {
    all.set(part, end);
    end += part.length;
  }
  return hexOf(new Uint8Array(await crypto.subtle.digest("SHA-256", all)));
}

function bytesOf(hex: string): Uint8Array | undefined {
  if (hex.length % 2 !== 0 || !/^[0-9a-f]*$/.test(hex)) return undefined;
  return Uint8Array.from({ length: hex.length / 2 }, (_, at) => Number.parseInt(hex.slice(2 * at, 2 * at + 2), 16));
}

function hexOf(bytes: Uint8Array): string {
  return Array.from(bytes, (byte) => byte.toString(16).padStart(2, "0")).join("");
}
