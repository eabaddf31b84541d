//! The randomness that orders vacancies and proposers (protocol §6).
//!
//! A validator registers the end (*tip*) of a hash chain that it made from a secret. Each block that it builds reveals
//! the preimage of its tip, which becomes its tip:
//!
//! ```text
//!  secret ─H─► x ─H─► … ─H─► reveal 1 ─H─► reveal 0 ─H─► tip (registered)
//!     └── last reveal                 ◄──────────── time
//!
//!  acc := seed(e);  for each block of e in height order: acc := H(acc ‖ reveal);  seed(e+1) := acc
//! ```
//!
//! A reveal is fixed long before its use and checked by one hash, so a builder can withhold it only together with its
//! block. The seed is folded one reveal at a time, so that state holds one digest and not a list
//! (docs/decisions/0002-folded-seed.md).

use std::fmt;

use zeroize::Zeroizing;

use crate::primitives::{Hash, hash_bytes, hash_pair};

type Link = [u8; Hash::LEN];

/// Whether `reveal` is the preimage of `tip`.
pub fn check_reveal(tip: &Hash, reveal: &Hash) -> bool {
    hash_bytes(reveal.as_bytes()) == *tip
}

/// Folds one reveal into the seed that is being made: SHA-256(`seed_acc` ‖ `reveal`).
pub fn mix(seed_acc: &Hash, reveal: &Hash) -> Hash {
    hash_pair(seed_acc.as_bytes(), reveal.as_bytes())
}

/// The seed of epoch 0.
pub fn genesis_seed(genesis_hash: &Hash) -> Hash {
    hash_pair(b"emotionalchain/seed/v1", genesis_hash.as_bytes())
}

/// A validator's hash chain. `Debug` never shows it, and its memory is cleared on drop.
///
/// It keeps every √N-th link, so a reveal costs at most √N hashes (1024 for the default) and the memory is √N links
/// (32 KiB). The last reveal is the secret itself: derive the secret for this purpose alone.
pub struct RandomnessChain {
    /// `links[k]` is SHA-256 applied `k · step` times to the secret.
    links: Zeroizing<Vec<Link>>,
    step: u64,
    reveals: u64,
    tip: Hash,
}

impl RandomnessChain {
    /// Reveals of a default chain, 2^20: at a block a second, one seat of four lasts 48 days, one of 128 four years.
    /// Made in a fraction of a second.
    pub const REVEALS: u64 = 1 << 20;

    /// A chain of [`Self::REVEALS`].
    pub fn new(secret: &[u8; 32]) -> Self {
        Self::with_reveals(secret, Self::REVEALS)
    }

    /// A chain of `reveals` (at least 1): costs that many hashes once.
    pub fn with_reveals(secret: &[u8; 32], reveals: u64) -> Self {
        let reveals = reveals.max(1);
        let step = reveals.isqrt();
        let count = reveals.checked_div(step).unwrap_or_default().saturating_add(1);
        // Reserved at once: a vector that grows leaves copies behind that are not cleared.
        let mut links = Zeroizing::new(Vec::with_capacity(usize::try_from(count).unwrap_or_default()));
        let mut link = Zeroizing::new(*secret);
        for exponent in 0..reveals {
            if exponent.checked_rem(step) == Some(0) {
                links.push(*link);
            }
            *link = next(&link);
        }
        Self { links, step, reveals, tip: Hash::new(*link) }
    }

    /// What is registered: SHA-256 applied N times to the secret.
    pub fn tip(&self) -> Hash {
        self.tip
    }

    /// N: how many reveals there are.
    pub fn reveals(&self) -> u64 {
        self.reveals
    }

    /// The reveal number `index`, from 0: the preimage of reveal `index − 1`, or of the tip; `None` once exhausted.
    pub fn reveal(&self, index: u64) -> Option<Hash> {
        let exponent = self.reveals.checked_sub(index)?.checked_sub(1)?;
        let start = self.links.get(usize::try_from(exponent.checked_div(self.step)?).ok()?)?;
        let mut link = Zeroizing::new(*start);
        for _ in 0..exponent.checked_rem(self.step)? {
            *link = next(&link);
        }
        Some(Hash::new(*link))
    }

