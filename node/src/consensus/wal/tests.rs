//! Logs that end anywhere and are damaged anywhere.

#![allow(clippy::arithmetic_side_effects, reason = "tests may overflow loudly")]

use std::{fs, path::Path};

use emotionalchain_shared::primitives::Height;
use proptest::prelude::*;

use super::{
    MAX_RECORD, Wal, WalError,
    frames::{self, FRAME_BYTES, FrameError, HEADER_BYTES, Writer},
};

const SALT: u64 = 0x0123_4567_89ab_cdef;

fn records() -> impl Strategy<Value = Vec<Vec<u8>>> {
    prop::collection::vec(prop::collection::vec(any::<u8>(), 0..60), 0..12)
}

/// A log in which every record was synced before the next one was written; and where each frame begins.
fn synced(records: &[Vec<u8>]) -> (Vec<u8>, Vec<usize>) {
    let (mut writer, mut bytes) = Writer::new(Height::new(5), SALT);
    let mut starts = Vec::new();
    for record in records {
        starts.push(bytes.len());
        bytes.extend(writer.frames(&[record]).unwrap());
        writer.synced();
    }
    (bytes, starts)
}

/// A log in which nothing was synced.
fn unsynced(records: &[Vec<u8>]) -> Vec<u8> {
    let (mut writer, mut bytes) = Writer::new(Height::new(5), SALT);
    let records: Vec<&[u8]> = records.iter().map(Vec::as_slice).collect();
    bytes.extend(writer.frames(&records).unwrap());
    bytes
}

proptest! {
    #[test]
    fn a_whole_log_comes_back(records in records()) {
        for bytes in [synced(&records).0, unsynced(&records)] {
            let scan = frames::scan(&bytes).unwrap();
            prop_assert_eq!(&scan.records, &records);
            prop_assert_eq!((scan.end, scan.cut), (bytes.len() as u64, 0));
            prop_assert_eq!(scan.writer.height(), Height::new(5));
        }
    }

    #[test]
    fn a_log_goes_on_after_a_scan(before in records(), after in records()) {
        let (mut bytes, _) = synced(&before);
        let mut writer = frames::scan(&bytes).unwrap().writer;
        for record in &after {
            bytes.extend(writer.frames(&[record]).unwrap());
        }
        prop_assert_eq!(frames::scan(&bytes).unwrap().records, [before, after].concat());
    }

    #[test]
    fn any_cut_leaves_the_records_before_it(records in records(), at in any::<prop::sample::Index>()) {
        let (bytes, starts) = synced(&records);
        let at = at.index(bytes.len() + 1);
        let scan = frames::scan(&bytes[..at]);
        if at < HEADER_BYTES {
            prop_assert_eq!(scan, Err(FrameError::Header));
        } else {
            let scan = scan.unwrap();
            let whole = starts.iter().skip(1).chain([&bytes.len()]).take(records.len()).filter(|end| **end <= at).count();
            prop_assert_eq!(&scan.records[..], &records[..whole]);
            prop_assert_eq!(scan.end + scan.cut, at as u64);
        }
    }

    #[test]
    fn a_flipped_bit_halts_in_the_middle_and_is_cut_at_the_end(records in records(), at in any::<prop::sample::Index>(), bit in 0_u8..8) {
        let (mut bytes, starts) = synced(&records);
        let at = at.index(bytes.len());
        bytes[at] ^= 1 << bit;
        let scan = frames::scan(&bytes);
        match starts.iter().rposition(|start| *start <= at) {
            None => prop_assert_eq!(scan, Err(FrameError::Header)),
            Some(frame) if frame + 1 == records.len() => {
                let scan = scan.unwrap();
                prop_assert_eq!(&scan.records[..], &records[..frame]);
                prop_assert_eq!(scan.end, starts[frame] as u64);
            }
            Some(frame) => {
                let offset = starts[frame] as u64;
                let witness = starts[frame + 1] as u64;
                prop_assert_eq!(scan, Err(FrameError::Middle { sequence: frame as u64, offset, witness }));
            }
        }
    }

    /// What was not synced may be damaged anywhere; the log goes on before it.
    #[test]
    fn damage_to_what_was_not_synced_is_cut(durable in records(), lost in records(), at in any::<prop::sample::Index>(), bit in 0_u8..8) {
        prop_assume!(!lost.is_empty());
        let (mut bytes, _) = synced(&durable);
        let mut writer = frames::scan(&bytes).unwrap().writer;
        let tail: Vec<&[u8]> = lost.iter().map(Vec::as_slice).collect();
        let begin = bytes.len();
        bytes.extend(writer.frames(&tail).unwrap());
        let at = begin + at.index(bytes.len() - begin);
        bytes[at] ^= 1 << bit;
        let scan = frames::scan(&bytes).unwrap();
        let all = [durable.clone(), lost].concat();
        prop_assert!(scan.records.len() >= durable.len() && scan.records.len() < all.len());
        prop_assert_eq!(&scan.records[..], &all[..scan.records.len()]);
    }

    #[test]
    fn a_tail_of_zeros_or_rubbish_is_cut(records in records(), rubbish in prop::collection::vec(any::<u8>(), 1..500), zeros in 1_usize..5000) {
        for tail in [rubbish, vec![0; zeros]] {
            let (mut bytes, _) = synced(&records);
            bytes.extend(&tail);
            let scan = frames::scan(&bytes).unwrap();
            prop_assert_eq!(&scan.records, &records);
            prop_assert_eq!(scan.cut, tail.len() as u64);
        }
    }

    #[test]
    fn any_bytes_are_read_without_a_panic(bytes in prop::collection::vec(any::<u8>(), 0..600), headed in any::<bool>()) {
        let head = if headed { Writer::new(Height::new(1), SALT).1 } else { Vec::new() };
        let _ = frames::scan(&[head, bytes].concat());
    }
}

