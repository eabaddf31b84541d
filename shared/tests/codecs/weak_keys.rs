//! Keys of small order, and second spellings of keys: refused wherever a key travels, by the name of its field.

use emotionalchain_proto::v1;
use emotionalchain_shared::{
    chain::{
        AuthenticityProof, BiometricProof, EmotionalVote, Genesis, GenesisDevice, GenesisValidator, Params,
        Transaction,
    },
    crypto::{KeyError, PublicKey},
    primitives::TimeMs,
    wire::{DecodeError, Wire},
};
use prost::Message;

use crate::samples;

/// Every y of a point of order 1, 2, 4 or 8, little-endian; the last two are 0 and 1 plus the field's prime.
const SMALL_ORDER: [&str; 7] = [
    "0100000000000000000000000000000000000000000000000000000000000000",
    "ecffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f",
    "0000000000000000000000000000000000000000000000000000000000000000",
    "26e8958fc2b227b045c3f489f2ef98f0d5dfac05d3c63339b13802886d53fc05",
    "c7176a703d4dd84fba3c0b760d10670f2a2053fa2c39ccc64ec7fd7792ac037a",
    "edffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f",
    "eeffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f",
];

/// Every other y that has two spellings: itself, and itself plus the field's prime `2^255 - 19`.
const TWICE_SPELLED: [u8; 10] = [3, 4, 5, 6, 9, 10, 14, 15, 16, 18];

/// The points of a y: the sign of x is the highest bit.
fn both_signs(y: [u8; 32]) -> [[u8; 32]; 2] {
    let mut other = y;
    other[31] |= 0x80;
    [y, other]
}

fn refused() -> Vec<[u8; 32]> {
    let small = SMALL_ORDER.map(|text| -> [u8; 32] { hex::decode(text).unwrap().try_into().unwrap() });
    let again = TWICE_SPELLED.map(|y| {
        let mut bytes = [0xff; 32];
        (bytes[0], bytes[31]) = (0xed + y, 0x7f);
        bytes
    });
    small.into_iter().chain(again).flat_map(both_signs).collect()
}

#[test]
fn keys_alone() {
    let refused = refused();
    assert_eq!(refused.len(), 34);
    let reason = KeyError::Point.to_string();
    for key in refused {
        let text = hex::encode(key);
        assert_eq!(PublicKey::from_bytes(&key), Err(KeyError::Point), "{text}");
        assert_eq!(text.parse::<PublicKey>(), Err(KeyError::Point));
        assert_eq!(borsh::from_slice::<PublicKey>(&key).unwrap_err().to_string(), reason);
        assert_eq!(serde_json::from_value::<PublicKey>(text.into()).unwrap_err().to_string(), reason);
    }
    // It is the spelling that is refused, not the point.
    for y in TWICE_SPELLED {
        let mut bytes = [0; 32];
        bytes[0] = y;
        for key in both_signs(bytes) {
            assert_eq!(PublicKey::from_bytes(&key).unwrap().as_bytes(), &key);
        }
    }
}

/// Where a transaction of this kind holds a key of this name.
fn place<'a>(body: &'a mut v1::TransactionBody, field: &str) -> Option<&'a mut Vec<u8>> {
    use v1::transaction_body::Action as Proto;
    match (field, body.action.as_mut()?) {
        ("sender_key", _) => Some(&mut body.sender_key),
        ("consensus_key", Proto::RegisterValidator(one)) => Some(&mut one.consensus_key),
        ("device_key", Proto::EnrollDevice(one)) => Some(&mut one.device_key),
        ("device_key", Proto::RevokeDevice(one)) => Some(&mut one.device_key),
        ("device_key", Proto::DelegateSession(one)) => Some(&mut one.device_key),
        ("session_key", Proto::DelegateSession(one)) => Some(&mut one.session_key),
        _ => None,
    }
}

#[test]
fn keys_in_transactions() {
    let mut places = 0;
    for action in samples::actions() {
        let good = samples::transaction(action).to_proto();
        assert!(Transaction::decode(&good.encode_to_vec()).is_ok());
        for field in ["sender_key", "consensus_key", "device_key", "session_key"] {
            for key in refused() {
                let mut bad = good.clone();
                let Some(place) = place(bad.body.as_mut().unwrap(), field) else { break };
                *place = key.to_vec();
                places += 1;
                let error = DecodeError::Field { message: "Transaction", field };
                assert_eq!(Transaction::decode(&bad.encode_to_vec()), Err(error));
            }
        }
    }
    // Eight senders, one registration, enrolment, revocation, and two keys in both forms of a delegation.
    assert_eq!(places, (8 + 1 + 1 + 1 + 2 * 2) * refused().len());
}

/// The context of a vote is refused alone, in its proof and in the vote.
fn check(vote: &EmotionalVote, context: &v1::AuthenticityProof, message: &'static str, field: &'static str) {
    let error = DecodeError::Field { message, field };
    let context = context.encode_to_vec();
    assert_eq!(AuthenticityProof::decode(&context), Err(error.clone()));
    let mut proof = vote.proof.to_proto();
    proof.authenticity_proof = context;
    assert_eq!(BiometricProof::decode(&proof.encode_to_vec()), Err(error.clone()));
    let mut vote = vote.to_proto();
    vote.proof = Some(proof);
    assert_eq!(EmotionalVote::decode(&vote.encode_to_vec()), Err(error));
}

#[test]
fn keys_in_proofs() {
    for key in refused() {
        for delegated in [false, true] {
            let vote = samples::emotional_vote(delegated);
            let mut context = vote.proof.authenticity.to_proto();
            context.device_key = key.to_vec();
            check(&vote, &context, "AuthenticityProof", "device_key");
        }
        let vote = samples::emotional_vote(true);
        let mut context = vote.proof.authenticity.to_proto();
        context.delegation.as_mut().unwrap().session_key = key.to_vec();
        check(&vote, &context, "SessionDelegation", "session_key");
    }
}

#[test]
fn keys_in_a_genesis_file() {
    let params = Params { allow_simulated: true, ..Params::default() };
    let validator = GenesisValidator {
        account: samples::key(0).address(),
        consensus_key: samples::key(1),
        peer_id: vec![6; 38],
        bond: params.min_bond,
        randomness_tip: samples::hash("tip"),
    };
    let device = GenesisDevice {
        validator: samples::key(1).address(),
        device_key: samples::key(2),
        tier: 80,
        simulated: true,
    };
    let genesis = Genesis {
        chain_id: "codec-tests".parse().unwrap(),
        time_ms: TimeMs::from_millis(1_700_000_000_000),
        params,
        accounts: Vec::new(),
        validators: vec![validator],
        devices: vec![device],
    };
    let good = serde_json::to_value(&genesis).unwrap();
    assert_eq!(serde_json::from_str::<Genesis>(&good.to_string()).unwrap(), genesis);
    for (list, field) in [("validators", "consensus_key"), ("devices", "device_key")] {
        for key in refused() {
            let mut bad = good.clone();
            assert!(bad[list][0][field].is_string());
            bad[list][0][field] = hex::encode(key).into();
            let error = serde_json::from_str::<Genesis>(&bad.to_string()).unwrap_err().to_string();
            assert!(error.starts_with(&format!("{} at line 1", KeyError::Point)), "{field}: {error}");
        }
    }
}
