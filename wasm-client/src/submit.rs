//! What the caller hands in: to several peers, and reported as included only on a verified proof.

use std::future::Future;

use emotionalchain_shared::{
    biometrics::OpenStatement,
    chain::{Action, BiometricProof, Challenge, Transaction},
    crypto::SecretKey,
    primitives::{Address, Amount, Hash, Nonce, hash_bytes},
    wire::{SyncRequest, SyncResponse, Wire},
};
use futures::{StreamExt, stream};

use crate::{
    clock,
    error::LightError,
    measurement::{Device, Measurement},
    queries::{PARALLEL, Queries},
    views::{ReceiptView, SubmittedProofView, SubmittedView},
};

/// Peers that each thing is handed to.
const PEERS: usize = 3;

impl Queries {
    /// Signs a transfer with the account's verified nonce; without a fee, the chain's least.
    ///
    /// # Errors
    /// As all queries.
    pub async fn sign_transfer(
        &self,
        key: &SecretKey,
        to: Address,
        amount: Amount,
        fee: Option<Amount>,
    ) -> Result<Vec<u8>, LightError> {
        let account = self.account(key.public().address()).await?;
        let fee = fee.unwrap_or(self.spec.params().min_fee);
        let action = Action::Transfer { to, amount };
        Ok(Transaction::sign(&self.spec.domain, key, Nonce::new(account.nonce), fee, action).encode())
    }

    /// Hands in a transaction.
    ///
    /// # Errors
    /// [`LightError::Malformed`] for bytes that are none, [`LightError::Refused`] when no peer takes it.
    pub async fn submit_transaction(&self, bytes: &[u8]) -> Result<SubmittedView, LightError> {
        let transaction = Transaction::decode(bytes).map_err(|_| LightError::Malformed("transaction"))?;
        let id = transaction.id();
        let accepted_by = self.submit(SyncRequest::SubmitTransaction(Box::new(transaction)), id).await?;
        Ok(SubmittedView { id: id.to_string(), accepted_by })
    }

    /// Makes a proof of the newest window, with the newest verified head as its challenge.
    ///
    /// # Errors
    /// [`LightError::Measurement`], or without a head.
    pub async fn make_proof(
        &self,
        measurement: &Measurement,
        device: &Device,
    ) -> Result<(BiometricProof, OpenStatement), LightError> {
        let (height, id, time) = self.head().await?;
        measurement.prove(&self.spec, device, &Challenge { height, id, time }, clock::now())
    }

    /// Hands in a biometric proof, for whatever validator it names.
    ///
    /// # Errors
    /// [`LightError::Malformed`] for bytes that are none, [`LightError::Refused`] when no peer takes it.
    pub async fn submit_proof(&self, bytes: &[u8]) -> Result<SubmittedProofView, LightError> {
        let proof = read_proof(bytes)?;
        let shown = SubmittedProofView {
            validator: proof.validator.to_string(),
            epoch: self.spec.epoch_of(proof.authenticity.window_end).get(),
            sequence: proof.authenticity.sequence,
            accepted_by: Vec::new(),
        };
        let id = hash_bytes(bytes);
        let accepted_by = self.submit(SyncRequest::SubmitProof(Box::new(proof)), id).await?;
        Ok(SubmittedProofView { accepted_by, ..shown })
    }

    /// Waits until a transaction is included.
    ///
    /// # Errors
    /// As all queries, but for [`LightError::NotFound`], upon which it waits for the next head.
    pub async fn wait_transaction(&self, id: Hash) -> Result<ReceiptView, LightError> {
        self.wait(|| self.transaction(id)).await
    }

    /// Waits until a biometric proof is included.
    ///
    /// # Errors
    /// As [`Self::wait_transaction`]; [`LightError::NotFound`] once its epoch is past and closed without it.
    pub async fn wait_proof(&self, bytes: &[u8]) -> Result<ReceiptView, LightError> {
        let proof = read_proof(bytes)?;
        let epoch = self.spec.epoch_of(proof.authenticity.window_end);
        let wait = self.wait(|| async {
            match self.proof(&proof).await {
                // Only a block of its own epoch may hold it.
                Err(LightError::NotFound(what)) if self.epoch_is_past(epoch.get()) => {
                    Err(LightError::Refused { peers: 1, reason: what })
                }
                other => other,
            }
        });
        wait.await.map_err(|error| match error {
            LightError::Refused { reason: "included vote", .. } => LightError::NotFound("included vote"),
            other => other,
        })
    }

    /// Whether the verified head lies two epochs further, so that no peer is merely slow.
    fn epoch_is_past(&self, epoch: u64) -> bool {
        let chain = self.chain.borrow();
        chain.head.as_ref().is_some_and(|head| head.header.epoch > epoch.saturating_add(1))
    }

    /// Looks again with every head.
    async fn wait<F>(&self, mut look: impl FnMut() -> F) -> Result<ReceiptView, LightError>
    where
        F: Future<Output = Result<ReceiptView, LightError>>,
    {
        let mut chain = self.chain.clone();
        loop {
            chain.borrow_and_update();
            match look().await {
                // The network may be away for a while, a peer busy or a liar: the next head brings another chance.
                Err(error) if error.may_pass() => {}
                other => return other,
            }
            chain.changed().await.map_err(|_| LightError::Closed)?;
        }
    }

    async fn submit(&self, request: SyncRequest, id: Hash) -> Result<Vec<String>, LightError> {
        let peers = self.peers().await?;
        let asked = peers.len().min(PEERS);
        let request = &request;
        let answers: Vec<_> = stream::iter(peers.into_iter().take(PEERS))
            .map(|peer| async move { (peer, self.rpc.ask(peer, request).await) })
            .buffer_unordered(PARALLEL)
            .collect()
            .await;
        let mut accepted = Vec::new();
        let mut last = LightError::NoPeers;
        for (peer, answer) in answers {
            let error = match answer {
                Ok(SyncResponse::Taken(taken)) if taken == id => {
                    accepted.push(peer.to_string());
                    continue;
                }
                Ok(SyncResponse::Taken(_)) => LightError::BadAnswer("something else was taken"),
                Ok(SyncResponse::Refused(code)) => {
                    LightError::Refused { peers: asked, reason: LightError::refusal(code) }
                }
                Ok(_) => LightError::BadAnswer("neither taken nor refused"),
                Err(error) => error,
            };
            self.blame(peer, &error).await;
            last = error;
        }
        // One is enough: the others may have had it from that one already.
        if accepted.is_empty() { Err(last) } else { Ok(accepted) }
    }
}

fn read_proof(bytes: &[u8]) -> Result<BiometricProof, LightError> {
    BiometricProof::decode(bytes).map_err(|_| LightError::Malformed("proof"))
}
