//! Where the peers to dial come from: the address book, seen from here.

use std::time::Instant;

use libp2p::{Multiaddr, PeerId};

/// A peer that may be dialled.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Candidate {
    /// Who is expected to answer.
    pub peer: PeerId,
    /// Where; the first [`MAX_ADDRESSES`](super::MAX_ADDRESSES) are tried.
    pub addresses: Vec<Multiaddr>,
}

/// A stock of candidates. It spaces the attempts at one peer out; whom to dial at all, the manager decides.
pub trait Candidates {
    /// A candidate that is not to be avoided and whose last failure is long enough ago; `None` if there is none.
    fn pick(&mut self, now: Instant, avoid: &dyn Fn(&PeerId, &[Multiaddr]) -> bool) -> Option<Candidate>;

    /// A peer that this node dialled at this address has shown that it is a full peer of this chain.
    fn worked(&mut self, peer: &PeerId, address: &Multiaddr, now: Instant);

    /// A dial failed, or its peer left at once.
    fn failed(&mut self, peer: &PeerId, now: Instant);
}