#[test]
fn a_record_that_holds_frames_is_not_read_from_its_middle() {
    // A torn record whose bytes are a log of another file, with numbers that would prove corruption.
    let (foreign, _) = synced(&[b"one".to_vec(), b"two".to_vec(), b"three".to_vec()]);
    let (mut writer, mut bytes) = Writer::new(Height::new(5), SALT + 1);
    bytes.extend(writer.frames(&[&foreign]).unwrap());
    bytes.pop();
    let scan = frames::scan(&bytes).unwrap();
    assert_eq!((scan.records.len(), scan.end), (0, HEADER_BYTES as u64));
}

#[test]
fn records_are_bounded() {
    let (mut writer, mut bytes) = Writer::new(Height::new(1), SALT);
    let (largest, larger) = (vec![1; MAX_RECORD], vec![1; MAX_RECORD + 1]);
    let refused = writer.frames(&[b"fits", &larger]).unwrap_err();
    assert_eq!(refused.size, MAX_RECORD + 1);
    bytes.extend(writer.frames(&[&largest]).unwrap());
    assert_eq!(bytes.len(), HEADER_BYTES + FRAME_BYTES + MAX_RECORD);
    assert_eq!(frames::scan(&bytes).unwrap().records, [largest]);
}

#[test]
fn other_versions_are_refused() {
    let (_, mut header) = Writer::new(Height::new(1), SALT);
    header[4] = 9;
    let crc = crc32fast::hash(&header[..HEADER_BYTES - 4]);
    header[HEADER_BYTES - 4..].copy_from_slice(&crc.to_le_bytes());
    assert_eq!(frames::scan(&header), Err(FrameError::Version { found: 9 }));
}

fn open(path: &Path) -> (Wal, Vec<Vec<u8>>) {
    Wal::open(path).unwrap()
}

