//! A consensus log as a disk gives it back: its frames, and the entries in them.

#![no_main]

use emotionalchain_node::consensus::{log, wal::frames};
use libfuzzer_sys::fuzz_target;

fuzz_target!(|bytes: &[u8]| {
    if let Ok(scan) = frames::scan(bytes) {
        assert!(scan.end + scan.cut == bytes.len() as u64, "what is kept and what is cut make the file");
        let _ = log::replay(&scan.records);
    }
    // Frames carry checksums, which no fuzzer guesses: the entries by themselves.
    let _ = log::replay(&bytes.split(|byte| *byte == 0xff).map(<[u8]>::to_vec).collect::<Vec<_>>());
});
