//! Two bytes of input may stand for hundreds of memory: every repeated field, at whatever depth, is counted before
//! anything is allocated for it. Only that count answers `TooMany`; what is refused later has another name.

use emotionalchain_shared::{
    chain::{AuthenticityProof, Block, EpochSummary},
    consensus::{CommitCertificate, Evidence, PolkaCertificate, RoundCertificate},
    wire::{
        BlockProposal, ConsensusMessage, DecodeError, FinalisedBlock, HeadUpdate, SignedHeader, SyncResponse,
        Wire,
    },
};
use prost::encoding::{WireType, encode_key, encode_varint};

/// One length-delimited field.
pub fn field(number: u32, bytes: &[u8]) -> Vec<u8> {
    let mut out = Vec::new();
    encode_key(number, WireType::LengthDelimited, &mut out);
    encode_varint(bytes.len() as u64, &mut out);
    out.extend_from_slice(bytes);
    out
}

/// `entries` empty ones in the last field of a path of nested messages.
fn bomb(path: &[u32], entries: usize) -> Vec<u8> {
    let (last, above) = path.split_last().unwrap();
    let core = field(*last, &[]).repeat(entries);
    above.iter().rev().fold(core, |inner, number| field(*number, &inner))
}

fn check<T: Wire>(path: &[u32], most: usize) {
    let number = *path.last().unwrap();
    let over = T::decode(&bomb(path, most + 1)).err();
    let counted =
        matches!(over, Some(DecodeError::TooMany { field, max, .. }) if (field, max) == (number, most));
    assert!(counted, "{} {path:?}: {over:?}", T::NAME);
    if most > 0 {
        let legal = T::decode(&bomb(path, most)).err();
        assert!(!matches!(legal, Some(DecodeError::TooMany { .. })), "{} {path:?}: {legal:?}", T::NAME);
    }
}

#[test]
fn documents() {
    check::<Block>(&[3], 8_192);
    check::<Block>(&[4], 256);
    check::<Block>(&[5], 16);
    check::<Block>(&[2, 5], 128);
    check::<CommitCertificate>(&[5], 128);
    check::<PolkaCertificate>(&[5], 128);
    check::<RoundCertificate>(&[4], 256);
    check::<Evidence>(&[3, 2, 5], 128);
    check::<EpochSummary>(&[2], 128);
    check::<EpochSummary>(&[5], 128);
    check::<EpochSummary>(&[6], 256);
    check::<EpochSummary>(&[8], 1_024);
    check::<AuthenticityProof>(&[13], 0);
}

#[test]
fn lists_inside_messages() {
    check::<BlockProposal>(&[4], 256);
    for (inner, most) in [(3, 8_192), (4, 256), (5, 16)] {
        check::<BlockProposal>(&[1, inner], most);
        check::<ConsensusMessage>(&[2, 1, inner], most);
        check::<FinalisedBlock>(&[1, inner], most);
        check::<SyncResponse>(&[2, 1, 1, inner], most);
    }
    check::<ConsensusMessage>(&[2, 4], 256);
    check::<ConsensusMessage>(&[2, 1, 2, 5], 128);
    check::<ConsensusMessage>(&[3, 5], 128);
    check::<ConsensusMessage>(&[4, 4], 256);
    check::<FinalisedBlock>(&[2, 5], 128);
    check::<SignedHeader>(&[2, 5], 128);
    check::<SyncResponse>(&[2, 1], 64);
    check::<SyncResponse>(&[4, 1], 64);
    check::<SyncResponse>(&[4, 1, 2, 5], 128);
    check::<SyncResponse>(&[9, 1], 32);
    check::<HeadUpdate>(&[1, 2, 5], 128);
}

#[test]
fn lists_split_over_two_messages_of_one_field_are_counted_too() {
    // Protobuf joins the lists of a message that is sent twice.
    fn twice<T: Wire>(path: &[u32]) {
        let half = bomb(path, 1);
        let error = T::decode(&half.repeat(2)).err();
        let counted = matches!(error, Some(DecodeError::TooMany { max: 1, .. }));
        assert!(counted, "{} {path:?}: {error:?}", T::NAME);
    }
    twice::<BlockProposal>(&[1, 4]);
    twice::<ConsensusMessage>(&[2, 1, 4]);
    twice::<ConsensusMessage>(&[4, 4]);
    twice::<FinalisedBlock>(&[1, 3]);
    twice::<SyncResponse>(&[2, 1]);
    twice::<SyncResponse>(&[4, 1]);
}

#[test]
fn a_length_past_the_end_is_malformed() {
    for length in [1_u64, 100, 1 << 20, u64::from(u32::MAX), u64::MAX] {
        for number in 1..8 {
            let mut bytes = Vec::new();
            encode_key(number, WireType::LengthDelimited, &mut bytes);
            encode_varint(length, &mut bytes);
            assert!(Block::decode(&bytes).is_err());
            assert!(SyncResponse::decode(&bytes).is_err());
            assert!(ConsensusMessage::decode(&bytes).is_err());
            assert!(SyncResponse::decode(&field(2, &bytes)).is_err());
        }
    }
}

#[test]
fn deep_nesting_is_refused() {
    // Groups inside groups: skipped by recursion, which is bounded.
    let bytes = vec![0x0b_u8; 100_000];
    assert!(Block::decode(&bytes).is_err());
    assert!(SyncResponse::decode(&bytes).is_err());
}
