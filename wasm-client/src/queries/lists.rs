//! What stands in blocks: transactions, emotional votes, summaries of epochs.

use emotionalchain_shared::{
    chain::{BiometricProof, EpochSummary},
    light::{explain_inclusion, verify_inclusion, verify_summary, verify_vote_inclusion},
    primitives::{Epoch, Hash, hash_bytes},
    wire::{InclusionAnswer, SyncRequest, SyncResponse, Wire},
};

use super::Queries;
use crate::{
    chain::Ask,
    error::LightError,
    views::{EpochView, ReceiptView},
};

impl Queries {
    /// The proof that a transaction stands in a final block.
    ///
    /// # Errors
    /// [`LightError::NotFound`] when no peer knows it; else as all queries.
    pub async fn transaction(&self, id: Hash) -> Result<ReceiptView, LightError> {
        self.ask(SyncRequest::Transaction(id), "included transaction", |response| async move {
            let InclusionAnswer { height, item, proof } = inclusion(response)?;
            let header = self.header_at(height).await?;
            verify_inclusion(&header, &id, &item, &proof)?;
            let path = explain_inclusion(&header.transactions_root, &item, &proof)?;
            Ok(ReceiptView::of("transaction", &id, &header, &item, &path))
        })
        .await
    }

    /// The proof that this very biometric proof stands in a final block, inside its validator's vote.
    ///
    /// # Errors
    /// [`LightError::NotFound`] when no peer knows of a vote, [`LightError::Refused`] when the validator voted with
    /// another proof; else as all queries.
    pub async fn proof(&self, proof: &BiometricProof) -> Result<ReceiptView, LightError> {
        let epoch = self.spec.epoch_of(proof.authenticity.window_end);
        let id = hash_bytes(&proof.encode());
        let request = SyncRequest::Vote(proof.validator, epoch);
        self.ask(request, "included vote", |response| async move {
            let answer = inclusion(response)?;
            let header = self.header_at(answer.height).await?;
            let vote = verify_vote_inclusion(&header, &proof.validator, epoch, &answer.item, &answer.proof)?;
            if vote.proof != *proof {
                return Err(LightError::Refused {
                    peers: 1,
                    reason: "the validator voted with another proof",
                });
            }
            let path = explain_inclusion(&header.votes_root, &answer.item, &answer.proof)?;
            Ok(ReceiptView::of("proof", &id, &header, &answer.item, &path))
        })
        .await
    }

    /// The summary of a closed epoch.
    ///
    /// # Errors
    /// [`LightError::NotFound`] for one that is not closed, or had no block; else as all queries.
    pub async fn epoch(&self, epoch: Epoch) -> Result<EpochView, LightError> {
        let view = self
            .ask(SyncRequest::Epoch(epoch), "closed epoch", |response| async move {
                let SyncResponse::Epoch(height, bytes) = response else {
                    return Err(LightError::BadAnswer("no summary"));
                };
                let header = self.header_at(height).await?;
                let summary: EpochSummary = verify_summary(&header, epoch, &bytes)?;
                Ok(EpochView::of(&header, &summary))
            })
            .await?;
        // The client is closing if nobody takes it.
        let _ = self.asks.send(Ask::Summary(Box::new(view.clone()))).await;
        Ok(view)
    }
}

fn inclusion(response: SyncResponse) -> Result<InclusionAnswer, LightError> {
    match response {
        SyncResponse::Inclusion(answer) => Ok(answer),
        _ => Err(LightError::BadAnswer("no proof of inclusion")),
    }
}
