use super::*;
use std::time::Duration;

fn peer(seed: u64) -> PeerId {
    let digest = [seed.to_be_bytes(); 4].concat();
    PeerId::from_bytes(&[vec![0x12, 0x20], digest].concat()).unwrap()
}

fn small(max_accounts: usize) -> Budgets {
    Budgets::new(BudgetConfig { max_accounts, ..BudgetConfig::default() })
}

/// Accounts of peers and of validators.
fn accounts(budgets: &Budgets) -> (usize, usize) {
    (budgets.peers.open.len(), budgets.validators.open.len())
}

/// How many messages pass at one instant.
fn burst(budgets: &mut Budgets, peer: PeerId, class: Traffic, now: Instant) -> usize {
    let within = |_: &u32| budgets.charge(peer, class, 1, 0, now) == Charge::Within;
    (0..100_000_u32).take_while(within).count()
}

#[test]
fn messages_bytes_and_cost_each_have_a_limit() {
    let (mut budgets, now) = (Budgets::new(BudgetConfig::default()), Instant::now());
    let over = Charge::Over { conduct: Conduct::Flood };
    assert_eq!(burst(&mut budgets, peer(1), Traffic::Proofs, now), 4_096);
    assert_eq!(budgets.charge(peer(2), Traffic::Proofs, 24 << 20, 0, now), Charge::Within);
    assert_eq!(budgets.charge(peer(2), Traffic::Proofs, 1, 0, now), over);
    assert_eq!(budgets.charge(peer(3), Traffic::Proofs, 0, 16_384, now), Charge::Within);
    assert_eq!(budgets.charge(peer(3), Traffic::Proofs, 0, 1, now), over);
    assert_eq!(budgets.charge(peer(3), Traffic::Votes, 0, 1, now), Charge::Within, "another class");
}

#[test]
fn a_reconnect_heals_nothing() {
    let (mut budgets, now) = (small(64), Instant::now());
    budgets.connected(peer(1), now);
    burst(&mut budgets, peer(1), Traffic::Votes, now);
    budgets.disconnected(&peer(1));
    budgets.tick(now + Duration::from_secs(1));
    budgets.connected(peer(1), now + Duration::from_secs(1));
    assert_eq!(burst(&mut budgets, peer(1), Traffic::Votes, now + Duration::from_secs(1)), 128);
}

#[test]
fn who_owes_nothing_is_forgotten_once_it_is_gone() {
    let (mut budgets, now) = (small(64), Instant::now());
    budgets.connected(peer(1), now);
    burst(&mut budgets, peer(1), Traffic::Votes, now);
    let almost = now + Duration::from_millis(31_999);
    let later = now + Duration::from_secs(32);
    budgets.tick(later);
    assert_eq!(accounts(&budgets), (1, 0), "it is still here");
    budgets.disconnected(&peer(1));
    budgets.tick(almost);
    assert_eq!(accounts(&budgets), (1, 0), "it still owes");
    budgets.tick(later);
    assert_eq!(accounts(&budgets), (0, 0));
}

#[test]
fn many_identities_do_not_wipe_out_a_debt() {
    let (mut budgets, now) = (small(16), Instant::now());
    burst(&mut budgets, peer(0), Traffic::Consensus, now);
    for id in 1..200 {
        assert_eq!(budgets.charge(peer(id), Traffic::Consensus, 1, 1, now), Charge::Within);
        assert!(accounts(&budgets).0 <= 16);
    }
    assert_eq!(burst(&mut budgets, peer(0), Traffic::Consensus, now), 0);
}

#[test]
fn those_who_are_connected_are_not_displaced() {
    let (mut budgets, now) = (small(16), Instant::now());
    budgets.connected(peer(0), now);
    for id in 1..200 {
        budgets.charge(peer(id), Traffic::Consensus, 1, 1, now);
    }
    assert_eq!(burst(&mut budgets, peer(0), Traffic::Consensus, now), 8_000, "full from before the pressure");
}

#[test]
fn newcomers_start_small_under_pressure() {
    let (mut budgets, now) = (small(16), Instant::now());
    for id in 0..12 {
        assert_eq!(burst(&mut budgets, peer(id), Traffic::Votes, now), 4_096);
    }
    assert_eq!(burst(&mut budgets, peer(12), Traffic::Votes, now), 512);
    let later = now + Duration::from_mins(10);
    assert_eq!(burst(&mut budgets, peer(13), Traffic::Votes, later), 4_096, "the pressure has passed");
}

#[test]
fn a_bound_holds_even_when_all_are_connected() {
    let (mut budgets, now) = (small(8), Instant::now());
    for id in 0..50 {
        budgets.connected(peer(id), now);
    }
    assert_eq!(accounts(&budgets), (8, 0));
}

#[test]
fn a_validator_has_its_own_account_whoever_brings_it() {
    let (mut budgets, now) = (small(64), Instant::now());
    let mut within = |validator| {
        let charge = |_: &u32| {
            budgets.charge_validator([validator; 32], Traffic::Votes, 100, 2, now) == Charge::Within
        };
        (0..1_000_u32).take_while(charge).count()
    };
    assert_eq!((within(1), within(1), within(2)), (64, 0, 64));
}

#[test]
fn the_scale_changes_sizes_and_rates() {
    let now = Instant::now();
    let mut budgets = Budgets::new(BudgetConfig { scale_per_mille: 500, ..BudgetConfig::default() });
    assert_eq!(burst(&mut budgets, peer(1), Traffic::Votes, now), 2_048);
    assert_eq!(burst(&mut budgets, peer(1), Traffic::Votes, now + Duration::from_secs(1)), 64);
}
