//! Verified headers of any height.
//!
//! A recent one was verified by its certificate. For an earlier one the state holds the id of each final block: one
//! proof against the newest verified header, whatever the distance.

use emotionalchain_shared::{
    chain::{Header, state::StateKey},
    light::verify_past_header,
    primitives::Height,
    wire::{SyncRequest, SyncResponse, Wire},
};
use libp2p::PeerId;
use tokio::sync::oneshot;

use super::Queries;
use crate::{chain::Ask, error::LightError, views::HeaderView};

impl Queries {
    /// The verified header of a height, as it is shown.
    ///
    /// # Errors
    /// [`LightError::NotFound`] above the head and below what the state still knows; else as all queries.
    pub async fn header_view(&self, height: Height) -> Result<HeaderView, LightError> {
        if let Some(view) = self.head_view(height) {
            return Ok(view);
        }
        Ok(HeaderView::of(&self.header(height).await?))
    }

    fn head_view(&self, height: Height) -> Option<HeaderView> {
        let chain = self.chain.borrow();
        chain.head.as_ref().filter(|head| head.header.height == height.get()).map(|head| head.header.clone())
    }

    /// The verified header of a height that the caller names.
    ///
    /// # Errors
    /// As [`Self::header_view`].
    pub async fn header(&self, height: Height) -> Result<Header, LightError> {
        let (head, ..) = self.head().await?;
        if height == Height::ZERO || height > head {
            return Err(LightError::NotFound("header"));
        }
        if let Some(header) = self.recent(height).await? {
            return Ok(header);
        }
        self.past_header(height).await
    }

    /// The verified header of a height that a peer's answer names.
    ///
    /// # Errors
    /// [`LightError::Timeout`] for one that the chain does not reach in time.
    pub(super) async fn header_at(&self, height: Height) -> Result<Header, LightError> {
        self.reach(height).await?;
        match self.recent(height).await? {
            Some(header) => Ok(header),
            None => Box::pin(self.past_header(height)).await,
        }
    }

    async fn recent(&self, height: Height) -> Result<Option<Header>, LightError> {
        let (reply, answer) = oneshot::channel();
        self.asks.send(Ask::Recent(height, reply)).await.map_err(|_| LightError::Closed)?;
        let signed = answer.await.map_err(|_| LightError::Closed)?;
        Ok(signed.map(|signed| signed.header))
    }

    async fn past_header(&self, height: Height) -> Result<Header, LightError> {
        let mut last = LightError::NotFound("header");
        for peer in self.peers().await?.into_iter().take(super::MAX_ASKED) {
            match self.past_header_of(peer, height).await {
                Ok(header) => return Ok(header),
                Err(error) => {
                    self.blame(peer, &error).await;
                    last = error;
                }
            }
        }
        Err(last)
    }

    /// Header and proof from one peer.
    async fn past_header_of(&self, peer: PeerId, height: Height) -> Result<Header, LightError> {
        let past = crate::chain::fetch_header(&self.rpc, peer, height).await?;
        let key = StateKey::Finalised(height).to_bytes();
        let SyncResponse::State(answer) = self.rpc.ask(peer, &SyncRequest::State(key)).await? else {
            return Err(LightError::BadAnswer("no state"));
        };
        self.reach(answer.height).await?;
        let newer = self.recent(answer.height).await?;
        // The head at which a peer answers is recent unless the page slept in between.
        let newer = newer.ok_or(LightError::Timeout(crate::rpc::ANSWER_SECONDS))?;
        Ok(verify_past_header(&newer, height, &past.header.encode(), answer.value.as_deref(), &answer.proof)?)
    }
}
