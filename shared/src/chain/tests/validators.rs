//! Registration, leaving and return of validators.

use super::{
    harness::{Chain, EPOCH, PURSE, Person, at},
    orders::transactions,
};
use crate::{
    chain::{Action, Ingredients, Transaction, TransactionRefusal},
    crypto::SignKind,
    primitives::Amount,
};

fn chain() -> Chain {
    let mut chain = Chain::new(4);
    chain.run(1);
    chain
}

fn judge(chain: &Chain, who: usize, action: Action) -> Result<(), TransactionRefusal> {
    chain.next().add_transaction(&chain.order(who, action))
}

fn bond() -> Amount {
    Amount::from_emo(10_000).unwrap()
}

#[test]
fn registration_locks_a_bond_and_seats_nobody() {
    let mut chain = chain();
    chain.advance(transactions([chain.order(4, chain.register(4))]));
    let record = chain.standing(4);
    assert_eq!((record.account, record.bond), (chain.people[4].wallet(), bond()));
    assert_eq!((record.seated, record.standing.score), (false, None));
    assert_eq!(record.randomness_tip, chain.people[4].randomness.tip());
    let paid = PURSE.micro() - bond().micro() - 1_000;
    assert_eq!(chain.account(4).balance.micro(), paid);
    assert_eq!(chain.seats(), [0, 1, 2, 3]);
}

#[test]
fn the_bond_has_a_floor_and_must_be_there() {
    let chain = chain();
    let asking = |micro| {
        let bond = Amount::from_micro(micro);
        judge(&chain, 4, chain.register_for(chain.people[4].wallet(), &chain.people[4], bond))
    };
    let got = Amount::from_micro(bond().micro() - 1);
    assert_eq!(asking(got.micro()), Err(TransactionRefusal::Bond { got, least: bond() }));
    assert_eq!(asking(PURSE.micro() - 1_000), Ok(()));
    let has = Amount::from_micro(PURSE.micro() - 1_000);
    assert_eq!(asking(PURSE.micro()), Err(TransactionRefusal::Balance { has, needs: PURSE }));
}

#[test]
fn possession_is_bound_to_account_and_peer_id() {
    let chain = chain();
    // Seen in the pool, taken over under another account.
    assert_eq!(judge(&chain, 5, chain.register(4)), Err(TransactionRefusal::Possession));
    let mut moved = chain.register(4);
    if let Action::RegisterValidator { peer_id, .. } = &mut moved {
        *peer_id = b"another".to_vec();
    }
    assert_eq!(judge(&chain, 4, moved), Err(TransactionRefusal::Possession));
    let mut unproved = chain.register(4);
    if let Action::RegisterValidator { possession, .. } = &mut unproved {
        let one = &chain.people[4];
        let document = Transaction::key_possession(&one.wallet(), &one.peer_id());
        *possession = chain.spec.domain.sign(&one.account, SignKind::KeyPossession, &document);
    }
    assert_eq!(judge(&chain, 4, unproved), Err(TransactionRefusal::Possession));
}

#[test]
fn consensus_keys_are_unique_and_accounts_own_one_validator() {
    let mut chain = chain();
    let taken = chain.register_for(chain.people[4].wallet(), &chain.people[0], bond());
    assert_eq!(judge(&chain, 4, taken), Err(TransactionRefusal::KeyTaken), "a genesis key");
    chain.advance(transactions([chain.order(4, chain.register(4))]));
    let taken = chain.register_for(chain.people[5].wallet(), &chain.people[4], bond());
    assert_eq!(judge(&chain, 5, taken), Err(TransactionRefusal::KeyTaken));
    let second = chain.register_for(chain.people[4].wallet(), &Person::new(100), bond());
    assert_eq!(judge(&chain, 4, second), Err(TransactionRefusal::OwnsValidator));
}

