//! The ledger: genesis, transactions, blocks, the one state transition and the one block verification
//! (protocol §4 to §6).
//!
//! ```text
//!  Genesis ──► state 0 ──block 1──► state 1 ──block 2──► …
//!                          ▲
//!      verify_block: shape, roots, then Execution, the one transition;
//!      build_block:  the same Execution, leaving out what it refuses
//! ```

mod block;
mod build;
mod emotional_vote;
mod execution;
mod genesis;
mod header;
mod params;
mod proof;
mod prove;
pub mod state;
mod summary;
#[cfg(test)]
#[cfg(not(target_arch = "wasm32"))]
mod tests;
mod transaction;
mod verify;
pub mod webauthn;

pub use block::Block;
pub use build::{Built, Ingredients, build_block};
pub use emotional_vote::EmotionalVote;
pub use execution::{
    BlockPlace, ChainSpec, EvidenceRefusal, Executed, Execution, ExecutionError, NothingSeen, SeenSignatures,
    TransactionRefusal, VoteRefusal, genesis_writes, schedule_after,
};
pub use genesis::{Genesis, GenesisAccount, GenesisDevice, GenesisError, GenesisValidator};
pub use header::{Header, PROTOCOL_VERSION};
pub use params::{Params, ParamsError};
pub use proof::{
    AuthenticityProof, BiometricProof, MAX_SAMPLES, MODALITY_ALL, MODALITY_RR, SessionDelegation, Statement,
};
pub use prove::{Challenge, Measured, prove};
pub use summary::{EpochSummary, SeatScore, Wellness};
pub use transaction::{Action, Authorisation, Transaction, TransactionBody, WebAuthnAssertion};
pub use verify::{InvalidBlock, Ledger, LedgerDyn, Transition, timely, verify_block};
