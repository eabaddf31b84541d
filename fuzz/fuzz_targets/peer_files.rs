//! What a node keeps of peers on disk, and seed files: anything may stand in them.

#![no_main]

use emotionalchain_node::network::{
    bootstrap_network::{address_book::AddressBook, seeds},
    peer_manager::bans::Bans,
};
use libfuzzer_sys::fuzz_target;

fuzz_target!(|bytes: &[u8]| {
    const NOW_MS: u64 = 1_800_000_000_000;
    if let Ok(bans) = Bans::decode(bytes, NOW_MS) {
        let text = bans.encode(NOW_MS).expect("what was read can be written");
        assert!(Bans::decode(text.as_bytes(), NOW_MS).is_ok_and(|again| again == bans));
    }
    if let Ok(book) = AddressBook::decode(bytes, [7; 32]) {
        let again = AddressBook::decode(&book.encode(), [7; 32]).expect("what was written can be read");
        assert_eq!(again.len(), book.len());
    }
    if let Ok(found) = seeds::from_file(bytes) {
        assert!(found.len() <= seeds::MAX_SEEDS);
    }
});
