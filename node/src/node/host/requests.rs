//! What peers and light clients ask of this node, and what they hand in.
//!
//! Questions are answered from the store on a blocking thread, a bounded number at a time. What is handed in is judged
//! by the node's own task, with the rules of gossip: [`Refusal::Invalid`] for what no node would take,
//! [`Refusal::NotTaken`] for what is known, too late or without room here. What is taken is passed on to all.

use std::sync::Arc;

use emotionalchain_shared::{
    chain::{
        BiometricProof, Transaction,
        state::{Finalised, Overlay, StateError, StateKey, Validator},
    },
    consensus::{Evidence, EvidenceError, ValidatorSet},
    primitives::{Hash, hash_bytes},
    wire::{Refusal, SyncRequest, SyncResponse, Wire},
};
use tokio::task::block_in_place;
use tracing::{debug, error, warn};

use super::{Host, serve};
use crate::{
    consensus::replica::{Input, Judgement, Stop},
    mempool::MempoolRefusal,
    network::{NetworkHandle, ResponseToken, Topic},
    node::NodeError,
};

type Taken = Result<Hash, Refusal>;

impl Host {
    pub(super) fn on_request(&mut self, data: &[u8], token: ResponseToken) -> Result<(), NodeError> {
        let taken = match serve::read(data) {
            Err(refusal) => Err(refusal),
            Ok(SyncRequest::SubmitTransaction(transaction)) => self.take_transaction(*transaction)?,
            Ok(SyncRequest::SubmitProof(proof)) => self.take_proof(*proof)?,
            Ok(SyncRequest::SubmitEvidence(evidence)) => self.take_evidence(*evidence)?,
            Ok(SyncRequest::Peers) => {
                let network = self.network.clone();
                tokio::spawn(async move {
                    let addresses = network.browser_addresses().await.unwrap_or_default();
                    let addresses = addresses.iter().map(ToString::to_string).collect();
                    respond(&network, token, &SyncResponse::Peers(addresses));
                });
                return Ok(());
            }
            Ok(question) => {
                self.answer_from_store(question, token);
                return Ok(());
            }
        };
        let response = match taken {
            Ok(id) => SyncResponse::Taken(id),
            Err(refusal) => SyncResponse::Refused(refusal.code()),
        };
        respond(&self.network, token, &response);
        Ok(())
    }

    fn answer_from_store(&self, question: SyncRequest, token: ResponseToken) {
        let (spec, store, network) = (Arc::clone(&self.spec), Arc::clone(&self.store), self.network.clone());
        let turns = Arc::clone(&self.serving);
        tokio::spawn(async move {
            // How many wait is bounded by the streams of all connections.
            let Ok(turn) = turns.acquire_owned().await else { return };
            tokio::task::spawn_blocking(move || {
                let _turn = turn;
                match store.snapshot() {
                    Ok(snapshot) => respond(&network, token, &serve::answer(&spec, &snapshot, question)),
                    Err(reason) => error!(%reason, "peers get no answers"),
                }
            });
        });
    }

    fn take_transaction(&mut self, transaction: Transaction) -> Result<Taken, NodeError> {
        let id = transaction.id();
        let taken = block_in_place(|| {
            let snapshot = self.store.snapshot()?;
            Ok::<_, NodeError>(self.replica.submit(&snapshot, transaction)?)
        })?;
        Ok(match taken {
            Ok(outputs) => {
                block_in_place(|| self.carry_out(outputs))?;
                Ok(id)
            }
            Err(refusal) => {
                debug!(%id, %refusal, "a transaction is not taken");
                Err(match refusal {
                    MempoolRefusal::Signature | MempoolRefusal::Ledger(_) => Refusal::Invalid,
                    _ => Refusal::NotTaken,
                })
            }
        })
    }

    pub(super) fn take_proof(&mut self, proof: BiometricProof) -> Result<Taken, NodeError> {
        let bytes = proof.encode();
        let id = hash_bytes(&bytes);
        let ours = Some(proof.validator) == self.replica.core().address();
        Ok(match self.feed(Input::Proof(proof))? {
            Judgement::Accept => {
                // Our own validator's has become a vote, which is on its way.
                if !ours {
                    self.publish(Topic::Proofs, bytes);
                }
                Ok(id)
            }
            Judgement::Ignore => Err(Refusal::NotTaken),
            Judgement::Reject => Err(Refusal::Invalid),
        })
    }

    /// A conflict that a light client found: counts once the contradicted height is final here.
    fn take_evidence(&mut self, evidence: Evidence) -> Result<Taken, NodeError> {
        let id = evidence.hash();
        let verdict = block_in_place(|| self.judge_evidence(&evidence))?;
        if verdict.is_ok() {
            warn!(height = %evidence.height(), "a light client proves a fork");
            self.store.put_evidence(&evidence)?;
            self.feed(Input::Evidence(evidence))?;
        }
        Ok(verdict.map(|()| id))
    }

    fn judge_evidence(&self, evidence: &Evidence) -> Result<Result<(), Refusal>, NodeError> {
        let snapshot = self.store.snapshot()?;
        let view = Overlay::new(&snapshot);
        let record: Option<Finalised> = view.read(StateKey::Finalised(evidence.height())).map_err(state)?;
        let Some(record) = record else { return Ok(Err(Refusal::NotTaken)) };
        let set: ValidatorSet = view.require(StateKey::Set(record.set)).map_err(state)?;
        let guilty = match evidence.verify_conflict(&self.spec.domain, &set, &record.id) {
            Ok(guilty) => guilty,
            // The header that is final here: the other one of the pair is the false one.
            Err(EvidenceError::NoConflict) => return Ok(Err(Refusal::NotTaken)),
            Err(_) => return Ok(Err(Refusal::Invalid)),
        };
        for address in guilty {
            let accused: Validator = view.require(StateKey::Validator(address)).map_err(state)?;
            if !accused.tombstoned {
                return Ok(Ok(()));
            }
        }
        Ok(Err(Refusal::NotTaken))
    }
}

fn state(error: StateError) -> Stop {
    Stop::State(error.to_string())
}

fn respond(network: &NetworkHandle, token: ResponseToken, response: &SyncResponse) {
    if let Err(reason) = network.respond(token, response.encode()) {
        debug!(%reason, "an answer is not sent");
    }
}
