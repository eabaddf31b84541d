//! From bytes to validated types and back (protocol §2, §3).
//!
//! Every type of the protocol implements [`Wire`]: its protobuf form, its largest size and the most entries of its
//! repeated fields. [`Wire::decode`] is the only way in:
//! 1. longer than the type's maximum: refused before a byte is read;
//! 2. more entries in a repeated field than its maximum, at whatever depth: refused before anything is allocated for
//!    them;
//! 3. not protobuf, or a field outside its type's range: refused;
//! 4. not identical to its own re-encoding (unknown fields, other field order, padded integers): refused, unless
//!    the type is an envelope, which ignores unknown fields so that minor versions can talk.

mod codec;
mod limits;
mod messages;
mod version;

pub use codec::{DecodeError, Limit, Wire, address, bytes32, fixed, height, time};
pub use limits::*;
pub use messages::{
    BlockProposal, ConsensusMessage, FinalisedBlock, HeadSubscription, HeadUpdate, InclusionAnswer, Refusal,
    SignedHeader, StateAnswer, Status, SyncRequest, SyncResponse, TransactionBatch,
};
pub use version::{ProtocolVersion, VersionError, VersionRange, negotiate, protocol_id};
