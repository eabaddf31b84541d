use std::collections::BTreeSet;

use super::*;
use proptest::prelude::*;
use sha2::{Digest, Sha256};

const SECRET: [u8; 32] = [7; 32];
const NOW: u64 = 1_800_000_000_000;
const MINUTE: u64 = 60_000;

fn book() -> AddressBook {
    AddressBook::new(SECRET)
}

/// Peer ids without randomness.
fn peer(n: u32) -> PeerId {
    let key = [vec![0, 36, 8, 1, 18, 32], vec![0; 28], n.to_le_bytes().to_vec()].concat();
    PeerId::from_bytes(&key).unwrap()
}

fn at(text: &str) -> Multiaddr {
    text.parse().unwrap()
}

/// An address in the public /24 with this number.
fn host(subnet: u32, port: u16) -> Multiaddr {
    at(&format!("/ip4/{}.{}.{}.9/tcp/{port}", 16 + subnet / 65_536, subnet / 256 % 256, subnet % 256))
}

fn source(subnet: u32) -> Option<Subnet> {
    Subnet::of(&host(subnet, 1))
}

fn all(_: &PeerId, _: &[Multiaddr]) -> bool {
    false
}

fn tried(book: &AddressBook) -> Vec<PeerId> {
    book.peers.iter().filter(|(_, entry)| entry.tried).map(|(peer, _)| *peer).collect()
}

/// Fails a peer as if other dials worked in between.
fn strike(book: &mut AddressBook, peer: &PeerId, now_ms: u64) {
    book.worked_ms = now_ms - 1;
    book.failed(peer, now_ms);
}

fn check(book: &AddressBook) {
    let mut listed = BTreeSet::new();
    for (table, is_tried) in [(&book.new, false), (&book.tried, true)] {
        for peers in table.iter() {
            assert!(peers.len() <= BUCKET_PEERS);
            for peer in peers {
                assert_eq!(book.peers[peer].tried, is_tried);
                assert!(table.get(book.peers[peer].bucket).contains(peer));
                assert!(listed.insert(*peer), "one place a peer");
            }
        }
    }
    assert_eq!(listed.len(), book.len());
    assert!(book.len() <= MAX_PEERS && tried(book).len() <= usize::from(TRIED_BUCKETS) * BUCKET_PEERS);
    for entry in book.peers.values() {
        assert!((1..=MAX_ADDRESSES).contains(&entry.known.len()) && entry.bytes() <= MAX_PEER_BYTES);
    }
}

#[test]
fn the_bounds_are_those_of_the_tables() {
    assert_eq!(MAX_PEERS, usize::from(NEW_BUCKETS + TRIED_BUCKETS) * BUCKET_PEERS);
}

#[test]
fn what_is_learnt_can_be_picked_without_the_peers_own_id() {
    let mut book = book();
    assert!(book.is_empty() && book.pick(NOW, &all).is_none());
    let address = host(1, 1);
    assert!(book.learn(peer(1), &address.clone().with_p2p(peer(1)).unwrap(), source(2), NOW));
    assert!(book.learn(peer(1), &address, source(2), NOW), "the same again");
    assert_eq!(book.pick(NOW, &all), Some((peer(1), vec![address])));
    assert_eq!(book.pick(NOW, &|one, _| *one == peer(1)), None, "whom the caller avoids");
    assert_eq!(book.pick(NOW, &|_, addresses| Subnet::of(&addresses[0]) == source(1)), None);
    book.remove(&peer(1));
    assert!(book.is_empty());
    check(&book);
}

