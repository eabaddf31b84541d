//! What an epoch mints and who gets it (protocol §4, §7).
//!
//! A committee settles at its close over the commits that blocks carried, credit by address. What the division leaves
//! over is not minted.

use crate::{
    chain::Params,
    primitives::{Address, Amount, BasisPoints, Epoch},
};

/// What the close of `epoch` may mint, in µEMO, when `supply` exists: halved every `halving_epochs`, and never past
/// the supply cap.
pub fn epoch_reward(params: &Params, epoch: Epoch, supply: Amount) -> Amount {
    let halvings = epoch.get().checked_div(params.halving_epochs).unwrap_or(u64::MAX);
    let halvings = u32::try_from(halvings).unwrap_or(u32::MAX);
    let scheduled = params.epoch_reward.micro().checked_shr(halvings).unwrap_or_default();
    let room = params.supply_cap.checked_sub(supply).unwrap_or_default();
    Amount::from_micro(scheduled).min(room)
}

/// Shares `reward` in proportion to credits, each share rounded down, in the order of `credits`; shares of nothing are
/// left out. What rounding leaves is not minted.
pub fn split(reward: Amount, credits: &[(Address, u64)]) -> Vec<(Address, Amount)> {
    let total: u128 = credits.iter().map(|&(_, credit)| u128::from(credit)).fold(0, u128::saturating_add);
    let share = |credit: u64| {
        // At most u64::MAX² before the division and at most `reward` after it.
        let product = u128::from(reward.micro()).saturating_mul(u128::from(credit));
        let share = product.checked_div(total).unwrap_or_default();
        Amount::from_micro(u64::try_from(share).unwrap_or_default())
    };
    credits
        .iter()
        .map(|&(address, credit)| (address, share(credit)))
        .filter(|&(_, amount)| amount > Amount::ZERO)
        .collect()
}

/// Commits credited of commits that were possible, rounded down; 0 when none was possible.
pub fn participation(credited: u64, possible: u64) -> BasisPoints {
    let scaled = u128::from(credited.min(possible)).saturating_mul(u128::from(BasisPoints::MAX.get()));
    let share = scaled.checked_div(u128::from(possible)).unwrap_or_default();
    u16::try_from(share).ok().and_then(BasisPoints::new).unwrap_or_default()
}

#[cfg(test)]
mod tests {
    #![allow(clippy::arithmetic_side_effects, reason = "tests may overflow loudly")]

    use super::*;

    fn emo(value: u64) -> Amount {
        Amount::from_emo(value).unwrap()
    }

    fn who(index: u8) -> Address {
        Address::new([index; 20])
    }

    #[test]
    fn halves_every_four_years_down_to_nothing() {
        let params = Params::default();
        let at = |epoch| epoch_reward(&params, Epoch::new(epoch), emo(57_000_000)).micro();
        assert_eq!(at(0), 5_000_000);
        assert_eq!(at(params.halving_epochs - 1), 5_000_000);
        assert_eq!(at(params.halving_epochs), 2_500_000);
        assert_eq!(at(params.halving_epochs * 22), 1);
        assert_eq!(at(params.halving_epochs * 23), 0);
        assert_eq!(at(u64::MAX), 0);
        let years_in_epochs = 4 * 1_051_920;
        assert_eq!(params.halving_epochs, years_in_epochs);
    }

    #[test]
    fn all_rewards_ever_fit_under_the_cap() {
        let params = Params::default();
        let era = |halvings| params.halving_epochs * (params.epoch_reward.micro() >> halvings);
        let ever = Amount::from_micro((0..64).map(era).sum());
        assert!(ever > emo(42_000_000) && ever < emo(43_000_000));
        assert!(params.genesis_cap.checked_add(ever).unwrap() <= params.supply_cap);
    }

    #[test]
    fn never_mints_past_the_cap() {
        let params = Params::default();
        let at = |supply| epoch_reward(&params, Epoch::ZERO, Amount::from_micro(supply)).micro();
        let cap = params.supply_cap.micro();
        assert_eq!(at(cap - 5_000_000), 5_000_000);
        assert_eq!(at(cap - 4_999_999), 4_999_999);
        assert_eq!((at(cap), at(cap + 1), at(u64::MAX)), (0, 0, 0));
        assert_eq!(
            epoch_reward(&Params { halving_epochs: 0, ..params }, Epoch::ZERO, Amount::ZERO),
            Amount::ZERO
        );
    }

    #[test]
    fn shares_by_credit_and_keeps_the_dust() {
        let credits = [(who(1), 30), (who(2), 15), (who(3), 0), (who(4), 1)];
        let shares = split(Amount::from_micro(100), &credits);
        let expected = [(who(1), 65), (who(2), 32), (who(4), 2)];
        assert_eq!(shares, expected.map(|(who, micro)| (who, Amount::from_micro(micro))));
        assert!(split(Amount::from_micro(1), &[(who(1), 1), (who(2), 1)]).is_empty(), "dust is not minted");
        assert!(split(emo(5), &[]).is_empty());
        assert!(split(emo(5), &[(who(1), 0)]).is_empty());
        assert!(split(Amount::ZERO, &[(who(1), 1)]).is_empty());
    }

    #[test]
    fn participation_is_a_share() {
        assert_eq!(participation(1, 3).get(), 3_333);
        assert_eq!(participation(3, 3), BasisPoints::MAX);
        assert_eq!(participation(9, 3), BasisPoints::MAX);
        assert_eq!(participation(0, 0), BasisPoints::ZERO);
        assert_eq!(participation(u64::MAX, u64::MAX), BasisPoints::MAX);
    }

    #[cfg(not(target_arch = "wasm32"))]
    proptest::proptest! {
        #[test]
        fn splitting_conserves(
            reward in 0_u64..,
            credits in proptest::collection::vec(0_u64.., 1..130),
        ) {
            let credits: Vec<_> = credits.into_iter().enumerate().map(|(i, c)| (who(i as u8), c)).collect();
            let shares = split(Amount::from_micro(reward), &credits);
            let paid: u128 = shares.iter().map(|(_, amount)| u128::from(amount.micro())).sum();
            proptest::prop_assert!(paid <= u128::from(reward));
            if credits.iter().any(|&(_, credit)| credit > 0) {
                proptest::prop_assert!(u128::from(reward) - paid < credits.len() as u128, "dust only");
            }
        }

        #[test]
        fn supply_stays_under_the_cap(supply in 0_u64..=100_000_000_000_000, epoch in 0_u64..) {
            let params = Params::default();
            let supply = Amount::from_micro(supply);
            let minted = epoch_reward(&params, Epoch::new(epoch), supply);
            proptest::prop_assert!(supply.checked_add(minted).unwrap() <= params.supply_cap);
        }
    }
}
