//! The largest size of each message, in bytes; past it a message is refused unread.

/// A block: genesis parameter `max_block_bytes` may be lower, never higher.
pub const MAX_BLOCK: usize = 1 << 20;
/// A proposal repeats nothing but the block; the rest is ids and signatures.
pub const MAX_PROPOSAL: usize = MAX_BLOCK + 4096;
/// A header: seventeen fixed fields.
pub const MAX_HEADER: usize = 1024;
/// A transaction: room for a WebAuthn assertion, the largest action.
pub const MAX_TRANSACTION: usize = 4096;
/// A batch of transactions on their way through gossip.
pub const MAX_TRANSACTION_BATCH: usize = 64 * 1024;
/// A biometric proof, with room for a private statement's range proof.
pub const MAX_BIOMETRIC_PROOF: usize = 4096;
/// An authenticity proof inside it.
pub const MAX_AUTHENTICITY_PROOF: usize = 3500;
/// An emotional vote: a proof, an id and a signature.
pub const MAX_EMOTIONAL_VOTE: usize = MAX_BIOMETRIC_PROOF + 256;
/// A prevote, precommit or bare proposal.
pub const MAX_VOTE: usize = 256;
/// A certificate of 128 seats: 64 bytes a signature and two of framing, plus the head.
pub const MAX_CERTIFICATE: usize = 128 * 66 + 256;
/// A round certificate: two votes of 128 seats at most.
pub const MAX_ROUND_CERTIFICATE: usize = 2 * 128 * (MAX_VOTE + 4) + 256;
/// A piece of evidence: the largest holds a header and a certificate.
pub const MAX_EVIDENCE: usize = MAX_HEADER + MAX_CERTIFICATE + 256;
/// An epoch's summary: seats, scores and rewards of every validator that took part.
pub const MAX_EPOCH_SUMMARY: usize = 256 * 1024;
/// A consensus message: the proposal is the largest.
pub const MAX_CONSENSUS_MESSAGE: usize = MAX_PROPOSAL + 16;
/// A sync request: a piece of evidence that is handed in is the largest.
pub const MAX_SYNC_REQUEST: usize = MAX_EVIDENCE + 64;
/// A sync response: a few full blocks.
pub const MAX_SYNC_RESPONSE: usize = 4 << 20;

/// A first message on a head stream: no field is defined yet, and later ones are small.
pub const MAX_HEAD_SUBSCRIPTION: usize = 64;
/// A validator set as state holds it: a count, and an address and a key a seat.
pub const MAX_VALIDATOR_SET: usize = MAX_SEATS * 64 + 64;
/// A head with its certificate, the set that it announces and the summary of an epoch.
pub const MAX_HEAD_UPDATE: usize = MAX_HEADER + MAX_CERTIFICATE + MAX_VALIDATOR_SET + MAX_EPOCH_SUMMARY + 256;

/// Seats in a validator set.
pub const MAX_SEATS: usize = 128;
/// Emotional votes in a block.
pub const MAX_BLOCK_VOTES: usize = 256;
/// Transactions in a block: the smallest transfer has about 160 bytes, so 1 MiB cannot hold more.
pub const MAX_BLOCK_TRANSACTIONS: usize = 8192;
/// Transactions in a batch: the smallest transfers fill it.
pub const MAX_BATCH_TRANSACTIONS: usize = 512;
/// Pieces of evidence in a block: each removes a validator, so a handful clears any set in time.
pub const MAX_BLOCK_EVIDENCE: usize = 16;
/// Blocks in one sync response.
pub const MAX_SYNC_BLOCKS: usize = 64;
/// Bytes of a libp2p peer id: the multihash of an ed25519 key has 38.
pub const MAX_PEER_ID: usize = 64;
/// Validators that one epoch summary lists.
pub const MAX_SUMMARY_SCORES: usize = 1024;
/// Addresses in one answer about peers.
pub const MAX_PEER_ADDRESSES: usize = 32;
/// Bytes of one of them: a WebRTC address with certificate hash and peer id has about 180.
pub const MAX_ADDRESS: usize = 256;
