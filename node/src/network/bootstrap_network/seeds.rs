//! The first addresses that a node knows: from a file and from DNS.
//!
//! 1. **A file** has one multiaddress a line; what follows `#` is a comment, empty lines count for nothing. At most
//!    [`MAX_FILE_BYTES`] bytes.
//! 2. **A seed** begins with an IP address, a name (`dns`, `dns4`, `dns6`) or `/dnsaddr`; one of the last kind stands
//!    for addresses that the transport asks DNS for, 32 questions and 16 records at most (libp2p-dns).
//! 3. **At most [`MAX_SEEDS`]** of a list, each at most [`MAX_SEED_TEXT`] characters: a longer list is refused, not cut,
//!    since whoever wrote it relies on all of it. Lists of several origins are merged in order, duplicates once, and
//!    cut at the same number.

use libp2p::{Multiaddr, multiaddr::Protocol};
use thiserror::Error;

/// Seeds in a list.
pub const MAX_SEEDS: usize = 64;
/// Bytes of a seed file.
pub const MAX_FILE_BYTES: usize = 64 * 1024;
/// Bytes of one address as text: a WebRTC address with certificate hash and peer id has about 180.
pub const MAX_SEED_TEXT: usize = 512;

/// Characters of a wrong address that an error repeats.
const SHOWN: usize = 80;

/// Why a list of seeds is refused.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
pub enum SeedError {
    /// The file is too long.
    #[error("the seed file has {size} bytes, {MAX_FILE_BYTES} are allowed")]
    TooLong {
        /// Its length.
        size: usize,
    },
    /// The file is no UTF-8 text.
    #[error("the seed file is not text")]
    NotText,
    /// More addresses than are allowed.
    #[error("more than {MAX_SEEDS} seeds")]
    TooMany,
    /// Something else than an address to begin at.
    #[error("seed {place}: {text:?} is no multiaddress of an IP address, a DNS name or dnsaddr")]
    Address {
        /// The line, counted from 1.
        place: usize,
        /// Its beginning.
        text: String,
    },
}

/// Reads a seed file.
///
/// # Errors
/// [`SeedError`] for the first rule broken.
pub fn from_file(bytes: &[u8]) -> Result<Vec<Multiaddr>, SeedError> {
    if bytes.len() > MAX_FILE_BYTES {
        return Err(SeedError::TooLong { size: bytes.len() });
    }
    let text = str::from_utf8(bytes).map_err(|_| SeedError::NotText)?;
    let lines = text.lines().map(|line| line.split('#').next().unwrap_or_default().trim());
    read((1_usize..).zip(lines).filter(|(_, line)| !line.is_empty()))
}

/// One list of several, the first ones first, each address once, cut at [`MAX_SEEDS`].
pub fn merge(lists: impl IntoIterator<Item = Vec<Multiaddr>>) -> Vec<Multiaddr> {
    let mut merged = Vec::new();
    for seed in lists.into_iter().flatten() {
        if merged.len() >= MAX_SEEDS {
            break;
        }
        if !merged.contains(&seed) {
            merged.push(seed);
        }
    }
    merged
}

fn read<'a>(texts: impl Iterator<Item = (usize, &'a str)>) -> Result<Vec<Multiaddr>, SeedError> {
    let mut seeds = Vec::new();
    for (place, text) in texts {
        let wrong = || SeedError::Address { place, text: text.chars().take(SHOWN).collect() };
        let seed = parse(text).ok_or_else(wrong)?;
        if seeds.contains(&seed) {
            continue;
        }
        if seeds.len() >= MAX_SEEDS {
            return Err(SeedError::TooMany);
        }
        seeds.push(seed);
    }
    Ok(seeds)
}

/// Parses a bounded text into an address to begin at.
fn parse(text: &str) -> Option<Multiaddr> {
    if text.len() > MAX_SEED_TEXT {
        return None;
    }
    let address: Multiaddr = text.parse().ok()?;
    let begins = matches!(
        address.iter().next()?,
        Protocol::Ip4(_)
            | Protocol::Ip6(_)
            | Protocol::Dns(_)
            | Protocol::Dns4(_)
            | Protocol::Dns6(_)
            | Protocol::Dnsaddr(_)
    );
    begins.then_some(address)
}

#[cfg(test)]
mod tests;
