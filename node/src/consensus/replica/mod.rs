//! A validator without IO: engine, ledger and pools, driven by events and a passed-in time.
//!
//! ```text
//!   peers ──Message──►┐                        ┌──► Log       append to the consensus log
//!   users ──Transaction, Proof──►   Replica    ├──► Send, SendTo, Gossip…
//!   timers ──Fired───►│  engine · ledger ·     ├──► Arm, Disarm
//!   sync ──Synced────►┘  pools                 └──► Commit    store the block, then hand in `Committed`
//! ```
//!
//! Laws of the host, which is the node or the simulator:
//! 1. outputs are carried out in order; everything logged is durable before any later send leaves;
//! 2. [`Output::Commit`] is durable in the store before [`Input::Committed`] is handed in;
//! 3. the ledger handed in is the store's committed state;
//! 4. a [`Halt`] ends it: the host stops and says why.
//!
//! Rules:
//! - the next height starts no sooner than the block interval after its parent's time; late precommits arriving until
//!   then are credited;
//! - a proposal's body is verified by the one block verification before the engine hears of it, and logged before any
//!   vote that rests on it;
//! - a fresh proposal was built in its own round; a re-proposal in a round no later than its proof of lock. Only a fresh
//!   one is judged by the clock, once, at its first receipt;
//! - a block without its body is asked for; a decided one without is left to sync.

mod bodies;
mod events;
mod heights;
mod interface;
mod pools;
mod proposals;
mod seen;

use std::{collections::BTreeSet, sync::Arc};

use emotionalchain_shared::{
    chain::{Action, Block, ChainSpec, Execution, LedgerDyn, Transaction, TransactionRefusal},
    consensus::{CommitCertificate, engine::Core},
    primitives::{Address, Epoch, Height, TimeMs},
};

use crate::{
    consensus::log::Replay,
    mempool::{Mempool, MempoolRefusal},
    store::Head,
};
use bodies::Bodies;
use pools::{EvidencePool, VotePool};
use seen::Seen;

pub use interface::{Commit, Handled, Input, Judgement, Keys, Output, PeerTag, ReplicaConfig, Stop, Timer};

/// A validator, or a node that follows.
pub struct Replica {
    spec: Arc<ChainSpec>,
    core: Core,
    keys: Option<Keys>,
    head: Head,
    /// Set between [`Output::Commit`] and [`Input::Committed`].
    committing: Option<Commit>,
    /// The certificate of the head, as full as it was when the next height began.
    head_certificate: Option<CommitCertificate>,
    bodies: Bodies,
    seen: Seen,
    mempool: Mempool,
    votes: VotePool,
    evidence: EvidencePool,
    /// Decided, but the body is not here.
    starved: Option<CommitCertificate>,
    /// A finalised block while the engine looks at its certificate.
    synced: Option<Block>,
    next_reveal: u64,
    /// Armed and not fired.
    fetching: BTreeSet<Height>,
}

impl Replica {
    /// A replica at a committed head. Nothing happens before [`Self::recover`].
    pub fn new(config: ReplicaConfig, head: Head, head_certificate: Option<CommitCertificate>) -> Self {
        let key = config.keys.as_ref().map(|keys| keys.consensus.clone());
        Self {
            core: Core::new(config.core, config.spec.domain.clone(), key),
            spec: config.spec,
            keys: config.keys,
            head,
            committing: None,
            head_certificate,
            bodies: Bodies::default(),
            seen: Seen::default(),
            mempool: Mempool::new(config.mempool),
            votes: VotePool::default(),
            evidence: EvidencePool::default(),
            starved: None,
            synced: None,
            next_reveal: 0,
            fetching: BTreeSet::new(),
        }
    }