#[test]
fn addresses_that_lead_nowhere_are_not_learnt() {
    let mut book = book();
    let long = format!("/ip4/1.2.3.4/tcp/1/p2p/{}/p2p-circuit", peer(2)).repeat(6);
    for address in [
        Multiaddr::empty(),
        at("/dns4/example.org/tcp/1"),
        at("/ip4/0.0.0.0/tcp/1"),
        at("/ip4/224.0.0.1/tcp/1"),
        host(1, 1).with(Protocol::P2p(peer(2))),
        host(1, 1).with(Protocol::P2p(peer(2))).with(Protocol::P2p(peer(1))),
        at(&long),
    ] {
        assert!(!book.learn(peer(1), &address, None, NOW), "{address}");
        book.worked(peer(1), &address, NOW);
    }
    assert!(book.is_empty());
}

#[test]
fn hearsay_spreads_outwards_only() {
    let [machine, private, public] =
        ["/ip4/127.0.0.1/tcp/1", "/ip4/10.1.2.3/tcp/1", "/ip4/16.0.0.1/tcp/1"].map(at);
    let sources = [&machine, &private, &public].map(Subnet::of);
    for (from, source) in sources.into_iter().enumerate() {
        for (to, address) in [&machine, &private, &public].into_iter().enumerate() {
            assert_eq!(book().learn(peer(1), address, source, NOW), to >= from, "{source:?} {address}");
        }
    }
}

#[test]
fn one_source_fills_a_sixteenth_of_new_and_nothing_of_tried() {
    let mut book = book();
    // Forty honest subnets name three others each; thirty peers have worked.
    for n in 0..120 {
        book.learn(peer(n), &host(n, 1), source(1_000 + n / 3), NOW);
    }
    for n in 0..30 {
        book.worked(peer(n), &host(n, 1), NOW);
    }
    let honest: BTreeSet<PeerId> = book.peers.keys().copied().collect();
    let proven = tried(&book);
    assert!(honest.len() > 110 && proven.len() == 30, "{} {}", honest.len(), proven.len());

    for n in 0..100_000 {
        book.learn(peer(1_000_000 + n), &host(5_000 + n, 1), source(4_999), NOW + 1);
    }
    check(&book);
    let hostile = book.len() - honest.len();
    let share = usize::from(BUCKETS_PER_SOURCE) * BUCKET_PEERS;
    assert!(hostile <= share && share * 16 == usize::from(NEW_BUCKETS) * BUCKET_PEERS, "{hostile}");
    assert!(honest.iter().all(|peer| book.peers.contains_key(peer)), "nobody honest is displaced");
    assert_eq!(tried(&book), proven);

    let buckets = book.new.iter().filter(|bucket| bucket.iter().any(|peer| honest.contains(peer))).count();
    assert!(buckets >= 48, "{buckets}");
    let mut hits = 0;
    let mut hits_in_new = 0;
    for _ in 0..4_000 {
        hits += u32::from(honest.contains(&book.pick(NOW + 2, &all).unwrap().0));
        let (found, _) = book.pick(NOW + 2, &|peer, _| proven.contains(peer)).unwrap();
        hits_in_new += u32::from(honest.contains(&found));
    }
    assert!(hits >= 3_500, "seven of eight picks: {hits}");
    assert!(hits_in_new >= 3_000, "three of four from new: {hits_in_new}");
}

#[test]
fn an_honest_newcomer_finds_room_after_a_flood() {
    let mut book = book();
    for n in 0..100_000 {
        book.learn(peer(1_000_000 + n), &host(5_000 + n, 1), source(4_999), NOW);
    }
    let entered = (0..200).filter(|n| book.learn(peer(*n), &host(*n, 1), source(1_000 + n), NOW)).count();
    assert!(entered >= 160, "{entered}");
}

