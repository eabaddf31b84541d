/**
 * What the address bar says.
 *
 * Query: `node=URL`, `bootstrap=MULTIADDRESS` (any number), `checkpoint=HEIGHT:ID`, `storage=auto|indexeddb|memory`,
 * `transport=webrtc|websocket` (any number). Fragment: `faucet=SEED`, `device=SEED`, `validator=ADDRESS`,
 * `tier=NUMBER`: throwaway keys of a local network, which a browser never sends to a server.
 */

export type Storage = "auto" | "indexeddb" | "memory";
export type Transport = "webrtc" | "websocket";

export interface Params {
  /** The node that describes the chain; the page's own origin when undefined. */
  node: URL | undefined;
  /** Used instead of the addresses that the node gives, when there are any. */
  bootstrap: string[];
  checkpoint: { height: number; id: string } | undefined;
  storage: Storage;
  transports: Transport[];
}

export interface DeviceKey {
  seed: Uint8Array;
  validator: string;
  tier: number;
}

export interface Keys {
  faucet: Uint8Array | undefined;
  device: DeviceKey | undefined;
}

/** A parameter that cannot be used. */
export class ParamError extends Error {
  readonly code = "config";
}

const STORAGES: readonly string[] = ["auto", "indexeddb", "memory"];
const TRANSPORTS: readonly string[] = ["webrtc", "websocket"];
/** What simulated devices are enrolled with. */
const SIMULATED_TIER = 80;

export function readParams(search: string): Params {
  const query = new URLSearchParams(search);
  const storage = query.get("storage") ?? "auto";
  const transports = query.getAll("transport");
  if (!STORAGES.includes(storage)) throw new ParamError(`storage is auto, indexeddb or memory, not ${storage}`);
  for (const transport of transports) {
    if (!TRANSPORTS.includes(transport)) throw new ParamError(`transport is webrtc or websocket, not ${transport}`);
  }
  return {
    node: readNode(query.get("node")),
    bootstrap: query.getAll("bootstrap").filter((address) => address !== ""),
    checkpoint: readCheckpoint(query.get("checkpoint")),
    storage: storage as Storage,
    transports: transports as Transport[],
  };
}

export function readKeys(fragment: string): Keys {
  const fields = new URLSearchParams(fragment.replace(/^#/, ""));
  const faucet = fields.get("faucet");
  const device = fields.get("device");
  const validator = fields.get("validator");
  const tier = Number(fields.get("tier") ?? SIMULATED_TIER);
  if (device !== null && validator === null) throw new ParamError("the device has no validator");
  return {
    faucet: faucet === null ? undefined : readSeed(faucet),
    device: device === null || validator === null ? undefined : { seed: readSeed(device), validator, tier },
  };
}

/** A 32-byte seed from hexadecimal. */
export function readSeed(text: string): Uint8Array {
  const digits = text.trim();
  // The text is a secret: it stays out of the message.
  if (!/^[0-9a-fA-F]{64}$/.test(digits)) throw new ParamError("a key is 64 hexadecimal digits");
  return readHex(digits);
}

/** Bytes of hexadecimal digits, of which there is an even number. */
export function readHex(digits: string): Uint8Array {
  return Uint8Array.from({ length: digits.length / 2 }, (_, at) => Number.parseInt(digits.slice(2 * at, 2 * at + 2), 16));
}

function readNode(text: string | null): URL | undefined {
  if (text === null) return undefined;
  const url = URL.canParse(text) ? new URL(text) : undefined;
  if (url?.protocol !== "http:" && url?.protocol !== "https:") throw new ParamError(`node is an http address, not ${text}`);
  return url;
}

function readCheckpoint(text: string | null): { height: number; id: string } | undefined {
  if (text === null) return undefined;
  const [, height, id] = /^([1-9]\d{0,14}):([0-9a-f]{64})$/.exec(text) ?? [];
  if (height === undefined || id === undefined) throw new ParamError("checkpoint is HEIGHT:ID, the id of 64 digits");
  return { height: Number(height), id };
}
