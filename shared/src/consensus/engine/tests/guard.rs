use super::*;
use crate::{
    consensus::VoteKind::{Precommit, Prevote},
    primitives::hash_bytes,
};

fn domain() -> SignDomain {
    SignDomain::new(&"devnet".parse().unwrap(), &hash_bytes(b"genesis"))
}

fn id(name: &str) -> Option<BlockId> {
    Some(BlockId::new(hash_bytes(name.as_bytes())))
}

fn vote(
    guard: &mut Guard,
    kind: VoteKind,
    height: u64,
    round: u32,
    id: Option<BlockId>,
) -> Result<bool, Refused> {
    let key = SecretKey::from_seed(&[1; 32]);
    match guard.sign_vote(&domain(), &key, kind, (Height::new(height), Round::new(round)), id) {
        Answer::Fresh(vote) => {
            vote.verify(&domain(), &key.public()).unwrap();
            Ok(true)
        }
        Answer::Again(_) => Ok(false),
        Answer::Refused(why) => Err(why),
    }
}

fn propose(
    guard: &mut Guard,
    height: u64,
    round: u32,
    name: &str,
    pol: Option<u32>,
) -> Result<bool, Refused> {
    let key = SecretKey::from_seed(&[1; 32]);
    let place = (Height::new(height), Round::new(round));
    match guard.sign_proposal(&domain(), &key, place, id(name).unwrap(), pol.map(Round::new)) {
        Answer::Fresh(_) => Ok(true),
        Answer::Again(_) => Ok(false),
        Answer::Refused(why) => Err(why),
    }
}

#[test]
fn one_value_for_one_place() {
    let mut guard = Guard::new(Some(Height::ZERO), false);
    assert_eq!(propose(&mut guard, 5, 0, "a", None), Ok(true));
    assert_eq!(propose(&mut guard, 5, 0, "b", None), Err(Refused::Conflict));
    assert_eq!(propose(&mut guard, 5, 0, "a", None), Ok(false));
    assert_eq!(vote(&mut guard, Prevote, 5, 0, id("a")), Ok(true));
    assert_eq!(vote(&mut guard, Prevote, 5, 0, None), Err(Refused::Conflict));
    assert_eq!(vote(&mut guard, Prevote, 5, 0, id("a")), Ok(false));
    assert_eq!(vote(&mut guard, Precommit, 5, 0, None), Ok(true));
    assert_eq!(vote(&mut guard, Precommit, 5, 0, id("a")), Err(Refused::Conflict));
    assert_eq!(propose(&mut guard, 5, 2, "a", Some(0)), Ok(true));
    assert_eq!(propose(&mut guard, 5, 2, "a", Some(1)), Err(Refused::Conflict));
    assert_eq!(guard.refusals(), 4);
}

#[test]
fn nothing_before_the_last_position() {
    let mut guard = Guard::new(Some(Height::ZERO), false);
    assert_eq!(vote(&mut guard, Precommit, 5, 3, None), Ok(true));
    for (kind, height, round) in [(Prevote, 5, 3), (Precommit, 5, 2), (Prevote, 4, 9), (Precommit, 1, 0)] {
        assert_eq!(vote(&mut guard, kind, height, round, None), Err(Refused::Past));
    }
    assert_eq!(propose(&mut guard, 5, 3, "a", None), Err(Refused::Past));
    assert_eq!(vote(&mut guard, Prevote, 5, 4, None), Ok(true));
    assert_eq!(vote(&mut guard, Prevote, 6, 0, None), Ok(true));
    assert_eq!(vote(&mut guard, Precommit, 5, 4, None), Err(Refused::Past));
}

#[test]
fn nothing_below_the_floor() {
    let mut guard = Guard::new(Some(Height::new(9)), false);
    assert!(!guard.permits(Height::new(8)));
    assert_eq!(vote(&mut guard, Prevote, 8, 0, None), Err(Refused::Floor));
    guard.raise(Height::new(4));
    assert_eq!(vote(&mut guard, Prevote, 8, 0, None), Err(Refused::Floor), "a floor never sinks");
    assert_eq!(vote(&mut guard, Prevote, 9, 0, None), Ok(true));
    guard.raise(Height::new(20));
    assert_eq!(vote(&mut guard, Prevote, 10, 0, None), Err(Refused::Floor));
}

#[test]
fn what_is_noted_binds_like_what_was_signed() {
    let key = SecretKey::from_seed(&[1; 32]);
    let mut guard = Guard::new(Some(Height::ZERO), false);
    let noted = Vote::sign(&domain(), &key, Precommit, Height::new(7), Round::new(1), id("a"));
    guard.note(Signed::Vote(noted.clone()));
    guard.note(Signed::Vote(Vote { block_id: None, ..noted.clone() }));
    assert!(guard.remembers(&Signed::Vote(noted)));
    assert_eq!(vote(&mut guard, Precommit, 7, 1, None), Err(Refused::Conflict));
    assert_eq!(vote(&mut guard, Precommit, 7, 1, id("a")), Ok(false));
    assert_eq!(vote(&mut guard, Prevote, 7, 0, None), Err(Refused::Past));
}
