//! What lies are made of, and their names.

use emotionalchain_shared::{
    chain::state::StateKey,
    consensus::ValidatorSet,
    crypto::SecretKey,
    primitives::{Hash, Height, hash_bytes},
    wire::{HeadUpdate, SyncRequest, SyncResponse},
};

use crate::{
    altered_proof::AlteredProof,
    empty_proof::EmptyProof,
    endless_stream::EndlessStream,
    folder::{Failure, Folder},
    forged_header::ForgedHeader,
    fork::Fork,
    out_of_range_signers::OutOfRangeSigners,
    repeated_signers::RepeatedSigners,
    stale_head::StaleHead,
    wrong_set::WrongSet,
};

/// The newest head, as validators push it.
#[derive(Clone, Debug)]
pub struct Truth {
    /// What they push.
    pub update: HeadUpdate,
    /// The set that signed it.
    pub set: ValidatorSet,
}

impl Truth {
    /// The head's height.
    pub fn height(&self) -> Height {
        self.update.head.header.height
    }

    /// The set that signs the next block.
    pub fn next_set(&self) -> &ValidatorSet {
        self.update.next_set.as_ref().unwrap_or(&self.set)
    }
}

/// How frames leave on a head stream.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Manner {
    /// One whole frame a head.
    Frames,
    /// One frame that never ends.
    Trickle,
    /// Whole frames without a pause.
    Flood,
}

/// One lie. What a lie does not speak of is the truth.
pub trait Lie: Send + Sync {
    /// What is pushed for a new head; the same height again is not pushed again.
    fn head(&self, truth: &Truth) -> HeadUpdate {
        truth.update.clone()
    }

    /// What is answered, given the true answer.
    fn answer(&self, request: &SyncRequest, answer: SyncResponse, truth: &Truth) -> SyncResponse {
        let _ = request;
        self.as_pushed(answer, truth)
    }

    /// How the next head stream is written.
    fn manner(&self) -> Manner {
        Manner::Frames
    }

    /// Puts the newest header as it is pushed into an answer: who lies in one place tells the same in the other. Older
    /// headers stay true: on the way to the newest one they are verified, and would be caught for another reason.
    fn as_pushed(&self, answer: SyncResponse, truth: &Truth) -> SyncResponse {
        let SyncResponse::Headers(mut headers) = answer else { return answer };
        let pushed = self.head(truth).head;
        for one in headers.iter_mut().filter(|one| one.header.height == pushed.header.height) {
            *one = pushed.clone();
        }
        SyncResponse::Headers(headers)
    }
}

/// The lies.
#[derive(Clone, Copy, Debug, PartialEq, Eq, clap::ValueEnum)]
pub enum Kind {
    /// A header with another state root, under the certificate of the true one
    ForgedHeader,
    /// No head above the first that it saw
    StaleHead,
    /// A set of its own keys in place of the validators'
    WrongSet,
    /// A certificate that counts one validator as often as a quorum needs
    RepeatedSigners,
    /// A certificate of one validator and of seats past the end of the set
    OutOfRangeSigners,
    /// One byte of every proof, value and summary changed
    AlteredProof,
    /// Proofs without content
    EmptyProof,
    /// Head streams that never come to an end: of a frame, or of frames
    EndlessStream,
    /// A second block at each height, truly signed by a quorum of the validators' keys
    Fork,
}

impl Kind {
    /// The name on the command line.
    pub fn name(self) -> String {
        use clap::ValueEnum;
        self.to_possible_value().map(|value| value.get_name().to_owned()).unwrap_or_default()
    }

    /// Makes the lie; `first` is the head that is known by then.
    pub fn lie(self, folder: &Folder, first: &Truth) -> Result<Box<dyn Lie>, Failure> {
        let spec = &folder.spec;
        Ok(match self {
            Self::ForgedHeader => Box::new(ForgedHeader),
            Self::StaleHead => Box::new(StaleHead::at(first)),
            Self::WrongSet => Box::new(WrongSet::new(spec)?),
            Self::RepeatedSigners => Box::new(RepeatedSigners::new(spec, signing_keys(folder)?)),
            Self::OutOfRangeSigners => Box::new(OutOfRangeSigners::new(spec, signing_keys(folder)?)),
            Self::AlteredProof => Box::new(AlteredProof),
            Self::EmptyProof => Box::new(EmptyProof),
            Self::EndlessStream => Box::new(EndlessStream::default()),
            Self::Fork => Box::new(Fork::new(spec, signing_keys(folder)?)),
        })
    }
}

/// The consensus keys of all validators of the folder.
fn signing_keys(folder: &Folder) -> Result<Vec<SecretKey>, Failure> {
    let homes = folder.homes();
    let keys = homes.iter().map(|home| Ok(folder.keys(home.join("node.key"))?.consensus.signing_key()));
    keys.collect()
}

/// A hash that nobody has.
pub fn other(hash: &Hash) -> Hash {
    hash_bytes(hash.as_bytes())
}

/// Whether a key is that of a validator set, which stays the same whatever the height.
pub fn is_set(key: &[u8]) -> bool {
    let pattern = StateKey::Set(Hash::default()).to_bytes();
    key.len() == pattern.len() && key.first() == pattern.first()
}
