//! What is proved to those who do not hold the data (protocol §4): lists and the state.
//!
//! - [`ListTree`], [`ListProof`]: RFC 6962 trees over ordered lists whose length the verifier knows: transactions,
//!   votes, evidence, validators, epoch summaries, commitment leaves.
//! - [`StateTree`], [`StateProof`]: the authenticated key-value state, a version for each height, with proofs that a
//!   key has a value and that it has none. Its nodes live in a [`NodeStore`] of the host.

mod list;
mod state;

pub use list::{ListProof, ListProofError, ListTree, list_leaf, list_node, list_root};
pub use state::{
    EMPTY_STATE_ROOT, MAX_KEY, MAX_VALUE, MemoryStore, NodeStore, StaleEntry, StaleItem, StateError,
    StateProof, StateProofError, StateTree, StoreError, TreeUpdate, ValueEntry,
};
