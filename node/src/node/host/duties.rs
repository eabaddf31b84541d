//! What users order, and what is done twice a second.

use std::time::Duration;

use emotionalchain_shared::{biometrics::CommitmentSecret, consensus::ValidatorSet, primitives::Height};
use libp2p::PeerId;
use tokio::task::block_in_place;
use tracing::{debug, info, warn};

use super::{Host, now};
use crate::{
    consensus::replica::{Input, Judgement},
    node::{NodeError, NodeStatus, STALLED_MS, SubmitError, handle::Order, sync::Event},
};

impl Host {
    pub(super) fn on_order(&mut self, order: Order) -> Result<(), NodeError> {
        match order {
            Order::Submit(transactions, answer) => {
                let mut results = Vec::with_capacity(transactions.len());
                block_in_place(|| {
                    let snapshot = self.store.snapshot()?;
                    for transaction in transactions {
                        results.push(match self.replica.submit(&snapshot, transaction)? {
                            Ok(outputs) => {
                                self.carry_out(outputs)?;
                                Ok(())
                            }
                            Err(refusal) => Err(refusal),
                        });
                    }
                    Ok::<_, NodeError>(())
                })?;
                let _ = answer.send(results);
            }
            Order::Proof(proof, answer) => {
                let taken = self.take_proof(*proof)?;
                let _ = answer.send(taken.map(drop).map_err(|_| SubmitError::Proof));
            }
            Order::Stop => {}
        }
        Ok(())
    }

    pub(super) fn on_tick(&mut self) -> Result<(), NodeError> {
        let peers: Vec<PeerId> = self.connected.iter().copied().collect();
        if let Some(peer) = self.next_asked.checked_rem(peers.len()).and_then(|at| peers.get(at)) {
            self.ask_status(*peer);
        }
        self.next_asked = self.next_asked.wrapping_add(1);
        self.catch_up(Event::Tick)?;
        self.measure()?;
        self.update_status();
        Ok(())
    }

    /// Lets the simulated device make its proof of the epoch.
    fn measure(&mut self) -> Result<(), NodeError> {
        let Some(device) = &mut self.device else { return Ok(()) };
        let at = now();
        let head = *self.replica.head();
        if head.height == Height::ZERO || !device.is_due(at, self.spec.genesis.time_ms) {
            return Ok(());
        }
        let mut secret = [0; 32];
        if getrandom::fill(&mut secret).is_err() {
            warn!("no randomness for salts: no proof in this epoch");
            return Ok(());
        }
        let challenge = (head.height, head.block_id, head.time);
        let secret = CommitmentSecret::new(&mut secret);
        match device.proof(at, self.spec.genesis.time_ms, challenge, at.millis(), secret) {
            Ok(proof) => {
                if self.feed(Input::Proof(proof))? != Judgement::Accept {
                    debug!("own proof not accepted");
                }
            }
            Err(reason) => info!(%reason, "simulated device gives no proof in this epoch"),
        }
        Ok(())
    }

    pub(super) fn update_status(&mut self) {
        let head = *self.replica.head();
        if let Some(set) = self.replica.core().validator_set() {
            self.committee = Some(set.clone());
        }
        let seats = self.committee.as_ref().map(ValidatorSet::len).unwrap_or_default();
        let voting = match (&self.committee, self.replica.address()) {
            (Some(set), Some(me)) => set.contains(&me),
            _ => false,
        };
        let quiet = self.moved.elapsed();
        let interval = Duration::from_millis(self.spec.params().block_interval_ms);
        let patience = Duration::from_millis(STALLED_MS).saturating_add(interval.saturating_mul(3));
        let status = NodeStatus {
            height: head.height,
            epoch: self.spec.epoch_of(head.time),
            block_id: head.block_id,
            time: head.time,
            seats,
            voting,
            round: self.replica.core().round().get(),
            peers: self.connected.len(),
            syncing: self.sync.is_behind(head.height),
            mempool: self.replica.mempool().len(),
            quiet_ms: u64::try_from(quiet.as_millis()).unwrap_or(u64::MAX),
            stalled: quiet > patience,
        };
        self.metrics.update(&status);
        if status.stalled != self.status.borrow().stalled {
            if status.stalled {
                warn!(height = %head.height, peers = status.peers, "no block became final: there is no quorum within reach");
            } else {
                info!(height = %head.height, "blocks become final again");
            }
        }
        self.status.send_replace(status);
    }
}
