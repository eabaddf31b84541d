use std::collections::BTreeMap;

use super::*;
use crate::{
    chain::Header,
    consensus::CertificateError,
    crypto::SecretKey,
    light::tests::{START, header, set, sign, spec},
    primitives::{BlockId, hash_bytes},
};

type Seats = (ValidatorSet, Vec<SecretKey>);

/// A chain of linked headers; certificates are made when somebody asks.
struct Chain {
    spec: ChainSpec,
    headers: Vec<Header>,
    seats: BTreeMap<Hash, Seats>,
    now: TimeMs,
}

fn seats(names: &[u32]) -> Seats {
    let key = |name: &u32| SecretKey::from_seed(hash_bytes(&name.to_be_bytes()).as_bytes());
    let keys: Vec<SecretKey> = names.iter().map(key).collect();
    (set(&keys), keys)
}

impl Chain {
    /// `names` gives the seats that sign a height.
    fn new(length: u64, names: impl Fn(u64) -> Vec<u32>) -> Self {
        let (first, keys) = seats(&names(1));
        let spec = spec(&keys);
        let mut known: BTreeMap<Vec<u32>, Hash> = BTreeMap::from([(names(1), first.root())]);
        let mut all = BTreeMap::from([(first.root(), (first.clone(), keys))]);
        let mut root_at = |height: u64| {
            *known.entry(names(height)).or_insert_with_key(|names| {
                let one = seats(names);
                let root = one.0.root();
                all.insert(root, one);
                root
            })
        };
        let mut parent = Trusted::genesis(&spec).unwrap().id;
        let template = header(1, parent, &first, &first);
        let mut headers = Vec::new();
        for height in 1..=length {
            let header = Header {
                height: Height::new(height),
                time: TimeMs::from_millis(START + height * 1_000),
                parent_id: parent,
                validators_root: root_at(height),
                next_validators_root: root_at(height + 1),
                ..template.clone()
            };
            parent = header.id();
            headers.push(header);
        }
        Self { spec, headers, seats: all, now: TimeMs::from_millis(START + length * 1_000 + 500) }
    }

    fn header(&self, height: u64) -> Header {
        self.headers[usize::try_from(height).unwrap() - 1].clone()
    }

    fn signed(&self, height: u64) -> SignedHeader {
        self.certified(self.header(height))
    }

    /// Signed by all of the seats that the header names.
    fn certified(&self, header: Header) -> SignedHeader {
        let (set, keys) = &self.seats[&header.validators_root];
        sign(&self.spec, header, set, keys)
    }

    fn walk(&self, target: SignedHeader) -> Skipping {
        Skipping::new(Trusted::genesis(&self.spec).unwrap(), target)
    }

    fn step(&self, walk: &mut Skipping) -> Step {
        let before = walk.verified();
        let step = walk.step(&self.spec, &LightOptions::of(self.spec.params()), self.now);
        assert!(walk.verified() <= before + 1, "one certificate a step");
        assert!(walk.pending.len() <= Skipping::MAX_DEPTH && walk.sets.len() <= Skipping::MAX_SETS);
        step
    }

    /// Answers whatever a walk asks, until it is over.
    fn drive(&self, walk: &mut Skipping, answer: impl Fn(u64) -> SignedHeader) -> (Step, Asked) {
        let mut asked = Asked::default();
        loop {
            asked.steps += 1;
            match self.step(walk) {
                Step::Header(height) => {
                    asked.headers += 1;
                    walk.header(answer(height.get())).unwrap();
                }
                Step::Set(root) => {
                    asked.sets += 1;
                    walk.set(self.seats[&root].0.clone()).unwrap();
                }
                Step::Again => {}
                end => {
                    assert_eq!(self.step(walk), end, "what is over stays so");
                    return (end, asked);
                }
            }
        }
    }

    fn honest(&self, target: u64) -> (Box<Reached>, Asked) {
        let mut walk = self.walk(self.signed(target));
        let (end, asked) = self.drive(&mut walk, |height| self.signed(height));
        let Step::Reached(reached) = end else { panic!("{end:?}") };
        assert_eq!(reached.trusted(), walk.trusted());
        assert_eq!(*reached.target(), self.signed(target));
        assert_eq!(*reached.trusted(), {
            let next = self.seats[&self.header(target).next_validators_root].0.clone();
            Trusted::from_verified(&self.signed(target), next).unwrap()
        });
        (reached, asked)
    }
}