#[test]
fn unbonding_returns_the_bond_after_the_delay_at_a_close() {
    let mut chain = Chain::with(4, |params| params.unbonding_ms = 2 * EPOCH);
    chain.run(1);
    chain.advance(transactions([chain.order(4, chain.register(4))]));
    chain.advance(transactions([chain.order(4, Action::Unbond)]));
    assert!(chain.standing(4).unbonding);
    assert_eq!(chain.standing(4).unbond_at, None, "the delay begins at a close");
    assert_eq!(judge(&chain, 4, Action::Unbond), Err(TransactionRefusal::Standing));

    let free = PURSE.micro() - bond().micro() - 2_000;
    chain.advance_at(at(30), Ingredients::default());
    assert_eq!(chain.standing(4).unbond_at, Some(at(90)));
    for seconds in [60, 89, 90] {
        assert_eq!(chain.account(4).balance.micro(), free, "before {seconds}");
        assert_eq!(chain.standing(4).bond, bond());
        chain.advance_at(at(seconds), Ingredients::default());
    }
    assert_eq!(chain.account(4).balance.micro(), free + bond().micro());
    let record = chain.standing(4);
    assert_eq!((record.bond, record.unbonding, record.unbond_at), (Amount::ZERO, false, None));
    assert_eq!(judge(&chain, 4, Action::Unbond), Err(TransactionRefusal::Standing), "nothing left");
}

#[test]
fn within_an_epoch_no_bond_is_released_however_late() {
    let mut chain = Chain::with(4, |params| params.unbonding_ms = EPOCH + 1_000);
    chain.run(1);
    let both = [chain.order(4, chain.register(4)), chain.later_order(4, 1, Action::Unbond)];
    chain.advance(transactions(both));
    chain.advance_at(at(30), Ingredients::default());
    assert_eq!(chain.standing(4).unbond_at, Some(at(61)));
    chain.advance_at(at(60), Ingredients::default());
    chain.advance_at(at(89), Ingredients::default());
    assert_eq!(chain.standing(4).bond, bond(), "the delay is over, but no close came");
    chain.advance_at(at(90), Ingredients::default());
    assert_eq!(chain.standing(4).bond, Amount::ZERO);
}

#[test]
fn a_seat_held_by_the_floor_keeps_its_bond_locked() {
    let mut chain = Chain::with(4, |params| params.unbonding_ms = EPOCH);
    chain.run(1);
    chain.advance(transactions([chain.order(0, Action::Unbond)]));
    for epoch in 1..5 {
        chain.advance_at(at(30 * epoch), Ingredients::default());
        let record = chain.standing(0);
        assert_eq!((record.seated, record.bond, record.unbond_at), (true, bond(), None));
    }
}

#[test]
fn an_account_that_has_its_bond_back_may_start_over_with_another_key() {
    let mut chain = Chain::with(4, |params| params.unbonding_ms = EPOCH);
    chain.run(1);
    let both = [chain.order(4, chain.register(4)), chain.later_order(4, 1, Action::Unbond)];
    chain.advance(transactions(both));
    for seconds in [30, 60] {
        chain.advance_at(at(seconds), Ingredients::default());
    }
    assert_eq!(judge(&chain, 4, chain.register(4)), Err(TransactionRefusal::KeyTaken), "never the old key");
    let again = chain.register_for(chain.people[4].wallet(), &Person::new(100), bond());
    chain.advance(transactions([chain.order(4, again)]));
    assert_eq!(chain.validator(Person::new(100).validator()).account, chain.people[4].wallet());
    assert_eq!(chain.standing(4).bond, Amount::ZERO, "the old record stays, so its key stays taken");
}

#[test]
fn strangers_neither_unbond_nor_unjail() {
    let chain = chain();
    for action in [Action::Unbond, Action::Unjail] {
        assert_eq!(judge(&chain, 4, action), Err(TransactionRefusal::NoValidator));
    }
    assert_eq!(judge(&chain, 0, Action::Unjail), Err(TransactionRefusal::Standing), "not jailed");
}
