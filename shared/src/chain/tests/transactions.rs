//! Money moves by signed orders, each all or nothing; none is made or lost on the way.

use super::{
    harness::{Chain, PURSE},
    orders::transactions,
};
use crate::{
    chain::{Action, Transaction, TransactionRefusal},
    crypto::Signature,
    primitives::{Amount, Nonce},
};

const FEE: u64 = 1_000;

fn micro(value: u64) -> Amount {
    Amount::from_micro(value)
}

fn chain() -> Chain {
    let mut chain = Chain::new(4);
    chain.run(1);
    chain
}

fn judge(chain: &Chain, transaction: &Transaction) -> Result<(), TransactionRefusal> {
    chain.next().add_transaction(transaction)
}

/// A transfer of person 4 to 5 with everything to choose.
fn transfer(chain: &Chain, nonce: u64, fee: u64, amount: u64) -> Transaction {
    let action = Action::Transfer { to: chain.people[5].wallet(), amount: micro(amount) };
    Transaction::sign(&chain.spec.domain, &chain.people[4].account, Nonce::new(nonce), micro(fee), action)
}

#[test]
fn a_transfer_moves_money_and_pays_the_builder() {
    let mut chain = chain();
    let place = chain.place(chain.next_time(), 0);
    let builder = (0..4).find(|who| chain.people[*who].validator() == place.proposer).unwrap();
    chain.advance(transactions([transfer(&chain, 0, 2_500, 70)]));
    let balance = |who| chain.account(who).balance.micro();
    assert_eq!(balance(4), PURSE.micro() - 2_570);
    assert_eq!(balance(5), PURSE.micro() + 70);
    assert_eq!(balance(builder), PURSE.micro() + 2_500);
    assert_eq!((chain.account(4).nonce, chain.account(5).nonce), (Nonce::new(1), Nonce::ZERO));
}

#[test]
fn a_builder_pays_its_own_fee_to_itself() {
    let mut chain = chain();
    let place = chain.place(chain.next_time(), 0);
    let builder = (0..4).find(|who| chain.people[*who].validator() == place.proposer).unwrap();
    chain.advance(transactions([chain.transfer(builder, builder, 5)]));
    assert_eq!(chain.account(builder).balance, PURSE);
    assert_eq!(chain.account(builder).nonce, Nonce::new(1));
}

#[test]
fn fees_have_a_floor() {
    let chain = chain();
    let refusal = TransactionRefusal::Fee { got: micro(FEE - 1), least: micro(FEE) };
    assert_eq!(judge(&chain, &transfer(&chain, 0, FEE - 1, 1)), Err(refusal));
    assert_eq!(judge(&chain, &transfer(&chain, 0, FEE, 1)), Ok(()));
}

#[test]
fn nonces_count_included_transactions() {
    let mut chain = chain();
    let refused = |got, expected| {
        Err(TransactionRefusal::Nonce { got: Nonce::new(got), expected: Nonce::new(expected) })
    };
    for wrong in [1, 2, u64::MAX] {
        assert_eq!(judge(&chain, &transfer(&chain, wrong, FEE, 1)), refused(wrong, 0));
    }
    let first = transfer(&chain, 0, FEE, 1);
    chain.advance(transactions([first.clone(), transfer(&chain, 1, FEE, 1)]));
    assert_eq!(judge(&chain, &first), refused(0, 2), "replayed");
    assert_eq!(judge(&chain, &transfer(&chain, 2, FEE, 1)), Ok(()));
}

#[test]
fn the_balance_covers_amount_and_fee() {
    let chain = chain();
    let most = PURSE.micro() - FEE;
    assert_eq!(judge(&chain, &transfer(&chain, 0, FEE, most)), Ok(()));
    let refusal = TransactionRefusal::Balance { has: micro(most), needs: micro(most + 1) };
    assert_eq!(judge(&chain, &transfer(&chain, 0, FEE, most + 1)), Err(refusal));
    let refusal = TransactionRefusal::Balance { has: PURSE, needs: micro(u64::MAX) };
    assert_eq!(judge(&chain, &transfer(&chain, 0, u64::MAX, 1)), Err(refusal));
}

#[test]
fn nothing_cannot_be_sent() {
    let chain = chain();
    assert_eq!(judge(&chain, &transfer(&chain, 0, FEE, 0)), Err(TransactionRefusal::Amount));
}

#[test]
fn the_signature_is_the_senders_over_this_very_order_on_this_chain() {
    let chain = chain();
    let good = transfer(&chain, 0, FEE, 1);
    let refused = Err(TransactionRefusal::Signature);
    let altered = |change: fn(&mut Transaction)| {
        let mut transaction = good.clone();
        change(&mut transaction);
        judge(&chain, &transaction)
    };
    assert_eq!(altered(|one| one.body.fee = Amount::from_micro(FEE + 1)), refused);
    assert_eq!(altered(|one| one.body.action = Action::Unjail), refused);
    assert_eq!(altered(|one| one.signature = Signature::new([0; 64])), refused);
    let mut stolen = good.clone();
    stolen.body.sender = chain.people[5].account.public();
    assert_eq!(judge(&chain, &stolen), refused);
    let other = Chain::with(4, |params| params.epoch_ms = 31_000);
    assert_eq!(judge(&chain, &transfer(&other, 0, FEE, 1)), refused);
}

#[test]
fn a_refused_transaction_leaves_no_trace() {
    let chain = chain();
    let untouched = chain.next().finish().writes;
    let refused = [
        transfer(&chain, 0, FEE, u64::MAX),
        transfer(&chain, 0, FEE, 0),
        transfer(&chain, 3, FEE, 1),
        chain.order(4, Action::Unbond),
        chain.order(4, Action::Unjail),
        chain.order(4, Action::RevokeDevice { device_key: chain.people[0].device.public() }),
        chain.order(0, chain.register(0)),
        chain.order(4, chain.register_for(chain.people[5].wallet(), &chain.people[4], PURSE)),
        // Everything fits but the money: found last, after the fee was taken.
        chain.order(4, chain.register_for(chain.people[4].wallet(), &chain.people[4], PURSE)),
    ];
    let mut execution = chain.next();
    for transaction in &refused {
        execution.add_transaction(transaction).unwrap_err();
    }
    assert_eq!(execution.finish().writes, untouched);
    // Nor does it undo what came before it.
    let mut execution = chain.next();
    execution.add_transaction(&chain.transfer(5, 4, 1)).unwrap();
    execution.add_transaction(&refused[0]).unwrap_err();
    let mut alone = chain.next();
    alone.add_transaction(&chain.transfer(5, 4, 1)).unwrap();
    assert_eq!(execution.finish().writes, alone.finish().writes);
}

#[test]
fn money_received_can_be_spent_in_the_same_block() {
    let mut chain = chain();
    let all = PURSE.micro() - FEE;
    let first = chain.transfer(4, 5, all);
    let action = Action::Transfer { to: chain.people[4].wallet(), amount: micro(PURSE.micro() + 1) };
    let second = chain.order(5, action);
    assert!(judge(&chain, &second).is_err());
    chain.advance(transactions([first, second]));
    assert_eq!(chain.account(4).balance.micro(), PURSE.micro() + 1);
}
