/**
 * What the client tells and takes.
 *
 * Units, everywhere:
 * - heights, epochs, indices and counts are whole numbers from 0;
 * - times are milliseconds since 1970-01-01 UTC, durations milliseconds;
 * - amounts are µEMO (1 EMO = 1,000,000 µEMO); the supply is at most 1e14, so every amount is an exact `number`;
 * - scores end in `Bp` and are basis points, 0 to 10,000; heart rates end in `Cbpm`: hundredths of a beat per minute;
 * - ids, hashes and roots are lower-case hexadecimal, 64 digits; addresses begin with `emo1`.
 */

/** Every call that may wait takes this as its last argument. */
export interface CallOptions {
  /** Ends the call with {@link AbortedError}. */
  signal?: AbortSignal | undefined;
}

/** Where verified headers are kept between visits. `auto` is IndexedDB where there is one, else memory. */
export type Storage = "auto" | "indexeddb" | "memory";

/** What may carry a connection. Node has no WebRTC. */
export type Transport = "webrtc" | "websocket";

/** A block that the caller knows to be final, from a source of their own. */
export interface Checkpoint {
  height: number;
  /** The block's id. */
  id: string;
}

/** A validator's device that signs statements. */
export interface Device {
  /** The device key's seed, 32 bytes. */
  seed: Uint8Array;
  /** The validator that the device is enrolled for. */
  validator: string;
  /** The tier it is enrolled with: 70, 80 or 100. It bounds the authenticity. */
  tier: number;
}

/** A transfer to sign. */
export interface Transfer {
  /** The receiver's address. */
  to: string;
  /** µEMO, above 0. */
  amount: number;
  /** µEMO; the least fee of the chain when left out. */
  fee?: number | undefined;
}

/** A verified block header. */
export interface Header {
  chainId: string;
  /** The version of the block format. */
  version: number;
  height: number;
  id: string;
  /** The proposer's time. */
  timeMs: number;
  epoch: number;
  /** The round the block was first built for. */
  buildRound: number;
  /** Address of the validator that built it. */
  proposer: string;
  parentId: string;
  /** The state after this block. */
  stateRoot: string;
  transactionsRoot: string;
  votesRoot: string;
  evidenceRoot: string;
  epochSummaryRoot: string;
  lastCommitHash: string;
  /** The set that signs this block. */
  validatorsRoot: string;
  /** The set that signs the next block. */
  nextValidatorsRoot: string;
  /** The round that decided; absent where a later block's certificate vouches for this one. */
  round?: number;
  /** Members of the set that signs this block; null or absent where the set was not needed. */
  seats?: number | null;
  /** Members whose signatures were checked; absent like `round`. */
  signers?: number;
}

/** The newest final block, as verified here. */
export interface Head extends Header {
  round: number;
  seats: number | null;
  signers: number;
  /** This machine's clock when the certificate had been checked. */
  verifiedMs: number;
  /** `verifiedMs − timeMs`, not below 0. Two clocks are compared, so it is off by their difference. */
  finalityMs: number;
  /** The peer that brought it. */
  peer: string;
  /** How trust came here: from the parent, over a gap, or over several steps. */
  path: "adjacent" | "skip" | "bisection";
}

/** A transaction as it stands in a block. */
export interface BlockTransaction {
  id: string;
  /** Its canonical encoding, hexadecimal. */
  hex: string;
}

/** A block whose body was checked against its verified header. */
export interface Block {
  header: Header;
  /** Size of its encoding. */
  bytes: number;
  transactions: BlockTransaction[];
  /** How many emotional votes it carries. */
  votes: number;
  /** How many pieces of evidence it carries. */
  evidence: number;
}

/** One validator's line in an epoch's summary. */
export interface SeatScore {
  validator: string;
  /** The smoothed score, 0 to 10,000; null before the first vote. */
  scoreBp: number | null;
  /** Whether its vote of this epoch is in a block. */
  voted: boolean;
}

/** Means over the open statements of one epoch. */
export interface Wellness {
  /** How many statements. */
  contributors: number;
  /** 0 to 10,000. */
  scoreBp: number;
  /** 0 to 100. */
  stress: number;
  /** 0 to 100. */
  focus: number;
  heartRateCbpm: number;
}

/** What one epoch came to. */
export interface Epoch {
  epoch: number;
  /** The block that closes it. */
  height: number;
  blockId: string;
  /** Share of the seats that voted, 0 to 10,000. */
  participationBp: number;
  /** The seats of this epoch. */
  seats: SeatScore[];
  /** Everybody with a score. */
  scores: SeatScore[];
  /** Null below the chain's least number of contributors (20 unless its genesis says otherwise). */
  wellness: Wellness | null;
  /** Addresses. */
  jailed: string[];
  rewards: { validator: string; /** µEMO. */ amount: number }[];
  /** The randomness of the epoch. */
  seed: string;
}