#[test]
fn one_subnet_fills_a_thirty_second_part_of_tried_however_many_peers_it_runs() {
    let mut book = book();
    for n in 0..2_000 {
        book.worked(peer(n), &host(1, 1 + u16::try_from(n).unwrap()), NOW);
    }
    assert_eq!(tried(&book).len(), usize::from(BUCKETS_PER_SUBNET) * BUCKET_PEERS);
    check(&book);
    // A peer that worked first at one place cannot take its tried place from another.
    let mut moved = self::book();
    for n in 0..2_000 {
        moved.learn(peer(n), &host(10 + n, 1), source(10 + n), NOW);
        moved.worked(peer(n), &host(1, 1 + u16::try_from(n).unwrap()), NOW);
    }
    assert_eq!(tried(&moved).len(), usize::from(BUCKETS_PER_SUBNET) * BUCKET_PEERS);
    check(&moved);
}

#[test]
fn peers_of_one_private_network_or_machine_count_each_for_itself() {
    let mut book = book();
    for n in 0..100_u32 {
        book.worked(peer(n), &at(&format!("/ip4/10.0.0.{n}/tcp/1")), NOW);
        book.worked(peer(1_000 + n), &at(&format!("/ip4/127.0.0.1/tcp/{}", n + 1)), NOW);
    }
    assert!(tried(&book).len() > 150, "{}", tried(&book).len());
    check(&book);
}

#[test]
fn a_full_new_bucket_lets_go_only_what_failed_or_what_is_stale() {
    let full = || {
        let mut book = book();
        // One source and one subnet: one bucket.
        let entered = (0..20).filter(|n| book.learn(peer(*n), &host(1, 1), source(2), NOW)).count();
        assert_eq!(entered, BUCKET_PEERS);
        book
    };
    let newcomer = |book: &mut AddressBook, now_ms| book.learn(peer(99), &host(1, 1), source(2), now_ms);
    assert!(!newcomer(&mut full(), NOW + STALE_MS));
    assert!(newcomer(&mut full(), NOW + STALE_MS + 1));
    let mut book = full();
    book.failed(&peer(2), NOW);
    assert!(newcomer(&mut book, NOW));
    assert!(!book.peers.contains_key(&peer(2)) && book.len() == BUCKET_PEERS);
    check(&book);
}

#[test]
fn a_full_tried_bucket_keeps_the_older_peer_unless_it_failed() {
    let mut book = book();
    // Of one subnet, so that two buckets are full and the rest waits in new.
    for n in 0..12 {
        book.worked(peer(n), &host(1, 1), NOW);
    }
    let before = tried(&book);
    let waiting: Vec<PeerId> = book.peers.keys().filter(|peer| !before.contains(peer)).copied().collect();
    assert!(before.len() == 8 && !waiting.is_empty(), "{before:?}");
    for peer in &waiting {
        book.worked(*peer, &host(1, 1), NOW + 1);
    }
    assert_eq!(tried(&book), before);
    let bucket = book.key.tried_bucket(&waiting[0], &host(1, 1));
    let failing = book.tried.get(bucket)[2];
    book.failed(&failing, NOW + 2);
    book.worked(waiting[0], &host(1, 1), NOW + 3);
    let after = tried(&book);
    assert!(after.contains(&waiting[0]) && !after.contains(&failing));
    assert!(!book.peers[&failing].tried, "it goes back to new");
    check(&book);
}

#[test]
fn a_peer_that_failed_rests_longer_each_time() {
    let mut book = book();
    book.learn(peer(1), &host(1, 1), source(2), NOW);
    let mut now = NOW;
    for failures in 0_u32..12 {
        assert!(book.pick(now, &all).is_some());
        book.failed(&peer(1), now);
        let wait = book.peers[&peer(1)].retry_ms - now;
        let even = (FIRST_WAIT_MS << failures).min(LONGEST_WAIT_MS);
        assert!((even * 3 / 4..=even * 5 / 4).contains(&wait), "{failures}: {wait}");
        assert!(book.pick(now + wait - 1, &all).is_none());
        now += wait;
    }
    assert!(book.pick(now - 10 * LONGEST_WAIT_MS, &all).is_some(), "a clock put back locks nobody out");
    book.worked(peer(1), &host(1, 1), now);
    assert!(book.pick(now, &all).is_some());
}

