use super::*;
use crate::{
    chain::Header,
    light::tests::{START, header, keys, set, sign, spec},
};

/// A chain, a snapshot at height 5 that is good for it, and a time at which it is.
fn good() -> (ChainSpec, Snapshot, TimeMs) {
    let keys = keys(1..8);
    let (spec, set) = (spec(&keys), set(&keys));
    let signed = sign(&spec, header(5, BlockId::default(), &set, &set), &set, &keys);
    let trusted = Trusted::from_verified(&signed, set).unwrap();
    let peers = ["/ip4/127.0.0.1/tcp/1/ws".to_owned(), "/dns4/löwe.example/tcp/2/ws".to_owned()];
    (spec, Snapshot::new(trusted, Some(signed), peers), TimeMs::from_millis(START + 60_000))
}

fn load(spec: &ChainSpec, bytes: &[u8], now: TimeMs) -> Result<Snapshot, SnapshotError> {
    Snapshot::decode(bytes, spec, &LightOptions::of(spec.params()), now)
}

/// What loading says of a body, once it is sealed anew: only the checks behind the digest can refuse it.
fn resealed(change: impl FnOnce(&mut Body)) -> Result<Snapshot, SnapshotError> {
    let (spec, snapshot, now) = good();
    let mut body = open(&snapshot.encode(&spec)).unwrap();
    change(&mut body);
    load(&spec, &seal(&body), now)
}

/// The same for a header, of which the trusted block keeps the id, height and time unless `follow`.
fn with_header(follow: bool, change: impl FnOnce(&mut Header)) -> Result<Snapshot, SnapshotError> {
    resealed(|body| {
        let (bytes, certificate) = body.newest.clone().unwrap();
        let mut signed = read_signed_header(&bytes, &certificate).unwrap();
        change(&mut signed.header);
        signed.certificate.height = signed.header.height;
        signed.certificate.block_id = signed.header.id();
        if follow {
            (body.height, body.id, body.time) =
                (signed.header.height, signed.header.id(), signed.header.time);
        }
        body.newest = Some((signed.header.encode(), signed.certificate.encode()));
    })
}

/// Replaces the body's bytes, seals and loads.
fn with_bytes(change: impl FnOnce(&mut Vec<u8>)) -> Result<Snapshot, SnapshotError> {
    let (spec, snapshot, now) = good();
    let mut bytes = snapshot.encode(&spec);
    bytes.truncate(bytes.len() - Hash::LEN);
    change(&mut bytes);
    bytes.extend_from_slice(hash_bytes(&bytes).as_bytes());
    load(&spec, &bytes, now)
}

#[test]
fn what_is_kept_comes_back() {
    let (spec, snapshot, now) = good();
    assert_eq!(load(&spec, &snapshot.encode(&spec), now), Ok(snapshot));
    assert!(resealed(|_| ()).is_ok() && with_header(true, |_| ()).is_ok() && with_bytes(|_| ()).is_ok());
}

#[test]
fn genesis_has_no_header_and_nothing_else_goes_without() {
    let keys = keys(1..5);
    let spec = spec(&keys);
    let genesis = Snapshot::new(Trusted::genesis(&spec).unwrap(), None, []);
    let now = TimeMs::from_millis(START);
    assert_eq!(load(&spec, &genesis.encode(&spec), now), Ok(genesis.clone()));
    let mut other = genesis;
    other.trusted.next_set = set(&self::keys(1..6));
    assert_eq!(load(&spec, &other.encode(&spec), now), Err(SnapshotError::NotGenesis));
    assert_eq!(resealed(|body| body.newest = None), Err(SnapshotError::NotGenesis));
}

#[test]
fn the_largest_fits_and_one_byte_more_does_not() {
    let keys = keys(1..129);
    let (spec, set) = (spec(&keys), set(&keys));
    let mut signed = sign(&spec, header(5, BlockId::default(), &set, &set), &set, &keys);
    signed.certificate.round = crate::primitives::Round::new(u32::MAX);
    let trusted = Trusted::from_verified(&signed, set).unwrap();
    let peers = (0..20).map(|_| "x".repeat(Snapshot::MAX_ADDRESS));
    let snapshot = Snapshot::new(trusted, Some(signed), peers);
    assert_eq!(snapshot.peers.len(), Snapshot::MAX_PEERS);
    let bytes = snapshot.encode(&spec);
    let now = TimeMs::from_millis(START + 5_000);
    assert_eq!(load(&spec, &bytes, now), Ok(snapshot));
    let long = vec![0; Snapshot::MAX_BYTES + 1];
    assert_eq!(load(&spec, &long, now), Err(SnapshotError::TooLarge(long.len())));
}

