use futures::{executor::block_on, io::Cursor};
use proptest::prelude::*;

use super::*;

fn tag(byte: u8) -> ChainTag {
    ChainTag::from_hash(Hash::new([byte; 32]))
}

fn read(bytes: &[u8], max: usize) -> io::Result<Vec<u8>> {
    block_on(read_frame(&mut Cursor::new(bytes), max))
}

fn written(bytes: &[u8], max: usize) -> io::Result<Vec<u8>> {
    let mut out = Vec::new();
    block_on(write_frame(&mut out, bytes, max)).map(|()| out)
}

#[test]
fn names_carry_the_chain() {
    assert_eq!(tag(0xab).name("sync", 1), "/emotionalchain/abababababababab/sync/1");
    assert_eq!(tag(0xab).prefix(), "/emotionalchain/abababababababab/");
    assert_eq!(tag(0xab).greeting(), "emotionalchain/abababababababab/1-1");
    assert_ne!(
        ChainTag::new(&"a".parse().unwrap(), &Hash::new([1; 32])),
        ChainTag::new(&"a".parse().unwrap(), &Hash::new([2; 32]))
    );
}

#[test]
fn greetings_are_judged() {
    let ours = tag(1);
    assert_eq!(ours.judge(&ours.greeting()), ChainClaim::Ours);
    assert_eq!(ours.judge("emotionalchain/0101010101010101/1-7"), ChainClaim::Ours);
    assert_eq!(ours.judge("emotionalchain/0101010101010101/2-7"), ChainClaim::Other);
    assert_eq!(ours.judge(&tag(2).greeting()), ChainClaim::Other);
    for odd in ["emotionalchain/", "emotionalchain/0101010101010101", "emotionalchain/0101010101010101/x-y"] {
        assert_eq!(ours.judge(odd), ChainClaim::Other);
    }
    assert_eq!(ours.judge("ipfs/0.1.0"), ChainClaim::Silent);
    assert_eq!(ours.judge(""), ChainClaim::Silent);
}

#[test]
fn lengths_are_checked_before_allocation() {
    assert_eq!(read(&[0], 0).unwrap(), b"");
    assert_eq!(read(&[0xff, 0xff, 0xff, 0x7f], 1 << 20).unwrap_err().kind(), io::ErrorKind::InvalidData);
    assert_eq!(read(&[0x80, 0x80, 0x80, 0x80, 1], 1 << 20).unwrap_err().kind(), io::ErrorKind::InvalidData);
    assert_eq!(read(&[0x81, 0x00, 7], 1 << 20).unwrap_err().kind(), io::ErrorKind::InvalidData);
    assert_eq!(read(&[3, 1, 2], 8).unwrap_err().kind(), io::ErrorKind::UnexpectedEof);
    assert_eq!(read(&[0x80], 8).unwrap_err().kind(), io::ErrorKind::UnexpectedEof);
    assert_eq!(read(&[9, 0, 0, 0, 0, 0, 0, 0, 0, 0], 8).unwrap_err().kind(), io::ErrorKind::InvalidData);
    assert_eq!(written(&[0; 9], 8).unwrap_err().kind(), io::ErrorKind::InvalidInput);
}

#[test]
fn the_largest_legal_frames_fit() {
    for max in [wire::MAX_SYNC_REQUEST, wire::MAX_SYNC_RESPONSE, Topic::MAX_BYTES] {
        let bytes = vec![7; max];
        assert_eq!(read(&written(&bytes, max).unwrap(), max).unwrap(), bytes);
    }
}

proptest! {
    #[test]
    fn frames_round_trip(bytes in proptest::collection::vec(any::<u8>(), 0..2000)) {
        prop_assert_eq!(read(&written(&bytes, 2000).unwrap(), 2000).unwrap(), bytes);
    }

    #[test]
    fn cut_frames_are_refused(bytes in proptest::collection::vec(any::<u8>(), 1..500), cut in any::<prop::sample::Index>()) {
        let frame = written(&bytes, 500).unwrap();
        prop_assert!(read(&frame[..cut.index(frame.len())], 500).is_err());
    }

    #[test]
    fn any_bytes_are_survived(bytes in proptest::collection::vec(any::<u8>(), 0..300)) {
        if let Ok(frame) = read(&bytes, 200) {
            prop_assert!(frame.len() <= 200);
        }
    }
}
