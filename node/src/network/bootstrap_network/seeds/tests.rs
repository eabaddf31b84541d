use super::*;
use proptest::prelude::*;

fn address(text: &str) -> Multiaddr {
    text.parse().unwrap()
}

#[test]
fn a_file_has_an_address_a_line_and_comments() {
    let text = "# seeds\n\n  /ip4/1.2.3.4/tcp/1  # the first\r\n/dns4/a.example/tcp/2\n/ip4/1.2.3.4/tcp/1\n\
                /dnsaddr/b.example";
    let seeds = from_file(text.as_bytes()).unwrap();
    assert_eq!(seeds, ["/ip4/1.2.3.4/tcp/1", "/dns4/a.example/tcp/2", "/dnsaddr/b.example"].map(address));
    assert_eq!(from_file(b""), Ok(vec![]));
}

#[test]
fn a_wrong_file_is_refused_with_the_place_of_its_fault() {
    let long = vec![b'#'; MAX_FILE_BYTES + 1];
    assert_eq!(from_file(&long), Err(SeedError::TooLong { size: MAX_FILE_BYTES + 1 }));
    assert_eq!(from_file(&[0xff]), Err(SeedError::NotText));
    let wrong = |place, text: &str| Err(SeedError::Address { place, text: text.to_owned() });
    assert_eq!(from_file(b"/ip4/1.2.3.4/tcp/1\n#\nhello"), wrong(3, "hello"));
    assert_eq!(from_file(b"/tcp/1"), wrong(1, "/tcp/1"), "it begins nowhere");
    let endless = format!("/dns4/{}/tcp/1", "a".repeat(MAX_SEED_TEXT));
    assert!(
        matches!(from_file(endless.as_bytes()), Err(SeedError::Address { place: 1, text }) if text.len() == 80)
    );
}

#[test]
fn a_list_of_too_many_is_refused_and_duplicates_do_not_count() {
    let lines =
        |count: usize| (1..=count).map(|n| format!("/ip4/1.2.3.4/tcp/{n}\n")).collect::<Vec<_>>().concat();
    let full = format!("{}{}", lines(MAX_SEEDS), lines(MAX_SEEDS));
    assert_eq!(from_file(full.as_bytes()).unwrap().len(), MAX_SEEDS);
    assert_eq!(from_file(lines(MAX_SEEDS + 1).as_bytes()), Err(SeedError::TooMany));
}

#[test]
fn lists_are_merged_in_order_and_cut() {
    let seeds = ["/ip4/1.2.3.4/tcp/1", "/ip4/1.2.3.4/tcp/2"].map(address).to_vec();
    let merged = merge([seeds.clone(), vec![address("/ip4/1.2.3.4/tcp/3")], seeds]);
    assert_eq!(merged, ["/ip4/1.2.3.4/tcp/1", "/ip4/1.2.3.4/tcp/2", "/ip4/1.2.3.4/tcp/3"].map(address));
    let many = (1..=200_u16).map(|port| address(&format!("/ip4/1.2.3.4/tcp/{port}"))).collect();
    assert_eq!(merge([many]).len(), MAX_SEEDS);
}

proptest! {
    #[test]
    fn no_file_panics(text in "(/(ip4|dns4|dnsaddr|p2p|tcp)(/[a-z0-9.]{0,9})?|#|\n){0,40}") {
        let _ = from_file(text.as_bytes());
    }
}
