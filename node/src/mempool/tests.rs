use std::time::{Duration, Instant};

use emotionalchain_shared::{
    crypto::SecretKey,
    primitives::{ChainId, hash_bytes},
};
use proptest::prelude::*;

use super::*;

const RICH: u64 = 1_000_000_000_000;

fn domain() -> SignDomain {
    SignDomain::new(&"mempool".parse::<ChainId>().unwrap(), &hash_bytes(b"genesis"))
}

fn key(seed: u8) -> SecretKey {
    SecretKey::from_seed(&[seed; 32])
}

fn address(seed: u8) -> Address {
    key(seed).public().address()
}

fn account(balance: u64, nonce: u64) -> Account {
    Account { balance: Amount::from_micro(balance), nonce: Nonce::new(nonce) }
}

fn transfer(seed: u8, nonce: u64, fee: u64, amount: u64) -> Transaction {
    let action = Action::Transfer { to: Address::new([9; 20]), amount: Amount::from_micro(amount) };
    Transaction::sign(&domain(), &key(seed), Nonce::new(nonce), Amount::from_micro(fee), action)
}

fn pay(seed: u8, nonce: u64, fee: u64) -> Transaction {
    transfer(seed, nonce, fee, 1)
}

fn pool(change: impl FnOnce(&mut MempoolConfig)) -> Mempool {
    let mut config = MempoolConfig::default();
    change(&mut config);
    Mempool::new(config)
}

fn put(pool: &mut Mempool, transaction: &Transaction) -> Result<Inserted, MempoolRefusal> {
    pool.insert(transaction.clone(), account(RICH, 0), &domain())
}

fn kept(pool: &Mempool, seed: u8) -> Vec<u64> {
    let queue = pool.senders.get(&address(seed));
    queue.map(|queue| queue.entries.keys().map(|nonce| nonce.get()).collect()).unwrap_or_default()
}

fn chosen(pool: &Mempool, max_count: usize) -> Vec<(Address, u64)> {
    let all = pool.select(usize::MAX, max_count, &|_| account(RICH, 0));
    all.iter().map(|one| (one.sender(), one.body.nonce.get())).collect()
}

/// Books and bounds.
fn consistent(pool: &Mempool) {
    let entries: Vec<_> = pool.senders.values().flat_map(|queue| queue.entries.values()).collect();
    assert_eq!(entries.len(), pool.len());
    assert_eq!(entries.iter().map(|entry| entry.size).sum::<usize>(), pool.bytes());
    assert!(entries.iter().all(|entry| pool.get(&entry.id) == Some(&entry.transaction)));
    assert!(pool.len() <= pool.config.max_count && pool.bytes() <= pool.config.max_bytes);
    let tails = pool.senders.iter().map(|(sender, queue)| (queue.highest().unwrap().1, *sender));
    assert_eq!(tails.collect::<BTreeSet<_>>(), pool.tails);
    for queue in pool.senders.values() {
        assert!(!queue.entries.is_empty() && queue.entries.len() <= pool.config.max_per_sender);
        assert_eq!(queue.cost, queue.entries.values().map(|entry| entry.cost).sum::<u128>());
    }
}

#[test]
fn only_signed_orders_of_this_chain_enter_and_once() {
    let mut pool = pool(|_| ());
    let good = pay(1, 0, 1_000);
    let mut altered = good.clone();
    altered.body.fee = Amount::from_micro(1_001);
    assert_eq!(put(&mut pool, &altered), Err(MempoolRefusal::Signature));
    let other = SignDomain::new(&"other".parse().unwrap(), &hash_bytes(b"genesis"));
    assert_eq!(pool.insert(good.clone(), account(RICH, 0), &other), Err(MempoolRefusal::Signature));
    assert!(pool.is_empty() && !pool.contains(&good.id()));
    assert_eq!(put(&mut pool, &good), Ok(Inserted { replaced: None }));
    assert!(pool.contains(&good.id()) && pool.get(&good.id()) == Some(&good));
    assert_eq!(put(&mut pool, &good), Err(MempoolRefusal::Known));
    consistent(&pool);
}

