// What a foreign implementation has to know of a chain: its names, what its signatures cover, and its first validators.

import { createHash, createPrivateKey, createPublicKey, sign, verify } from "node:crypto";
import { readFile } from "node:fs/promises";

import { encode, encodeAgain } from "./schema.mjs";

/** Kinds of signed documents. */
export const KIND = { prevote: 4, precommit: 5, transaction: 6 };

/** What begins an ed25519 key of 32 bytes in DER. */
const PRIVATE_KEY = Buffer.from("302e020100300506032b657004220420", "hex");
const PUBLIC_KEY = Buffer.from("302a300506032b6570032100", "hex");

export function sha256(...parts) {
  const hash = createHash("sha256");
  for (const part of parts) hash.update(part);
  return hash.digest();
}

export class Chain {
  /** The chain of a devnet, from its genesis file and the hash that a validator names. */
  static async of(net) {
    const { chain_id: id, validators } = JSON.parse(await readFile(net.genesis, "utf8"));
    const { genesis_hash: hash } = await net.get("/status");
    return new Chain(id, Buffer.from(hash, "hex"), validators.map((one) => Buffer.from(one.consensus_key, "hex")));
  }

  constructor(id, genesisHash, validatorKeys = []) {
    this.id = id;
    this.genesisHash = genesisHash;
    this.validatorKeys = validatorKeys;
    this.tag = sha256(id, genesisHash).toString("hex").slice(0, 16);
  }

  /** The name of one of its protocols or topics. */
  name(name) {
    return `/emotionalchain/${this.tag}/${name}/1`;
  }

  /** What its nodes say in identify: the chain, and the lowest and highest version. */
  get greeting() {
    return `emotionalchain/${this.tag}/1-1`;
  }

  /** The bytes that a signature over a canonical body covers. */
  signed(kind, body) {
    const id = Buffer.from(this.id);
    return Buffer.concat([Buffer.from("emotionalchain/v1"), Buffer.of(kind, id.length), id, this.genesisHash, body]);
  }

  /** The validator's key under which a signature verifies, in hexadecimal, or undefined. */
  signer(kind, body, signature) {
    const bytes = this.signed(kind, body);
    const key = this.validatorKeys.find((key) => {
      const der = Buffer.concat([PUBLIC_KEY, key]);
      return verify(null, bytes, createPublicKey({ key: der, format: "der", type: "spki" }), signature);
    });
    return key?.toString("hex");
  }

  /** Validators of genesis that signed this certificate; the set of a quiet devnet stays the one of genesis. */
  signers(certificate) {
    const { height, round, blockId } = certificate;
    const body = encode("VoteBody", { height, round, blockId });
    const found = certificate.signatures.map((signature) => this.signer(KIND.precommit, body, signature));
    return new Set(found.filter(Boolean));
  }

  /** Whether more than two thirds of the validators signed this very header. */
  isFinal({ header, certificate }) {
    const isOfHeader = sha256(encodeAgain(header)).equals(certificate.blockId);
    return isOfHeader && this.signers(certificate).size * 3 > this.validatorKeys.length * 2;
  }
}

/** An account that signs transfers. */
export class Account {
  #key;

  constructor(seedHex) {
    const der = Buffer.concat([PRIVATE_KEY, Buffer.from(seedHex, "hex")]);
    this.#key = createPrivateKey({ key: der, format: "der", type: "pkcs8" });
    const { x } = createPublicKey(this.#key).export({ format: "jwk" });
    this.publicKey = Buffer.from(x, "base64url");
    this.address = sha256(this.publicKey).subarray(0, 20);
  }

  /** A signed transfer, in canonical bytes. */
  transfer(chain, { to, amount, nonce, fee = 1000 }) {
    const body = { senderKey: this.publicKey, nonce, fee, transfer: { to, amount } };
    const signature = sign(null, chain.signed(KIND.transaction, encode("TransactionBody", body)), this.#key);
    return { body, signature, bytes: encode("Transaction", { body, signature }) };
  }
}
