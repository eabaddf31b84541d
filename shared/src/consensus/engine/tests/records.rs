use proptest::prelude::*;

use super::*;
use crate::{
    consensus::{Signers, VoteKind},
    crypto::{SecretKey, SignDomain, Signature},
    primitives::{ChainId, hash_bytes},
};

fn samples() -> Vec<Record> {
    let domain = SignDomain::new(&"devnet".parse::<ChainId>().unwrap(), &hash_bytes(b"genesis"));
    let key = SecretKey::from_seed(&[7; 32]);
    let (height, round) = (Height::new(u64::MAX), Round::new(u32::MAX));
    let block_id = BlockId::new(hash_bytes(b"a"));
    let timer = |kind| Record::Timeout(TimerKey { height, round, kind });
    vec![
        Record::Height(Height::new(1)),
        Record::Vote(Vote::sign(&domain, &key, VoteKind::Prevote, height, round, None)),
        Record::Vote(Vote::sign(&domain, &key, VoteKind::Precommit, height, Round::ZERO, Some(block_id))),
        Record::Proposal(Proposal::sign(&domain, &key, height, round, block_id, Some(Round::ZERO))),
        Record::Polka(PolkaCertificate {
            height,
            round,
            block_id,
            signers: Signers::from_indices(128, 0..128),
            signatures: vec![Signature::new([0xab; 64]); 128],
        }),
        Record::Body { height, round, block_id, valid: true },
        Record::Body { height: Height::new(1), round: Round::ZERO, block_id, valid: false },
        Record::Built { height, round, block_id },
        timer(TimerKind::Propose),
        timer(TimerKind::Prevote),
        timer(TimerKind::Precommit),
    ]
}

#[test]
fn records_survive_and_the_largest_fits() {
    for record in samples() {
        let bytes = record.encode();
        assert!(bytes.len() <= Record::MAX_BYTES);
        assert_eq!(Record::decode(&bytes), Ok(record));
    }
}

#[test]
fn truncated_and_prolonged_records_are_refused() {
    for bytes in samples().iter().map(Record::encode) {
        for end in 0..bytes.len() {
            // A certificate cut between two signatures is still one, if a useless one; the log's checksums see the cut.
            if let Ok(shorter) = Record::decode(&bytes[..end]) {
                assert!(matches!(shorter, Record::Polka(_)) && shorter.encode() == bytes[..end]);
            }
        }
        assert!(Record::decode(&[bytes.as_slice(), &[0]].concat()).is_err());
    }
    let long = vec![POLKA; Record::MAX_BYTES + 1];
    assert_eq!(Record::decode(&long), Err(RecordError::TooLarge(long.len())));
    assert_eq!(Record::decode(&[]), Err(RecordError::Empty));
    assert_eq!(Record::decode(&[0]), Err(RecordError::Kind(0)));
}

#[test]
fn fields_out_of_range_are_refused() {
    let none = [[HEIGHT].as_slice(), &[0; 8]].concat();
    assert_eq!(Record::decode(&none), Err(RecordError::Field("height")));
    let height = Height::new(1);
    let mut repeat =
        Record::Timeout(TimerKey { height, round: Round::ZERO, kind: TimerKind::Rebroadcast }).encode();
    assert_eq!(Record::decode(&repeat), Err(RecordError::Field("kind")));
    repeat.pop();
    assert_eq!(Record::decode(&repeat), Err(RecordError::Length { expected: 13, got: 12 }));
    let mut body = samples()[5].encode();
    *body.last_mut().unwrap() = 2;
    assert_eq!(Record::decode(&body), Err(RecordError::Field("valid")));
}

proptest! {
    #[test]
    fn whatever_decodes_is_canonical(bytes in proptest::collection::vec(any::<u8>(), 0..200), kind in 0..8_u8) {
        let bytes = [&[kind], bytes.as_slice()].concat();
        if let Ok(record) = Record::decode(&bytes) {
            prop_assert_eq!(record.encode(), bytes);
        }
    }

    #[test]
    fn a_flipped_bit_never_yields_the_same_record(which in 0..11_usize, at in any::<prop::sample::Index>(), bit in 0..8_u8) {
        let record = samples().swap_remove(which);
        let mut bytes = record.encode();
        let at = at.index(bytes.len());
        bytes[at] ^= 1_u8 << bit;
        if let Ok(other) = Record::decode(&bytes) {
            prop_assert_ne!(&other, &record);
            prop_assert_eq!(other.encode(), bytes);
        }
    }
}