#[test]
fn a_signature_is_not_verified_for_what_is_refused_anyway() {
    let mut pool = pool(|config| config.max_count = 1);
    let never = |_: &Transaction| -> bool { panic!("verified in vain") };
    pool.admit(pay(1, 0, 9_000), account(RICH, 0), |_| true).unwrap();
    for (transaction, account) in [
        (pay(1, 0, 9_000), account(RICH, 0)),
        (pay(1, 0, 9_001), account(RICH, 0)),
        (pay(2, 0, 1), account(RICH, 0)),
        (pay(2, 9, 9_000), account(RICH, 10)),
        (pay(2, 0, 9_000), account(9_000, 0)),
        (pay(2, 0, 8_999), account(RICH, 0)),
    ] {
        assert!(pool.admit(transaction, account, never).is_err());
    }
}

#[test]
fn the_fee_and_the_nonce_have_bounds() {
    let mut pool = pool(|config| config.max_gap = 64);
    let least = Amount::from_micro(1_000);
    let low = MempoolRefusal::Fee { got: Amount::from_micro(999), least };
    assert_eq!(put(&mut pool, &pay(1, 0, 999)), Err(low));
    for (nonce, fits) in [(4, false), (5, true), (69, true), (70, false)] {
        let found = pool.insert(pay(1, nonce, 1_000), account(RICH, 5), &domain());
        let refusal = MempoolRefusal::Nonce { got: Nonce::new(nonce), next: Nonce::new(5), last: 69 };
        assert_eq!(found.err(), (!fits).then_some(refusal), "nonce {nonce}");
    }
}

#[test]
fn a_replacement_pays_a_tenth_more_rounded_up() {
    let mut pool = pool(|_| ());
    let old = pay(1, 0, 1_005);
    put(&mut pool, &old).unwrap();
    let least = Amount::from_micro(1_106);
    assert_eq!(put(&mut pool, &transfer(1, 0, 1_105, 2)), Err(MempoolRefusal::Underpriced(least)));
    assert_eq!(put(&mut pool, &transfer(1, 0, 1_005, 2)), Err(MempoolRefusal::Underpriced(least)));
    let new = transfer(1, 0, 1_106, 2);
    assert_eq!(put(&mut pool, &new), Ok(Inserted { replaced: Some(old.id()) }));
    assert!(!pool.contains(&old.id()) && pool.contains(&new.id()));
    assert_eq!(pool.len(), 1);
    consistent(&pool);
}

#[test]
fn one_sender_has_a_bound_that_replacements_do_not_meet() {
    let mut pool = pool(|config| config.max_per_sender = 3);
    for nonce in 0..3 {
        put(&mut pool, &pay(1, nonce, 1_000)).unwrap();
    }
    assert_eq!(put(&mut pool, &pay(1, 3, 9_000)), Err(MempoolRefusal::SenderFull));
    assert!(put(&mut pool, &pay(1, 1, 9_000)).is_ok());
    assert!(put(&mut pool, &pay(2, 0, 1_000)).is_ok());
    consistent(&pool);
}

#[test]
fn an_account_covers_all_that_it_has_waiting() {
    let mut pool = pool(|_| ());
    let has = |balance| account(balance, 0);
    let short = |balance| Err(MempoolRefusal::Balance(Amount::from_micro(balance)));
    let mut put = |transaction, account| pool.insert(transaction, account, &domain()).map(|_| ());
    assert_eq!(put(transfer(1, 0, 1_000, 500), has(1_499)), short(1_499));
    assert_eq!(put(transfer(1, 0, 1_000, 500), has(1_500)), Ok(()));
    assert_eq!(put(transfer(1, 1, 1_000, 500), has(2_999)), short(2_999));
    assert_eq!(put(transfer(1, 1, 1_000, 500), has(3_000)), Ok(()));
    // A replacement counts instead of what it replaces.
    assert_eq!(put(transfer(1, 1, 1_100, 400), has(3_000)), Ok(()));
    assert_eq!(put(transfer(1, 1, 1_300, 300), has(3_000)), short(3_000));
    assert_eq!(put(transfer(1, 2, u64::MAX, u64::MAX), has(u64::MAX)), short(u64::MAX));
    consistent(&pool);
}

