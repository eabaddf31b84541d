//! The sign floor of this node's consensus key, kept in its file.
//!
//! Rules:
//! - the file is written before the first log is begun, with no floor in it: a log that is missing later was lost, and
//!   with it the memory of what was signed;
//! - log lost, blocks there: the floor rises above the head, before a new log is begun. In this order a crash between
//!   the two finds the log missing again;
//! - log and blocks lost, or an imported key: the floor is pending, nothing is signed. It is settled at a final block
//!   that may be the network's head: of a time within [`FRESH_MS`] of the clock, while no peer claims to be ahead. Since
//!   the network may have gone on for that long, the floor lies as many heights higher as fit in;
//! - while the network stands still a pending floor stays.

use std::path::PathBuf;

use emotionalchain_shared::{
    crypto::PublicKey,
    primitives::{Hash, Height, TimeMs},
};
use tracing::warn;

use crate::keys::{SignFloor, SignFloorError};

/// How old the time of a block may be that shows the network's head, in milliseconds: three slow rounds.
const FRESH_MS: u64 = 10_000;
/// How far it may lie ahead of the clock: past that the clock is wrong, and nothing can be said of age.
const AHEAD_MS: u64 = 1_000;

/// What the disk holds besides.
#[derive(Clone, Copy, Debug)]
pub(super) struct Disk {
    /// Whether there is a consensus log.
    pub log: bool,
    /// The newest block.
    pub head: Height,
}

/// The floor.
#[derive(Debug)]
pub(super) struct Floor {
    path: PathBuf,
    floor: SignFloor,
    /// Least time between two heights, milliseconds.
    interval_ms: u64,
}

impl Floor {
    /// Reads the floor of a key on a chain, or begins it. `interval_ms`: least time between two blocks.
    ///
    /// # Errors
    /// [`SignFloorError`]: then nothing may be signed.
    pub(super) fn open(
        path: PathBuf,
        genesis: &Hash,
        key: &PublicKey,
        disk: Disk,
        interval_ms: u64,
    ) -> Result<Self, SignFloorError> {
        let found = SignFloor::load(&path, genesis, key)?;
        let known = found.is_some();
        let mut floor = found.unwrap_or(SignFloor::none(*genesis, *key));
        let lost = !disk.log && (known || disk.head > Height::ZERO);
        if lost && !floor.is_pending() {
            if disk.head > Height::ZERO {
                floor.raise(disk.head)?;
            } else {
                floor.suspend();
            }
            warn!(
                pending = floor.is_pending(), first_height = %floor.first_height(), path = %path.display(),
                "the consensus log is gone: what this key signed is not known"
            );
        }
        if lost || !known {
            floor.save(&path)?;
        }
        if floor.is_pending() {
            warn!("nothing is signed before the head of the network is verified");
        }
        Ok(Self { path, floor, interval_ms })
    }

    /// The first height that may be signed; `None` while that is not known.
    pub(super) fn first_height(&self) -> Option<Height> {
        (!self.floor.is_pending()).then(|| self.floor.first_height())
    }

    /// A block is final: settles a pending floor if it may be the network's head. `behind`: a peer claims to be ahead.
    /// Returns the first height to sign, once.
    ///
    /// # Errors
    /// [`SignFloorError`] when the file cannot be written: the floor stays pending.
    pub(super) fn committed(
        &mut self,
        now: TimeMs,
        height: Height,
        time: TimeMs,
        behind: bool,
    ) -> Result<Option<Height>, SignFloorError> {
        if !self.floor.is_pending() || behind || now.since(time) > FRESH_MS || time.since(now) > AHEAD_MS {
            return Ok(None);
        }
        let since = FRESH_MS.saturating_add(AHEAD_MS).div_ceil(self.interval_ms.max(1));
        let mut settled = self.floor.clone();
        settled.raise(Height::new(height.get().saturating_add(since)))?;
        settled.save(&self.path)?;
        self.floor = settled;
        Ok(Some(self.floor.first_height()))
    }
}

#[cfg(test)]
mod tests {
    use std::path::Path;

    use emotionalchain_shared::{crypto::SecretKey, primitives::hash_bytes};

    use super::*;

    fn key() -> PublicKey {
        SecretKey::from_seed(&[1; 32]).public()
    }

    fn open(path: &Path, log: bool, head: u64) -> Floor {
        let disk = Disk { log, head: Height::new(head) };
        Floor::open(path.into(), &hash_bytes(b"genesis"), &key(), disk, 1_000).unwrap()
    }

    fn settle(floor: &mut Floor, height: u64, age_ms: i64, behind: bool) -> Option<u64> {
        let time = TimeMs::from_millis(100_000_u64.checked_add_signed(-age_ms).unwrap());
        let settled = floor.committed(TimeMs::from_millis(100_000), Height::new(height), time, behind);
        settled.unwrap().map(Height::get)
    }

    #[test]
    fn a_lost_log_raises_the_floor_for_good() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("sign_floor.json");
        assert_eq!(open(&path, false, 0).first_height(), Some(Height::ZERO), "a first start");
        assert_eq!(open(&path, true, 6).first_height(), Some(Height::ZERO));
        assert_eq!(open(&path, false, 7).first_height(), Some(Height::new(9)));
        assert_eq!(open(&path, true, 7).first_height(), Some(Height::new(9)), "after another restart too");
    }

    #[test]
    fn blocks_without_a_log_or_a_floor_raise_one() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("sign_floor.json");
        assert_eq!(open(&path, false, 7).first_height(), Some(Height::new(9)));
    }

    #[test]
    fn a_lost_data_folder_suspends_signing() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("sign_floor.json");
        assert!(open(&path, false, 0).first_height().is_some());
        assert_eq!(open(&path, false, 0).first_height(), None);
        assert_eq!(open(&path, true, 3).first_height(), None, "until the head of the network is verified");
    }

    #[test]
    fn a_pending_floor_is_settled_at_the_head_of_the_network_alone() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("sign_floor.json");
        SignFloor::pending(hash_bytes(b"genesis"), key()).save(&path).unwrap();
        let mut floor = open(&path, false, 3);
        assert_eq!(floor.first_height(), None, "the head of this store is not that of the network");
        assert_eq!(settle(&mut floor, 4, 10_001, false), None, "still catching up");
        assert_eq!(settle(&mut floor, 5, 10, true), None, "a peer is ahead");
        assert_eq!(settle(&mut floor, 5, -1_001, false), None, "the clock is behind");
        assert_eq!(settle(&mut floor, 5, 10_000, false), Some(5 + 11 + 2));
        assert_eq!(settle(&mut floor, 6, 0, false), None, "settled once");
        assert_eq!(open(&path, true, 6).first_height(), Some(Height::new(18)));
    }

    #[test]
    fn the_floor_of_another_chain_is_an_error() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("sign_floor.json");
        SignFloor::pending(hash_bytes(b"other chain"), key()).save(&path).unwrap();
        let disk = Disk { log: true, head: Height::ZERO };
        let opened = Floor::open(path, &hash_bytes(b"genesis"), &key(), disk, 1_000);
        assert!(matches!(opened, Err(SignFloorError::Chain { .. })));
    }
}
