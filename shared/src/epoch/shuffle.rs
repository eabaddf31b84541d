//! A shuffle that every node computes alike.
//!
//! Fisher–Yates, driven by the 64-bit words SHA-256(seed ‖ domain ‖ counter). A word is reduced to a range by
//! rejection, so that no position is likelier than another.

use crate::primitives::{Hash, hash_pair};

/// Shuffles `items` by `seed`; `domain` keeps two shuffles by one seed apart.
pub(super) fn shuffle<T>(items: &mut [T], seed: &Hash, domain: &[u8]) {
    let mut words = Words { seed, domain, counter: 0 };
    for unplaced in (2..=items.len()).rev() {
        let chosen = words.below(unplaced);
        items.swap(unplaced.saturating_sub(1), chosen);
    }
}

struct Words<'a> {
    seed: &'a Hash,
    domain: &'a [u8],
    counter: u64,
}

impl Words<'_> {
    fn next(&mut self) -> u64 {
        let tail = [self.domain, &self.counter.to_be_bytes()].concat();
        self.counter = self.counter.wrapping_add(1);
        let digest = hash_pair(self.seed.as_bytes(), &tail);
        digest.as_bytes().first_chunk().copied().map_or(0, u64::from_be_bytes)
    }

    /// Uniform in `0..bound`; 0 for an empty range.
    fn below(&mut self, bound: usize) -> usize {
        let range = u64::try_from(bound).unwrap_or(u64::MAX);
        let excess = excess(range);
        // A word is refused with probability range / 2^64 at most, so for 256 tickets this never loops in practice.
        loop {
            let word = self.next();
            if word <= u64::MAX.saturating_sub(excess) {
                let reduced = word.checked_rem(range).unwrap_or_default();
                return usize::try_from(reduced).unwrap_or_default();
            }
        }
    }
}

/// `2^64 mod range`: how many of the highest words are refused, so that the rest divide evenly.
fn excess(range: u64) -> u64 {
    u64::MAX.checked_rem(range).and_then(|rest| rest.wrapping_add(1).checked_rem(range)).unwrap_or_default()
}

#[cfg(test)]
mod tests {
    #![allow(clippy::arithmetic_side_effects, reason = "tests may overflow loudly")]

    use super::*;
    use crate::primitives::hash_bytes;

    fn shuffled(len: usize, seed: u64) -> Vec<usize> {
        let mut items: Vec<usize> = (0..len).collect();
        shuffle(&mut items, &hash_bytes(&seed.to_be_bytes()), b"test");
        items
    }

    #[test]
    fn is_a_permutation_that_seed_and_domain_change() {
        for len in 0..=256 {
            let mut items = shuffled(len, 1);
            items.sort_unstable();
            assert!(items.into_iter().eq(0..len));
        }
        assert_eq!(shuffled(64, 1), shuffled(64, 1));
        assert_ne!(shuffled(64, 1), shuffled(64, 2));
        let mut other: Vec<usize> = (0..64).collect();
        shuffle(&mut other, &hash_bytes(&1_u64.to_be_bytes()), b"other");
        assert_ne!(shuffled(64, 1), other);
    }

    #[test]
    fn every_item_is_equally_likely_everywhere() {
        // 24 orders of four items, 4800 seeds: 200 expected each, standard deviation 14.
        let mut counts = std::collections::BTreeMap::<Vec<usize>, u32>::new();
        for seed in 0..4_800 {
            *counts.entry(shuffled(4, seed)).or_default() += 1;
        }
        assert_eq!(counts.len(), 24);
        assert!(counts.values().all(|count| (130..=270).contains(count)), "{counts:?}");
    }

    #[test]
    fn refused_words_make_the_rest_divide_evenly() {
        for range in [1_u64, 2, 3, 5, 128, 255, 256, 1 << 63, (1 << 63) + 1, u64::MAX] {
            assert_eq!(
                (u128::from(u64::MAX) + 1 - u128::from(excess(range))) % u128::from(range),
                0,
                "{range}"
            );
            assert!(excess(range) < range);
        }
        assert_eq!(excess(0), 0);
    }
}
