// The protocol's messages as a foreign implementation has them: read at run time from the repository's .proto files.

import { join, resolve } from "node:path";

import protobuf from "protobufjs";

const folder = resolve(import.meta.dirname, "../../../proto");
const FILES = ["chain", "consensus", "network"].map((name) => `emotionalchain/v1/${name}.proto`);

const root = new protobuf.Root();
root.resolvePath = (_, file) => join(folder, file);
root.loadSync(FILES);

/** A message type by its name in `emotionalchain.v1`. */
export function type(name) {
  return root.lookupType(`emotionalchain.v1.${name}`);
}

/** Bytes of a message, canonical: fields in order, and none that holds its default value. */
export function encode(name, fields) {
  const message = type(name);
  const problem = message.verify(fields);
  if (problem) throw new Error(`${name}: ${problem}`);
  return Buffer.from(message.encode(message.fromObject(fields)).finish());
}

/** A message from its bytes, a libp2p list of bytes included. */
export function decode(name, bytes) {
  return type(name).decode(bytes.subarray());
}

/** The bytes that a decoded message came from, if it was canonical. */
export function encodeAgain(message) {
  return Buffer.from(message.$type.encode(message).finish());
}
