//! What a message may meet on its way while a fault lasts.

use std::fmt;

use super::{MS, Micros};
use crate::rng::Rng;

/// A span of time.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Span {
    /// From then on.
    pub from: Micros,
    /// Until then.
    pub until: Micros,
}

impl Span {
    /// Whether a moment lies in it.
    pub fn holds(&self, at: Micros) -> bool {
        self.from <= at && at < self.until
    }
}

impl fmt::Display for Span {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(out, "{}..{} ms", self.from / MS, self.until / MS)
    }
}

/// A condition of the network, for a while.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Weather {
    /// These nodes and the others do not hear each other.
    Partition(Vec<usize>),
    /// So many messages of a thousand are lost.
    Loss(u64),
    /// So many of a thousand arrive twice.
    Duplication(u64),
    /// So many of a thousand are held back by up to 400 ms, so that later ones overtake them.
    Reordering(u64),
    /// Every node sends no more than so many kilobytes a second.
    Bandwidth(u64),
}

/// The longest that reordering holds a message back.
const HELD_BACK: Micros = 400 * MS;

impl Weather {
    /// Its name, for counting.
    pub fn name(&self) -> &'static str {
        match self {
            Self::Partition(_) => "partition",
            Self::Loss(_) => "loss",
            Self::Duplication(_) => "duplication",
            Self::Reordering(_) => "reordering",
            Self::Bandwidth(_) => "bandwidth",
        }
    }

    /// What it does to a message that takes `way`: the times of its arrivals; `None` if it does nothing.
    pub fn meet(&self, from: usize, to: usize, way: Micros, rng: &mut Rng) -> Option<Vec<Micros>> {
        match self {
            Self::Partition(side) => (side.contains(&from) != side.contains(&to)).then(Vec::new),
            Self::Loss(share) => rng.chance(*share).then(Vec::new),
            Self::Duplication(share) => rng.chance(*share).then(|| vec![way, way + rng.below(200 * MS)]),
            Self::Reordering(share) => rng.chance(*share).then(|| vec![way + rng.below(HELD_BACK)]),
            Self::Bandwidth(_) => None,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_partition_cuts_across_and_nowhere_else() {
        let cut = Weather::Partition(vec![0, 2]);
        let mut rng = Rng::new(1, "weather");
        assert_eq!(cut.meet(0, 1, 5, &mut rng), Some(Vec::new()));
        assert_eq!(cut.meet(0, 2, 5, &mut rng), None);
        assert_eq!(cut.meet(1, 3, 5, &mut rng), None);
    }

    #[test]
    fn duplicates_come_twice_and_late_ones_later() {
        let mut rng = Rng::new(1, "weather");
        assert_eq!(Weather::Duplication(1_000).meet(0, 1, 5, &mut rng).map(|all| all.len()), Some(2));
        assert!(Weather::Reordering(1_000).meet(0, 1, 5, &mut rng).is_some_and(|all| all[0] >= 5));
        assert_eq!(Weather::Loss(0).meet(0, 1, 5, &mut rng), None);
    }
}