    /// How many reveals were made when the ledger's tip is `tip`, so that the next is `reveal(position)`; `None` if it
    /// is of another chain. Costs few hashes near the beginning and N at most: asked once at a start, counted after.
    pub fn position(&self, tip: &Hash) -> Option<u64> {
        if *tip == self.tip {
            return Some(0);
        }
        self.links.iter().enumerate().rev().find_map(|(index, start)| {
            let first = u64::try_from(index).ok()?.checked_mul(self.step)?;
            let mut link = Zeroizing::new(*start);
            for exponent in first..first.saturating_add(self.step).min(self.reveals) {
                if tip.as_bytes() == &*link {
                    return self.reveals.checked_sub(exponent);
                }
                *link = next(&link);
            }
            None
        })
    }
}

fn next(link: &Link) -> Link {
    *hash_bytes(link).as_bytes()
}

impl fmt::Debug for RandomnessChain {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.debug_struct("RandomnessChain")
            .field("tip", &self.tip)
            .field("reveals", &self.reveals)
            .finish_non_exhaustive()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const SECRET: [u8; 32] = [7; 32];

    #[test]
    fn reveals_walk_from_the_tip_to_the_secret() {
        for reveals in [1, 2, 3, 4, 5, 15, 16, 17, 99, 100, 1_000] {
            let chain = RandomnessChain::with_reveals(&SECRET, reveals);
            let mut tip = chain.tip();
            for index in 0..reveals {
                assert_eq!(chain.position(&tip), Some(index), "{reveals}");
                let reveal = chain.reveal(index).unwrap();
                assert!(check_reveal(&tip, &reveal), "{reveals}: {index}");
                tip = reveal;
            }
            assert_eq!(tip, Hash::new(SECRET));
            assert_eq!(chain.position(&tip), Some(reveals), "exhausted");
            assert_eq!((chain.reveal(reveals), chain.reveal(u64::MAX)), (None, None));
        }
    }

    #[test]
    fn a_chain_has_at_least_one_reveal_and_never_shows_its_secret_as_the_tip() {
        let chain = RandomnessChain::with_reveals(&SECRET, 0);
        assert_eq!((chain.reveals(), chain.tip()), (1, hash_bytes(&SECRET)));
    }

    #[test]
    fn the_default_chain_keeps_few_links() {
        let chain = RandomnessChain::new(&SECRET);
        assert_eq!((chain.reveals(), chain.links.len()), (1 << 20, 1 << 10));
        assert!(check_reveal(&chain.tip(), &chain.reveal(0).unwrap()));
        let late = chain.reveal(1_000_000).unwrap();
        assert!(check_reveal(&late, &chain.reveal(1_000_001).unwrap()));
        assert_eq!(chain.position(&late), Some(1_000_001));
    }

    #[test]
    fn a_foreign_repeated_or_skipped_reveal_is_refused() {
        let chain = RandomnessChain::with_reveals(&SECRET, 50);
        let other = RandomnessChain::with_reveals(&[8; 32], 50);
        let tip = chain.reveal(3).unwrap();
        for wrong in [tip, chain.reveal(2).unwrap(), chain.reveal(5).unwrap(), other.reveal(4).unwrap()] {
            assert!(!check_reveal(&tip, &wrong));
        }
        assert_eq!(chain.position(&other.tip()), None);
    }

    #[test]
    fn folding_depends_on_every_reveal_and_their_order() {
        let seed = genesis_seed(&hash_bytes(b"genesis"));
        let [one, two] = [hash_bytes(b"one"), hash_bytes(b"two")];
        let folded = mix(&mix(&seed, &one), &two);
        assert_ne!(folded, mix(&mix(&seed, &two), &one));
        assert_ne!(folded, mix(&seed, &two));
        assert_ne!(folded, mix(&mix(&genesis_seed(&hash_bytes(b"other")), &one), &two));
        assert_eq!(mix(&seed, &one), hash_bytes(&[*seed.as_bytes(), *one.as_bytes()].concat()));
    }

    #[test]
    fn debug_shows_nothing_secret() {
        let chain = RandomnessChain::with_reveals(&SECRET, 9);
        let text = format!("{chain:?}");
        assert!(text.contains(&chain.tip().to_string()));
        assert!(!text.contains(&hex::encode(SECRET)) && !text.contains("[7") && !text.contains("links"));
    }
}
