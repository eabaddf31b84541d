use super::*;
use crate::{
    chain::Block,
    consensus::Vote,
    light::{
        answers::lists::tests::{transfers, votes},
        tests::{header, keys, set, sign, spec},
    },
    merkle::list_root,
    primitives::BlockId,
    wire::MAX_BLOCK,
};

/// A block whose header commits to its parts.
fn block(transactions: u64, voters: u8) -> Block {
    let keys = keys(1..8);
    let (spec, set) = (spec(&keys), set(&keys));
    let parent = sign(&spec, header(1, BlockId::default(), &set, &set), &set, &keys);
    let vote = |id| {
        let height = crate::primitives::Height::new(1);
        let (kind, round) = (crate::consensus::VoteKind::Prevote, crate::primitives::Round::ZERO);
        Vote::sign(&spec.domain, &keys[0], kind, height, round, id)
    };
    let evidence = vec![Evidence::duplicate_vote(vote(None), vote(Some(parent.header.id())))];
    let (transactions, votes) = (transfers(transactions), votes(voters, 7));
    let mut header = header(2, parent.header.id(), &set, &set);
    header.last_commit_hash = Block::last_commit_hash(Some(&parent.certificate));
    header.transactions_root = Block::transactions_root(&transactions);
    header.votes_root = Block::votes_root(&votes);
    header.evidence_root = Block::evidence_root(&evidence);
    Block { header, last_commit: Some(parent.certificate), transactions, votes, evidence }
}

/// The verdict on a body, and how many steps it took.
fn check(header: &Header, raw: RawBlock<'_>) -> Result<usize, AnswerError> {
    let mut body = BodyCheck::new(header, raw)?;
    for steps in 1.. {
        if body.step()? {
            assert_eq!(body.step(), Ok(true), "what is checked stays so");
            return Ok(steps);
        }
    }
    unreachable!()
}

#[test]
fn a_whole_body_is_the_headers_in_pieces() {
    for (transactions, voters) in [(0, 0), (1, 0), (3, 5), (700, 20)] {
        let block = block(transactions, voters);
        let bytes = block.encode();
        let raw = RawBlock::split(&bytes).unwrap();
        assert_eq!(raw.header, block.header.encode());
        assert_eq!(raw.last_commit.map(<[u8]>::to_vec), block.last_commit.as_ref().map(Wire::encode));
        assert!(raw.transactions.iter().copied().eq(block.transactions.iter().map(Wire::encode)));
        assert!(raw.votes.iter().copied().eq(block.votes.iter().map(Wire::encode)));
        assert!(raw.evidence.iter().copied().eq(block.evidence.iter().map(Wire::encode)));
        let items = raw.transactions.len() + raw.votes.len() + raw.evidence.len();
        let least = bytes.len() / BodyCheck::PIECE;
        let most = (bytes.len() + items * BodyCheck::ITEM) / (BodyCheck::PIECE - 2_048) + 1;
        let steps = check(&block.header, raw).unwrap();
        assert!((least..=most).contains(&steps), "{steps} steps for {} bytes", bytes.len());
    }
}

#[test]
fn a_first_block_has_no_last_commit() {
    let block = block(2, 1);
    let mut first = Block { last_commit: None, ..block };
    let of = |block: &Block| check(&block.header, RawBlock::split(&block.encode()).unwrap());
    assert_eq!(of(&first), Err(AnswerError::Body("last commit")));
    first.header.last_commit_hash = Hash::default();
    assert_eq!(of(&first), Ok(1));
}

#[test]
fn every_part_must_be_the_headers() {
    let good = block(5, 3);
    let verdict = |change: &dyn Fn(&mut Block)| {
        let mut other = good.clone();
        change(&mut other);
        check(&good.header, RawBlock::split(&other.encode()).unwrap())
    };
    assert_eq!(verdict(&|_| ()), Ok(1));
    let transactions = Err(AnswerError::Body("transactions"));
    assert_eq!(verdict(&|block| block.transactions.swap(0, 1)), transactions);
    assert_eq!(verdict(&|block| block.transactions.truncate(4)), transactions);
    assert_eq!(verdict(&|block| block.transactions.clear()), transactions);
    assert_eq!(verdict(&|block| block.transactions.push(block.transactions[4].clone())), transactions);
    let votes = Err(AnswerError::Body("votes"));
    assert_eq!(verdict(&|block| block.votes.truncate(2)), votes);
    assert_eq!(verdict(&|block| block.votes[0].signature = block.votes[1].signature), votes);
    assert_eq!(verdict(&|block| block.evidence.clear()), Err(AnswerError::Body("evidence")));
    assert_eq!(verdict(&|block| block.last_commit = None), Err(AnswerError::Body("last commit")));
    let other = Err(AnswerError::OtherHeader(good.header.height));
    assert_eq!(verdict(&|block| block.header.state_root = hash_bytes(b"x")), other);
}

