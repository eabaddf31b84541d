//! What a simulated node draws from: chance, and a stock of others.

use std::rc::Rc;

use super::*;

/// splitmix64 again, so that a run is its seed.
pub struct Random(pub u64);

impl Random {
    pub fn below(&mut self, bound: usize) -> usize {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut mixed = self.0;
        mixed = (mixed ^ (mixed >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        usize::try_from((mixed >> 33) % bound as u64).unwrap()
    }
}

/// What one node knows of the others: their numbers and when each may be dialled.
pub struct Known {
    pub network: Rc<Vec<(PeerId, Multiaddr)>>,
    pub stock: Vec<(usize, Option<Instant>)>,
    pub random: Random,
}

impl Candidates for Known {
    fn pick(&mut self, now: Instant, avoid: &dyn Fn(&PeerId, &[Multiaddr]) -> bool) -> Option<Candidate> {
        let start = self.random.below(self.stock.len());
        let (late, early) = self.stock.split_at(start);
        early.iter().chain(late).filter(|(_, ready)| ready.is_none_or(|at| at <= now)).find_map(|(n, _)| {
            let (peer, address) = &self.network[*n];
            let addresses = vec![address.clone()];
            (!avoid(peer, &addresses)).then_some(Candidate { peer: *peer, addresses })
        })
    }

    fn worked(&mut self, _: &PeerId, _: &Multiaddr, _: Instant) {}

    fn failed(&mut self, peer: &PeerId, now: Instant) {
        let network = &self.network;
        for (_, ready) in self.stock.iter_mut().filter(|(n, _)| network[*n].0 == *peer) {
            *ready = Some(now + SECOND * 30);
        }
    }
}
