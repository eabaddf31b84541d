//! Every decoder against every kind of bad input: cut, damaged, padded, extended, bombed.
//!
//! What is signed or hashed has one encoding: whatever decodes re-encodes to the very bytes. Envelopes may hold more
//! than this version knows, but what they decode to is stable.

#![cfg(not(target_arch = "wasm32"))]
#![allow(clippy::unwrap_used, clippy::indexing_slicing, clippy::arithmetic_side_effects)] // a panic is a failed test

mod bombs;
mod largest;
mod proofs;
mod samples;
mod weak_keys;

use std::fmt::Debug;

use emotionalchain_shared::{
    chain::{
        Action, AuthenticityProof, BiometricProof, Block, EmotionalVote, EpochSummary, Header, Transaction,
    },
    consensus::{CommitCertificate, Evidence, PolkaCertificate, Proposal, RoundCertificate, Vote},
    wire::{
        BlockProposal, ConsensusMessage, DecodeError, FinalisedBlock, HeadSubscription, HeadUpdate,
        MAX_BATCH_TRANSACTIONS, SignedHeader, Status, SyncRequest, SyncResponse, TransactionBatch, Wire,
    },
};
use proptest::prelude::*;

/// Field 1000, a varint: unknown to every message.
const UNKNOWN: [u8; 3] = [0xc0, 0x3e, 0x07];

/// A decoded value must be one that its bytes, or its own encoding, stand for.
fn is_sound<T: Wire + Debug + PartialEq>(bytes: &[u8]) {
    let Ok(value) = T::decode(bytes) else { return };
    let encoded = value.encode();
    if T::ENVELOPE {
        assert_eq!(T::decode(&encoded), Ok(value), "{} does not settle", T::NAME);
    } else {
        assert_eq!(encoded, bytes, "{} has two encodings", T::NAME);
    }
}

fn check<T: Wire + Debug + PartialEq>(value: &T) {
    let bytes = value.encode();
    assert!(bytes.len() <= T::MAX_BYTES);
    assert_eq!(T::decode(&bytes).as_ref(), Ok(value), "{}", T::NAME);

    for length in 0..bytes.len() {
        let cut = &bytes[..length];
        assert_ne!(T::decode(cut).as_ref(), Ok(value), "{} cut to {length}", T::NAME);
        is_sound::<T>(cut);
    }
    // Every bit of what is short, a bit of every byte of what is long.
    let bits = if bytes.len() <= 600 { 8 } else { 1 };
    let mut damaged = bytes.clone();
    for (index, bit) in (0..bytes.len()).flat_map(|index| (0..bits).map(move |bit| (index, bit))) {
        let mask = 1 << ((index + bit) % 8);
        damaged[index] ^= mask;
        assert!(T::ENVELOPE || T::decode(&damaged).as_ref() != Ok(value), "{} {index}.{bit}", T::NAME);
        is_sound::<T>(&damaged);
        damaged[index] ^= mask;
    }

    let extended = [bytes.as_slice(), &UNKNOWN].concat();
    if T::ENVELOPE {
        assert_eq!(T::decode(&extended).as_ref(), Ok(value), "{} may be extended", T::NAME);
    } else {
        assert_eq!(T::decode(&extended), Err(DecodeError::NotCanonical { message: T::NAME }));
        let twice = [bytes.as_slice(), &bytes].concat();
        assert!(T::decode(&twice).is_err(), "{} twice", T::NAME);
    }
    let (size, max) = (T::MAX_BYTES + 1, T::MAX_BYTES);
    assert_eq!(T::decode(&vec![0; size]), Err(DecodeError::TooLarge { message: T::NAME, size, max }));
    assert!(T::decode(&[]).is_err(), "{} of nothing", T::NAME);
}

#[test]
fn votes_proposals_and_certificates() {
    samples::votes().iter().for_each(check::<Vote>);
    samples::proposals().iter().for_each(check::<Proposal>);
    check::<CommitCertificate>(&samples::certificate(4));
    check::<PolkaCertificate>(&samples::polka(9));
    check::<RoundCertificate>(&samples::round_certificate(3));
}

#[test]
fn evidence() {
    samples::evidence().iter().for_each(check::<Evidence>);
}

#[test]
fn headers_blocks_and_summaries() {
    check::<Header>(&samples::header());
    check::<Block>(&samples::block());
    check::<EpochSummary>(&samples::summary(3));
}

#[test]
fn transactions() {
    let actions: Vec<Action> = samples::actions();
    assert_eq!(actions.len(), 8);
    for action in actions {
        check::<Transaction>(&samples::transaction(action));
    }
}

