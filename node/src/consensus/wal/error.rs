//! What can go wrong with the log.

use std::{io, path::PathBuf};

use thiserror::Error;

use super::frames::{FrameError, RecordTooLarge};

/// Why the log refuses or fails.
#[derive(Debug, Error)]
pub enum WalError {
    /// Another process has the log open.
    #[error("the write-ahead log {} is in use by another process; stop that one first", path.display())]
    Locked {
        /// The file.
        path: PathBuf,
    },
    /// The disk failed.
    #[error("the write-ahead log {} cannot be read or written", path.display())]
    Io {
        /// The file.
        path: PathBuf,
        /// Why.
        #[source]
        source: io::Error,
    },
    /// Damaged in a way that no crash explains. To go on could mean to sign twice.
    #[error(
        "the write-ahead log {} is damaged: restore the disk, or import the key again to sign from a later height on",
        path.display()
    )]
    Corrupt {
        /// The file.
        path: PathBuf,
        /// What and where.
        #[source]
        source: FrameError,
    },
    /// A record past the bound; nothing was written.
    #[error(transparent)]
    RecordTooLarge(#[from] RecordTooLarge),
    /// The system has no randomness for a new file.
    #[error("the system gives no randomness")]
    Randomness,
    /// An earlier write or sync failed.
    #[error("the write-ahead log failed before and takes nothing more; restart the node")]
    Failed,
}

impl WalError {
    /// Whether the node must stop; the other one is a refusal of one record.
    pub const fn is_fatal(&self) -> bool {
        !matches!(self, Self::RecordTooLarge(_))
    }
}