#[test]
fn a_new_peer_is_forgotten_after_five_strikes() {
    let mut book = book();
    book.learn(peer(1), &host(1, 1), source(2), NOW);
    for n in 1..u64::from(NEW_STRIKES) {
        strike(&mut book, &peer(1), NOW + n * MINUTE);
        assert_eq!(book.len(), 1);
    }
    strike(&mut book, &peer(1), NOW + 5 * MINUTE);
    assert!(book.is_empty());
    book.failed(&peer(1), NOW);
    check(&book);
}

#[test]
fn a_tried_peer_goes_back_to_new_after_ten_strikes_and_is_forgotten_after_five_more() {
    let mut book = book();
    book.worked(peer(1), &host(1, 1), NOW);
    for n in 1..u64::from(TRIED_STRIKES) {
        strike(&mut book, &peer(1), NOW + n * MINUTE);
        assert_eq!(tried(&book), [peer(1)]);
    }
    let now = NOW + 10 * MINUTE;
    strike(&mut book, &peer(1), now);
    assert!(tried(&book).is_empty() && book.len() == 1);
    assert!(book.pick(now + FIRST_WAIT_MS, &all).is_none(), "it rests on");
    for n in 1..=u64::from(NEW_STRIKES) {
        assert_eq!(book.len(), 1);
        strike(&mut book, &peer(1), now + n * MINUTE);
    }
    assert!(book.is_empty());
}

#[test]
fn an_outage_of_the_own_line_empties_nothing() {
    let mut book = book();
    for n in 0..40 {
        book.learn(peer(n), &host(n, 1), source(1_000 + n), NOW);
    }
    book.worked(peer(0), &host(0, 1), NOW);
    let before = book.len();
    for round in 1..100_u64 {
        (0..40).for_each(|n| book.failed(&peer(n), NOW + round * MINUTE));
    }
    assert_eq!((book.len(), tried(&book)), (before, vec![peer(0)]));
    check(&book);
}

#[test]
fn success_heals() {
    let mut book = book();
    book.learn(peer(1), &host(1, 1), source(2), NOW);
    for n in 1..u64::from(NEW_STRIKES) {
        strike(&mut book, &peer(1), NOW + n);
    }
    book.worked(peer(1), &at("/dns4/example.org/tcp/1"), NOW + 10);
    for n in 11..10 + u64::from(NEW_STRIKES) {
        strike(&mut book, &peer(1), NOW + n);
    }
    assert_eq!(book.len(), 1);
}

#[test]
fn no_source_can_keep_the_others_from_naming_a_peers_addresses() {
    let mut book = book();
    for port in 1..100 {
        book.learn(peer(1), &host(1, port), source(1), NOW);
    }
    check(&book);
    for port in 1..100 {
        book.learn(peer(1), &host(2, port), source(2), NOW);
    }
    check(&book);
    let told =
        |book: &AddressBook, by| book.peers[&peer(1)].known.iter().filter(|known| known.source == by).count();
    assert_eq!((told(&book, source(1)), told(&book, source(2))), (4, 4), "room goes to who has less of it");
    book.worked(peer(1), &host(2, 1), NOW);
    for from in 10..30 {
        for port in 1..10 {
            book.learn(peer(1), &host(from, port), source(from), NOW);
        }
    }
    let addresses = &book.pick(NOW, &all).unwrap().1;
    assert_eq!(addresses[0], host(2, 1), "what worked stays, and comes first");
    assert_eq!(addresses.len(), MAX_ADDRESSES);
    check(&book);
}

#[test]
fn an_address_that_works_displaces_hearsay_and_the_last_that_worked_comes_first() {
    let mut book = book();
    for port in 1..20 {
        book.learn(peer(1), &host(1, port), source(1), NOW);
    }
    for (n, port) in (100..120).enumerate() {
        book.worked(peer(1), &host(1, port), NOW + u64::try_from(n).unwrap());
        assert_eq!(book.pick(NOW, &all).unwrap().1[0], host(1, port));
    }
    check(&book);
}

