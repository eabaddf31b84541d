//! Defences that tests take away, to see an invariant notice.

use std::str::FromStr;

use emotionalchain_shared::{consensus::engine, mutations::Defence};

use super::{CrashDisk, CrashTime, Fault, Plan};
use crate::{
    byzantine::Kind,
    network::{MS, SECOND, weather::Span, weather::Weather},
};

/// A defence taken away from every honest node.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Mutation {
    /// After a crash the log is empty.
    LogDropped,
    /// Syncing the log does nothing.
    FsyncSkipped,
    /// One vote less than a quorum decides.
    QuorumMinusOne,
    /// Every seat must vote to decide.
    QuorumOfAll,
    /// Any signature on a vote is good.
    SignaturesUnchecked,
    /// Contradictions are not reported.
    EvidenceDropped,
    /// Locks do not bind.
    LockIgnored,
    /// Strangers count like seats.
    MembershipUnchecked,
    /// Any number of seats may change at a close.
    ChurnUnbounded,
    /// A header may claim any result.
    ResultsUnchecked,
    /// Proofs may be old, and say anything.
    ProofsUnchecked,
    /// Nobody asks for missing blocks.
    FetchDropped,
    /// Anything is kept for the next height.
    BoundsOff,
}

impl Mutation {
    /// All of them.
    pub const ALL: [Self; 13] = [
        Self::LogDropped,
        Self::FsyncSkipped,
        Self::QuorumMinusOne,
        Self::QuorumOfAll,
        Self::SignaturesUnchecked,
        Self::EvidenceDropped,
        Self::LockIgnored,
        Self::MembershipUnchecked,
        Self::ChurnUnbounded,
        Self::ResultsUnchecked,
        Self::ProofsUnchecked,
        Self::FetchDropped,
        Self::BoundsOff,
    ];

    /// Its name on the command line.
    pub fn name(self) -> &'static str {
        match self {
            Self::LogDropped => "log-dropped",
            Self::FsyncSkipped => "fsync-skipped",
            Self::QuorumMinusOne => "quorum-minus-one",
            Self::QuorumOfAll => "quorum-of-all",
            Self::SignaturesUnchecked => "signatures-unchecked",
            Self::EvidenceDropped => "evidence-dropped",
            Self::LockIgnored => "lock-ignored",
            Self::MembershipUnchecked => "membership-unchecked",
            Self::ChurnUnbounded => "churn-unbounded",
            Self::ResultsUnchecked => "results-unchecked",
            Self::ProofsUnchecked => "proofs-unchecked",
            Self::FetchDropped => "fetch-dropped",
            Self::BoundsOff => "bounds-off",
        }
    }

    /// The engine's own fault, where the engine has one.
    pub fn of_engine(self) -> Option<engine::Mutation> {
        match self {
            Self::QuorumMinusOne => Some(engine::Mutation::QuorumMinusOne),
            Self::QuorumOfAll => Some(engine::Mutation::QuorumOfAll),
            Self::SignaturesUnchecked => Some(engine::Mutation::SignaturesUnchecked),
            Self::EvidenceDropped => Some(engine::Mutation::EvidenceDropped),
            Self::LockIgnored => Some(engine::Mutation::LockIgnored),
            Self::MembershipUnchecked => Some(engine::Mutation::MembershipUnchecked),
            _ => None,
        }
    }

    /// The ledger's own fault, where the ledger has one.
    pub fn of_ledger(self) -> Option<Defence> {
        match self {
            Self::ChurnUnbounded => Some(Defence::Churn),
            Self::ResultsUnchecked => Some(Defence::Results),
            Self::ProofsUnchecked => Some(Defence::Proofs),
            _ => None,
        }
    }

    /// A plan that sound code survives and this fault does not; the fault itself is not in it.
    pub fn trap(self, seed: u64) -> Plan {
        match self {
            Self::LogDropped | Self::FsyncSkipped => {
                let (time, disk) = (CrashTime::Proposed(3), CrashDisk::Lost);
                Plan::clean(seed, 4, 6).with(Fault::Crash { seat: None, time, down: 20 * MS, disk })
            }
            Self::QuorumMinusOne => {
                // Two of four are out of reach for a while.
                let span = Span { from: 2 * SECOND, until: 5 * SECOND };
                Plan::clean(seed, 4, 6).with(Fault::Weather(span, Weather::Partition(vec![0, 1])))
            }
            Self::ChurnUnbounded => {
                // Nine seats without a score: the floor of six keeps all but three, churn all but two.
                (0..9).fold(Plan::clean(seed, 9, 8), |plan, seat| plan.with(Fault::NoProofs { seat }))
            }
            Self::QuorumOfAll => Kind::WithheldVotes.trap(seed),
            Self::SignaturesUnchecked => Kind::BadSignatures.trap(seed),
            Self::EvidenceDropped => Kind::EquivocatingVotes.trap(seed),
            Self::LockIgnored => Plan::clean(seed, 4, 6).with(Fault::Hidden { height: 3 }),
            Self::MembershipUnchecked => Kind::Strangers.trap(seed),
            Self::ResultsUnchecked => Kind::InvalidBody.trap(seed),
            Self::ProofsUnchecked => Kind::ReplayedProofs.trap(seed),
            Self::FetchDropped => Kind::WithheldBodies.trap(seed),
            Self::BoundsOff => Kind::RoundFlood.trap(seed),
        }
    }
}

impl Kind {
    /// The defence without which this behaviour breaks an invariant.
    pub fn defence(self) -> Mutation {
        match self {
            Self::EquivocatingVotes | Self::EquivocatingProposals | Self::Twins => Mutation::EvidenceDropped,
            Self::WithheldVotes => Mutation::QuorumOfAll,
            Self::WithheldBodies => Mutation::FetchDropped,
            Self::InvalidBody => Mutation::ResultsUnchecked,
            Self::Amnesia => Mutation::LockIgnored,
            Self::BadSignatures | Self::ForgedCertificates => Mutation::SignaturesUnchecked,
            Self::Strangers => Mutation::MembershipUnchecked,
            Self::RoundFlood => Mutation::BoundsOff,
            Self::FalseScores | Self::ReplayedProofs => Mutation::ProofsUnchecked,
        }
    }

    /// A plan with this behaviour that breaks an invariant once [`Self::defence`] is gone.
    pub fn trap(self, seed: u64) -> Plan {
        let plan = Plan::clean(seed, 4, 12).with(Fault::Byzantine { seat: 1, kind: self });
        match self {
            Self::Amnesia => plan.with(Fault::Hidden { height: 3 }),
            Self::Twins => {
                // Twins that hear the same say the same.
                let span = Span { from: 0, until: 10 * SECOND };
                plan.with(Fault::Weather(span, Weather::Loss(250)))
            }
            Self::ForgedCertificates => {
                // Who was away believes those who stayed.
                let (time, disk) = (CrashTime::At(3 * SECOND), CrashDisk::Kept);
                plan.with(Fault::Crash { seat: Some(0), time, down: 3 * SECOND, disk })
            }
            _ => plan,
        }
    }
}

impl FromStr for Mutation {
    type Err = String;
    fn from_str(text: &str) -> Result<Self, String> {
        let names = Self::ALL.map(Self::name).join(", ");
        Self::ALL.into_iter().find(|one| one.name() == text).ok_or_else(|| format!("one of {names}"))
    }
}
