//! Questions of the caller: each is asked of one peer after the other until one proves its answer.
//!
//! An answer counts once it is checked against a verified header ([`Queries::header_at`]). A peer whose answer does not
//! hold is dropped, and another is asked.

mod blocks;
mod headers;
mod lists;
mod state;

use std::{future::Future, rc::Rc, time::Duration};

use emotionalchain_shared::{
    chain::{ChainSpec, Header},
    primitives::{BlockId, Height, TimeMs},
    wire::{Refusal, SyncRequest, SyncResponse},
};
use libp2p::PeerId;
use tokio::sync::{mpsc, watch};

use crate::{
    chain::{Ask, ChainView},
    clock,
    error::LightError,
    host::{NetworkView, Order},
    rpc::Rpc,
};

/// How long to wait for a first peer.
const PEER_PATIENCE: Duration = Duration::from_secs(10);
/// How long to wait until the verified head is as high as an answer.
const HEAD_PATIENCE: Duration = Duration::from_secs(10);
/// Peers asked for one answer.
const MAX_ASKED: usize = 4;
/// Questions of one call that are open at once.
pub const PARALLEL: usize = 8;

/// Everything that queries stand on; one for each client, shared by its calls.
pub struct Queries {
    pub spec: Rc<ChainSpec>,
    pub rpc: Rpc,
    pub network: watch::Receiver<NetworkView>,
    pub chain: watch::Receiver<ChainView>,
    pub asks: mpsc::Sender<Ask>,
    pub orders: mpsc::Sender<Order>,
}

impl Queries {
    /// The newest verified block.
    ///
    /// # Errors
    /// Why the client halted, if it did; [`LightError::Timeout`] while there is none.
    pub async fn head(&self) -> Result<(Height, BlockId, TimeMs), LightError> {
        let mut chain = self.chain.clone();
        let wait = chain.wait_for(|view| view.halted.is_some() || view.head.is_some());
        let found = clock::within(HEAD_PATIENCE, wait).await;
        let view =
            found.ok_or(LightError::Timeout(HEAD_PATIENCE.as_secs()))?.map_err(|_| LightError::Closed)?;
        self.trusting(&view)?;
        let trusted = view.trusted.as_ref().ok_or(LightError::NotFound("head"))?;
        Ok((trusted.height, trusted.id, trusted.time))
    }

    /// Refuses to answer anything once the client has halted.
    fn trusting(&self, view: &ChainView) -> Result<(), LightError> {
        view.halted.clone().map_or(Ok(()), Err)
    }

    /// Connected peers, the best first; waits for one.
    pub async fn peers(&self) -> Result<Vec<PeerId>, LightError> {
        self.trusting(&self.chain.borrow())?;
        let mut network = self.network.clone();
        let wait = network.wait_for(|view| !view.connected.is_empty());
        match clock::within(PEER_PATIENCE, wait).await {
            Some(Ok(view)) => Ok(view.connected.clone()),
            Some(Err(_)) => Err(LightError::Closed),
            None => Err(LightError::NoPeers),
        }
    }

    /// Asks peers one after the other until `check` takes an answer. That nobody has it is the answer of all of them.
    pub async fn ask<T, F>(
        &self,
        request: SyncRequest,
        what: &'static str,
        mut check: impl FnMut(SyncResponse) -> F,
    ) -> Result<T, LightError>
    where
        F: Future<Output = Result<T, LightError>>,
    {
        let mut last = LightError::NotFound(what);
        for peer in self.peers().await?.into_iter().take(MAX_ASKED) {
            let checked = match self.rpc.ask(peer, &request).await {
                Ok(SyncResponse::Refused(code)) if Refusal::of(code) == Some(Refusal::Absent) => {
                    last = LightError::NotFound(what);
                    continue;
                }
                Ok(SyncResponse::Refused(code)) => {
                    Err(LightError::Refused { peers: 1, reason: LightError::refusal(code) })
                }
                Ok(response) => check(response).await,
                Err(error) => Err(error),
            };
            match checked {
                Ok(answer) => {
                    self.tell(Order::Useful(peer)).await;
                    return Ok(answer);
                }
                Err(error) => {
                    self.blame(peer, &error).await;
                    last = error;
                }
            }
        }
        Err(last)
    }

    /// Says what a failed answer says of its peer.
    pub async fn blame(&self, peer: PeerId, error: &LightError) {
        if error.blames_the_peer() {
            self.tell(Order::Drop(peer, error.clone())).await;
        } else if matches!(error, LightError::Timeout(_) | LightError::Connection(_)) {
            self.tell(Order::Failed(peer)).await;
        }
    }

    async fn tell(&self, order: Order) {
        // The host is closing if nobody takes it.
        let _ = self.orders.send(order).await;
    }

    /// Waits until the verified head is at least as high.
    async fn reach(&self, height: Height) -> Result<(), LightError> {
        let mut chain = self.chain.clone();
        let high = |view: &ChainView| {
            view.halted.is_some() || view.trusted.as_ref().is_some_and(|trusted| trusted.height >= height)
        };
        match clock::within(HEAD_PATIENCE, chain.wait_for(high)).await {
            Some(Ok(view)) => self.trusting(&view),
            Some(Err(_)) => Err(LightError::Closed),
            // Made up, or our own head is behind: nobody can tell which.
            None => Err(LightError::Timeout(HEAD_PATIENCE.as_secs())),
        }
    }

    /// The verified header of the newest verified head.
    fn newest(&self) -> Option<Header> {
        self.chain.borrow().signed.as_ref().map(|signed| signed.header.clone())
    }
}
