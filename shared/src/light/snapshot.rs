//! What a client keeps between two visits.
//!
//! A snapshot is a start like a checkpoint: whoever writes one decides what is believed. The digest at its end finds
//! damage, not malice. [`Snapshot::decode`] refuses whatever is not exactly what [`Snapshot::encode`] makes of this
//! chain's own block, and a refusal means a cold start.
//!
//! Encoding, at most [`Snapshot::MAX_BYTES`]: `"EMOL"` ‖ version ‖ body ‖ SHA-256 of all before. The body is borsh:
//! genesis hash; height, id, time and announced set of the trusted block; header and certificate of that block, absent
//! at genesis alone; addresses of peers.
//!
//! Checks, in this order: size; magic and version; digest; body, canonical to the last byte; chain; peers; header and
//! trusted block belong together; the set is the announced one; trusting period and drift.

#[cfg(test)]
mod tests;

use borsh::{BorshDeserialize, BorshSerialize};
use thiserror::Error;

use crate::{
    chain::ChainSpec,
    consensus::{CommitCertificate, ValidatorSet},
    crypto::PublicKey,
    light::{
        LightOptions, Reason, Trusted,
        predicates::{for_this_header, in_trusting_period, same_chain},
        read_signed_header,
    },
    primitives::{BlockId, Hash, Height, TimeMs, hash_bytes},
    wire::{MAX_CERTIFICATE, MAX_HEADER, MAX_SEATS, SignedHeader, Wire},
};

const MAGIC: &[u8; 4] = b"EMOL";
const VERSION: u8 = 1;

/// A trusted block with all that is needed to go on from it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Snapshot {
    /// Where trust continues.
    pub trusted: Trusted,
    /// The trusted block's header, to be shown at once; `None` at genesis.
    pub newest: Option<SignedHeader>,
    /// Where peers were met, the best first.
    pub peers: Vec<String>,
}

/// Why a snapshot is not used.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
pub enum SnapshotError {
    /// Longer than any snapshot.
    #[error("snapshot has {0} bytes, {max} are allowed", max = Snapshot::MAX_BYTES)]
    TooLarge(usize),
    /// Does not begin like one, or ends before its digest.
    #[error("not a snapshot")]
    NotOne,
    /// Of a version that this software does not know.
    #[error("snapshot version {0} is not supported")]
    Version(u8),
    /// Damaged.
    #[error("snapshot is damaged: its digest does not fit")]
    Digest,
    /// A body that cannot be decoded, or that has bytes left over.
    #[error("snapshot cannot be decoded")]
    Malformed,
    /// Decodes, but is not how it would be written.
    #[error("snapshot is not in canonical encoding")]
    NotCanonical,
    /// Of a chain with another genesis.
    #[error("snapshot is of the chain with genesis {0}")]
    OtherChain(Hash),
    /// More peers than are kept, or an address longer than one may be.
    #[error("snapshot lists too many or too long peer addresses")]
    Peers,
    /// Header and certificate are none, or do not belong together.
    #[error("header of the snapshot is not a certified one of this chain")]
    Header,
    /// The header is that of another block than the trusted one.
    #[error("header of the snapshot is not the trusted block's")]
    Unlinked,
    /// No header, and the trusted block is not genesis.
    #[error("snapshot without a header is not of genesis")]
    NotGenesis,
    /// The set is not the one that the trusted block announces.
    #[error("validator set of the snapshot is not the one that its block announces")]
    Set,
    /// Too old to trust anything by.
    #[error("snapshot of time {0} is older than the trusting period")]
    Expired(TimeMs),
    /// Further ahead of the clock than allowed.
    #[error("snapshot of time {0} lies in the future")]
    Future(TimeMs),
}

impl SnapshotError {
    /// The name under which programs know it; never changes.
    pub const fn code(&self) -> &'static str {
        match self {
            Self::OtherChain(_) => "other-chain",
            Self::Expired(_) => "trust-expired",
            Self::Future(_) => "future-header",
            _ => "snapshot",
        }
    }
}

/// What the bytes hold, in the order of the encoding.
#[derive(BorshSerialize, BorshDeserialize)]
struct Body {
    genesis: Hash,
    height: Height,
    id: BlockId,
    time: TimeMs,
    next_set: ValidatorSet,
    newest: Option<(Vec<u8>, Vec<u8>)>,
    peers: Vec<String>,
}

impl Snapshot {
    /// Peers kept: enough to find the network again when most of them have gone.
    pub const MAX_PEERS: usize = 16;
    /// Bytes of one address: a WebRTC one with certificate hash and peer id has about 180.
    pub const MAX_ADDRESS: usize = 256;
    /// The longest encoding. It fits a browser's smallest store, and bounds what is read before anything is checked.
    pub const MAX_BYTES: usize = Self::FRAME
        + 3 * Hash::LEN
        + (4 + MAX_SEATS * PublicKey::LEN)
        + (1 + 4 + MAX_HEADER + 4 + MAX_CERTIFICATE)
        + (4 + Self::MAX_PEERS * (4 + Self::MAX_ADDRESS));
    /// Magic, version and digest.
    const FRAME: usize = MAGIC.len() + 1 + Hash::LEN;

