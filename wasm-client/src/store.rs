//! The store seam: what survives a visit. One small record a name.
//!
//! Rules, which every implementation keeps and the suite in [`suite`] checks:
//! 1. a record is read as it was written, or not at all;
//! 2. of two writers under one name (two tabs, say) the one with the greater order wins, whoever comes last;
//! 3. a record larger than [`MAX_RECORD`] is neither written nor read.

mod memory;
#[cfg(test)]
pub(crate) mod suite;

#[cfg(target_arch = "wasm32")]
#[path = "store/indexeddb.rs"]
mod imp;
#[cfg(not(target_arch = "wasm32"))]
#[path = "store/redb.rs"]
mod imp;

use futures::future::LocalBoxFuture;

use crate::error::LightError;

pub use imp::Durable;
pub use memory::Memory;

/// Bytes of one record: four times the largest snapshot.
pub const MAX_RECORD: usize = 64 * 1024;

/// What a store's calls give.
pub type Stored<'a, T> = LocalBoxFuture<'a, Result<T, LightError>>;

/// A place for small records.
pub trait Store {
    /// The record of a name.
    ///
    /// # Errors
    /// [`LightError::Storage`].
    fn load<'a>(&'a self, name: &'a str) -> Stored<'a, Option<Vec<u8>>>;

    /// Writes a record unless one of a greater order stands there.
    ///
    /// # Errors
    /// [`LightError::Storage`].
    fn save<'a>(&'a self, name: &'a str, order: u64, bytes: Vec<u8>) -> Stored<'a, ()>;

    /// Takes a record away.
    ///
    /// # Errors
    /// [`LightError::Storage`].
    fn remove<'a>(&'a self, name: &'a str) -> Stored<'a, ()>;

    /// How it is named to people.
    fn kind(&self) -> &'static str;
}

/// A record with its order before it.
fn pack(order: u64, bytes: &[u8]) -> Result<Vec<u8>, LightError> {
    if bytes.len() > MAX_RECORD {
        return Err(LightError::Storage(format!("a record of {} bytes is too large", bytes.len())));
    }
    Ok([order.to_be_bytes().as_slice(), bytes].concat())
}

/// Order and bytes of a packed record; nothing for one that this module did not write.
fn unpack(packed: &[u8]) -> Option<(u64, &[u8])> {
    let (order, bytes) = packed.split_first_chunk()?;
    (bytes.len() <= MAX_RECORD).then_some((u64::from_be_bytes(*order), bytes))
}

/// Whether a record of this order may replace what stands there.
fn replaces(order: u64, standing: Option<&[u8]>) -> bool {
    standing.and_then(unpack).is_none_or(|(before, _)| order >= before)
}