#[test]
fn addresses_that_are_too_long_are_not_kept() {
    let (_, snapshot, _) = good();
    let peers = ["y".repeat(Snapshot::MAX_ADDRESS + 1), "z".to_owned()];
    assert_eq!(Snapshot::new(snapshot.trusted, None, peers).peers, ["z"]);
}

#[test]
fn frame_and_digest_are_checked() {
    let (spec, snapshot, now) = good();
    let bytes = snapshot.encode(&spec);
    for len in 0..Snapshot::FRAME {
        assert_eq!(load(&spec, &bytes[..len], now), Err(SnapshotError::NotOne));
    }
    assert!((0..bytes.len()).all(|len| load(&spec, &bytes[..len], now).is_err()));
    assert_eq!(with_bytes(|bytes| bytes[0] = b'e'), Err(SnapshotError::NotOne));
    assert_eq!(with_bytes(|bytes| bytes[4] = 2), Err(SnapshotError::Version(2)));
    let mut damaged = bytes;
    damaged[40] ^= 1;
    assert_eq!(load(&spec, &damaged, now), Err(SnapshotError::Digest));
}

#[test]
fn the_body_is_canonical_to_the_last_byte() {
    assert_eq!(with_bytes(|bytes| bytes.push(0)), Err(SnapshotError::Malformed));
    assert_eq!(with_bytes(|bytes| bytes.truncate(60)), Err(SnapshotError::Malformed));
    let first_key = 5 + 32 + 8 + 32 + 8 + 4;
    let swapped = with_bytes(|bytes| {
        let (one, two) = bytes[first_key..first_key + 64].split_at_mut(32);
        one.swap_with_slice(two);
    });
    assert_eq!(swapped, Err(SnapshotError::NotCanonical));
    let no_key = with_bytes(|bytes| bytes[first_key..first_key + 32].fill(0));
    assert_eq!(no_key, Err(SnapshotError::Malformed), "a weak key is no key");
    let repeated = with_bytes(|bytes| bytes.copy_within(first_key..first_key + 32, first_key + 32));
    assert_eq!(repeated, Err(SnapshotError::Malformed), "a key twice is no set");
    let empty = with_bytes(|bytes| bytes[first_key - 4..first_key].fill(0));
    assert_eq!(empty, Err(SnapshotError::Malformed));
}

#[test]
fn another_chain_is_refused() {
    let other = hash_bytes(b"other");
    assert_eq!(resealed(|body| body.genesis = other), Err(SnapshotError::OtherChain(other)));
    let renamed = with_header(true, |header| header.chain_id = "other".parse().unwrap());
    assert_eq!(renamed, Err(SnapshotError::Header));
    assert_eq!(with_header(true, |header| header.version = 2), Err(SnapshotError::Header));
}

#[test]
fn peers_are_bounded() {
    let many = |body: &mut Body| body.peers = vec![String::new(); Snapshot::MAX_PEERS + 1];
    assert_eq!(resealed(many), Err(SnapshotError::Peers));
    let long = |body: &mut Body| body.peers = vec!["x".repeat(Snapshot::MAX_ADDRESS + 1)];
    assert_eq!(resealed(long), Err(SnapshotError::Peers));
}

