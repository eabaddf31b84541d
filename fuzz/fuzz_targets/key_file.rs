//! Key files and sign floors as somebody hands them over.

#![no_main]

use emotionalchain_node::keys::{KeyFile, SignFloor};
use libfuzzer_sys::fuzz_target;

fuzz_target!(|bytes: &[u8]| {
    let _ = KeyFile::decode(bytes);
    let _ = SignFloor::decode(bytes);
});