#[test]
fn long_addresses_leave_room_for_few() {
    let mut book = book();
    let circuit = |port: u16| host(1, port).with(Protocol::P2p(peer(2))).with(Protocol::P2pCircuit);
    let long = |port| {
        (0..4)
            .fold(circuit(port), |address, n| address.with(Protocol::P2p(peer(n))).with(Protocol::P2pCircuit))
    };
    assert!(long(1).len() > MAX_PEER_BYTES / 3);
    let learnt = (1..9).filter(|port| book.learn(peer(1), &long(*port), source(1), NOW)).count();
    assert_eq!(learnt, 2);
    book.worked(peer(1), &long(10), NOW);
    check(&book);
    assert_eq!(book.pick(NOW, &all).unwrap().1[0], long(10));
}

#[test]
fn answers_name_only_what_worked_lately_and_reaches_the_asker() {
    let mut book = book();
    let [machine, private, public] =
        ["/ip4/127.0.0.1/tcp/1", "/ip4/10.1.2.3/tcp/1", "/ip4/16.0.0.1/tcp/1"].map(at);
    for (n, address) in (1..).zip([&machine, &private, &public]) {
        book.worked(peer(n), address, NOW);
        book.learn(peer(n), &host(9, 9), source(9), NOW);
    }
    book.learn(peer(4), &host(4, 1), source(9), NOW);
    let told = |asker: &Multiaddr, now_ms| {
        let mut told = book.sample(10, Subnet::of(asker), now_ms);
        told.sort_unstable();
        told
    };
    let all =
        [(peer(1), vec![machine.clone()]), (peer(2), vec![private.clone()]), (peer(3), vec![public.clone()])];
    assert_eq!(told(&machine, NOW), all);
    assert_eq!(told(&private, NOW), all[1..]);
    assert_eq!(told(&public, NOW), all[2..]);
    assert_eq!(told(&public, NOW + FRESH_MS), all[2..]);
    assert_eq!(told(&public, NOW + FRESH_MS + 1), []);
}

#[test]
fn answers_are_bounded_and_asking_again_does_not_read_the_book_out() {
    let mut book = book();
    for n in 0..200 {
        book.worked(peer(n), &host(n, 1), NOW);
    }
    let first = book.sample(1_000, source(1), NOW);
    assert_eq!(first.len(), MAX_SAMPLE);
    assert_eq!(book.sample(1_000, source(1), NOW + MINUTE), first);
    assert_eq!(book.sample(5, source(1), NOW), first[..5]);
    assert_ne!(book.sample(1_000, source(1), NOW + FRESH_MS / 2), first, "the turn changes");
}

#[test]
fn picks_take_tried_and_new_in_turn() {
    let mut book = book();
    for n in 0..100 {
        book.learn(peer(n), &host(n, 1), source(1_000 + n), NOW);
    }
    book.worked(peer(0), &host(0, 1), NOW);
    let from_tried = (0..1_000).filter(|_| book.pick(NOW, &all).unwrap().0 == peer(0)).count();
    assert!((400..600).contains(&from_tried), "{from_tried}");
}

#[test]
fn the_secret_does_not_print_and_decides_where_peers_lie() {
    let [mut one, mut other] = [[0xab; 32], [0xac; 32]].map(AddressBook::new);
    assert!(!format!("{one:?}").contains("171"));
    let places = |book: &mut AddressBook| {
        for n in 0..50 {
            book.learn(peer(n), &host(n, 1), source(1), NOW);
        }
        book.peers.values().map(|entry| entry.bucket).collect::<Vec<_>>()
    };
    assert_ne!(places(&mut one), places(&mut other));
}