    /// A snapshot of a trusted block; `newest` is its header. Of the peers the first few that fit are kept.
    pub fn new(
        trusted: Trusted,
        newest: Option<SignedHeader>,
        peers: impl IntoIterator<Item = String>,
    ) -> Self {
        let fitting = peers.into_iter().filter(|address| address.len() <= Self::MAX_ADDRESS);
        Self { trusted, newest, peers: fitting.take(Self::MAX_PEERS).collect() }
    }

    /// The canonical form.
    pub fn encode(&self, spec: &ChainSpec) -> Vec<u8> {
        let body = Body {
            genesis: spec.hash,
            height: self.trusted.height,
            id: self.trusted.id,
            time: self.trusted.time,
            next_set: self.trusted.next_set.clone(),
            newest: self.newest.as_ref().map(|one| (one.header.encode(), one.certificate.encode())),
            peers: self.peers.clone(),
        };
        seal(&body)
    }

    /// Reads and checks what was kept.
    ///
    /// # Errors
    /// [`SnapshotError`] for the first check that fails; the client then starts from genesis or a checkpoint.
    pub fn decode(
        bytes: &[u8],
        spec: &ChainSpec,
        options: &LightOptions,
        now: TimeMs,
    ) -> Result<Self, SnapshotError> {
        let body = open(bytes)?;
        if body.genesis != spec.hash {
            return Err(SnapshotError::OtherChain(body.genesis));
        }
        if body.peers.len() > Self::MAX_PEERS || body.peers.iter().any(|one| one.len() > Self::MAX_ADDRESS) {
            return Err(SnapshotError::Peers);
        }
        let trusted = Trusted { height: body.height, id: body.id, time: body.time, next_set: body.next_set };
        let newest = match body.newest {
            Some((header, certificate)) => Some(linked(spec, &trusted, &header, &certificate)?),
            None if Trusted::genesis(spec).is_ok_and(|genesis| genesis == trusted) => None,
            None => return Err(SnapshotError::NotGenesis),
        };
        in_trusting_period(options, &trusted, now).map_err(|_| SnapshotError::Expired(trusted.time))?;
        if trusted.time > now.saturating_add(options.drift_ms) {
            return Err(SnapshotError::Future(trusted.time));
        }
        Ok(Self { trusted, newest, peers: body.peers })
    }
}

/// The header of the snapshot, once it is the trusted block's and announces its set.
fn linked(
    spec: &ChainSpec,
    trusted: &Trusted,
    header: &[u8],
    certificate: &[u8],
) -> Result<SignedHeader, SnapshotError> {
    let signed = read_signed_header(header, certificate).map_err(|_| SnapshotError::Header)?;
    let fits = |signed: &SignedHeader| -> Result<(), Reason> {
        same_chain(spec, &signed.header)?;
        for_this_header(signed)
    };
    fits(&signed).map_err(|_| SnapshotError::Header)?;
    let CommitCertificate { height, block_id, .. } = &signed.certificate;
    if (*height, *block_id, signed.header.time) != (trusted.height, trusted.id, trusted.time) {
        return Err(SnapshotError::Unlinked);
    }
    if trusted.next_set.root() != signed.header.next_validators_root {
        return Err(SnapshotError::Set);
    }
    Ok(signed)
}

fn seal(body: &Body) -> Vec<u8> {
    // Writing into a vector cannot fail.
    let body = borsh::to_vec(body).unwrap_or_default();
    let mut bytes = [MAGIC.as_slice(), &[VERSION], &body].concat();
    bytes.extend_from_slice(hash_bytes(&bytes).as_bytes());
    bytes
}

fn open(bytes: &[u8]) -> Result<Body, SnapshotError> {
    if bytes.len() > Snapshot::MAX_BYTES {
        return Err(SnapshotError::TooLarge(bytes.len()));
    }
    let (covered, digest) = bytes.split_last_chunk::<{ Hash::LEN }>().ok_or(SnapshotError::NotOne)?;
    let body = covered.strip_prefix(MAGIC.as_slice()).ok_or(SnapshotError::NotOne)?;
    let ([version], body) = body.split_first_chunk().ok_or(SnapshotError::NotOne)?;
    if *version != VERSION {
        return Err(SnapshotError::Version(*version));
    }
    if hash_bytes(covered).as_bytes() != digest {
        return Err(SnapshotError::Digest);
    }
    let decoded: Body = borsh::from_slice(body).map_err(|_| SnapshotError::Malformed)?;
    // A set in another order decodes to the same one.
    if seal(&decoded) != bytes {
        return Err(SnapshotError::NotCanonical);
    }
    Ok(decoded)
}