/// What a walk asked for.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
struct Asked {
    headers: usize,
    sets: usize,
    steps: usize,
}

/// The same seven all the time.
fn calm(length: u64) -> Chain {
    Chain::new(length, |_| (0..7).collect())
}

/// All of `seats` are replaced after every `every` heights.
fn churning(length: u64, seats: u32, every: u64) -> Chain {
    Chain::new(length, move |height| {
        let first = u32::try_from((height - 1) / every).unwrap() * seats;
        (first..first + seats).collect()
    })
}

fn failed(height: u64, reason: Reason) -> Step {
    Step::Failed { height: Height::new(height), reason }
}

#[test]
fn the_next_height_takes_one_step_and_no_question() {
    let chain = calm(1);
    let (reached, asked) = chain.honest(1);
    assert_eq!((reached.path(), reached.trail().len()), (Path::Adjacent, 0));
    assert_eq!(asked, Asked { steps: 1, ..Asked::default() });
}

#[test]
fn a_large_certificate_is_verified_in_slices_and_a_fault_in_the_last_is_found() {
    let chain = Chain::new(9, |_| (0..40).collect());
    let (reached, asked) = chain.honest(9);
    assert_eq!(reached.path(), Path::Skip);
    assert_eq!(asked, Asked { steps: 3, ..Asked::default() }, "sixteen signatures a step");
    let good = chain.signed(9);
    for at in [0, 15, 16, 39] {
        let mut bad = good.clone();
        bad.certificate.signatures[at] = bad.certificate.signatures[(at + 1) % 40];
        let (end, _) = chain.drive(&mut chain.walk(bad), |height| chain.signed(height));
        let reason =
            matches!(end, Step::Failed { reason: Reason::Certificate(CertificateError::Signature(_)), .. });
        assert!(reason, "signature {at}: {end:?}");
    }
}

#[test]
fn a_set_that_stays_is_skipped_over_at_once() {
    let (reached, asked) = calm(5_000).honest(5_000);
    assert_eq!(reached.path(), Path::Skip);
    assert_eq!(asked, Asked { steps: 1, ..Asked::default() });
}

#[test]
fn more_than_a_third_is_a_skip_and_a_third_is_a_bisection() {
    // Seats 0..6 until height 50; then `kept` of them and four new ones.
    for (kept, path) in [(3_u32, Path::Skip), (2, Path::Bisection)] {
        let chain = Chain::new(100, |height| match height {
            ..=50 => (0..6).collect(),
            _ => (0..kept).chain(10..14).collect(),
        });
        let (reached, asked) = chain.honest(100);
        assert_eq!(reached.path(), path, "{kept} of six stayed");
        assert!(asked.headers <= 2 && asked.sets <= 2, "{asked:?}");
    }
}

#[test]
fn a_change_of_all_seats_is_passed_at_its_very_height() {
    let chain = churning(100, 4, 40);
    let (reached, asked) = chain.honest(100);
    assert_eq!(reached.path(), Path::Bisection);
    let trail: Vec<u64> = reached.trail().iter().map(|one| one.header.height.get()).collect();
    assert!(trail.contains(&40) && trail.contains(&80), "the closes announce the new seats: {trail:?}");
    assert!(trail.is_sorted() && asked.headers <= 20, "{asked:?}");
}

#[test]
fn a_hundred_thousand_heights_with_slow_changes_take_few_headers() {
    // One of ten seats is replaced after every 100 heights: after 700 too few are left.
    let chain = Chain::new(100_000, |height| {
        let changes = u32::try_from((height - 1) / 100).unwrap();
        (changes..changes + 10).collect()
    });
    let (reached, asked) = chain.honest(100_000);
    assert_eq!(reached.path(), Path::Bisection);
    assert_eq!(reached.trail().len(), Skipping::MAX_TRAIL);
    // Halving stops at 390 heights: 256 leaps, and as many headers that were too far.
    assert!(asked.headers <= 256 && asked.steps <= 1_500, "{asked:?}");

    // A change every 100 epochs of 30 blocks: 33 changes in all.
    let chain = Chain::new(100_000, |height| {
        let changes = u32::try_from((height - 1) / 3_000).unwrap();
        (changes..changes + 10).collect()
    });
    let (_, asked) = chain.honest(100_000);
    assert!(asked.headers <= 16 && asked.steps <= 64, "{asked:?}");
}

