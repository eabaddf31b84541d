use proptest::prelude::*;

use super::*;

const HOUR: u64 = 3_600_000;
const DAY: u64 = 24 * HOUR;
const NOW: u64 = 1_700_000_000_000;

fn ip(text: &str) -> IpAddr {
    text.parse().unwrap()
}

#[test]
fn a_ban_ends_by_itself() {
    let (mut bans, peer) = (Bans::default(), PeerId::random());
    assert_eq!(bans.of(&peer, NOW), None);
    assert_eq!(bans.sentence(peer, None, NOW), NOW + HOUR);
    assert_eq!(bans.of(&peer, NOW + HOUR - 1), Some(NOW + HOUR));
    assert_eq!(bans.of(&peer, NOW + HOUR), None);
    assert!(bans.list(NOW + HOUR).is_empty());
}

#[test]
fn each_ban_is_twice_as_long_up_to_a_week() {
    let (mut bans, peer, mut now) = (Bans::default(), PeerId::random(), NOW);
    let mut lengths = Vec::new();
    for _ in 0..40 {
        let until = bans.sentence(peer, None, now);
        lengths.push((until - now) / HOUR);
        now = until;
    }
    assert_eq!(lengths[..9], [1, 2, 4, 8, 16, 32, 64, 128, 168]);
    assert!(lengths[9..].iter().all(|hours| *hours == 168), "{lengths:?}");
}

#[test]
fn a_ban_is_remembered_for_thirty_days() {
    let peer = PeerId::random();
    for (days, hours) in [(29, 2), (30, 1)] {
        let mut bans = Bans::default();
        let until = bans.sentence(peer, None, NOW);
        let again = until + days * DAY;
        assert_eq!(bans.sentence(peer, None, again), again + hours * HOUR);
    }
}

#[test]
fn the_operator_bans_and_pardons() {
    let (mut bans, peer) = (Bans::default(), PeerId::random());
    assert_eq!(bans.order(peer, Duration::from_mins(1), NOW), NOW + 60_000);
    assert_eq!(bans.list(NOW), [Ban { peer, until_ms: NOW + 60_000, times: 0, ip: None }]);
    assert!(bans.lift(&peer, NOW));
    assert!(!bans.lift(&peer, NOW));
    bans.order(peer, Duration::MAX, NOW);
    assert_eq!(bans.sentence(peer, None, NOW), u64::MAX, "a longer ban is not cut");
}

#[test]
fn four_banned_identities_close_an_address() {
    for (used, other, far) in
        [("1.2.3.4", "1.2.3.4", "1.2.3.5"), ("2001:db8::1", "2001:db8::2", "2001:db8:0:1::1")]
    {
        let mut bans = Bans::default();
        let [other, far] = [other, far].map(ip);
        for n in 0..4 {
            assert_eq!(bans.of_ip(other, NOW), None, "after {n}");
            bans.sentence(PeerId::random(), Some(ip(used)), NOW + n);
        }
        assert_eq!(bans.of_ip(other, NOW + 3), Some(NOW + HOUR));
        assert_eq!(bans.of_ip(far, NOW + 3), None);
        assert_eq!(bans.of_ip(other, NOW + HOUR), None, "three are left");
    }
}

#[test]
fn this_machines_addresses_are_never_closed() {
    let mut bans = Bans::default();
    for _ in 0..20 {
        bans.sentence(PeerId::random(), Some(ip("127.0.0.1")), NOW);
    }
    assert_eq!(bans.of_ip(ip("127.0.0.1"), NOW), None);
}

#[test]
fn a_flood_from_one_address_pushes_out_only_its_own() {
    let (mut bans, early) = (Bans::default(), PeerId::random());
    bans.sentence(early, Some(ip("1.2.3.4")), NOW);
    for n in 0..10_000 {
        bans.sentence(PeerId::random(), Some(ip("6.6.6.6")), NOW + 1 + n);
    }
    assert_eq!(bans.bans.len(), 1 + MAX_PER_PLACE);
    assert!(bans.of(&early, NOW).is_some());
}

#[test]
fn past_the_bound_the_first_to_end_goes() {
    let (mut bans, first) = (Bans::default(), PeerId::random());
    bans.sentence(first, None, NOW);
    for n in 1..=MAX_BANS as u64 {
        bans.sentence(PeerId::random(), None, NOW + n);
    }
    assert_eq!(bans.bans.len(), MAX_BANS);
    assert_eq!(bans.of(&first, NOW), None);
    let text = bans.encode(NOW).unwrap();
    assert!(text.len() <= MAX_SAVED_BYTES, "{}", text.len());
    assert_eq!(Bans::decode(text.as_bytes(), NOW).unwrap(), bans);
}

#[test]
fn damaged_texts_are_refused_by_name() {
    let peer = PeerId::random();
    let ban = format!(r#"{{"peer":"{peer}","until_ms":1,"times":1}}"#);
    let read = |text: &str| Bans::decode(text.as_bytes(), 0);
    assert_eq!(read(&format!(r#"{{"version":1,"bans":[{ban}]}}"#)).unwrap().bans.len(), 1);
    assert!(matches!(read(&format!(r#"{{"version":1,"bans":[{ban},{ban}]}}"#)), Err(BansError::Repeated(_))));
    assert!(matches!(read(r#"{"version":2,"jail":{}}"#), Err(BansError::Version { found: 2 })));
    assert!(matches!(read(&" ".repeat(MAX_SAVED_BYTES + 1)), Err(BansError::TooLarge { .. })));
    let long =
        format!(r#"{{"version":1,"bans":[{{"peer":"{}","until_ms":1,"times":1}}]}}"#, "1".repeat(900_000));
    for text in ["", "[]", r#"{"version":1}"#, r#"{"version":1,"bans":[{}]}"#, &long, &"[".repeat(100_000)] {
        assert!(matches!(read(text), Err(BansError::Malformed(_))), "{}", &text[..text.len().min(80)]);
    }
}

#[test]
fn what_is_past_its_memory_is_not_kept() {
    let (mut bans, peer) = (Bans::default(), PeerId::random());
    let until = bans.sentence(peer, None, NOW);
    let kept = bans.encode(until + 29 * DAY).unwrap();
    assert_eq!(Bans::decode(kept.as_bytes(), until + 29 * DAY).unwrap(), bans);
    assert_eq!(Bans::decode(kept.as_bytes(), until + 30 * DAY).unwrap(), Bans::default());
    assert!(!bans.encode(until + 30 * DAY).unwrap().contains("peer"));
}

fn some_ip() -> impl Strategy<Value = Option<IpAddr>> {
    let v4 = (0_u8..4, 0_u8..4).prop_map(|(a, b)| IpAddr::from([10, 0, a, b]));
    let v6 = any::<[u8; 16]>().prop_map(IpAddr::from);
    prop::option::of(prop_oneof![v4, v6])
}

proptest! {
    #[test]
    fn the_text_keeps_everything(sentences in prop::collection::vec((0_usize..30, some_ip(), 0_u64..DAY), 0..80)) {
        let peers: Vec<PeerId> = (0..30).map(|_| PeerId::random()).collect();
        let (mut bans, mut now) = (Bans::default(), NOW);
        for (peer, ip, wait) in sentences {
            now += wait;
            bans.sentence(peers[peer], ip, now);
        }
        let text = bans.encode(now).unwrap();
        prop_assert_eq!(Bans::decode(text.as_bytes(), now).unwrap(), bans);
    }

    #[test]
    fn no_bytes_panic(bytes in prop::collection::vec(any::<u8>(), 0..200)) {
        let _ = Bans::decode(&bytes, NOW);
    }
}