#[test]
fn a_full_pool_lets_go_of_the_cheapest_and_refuses_what_is_cheaper() {
    let mut pool = pool(|config| config.max_count = 3);
    for (seed, fee) in [(1, 3_000), (2, 2_000), (3, 4_000)] {
        put(&mut pool, &pay(seed, 0, fee)).unwrap();
    }
    assert_eq!(put(&mut pool, &pay(4, 0, 1_000)), Err(MempoolRefusal::Full));
    assert_eq!(put(&mut pool, &pay(4, 0, 2_000)), Err(MempoolRefusal::Full), "as cheap is not enough");
    assert!(put(&mut pool, &pay(4, 0, 2_500)).is_ok());
    assert_eq!((kept(&pool, 2).len(), kept(&pool, 4).len()), (0, 1));
    // A replacement needs no room.
    assert!(put(&mut pool, &transfer(4, 0, 2_750, 2)).is_ok());
    assert_eq!(pool.len(), 3);
    consistent(&pool);
}

#[test]
fn eviction_takes_the_highest_nonce_and_makes_no_gap() {
    let mut pool = pool(|config| config.max_count = 4);
    for (nonce, fee) in [(0, 1_000), (1, 9_000), (2, 1_500)] {
        put(&mut pool, &pay(1, nonce, fee)).unwrap();
    }
    put(&mut pool, &pay(2, 0, 8_000)).unwrap();
    // The cheapest is the first, but the last goes.
    put(&mut pool, &pay(3, 0, 5_000)).unwrap();
    assert_eq!(kept(&pool, 1), [0, 1]);
    // The last pays more than the newcomer: nothing of that sender may go.
    assert_eq!(put(&mut pool, &pay(4, 0, 4_000)), Err(MempoolRefusal::Full));
    assert_eq!(kept(&pool, 1), [0, 1]);
    consistent(&pool);
}

#[test]
fn a_sender_cannot_displace_what_it_builds_upon() {
    let mut pool = pool(|config| config.max_count = 3);
    put(&mut pool, &pay(1, 0, 1_000)).unwrap();
    put(&mut pool, &pay(1, 1, 1_100)).unwrap();
    put(&mut pool, &pay(2, 0, 1_200)).unwrap();
    assert_eq!(put(&mut pool, &pay(1, 2, 9_000)), Err(MempoolRefusal::Full));
    assert_eq!((kept(&pool, 1), kept(&pool, 2)), (vec![0, 1], vec![0]));
    // What stands above a replaced one may go, what stands below may not.
    assert!(put(&mut pool, &pay(1, 0, 9_000)).is_ok());
    assert_eq!(kept(&pool, 1), [0, 1]);
    consistent(&pool);
}

#[test]
fn a_large_newcomer_displaces_several_cheaper_ones_or_none() {
    let large = |fee| {
        let possession = domain().sign(&key(7), emotionalchain_shared::crypto::SignKind::KeyPossession, b"");
        let action = Action::RegisterValidator {
            consensus_key: key(7).public(),
            peer_id: vec![1; 38],
            bond: Amount::ZERO,
            randomness_tip: Hash::default(),
            possession,
        };
        Transaction::sign(&domain(), &key(7), Nonce::ZERO, Amount::from_micro(fee), action)
    };
    let (size, length) = (pay(1, 0, 1_000).encode().len(), large(2_300).encode().len());
    assert!(
        2 * size < length && length < 3 * size,
        "{length} beside one of {size} leaves no room for two more"
    );
    let mut pool = pool(|config| config.max_bytes = size + length + 1);
    for (seed, fee) in [(1, 1_000), (2, 1_100), (3, 60_000)] {
        put(&mut pool, &pay(seed, 0, fee)).unwrap();
    }
    let between = price(Amount::from_micro(2_300), length);
    assert!(
        price(Amount::from_micro(1_000), size) < between && between < price(Amount::from_micro(1_100), size)
    );
    assert_eq!(put(&mut pool, &large(2_300)), Err(MempoolRefusal::Full), "the second pays more a byte");
    assert_eq!(pool.len(), 3);
    assert!(put(&mut pool, &large(2_500)).is_ok());
    assert_eq!([1, 2, 3, 7].map(|seed| kept(&pool, seed).len()), [0, 0, 1, 1]);
    consistent(&pool);
}

