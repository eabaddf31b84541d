//! The liar's side of the wire: requests and head streams.

use std::{io, sync::Arc, time::Duration};

use emotionalchain_link::{read_frame, write_frame};
use emotionalchain_node::network::{NetworkEvent, NetworkHandle, ResponseToken, Verdict};
use emotionalchain_shared::wire::{HeadSubscription, HeadUpdate, SyncRequest, SyncResponse, Wire};
use futures::{AsyncRead, AsyncWrite, AsyncWriteExt, Stream, StreamExt};
use libp2p::PeerId;
use tokio::{
    sync::{mpsc, watch},
    time::timeout,
};

use crate::{
    endless_stream,
    folder::Failure,
    honest::Honest,
    lie::{Lie, Manner, Truth},
};

/// How long a client may take for its first message.
const GREETING: Duration = Duration::from_secs(5);

/// Everything that one answer needs; cheap to clone.
#[derive(Clone)]
pub struct Liar {
    /// The way to the clients.
    pub network: NetworkHandle,
    /// The way to the truth.
    pub honest: Honest,
    /// The newest of it.
    pub truth: watch::Receiver<Truth>,
    /// What becomes of it.
    pub lie: Arc<dyn Lie>,
}

/// Answers until the network stops. Gossip is for validators: it is not looked at.
pub async fn requests(liar: Liar, mut events: mpsc::Receiver<NetworkEvent>) {
    while let Some(event) = events.recv().await {
        match event {
            NetworkEvent::Gossip { message, .. } => liar.network.report(message, Verdict::Ignore),
            NetworkEvent::Request { peer, data, token } => {
                let liar = liar.clone();
                tokio::spawn(async move {
                    if let Err(reason) = liar.answer(peer, &data, token).await {
                        eprintln!("liar: a request of {peer} is refused: {reason}");
                    }
                });
            }
            _ => {}
        }
    }
}

/// Pushes heads until the network stops.
pub async fn heads<S, I>(liar: Liar, mut streams: S)
where
    S: Stream<Item = (PeerId, I)> + Unpin,
    I: AsyncRead + AsyncWrite + Send + Unpin + 'static,
{
    while let Some((_, stream)) = streams.next().await {
        let liar = liar.clone();
        // A client that has heard enough closes the stream: that is how it ends.
        tokio::spawn(async move { liar.push(stream).await.ok() });
    }
}

impl Liar {
    async fn answer(&self, peer: PeerId, data: &[u8], token: ResponseToken) -> Result<(), Failure> {
        let mut answer = self.honest.ask(data).await?;
        if !self.honest.is_validator(&peer) {
            let (request, honest) = (SyncRequest::decode(data)?, SyncResponse::decode(&answer)?);
            let truth = self.truth.borrow().clone();
            answer = self.lie.answer(&request, honest, &truth).encode();
        }
        Ok(self.network.respond(token, answer)?)
    }

    async fn push<I: AsyncRead + AsyncWrite + Unpin>(mut self, mut stream: I) -> io::Result<()> {
        let greeting = timeout(GREETING, read_frame(&mut stream, HeadSubscription::MAX_BYTES)).await??;
        HeadSubscription::decode(&greeting).map_err(io::Error::other)?;
        match self.lie.manner() {
            Manner::Frames => {}
            Manner::Trickle => return endless_stream::trickle(&mut stream).await,
            Manner::Flood => {
                let update = self.truth.borrow().update.encode();
                return endless_stream::flood(&mut stream, &update).await;
            }
        }
        let mut told = None;
        loop {
            let update = self.lie.head(&self.truth.borrow_and_update());
            let height = update.head.header.height;
            if told.replace(height) != Some(height) {
                write_frame(&mut stream, &update.encode(), HeadUpdate::MAX_BYTES).await?;
            }
            if self.truth.changed().await.is_err() {
                return stream.close().await;
            }
        }
    }
}
