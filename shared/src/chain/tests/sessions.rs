//! Session keys: permitted by the device within the proof, or by a transaction with a signature or an assertion.

use base64ct::{Base64UrlUnpadded, Encoding};
use p256::ecdsa::{SigningKey, signature::Signer};

use super::{
    harness::{Chain, Person, at},
    orders::transactions,
};
use crate::{
    chain::{
        Action, Authorisation, SessionDelegation, TransactionRefusal, VoteRefusal, WebAuthnAssertion,
        webauthn,
    },
    crypto::{PublicKey, SecretKey, SignKind},
    primitives::{TimeMs, hash_bytes},
};

const HOURS_2: u64 = 7_200_000;

/// The session key of these tests.
fn session() -> SecretKey {
    Person::new(200).device
}

fn chain() -> Chain {
    let mut chain = Chain::new(4);
    chain.run(2);
    chain
}

/// What person 0's device signs to permit a key.
fn signed(chain: &Chain, from: TimeMs, until: TimeMs) -> SessionDelegation {
    let session_key = session().public();
    let body = SessionDelegation::sign_body(&session_key, from, until);
    let signature = chain.spec.domain.sign(&chain.people[0].device, SignKind::SessionDelegation, &body);
    SessionDelegation { session_key, not_before: from, not_after: until, signature: Some(signature) }
}

/// A vote of person 0 whose proof a session key signed.
fn judge(chain: &Chain, key: &SecretKey, delegation: SessionDelegation) -> Result<(), VoteRefusal> {
    let mut context = chain.authenticity(0, 100, chain.next_time());
    context.delegation = Some(delegation);
    chain.next().add_vote(&chain.sign_vote(0, key, context))
}

fn delegate(chain: &Chain, authorisation: Authorisation) -> Action {
    Action::DelegateSession {
        device_key: chain.people[0].device.public(),
        session_key: session().public(),
        not_before: at(0),
        not_after: at(600),
        authorisation,
    }
}

fn by_device(chain: &Chain) -> Action {
    let signature = signed(chain, at(0), at(600)).signature.unwrap();
    delegate(chain, Authorisation::Device(signature))
}

fn order(chain: &Chain, who: usize, action: Action) -> Result<(), TransactionRefusal> {
    chain.next().add_transaction(&chain.order(who, action))
}

#[test]
fn a_delegation_within_the_proof_holds_at_the_windows_end() {
    let chain = chain();
    let now = chain.next_time();
    assert_eq!(judge(&chain, &session(), signed(&chain, at(0), at(600))), Ok(()));
    assert_eq!(judge(&chain, &session(), signed(&chain, now, now)), Ok(()));
    let (before, after) = (now.saturating_sub(1), now.saturating_add(1));
    assert_eq!(judge(&chain, &session(), signed(&chain, at(0), before)), Err(VoteRefusal::Session));
    assert_eq!(judge(&chain, &session(), signed(&chain, after, at(600))), Err(VoteRefusal::Session));
}

#[test]
fn a_delegation_lasts_no_longer_than_the_chain_allows() {
    let chain = chain();
    let most = at(0).saturating_add(HOURS_2);
    assert_eq!(judge(&chain, &session(), signed(&chain, at(0), most)), Ok(()));
    let longer = signed(&chain, at(0), most.saturating_add(1));
    assert_eq!(judge(&chain, &session(), longer), Err(VoteRefusal::Session));
}

#[test]
fn a_delegation_needs_the_devices_word_and_the_proof_the_sessions() {
    let chain = chain();
    let good = signed(&chain, at(0), at(600));
    let unsigned = SessionDelegation { signature: None, ..good };
    assert_eq!(judge(&chain, &session(), unsigned), Err(VoteRefusal::Session));
    let stretched = SessionDelegation { not_after: at(601), ..good };
    assert_eq!(judge(&chain, &session(), stretched), Err(VoteRefusal::Signature));
    assert_eq!(judge(&chain, &chain.people[0].device, good), Err(VoteRefusal::Signature));
}

#[test]
fn a_session_made_by_transaction_needs_no_signature_in_the_proof() {
    let mut chain = chain();
    chain.advance(transactions([chain.order(0, by_device(&chain))]));
    let standing = SessionDelegation { signature: None, ..signed(&chain, at(0), at(600)) };
    assert_eq!(judge(&chain, &session(), standing), Ok(()));
    for other in [
        SessionDelegation { not_after: at(601), ..standing },
        SessionDelegation { not_before: at(1), ..standing },
        SessionDelegation { session_key: chain.people[3].device.public(), ..standing },
    ] {
        assert_eq!(judge(&chain, &session(), other), Err(VoteRefusal::Session));
    }
    let revoke = Action::RevokeDevice { device_key: chain.people[0].device.public() };
    chain.advance(transactions([chain.order(0, revoke)]));
    assert_eq!(judge(&chain, &session(), standing), Err(VoteRefusal::Device), "it ends with its device");
    assert_eq!(chain.device(0).session, None);
}

