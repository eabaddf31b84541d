use super::*;
use crate::{
    biometrics::{OpenStatement, algo_id},
    chain::{Action, AuthenticityProof, BiometricProof, Statement},
    crypto::{SecretKey, SignDomain},
    light::{
        answers::tests::{address, altered},
        tests::{header, keys, set},
    },
    merkle::{ListTree, list_node},
    primitives::{Amount, BasisPoints, BlockId, Height, Nonce, TimeMs, hash_bytes},
};

fn domain() -> SignDomain {
    SignDomain::new(&"light".parse().unwrap(), &hash_bytes(b"genesis"))
}

/// Transfers of one account.
pub(in crate::light::answers) fn transfers(count: u64) -> Vec<Transaction> {
    let key = SecretKey::from_seed(&[1; 32]);
    let one = |nonce| {
        let action = Action::Transfer { to: address(9), amount: Amount::from_micro(5) };
        Transaction::sign(&domain(), &key, Nonce::new(nonce), Amount::from_micro(1_000), action)
    };
    (0..count).map(one).collect()
}

/// A vote of each of the first few validators in one epoch.
pub(in crate::light::answers) fn votes(count: u8, epoch: u64) -> Vec<EmotionalVote> {
    let device = SecretKey::from_seed(&[99; 32]);
    let one = |seed: u8| {
        let key = SecretKey::from_seed(&[seed; 32]);
        let statement = OpenStatement {
            score: BasisPoints::new(6_200).unwrap(),
            stress: 100,
            focus: 100,
            authenticity: 80,
            heart_rate_cbpm: 6_500,
        };
        let authenticity = AuthenticityProof {
            device_key: device.public(),
            delegation: None,
            algo_id: algo_id(),
            modalities: 1,
            sample_count: 120,
            window_start: TimeMs::from_millis(180_000),
            window_end: TimeMs::from_millis(300_000),
            challenge_height: Height::new(299),
            challenge: BlockId::default(),
            sequence: 8,
            statement: Statement::Open(statement),
        };
        let validator = key.public().address();
        let proof = BiometricProof::sign(&domain(), &device, validator, hash_bytes(&[seed]), authenticity);
        EmotionalVote::sign(&domain(), &key, proof, Epoch::new(epoch))
    };
    (1..=count).map(one).collect()
}

fn empty_header() -> Header {
    let set = set(&keys(1..5));
    header(1, BlockId::default(), &set, &set)
}

#[test]
fn inclusion_is_believed_to_the_last_bit() {
    let all = transfers(5);
    for count in 1..=all.len() {
        let tree = ListTree::from_leaves(all[..count].iter().map(Wire::encode));
        let mut header = empty_header();
        header.transactions_root = tree.root();
        for (index, one) in all[..count].iter().enumerate() {
            let (id, bytes, proof) = (one.id(), one.encode(), tree.prove(index).unwrap().encode());
            assert_eq!(verify_inclusion(&header, &id, &bytes, &proof), Ok(one.clone()));
            assert!(altered(&bytes).all(|bytes| verify_inclusion(&header, &id, &bytes, &proof).is_err()));
            // Index and total are the answerer's word, the path is not.
            for path in altered(&proof[16..]) {
                let proof = [&proof[..16], &path].concat();
                assert!(verify_inclusion(&header, &id, &bytes, &proof).is_err());
            }
        }
        let (absent, proof) = (&all[(count + 1) % all.len()], tree.prove(0).unwrap().encode());
        if count < all.len() - 1 {
            let id = absent.id();
            assert!(verify_inclusion(&header, &id, &absent.encode(), &proof).is_err());
            let other = verify_inclusion(&header, &id, &all[0].encode(), &proof);
            assert_eq!(other, Err(AnswerError::OtherTransaction(all[0].id())));
        }
    }
}

