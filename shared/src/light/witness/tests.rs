use super::*;
use crate::{
    chain::{ChainSpec, Header},
    consensus::ValidatorSet,
    crypto::SecretKey,
    light::{
        LightOptions, Skipping, Trusted,
        tests::{START, header, keys, set, sign, spec},
    },
    primitives::{Address, hash_bytes},
    wire::Wire,
};

struct World {
    spec: ChainSpec,
    keys: Vec<SecretKey>,
    set: ValidatorSet,
    genesis: Trusted,
}

/// Seven seats.
fn world() -> World {
    let keys = keys(1..8);
    let (spec, set) = (spec(&keys), set(&keys));
    let genesis = Trusted::genesis(&spec).unwrap();
    World { spec, keys, set, genesis }
}

impl World {
    /// A block of a height, told apart by a name, signed by some of the seats.
    fn block(&self, height: u64, name: &str, signers: std::ops::Range<usize>) -> SignedHeader {
        let header = Header {
            state_root: hash_bytes(name.as_bytes()),
            ..header(height, self.genesis.id, &self.set, &self.set)
        };
        sign(&self.spec, header, &self.set, &self.keys[signers])
    }

    fn walk(&self, theirs: SignedHeader) -> Step {
        let now = TimeMs::from_millis(START + 100_000);
        Skipping::new(self.genesis.clone(), theirs).step(
            &self.spec,
            &LightOptions::of(self.spec.params()),
            now,
        )
    }
}

fn guilty(world: &World, evidence: &Evidence, finalised: &SignedHeader) -> Vec<Address> {
    let bytes = evidence.encode();
    let evidence = Evidence::decode(&bytes).unwrap();
    evidence.verify_conflict(&world.spec.domain, &world.set, &finalised.header.id()).unwrap()
}

#[test]
fn headers_are_compared_by_id_and_only_at_one_height() {
    let world = world();
    let ours = world.block(4, "a", 0..7);
    let others = [
        (world.block(4, "a", 0..7), Comparison::Agrees),
        // Other seats signed the same block.
        (world.block(4, "a", 0..5), Comparison::Agrees),
        (world.block(4, "b", 0..7), Comparison::Conflict),
        (world.block(5, "a", 0..7), Comparison::OtherHeight(Height::new(5))),
    ];
    for (theirs, expected) in others {
        assert_eq!(compare(&ours, &theirs), expected);
    }
}

#[test]
fn double_signing_by_more_than_a_third_is_a_fork_that_convicts_them() {
    let world = world();
    // Adjacent to the common block, and further up.
    for height in [1, 9] {
        let (ours, theirs) = (world.block(height, "a", 0..5), world.block(height, "b", 2..7));
        assert!(matches!(world.walk(ours.clone()), Step::Reached(_)));
        let settled = settle(&ours, &world.walk(theirs.clone()));
        let Some(Settled::Fork(fork)) = settled else { panic!("{settled:?}") };
        assert_eq!(fork.height(), Height::new(height));

        // Nodes that finalised either block convict the signers of the other.
        let of_theirs = guilty(&world, fork.theirs(), &ours);
        let of_ours = guilty(&world, fork.ours(), &theirs);
        assert_eq!((of_theirs.len(), of_ours.len()), (5, 5));
        let both: Vec<_> = of_theirs.iter().filter(|one| of_ours.contains(one)).collect();
        assert!(both.len() * 3 > world.set.len(), "{both:?}");
        // What is finalised convicts nobody.
        let id = ours.header.id();
        assert!(fork.ours().verify_conflict(&world.spec.domain, &world.set, &id).is_err());
    }
}

