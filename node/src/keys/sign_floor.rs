//! The height below which an imported key signs nothing.
//!
//! Who imports a key does not know what it has signed elsewhere. The network does, up to its head: the floor is the
//! verified head + 2, one height above the one that may be undecided with votes of this key around. Until a head is
//! verified the floor is pending, and nothing is signed at all. A floor is only ever raised, and stays for good. A key
//! made here has a file without a floor from its first start on, by which a lost data folder is noticed.

use std::{
    fs::File,
    io,
    path::{Path, PathBuf},
};

use emotionalchain_shared::{
    crypto::PublicKey,
    primitives::{Hash, Height},
};
use serde::{Deserialize, Serialize};

use super::SignFloorError;
use crate::disk;

/// The file's name, in the directory of the key.
pub const SIGN_FLOOR_FILE: &str = "sign_floor.json";

const VERSION: u32 = 1;
/// The longest file: four times a real one.
const MAX_BYTES: usize = 2048;
/// How far above the verified head the first height to sign lies.
const ABOVE_HEAD: u64 = 2;

/// The floor of one key on one chain.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct SignFloor {
    version: u32,
    genesis: Hash,
    consensus_key: PublicKey,
    /// Nothing may be signed until the network's head is verified.
    pending: bool,
    /// The first height that may be signed, once it is not pending.
    first_height: Height,
}

impl SignFloor {
    /// The floor of a key just imported.
    pub const fn pending(genesis: Hash, consensus_key: PublicKey) -> Self {
        Self { version: VERSION, genesis, consensus_key, pending: true, first_height: Height::ZERO }
    }

    /// No floor: the key was made here and has signed nothing yet.
    pub const fn none(genesis: Hash, consensus_key: PublicKey) -> Self {
        Self { version: VERSION, genesis, consensus_key, pending: false, first_height: Height::ZERO }
    }

    /// What the key signed is not known any more: nothing may be signed until [`Self::raise`].
    pub const fn suspend(&mut self) {
        self.pending = true;
    }

    /// A known floor: for a rollback, which must not sign again what it has signed, above the old head.
    ///
    /// # Errors
    /// [`SignFloorError::Range`] at the end of heights.
    pub fn above(genesis: Hash, consensus_key: PublicKey, head: Height) -> Result<Self, SignFloorError> {
        let mut floor = Self::pending(genesis, consensus_key);
        floor.raise(head)?;
        Ok(floor)
    }

    /// Where the floor of a key file stands.
    pub fn path_beside(key_file: impl AsRef<Path>) -> PathBuf {
        key_file.as_ref().with_file_name(SIGN_FLOOR_FILE)
    }

    /// Whether the network's head must be verified, and [`Self::raise`] called, before anything is signed.
    pub const fn is_pending(&self) -> bool {
        self.pending
    }

    /// The first height that may be signed, once the floor is not pending.
    pub const fn first_height(&self) -> Height {
        self.first_height
    }

    /// Whether the key may sign for a height.
    pub fn permits(&self, height: Height) -> bool {
        !self.pending && height >= self.first_height
    }

    /// Raises the floor to a verified head of the network + 2. A floor that is higher already stays. Returns whether it
    /// changed; then it counts only once saved.
    ///
    /// # Errors
    /// [`SignFloorError::Range`] at the end of heights.
    pub fn raise(&mut self, verified_head: Height) -> Result<bool, SignFloorError> {
        let first = verified_head.get().checked_add(ABOVE_HEAD).map(Height::new);
        let first = first.ok_or(SignFloorError::Range { head: verified_head })?;
        let changed = self.pending || first > self.first_height;
        self.pending = false;
        self.first_height = first.max(self.first_height);
        Ok(changed)
    }

    /// Reads the floor of a key; `None` if there is no file: the key was made here and no node has run with it.
    ///
    /// # Errors
    /// [`SignFloorError`] for a file that cannot be read or is of another chain or key: nothing may be signed then.
    pub fn load(
        path: impl AsRef<Path>,
        genesis: &Hash,
        consensus_key: &PublicKey,
    ) -> Result<Option<Self>, SignFloorError> {
        let Some(floor) = Self::read(path.as_ref())? else { return Ok(None) };
        floor.check(genesis, consensus_key)?;
        Ok(Some(floor))
    }

    /// Writes the floor in place of the one there; durable when it returns.
    ///
    /// # Errors
    /// [`SignFloorError::Lowered`] rather than lowering it, [`SignFloorError::Chain`] and
    /// [`SignFloorError::Key`] rather than replacing another's; a failed disk.
    pub fn save(&self, path: impl AsRef<Path>) -> Result<(), SignFloorError> {
        let path = path.as_ref();
        if let Some(there) = Self::read(path)? {
            there.check(&self.genesis, &self.consensus_key)?;
            if self.first_height < there.first_height {
                let (current, wanted) = (there.first_height, self.first_height);
                return Err(SignFloorError::Lowered { current, wanted });
            }
        }
        let mut bytes = serde_json::to_vec_pretty(self).map_err(SignFloorError::Format)?;
        bytes.push(b'\n');
        let replaced = disk::replace(path, &bytes, |_| Ok(()));
        replaced.map(drop).map_err(|source| SignFloorError::Io { path: path.to_owned(), source })
    }

    /// Leaves a pending floor, as an import does; the height of one that is there already stays.
    ///
    /// # Errors
    /// As [`Self::save`].
    pub(super) fn begin(
        path: impl AsRef<Path>,
        genesis: Hash,
        consensus_key: PublicKey,
    ) -> Result<Self, SignFloorError> {
        let path = path.as_ref();
        let mut floor = Self::pending(genesis, consensus_key);
        if let Some(there) = Self::load(path, &genesis, &floor.consensus_key)? {
            floor.first_height = there.first_height;
        }
        floor.save(path)?;
        Ok(floor)
    }

    /// Reads the format.
    ///
    /// # Errors
    /// [`SignFloorError::TooLarge`], [`SignFloorError::Format`], [`SignFloorError::Version`].
    pub fn decode(bytes: &[u8]) -> Result<Self, SignFloorError> {
        /// Looked at first: other versions may have other fields.
        #[derive(Deserialize)]
        struct Versioned {
            version: u32,
        }
        if bytes.len() > MAX_BYTES {
            return Err(SignFloorError::TooLarge { max: MAX_BYTES });
        }
        let Versioned { version } = serde_json::from_slice(bytes).map_err(SignFloorError::Format)?;
        if version != VERSION {
            return Err(SignFloorError::Version { found: version, supported: VERSION });
        }
        serde_json::from_slice(bytes).map_err(SignFloorError::Format)
    }

    fn read(path: &Path) -> Result<Option<Self>, SignFloorError> {
        let io = |source| SignFloorError::Io { path: path.to_owned(), source };
        let file = match File::open(path) {
            Ok(file) => file,
            Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(None),
            Err(error) => return Err(io(error)),
        };
        let bytes = disk::read_bounded(&file, MAX_BYTES).map_err(io)?;
        Self::decode(&bytes.ok_or(SignFloorError::TooLarge { max: MAX_BYTES })?).map(Some)
    }

    fn check(&self, genesis: &Hash, consensus_key: &PublicKey) -> Result<(), SignFloorError> {
        if self.genesis != *genesis {
            return Err(SignFloorError::Chain { found: self.genesis, expected: *genesis });
        }
        if self.consensus_key != *consensus_key {
            return Err(SignFloorError::Key);
        }
        Ok(())
    }
}
