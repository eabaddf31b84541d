//! The rules of a start.

use super::harness::{Chain, Person, genesis};
use crate::{
    chain::{ChainSpec, Genesis, GenesisAccount, GenesisDevice, GenesisError, state::StateKey},
    merkle::MAX_VALUE,
    primitives::{Address, Amount},
};

fn refusal(change: impl FnOnce(&mut Genesis, &[Person])) -> GenesisError {
    let people: Vec<Person> = (0..6).map(Person::new).collect();
    let mut genesis = genesis(&people, 4);
    assert!(ChainSpec::new(genesis.clone()).is_ok());
    change(&mut genesis, &people);
    ChainSpec::new(genesis).unwrap_err()
}

#[test]
fn every_rule_of_a_start_is_checked() {
    use GenesisError as E;
    let one = |people: &[Person]| people[0].validator();
    assert!(matches!(refusal(|genesis, _| genesis.params.epoch_ms = 1), E::Params(_)));
    assert!(matches!(refusal(|genesis, _| genesis.validators.clear()), E::Validators(_)));
    assert!(matches!(
        refusal(|genesis, _| genesis.validators.push(genesis.validators[0].clone())),
        E::Validators(_)
    ));
    assert!(matches!(refusal(|genesis, _| genesis.validators[0].bond = Amount::ZERO), E::Validator(_)));
    assert!(matches!(refusal(|genesis, _| genesis.validators[0].peer_id.clear()), E::Validator(_)));
    assert!(matches!(refusal(|genesis, _| genesis.validators[0].peer_id = vec![1; 65]), E::Validator(_)));
    let shared = |genesis: &mut Genesis, _: &[Person]| {
        genesis.validators[1].account = genesis.validators[0].account;
    };
    assert!(matches!(refusal(shared), E::DuplicateAccount(_)));
    let twice = |genesis: &mut Genesis, _: &[Person]| genesis.accounts.push(genesis.accounts[0].clone());
    assert!(matches!(refusal(twice), E::DuplicateAccount(_)));
    for balance in [Amount::from_emo(57_000_000).unwrap(), Amount::from_micro(u64::MAX)] {
        let rich = GenesisAccount { address: Address::new([1; 20]), balance };
        assert!(matches!(refusal(|genesis, _| genesis.accounts.push(rich)), E::Supply(_)));
    }
    let device = |validator, tier, simulated, number| GenesisDevice {
        validator,
        device_key: Person::new(number).device.public(),
        tier,
        simulated,
    };
    for (stranger, tier, simulated, number) in
        [(true, 80, true, 50), (false, 100, false, 50), (false, 80, true, 0)]
    {
        let bad = |genesis: &mut Genesis, people: &[Person]| {
            let validator = if stranger { people[4].validator() } else { one(people) };
            genesis.devices.push(device(validator, tier, simulated, number));
        };
        assert!(matches!(refusal(bad), E::Device(_)), "{tier} {number}");
    }
    assert!(matches!(refusal(|genesis, _| genesis.params.allow_simulated = false), E::Device(_)));
}

#[test]
fn every_part_of_a_genesis_is_in_its_hash() {
    let people: Vec<Person> = (0..6).map(Person::new).collect();
    let base = genesis(&people, 4);
    type Change = fn(&mut Genesis);
    let changes: [Change; 6] = [
        |genesis| genesis.chain_id = "other".parse().unwrap(),
        |genesis| genesis.time_ms = genesis.time_ms.saturating_add(1),
        |genesis| genesis.params.challenge_window += 1,
        |genesis| genesis.accounts.swap(0, 1),
        |genesis| drop(genesis.validators.pop()),
        |genesis| genesis.devices[0].tier = 70,
    ];
    for change in changes {
        let mut other = base.clone();
        change(&mut other);
        assert_ne!(other.hash(), base.hash());
    }
    let text = serde_json::to_string_pretty(&base).unwrap();
    assert_eq!(
        serde_json::from_str::<Genesis>(&text).unwrap().hash(),
        base.hash(),
        "spacing does not matter"
    );
}

#[test]
fn genesis_state_holds_what_the_file_says() {
    let chain = Chain::new(4);
    let globals = chain.globals();
    assert_eq!(Some(globals.supply), chain.spec.genesis.supply());
    assert_eq!((globals.height.get(), globals.epoch.get(), globals.validators), (0, 0, 4));
    assert_eq!(chain.seats(), [0, 1, 2, 3]);
    for who in 0..4 {
        let record = chain.standing(who);
        assert_eq!((record.seated, record.standing.score), (true, None));
        assert_eq!(chain.device(who).validator, chain.people[who].validator());
    }
}

#[test]
fn the_longest_downtime_window_fits_a_record() {
    let mut chain = Chain::with(4, |params| params.downtime_window = 8_000);
    chain.run(1);
    let mut record = chain.standing(0);
    // One block an epoch: an entry for every height of the window.
    for _ in 0..9_000 {
        record.attendance.record(1, 1, chain.spec.params());
    }
    record.peer_id = vec![1; 64];
    (record.last_vote, record.unbond_at) = (Some(Default::default()), Some(Default::default()));
    record.standing.score = Some(Default::default());
    assert!(borsh::to_vec(&record).unwrap().len() <= MAX_VALUE);
    assert!(StateKey::Validator(chain.people[0].validator()).to_bytes().len() <= crate::merkle::MAX_KEY);
    let too_long = refusal(|genesis, _| genesis.params.downtime_window = 8_001);
    assert!(matches!(too_long, GenesisError::Params(_)));
}