#[test]
fn a_witness_whose_header_does_not_verify_lies() {
    let world = world();
    let ours = world.block(1, "a", 0..5);
    let mut forged = world.block(1, "b", 0..7);
    forged.certificate.signatures.swap(0, 1);
    let Some(Settled::Lie { height, reason }) = settle(&ours, &world.walk(forged)) else { panic!() };
    assert_eq!((height, reason.code()), (Height::new(1), "bad-certificate"));

    let strangers = keys(50..54);
    let other = set(&strangers);
    let foreign = sign(&world.spec, header(1, world.genesis.id, &other, &other), &other, &strangers);
    let mut walk = Skipping::new(world.genesis.clone(), foreign);
    let (options, now) = (LightOptions::of(world.spec.params()), TimeMs::from_millis(START + 2_000));
    assert_eq!(settle(&ours, &walk.step(&world.spec, &options, now)), None, "a set is missing");
    walk.set(other).unwrap();
    let settled = settle(&ours, &walk.step(&world.spec, &options, now));
    assert_eq!(settled, Some(Settled::Lie { height: Height::new(1), reason: Reason::Announced }));
}

#[test]
fn what_shows_nothing_is_undecided() {
    let world = world();
    let ours = world.block(1, "a", 0..5);
    let expired = Step::Failed { height: Height::new(1), reason: Reason::Expired(TimeMs::ZERO) };
    // A walk to our own block is no fork.
    for step in [Step::TooLong, expired, world.walk(ours.clone())] {
        assert_eq!(settle(&ours, &step), Some(Settled::Undecided));
    }
    for step in [Step::Again, Step::Header(Height::new(1)), Step::Set(world.set.root())] {
        assert_eq!(settle(&ours, &step), None);
    }
}

const PRIMARY: u8 = 0;

fn at(millis: u64) -> TimeMs {
    TimeMs::from_millis(START + millis)
}

/// A comparison of the head at height 4.
fn comparing() -> Witnesses<u8> {
    let mut witnesses = Witnesses::default();
    assert_eq!(witnesses.standing(), Standing::Idle);
    assert!(witnesses.ask([1, 2, 3], at(0)).is_empty());
    assert!(witnesses.offer(Height::new(4), BlockId::default(), PRIMARY, at(0)));
    assert_eq!(witnesses.head(), Some((Height::new(4), BlockId::default())));
    witnesses
}

fn hear(witnesses: &mut Witnesses<u8>, peer: u8, word: Word, millis: u64) {
    witnesses.heard(Height::new(4), &peer, word, at(millis));
}

#[test]
fn two_others_are_asked_and_their_agreement_is_enough() {
    let mut witnesses = comparing();
    assert_eq!(witnesses.ask([PRIMARY, 1, 2, 3], at(0)), [1, 2]);
    assert!(witnesses.ask([PRIMARY, 1, 2, 3], at(1)).is_empty(), "two are open");
    hear(&mut witnesses, 1, Word::Agrees, 10);
    assert_eq!(witnesses.standing(), Standing::Open);
    hear(&mut witnesses, 1, Word::Agrees, 11);
    hear(&mut witnesses, 3, Word::Agrees, 12);
    assert_eq!(witnesses.standing(), Standing::Open, "no one counts twice, nor who was not asked");
    witnesses.heard(Height::new(3), &2, Word::Agrees, at(13));
    assert_eq!(witnesses.standing(), Standing::Open, "about another head");
    hear(&mut witnesses, 2, Word::Agrees, 14);
    assert_eq!(witnesses.standing(), Standing::Compared { witnesses: 2 });
    assert!(witnesses.ask([PRIMARY, 1, 2, 3], at(20)).is_empty());
}

#[test]
fn who_fails_or_keeps_silent_is_replaced() {
    let mut witnesses = comparing();
    assert_eq!(witnesses.ask([1, 2, 3, 4], at(0)), [1, 2]);
    hear(&mut witnesses, 1, Word::Nothing, 10);
    assert_eq!(witnesses.ask([1, 2, 3, 4], at(10)), [3]);
    hear(&mut witnesses, 3, Word::Agrees, 20);
    assert!(witnesses.ask([1, 2, 3, 4], at(2_999)).is_empty());
    assert_eq!(witnesses.ask([1, 2, 3, 4], at(3_000)), [4], "2 took too long");
    hear(&mut witnesses, 2, Word::Agrees, 3_001);
    assert_eq!(witnesses.standing(), Standing::Open, "too late");
    hear(&mut witnesses, 4, Word::Agrees, 3_002);
    assert_eq!(witnesses.standing(), Standing::Compared { witnesses: 2 });
}

