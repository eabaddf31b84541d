//! Aggregates of open statements, each of which is individually public anyway (protocol §6).
//!
//! Below `wellness_min` contributors no aggregate is formed: a mean of few says more of each than the reader might
//! think. Private statements do not enter.

use borsh::{BorshDeserialize, BorshSerialize};

use crate::{
    biometrics::OpenStatement,
    chain::{Params, Wellness},
    primitives::BasisPoints,
};

/// Sums over the open statements of one epoch.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, BorshSerialize, BorshDeserialize)]
pub struct WellnessTotals {
    contributors: u32,
    score: u64,
    stress: u64,
    focus: u64,
    heart_rate_cbpm: u64,
}

impl WellnessTotals {
    /// Adds one open statement.
    pub fn add(&mut self, open: &OpenStatement) {
        self.contributors = self.contributors.saturating_add(1);
        self.score = self.score.saturating_add(open.score.get().into());
        self.stress = self.stress.saturating_add(open.stress.into());
        self.focus = self.focus.saturating_add(open.focus.into());
        self.heart_rate_cbpm = self.heart_rate_cbpm.saturating_add(open.heart_rate_cbpm.into());
    }

    /// Statements added so far.
    pub fn contributors(&self) -> u32 {
        self.contributors
    }

    /// The means, rounded down; `None` below `wellness_min` contributors.
    pub fn finish(&self, params: &Params) -> Option<Wellness> {
        if self.contributors < params.wellness_min {
            return None;
        }
        let mean = |sum: u64| sum.checked_div(self.contributors.into());
        Some(Wellness {
            contributors: self.contributors,
            score: BasisPoints::new(u16::try_from(mean(self.score)?).ok()?)?,
            stress: u8::try_from(mean(self.stress)?).ok()?,
            focus: u8::try_from(mean(self.focus)?).ok()?,
            heart_rate_cbpm: u32::try_from(mean(self.heart_rate_cbpm)?).ok()?,
        })
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::arithmetic_side_effects, reason = "tests may overflow loudly")]

    use super::*;

    fn totals(contributors: u16) -> WellnessTotals {
        let mut totals = WellnessTotals::default();
        for index in 0..contributors {
            totals.add(&OpenStatement {
                score: BasisPoints::new(5_000 + index).unwrap(),
                stress: 20,
                focus: 100,
                authenticity: 80,
                heart_rate_cbpm: 6_000 + u32::from(index) * 100,
            });
        }
        totals
    }

    #[test]
    fn means_are_rounded_down() {
        let expected = Wellness {
            contributors: 20,
            score: BasisPoints::new(5_009).unwrap(),
            stress: 20,
            focus: 100,
            heart_rate_cbpm: 6_950,
        };
        assert_eq!(totals(20).finish(&Params::default()), Some(expected));
    }

    #[test]
    fn few_contributors_show_no_aggregate() {
        let params = Params::default();
        assert_eq!(totals(19).finish(&params), None);
        assert!(totals(20).finish(&params).is_some());
        let unchecked = Params { wellness_min: 0, ..params };
        assert_eq!(WellnessTotals::default().finish(&unchecked), None, "no mean of nothing");
    }

    #[test]
    fn survives_storage() {
        let totals = totals(31);
        let bytes = borsh::to_vec(&totals).unwrap();
        assert_eq!(borsh::from_slice::<WellnessTotals>(&bytes).unwrap(), totals);
        assert_eq!(totals.contributors(), 31);
    }
}
