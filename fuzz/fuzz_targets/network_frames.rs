//! Length-delimited frames as a peer sends them, under both limits.

#![no_main]

use emotionalchain_node::network::{Topic, read_frame};
use libfuzzer_sys::fuzz_target;

fuzz_target!(|bytes: &[u8]| {
    for max in [64, Topic::MAX_BYTES] {
        let mut stream = futures::io::Cursor::new(bytes);
        if let Ok(frame) = futures::executor::block_on(read_frame(&mut stream, max)) {
            assert!(frame.len() <= max && frame.len() < bytes.len());
        }
    }
});
