//! Key files on the disk: made once, read with care, exported and imported.

use std::{fs::File, io, path::Path};

use emotionalchain_shared::primitives::Hash;

use super::{KeyFile, KeyFileError, MAX_KEY_FILE, Passphrase, SignFloor};
use crate::disk;

impl KeyFile {
    /// Reads a key file.
    ///
    /// # Errors
    /// [`KeyFileError::Exposed`] if others may use it; as [`Self::decode`]; a failed disk.
    pub fn open(path: impl AsRef<Path>) -> Result<Self, KeyFileError> {
        let path = path.as_ref();
        let io = |source| KeyFileError::Io { path: path.to_owned(), source };
        let file = File::open(path).map_err(io)?;
        let others = disk::others_mode(&file).map_err(io)?;
        if others != 0 {
            return Err(KeyFileError::Exposed { path: path.to_owned(), others });
        }
        let bytes = disk::read_bounded(&file, MAX_KEY_FILE).map_err(io)?;
        Self::decode(&bytes.ok_or(KeyFileError::TooLarge { max: MAX_KEY_FILE })?)
    }

    /// Makes the file, for its owner alone; whole or not at all.
    ///
    /// # Errors
    /// [`KeyFileError::Exists`] rather than overwriting; a failed disk.
    pub fn create(&self, path: impl AsRef<Path>) -> Result<(), KeyFileError> {
        let path = path.as_ref();
        disk::create(path, &self.encode()?).map_err(|source| {
            let path = path.to_owned();
            if source.kind() == io::ErrorKind::AlreadyExists {
                KeyFileError::Exists { path }
            } else {
                KeyFileError::Io { path, source }
            }
        })
    }

    /// Writes a copy for another machine, with another passphrase if one is given. It holds keys and no memory of what was
    /// signed: stop this validator for good before the copy is used.
    ///
    /// # Errors
    /// As [`Self::unlock`], [`Self::seal`] and [`Self::create`].
    pub fn export_to(
        &self,
        path: impl AsRef<Path>,
        passphrase: &Passphrase,
        new_passphrase: Option<&Passphrase>,
    ) -> Result<(), KeyFileError> {
        // Opened in any case: a copy that does not open is no backup.
        let keys = self.unlock(passphrase)?;
        match new_passphrase {
            Some(new_passphrase) => Self::seal(&keys, new_passphrase, self.cost())?.create(path),
            None => self.create(path),
        }
    }

    /// Brings an exported file in as `path`, with a pending [`SignFloor`] beside it. Returns the floor.
    ///
    /// # Errors
    /// As [`Self::unlock`] and [`Self::create`]; [`KeyFileError::SignFloor`].
    pub fn import(
        &self,
        path: impl AsRef<Path>,
        passphrase: &Passphrase,
        genesis: Hash,
    ) -> Result<SignFloor, KeyFileError> {
        let path = path.as_ref();
        let keys = self.unlock(passphrase)?;
        if path.symlink_metadata().is_ok() {
            // Before the floor: the one of a key in use stays untouched.
            return Err(KeyFileError::Exists { path: path.to_owned() });
        }
        // The floor first: a crash in between leaves a floor without a key, not a key without a floor.
        let floor = SignFloor::begin(SignFloor::path_beside(path), genesis, keys.public().consensus)?;
        self.create(path)?;
        Ok(floor)
    }
}
