//! A device serves one validator ever, and never again after it was revoked.

use super::{
    harness::{Chain, Person},
    orders::transactions,
};
use crate::{
    chain::{Action, Transaction, TransactionRefusal},
    crypto::SignKind,
    primitives::Height,
};

fn chain() -> Chain {
    let mut chain = Chain::new(4);
    chain.run(1);
    chain
}

fn judge(chain: &Chain, who: usize, action: Action) -> Result<(), TransactionRefusal> {
    chain.next().add_transaction(&chain.order(who, action))
}

fn enrolment(chain: &Chain, owner: usize, device: &Person, tier: u8) -> Action {
    chain.enroll(chain.people[owner].validator(), &device.device, tier)
}

#[test]
fn an_enrolled_device_stands_in_state() {
    let mut chain = chain();
    let device = Person::new(100);
    chain.advance(transactions([chain.order(0, enrolment(&chain, 0, &device, 70))]));
    chain.people.push(device);
    let record = chain.device(chain.people.len() - 1);
    assert_eq!((record.validator, record.tier), (chain.people[0].validator(), 70));
    assert_eq!((record.enrolled, record.revoked, record.simulated), (Height::new(2), None, false));
}

#[test]
fn only_an_owner_of_a_validator_enrolls_and_for_its_own() {
    let chain = chain();
    let device = Person::new(100);
    let none = judge(&chain, 4, enrolment(&chain, 0, &device, 70));
    assert_eq!(none, Err(TransactionRefusal::NoValidator));
    // Possession names validator 0, the sender owns validator 1.
    let other = judge(&chain, 1, enrolment(&chain, 0, &device, 70));
    assert_eq!(other, Err(TransactionRefusal::Possession));
}

#[test]
fn possession_is_of_the_device_over_validator_and_tier() {
    let chain = chain();
    let device = Person::new(100);
    let good = enrolment(&chain, 0, &device, 80);
    assert_eq!(judge(&chain, 0, good.clone()), Ok(()));
    let domain = &chain.spec.domain;
    let document = Transaction::device_possession(&chain.people[0].validator(), 80);
    for possession in [
        domain.sign(&chain.people[0].account, SignKind::KeyPossession, &document),
        domain.sign(&device.device, SignKind::BiometricProof, &document),
    ] {
        let mut wrong = good.clone();
        if let Action::EnrollDevice { possession: place, .. } = &mut wrong {
            *place = possession;
        }
        assert_eq!(judge(&chain, 0, wrong), Err(TransactionRefusal::Possession));
    }
    let mut cheaper = good;
    if let Action::EnrollDevice { tier, .. } = &mut cheaper {
        *tier = 70;
    }
    assert_eq!(judge(&chain, 0, cheaper), Err(TransactionRefusal::Possession));
}

#[test]
fn tiers_are_those_that_the_chain_can_check() {
    let chain = chain();
    let device = Person::new(100);
    for tier in [0, 69, 71, 79, 81, 100, 255] {
        let refused = judge(&chain, 0, enrolment(&chain, 0, &device, tier));
        assert_eq!(refused, Err(TransactionRefusal::Tier(tier)));
    }
    let mut bad_key = enrolment(&chain, 0, &device, 80);
    if let Action::EnrollDevice { webauthn_key, .. } = &mut bad_key {
        *webauthn_key = Some([5; 33]);
    }
    assert_eq!(judge(&chain, 0, bad_key), Err(TransactionRefusal::Tier(80)));
}

#[test]
fn simulated_devices_exist_where_genesis_allows_them() {
    let strict = Chain::with_genesis(4, |genesis| {
        genesis.params.allow_simulated = false;
        genesis.devices.clear();
    });
    let device = Person::new(100);
    let simulated = judge(&strict, 0, enrolment(&strict, 0, &device, 80));
    assert_eq!(simulated, Err(TransactionRefusal::Tier(80)));
    assert_eq!(judge(&strict, 0, enrolment(&strict, 0, &device, 70)), Ok(()));
}

#[test]
fn a_device_is_taken_for_ever() {
    let mut chain = chain();
    let taken = Err(TransactionRefusal::DeviceTaken);
    let key = chain.people[0].device.public();
    let again = |chain: &Chain, owner: usize| {
        let device = Person::new(0);
        judge(chain, owner, enrolment(chain, owner, &device, 80))
    };
    assert_eq!((again(&chain, 0), again(&chain, 1)), (taken.clone(), taken.clone()));
    chain.advance(transactions([chain.order(0, Action::RevokeDevice { device_key: key })]));
    assert_eq!(chain.device(0).revoked, Some(Height::new(2)));
    assert_eq!((again(&chain, 0), again(&chain, 1)), (taken.clone(), taken), "not even after revocation");
}

#[test]
fn only_the_owner_revokes_and_only_once() {
    let mut chain = chain();
    let revoke =
        |device: usize| Action::RevokeDevice { device_key: Person::new(device as u8).device.public() };
    assert_eq!(judge(&chain, 4, revoke(0)), Err(TransactionRefusal::NoValidator));
    assert_eq!(judge(&chain, 1, revoke(0)), Err(TransactionRefusal::Device));
    assert_eq!(judge(&chain, 0, revoke(100)), Err(TransactionRefusal::Device));
    chain.advance(transactions([chain.order(0, revoke(0))]));
    assert_eq!(judge(&chain, 0, revoke(0)), Err(TransactionRefusal::Device));
}