#[test]
fn a_vote_is_believed_to_the_last_bit() {
    let all = votes(5, 7);
    for count in 1..=all.len() {
        let tree = ListTree::from_leaves(all[..count].iter().map(Wire::encode));
        let mut header = empty_header();
        header.votes_root = tree.root();
        for (index, one) in all[..count].iter().enumerate() {
            let (who, epoch) = (one.validator(), one.epoch);
            let (bytes, proof) = (one.encode(), tree.prove(index).unwrap().encode());
            let look = |bytes: &[u8], proof: &[u8]| verify_vote_inclusion(&header, &who, epoch, bytes, proof);
            assert_eq!(look(&bytes, &proof), Ok(one.clone()));
            assert!(altered(&bytes).all(|bytes| look(&bytes, &proof).is_err()));
            for path in altered(&proof[16..]) {
                assert!(look(&bytes, &[&proof[..16], &path].concat()).is_err());
            }
            let other = Err(AnswerError::OtherVote(who, epoch));
            let next = Epoch::new(8);
            assert_eq!(verify_vote_inclusion(&header, &who, next, &bytes, &proof), other);
            assert_eq!(verify_vote_inclusion(&header, &address(3), epoch, &bytes, &proof), other);
        }
    }
    // In the block's transactions it would be no vote.
    let tree = ListTree::from_leaves(all.iter().map(Wire::encode));
    let mut header = empty_header();
    header.transactions_root = tree.root();
    let (one, proof) = (&all[0], tree.prove(0).unwrap().encode());
    let found = verify_vote_inclusion(&header, &one.validator(), one.epoch, &one.encode(), &proof);
    assert!(matches!(found, Err(AnswerError::List(ListProofError::Root))));
}

#[test]
fn a_proof_without_hashes_shows_only_a_lone_item() {
    let all = transfers(4);
    let (id, bytes) = (all[0].id(), all[0].encode());
    let of = |count: usize| {
        let mut header = empty_header();
        header.transactions_root = ListTree::from_leaves(all[..count].iter().map(Wire::encode)).root();
        header
    };
    let bare = |total: u64| [0_u64.to_be_bytes(), total.to_be_bytes()].concat();
    assert!(verify_inclusion(&of(1), &id, &bytes, &bare(1)).is_ok(), "true of a list of one");
    for count in 0..=4 {
        assert_eq!(verify_inclusion(&of(count), &id, &bytes, &[]), Err(AnswerError::EmptyProof));
    }
    for (count, total) in [(0, 1), (2, 1), (4, 1), (2, 2), (4, 4), (1, 2)] {
        let found = verify_inclusion(&of(count), &id, &bytes, &bare(total));
        assert_eq!(found, Err(AnswerError::EmptyProof), "{total} claimed of {count}");
    }
}

#[test]
fn a_way_that_is_explained_can_be_gone_by_hand() {
    for count in 1..=13_u64 {
        let tree = ListTree::from_leaves(items_of(count));
        for (index, item) in items_of(count).enumerate() {
            let proof = tree.prove(index).unwrap().encode();
            let way = explain_inclusion(&tree.root(), &item, &proof).unwrap();
            assert_eq!(way.leaf, hash_bytes(&[[0].as_slice(), &item].concat()));
            assert_eq!((way.index, way.total, way.root), (index as u64, count, tree.root()));
            let top = way.siblings.iter().fold(way.leaf, |node, one| {
                let (left, right) = if one.left { (one.hash, node) } else { (node, one.hash) };
                hash_bytes(&[[1].as_slice(), left.as_bytes(), right.as_bytes()].concat())
            });
            assert_eq!(top, way.root);
            assert!(explain_inclusion(&way.leaf, &item, &proof).is_err() || count == 1);
            assert!(explain_inclusion(&tree.root(), b"other", &proof).is_err());
        }
    }
    let (one, two) = (list_leaf(b"one"), list_leaf(b"two"));
    let way = explain_inclusion(
        &list_node(&one, &two),
        b"two",
        &ListTree::from_leaves([b"one", b"two"]).prove(1).unwrap().encode(),
    );
    assert_eq!(way.unwrap().siblings, [Sibling { hash: one, left: true }]);
}

fn items_of(count: u64) -> impl Iterator<Item = [u8; 8]> {
    (0..count).map(u64::to_be_bytes)
}