#[test]
fn a_book_survives_its_file() {
    let mut book = book();
    for n in 0..400 {
        book.learn(peer(n), &host(n, 1), source(1_000 + n / 4), NOW);
    }
    (0..100).for_each(|n| book.worked(peer(n), &host(n, 2), NOW + 1));
    (50..200).for_each(|n| strike(&mut book, &peer(n), NOW + 2));
    let bytes = book.encode();
    let mut read = AddressBook::decode(&bytes, SECRET).unwrap();
    check(&read);
    assert_eq!(read.encode(), bytes);
    assert_eq!(tried(&read), tried(&book));
    book.draws = 0;
    assert_eq!(read.pick(NOW + 3, &all), book.pick(NOW + 3, &all));
    // Another secret: another order, nothing wrong.
    let moved = AddressBook::decode(&bytes, [8; 32]).unwrap();
    check(&moved);
    assert!(moved.len() > book.len() / 2);
}

#[test]
fn a_damaged_file_is_refused_whatever_is_damaged() {
    let mut book = book();
    (0..5).for_each(|n| book.worked(peer(n), &host(n, 1), NOW));
    let bytes = book.encode();
    let refusal = |bytes: &[u8]| AddressBook::decode(bytes, SECRET).unwrap_err();
    for place in 0..bytes.len() {
        let mut damaged = bytes.clone();
        damaged[place] ^= 1;
        let error = refusal(&damaged);
        let expected = match place {
            0..7 => BookError::NotABook,
            7 => BookError::Version(0),
            _ => BookError::Damaged,
        };
        assert_eq!(error, expected, "{place}");
        assert!(matches!(refusal(&bytes[..place]), BookError::NotABook | BookError::Damaged), "{place}");
    }
    assert_eq!(refusal(&[&bytes[..], b"x"].concat()), BookError::Damaged);
    let long = vec![0; MAX_BOOK_BYTES + 1];
    assert_eq!(refusal(&long), BookError::TooLong { size: MAX_BOOK_BYTES + 1 });
}

#[test]
fn a_file_with_a_right_sum_and_wrong_values_is_refused() {
    let refusal = |change: fn(&mut AddressBook)| {
        let mut book = book();
        (0..3).for_each(|n| book.worked(peer(n), &host(n, 1), NOW));
        change(&mut book);
        AddressBook::decode(&book.encode(), SECRET).unwrap_err()
    };
    assert_eq!(
        refusal(|book| book.peers.get_mut(&peer(0)).unwrap().known.clear()),
        BookError::Value("number of addresses")
    );
    assert_eq!(
        refusal(|book| {
            let known = &mut book.peers.get_mut(&peer(0)).unwrap().known;
            *known = vec![known[0].clone(); MAX_ADDRESSES + 1];
        }),
        BookError::Value("number of addresses")
    );
    for address in [at("/dns4/a/tcp/1"), at("/ip4/0.0.0.0/tcp/1"), host(1, 1).with(Protocol::P2p(peer(1)))] {
        let mut book = book();
        book.worked(peer(0), &host(0, 1), NOW);
        book.peers.get_mut(&peer(0)).unwrap().known[0].address = address;
        let error = AddressBook::decode(&book.encode(), SECRET).unwrap_err();
        assert_eq!(error, BookError::Value("address"));
    }
    assert_eq!(
        refusal(|book| {
            let entry = book.peers[&peer(0)].clone();
            (10..10 + u32::try_from(MAX_PEERS).unwrap())
                .for_each(|n| drop(book.peers.insert(peer(n), entry.clone())));
        }),
        BookError::Value("number of peers")
    );
}

