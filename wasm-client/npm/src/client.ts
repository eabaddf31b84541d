/**
 * The light client: follows a chain from its genesis, a checkpoint or a snapshot, and believes nobody.
 *
 * - Heads are blocks whose certificate was checked here: signatures of more than two thirds of the seats.
 * - Answers are checked against such a head: Merkle proofs, state proofs of presence and absence, whole block bodies.
 * - What is a peer's word only says so: {@link Peer.reportedHead}, `acceptedBy`.
 * - No call blocks another. Each ends with the caller's signal, with {@link LightClient.close}, or by itself.
 */

import { type ChainSource, chainText, nodeChain } from "./chain.js";
import { aborted, errorOf, LightClientError, toError } from "./errors.js";
import { load } from "./load.js";
import type { Measurement } from "./measurement.js";
import type { RawClient, RawOptions } from "./raw.js";
import { newest, pump } from "./streams.js";
import { Submission } from "./submission.js";
import type {
  Account,
  Block,
  CallOptions,
  Checkpoint,
  Device,
  Epoch,
  EpochWellness,
  Head,
  Header,
  Peer,
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

/** How a client begins, apart from its chain. */
export interface FromNodeOptions extends CallOptions {
  /** Start from this block instead of the genesis. It must come from a source that the caller trusts. */
  checkpoint?: Checkpoint | undefined;
  /** `auto` unless given. */
  storage?: Storage | undefined;
  /** What {@link LightClient.snapshot} gave on an earlier run. It is checked, and its age too. */
  snapshot?: Uint8Array | undefined;
  /** The only ways to reach peers; all that the platform has unless given. */
  transports?: readonly Transport[] | undefined;
}

/** How a client begins. */
export interface StartOptions extends FromNodeOptions {
  /** The genesis file: parsed, as JSON text, or its URL. Whoever provides it decides which chain is followed. */
  chain: ChainSource;
  /** Multiaddresses of nodes, at most 64: WebSocket, and WebRTC-direct in a page. Each ends with `/p2p/` and an id. */
  bootstrap: readonly string[];
}

/** Options of a submission. */
export interface SubmitOptions<Accepted> extends CallOptions {
  /** Called once, when peers took it. */
  onAccepted?: ((accepted: Accepted) => void) | undefined;
}

/** The events of a client. Each stream's events start with the first listener. */
export interface LightClientEvents {
  /** A newer verified head. Heads in between may be missed. */
  head: CustomEvent<Head>;
  /** A newer verified epoch. */
  epoch: CustomEvent<Epoch>;
  /** The peers changed. */
  peers: CustomEvent<Peer[]>;
  /** A stream failed. Unless {@link LightClientError.isFatal} it goes on by itself. */
  error: CustomEvent<LightClientError>;
  /** The client was closed. */
  closed: CustomEvent<null>;
}

type Listener<Type extends keyof LightClientEvents> =
  | ((event: LightClientEvents[Type]) => void)
  | { handleEvent(event: LightClientEvents[Type]): void };

/**
 * A running light client.
 *
 * Every waiting call can end with {@link AbortedError}, {@link ClosedError} or {@link ForkError}, and where peers are
 * asked with {@link ConnectionError}, {@link TimeoutError} or {@link VerificationError}; further errors are named at
 * the call.
 */
export class LightClient extends EventTarget {
  readonly #raw: RawClient;
  readonly #closing = new AbortController();
  readonly #pumped = new Set<string>();

  /** @internal */
  constructor(raw: RawClient) {
    super();
    this.#raw = raw;
  }

  /**
   * Starts a client. It resolves once the client runs and does not wait for peers.
   *
   * @throws {@link ConfigError} the genesis, an address, or the checkpoint is unusable, or the platform lacks something
   * @throws {@link StorageError} `storage: "indexeddb"` without one, or an unusable snapshot
   */
  static async start(options: StartOptions): Promise<LightClient> {
    const { signal } = options;
    if (signal?.aborted) throw aborted(signal);
    const [wasm, chain] = await Promise.all([load(), chainText(options.chain, signal)]);
    const raw: RawOptions = { chain, bootstrap: [...options.bootstrap], storage: options.storage ?? "auto" };
    if (options.checkpoint) raw.checkpoint = options.checkpoint;
    if (options.snapshot) raw.snapshot = options.snapshot;
    if (options.transports) raw.transports = [...options.transports];
    try {
      return new LightClient(await wasm.RawClient.start(raw, signal));
    } catch (error) {
      throw toError(error);
    }
  }

  /**
   * Starts a client with the genesis and the addresses that a node gives at `<url>/light.json`.
   *
   * The node decides which chain is followed: use a node of your own, or compare {@link Status.genesisHash} with a
   * hash that you trust.
   *
   * @param url - the node's HTTP address
   * @throws what {@link LightClient.start} throws
   */
  static async fromNode(url: string | URL, options: FromNodeOptions = {}): Promise<LightClient> {
    return LightClient.start({ ...options, ...(await nodeChain(url, options.signal)) });
  }

  /**
   * A look at the client, without waiting.
   *
   * @throws {@link ClosedError} after {@link LightClient.close}
   */
  status(): Status {
    if (this.isClosed) throw errorOf("closed", "the client is closed");
    return this.#raw.status();
  }

  /**
   * Verified heads, beginning with the newest one known.
   *
   * Like all streams of the client: a slow reader misses what came between; it ends when the signal aborts or the
   * client closes, and throws any other error.
   */
  heads(options: CallOptions = {}): AsyncIterableIterator<Head> {
    return this.#stream((after, signal) => this.#raw.nextHead(after, signal), (head) => head.height, 0, options);
  }

  /** Verified epochs, beginning with the newest one known. */
  epochs(options: CallOptions = {}): AsyncIterableIterator<Epoch> {
    return this.#stream((after, signal) => this.#raw.nextEpoch(after, signal), (epoch) => epoch.epoch, -1, options);
  }

  /** The wellness of each verified epoch; `wellness` is null where too few contributed. */
  wellness(options: CallOptions = {}): AsyncIterableIterator<EpochWellness> {
    const ask = async (after: number, signal: AbortSignal): Promise<EpochWellness> => {
      const { epoch, height, wellness } = await this.#raw.nextEpoch(after, signal);
      return { epoch, height, wellness };
    };
    return this.#stream(ask, (value) => value.epoch, -1, options);
  }

  /** The peers, after each change. */
  peers(options: CallOptions = {}): AsyncIterableIterator<PeerList> {
    return this.#stream((after, signal) => this.#raw.nextPeers(after, signal), (list) => list.version, 0, options);
  }

  /**
   * A header, checked against a verified head.
   *
   * @throws {@link NotFoundError} no peer has it
   */
  getHeader(height: number, options: CallOptions = {}): Promise<Header> {
    return this.#call(options, (signal) => this.#raw.getHeader(height, signal));
  }

  /**
   * A block, its body checked against its verified header.
   *
   * @throws {@link NotFoundError} no peer has it
   */
  getBlock(height: number, options: CallOptions = {}): Promise<Block> {
    return this.#call(options, (signal) => this.#raw.getBlock(height, signal));
  }

  /**
   * An epoch's summary, checked against the header that closes it.
   *
   * @throws {@link NotFoundError} it is not closed, or no peer has it
   */
  getEpoch(epoch: number, options: CallOptions = {}): Promise<Epoch> {
    return this.#call(options, (signal) => this.#raw.getEpoch(epoch, signal));
  }

  /** The set that signs next, its members' records proved. */
  getValidators(options: CallOptions = {}): Promise<ValidatorSet> {
    return this.#call(options, (signal) => this.#raw.getValidators(signal));
  }

  /**
   * A validator's record, proved.
   *
   * @returns undefined when its absence is proved
   * @throws {@link ConfigError} not an address
   */
  getValidator(address: string, options: CallOptions = {}): Promise<Validator | undefined> {
    return this.#call(options, (signal) => this.#raw.getValidator(address, signal));
  }

  /**
   * An account, proved. An account that is proved absent has balance and nonce 0.
   *
   * @throws {@link ConfigError} not an address
   */
  getAccount(address: string, options: CallOptions = {}): Promise<Account> {
    return this.#call(options, (signal) => this.#raw.getAccount(address, signal));
  }

  /**
   * A validator's scores of the closed epochs, newest first; each entry or its absence proved.
   *
   * @param epochs - how many, 1 to 64
   * @throws {@link ConfigError} not an address, or too many epochs
   */
  getScoreHistory(address: string, epochs: number, options: CallOptions = {}): Promise<ScoreEntry[]> {
    return this.#call(options, (signal) => this.#raw.getScoreHistory(address, epochs, signal));
  }

  /**
   * Proof that a transaction is in a final block.
   *
   * @param transactionId - 64 hexadecimal digits
   * @throws {@link NotFoundError} no peer knows a block with it
   */
  proveInclusion(transactionId: string, options: CallOptions = {}): Promise<Receipt> {
    return this.#call(options, (signal) => this.#raw.proveInclusion(transactionId, signal));
  }

  /**
   * Sends a signed transaction.
   *
   * @throws {@link RejectedError} all peers refuse it
   */
  submitTransaction(
    transaction: Uint8Array,
    options: SubmitOptions<TransactionAccepted> = {},
  ): Submission<TransactionAccepted> {
    return new Submission(
      () => this.#call(options, (signal) => this.#raw.submitTransaction(transaction, signal)),
      ({ id }) => this.#call(options, (signal) => this.#raw.waitTransaction(id, signal)),
      options.onAccepted,
    );
  }

  /**
   * Sends a proof. The validator it is for wraps it into its vote.
   *
   * @throws {@link RejectedError} all peers refuse it
   */
  submitProof(proof: Uint8Array, options: SubmitOptions<ProofAccepted> = {}): Submission<ProofAccepted> {
    return new Submission(
      () => this.#call(options, (signal) => this.#raw.submitProof(proof, signal)),
      () => this.#call(options, (signal) => this.#raw.waitProof(proof, signal)),
      options.onAccepted,
    );
  }

  /**
   * Signs a transfer with the next nonce of the sender's proved account. Nothing is sent.
   *
   * @param seed - the sender's, 32 bytes; it stays in this process
   * @throws {@link ConfigError} a bad seed, address or amount
   */
  signTransfer(seed: Uint8Array, transfer: Transfer, options: CallOptions = {}): Promise<Uint8Array> {
    return this.#call(options, (signal) => this.#raw.signTransfer(seed, transfer, signal));
  }

  /**
   * Signs the statement of a measurement's newest window, bound to the newest verified head. Nothing is sent.
   *
   * @throws {@link ConfigError} `measurement`: too few beats, or too poor a signal
   */
  makeProof(measurement: Measurement, device: Device, options: CallOptions = {}): Promise<SignedProof> {
    return this.#call(options, (signal) => this.#raw.makeProof(measurement.raw, device, signal));
  }

  /**
   * What a later start needs to go on from here: pass it as `snapshot`.
   *
   * @returns undefined before there is anything to trust
   */
  snapshot(options: CallOptions = {}): Promise<Uint8Array | undefined> {
    return this.#call(options, () => this.#raw.snapshot());
  }

  /** Whether {@link LightClient.close} was called. */
  get isClosed(): boolean {
    return this.#closing.signal.aborted;
  }

  /** Leaves all peers and ends all calls and streams. More calls of it do nothing. */
  async close(): Promise<void> {
    if (this.isClosed) return;
    this.#closing.abort();
    try {
      await this.#raw.close();
    } catch (error) {
      throw toError(error);
    } finally {
      this.dispatchEvent(new CustomEvent("closed"));
    }
  }

  /** {@link LightClient.close}, for `await using`. */
  async [Symbol.asyncDispose](): Promise<void> {
    await this.close();
  }

  override addEventListener<Type extends keyof LightClientEvents>(
    type: Type,
    listener: Listener<Type> | null,
    options?: AddEventListenerOptions | boolean,
  ): void;
  override addEventListener(
    type: string,
    listener: EventListenerOrEventListenerObject | null,
    options?: AddEventListenerOptions | boolean,
  ): void;
  override addEventListener(type: string, listener: never, options?: AddEventListenerOptions | boolean): void {
    super.addEventListener(type, listener, options);
    this.#listen(type);
  }

  override removeEventListener<Type extends keyof LightClientEvents>(
    type: Type,
    listener: Listener<Type> | null,
    options?: EventListenerOptions | boolean,
  ): void;
  override removeEventListener(
    type: string,
    listener: EventListenerOrEventListenerObject | null,
    options?: EventListenerOptions | boolean,
  ): void;
  override removeEventListener(type: string, listener: never, options?: EventListenerOptions | boolean): void {
    super.removeEventListener(type, listener, options);
  }

  /** Starts the stream behind a type of event. Errors are those of the heads, which every client has. */
  #listen(type: string): void {
    const stream = type === "error" ? "head" : type;
    if (this.#pumped.has(stream)) return;
    this.#pumped.add(stream);
    if (stream === "head") this.#pump("head", () => this.heads(), (head) => head);
    if (stream === "epoch") this.#pump("epoch", () => this.epochs(), (epoch) => epoch);
    if (stream === "peers") this.#pump("peers", () => this.peers(), (list) => list.peers);
  }

  #pump<Value>(type: string, open: () => AsyncIterable<Value>, detailOf: (value: Value) => unknown): void {
    const deliver = (value: Value): void => {
      this.dispatchEvent(new CustomEvent(type, { detail: detailOf(value) }));
    };
    const failed = (error: unknown): void => {
      this.dispatchEvent(new CustomEvent("error", { detail: error }));
    };
    void pump(open, deliver, failed, this.#closing.signal);
  }

  #stream<Value>(
    ask: (after: number, signal: AbortSignal) => Promise<Value>,
    cursorOf: (value: Value) => number,
    start: number,
    { signal }: CallOptions,
  ): AsyncIterableIterator<Value> {
    const ends = signal ? [this.#closing.signal, signal] : [this.#closing.signal];
    return newest((after, end) => this.#call({ signal: end }, () => ask(after, end)), cursorOf, start, ends);
  }

  async #call<Value>(
    { signal }: CallOptions,
    call: (signal: AbortSignal | undefined) => Promise<Value>,
  ): Promise<Value> {
    if (signal?.aborted) throw aborted(signal);
    if (this.isClosed) throw errorOf("closed", "the client is closed");
    try {
      return await call(signal);
    } catch (error) {
      throw toError(error);
    }
  }
}