#[test]
fn header_block_and_set_belong_together() {
    let no_header = |body: &mut Body| body.newest = Some((vec![1, 2, 3], Vec::new()));
    assert_eq!(resealed(no_header), Err(SnapshotError::Header));
    let other_certificate = resealed(|body| {
        let (header, certificate) = body.newest.clone().unwrap();
        let mut certificate = CommitCertificate::decode(&certificate).unwrap();
        certificate.block_id = BlockId::default();
        body.newest = Some((header, certificate.encode()));
    });
    assert_eq!(other_certificate, Err(SnapshotError::Header));

    let moved = with_header(false, |header| header.state_root = hash_bytes(b"x"));
    assert_eq!(moved, Err(SnapshotError::Unlinked));
    assert_eq!(resealed(|body| body.height = Height::new(6)), Err(SnapshotError::Unlinked));
    assert_eq!(resealed(|body| body.id = BlockId::default()), Err(SnapshotError::Unlinked));
    assert_eq!(resealed(|body| body.time = TimeMs::from_millis(START)), Err(SnapshotError::Unlinked));

    assert_eq!(resealed(|body| body.next_set = set(&keys(1..7))), Err(SnapshotError::Set));
    let renamed = with_header(true, |header| header.next_validators_root = hash_bytes(b"x"));
    assert_eq!(renamed, Err(SnapshotError::Set));
}

#[test]
fn time_is_checked() {
    let (spec, snapshot, _) = good();
    let (bytes, time) = (snapshot.encode(&spec), snapshot.trusted.time);
    let options = LightOptions::of(spec.params());
    let last = TimeMs::from_millis(time.millis() + options.trusting_ms - 1);
    assert!(load(&spec, &bytes, last).is_ok());
    assert_eq!(load(&spec, &bytes, last.saturating_add(1)), Err(SnapshotError::Expired(time)));
    let first = TimeMs::from_millis(time.millis() - options.drift_ms);
    assert!(load(&spec, &bytes, first).is_ok());
    assert_eq!(load(&spec, &bytes, first.saturating_sub(1)), Err(SnapshotError::Future(time)));
}

#[test]
fn errors_have_the_published_codes() {
    assert_eq!(SnapshotError::OtherChain(Hash::default()).code(), "other-chain");
    assert_eq!(SnapshotError::Expired(TimeMs::ZERO).code(), "trust-expired");
    assert_eq!(SnapshotError::Future(TimeMs::ZERO).code(), "future-header");
    assert_eq!(SnapshotError::Digest.code(), "snapshot");
}

// There is no proptest in a browser.
#[cfg(not(target_arch = "wasm32"))]
mod properties {
    use proptest::prelude::*;

    use super::*;

    proptest! {
        #[test]
        fn any_set_round_and_peers_come_back(
            count in 1_u8..20,
            height in 1_u64..1_000,
            peers in prop::collection::vec(".{0,64}", 0..20),
        ) {
            let keys = keys(1..count + 1);
            let (spec, set) = (spec(&keys), set(&keys));
            let signed = sign(&spec, header(height, BlockId::default(), &set, &set), &set, &keys);
            let trusted = Trusted::from_verified(&signed, set).unwrap();
            let now = trusted.time;
            let snapshot = Snapshot::new(trusted, Some(signed), peers);
            let bytes = snapshot.encode(&spec);
            prop_assert!(bytes.len() <= Snapshot::MAX_BYTES);
            prop_assert_eq!(load(&spec, &bytes, now), Ok(snapshot));
        }

        #[test]
        fn no_changed_byte_is_accepted(at in any::<prop::sample::Index>(), change in 1_u8..) {
            let (spec, snapshot, now) = good();
            let mut bytes = snapshot.encode(&spec);
            let at = at.index(bytes.len());
            bytes[at] ^= change;
            prop_assert!(load(&spec, &bytes, now).is_err());
        }

        #[test]
        fn no_resealed_change_is_taken_for_another_trusted_block(
            at in any::<prop::sample::Index>(),
            change in 1_u8..,
        ) {
            let (_, snapshot, _) = good();
            let loaded = with_bytes(|bytes| {
                let at = 5 + at.index(bytes.len() - 5);
                bytes[at] ^= change;
            });
            // Behind the digest: the certificate's signatures and the peers are the writer's word.
            prop_assert!(loaded.is_err() || loaded.unwrap().trusted == snapshot.trusted);
        }

        #[test]
        fn random_bytes_never_panic(bytes in prop::collection::vec(any::<u8>(), 0..400)) {
            let (spec, _, now) = good();
            prop_assert!(load(&spec, &bytes, now).is_err());
            let mut framed = [MAGIC.as_slice(), &[VERSION], &bytes].concat();
            framed.extend_from_slice(hash_bytes(&framed).as_bytes());
            prop_assert!(load(&spec, &framed, now).is_err());
        }
    }
}