    /// Starts with what the log holds.
    ///
    /// # Errors
    /// [`Stop`] when the log or the state cannot be used.
    pub fn recover(&mut self, now: TimeMs, ledger: &dyn LedgerDyn, log: Replay) -> Result<Vec<Output>, Stop> {
        let mut outputs = Vec::new();
        for proposal in log.proposals {
            self.bodies.insert(now, proposal);
        }
        let start = self.next_height(ledger)?;
        let actions = self.core.recover(now, start, log.records)?;
        self.carry_out(now, ledger, actions, &mut outputs)?;
        self.judge_bodies(now, ledger, &mut outputs)?;
        Ok(outputs)
    }

    /// Takes an input.
    ///
    /// # Errors
    /// [`Stop`] when the replica cannot go on.
    pub fn handle(&mut self, now: TimeMs, ledger: &dyn LedgerDyn, input: Input) -> Result<Handled, Stop> {
        let mut outputs = Vec::new();
        let judgement = match input {
            Input::Message(peer, message) => self.on_message(now, ledger, peer, message, &mut outputs)?,
            Input::Transactions(transactions) => self.on_transactions(ledger, transactions)?,
            Input::Proof(proof) => self.on_proof(ledger, proof, &mut outputs)?,
            Input::Vote(vote) => self.on_vote(ledger, vote)?,
            Input::Evidence(evidence) => {
                self.evidence.insert(evidence);
                Judgement::Accept
            }
            Input::Fired(timer) => self.on_timer(now, ledger, timer, &mut outputs)?,
            Input::Synced(block, certificate) => {
                self.on_synced(now, ledger, *block, certificate, &mut outputs)?
            }
            Input::Committed => self.on_committed(now, &mut outputs),
        };
        self.judge_bodies(now, ledger, &mut outputs)?;
        Ok(Handled { outputs, judgement })
    }

    /// The sign floor of an imported key is known: see [`Core::settle_sign_floor`].
    pub fn settle_sign_floor(&mut self, floor: Height) {
        self.core.settle_sign_floor(floor);
    }

    /// The newest committed block.
    pub fn head(&self) -> &Head {
        &self.head
    }

    /// The engine, for questions.
    pub fn core(&self) -> &Core {
        &self.core
    }

    /// This validator's address.
    pub fn address(&self) -> Option<Address> {
        self.core.address()
    }

    /// Transactions waiting.
    pub fn mempool(&self) -> &Mempool {
        &self.mempool
    }

    /// The chain.
    pub fn spec(&self) -> &ChainSpec {
        &self.spec
    }

    /// Things kept on behalf of peers, for the bound on memory: bodies, votes, evidence, transactions.
    pub fn held(&self) -> [usize; 4] {
        [self.bodies.len(), self.votes.len(), self.evidence.len(), self.mempool.len()]
    }

    /// Admits a transaction of a user, with the reason if it is refused.
    ///
    /// # Errors
    /// [`MempoolRefusal`]; the outer error is the replica's own.
    pub fn submit(
        &mut self,
        ledger: &dyn LedgerDyn,
        transaction: Transaction,
    ) -> Result<Result<Vec<Output>, MempoolRefusal>, Stop> {
        let account = self.account(ledger, &transaction.sender())?;
        // Transfers are many, and wait for money and nonces that come with others; the rest is judged before it waits.
        let judged = !matches!(transaction.body.action, Action::Transfer { .. });
        if judged && transaction.body.nonce == account.nonce {
            match Execution::rehearse(&self.spec, ledger.as_state(), &transaction) {
                Err(TransactionRefusal::State(reason)) => return Err(Stop::State(reason.to_string())),
                Err(refusal) => return Ok(Err(MempoolRefusal::Ledger(Box::new(refusal)))),
                Ok(()) => {}
            }
        }
        let gossiped = transaction.clone();
        Ok(self
            .mempool
            .insert(transaction, account, &self.spec.domain)
            .map(|_| vec![Output::GossipTransaction(Box::new(gossiped))]))
    }

    /// The epoch that a block of this time would have.
    fn epoch_at(&self, time: TimeMs) -> Epoch {
        self.spec.epoch_of(time)
    }
}
