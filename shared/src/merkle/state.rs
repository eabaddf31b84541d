//! The authenticated key-value state: a jellyfish Merkle tree with one version for each height.
//!
//! # Rules
//! - Keys are byte strings of at most [`MAX_KEY`] bytes, values of at most [`MAX_VALUE`]. A key's place in the tree is
//!   `SHA-256(key)`, read from the most significant bit; a value enters as `SHA-256(value)`.
//! - leaf = `SHA-256("JMT::LeafNode" ‖ SHA-256(key) ‖ SHA-256(value))`,
//!   node = `SHA-256("JMT::IntrnalNode" ‖ left ‖ right)`. A subtree with one leaf is that leaf, an empty subtree is the
//!   32 bytes `"SPARSE_MERKLE_PLACEHOLDER_HASH__"`, and so is the root of the empty state, [`EMPTY_STATE_ROOT`].
//! - The root depends on the set of pairs alone, not on the order or the versions of writing.
//! - Version 0 is genesis. Version v is applied on version v − 1, which must be in the store: nothing is silently begun
//!   anew. A version without writes exists too, with the root of the one before.
//! - [`StateTree::apply`] writes nothing: it returns a [`TreeUpdate`], which the host commits in one step, or drops when
//!   the block is not the one decided. Versions stay readable until the host prunes them.
//!
//! # Pruning
//! To keep versions `oldest..`, take every [`StaleEntry`] with `since_version ≤ oldest` and
//! - for [`StaleItem::Node`] delete that node;
//! - for [`StaleItem::Values`] delete the key's value entries of versions below `since_version`, and the one of
//!   `since_version` itself if it is a deletion.
//!
//! [`MemoryStore::prune`] is this rule in code.
//!
//! # Trust
//! Proofs may come from anybody: [`StateProof`] bounds, decodes and checks them without a panic. The store is the host's
//! own and must return what was committed: undecodable or missing nodes are errors, but `jmt` asserts on a node that
//! decodes and contradicts its tree. Building updates is left to `jmt`; proofs are built and checked here,
//! because `jmt` reads (and unwraps) siblings from the store and ships 64 bytes where 32 are enough.

mod hashing;
mod memory;
mod nodes;
mod proof;
mod store;
mod tree;

// Property tests, for which there is no proptest in a browser.
#[cfg(test)]
#[cfg(not(target_arch = "wasm32"))]
mod tests;

pub use hashing::EMPTY_STATE_ROOT;
pub use memory::MemoryStore;
pub use proof::{StateProof, StateProofError};
pub use store::{NodeStore, StaleEntry, StaleItem, StoreError, TreeUpdate, ValueEntry};
pub use tree::{StateError, StateTree};

/// The longest key in bytes: room for a prefix, an address and a number or two; stops keys being used as values.
pub const MAX_KEY: usize = 128;
/// The longest value in bytes: the largest single record (a validator set) fits, a proof with it stays below 100 KiB.
pub const MAX_VALUE: usize = 64 * 1024;
