//! What can go wrong with the store.

use std::{io, path::PathBuf};

use emotionalchain_shared::primitives::{Hash, Height};
use thiserror::Error;

/// Why the store refuses or fails.
#[derive(Debug, Error)]
pub enum StoreError {
    /// Another process, or another handle of this one, has the file open.
    #[error("the store {} is in use by another process; stop that one first", path.display())]
    Locked {
        /// The file.
        path: PathBuf,
    },
    /// The file is no redb database.
    #[error("{} is not a store; point the data directory elsewhere or move the file away", path.display())]
    NotAStore {
        /// The file.
        path: PathBuf,
    },
    /// The file is damaged.
    #[error("the store {} is damaged; move it away and let the node sync again", path.display())]
    Corrupt {
        /// The file.
        path: PathBuf,
        /// What the database found.
        #[source]
        source: Box<redb::Error>,
    },
    /// The file cannot be opened at all.
    #[error("the store {} cannot be opened", path.display())]
    Open {
        /// The file.
        path: PathBuf,
        /// Why.
        #[source]
        source: Box<redb::Error>,
    },
    /// Written by older software.
    #[error(
        "the store has schema version {found}, this software needs {supported}: run the older software that wrote it, or \
         move the file away and let the node sync again"
    )]
    SchemaTooOld {
        /// The file's version.
        found: u32,
        /// [`super::SCHEMA_VERSION`].
        supported: u32,
    },
    /// Written by newer software.
    #[error(
        "the store has schema version {found}, this software knows {supported}: run the newer software that wrote it"
    )]
    SchemaTooNew {
        /// The file's version.
        found: u32,
        /// [`super::SCHEMA_VERSION`].
        supported: u32,
    },
    /// Holds another chain.
    #[error(
        "the store belongs to the chain with genesis {found}, not {expected}: use that chain's data directory"
    )]
    Genesis {
        /// The file's genesis.
        found: Hash,
        /// The genesis asked for.
        expected: Hash,
    },
    /// The database failed; it must be closed and opened again.
    #[error("the database failed")]
    Database(#[source] Box<redb::Error>),
    /// A record that does not decode.
    #[error("a record in table {table} of the store does not decode")]
    Damaged {
        /// Where it stands.
        table: &'static str,
    },
    /// Genesis is not committed yet.
    #[error("the store is empty: genesis comes first")]
    Empty,
    /// A commit that does not follow the head.
    #[error("commit of height {got}, but {expected} comes next")]
    HeightGap {
        /// One above the head.
        expected: Height,
        /// The commit's height.
        got: Height,
    },
    /// A certificate of another height or block than the one it is stored for.
    #[error("the certificate does not belong to the block at height {height}")]
    CertificateMismatch {
        /// The block's height.
        height: Height,
    },
    /// No block of this height is stored.
    #[error("there is no block at height {height}")]
    NoBlock {
        /// The height asked for.
        height: Height,
    },
    /// A rollback to what was never reached.
    #[error("cannot roll back to height {target}: the head is {head}")]
    RollbackAhead {
        /// The height asked for.
        target: Height,
        /// The head.
        head: Height,
    },
    /// A rollback to what is pruned.
    #[error(
        "cannot roll back to height {target}: the oldest one possible is {oldest}; move the store away and sync again"
    )]
    RollbackTooOld {
        /// The height asked for.
        target: Height,
        /// The oldest height whose state is kept.
        oldest: Height,
    },
    /// A blob past [`super::MAX_BLOB`].
    #[error("a blob has {size} bytes, at most {max} are allowed")]
    BlobTooLarge {
        /// Its size.
        size: usize,
        /// [`super::MAX_BLOB`].
        max: usize,
    },
    /// As much pending evidence as [`super::MAX_PENDING_EVIDENCE`].
    #[error("{max} pieces of evidence are pending already")]
    EvidenceFull {
        /// [`super::MAX_PENDING_EVIDENCE`].
        max: u64,
    },
}

impl StoreError {
    /// Whether the store is unusable, so that the node must stop; the others are refusals of one call.
    pub const fn is_fatal(&self) -> bool {
        !matches!(
            self,
            Self::HeightGap { .. }
                | Self::CertificateMismatch { .. }
                | Self::NoBlock { .. }
                | Self::RollbackAhead { .. }
                | Self::RollbackTooOld { .. }
                | Self::BlobTooLarge { .. }
                | Self::EvidenceFull { .. }
        )
    }

    /// Sorts the failures of opening a file.
    pub(super) fn opening(path: PathBuf, error: redb::DatabaseError) -> Self {
        match error {
            redb::DatabaseError::DatabaseAlreadyOpen => Self::Locked { path },
            redb::DatabaseError::Storage(redb::StorageError::Io(error))
                if matches!(error.kind(), io::ErrorKind::InvalidData | io::ErrorKind::UnexpectedEof) =>
            {
                Self::NotAStore { path }
            }
            redb::DatabaseError::Storage(error @ redb::StorageError::Corrupted(_)) => {
                Self::Corrupt { path, source: Box::new(error.into()) }
            }
            other => Self::Open { path, source: Box::new(other.into()) },
        }
    }
}

macro_rules! database {
    ($($error:ty),*) => {$(
        impl From<$error> for StoreError {
            fn from(error: $error) -> Self {
                Self::Database(Box::new(error.into()))
            }
        }
    )*};
}

database!(
    redb::StorageError,
    redb::TableError,
    redb::TransactionError,
    redb::CommitError,
    redb::SetDurabilityError
);

impl From<StoreError> for emotionalchain_shared::merkle::StoreError {
    fn from(error: StoreError) -> Self {
        Self::new(error)
    }
}
