//! The floor of finality for a placement: no CPU, no bandwidth, everyone honest.
//!
//! Proposal, prevote and precommit flood on the shortest paths; each step waits for `floor(2n/3) + 1` votes; finality is
//! taken at every node, from the proposer's send to the node's quorum of precommits.

use emotionalchain_shared::consensus::quorum;

use super::{Micros, placement::Placement};

/// Finality at each of the first `seats` nodes for each proposer, unsorted.
pub fn finality(placement: &Placement, seats: usize, proposers: &[usize]) -> Vec<Micros> {
    let needed = quorum(seats) - 1;
    let vote = |sent: &[Micros]| -> Vec<Micros> {
        let arrivals = |node: usize| {
            let mut at: Vec<Micros> = (0..seats).map(|from| sent[from] + placement.way(from, node)).collect();
            at.sort_unstable();
            at[needed]
        };
        (0..seats).map(arrivals).collect()
    };
    let mut all = Vec::new();
    for &proposer in proposers {
        let got: Vec<Micros> = (0..seats).map(|node| placement.way(proposer, node)).collect();
        let polka: Vec<Micros> = vote(&got).into_iter().zip(&got).map(|(a, b)| a.max(*b)).collect();
        all.extend(vote(&polka));
    }
    all
}

/// The value below which this share (in percent) of the sorted values lies, as the reference method takes it.
pub fn percentile(sorted: &[Micros], percent: usize) -> Micros {
    sorted.get(sorted.len() * percent / 100).or(sorted.last()).copied().unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{network::MS, rng::Rng};

    #[test]
    fn a_hundred_nodes_over_the_table_need_about_a_third_of_a_second() {
        let mut all = Vec::new();
        for seed in 0..10 {
            let placement = Placement::draw(100, &mut Rng::new(seed, "placement"));
            all.extend(finality(&placement, 100, &[1, 11, 21, 31, 41, 51, 61, 71, 81, 91]));
        }
        all.sort_unstable();
        // The reference prints 321, 334, 314, 185 and 222 for p50 of its first five seeds, 378, 390, 355, 252, 288 for p95.
        let p50 = percentile(&all, 50) / MS;
        assert!((230..=340).contains(&p50), "{p50}");
        assert!(percentile(&all, 95) / MS < 480);
    }

    #[test]
    fn one_node_is_final_at_once() {
        let placement = Placement::draw(1, &mut Rng::new(1, "placement"));
        assert_eq!(finality(&placement, 1, &[0]), [0]);
    }
}
