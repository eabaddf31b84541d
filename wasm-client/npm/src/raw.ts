/**
 * What the WebAssembly module offers. It checks everything; the rest of this package is its face.
 * @internal
 */

import type {
  Account,
  Block,
  Checkpoint,
  Device,
  Epoch,
  Evaluation,
  Head,
  Header,
  PeerList,
  ProofAccepted,
  Receipt,
  ScoreEntry,
  SignedProof,
  Status,
  Storage,
  TransactionAccepted,
  Transfer,
  Transport,
  Validator,
  ValidatorSet,
} from "./types.js";

export interface RawOptions {
  /** The genesis file's text. */
  chain: string;
  /** Multiaddresses. */
  bootstrap: string[];
  checkpoint?: Checkpoint;
  storage: Storage;
  snapshot?: Uint8Array;
  transports?: Transport[];
}

/** A running light node. Rejections carry `code` and `message`. */
export interface RawClient {
  status(): Status;
  nextHead(after: number, signal?: AbortSignal): Promise<Head>;
  nextEpoch(after: number, signal?: AbortSignal): Promise<Epoch>;
  nextPeers(after: number, signal?: AbortSignal): Promise<PeerList>;
  getHeader(height: number, signal?: AbortSignal): Promise<Header>;
  getBlock(height: number, signal?: AbortSignal): Promise<Block>;
  getEpoch(epoch: number, signal?: AbortSignal): Promise<Epoch>;
  getValidators(signal?: AbortSignal): Promise<ValidatorSet>;
  getValidator(address: string, signal?: AbortSignal): Promise<Validator | undefined>;
  getAccount(address: string, signal?: AbortSignal): Promise<Account>;
  getScoreHistory(address: string, epochs: number, signal?: AbortSignal): Promise<ScoreEntry[]>;
  proveInclusion(transactionId: string, signal?: AbortSignal): Promise<Receipt>;
  submitTransaction(transaction: Uint8Array, signal?: AbortSignal): Promise<TransactionAccepted>;
  waitTransaction(id: string, signal?: AbortSignal): Promise<Receipt>;
  submitProof(proof: Uint8Array, signal?: AbortSignal): Promise<ProofAccepted>;
  waitProof(proof: Uint8Array, signal?: AbortSignal): Promise<Receipt>;
  signTransfer(seed: Uint8Array, transfer: Transfer, signal?: AbortSignal): Promise<Uint8Array>;
  makeProof(measurement: RawMeasurement, device: Device, signal?: AbortSignal): Promise<SignedProof>;
  snapshot(): Promise<Uint8Array | undefined>;
  close(): Promise<void>;
}

/** The stream of beats of one device, in this process's memory only. */
export interface RawMeasurement {
  heartRateFrame(bytes: Uint8Array, atMs: number): void;
  evaluate(tier: number): Evaluation | undefined;
  clear(): void;
}