#[test]
fn one_bit_of_a_block_is_never_lost() {
    let block = block(2, 1);
    let bytes = block.encode();
    for bit in 0..bytes.len() * 8 {
        let mut copy = bytes.clone();
        copy[bit / 8] ^= 1 << (bit % 8);
        let refused = RawBlock::split(&copy).map_or(true, |raw| check(&block.header, raw).is_err());
        assert!(refused, "bit {bit}");
    }
    assert!((0..bytes.len()).all(|len| {
        RawBlock::split(&bytes[..len]).map_or(true, |raw| check(&block.header, raw).is_err())
    }));
}

#[test]
fn what_no_block_holds_is_refused_before_it_is_hashed() {
    let block = block(1, 1);
    let bytes = block.encode();
    let split = |more: &[u8]| RawBlock::split(&[bytes.as_slice(), more].concat()).map(|_| ());
    let message = "Block";
    assert_eq!(split(&[6 << 3 | 2, 0]), Err(DecodeError::NotCanonical { message }));
    assert_eq!(split(&[1 << 3 | 2, 0]), Err(DecodeError::TooMany { message, field: 1, max: 1 }));
    assert_eq!(split(&[2 << 3 | 2, 0]), Err(DecodeError::TooMany { message, field: 2, max: 1 }));
    assert_eq!(split(&[3 << 3, 0]), Err(DecodeError::Malformed { message }), "a number");
    assert_eq!(split(&[3 << 3 | 2, 200]), Err(DecodeError::Malformed { message }));
    assert_eq!(split(&[3 << 3 | 2, 5, 1]), Err(DecodeError::Malformed { message }));
    assert_eq!(RawBlock::split(&[]), Err(DecodeError::Field { message, field: "header" }));
    for (field, max) in [(3_u8, 8192), (4, 256), (5, 16)] {
        let room = max - 1;
        assert_eq!(split(&[field << 3 | 2, 0].repeat(room)), Ok(()));
        let many = Err(DecodeError::TooMany { message, field: field.into(), max });
        assert_eq!(split(&[field << 3 | 2, 0].repeat(max)), many);
    }
    let long = vec![0; MAX_BLOCK + 1];
    assert!(matches!(RawBlock::split(&long), Err(DecodeError::TooLarge { .. })));

    let item = vec![0; Transaction::MAX_BYTES + 1];
    let (header, commit) = (block.header.encode(), block.last_commit.as_ref().map(Wire::encode));
    let raw = RawBlock {
        header: &header,
        last_commit: commit.as_deref(),
        transactions: vec![&item],
        votes: Vec::new(),
        evidence: Vec::new(),
    };
    assert_eq!(check(&block.header, raw).unwrap_err().code(), "oversized");
}

#[test]
fn leaf_by_leaf_gives_the_root_of_the_list() {
    let mut built = Builder::default();
    let mut items: Vec<[u8; 8]> = Vec::new();
    for item in (0..300_u64).map(u64::to_be_bytes) {
        assert_eq!(built.root(), list_root(&items), "{} leaves", items.len());
        built.add(list_leaf(&item));
        items.push(item);
        assert!(built.full.len() <= 9);
    }
}

// There is no proptest in a browser.
#[cfg(not(target_arch = "wasm32"))]
mod properties {
    use proptest::prelude::*;

    use super::*;

    proptest! {
        #[test]
        fn whatever_is_taken_apart_lies_in_the_bytes(bytes in prop::collection::vec(any::<u8>(), 0..400)) {
            if let Ok(raw) = RawBlock::split(&bytes) {
                let lists = [&raw.transactions, &raw.votes, &raw.evidence];
                let parts = lists.into_iter().flatten().chain(raw.last_commit.iter()).chain([&raw.header]);
                prop_assert!(parts.map(|part| part.len() + 2).sum::<usize>() <= bytes.len());
            }
        }

        #[test]
        fn a_block_that_decodes_comes_apart_into_the_same_parts(transactions in 0_u64..6, voters in 0_u8..4) {
            let block = block(transactions, voters);
            let bytes = block.encode();
            let raw = RawBlock::split(&bytes).unwrap();
            prop_assert_eq!(raw.transactions.len(), block.transactions.len());
            prop_assert!(check(&block.header, raw).is_ok());
        }
    }
}