#[test]
fn the_fullest_book_fits_its_file() {
    let mut book = book();
    book.worked(peer(0), &at("/ip6/2001:db8::1/udp/1/quic-v1"), NOW);
    let mut entry = book.peers[&peer(0)].clone();
    let pad = |n: u16| {
        let address = at(&format!("/ip6/2001:db8::1/udp/{n}/quic-v1"));
        address.with(Protocol::P2p(peer(1)))
    };
    let mut known = entry.known[0].clone();
    known.source = Subnet::of(&at("/ip6/2001:db8::1/tcp/1"));
    known.worked_ms = Some(NOW);
    entry.known = (0..8).map(|n| entry::Known { address: pad(n), ..known.clone() }).collect();
    assert!(entry.bytes() >= MAX_PEER_BYTES, "{}", entry.bytes());
    book.peers = (0..u32::try_from(MAX_PEERS).unwrap()).map(|n| (peer(n), entry.clone())).collect();
    assert!(book.encode().len() <= MAX_BOOK_BYTES, "{}", book.encode().len());
}

#[test]
fn the_timed_book_counts_from_the_moment_it_was_made() {
    use super::super::super::peer_manager::Candidates;
    use std::time::{Duration, Instant};

    let start = Instant::now();
    let mut timed = TimedBook::new(book(), start, NOW);
    let later = start + Duration::from_mins(1);
    assert_eq!(timed.unix_ms(later), NOW + MINUTE);
    assert_eq!(timed.unix_ms(start), NOW);
    Candidates::worked(&mut timed, &peer(1), &host(1, 1), later);
    Candidates::failed(&mut timed, &peer(1), later);
    assert_eq!(Candidates::pick(&mut timed, later, &all), None);
    let found = Candidates::pick(&mut timed, later + Duration::from_secs(20), &all).unwrap();
    assert_eq!((found.peer, found.addresses), (peer(1), vec![host(1, 1)]));
}

#[derive(Clone, Debug)]
enum Deed {
    Learn(u32, u32, u16, u32),
    Worked(u32, u32, u16),
    Failed(u32),
    Remove(u32),
}

fn deeds() -> impl Strategy<Value = Vec<(Deed, u64)>> {
    let deed = prop_oneof![
        4 => (0..40_u32, 0..12_u32, 1..5_u16, 0..12_u32).prop_map(|(p, s, port, by)| Deed::Learn(p, s, port, by)),
        3 => (0..40_u32, 0..12_u32, 1..5_u16).prop_map(|(p, s, port)| Deed::Worked(p, s, port)),
        3 => (0..40_u32).prop_map(Deed::Failed),
        1 => (0..40_u32).prop_map(Deed::Remove),
    ];
    proptest::collection::vec((deed, 0..20 * MINUTE), 0..300)
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]

    #[test]
    fn whatever_happens_the_tables_hold_and_the_file_gives_them_back(deeds in deeds()) {
        let mut book = book();
        let mut now = NOW;
        for (deed, passed) in deeds {
            now += passed;
            match deed {
                Deed::Learn(n, subnet, port, by) => drop(book.learn(peer(n), &host(subnet, port), source(by), now)),
                Deed::Worked(n, subnet, port) => book.worked(peer(n), &host(subnet, port), now),
                Deed::Failed(n) => book.failed(&peer(n), now),
                Deed::Remove(n) => book.remove(&peer(n)),
            }
            if let Some((found, addresses)) = book.pick(now, &all) {
                prop_assert!(book.peers[&found].retry_ms <= now && !addresses.is_empty());
            }
        }
        check(&book);
        let read = AddressBook::decode(&book.encode(), SECRET).unwrap();
        check(&read);
        prop_assert_eq!(read.encode(), book.encode());
    }

    #[test]
    fn no_bytes_make_the_reader_panic(bytes in proptest::collection::vec(any::<u8>(), 0..200)) {
        prop_assert!(AddressBook::decode(&bytes, SECRET).is_err());
        // The same behind a right sum.
        let sum: [u8; 32] = Sha256::digest(&bytes).into();
        let _ = AddressBook::decode(&[b"EMOBOOK\x01", &sum[..], &bytes].concat(), SECRET);
    }
}
