//! The consensus engine: Tendermint (arXiv:1807.04938, its lines cited as L…) over the Malachite core, behind a facade
//! without IO (protocol §7).
//!
//! ```text
//!        peers          host's verifier      host's clock      host's builder     sync
//!   Vote, Proposal,          Body               Fired          Built, Start      Synced
//!   Polka, Round              │                   │                 │              │
//!          │                  │                   │                 │              │
//!          ▼                  ▼                   ▼                 ▼              ▼
//!   ┌─────────────────────────────────── Core::handle ──────────────────────────────────────┐
//!   │ verify ─► ballots ─► waiting     bodies              timers                   decided │
//!   │    │    contradictions   next height   verdicts         keys                  late    │
//!   │    │                                                                        precommits│
//!   │    ▼                                                                                  │
//!   │ Malachite core: rounds, locks, votes ──► effects ──► guard: the one place that signs  │
//!   └──────────────────────────────────────────────────────────────────────────────────────┘
//!          │               │               │                │               │
//!          ▼               ▼               ▼                ▼               ▼
//!       Persist          Send         Arm, Disarm     Build, Restream   Commit, Evidence
//!       the log         peers           clock             builder          the store
//! ```
//!
//! # The rules of Tendermint, and where they act
//! - L11–L21: a round starts; its scheduled proposer re-proposes its valid value with its proof of lock, else asks the
//!   host for a block ([`Action::Build`]); the others wait for [`TimerKind::Propose`].
//! - L22–L33: a proposal with a valid body gets a prevote, unless we are locked on another block and its proof of lock
//!   is not newer; else nil.
//! - L34, L61: prevotes of a quorum that do not agree start [`TimerKind::Prevote`], after which nil is precommitted.
//! - L36–L43: a quorum of prevotes for a valid proposal locks it and is precommitted.
//! - L44: a quorum of prevotes for nil precommits nil.
//! - L47, L65: precommits of a quorum start [`TimerKind::Precommit`], after which the next round starts.
//! - L49: a quorum of precommits for a valid proposal of any round decides ([`Action::Commit`]).
//! - L55: votes of more than a third for a later round start that round.
//! - L57: without a proposal nil is prevoted.
//!
//! # What is added
//! - A value is a block id; whether its body is valid is the host's word ([`Event::Body`]), taken only beside a verified
//!   proposal. A body that is merely untimely is withheld from us and counts as valid once a quorum voted for it.
//! - Everything from peers is verified before the state machine sees it, and judged for the host ([`Admission`]).
//! - The guard: one value for one (height, round, kind), whatever the state machine asks for; see `guard`.
//! - A synced certificate decides at once, proposal or not.
//! - After a decision late precommits fill the certificate ([`Core::commit_certificate`]).
//! - A second statement of a seat becomes evidence, also for the height just decided.
//! - Messages for the next height wait, bounded; those of later rounds are bounded too.
//! - Pace is the host's: a height starts when the host says so. Round-change messages are Malachite's: certificates of
//!   rounds are sent on entering them and repeated.
//!
//! # Laws of the host
//! 1. Actions are carried out in order; every [`Action::Persist`] is durable before any later [`Action::Send`] leaves.
//! 2. A body built here is durable before [`Event::Built`]; a [`Action::Commit`] is durable before the next
//!    [`Event::StartHeight`]. The log may begin anew with each [`Record::Height`], once that
//!    is durable; not otherwise.
//! 3. A log that fails halts the host; a [`Halt`] halts it too.
//!
//! # Deviations and limits
//! - Malachite reads `Instant::now()` once a height and does nothing with it here; the same events lead to the same
//!   actions.
//! - It prunes votes of rounds before its last lock; a decision in such a round reaches us by its certificate.
//! - It writes its trace under targets `arc_malachitebft_*`: hosts filter them.

mod admission;
mod ballots;
mod bodies;
mod certificates;
mod config;
mod context;
mod convert;
mod core;
mod decided;
mod drive;
mod effects;
mod event;
mod guard;
mod halt;
mod messages;
mod mutation;
mod questions;
mod records;
mod recovery;
mod running;
mod signing;
mod timers;
mod verify;
mod waiting;

pub use self::{
    admission::{Admission, Ignored, Refusal},
    config::{Bounds, CoreConfig},
    core::Core,
    event::{Action, Event, Handled, HeightStart, Message, Verdict},
    halt::{Fault, Halt},
    questions::{Counts, Step},
    records::{Record, RecordError},
    timers::{Timeouts, TimerKey, TimerKind},
};
pub use crate::epoch::Schedule;
#[cfg(feature = "mutations")]
pub use mutation::Mutation;

#[cfg(test)]
mod tests;
