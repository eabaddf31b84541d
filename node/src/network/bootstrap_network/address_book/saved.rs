//! The book as a file: what is known of each peer, but not in which bucket, which follows from the secret.
//!
//! - `"EMOBOOK" ‖ version (u8) ‖ SHA-256 of the rest ‖ borsh`. A file that is cut short, altered, of another version or
//!   longer than [`MAX_BOOK_BYTES`] is refused as a whole; the node then starts with an empty book and says so.
//! - Every value passes the bounds that it had to pass when it was learnt.
//! - Under another secret buckets differ: what finds no place in its new one is left out.

use std::collections::BTreeSet;

use borsh::{BorshDeserialize, BorshSerialize};
use libp2p::{Multiaddr, PeerId, multiaddr::Protocol};
use sha2::{Digest, Sha256};
use thiserror::Error;

use super::{
    super::super::subnet::Subnet,
    AddressBook, MAX_ADDRESSES, MAX_PEER_BYTES, MAX_PEERS, Scope,
    entry::{Entry, Known},
};

/// The largest file; a full book of the longest addresses stays below.
pub const MAX_BOOK_BYTES: usize = 1 << 20;

const MAGIC: &[u8; 7] = b"EMOBOOK";
const VERSION: u8 = 1;

/// Why bytes are no book.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Error)]
pub enum BookError {
    /// Longer than any book.
    #[error("the address book has {size} bytes, {MAX_BOOK_BYTES} are allowed")]
    TooLong {
        /// Its length.
        size: usize,
    },
    /// It does not begin as a book does.
    #[error("this is no address book")]
    NotABook,
    /// Of another version.
    #[error("the address book has version {0}, {VERSION} is known")]
    Version(u8),
    /// Cut short or altered.
    #[error("the address book is damaged")]
    Damaged,
    /// A value outside its range.
    #[error("the address book holds a wrong {0}")]
    Value(&'static str),
}

#[derive(BorshSerialize, BorshDeserialize)]
struct SavedBook {
    worked_ms: u64,
    peers: Vec<SavedPeer>,
}

#[derive(BorshSerialize, BorshDeserialize)]
struct SavedPeer {
    peer: Vec<u8>,
    tried: bool,
    heard_ms: u64,
    failures: u32,
    strikes: u32,
    struck_ms: u64,
    retry_ms: u64,
    known: Vec<SavedAddress>,
}

#[derive(BorshSerialize, BorshDeserialize)]
struct SavedAddress {
    address: Vec<u8>,
    source: Option<SavedSubnet>,
    worked_ms: Option<u64>,
}

#[derive(BorshSerialize, BorshDeserialize)]
enum SavedSubnet {
    V4([u8; 3]),
    V6([u8; 8]),
}

impl AddressBook {
    /// The book as bytes, at most [`MAX_BOOK_BYTES`]; without the secret.
    pub fn encode(&self) -> Vec<u8> {
        let peers = self.peers.iter().map(|(peer, entry)| SavedPeer::from_entry(peer, entry)).collect();
        let saved = SavedBook { worked_ms: self.worked_ms, peers };
        // Writing to memory cannot fail; a book that would not read back is refused by its sum.
        let body = borsh::to_vec(&saved).unwrap_or_default();
        let sum: [u8; 32] = Sha256::digest(&body).into();
        [MAGIC.as_slice(), &[VERSION], &sum, &body].concat()
    }