#[test]
fn the_worst_churn_costs_a_search_for_each_change() {
    for every in [1, 2, 3, 4, 16] {
        let length = 480;
        let (_, asked) = churning(length, 4, every).honest(length);
        // The last height of each set has to be found by halving; no header is asked for twice.
        let changes = usize::try_from(length / every).unwrap();
        let search = usize::try_from(every.ilog2()).unwrap() + 1;
        assert!(asked.headers <= (search * changes).min(480), "every {every}: {asked:?}");
        assert!(asked.sets <= 4 * changes && asked.steps <= 4 * asked.headers, "every {every}: {asked:?}");
    }
}

#[test]
fn a_forged_header_half_way_ends_the_walk_and_keeps_what_was_verified() {
    let chain = churning(400, 4, 90);
    let (strangers, keys) = seats(&[900, 901, 902, 903]);
    // A peer lies about one height alone; another answers later.
    let lie = |height: u64| {
        let header = Header { state_root: hash_bytes(b"lie"), ..chain.header(height) };
        let forged = Header { validators_root: strangers.root(), ..header };
        sign(&chain.spec, forged, &strangers, &keys)
    };
    let mut chain_with_strangers = churning(400, 4, 90);
    chain_with_strangers.seats.insert(strangers.root(), (strangers.clone(), keys.clone()));
    let mut walk = chain.walk(chain.signed(400));
    let honest = |height| chain.signed(height);
    let (end, _) = chain_with_strangers.drive(&mut walk, |height| match height {
        260..=280 => lie(height),
        _ => honest(height),
    });
    let Step::Failed { height, reason } = end else { panic!("{end:?}") };
    assert!((260..=280).contains(&height.get()), "{height}: {reason}");
    let kept = walk.trusted().clone();
    assert!(kept.height > Height::ZERO && kept.height < height);
    assert_eq!(kept.id, chain.header(kept.height.get()).id());

    let mut second = Skipping::new(kept, chain.signed(400));
    assert!(matches!(chain.drive(&mut second, honest).0, Step::Reached(_)));
}

#[test]
fn each_fault_of_a_target_has_its_reason() {
    let chain = calm(100);
    let (good, late) = (chain.signed(9), chain.now);
    let end = |target: SignedHeader| chain.drive(&mut chain.walk(target), |height| chain.signed(height)).0;

    let other_chain = Header { chain_id: "other".parse().unwrap(), ..good.header.clone() };
    assert_eq!(end(chain.certified(other_chain)), failed(9, Reason::Chain));

    let mut altered = good.clone();
    altered.header.state_root = hash_bytes(b"x");
    assert_eq!(end(altered), failed(9, Reason::OtherHeader));

    let time = late.saturating_add(10_001);
    let future = Header { time, ..good.header.clone() };
    assert_eq!(end(chain.certified(future)), failed(9, Reason::Future(time)));

    let mut swapped = good.clone();
    swapped.certificate.signatures.swap(0, 1);
    let Step::Failed { reason, .. } = end(swapped) else { panic!() };
    assert_eq!(reason.code(), "bad-certificate");

    let mut few = good.clone();
    few.certificate.signers = crate::consensus::Signers::from_indices(7, 0..4);
    few.certificate.signatures.truncate(4);
    let quorum = CertificateError::NoQuorum { got: 4, needed: 5 };
    assert_eq!(end(few), failed(9, Reason::Certificate(quorum)));

    let unlinked = Header { parent_id: BlockId::default(), ..chain.header(1) };
    assert_eq!(end(chain.certified(unlinked)), failed(1, Reason::Parent));
}

