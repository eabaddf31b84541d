//! Whatever a block holds, money is neither made nor lost: balances and bonds add up to the supply, and what left it
//! was burned.

use proptest::prelude::*;

use super::{
    harness::{Chain, Person, SECOND},
    ledger::MemoryLedger,
};
use crate::{
    chain::{
        Action, Ingredients, Transaction,
        state::{Account, Validator},
    },
    consensus::{Evidence, Vote, VoteKind},
    primitives::{Amount, BlockId, Height, Nonce, Round},
};

/// Balances and bonds of a ledger, µEMO.
fn held(ledger: &MemoryLedger) -> u64 {
    let balances =
        ledger.values(b'a').map(|value| borsh::from_slice::<Account>(value).unwrap().balance.micro());
    let bonds = ledger.values(b'v').map(|value| borsh::from_slice::<Validator>(value).unwrap().bond.micro());
    balances.chain(bonds).sum()
}

/// One random order: who, what, to whom, how much, and how its nonce and fee are off.
type Order = (usize, u8, usize, u64, u64, u64);

fn order(chain: &Chain, pending: &[u64], (who, kind, to, amount, skew, fee): Order) -> Transaction {
    let one = &chain.people[who];
    let fresh = Person::new(u8::try_from(100 + to).unwrap());
    let action = match kind {
        0..=3 => Action::Transfer { to: chain.people[to].wallet(), amount: Amount::from_micro(amount) },
        4 => chain.register_for(one.wallet(), &chain.people[to], Amount::from_micro(amount)),
        5 => chain.register_for(one.wallet(), &fresh, chain.spec.params().min_bond),
        6 => Action::Unbond,
        7 => Action::Unjail,
        8 => chain.enroll(chain.people[to].validator(), &fresh.device, 80),
        _ => Action::RevokeDevice { device_key: chain.people[to].device.public() },
    };
    let nonce = Nonce::new(chain.account(who).nonce.get() + pending[who] + skew);
    Transaction::sign(&chain.spec.domain, &one.account, nonce, Amount::from_micro(fee), action)
}

fn double_vote(chain: &Chain, who: usize) -> Evidence {
    let key = &chain.people[who].consensus;
    let vote = |id| Vote::sign(&chain.spec.domain, key, VoteKind::Precommit, chain.height(), Round::ZERO, id);
    Evidence::duplicate_vote(vote(None), vote(Some(BlockId::default())))
}

fn amounts() -> impl Strategy<Value = u64> {
    prop_oneof![
        4 => 0..2_000_000_u64,
        2 => 9_000_000_000..21_000_000_000_u64,
        1 => Just(u64::MAX),
        1 => Just(0),
    ]
}

fn orders() -> impl Strategy<Value = Vec<Order>> {
    let fees = prop_oneof![6 => Just(1_000), 1 => Just(999), 1 => 1_000..5_000_000_u64];
    let skews = prop_oneof![9 => Just(0), 1 => 0..3_u64];
    prop::collection::vec((0..7_usize, 0..10_u8, 0..7_usize, amounts(), skews, fees), 0..8)
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 24, ..ProptestConfig::default() })]

    #[test]
    fn supply_is_conserved(
        blocks in prop::collection::vec(
            (orders(), 1..45_u64, prop::option::weighted(0.1, 0..5_usize), prop::bits::u8::ANY),
            4..14,
        ),
    ) {
        let mut chain = Chain::with(5, |params| {
            params.unbonding_ms = 60_000;
            params.downtime_window = 4;
        });
        // Whoever registers may come to sit, and then must build and sign.
        chain.people.extend((100..107).map(Person::new));
        prop_assert_eq!(held(&chain.ledger), chain.globals().supply.micro());
        let mut minted = 0;
        let genesis = chain.globals().supply.micro();
        for (wanted, seconds, guilty, voters) in blocks {
            let mut pending = vec![0; chain.people.len()];
            let transactions = wanted
                .into_iter()
                .map(|one| {
                    let transaction = order(&chain, &pending, one);
                    pending[one.0] += 1;
                    transaction
                })
                .collect();
            let time = chain.globals().time.saturating_add(seconds * SECOND);
            let votes = (0..5)
                .filter(|who| chain.head.is_some() && voters & (1 << who) != 0)
                .map(|who| chain.vote_at(who, voters % 200, time))
                .collect();
            let evidence = guilty
                .filter(|_| chain.height() > Height::ZERO)
                .map(|who| double_vote(&chain, who))
                .into_iter()
                .collect();
            let block = chain.build_at(time, 0, Ingredients { votes, evidence, transactions }).unwrap().block;
            let summary = chain.commit(block);
            let rewards = summary.into_iter().flat_map(|one| one.rewards);
            minted += rewards.map(|(_, amount)| amount.micro()).sum::<u64>();
            let globals = chain.globals();
            prop_assert_eq!(held(&chain.ledger), globals.supply.micro());
            prop_assert_eq!(genesis + minted, globals.supply.micro() + globals.burned.micro());
        }
    }
}