#[test]
fn where_there_are_fewer_than_two_those_are_enough() {
    let mut alone = comparing();
    assert_eq!(alone.standing(), Standing::Open, "nobody was looked for yet");
    assert!(alone.ask([PRIMARY], at(0)).is_empty());
    assert_eq!(alone.standing(), Standing::Compared { witnesses: 0 });

    let mut one = comparing();
    assert_eq!(one.ask([PRIMARY, 1], at(0)), [1]);
    assert_eq!(one.standing(), Standing::Open);
    hear(&mut one, 1, Word::Agrees, 5);
    assert_eq!(one.standing(), Standing::Open, "another may have come");
    assert!(one.ask([PRIMARY, 1], at(6)).is_empty());
    assert_eq!(one.standing(), Standing::Compared { witnesses: 1 });
    assert_eq!(one.ask([PRIMARY, 1, 2], at(7)), [2], "and it has");
}

#[test]
fn who_is_behind_is_asked_again_after_a_while() {
    let mut witnesses = comparing();
    assert_eq!(witnesses.ask([1], at(0)), [1]);
    hear(&mut witnesses, 1, Word::Behind, 10);
    assert!(witnesses.ask([1], at(11)).is_empty());
    assert_eq!(witnesses.standing(), Standing::Open);
    assert_eq!(witnesses.ask([1], at(510)), [1]);
    hear(&mut witnesses, 1, Word::Agrees, 511);
    assert!(witnesses.ask([1], at(512)).is_empty());
    assert_eq!(witnesses.standing(), Standing::Compared { witnesses: 1 });
}

#[test]
fn a_newer_head_waits_for_the_older_and_not_for_ever() {
    let mut witnesses = comparing();
    let id = BlockId::new(hash_bytes(b"5"));
    let offer = |witnesses: &mut Witnesses<u8>, height, millis| {
        witnesses.offer(Height::new(height), id, PRIMARY, at(millis))
    };
    assert_eq!(witnesses.ask([1, 2], at(0)), [1, 2]);
    assert!(!offer(&mut witnesses, 5, 1_000));
    assert!(offer(&mut witnesses, 5, Witnesses::<u8>::PATIENCE_MS));
    assert_eq!(witnesses.head(), Some((Height::new(5), id)));
    assert!(!offer(&mut witnesses, 5, 60_000) && !offer(&mut witnesses, 4, 60_000), "only newer ones");
    assert!(witnesses.ask([PRIMARY], at(6_000)).is_empty());
    assert!(offer(&mut witnesses, 6, 6_000), "compared at once may be followed at once");
}

#[test]
fn questions_about_one_head_are_bounded() {
    let mut witnesses = comparing();
    let mut asked = 0;
    for round in 0..1_000_u64 {
        for peer in witnesses.ask(1..=200, at(round)) {
            asked += 1;
            hear(&mut witnesses, peer, Word::Nothing, round);
        }
    }
    assert_eq!(asked, Witnesses::<u8>::MAX_ASKED);
    assert_eq!(witnesses.standing(), Standing::Compared { witnesses: 0 });

    let mut slow = comparing();
    let mut asked = 0;
    for round in 0..1_000_u64 {
        for peer in slow.ask([1, 2], at(round * 500)) {
            asked += 1;
            hear(&mut slow, peer, Word::Behind, round * 500);
        }
    }
    assert_eq!(asked, Witnesses::<u8>::MAX_ASKED);
}