#[test]
fn a_session_ends_after_it_begins_in_the_future_and_soon() {
    let chain = chain();
    let lasting = |from: TimeMs, until: TimeMs| {
        let mut action =
            delegate(&chain, Authorisation::Device(signed(&chain, from, until).signature.unwrap()));
        if let Action::DelegateSession { not_before, not_after, .. } = &mut action {
            (*not_before, *not_after) = (from, until);
        }
        order(&chain, 0, action)
    };
    let refused = Err(TransactionRefusal::Session);
    let now = chain.next_time();
    assert_eq!(lasting(at(0), now), refused, "over already");
    assert_eq!(lasting(at(0), now.saturating_add(1)), Ok(()));
    assert_eq!(lasting(at(9), at(9)), refused);
    assert_eq!(lasting(at(10), at(9)), refused);
    assert_eq!(lasting(at(9), at(9).saturating_add(HOURS_2)), Ok(()));
    assert_eq!(lasting(at(9), at(9).saturating_add(HOURS_2 + 1)), refused);
}

#[test]
fn only_the_owner_of_an_active_device_delegates() {
    let mut chain = chain();
    assert_eq!(order(&chain, 4, by_device(&chain)), Err(TransactionRefusal::NoValidator));
    assert_eq!(order(&chain, 1, by_device(&chain)), Err(TransactionRefusal::Device));
    let wrong = chain.spec.domain.sign(&chain.people[0].account, SignKind::SessionDelegation, b"");
    let unauthorised = delegate(&chain, Authorisation::Device(wrong));
    assert_eq!(order(&chain, 0, unauthorised), Err(TransactionRefusal::Authorisation));
    let revoke = Action::RevokeDevice { device_key: chain.people[0].device.public() };
    chain.advance(transactions([chain.order(0, revoke)]));
    assert_eq!(order(&chain, 0, by_device(&chain)), Err(TransactionRefusal::Device));
}

/// What an authenticator returns for the delegation of `session_key`.
fn assertion(chain: &Chain, key: &SigningKey, session_key: &PublicKey) -> WebAuthnAssertion {
    let body = SessionDelegation::sign_body(session_key, at(0), at(600));
    let message = chain.spec.domain.message(SignKind::SessionDelegation, &body);
    let challenge = Base64UrlUnpadded::encode_string(&webauthn::challenge(&message));
    let client = format!(r#"{{"type":"webauthn.get","challenge":"{challenge}","origin":"https://emo"}}"#);
    let mut authenticator_data = vec![7; 37];
    authenticator_data[32] = 1;
    let signed = [authenticator_data.as_slice(), hash_bytes(client.as_bytes()).as_bytes()].concat();
    let signature: p256::ecdsa::Signature = key.sign(&signed);
    WebAuthnAssertion {
        authenticator_data,
        client_data_json: client.into_bytes(),
        signature: signature.to_der().as_bytes().to_vec(),
    }
}

#[test]
fn an_enrolled_authenticator_permits_a_session_and_no_other_does() {
    let mut chain = chain();
    let key = SigningKey::from_slice(&[7; 32]).unwrap();
    let device = Person::new(100);
    let mut enrolment = chain.enroll(chain.people[0].validator(), &device.device, 80);
    if let Action::EnrollDevice { webauthn_key, .. } = &mut enrolment {
        *webauthn_key = Some(key.verifying_key().to_sec1_point(true).as_bytes().try_into().unwrap());
    }
    chain.advance(transactions([chain.order(0, enrolment)]));

    let ask = |device_key, assertion| {
        let mut action = delegate(&chain, Authorisation::WebAuthn(assertion));
        if let Action::DelegateSession { device_key: place, .. } = &mut action {
            *place = device_key;
        }
        order(&chain, 0, action)
    };
    let enrolled = device.device.public();
    let good = assertion(&chain, &key, &session().public());
    assert_eq!(ask(enrolled, good.clone()), Ok(()));

    let refused = Err(TransactionRefusal::Authorisation);
    let bare = chain.people[0].device.public();
    assert_eq!(ask(bare, good.clone()), refused, "enrolled without an authenticator");
    let other = SigningKey::from_slice(&[8; 32]).unwrap();
    assert_eq!(ask(enrolled, assertion(&chain, &other, &session().public())), refused);
    assert_eq!(ask(enrolled, assertion(&chain, &key, &device.device.public())), refused);
    let mut absent = good;
    absent.authenticator_data[32] = 0;
    assert_eq!(ask(enrolled, absent), refused);

    let action = delegate(&chain, Authorisation::WebAuthn(assertion(&chain, &key, &session().public())));
    let action = match action {
        Action::DelegateSession { session_key, not_before, not_after, authorisation, .. } => {
            Action::DelegateSession {
                device_key: enrolled,
                session_key,
                not_before,
                not_after,
                authorisation,
            }
        }
        other => other,
    };
    chain.advance(transactions([chain.order(0, action)]));
    chain.run(1);
    let mut context = chain.authenticity(0, 100, chain.next_time());
    context.device_key = enrolled;
    context.delegation = Some(SessionDelegation { signature: None, ..signed(&chain, at(0), at(600)) });
    assert_eq!(chain.next().add_vote(&chain.sign_vote(0, &session(), context)), Ok(()));
}