#[test]
fn an_expired_start_and_a_lower_target_lead_nowhere() {
    let chain = calm(10);
    let options = LightOptions::of(chain.spec.params());
    let genesis = Trusted::genesis(&chain.spec).unwrap();
    let mut walk = chain.walk(chain.signed(10));
    let late = genesis.time.saturating_add(options.trusting_ms);
    assert_eq!(walk.step(&chain.spec, &options, late), failed(10, Reason::Expired(genesis.time)));

    let (reached, _) = chain.honest(10);
    for height in [1, 9, 10] {
        let mut walk = Skipping::new(reached.trusted().clone(), chain.signed(height));
        let Step::Failed { reason, .. } = chain.step(&mut walk) else { panic!() };
        assert_eq!(reason.code(), "stale-head");
    }
}

#[test]
fn what_was_not_asked_for_is_refused_and_changes_nothing() {
    let chain = churning(100, 4, 40);
    let mut walk = chain.walk(chain.signed(100));
    let wanted = chain.header(100).validators_root;
    assert_eq!(walk.header(chain.signed(50)), Err(NotAsked::Header(Height::new(50))));
    assert_eq!(chain.step(&mut walk), Step::Set(wanted));
    let (other, _) = seats(&[7, 8, 9]);
    assert_eq!(walk.set(other.clone()), Err(NotAsked::Set(other.root())));
    assert_eq!(chain.step(&mut walk), Step::Set(wanted), "still");
    walk.set(chain.seats[&wanted].0.clone()).unwrap();
    assert!(walk.set(chain.seats[&wanted].0.clone()).is_err(), "once is enough");

    assert_eq!(chain.step(&mut walk), Step::Header(Height::new(50)));
    for other in [49, 51, 100] {
        assert_eq!(walk.header(chain.signed(other)), Err(NotAsked::Header(Height::new(other))));
    }
    assert_eq!(chain.step(&mut walk), Step::Header(Height::new(50)), "still");
    let (end, _) = chain.drive(&mut walk, |height| chain.signed(height));
    assert!(matches!(end, Step::Reached(_)));
    assert!(walk.header(chain.signed(50)).is_err() && walk.set(other).is_err(), "over");
}

#[test]
fn a_target_with_a_false_announced_set_never_becomes_trusted() {
    let chain = calm(9);
    let promised = Header { next_validators_root: hash_bytes(b"nobody"), ..chain.header(9) };
    let mut walk = chain.walk(chain.certified(promised));
    assert_eq!(chain.step(&mut walk), Step::Set(hash_bytes(b"nobody")));
    assert!(walk.set(seats(&[1]).0).is_err());
    assert_eq!(walk.trusted().height, Height::ZERO);
}

#[test]
fn a_walk_that_is_too_long_ends_with_what_it_verified() {
    let chain = churning(100, 4, 1);
    let mut walk = chain.walk(chain.signed(100));
    walk.most = 10;
    let (end, _) = chain.drive(&mut walk, |height| chain.signed(height));
    assert_eq!((end, walk.verified()), (Step::TooLong, 10));
    assert_eq!(walk.trusted().id, chain.header(10).id());
    let mut next = Skipping::new(walk.trusted().clone(), chain.signed(100));
    assert!(matches!(chain.drive(&mut next, |height| chain.signed(height)).0, Step::Reached(_)));
}

#[test]
fn a_distance_without_end_stays_within_the_depth() {
    let chain = calm(9);
    let (strangers, keys) = seats(&[900, 901, 902, 903]);
    // Nobody whom the client trusts signed any of these.
    let far = |height: u64| {
        let header = Header {
            height: Height::new(height),
            validators_root: strangers.root(),
            next_validators_root: strangers.root(),
            ..chain.header(9)
        };
        sign(&chain.spec, header, &strangers, &keys)
    };
    let mut with_strangers = calm(9);
    with_strangers.seats.insert(strangers.root(), (strangers.clone(), keys.clone()));
    let mut walk = chain.walk(far(u64::MAX));
    let (end, asked) = with_strangers.drive(&mut walk, far);
    assert!(asked.headers < Skipping::MAX_DEPTH, "{asked:?}");
    assert!(matches!(end, Step::Failed { .. } | Step::TooLong), "{end:?}");
    assert_eq!(walk.verified(), 0);
}
