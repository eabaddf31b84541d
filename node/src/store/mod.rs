//! The durable store: finalised blocks, their certificates, the state and its versions, indexes and pending evidence,
//! in one redb file.
//!
//! # Rules
//! - A file belongs to one genesis and one [`SCHEMA_VERSION`]. [`Store::open`] refuses another genesis, an older or newer
//!   schema (there is no silent migration), a file that another process holds, and a damaged file, each with an error
//!   that says what to do.
//! - [`Store::commit`] is one transaction: a block with everything that follows from it is there as a whole or not at
//!   all, and when the call returns it is on disk. Heights follow each other without a gap.
//! - Versions of the state `oldest_version()..=head` can be read and proved. What older ones alone need is pruned a piece
//!   with every commit; a commit never prunes much more than it adds.
//! - For every height above `oldest_version()` there is an undo record. [`Store::rollback_to`] uses them, in one
//!   transaction too, and refuses heights that are too old. Pending evidence and blobs survive a rollback.
//! - Reads go through a [`Snapshot`]: one moment of the store, not disturbed by commits. The methods of [`Store`] take a
//!   new one at every call.
//! - Calls block on the disk: an async host runs `commit` and `rollback_to` on a blocking thread.
//! - After an error with [`StoreError::is_fatal`] the host stops: the file is at its last commit, memory is not.
//!
//! # Tables
//!
//! | table | key | value |
//! |---|---|---|
//! | `system` | name | schema version, genesis hash, head, oldest version |
//! | `blocks`, `certificates`, `block_ids` | height | encoded block, encoded certificate, id |
//! | `block_heights` | block id | height |
//! | `transactions` | transaction id | height, index in the block |
//! | `proofs` | validator, epoch | height that included its emotional vote |
//! | `epoch_summaries` | epoch | encoded summary |
//! | `state` | key | newest value |
//! | `tree_nodes` | version, path | node |
//! | `tree_values` | key hash, version | value, or none for a deletion |
//! | `stale` | first version that needs it no more, part | names of nodes and values |
//! | `undo` | height | [what the commit replaced](undo) |
//! | `evidence` | hash | encoded evidence, pending |
//! | `blobs` | name | small records of other modules |

mod batch;
mod commit;
mod error;
mod ledger;
mod open;
mod pending;
mod prune;
mod rollback;
mod snapshot;
mod stale;
mod tables;
mod undo;

#[cfg(test)]
mod tests;

pub use batch::{CommitBatch, Head, TransactionLocation};
pub use error::StoreError;
pub use open::{SCHEMA_VERSION, Store, StoreOptions};
pub use pending::{MAX_BLOB, MAX_PENDING_EVIDENCE};
pub use snapshot::{Blocks, Snapshot, StateEntries};