#[test]
fn a_file_keeps_records_until_the_next_height() {
    let directory = tempfile::tempdir().unwrap();
    let path = directory.path().join("wal");
    let (mut wal, records) = open(&path);
    assert!(records.is_empty());
    assert_eq!(wal.height(), Height::new(1));
    wal.append(&[b"one", b""]).unwrap();
    wal.sync().unwrap();
    wal.append(&[b"three"]).unwrap();
    assert!(matches!(Wal::open(&path), Err(WalError::Locked { .. })));
    drop(wal);
    let (mut wal, records) = open(&path);
    assert_eq!(records, [b"one".to_vec(), Vec::new(), b"three".to_vec()]);
    wal.append(&[b"four"]).unwrap();
    assert!(matches!(wal.append(&[&vec![0; MAX_RECORD + 1]]), Err(WalError::RecordTooLarge(_))));
    wal.append(&[b"five"]).unwrap();
    wal.sync().unwrap();
    drop(wal);
    let (mut wal, records) = open(&path);
    assert_eq!(records.len(), 5);
    wal.reset(Height::new(2)).unwrap();
    assert!(matches!(Wal::open(&path), Err(WalError::Locked { .. })), "the new file is locked as well");
    wal.append(&[b"next"]).unwrap();
    wal.sync().unwrap();
    drop(wal);
    let (mut wal, records) = open(&path);
    assert_eq!((wal.height(), records), (Height::new(2), vec![b"next".to_vec()]));
    wal.reset_with(Height::new(2), &[b"kept"]).unwrap();
    wal.append(&[b"more"]).unwrap();
    wal.sync().unwrap();
    drop(wal);
    assert_eq!(open(&path).1, [b"kept".to_vec(), b"more".to_vec()]);
}

#[test]
fn a_torn_end_is_cut_once_and_a_damaged_middle_halts() {
    let directory = tempfile::tempdir().unwrap();
    let path = directory.path().join("wal");
    let (mut wal, _) = open(&path);
    for record in [b"one", b"two"] {
        wal.append(&[record]).unwrap();
        wal.sync().unwrap();
    }
    drop(wal);
    let whole = fs::read(&path).unwrap();
    fs::write(&path, &whole[..whole.len() - 1]).unwrap();
    let (mut wal, records) = open(&path);
    assert_eq!((records, wal.cut_bytes()), (vec![b"one".to_vec()], FRAME_BYTES as u64 + 2));
    wal.append(&[b"three"]).unwrap();
    wal.sync().unwrap();
    drop(wal);
    let (wal, records) = open(&path);
    assert_eq!((records, wal.cut_bytes()), (vec![b"one".to_vec(), b"three".to_vec()], 0));
    drop(wal);

    let mut damaged = fs::read(&path).unwrap();
    damaged[HEADER_BYTES + FRAME_BYTES] ^= 1;
    fs::write(&path, &damaged).unwrap();
    let error = Wal::open(&path).unwrap_err();
    assert!(error.is_fatal());
    let WalError::Corrupt { source, .. } = error else { panic!("{error}") };
    assert!(source.to_string().contains("record 0 at offset 28"), "{source}");
    assert_eq!(fs::read(&path).unwrap(), damaged, "left as it is");
    fs::write(&path, b"").unwrap();
    assert!(matches!(Wal::open(&path), Err(WalError::Corrupt { source: FrameError::Header, .. })));
}

#[test]
fn a_reset_that_fails_ends_the_log_and_keeps_the_old_one() {
    let directory = tempfile::tempdir().unwrap();
    let path = directory.path().join("wal");
    let (mut wal, _) = open(&path);
    wal.append(&[b"one"]).unwrap();
    wal.sync().unwrap();
    // Something that is no file stands where the new one would be written.
    fs::create_dir_all(directory.path().join("wal.new/x")).unwrap();
    assert!(matches!(wal.reset(Height::new(2)), Err(WalError::Io { .. })));
    assert!(matches!(wal.append(&[b"two"]), Err(WalError::Failed)));
    assert!(matches!(wal.sync(), Err(WalError::Failed)));
    assert!(matches!(wal.reset(Height::new(2)), Err(WalError::Failed)));
    drop(wal);
    assert_eq!(open(&path).1, [b"one".to_vec()]);
}