    /// Reads a book that was saved. The secret is the one it had; with another, some peers may be left out.
    ///
    /// # Errors
    /// [`BookError`] for the first thing that is wrong.
    pub fn decode(bytes: &[u8], secret: [u8; 32]) -> Result<Self, BookError> {
        if bytes.len() > MAX_BOOK_BYTES {
            return Err(BookError::TooLong { size: bytes.len() });
        }
        let rest = bytes.strip_prefix(MAGIC).ok_or(BookError::NotABook)?;
        let (version, rest) = rest.split_first().ok_or(BookError::NotABook)?;
        if *version != VERSION {
            return Err(BookError::Version(*version));
        }
        let (sum, body) = rest.split_first_chunk::<32>().ok_or(BookError::Damaged)?;
        if <[u8; 32]>::from(Sha256::digest(body)) != *sum {
            return Err(BookError::Damaged);
        }
        let saved: SavedBook = borsh::from_slice(body).map_err(|_| BookError::Damaged)?;
        if saved.peers.len() > MAX_PEERS {
            return Err(BookError::Value("number of peers"));
        }
        let mut book = Self::new(secret);
        book.worked_ms = saved.worked_ms;
        let mut seen = BTreeSet::new();
        for saved in saved.peers {
            let (peer, entry) = saved.into_entry()?;
            if !seen.insert(peer) {
                return Err(BookError::Value("peer: it occurs twice"));
            }
            book.restore(peer, entry);
        }
        Ok(book)
    }

    fn restore(&mut self, peer: PeerId, mut entry: Entry) {
        let Some(first) = entry.known.first() else { return };
        let bucket = self.key.tried_bucket(&peer, &first.address);
        if entry.tried && self.tried.has_room(bucket) {
            entry.bucket = bucket;
            self.tried.insert(bucket, peer);
            self.peers.insert(peer, entry);
            return;
        }
        entry.tried = false;
        let bucket = self.key.new_bucket(&peer, &first.address, first.source);
        if self.new.has_room(bucket) {
            entry.bucket = bucket;
            self.new.insert(bucket, peer);
            self.peers.insert(peer, entry);
        }
    }
}

impl SavedPeer {
    fn from_entry(peer: &PeerId, entry: &Entry) -> Self {
        Self {
            peer: peer.to_bytes(),
            tried: entry.tried,
            heard_ms: entry.heard_ms,
            failures: entry.failures,
            strikes: entry.strikes,
            struck_ms: entry.struck_ms,
            retry_ms: entry.retry_ms,
            known: entry.known.iter().map(SavedAddress::from_known).collect(),
        }
    }

    fn into_entry(self) -> Result<(PeerId, Entry), BookError> {
        let peer = PeerId::from_bytes(&self.peer).map_err(|_| BookError::Value("peer id"))?;
        if self.known.is_empty() || self.known.len() > MAX_ADDRESSES {
            return Err(BookError::Value("number of addresses"));
        }
        let known: Vec<Known> =
            self.known.into_iter().map(SavedAddress::into_known).collect::<Result<_, _>>()?;
        let entry = Entry {
            known,
            tried: self.tried,
            bucket: 0,
            heard_ms: self.heard_ms,
            failures: self.failures,
            strikes: self.strikes,
            struck_ms: self.struck_ms,
            retry_ms: self.retry_ms,
        };
        if entry.bytes() > MAX_PEER_BYTES {
            return Err(BookError::Value("length of addresses"));
        }
        Ok((peer, entry))
    }
}

impl SavedAddress {
    fn from_known(known: &Known) -> Self {
        Self {
            address: known.address.to_vec(),
            source: known.source.map(|subnet| match subnet {
                Subnet::V4(bytes) => SavedSubnet::V4(bytes),
                Subnet::V6(bytes) => SavedSubnet::V6(bytes),
            }),
            worked_ms: known.worked_ms,
        }
    }

    fn into_known(self) -> Result<Known, BookError> {
        let wrong = BookError::Value("address");
        let address = Multiaddr::try_from(self.address).map_err(|_| wrong)?;
        let named = matches!(address.iter().last(), Some(Protocol::P2p(_)));
        if named || Scope::of(&address).is_none() || address.len() > emotionalchain_shared::wire::MAX_ADDRESS
        {
            return Err(wrong);
        }
        let source = self.source.map(|subnet| match subnet {
            SavedSubnet::V4(bytes) => Subnet::V4(bytes),
            SavedSubnet::V6(bytes) => Subnet::V6(bytes),
        });
        Ok(Known { address, source, worked_ms: self.worked_ms })
    }
}
