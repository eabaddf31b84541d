//! Requests and answers of peers that catch up.

#![no_main]

use emotionalchain_shared::wire::{
    FinalisedBlock, HeadUpdate, SignedHeader, Status, SyncRequest, SyncResponse, Wire,
};
use libfuzzer_sys::fuzz_target;

fuzz_target!(|bytes: &[u8]| {
    envelope::<SyncRequest>(bytes);
    envelope::<SyncResponse>(bytes);
    envelope::<Status>(bytes);
    envelope::<FinalisedBlock>(bytes);
    envelope::<SignedHeader>(bytes);
    envelope::<HeadUpdate>(bytes);
});

/// Envelopes may hold what this version does not know; what it knows of them must settle.
fn envelope<T: Wire + PartialEq>(bytes: &[u8]) {
    if let Ok(value) = T::decode(bytes) {
        let again = T::decode(&value.encode());
        assert!(again.is_ok_and(|again| again == value), "{} does not settle", T::NAME);
    }
}