#[test]
fn blocks_take_the_best_price_first_in_the_order_of_nonces() {
    let mut pool = pool(|_| ());
    for (seed, nonce, fee) in [(1, 0, 1_000), (1, 1, 9_000), (2, 0, 5_000), (2, 1, 2_000), (3, 1, 9_900)] {
        put(&mut pool, &pay(seed, nonce, fee)).unwrap();
    }
    let (a, b) = (address(1), address(2));
    // Sender 3 waits for its nonce 0.
    assert_eq!(chosen(&pool, 9), [(b, 0), (b, 1), (a, 0), (a, 1)]);
    assert_eq!(chosen(&pool, 3), [(b, 0), (b, 1), (a, 0)]);
    let size = pay(1, 0, 1_000).encode().len();
    assert_eq!(pool.select(2 * size + 9, 9, &|_| account(RICH, 0)).len(), 2);
    // The accounts moved on and the pool was not told: what is used up is passed over.
    let ahead = pool.select(usize::MAX, 9, &|_| account(RICH, 1));
    let ahead: Vec<_> = ahead.iter().map(|one| (one.sender(), one.body.nonce.get())).collect();
    assert!(ahead.len() == 3 && ahead.iter().all(|(_, nonce)| *nonce == 1), "{ahead:?}");
}

#[test]
fn selection_does_not_depend_on_the_order_of_arrival() {
    let all: Vec<_> = (1..=6).flat_map(|seed| (0..3).map(move |nonce| pay(seed, nonce, 1_000))).collect();
    let (mut one, mut two) = (pool(|_| ()), pool(|_| ()));
    for transaction in &all {
        put(&mut one, transaction).unwrap();
    }
    for transaction in all.iter().rev() {
        put(&mut two, transaction).unwrap();
    }
    assert_eq!(chosen(&one, 10), chosen(&two, 10));
}

#[test]
fn included_ones_go_and_with_them_what_their_nonces_used_up() {
    let mut pool = pool(|_| ());
    for nonce in 0..4 {
        put(&mut pool, &pay(1, nonce, 1_000)).unwrap();
    }
    // Another order of the same sender with nonce 1 was included.
    pool.committed(&[transfer(1, 1, 1_000, 77), pay(2, 0, 1_000)]);
    assert_eq!(kept(&pool, 1), [2, 3]);
    consistent(&pool);
}

#[test]
fn what_blocks_refuse_twice_is_let_go_and_its_followers_are_not_blamed() {
    let mut pool = pool(|_| ());
    let waiting = [pay(1, 0, 1_000), pay(1, 1, 1_000), pay(2, 0, 1_000)];
    for transaction in &waiting {
        put(&mut pool, transaction).unwrap();
    }
    let ids: Vec<_> = waiting.iter().take(2).map(Transaction::id).collect();
    pool.refused(&ids);
    assert_eq!(kept(&pool, 1), [0, 1]);
    pool.refused(&ids);
    assert_eq!((kept(&pool, 1), kept(&pool, 2)), (vec![1], vec![0]));
    consistent(&pool);
}

/// Excluding signatures, ten thousand transactions a second may take a tenth of a core. Ten times that is allowed
/// here, since tests share the machine; what grows with the square of the pool is far above.
#[test]
fn ten_thousand_come_and_go_within_a_second() {
    let all: Vec<_> = (1..=50).flat_map(|seed| (0..200).map(move |nonce| pay(seed, nonce, 1_000))).collect();
    let mut pool = pool(|_| ());
    let since = Instant::now();
    for transaction in &all {
        pool.admit(transaction.clone(), account(RICH, 0), |_| true).unwrap();
    }
    let (mut done, mut next) = (0, HashMap::<Address, u64>::new());
    while done < all.len() {
        let nonce = |sender: &Address| account(RICH, next.get(sender).copied().unwrap_or_default());
        let block = pool.select(1 << 20, 4_096, &nonce);
        assert!(!block.is_empty());
        for one in &block {
            next.insert(one.sender(), one.body.nonce.get() + 1);
        }
        done += block.len();
        pool.committed(&block);
    }
    let took = since.elapsed();
    println!("10,000 transactions in and out: {took:?}");
    assert!(pool.is_empty() && took < Duration::from_secs(1), "{took:?}");
}

