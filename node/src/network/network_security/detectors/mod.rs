//! What an attack looks like, one kind a file: each states what it watches, from where on it speaks, and why an honest
//! load does not get there. None charges for what somebody else can bring about.

pub mod bombs;
pub mod eclipse;
pub mod equivocation;
pub mod invalid_signatures;
pub mod mesh_abuse;
pub mod replay;
pub mod slow_loris;
pub mod spam;
pub mod sybil;

/// Peers that a detector remembers: several times those that can be connected. Of more, the one that was silent the
/// longest is forgotten.
const MAX_PEERS: usize = 512;

/// Names for tests.
#[cfg(test)]
pub(super) fn peer(seed: u64) -> libp2p::PeerId {
    let digest = [seed.to_be_bytes(); 4].concat();
    libp2p::PeerId::from_bytes(&[vec![0x12, 0x20], digest].concat()).unwrap()
}
