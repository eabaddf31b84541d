//! The sign floor of this node's consensus key, kept in its file.
//!
//! Rules:
//! - a key made here and a log that is there: no floor;
//! - blocks in the store and no log: the memory of what was signed is gone, so the floor rises above the head before a
//!   new log is begun. In this order a crash between the two finds the log missing again;
//! - an imported key: the floor is pending, nothing is signed. It is settled at the first final block whose time lies
//!   within [`FRESH_MS`] of the clock: that is the verified head of the network, which peers cannot make up. While the
//!   network stands still the floor stays pending.

use std::path::PathBuf;

use emotionalchain_shared::{
    crypto::PublicKey,
    primitives::{Hash, Height, TimeMs},
};
use tracing::warn;

use crate::keys::{SignFloor, SignFloorError};

/// How old the time of a block may be that shows the network's head, in milliseconds: three heights and a slow round.
const FRESH_MS: u64 = 10_000;

/// The floor, if the key has one.
#[derive(Debug)]
pub(super) struct Floor {
    path: PathBuf,
    floor: Option<SignFloor>,
}

impl Floor {
    /// Reads the floor of a key on a chain. `forgot`: the head of a store without a log.
    ///
    /// # Errors
    /// [`SignFloorError`]: then nothing may be signed.
    pub(super) fn open(
        path: PathBuf,
        genesis: &Hash,
        key: &PublicKey,
        forgot: Option<Height>,
    ) -> Result<Self, SignFloorError> {
        let mut floor = SignFloor::load(&path, genesis, key)?;
        if let Some(head) = forgot {
            let mut raised = floor.unwrap_or(SignFloor::above(*genesis, *key, head)?);
            // A pending floor stays so: the head of this store is older than that of the network.
            if !raised.is_pending() {
                raised.raise(head)?;
                raised.save(&path)?;
                warn!(first_height = %raised.first_height(), "no consensus log beside the blocks: nothing is signed before");
            }
            floor = Some(raised);
        }
        if floor.as_ref().is_some_and(SignFloor::is_pending) {
            warn!("imported key: nothing is signed before the head of the network is verified");
        }
        Ok(Self { path, floor })
    }

    /// The first height that may be signed; `None` while that is not known.
    pub(super) fn first_height(&self) -> Option<Height> {
        match &self.floor {
            None => Some(Height::ZERO),
            Some(floor) => (!floor.is_pending()).then(|| floor.first_height()),
        }
    }

    /// A block is final: settles a pending floor if it is the network's head. Returns the first height to sign, once.
    ///
    /// # Errors
    /// [`SignFloorError`] when the file cannot be written: the floor stays pending.
    pub(super) fn committed(
        &mut self,
        now: TimeMs,
        height: Height,
        time: TimeMs,
    ) -> Result<Option<Height>, SignFloorError> {
        let Some(floor) = self.floor.as_mut().filter(|floor| floor.is_pending()) else { return Ok(None) };
        if now.since(time) > FRESH_MS {
            return Ok(None);
        }
        let mut settled = floor.clone();
        settled.raise(height)?;
        settled.save(&self.path)?;
        *floor = settled;
        Ok(Some(floor.first_height()))
    }
}

#[cfg(test)]
mod tests {
    use emotionalchain_shared::{crypto::SecretKey, primitives::hash_bytes};

    use super::*;

    fn key() -> PublicKey {
        SecretKey::from_seed(&[1; 32]).public()
    }

    fn open(path: &std::path::Path, forgot: Option<u64>) -> Floor {
        Floor::open(path.into(), &hash_bytes(b"genesis"), &key(), forgot.map(Height::new)).unwrap()
    }

    #[test]
    fn a_lost_log_raises_the_floor_for_good() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("sign_floor.json");
        assert_eq!(open(&path, None).first_height(), Some(Height::ZERO));
        assert!(!path.exists());
        assert_eq!(open(&path, Some(7)).first_height(), Some(Height::new(9)));
        assert_eq!(open(&path, None).first_height(), Some(Height::new(9)), "after another restart too");
    }

    #[test]
    fn an_imported_key_waits_for_a_fresh_head() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("sign_floor.json");
        SignFloor::pending(hash_bytes(b"genesis"), key()).save(&path).unwrap();
        let mut floor = open(&path, Some(3));
        assert_eq!(floor.first_height(), None);
        let (now, time) = (TimeMs::from_millis(100_000), TimeMs::from_millis);
        assert_eq!(floor.committed(now, Height::new(4), time(89_999)).unwrap(), None, "still catching up");
        assert_eq!(floor.committed(now, Height::new(5), time(90_000)).unwrap(), Some(Height::new(7)));
        assert_eq!(floor.committed(now, Height::new(6), time(99_000)).unwrap(), None, "settled once");
        assert_eq!(open(&path, None).first_height(), Some(Height::new(7)));
    }

    #[test]
    fn the_floor_of_another_key_is_an_error() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("sign_floor.json");
        SignFloor::pending(hash_bytes(b"other chain"), key()).save(&path).unwrap();
        let opened = Floor::open(path, &hash_bytes(b"genesis"), &key(), None);
        assert!(matches!(opened, Err(SignFloorError::Chain { .. })));
    }
}