#[derive(Clone, Debug)]
enum Step {
    Insert { seed: u8, nonce: u64, fee: u64 },
    Include(usize),
    Refuse(usize),
}

fn step() -> impl Strategy<Value = Step> {
    prop_oneof![
        8 => (1..6_u8, 0..6_u64, 1_000..1_600_u64).prop_map(|(seed, nonce, fee)| Step::Insert { seed, nonce, fee }),
        1 => (0..3_usize).prop_map(Step::Include),
        1 => (0..3_usize).prop_map(Step::Refuse),
    ]
}

/// At each step the best of all senders' next ones, looked for among all.
fn select_simply(pool: &Mempool, max_count: usize, next: &BTreeMap<Address, u64>) -> Vec<Hash> {
    let mut next = next.clone();
    let mut chosen = Vec::new();
    while chosen.len() < max_count {
        let candidate = |(sender, queue): (&Address, &Queue)| {
            let nonce = next.get(sender).copied().unwrap_or_default();
            let entry = queue.entries.get(&Nonce::new(nonce))?;
            Some((entry.price, Reverse(*sender), nonce, entry.id))
        };
        let Some(best) = pool.senders.iter().filter_map(candidate).max() else { break };
        next.insert(best.1.0, best.2 + 1);
        chosen.push(best.3);
    }
    chosen
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(128))]

    #[test]
    fn rules_hold_whatever_comes(steps in proptest::collection::vec(step(), 1..60)) {
        let size = pay(1, 0, 1_000).encode().len();
        let mut pool = pool(|config| {
            config.max_count = 9;
            config.max_bytes = 8 * size;
            config.max_per_sender = 4;
        });
        let mut next = BTreeMap::<Address, u64>::new();
        for step in steps {
            let nonces = |pool: &Mempool| -> BTreeMap<Address, Vec<(Nonce, Hash, u64)>> {
                let of = |queue: &Queue| {
                    queue.entries.iter().map(|(nonce, entry)| (*nonce, entry.id, entry.price)).collect()
                };
                pool.senders.iter().map(|(sender, queue)| (*sender, of(queue))).collect()
            };
            let before = nonces(&pool);
            match step {
                Step::Insert { seed, nonce, fee } => {
                    let new = pay(seed, nonce, fee);
                    let new_price = price(new.body.fee, new.encode().len());
                    let sender = account(RICH, next.get(&new.sender()).copied().unwrap_or_default());
                    let found = pool.insert(new.clone(), sender, &domain());
                    let after = nonces(&pool);
                    let Ok(Inserted { replaced }) = found else {
                        prop_assert_eq!(before, after);
                        continue;
                    };
                    prop_assert!(pool.contains(&new.id()));
                    for (sender, entries) in &before {
                        let kept = after.get(sender).cloned().unwrap_or_default();
                        let gone = entries.iter().filter(|(_, id, _)| !pool.contains(id) && Some(*id) != replaced);
                        for (nonce, _, price) in gone {
                            prop_assert!(*price < new_price, "only cheaper ones go");
                            prop_assert!(kept.iter().all(|(other, ..)| other < nonce), "no gap is made");
                        }
                    }
                }
                Step::Include(count) => {
                    let of = |sender: &Address| account(RICH, next.get(sender).copied().unwrap_or_default());
                    let block = pool.select(usize::MAX, count, &of);
                    let ids: Vec<_> = block.iter().map(Transaction::id).collect();
                    prop_assert_eq!(ids, select_simply(&pool, count, &next));
                    for one in &block {
                        next.insert(one.sender(), one.body.nonce.get() + 1);
                    }
                    pool.committed(&block);
                    prop_assert!(block.iter().all(|one| !pool.contains(&one.id())));
                }
                Step::Refuse(count) => {
                    let ids: Vec<_> = pool.ids.keys().take(count).copied().collect();
                    pool.refused(&ids);
                }
            }
            consistent(&pool);
        }
    }
}
