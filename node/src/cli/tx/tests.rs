//! Tests of `tx`.

use clap::Parser;
use emotionalchain_shared::primitives::{ChainId, hash_bytes};

use super::*;
use crate::cli::Cli;

const SESSION_MS: u64 = 7_200_000;

fn domain() -> SignDomain {
    SignDomain::new(&"tx".parse::<ChainId>().unwrap(), &hash_bytes(b"genesis"))
}

fn key(byte: u8) -> SecretKey {
    SecretKey::from_seed(&[byte; 32])
}

fn delegate(session_ms: u64, minutes: u64) -> Result<Action, Failure> {
    let from = TimeMs::from_millis(1_700_000_000_000);
    delegation(&domain(), session_ms, &key(1), key(2).public(), from, minutes)
}

#[test]
fn a_delegation_is_the_devices_word_over_what_the_ledger_verifies() {
    for minutes in [1, 60, 120] {
        let action = delegate(SESSION_MS, minutes).unwrap();
        let details = details(&action);
        let Action::DelegateSession { device_key, session_key, not_before, not_after, authorisation } =
            action
        else {
            panic!("another order");
        };
        assert_eq!((device_key, session_key), (key(1).public(), key(2).public()));
        assert_eq!(not_before, TimeMs::from_millis(1_700_000_000_000));
        assert_eq!(not_after.since(not_before), minutes * 60_000);
        let Authorisation::Device(signature) = authorisation else { panic!("an assertion") };
        let document = SessionDelegation::sign_body(&session_key, not_before, not_after);
        let verify = |key: &PublicKey, document: &[u8]| {
            domain().verify(key, SignKind::SessionDelegation, document, &signature)
        };
        assert_eq!(verify(&device_key, &document), Ok(()));
        assert!(verify(&session_key, &document).is_err());
        let longer = SessionDelegation::sign_body(&session_key, not_before, not_after.saturating_add(1));
        assert!(verify(&device_key, &longer).is_err());
        let times = ["not_before_ms", "not_after_ms"].map(|name| details[name].as_u64().unwrap());
        assert_eq!(times, [not_before.millis(), not_after.millis()]);
    }
}

#[test]
fn no_longer_than_the_chain_allows() {
    assert!(delegate(120_000, 2).is_ok());
    assert!(delegate(119_999, 2).unwrap_err().to_string().contains("119999 ms"));
}

#[test]
fn other_orders_have_nothing_to_add() {
    assert!(details(&Action::Unbond).is_empty() && details(&Action::Unjail).is_empty());
}

#[test]
fn a_session_has_a_key_and_1_to_120_minutes() {
    let parses = |options: &[&str]| {
        let fixed = ["emotionalchain", "tx", "delegate", "--key", "node.key", "--genesis", "genesis.json"];
        Cli::try_parse_from(fixed.iter().chain(options)).is_ok()
    };
    let session = key(2).public().to_string();
    for minutes in ["1", "120"] {
        assert!(parses(&["--session-key", &session, "--minutes", minutes]), "{minutes}");
    }
    for minutes in ["0", "121", "-1", "1.5", ""] {
        assert!(!parses(&["--session-key", &session, "--minutes", minutes]), "{minutes}");
    }
    assert!(!parses(&["--session-key", &session]));
    assert!(!parses(&["--minutes", "5"]));
    assert!(!parses(&["--session-key", &session[2..], "--minutes", "5"]));
}
