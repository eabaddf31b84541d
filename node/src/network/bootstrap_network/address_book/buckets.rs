//! Where peers belong: the keyed hashes and the buckets that they choose.

use std::{collections::BTreeMap, fmt};

use libp2p::{Multiaddr, PeerId};
use sha2::{Digest, Sha256};

use super::{
    super::super::subnet::{Subnet, ip_of},
    BUCKET_PEERS, BUCKETS_PER_SOURCE, BUCKETS_PER_SUBNET, FIRST_WAIT_MS, LONGEST_WAIT_MS, NEW_BUCKETS, Scope,
    TRIED_BUCKETS,
};

/// The secret; never printed.
#[derive(Clone)]
pub(super) struct Key([u8; 32]);

/// One table. No bucket holds more than [`BUCKET_PEERS`] as long as callers ask [`Buckets::has_room`] first.
#[derive(Debug, Default)]
pub(super) struct Buckets(BTreeMap<u16, Vec<PeerId>>);

impl Key {
    pub(super) const fn new(secret: [u8; 32]) -> Self {
        Self(secret)
    }

    /// The bucket of a peer that was heard of.
    pub(super) fn new_bucket(&self, peer: &PeerId, address: &Multiaddr, source: Option<Subnet>) -> u16 {
        let source = source.map(|subnet| subnet.to_string()).unwrap_or_default();
        let share = self.hash("new share", &[source.as_bytes(), &group(peer, address)]);
        let share = one_of(BUCKETS_PER_SOURCE, share);
        one_of(NEW_BUCKETS, self.hash("new bucket", &[source.as_bytes(), &share.to_le_bytes()]))
    }

    /// The bucket of a peer that worked.
    pub(super) fn tried_bucket(&self, peer: &PeerId, address: &Multiaddr) -> u16 {
        let group = group(peer, address);
        let share = one_of(BUCKETS_PER_SUBNET, self.hash("tried share", &[&group, &peer.to_bytes()]));
        one_of(TRIED_BUCKETS, self.hash("tried bucket", &[&group, &share.to_le_bytes()]))
    }

    /// How long a peer rests after so many failures, in milliseconds.
    pub(super) fn wait(&self, peer: &PeerId, failures: u32) -> u64 {
        let doublings = 1_u64.checked_shl(failures.saturating_sub(1).min(20)).unwrap_or(u64::MAX);
        let wait = FIRST_WAIT_MS.saturating_mul(doublings).min(LONGEST_WAIT_MS);
        let spread = self.hash("wait", &[&peer.to_bytes(), &failures.to_le_bytes()]) % 501;
        wait.saturating_mul(spread.saturating_add(750)).checked_div(1000).unwrap_or(wait)
    }

    /// Three draws of one pick.
    pub(super) fn draws(&self, count: u64, now_ms: u64) -> [u64; 3] {
        [0_u8, 1, 2].map(|n| self.hash("pick", &[&count.to_le_bytes(), &now_ms.to_le_bytes(), &[n]]))
    }

    /// The place of a peer in the answers of a turn.
    pub(super) fn turn(&self, peer: &PeerId, turn: u64) -> u64 {
        self.hash("turn", &[&peer.to_bytes(), &turn.to_le_bytes()])
    }

    fn hash(&self, purpose: &str, parts: &[&[u8]]) -> u64 {
        let mut hash = Sha256::new().chain_update(self.0).chain_update(purpose).chain_update([0]);
        for part in parts {
            // Lengths keep apart what would join to the same bytes.
            hash.update(part.len().to_le_bytes());
            hash.update(part);
        }
        let digest: [u8; 32] = hash.finalize().into();
        digest.first_chunk().map_or(0, |head| u64::from_le_bytes(*head))
    }
}

impl fmt::Debug for Key {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.write_str("Key(…)")
    }
}

impl Buckets {
    pub(super) fn has_room(&self, bucket: u16) -> bool {
        self.get(bucket).len() < BUCKET_PEERS
    }

    pub(super) fn get(&self, bucket: u16) -> &[PeerId] {
        self.0.get(&bucket).map(Vec::as_slice).unwrap_or_default()
    }

    pub(super) fn insert(&mut self, bucket: u16, peer: PeerId) {
        self.0.entry(bucket).or_default().push(peer);
    }

    pub(super) fn remove(&mut self, bucket: u16, peer: &PeerId) {
        if let Some(peers) = self.0.get_mut(&bucket) {
            peers.retain(|one| one != peer);
        }
    }

    /// The buckets in order.
    pub(super) fn iter(&self) -> impl Iterator<Item = &[PeerId]> {
        self.0.values().map(Vec::as_slice)
    }
}

/// The number below `count` that a hash falls on.
fn one_of(count: u16, hash: u64) -> u16 {
    hash.checked_rem(count.into()).and_then(|rest| u16::try_from(rest).ok()).unwrap_or_default()
}

/// What counts as one subnet (see [the book](super)).
fn group(peer: &PeerId, address: &Multiaddr) -> Vec<u8> {
    match (Scope::of(address), Subnet::of(address), ip_of(address)) {
        (Some(Scope::Public), Some(subnet), _) => subnet.to_string().into_bytes(),
        (Some(Scope::Private), _, Some(ip)) => ip.to_string().into_bytes(),
        _ => peer.to_bytes(),
    }
}
