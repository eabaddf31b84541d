//! What must hold whatever goes wrong, each by its name.
//!
//! | name | says | file |
//! |---|---|---|
//! | `agreement` | no two nodes finalise different blocks of one height | [`chain`] |
//! | `linkage` | each block follows its parent in height, id and time | [`chain`] |
//! | `certificates` | each certificate convinces the light client, which knows genesis alone | [`certificates`] |
//! | `silent_third` | a decision has the precommits of more than two thirds, and the honest among them really sent theirs | [`certificates`] |
//! | `validity` | each final block passes verification that has seen nothing before | [`ledger`] |
//! | `supply` | balances and bonds are what was handed out and minted, less what was burned | [`ledger`] |
//! | `churn` | no close changes more seats than the bound | [`ledger`] |
//! | `double_signature` | no honest key says two things at one place, restarts included | [`signatures`] |
//! | `lock` | who precommitted a block prevotes another only after a later proof of lock | [`signatures`] |
//! | `evidence` | evidence convicts and names the guilty only | [`evidence`] |
//! | `accountability` | who took two contradictory votes of a seat has reported it | [`accountability`] |
//! | `memory` | what peers can make a node keep is bounded | [`memory`] |
//! | `liveness` | after the network healed heights are decided within a few rounds | [`liveness`] |
//! | `halt` | no honest node stops | the world |
//! | `codec` | what was sent decodes to itself | the world |
//!
//! They watch from outside, with a store of their own; nodes do not know of them.

pub mod accountability;
pub mod certificates;
pub mod chain;
pub mod evidence;
pub mod ledger;
pub mod liveness;
pub mod memory;
pub mod signatures;

use std::{fmt, sync::Arc};

use emotionalchain_node::consensus::replica::{Commit, Replica};
use emotionalchain_shared::{
    chain::ChainSpec,
    consensus::{Evidence, ValidatorSet},
    primitives::{Address, Height, TimeMs},
    wire::ConsensusMessage,
};

use crate::{network::Micros, plan::Plan};

/// An invariant that did not hold.
#[derive(Clone, Debug, PartialEq, Eq, serde::Serialize)]
pub struct Violation {
    /// Its name.
    pub invariant: String,
    /// What was seen.
    pub detail: String,
}

impl Violation {
    /// A violation of an invariant.
    pub fn of(invariant: &str, detail: impl fmt::Display) -> Self {
        Self { invariant: invariant.to_owned(), detail: detail.to_string() }
    }
}

/// What a check says.
pub type Checked = Result<(), Violation>;

/// All invariants over one run.
pub struct Watch {
    spec: Arc<ChainSpec>,
    byzantine: Vec<Address>,
    ledger: ledger::Ledger,
    chain: chain::Chain,
    certificates: certificates::Certificates,
    signatures: signatures::Signatures,
    liveness: liveness::Liveness,
    accountability: accountability::Accountability,
}

impl Watch {
    /// Begins at genesis. `byzantine`: who is guilty of everything.
    pub fn new(spec: &Arc<ChainSpec>, plan: &Plan, byzantine: Vec<Address>) -> Self {
        Self {
            spec: Arc::clone(spec),
            ledger: ledger::Ledger::genesis(spec),
            chain: chain::Chain::default(),
            certificates: certificates::Certificates::genesis(spec),
            signatures: signatures::Signatures::new(&byzantine),
            liveness: liveness::Liveness::new(plan),
            accountability: accountability::Accountability::default(),
            byzantine,
        }
    }

    /// The set that decides a height, once its parent is final somewhere.
    pub fn set(&self, height: Height) -> Option<&ValidatorSet> {
        self.ledger.set(height)
    }

    /// Epochs closed in final blocks.
    pub fn closes(&self) -> u64 {
        self.ledger.closes()
    }

    /// Time at which everything transient is over.
    pub fn healed(&self) -> Micros {
        self.liveness.healed()
    }

    /// The time by which all must be done.
    pub fn deadline(&self) -> Micros {
        self.liveness.deadline()
    }

    /// Somebody sent a message of its own.
    ///
    /// # Errors
    /// `double_signature`, `lock`.
    pub fn sent(&mut self, sender: Address, message: &ConsensusMessage) -> Checked {
        let honest = !self.byzantine.contains(&sender);
        self.signatures.sent(&self.ledger, sender, honest, message)
    }

    /// An honest node finalised a block. `now`: its clock.
    ///
    /// # Errors
    /// `agreement`, `linkage`, `certificates`, `silent_third`, `validity`, `supply`, `churn`, `liveness`.
    pub fn committed(&mut self, commit: &Commit, now: TimeMs) -> Checked {
        let first = self.chain.committed(commit)?;
        let height = commit.certificate.height;
        let set = self.ledger.set(height).cloned();
        let set = set.ok_or_else(|| Violation::of("linkage", format!("height {height} skips one")))?;
        self.certificates.check(&self.spec, commit, &set)?;
        if first {
            self.certificates.silent(&self.signatures, &self.byzantine, commit, &set)?;
            self.ledger.execute(&self.spec, commit)?;
            let next = height.next().and_then(|next| self.ledger.set(next)).cloned();
            self.certificates.follow(&self.spec, commit, &set, next, now)?;
            self.liveness.decided(height, commit.certificate.round)?;
        }
        for piece in &commit.block.evidence {
            self.evidence(piece)?;
        }
        Ok(())
    }

    /// An honest node found evidence.
    ///
    /// # Errors
    /// `evidence`.
    pub fn reported(&mut self, node: usize, piece: &Evidence) -> Checked {
        self.accountability.reported(node, piece);
        self.evidence(piece)
    }

    /// An honest node at a height accepted a message.
    ///
    /// # Errors
    /// `accountability`.
    pub fn accepted(&mut self, node: usize, height: Height, message: &ConsensusMessage) -> Checked {
        self.accountability.accepted(node, height, message)
    }

    /// A node died.
    pub fn crashed(&mut self, node: usize) {
        self.accountability.crashed(node);
    }

    fn evidence(&self, piece: &Evidence) -> Checked {
        evidence::check(&self.spec, &self.byzantine, piece)
    }

    /// Everything transient is over; these are the heights and rounds of the honest.
    pub fn heal(&mut self, places: impl Iterator<Item = (Height, emotionalchain_shared::primitives::Round)>) {
        self.liveness.heal(places);
    }

    /// A look at what a node keeps.
    ///
    /// # Errors
    /// `memory`.
    pub fn weigh(&self, replica: &Replica, log_bytes: usize) -> Checked {
        memory::check(replica, log_bytes, self.spec.genesis.validators.len())
    }
}