#[test]
fn transaction_batches() {
    let batch = TransactionBatch(samples::actions().into_iter().map(samples::transaction).collect());
    let bytes = batch.encode();
    assert_eq!(TransactionBatch::decode(&bytes), Ok(batch));
    // Two batches on end are a longer one; everything else is as strict as ever.
    (0..bytes.len()).for_each(|length| is_sound::<TransactionBatch>(&bytes[..length]));
    let mut damaged = bytes.clone();
    for index in 0..bytes.len() {
        damaged[index] ^= 1 << (index % 8);
        is_sound::<TransactionBatch>(&damaged);
        damaged[index] ^= 1 << (index % 8);
    }
    assert!(TransactionBatch::decode(&[bytes.as_slice(), &UNKNOWN].concat()).is_err());
    assert!(TransactionBatch::decode(&[]).is_err(), "a batch of none");
    let many = vec![samples::transaction(Action::Unjail); MAX_BATCH_TRANSACTIONS + 1];
    assert!(TransactionBatch::decode(&TransactionBatch(many).encode()).is_err());
    assert!(TransactionBatch::decode(&vec![0; TransactionBatch::MAX_BYTES + 1]).is_err());
}

#[test]
fn proofs_and_emotional_votes() {
    for delegated in [false, true] {
        let vote = samples::emotional_vote(delegated);
        check::<AuthenticityProof>(&vote.proof.authenticity);
        check::<BiometricProof>(&vote.proof);
        check::<EmotionalVote>(&vote);
    }
}

#[test]
fn consensus_messages() {
    let proposal = samples::block_proposal();
    check::<BlockProposal>(&proposal);
    for message in samples::consensus_messages() {
        check::<ConsensusMessage>(&message);
    }
}

#[test]
fn sync() {
    check::<Status>(&samples::status());
    check::<FinalisedBlock>(&samples::finalised_block());
    check::<SignedHeader>(&samples::signed_header(4));
    samples::requests().iter().for_each(check::<SyncRequest>);
    for response in samples::responses() {
        check::<SyncResponse>(&response);
    }
    // No bytes at all are one, too.
    assert_eq!(HeadSubscription::decode(&HeadSubscription.encode()), Ok(HeadSubscription));
    samples::head_updates().iter().for_each(check::<HeadUpdate>);
}

#[test]
fn another_order_or_a_padded_number_is_another_document() {
    let header = samples::header().encode();
    // Field 1 (version) is two bytes: moved to the end, then its number padded to two bytes.
    assert_eq!(header[..2], [0x08, 0x01]);
    let moved = [&header[2..], &header[..2]].concat();
    let padded = [&[0x08, 0x81, 0x00], &header[2..]].concat();
    let zero = [header.as_slice(), &[0x20, 0x00]].concat();
    for other in [moved, padded, zero] {
        assert_eq!(Header::decode(&other), Err(DecodeError::NotCanonical { message: "Header" }));
    }
}

#[test]
fn an_unknown_field_deep_inside_a_signed_document_is_refused() {
    use emotionalchain_proto::v1;
    use prost::Message;
    let message = ConsensusMessage::Vote(samples::votes().remove(0));
    let inner = samples::votes()[0].encode();
    let extended = [inner.as_slice(), &UNKNOWN].concat();
    let outer = bombs::field(1, &extended);
    assert!(v1::ConsensusMessage::decode(outer.as_slice()).is_ok());
    assert_eq!(ConsensusMessage::decode(&bombs::field(1, &inner)), Ok(message));
    let refused = Err(DecodeError::NotCanonical { message: "ConsensusMessage" });
    assert_eq!(ConsensusMessage::decode(&outer), refused);
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 2_000, ..ProptestConfig::default() })]

    #[test]
    fn noise_never_panics(bytes in prop::collection::vec(any::<u8>(), 0..200)) {
        is_sound::<Vote>(&bytes);
        is_sound::<Proposal>(&bytes);
        is_sound::<CommitCertificate>(&bytes);
        is_sound::<RoundCertificate>(&bytes);
        is_sound::<Evidence>(&bytes);
        is_sound::<Header>(&bytes);
        is_sound::<Block>(&bytes);
        is_sound::<Transaction>(&bytes);
        is_sound::<EmotionalVote>(&bytes);
        is_sound::<EpochSummary>(&bytes);
        is_sound::<ConsensusMessage>(&bytes);
        is_sound::<SyncRequest>(&bytes);
        is_sound::<SyncResponse>(&bytes);
        is_sound::<HeadUpdate>(&bytes);
    }

    #[test]
    fn damage_in_several_places_never_panics(
        places in prop::collection::vec((any::<prop::sample::Index>(), any::<u8>()), 1..6),
    ) {
        fn damage<T: Wire + Debug + PartialEq>(value: &T, places: &[(prop::sample::Index, u8)]) {
            let mut bytes = value.encode();
            for (place, value) in places {
                let index = place.index(bytes.len());
                bytes[index] = *value;
            }
            is_sound::<T>(&bytes);
        }
        damage(&samples::certificate(4), &places);
        damage(&samples::emotional_vote(true), &places);
        damage(&samples::summary(3), &places);
        damage(&samples::status(), &places);
        damage(&samples::signed_header(4), &places);
    }
}
