//! The write-ahead log: what the engine must remember to never contradict itself after a crash (protocol §7).
//!
//! # Rules
//! - A record is durable when [`Wal::sync`] returns after its [`Wal::append`]. The host publishes nothing before that.
//! - One file holds one height. [`Wal::reset`] begins the next one, once the decided block is durable in the store.
//! - On opening, what a crash may leave behind is repaired: a torn end is cut off, with a warning. What no crash can leave
//!   behind halts: a record that was durable and is not whole any more may be the memory of a vote, and to go on without
//!   it could mean to vote twice. [`frames`] says how the two are told apart.
//! - After a failed write or sync the log refuses everything: the system may have dropped what it could not write, and a
//!   second sync that succeeds would say nothing about it. The node halts and recovers from the file.
//! - One process at a time: the file is locked.
//!
//! The format, and all that can be said without a disk, is in [`frames`], which the simulator uses as well.

mod error;
pub mod frames;

#[cfg(test)]
mod tests;

use std::{
    fs::{File, OpenOptions, TryLockError},
    io::{self, Read, Seek, SeekFrom, Write},
    path::{Path, PathBuf},
};

use emotionalchain_shared::primitives::Height;

use crate::disk;

pub use error::WalError;
pub use frames::{FrameError, MAX_RECORD};
use frames::{Scan, Writer};

/// An open log, at its end.
#[derive(Debug)]
pub struct Wal {
    path: PathBuf,
    file: File,
    writer: Writer,
    cut: u64,
    failed: bool,
}

impl Wal {
    /// Opens the log, or begins one for height 1 where there is no file, and gives the records of its height in order.
    ///
    /// # Errors
    /// [`WalError::Corrupt`] for what a crash cannot explain, [`WalError::Locked`] for a log in use; a failed disk.
    pub fn open(path: impl AsRef<Path>) -> Result<(Self, Vec<Vec<u8>>), WalError> {
        let path = path.as_ref().to_owned();
        let io = |source| WalError::Io { path: path.clone(), source };
        let mut file = match OpenOptions::new().read(true).write(true).open(&path) {
            Ok(file) => file,
            Err(error) if error.kind() == io::ErrorKind::NotFound => {
                let (file, writer) = begin(&path, Height::new(1), &[])?;
                let wal = Self { path, file, writer, cut: 0, failed: false };
                return Ok((wal, Vec::new()));
            }
            Err(error) => return Err(io(error)),
        };
        lock(&file).map_err(|error| locked(&path, error))?;
        let mut bytes = Vec::new();
        file.read_to_end(&mut bytes).map_err(io)?;
        let Scan { records, writer, end, cut } =
            frames::scan(&bytes).map_err(|source| WalError::Corrupt { path: path.clone(), source })?;
        if cut > 0 {
            tracing::warn!(
                path = %path.display(), height = %writer.height(), records = records.len(), offset = end, bytes = cut,
                "cut a torn end off the write-ahead log: records that were not yet durable when the node stopped"
            );
            file.set_len(end).map_err(io)?;
        }
        // Also where nothing is cut: what was read may still be on its way to the disk, and counts as durable from here.
        file.sync_all().map_err(io)?;
        file.seek(SeekFrom::Start(end)).map_err(io)?;
        Ok((Self { path, file, writer, cut, failed: false }, records))
    }

    /// The height whose records the log holds.
    pub const fn height(&self) -> Height {
        self.writer.height()
    }

    /// Bytes of a torn end that [`Self::open`] cut off.
    pub const fn cut_bytes(&self) -> u64 {
        self.cut
    }

    /// Writes records at the end, in one write. They are not durable before [`Self::sync`].
    ///
    /// # Errors
    /// [`WalError::RecordTooLarge`], of which nothing is written; a failed disk, after which nothing more is.
    pub fn append(&mut self, records: &[&[u8]]) -> Result<(), WalError> {
        self.check()?;
        let bytes = self.writer.frames(records)?;
        self.file.write_all(&bytes).map_err(|source| self.fail(source))
    }

    /// Makes everything appended durable.
    ///
    /// # Errors
    /// A failed disk, after which the log refuses everything.
    pub fn sync(&mut self) -> Result<(), WalError> {
        self.check()?;
        // Without the file's times: its length is synced where it matters for reading.
        self.file.sync_data().map_err(|source| self.fail(source))?;
        self.writer.synced();
        Ok(())
    }

    /// Forgets all records and begins a height. The decided block must be durable in the store before.
    ///
    /// # Errors
    /// A failed disk: the old log is still there, but this one refuses everything.
    pub fn reset(&mut self, height: Height) -> Result<(), WalError> {
        self.reset_with(height, &[])
    }

    /// As [`Self::reset`], with first records that are durable from the start: a compacted log of a height that takes very
    /// long.
    ///
    /// # Errors
    /// As [`Self::reset`]; [`WalError::RecordTooLarge`].
    pub fn reset_with(&mut self, height: Height, records: &[&[u8]]) -> Result<(), WalError> {
        self.check()?;
        let (file, writer) = begin(&self.path, height, records).inspect_err(|error| {
            // The name may be that of either file now.
            self.failed = !matches!(error, WalError::RecordTooLarge(_));
        })?;
        (self.file, self.writer) = (file, writer);
        Ok(())
    }

    const fn check(&self) -> Result<(), WalError> {
        if self.failed { Err(WalError::Failed) } else { Ok(()) }
    }

    fn fail(&mut self, source: io::Error) -> WalError {
        self.failed = true;
        WalError::Io { path: self.path.clone(), source }
    }
}

/// A complete new file takes the name. To cut the old file and write a new header in its place would take one sync less,
/// but a crash in between leaves a file whose header is missing or of the old height: a state that is not told from
/// corruption.
fn begin(path: &Path, height: Height, records: &[&[u8]]) -> Result<(File, Writer), WalError> {
    let salt = getrandom::u64().map_err(|_| WalError::Randomness)?;
    let (mut writer, mut bytes) = Writer::new(height, salt);
    bytes.extend(writer.frames(records)?);
    writer.synced();
    // Locked before it has the name, so that the log is never unlocked while it is open.
    let file = disk::replace(path, &bytes, lock).map_err(|error| locked(path, error))?;
    Ok((file, writer))
}

fn lock(file: &File) -> io::Result<()> {
    file.try_lock().map_err(|error| match error {
        TryLockError::WouldBlock => io::ErrorKind::WouldBlock.into(),
        TryLockError::Error(error) => error,
    })
}

fn locked(path: &Path, source: io::Error) -> WalError {
    let path = path.to_owned();
    if source.kind() == io::ErrorKind::WouldBlock {
        WalError::Locked { path }
    } else {
        WalError::Io { path, source }
    }
}