/** One epoch's means, or their absence. */
export interface EpochWellness {
  epoch: number;
  height: number;
  wellness: Wellness | null;
}

/** A validator's record, proved against `height`. */
export interface Validator {
  address: string;
  /** The consensus key, hexadecimal. */
  key: string;
  /** The account that owns it. */
  account: string;
  /** The smoothed score, 0 to 10,000; null before the first vote. */
  scoreBp: number | null;
  /** Its newest epoch with a vote. */
  votedEpoch: number | null;
  /** µEMO. */
  bond: number;
  seated: boolean;
  jailed: boolean;
  tombstoned: boolean;
  unbonding: boolean;
  height: number;
}

/** The set that signs the block after `height`. */
export interface ValidatorSet {
  height: number;
  /** Hash of the set. */
  root: string;
  seats: Validator[];
}

/** An account, proved present or absent (balance and nonce 0) in the state that block `height` vouches for. */
export interface Account {
  address: string;
  /** µEMO. */
  balance: number;
  /** The number of the next transaction. */
  nonce: number;
  height: number;
  blockId: string;
}

/** One epoch of a validator's scores. Absence is proved too and shown as null. */
export interface ScoreEntry {
  epoch: number;
  /** The score of its vote, 0 to 10,000. */
  vote: number | null;
  /** The smoothed score after the epoch, 0 to 10,000. */
  smoothed: number | null;
  height: number;
}

/** A hash beside the path of a Merkle proof. */
export interface Sibling {
  hash: string;
  /** Whether it stands to the left of the path. */
  left: boolean;
}

/** Proof that one item is in the list of one final block. */
export interface Receipt {
  kind: "transaction" | "proof";
  id: string;
  height: number;
  blockId: string;
  /** The block's time. */
  timeMs: number;
  /** The list's root in the verified header: `transactionsRoot` or `votesRoot`. */
  root: string;
  /** The item's bytes, hexadecimal. A proof stands in its block inside the validator's vote. */
  leaf: string;
  index: number;
  /** Length of the list. */
  count: number;
  /** From the leaf up. */
  siblings: Sibling[];
}

/** A connection, or an attempt. `reportedHead` is the peer's word. */
export interface Peer {
  peerId: string;
  /** Multiaddress. */
  address: string;
  transport: "webrtc" | "websocket" | "other";
  /** `waiting`: the next attempt has a date. */
  state: "connecting" | "connected" | "waiting";
  /** Round trip, measured here. */
  rttMs: number | null;
  /** The height that the peer says it has. Nothing of it is checked. */
  reportedHead: number | null;
}

/** A peer that this client left, and why. */
export interface DroppedPeer {
  peerId: string;
  /** One of the {@link ErrorCode | error codes}. */
  code: string;
  message: string;
  atMs: number;
}

/** A look at the client, without waiting. */
export interface Status {
  chainId: string;
  genesisHash: string;
  /** `halted`: it met something that it must not decide alone, such as a fork; see `error`. */
  state: "connecting" | "syncing" | "following" | "halted";
  /** Where trust began. */
  trust: "genesis" | "checkpoint" | "snapshot";
  head: Head | null;
  /** How many are connected. */
  peers: number;
  /** Where headers are kept. */
  storage: "indexeddb" | "memory";
  error: { code: string; message: string } | null;
  /** The newest 32, the newest last. */
  dropped: DroppedPeer[];
  /** Headers whose certificate was checked since the start. */
  headersVerified: number;
  startedMs: number;
  /** From the start to the first verified head of this run. */
  firstHeadMs: number | null;
}

/** What a device says of one window of 120 seconds. */
export interface Statement {
  /** 0 to 10,000. */
  scoreBp: number;
  /** 0 to 100. */
  stress: number;
  /** 0 to 100: coherence of the rhythm, by a definition of this project. */
  focus: number;
  /** 0 to 100: plausibility of the signal, and nothing more. */
  authenticity: number;
  heartRateCbpm: number;
}

/** A statement with what it was computed from. */
export interface Evaluation extends Statement {
  /** Beats that are kept. */
  beats: number;
  /** Accepted beats of 1,000 in the window. */
  quality: number;
  /** Whether a proof can be made of it: authenticity at least 70, quality at least 800. */
  eligible: boolean;
}

/** A proof, ready for {@link LightClient.submitProof}. */
export interface SignedProof {
  /** The signed bytes. */
  proof: Uint8Array;
  /** What they state. */
  statement: Statement;
}

/** Who took a transaction. */
export interface TransactionAccepted {
  id: string;
  /** Peer ids. That they took it is their word. */
  acceptedBy: string[];
}

/** Who took a proof. */
export interface ProofAccepted {
  validator: string;
  epoch: number;
  sequence: number;
  /** Peer ids. That they took it is their word. */
  acceptedBy: string[];
}

/** A list of peers and the number of its version. */
export interface PeerList {
  version: number;
  peers: Peer[];
}
