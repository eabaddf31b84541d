//! Peers that are not this software: one that is polite and knows only mplex, and one that is hostile.

use std::io;

use emotionalchain_node::network::{FrameCodec, NetworkEvent, Reason, TransportKind};
use emotionalchain_shared::wire;
use futures::{AsyncRead, AsyncReadExt, AsyncWrite, AsyncWriteExt, StreamExt};
use libp2p::{
    Multiaddr, StreamProtocol, Swarm, SwarmBuilder, identify, noise,
    request_response::{self, Codec, Message, OutboundFailure, ProtocolSupport},
    swarm::{NetworkBehaviour, SwarmEvent},
    tcp,
};

use super::harness::{BOUND, chain, disconnections, start};

#[derive(NetworkBehaviour)]
struct Foreign<C: Codec + Clone + Send + 'static> {
    identify: identify::Behaviour,
    requests: request_response::Behaviour<C>,
}

fn foreign<C: Codec<Protocol = StreamProtocol> + Clone + Send + 'static>(
    codec: C,
    name: &str,
) -> Swarm<Foreign<C>> {
    let protocol = StreamProtocol::try_from_owned(chain(1).name(name, 1)).unwrap();
    SwarmBuilder::with_new_identity()
        .with_tokio()
        .with_tcp(tcp::Config::default(), noise::Config::new, libp2p_mplex::Config::default)
        .unwrap()
        .with_behaviour(|key| Foreign {
            identify: identify::Behaviour::new(identify::Config::new("ipfs/0.1.0".into(), key.public())),
            requests: request_response::Behaviour::with_codec(
                codec,
                [(protocol, ProtocolSupport::Full)],
                request_response::Config::default(),
            ),
        })
        .unwrap()
        .build()
}

/// Dials, sends one request and returns what came of it.
async fn ask<C>(
    swarm: &mut Swarm<Foreign<C>>,
    address: Multiaddr,
    request: C::Request,
) -> Result<C::Response, String>
where
    C: Codec<Protocol = StreamProtocol> + Clone + Send + 'static,
    C::Request: Send,
    C::Response: Send + std::fmt::Debug,
{
    swarm.dial(address).unwrap();
    let mut request = Some(request);
    let talk = async {
        loop {
            match swarm.select_next_some().await {
                SwarmEvent::Behaviour(ForeignEvent::Identify(identify::Event::Received {
                    peer_id, ..
                })) => {
                    if let Some(request) = request.take() {
                        swarm.behaviour_mut().requests.send_request(&peer_id, request);
                    }
                }
                SwarmEvent::Behaviour(ForeignEvent::Requests(request_response::Event::Message {
                    message: Message::Response { response, .. },
                    ..
                })) => return Ok(response),
                SwarmEvent::Behaviour(ForeignEvent::Requests(request_response::Event::OutboundFailure {
                    error,
                    ..
                })) => {
                    assert!(!matches!(error, OutboundFailure::UnsupportedProtocols), "the test asks in vain");
                    return Err(error.to_string());
                }
                SwarmEvent::OutgoingConnectionError { error, .. } => panic!("{error}"),
                _ => {}
            }
        }
    };
    tokio::time::timeout(BOUND, talk).await.unwrap()
}

#[tokio::test(flavor = "multi_thread")]
async fn a_foreign_peer_with_mplex_alone_is_served() {
    let mut node = start(70, |_| {}).await;
    let address = node.address(TransportKind::Tcp).await;
    let mut swarm = foreign(FrameCodec::SYNC, "sync");
    let handle = node.handle.clone();
    let serve = node.until("request", |event| match event {
        NetworkEvent::Request { data, token, .. } => {
            assert_eq!(data, b"hello");
            handle.respond(token, vec![3; 1 << 20]).unwrap();
            Some(())
        }
        _ => None,
    });
    let (answer, ()) = tokio::join!(ask(&mut swarm, address, b"hello".to_vec()), serve);
    assert_eq!(answer.unwrap(), vec![3; 1 << 20]);
}

/// Writes what it is told.
#[derive(Clone)]
struct Raw;

impl Codec for Raw {
    type Protocol = StreamProtocol;
    type Request = Vec<u8>;
    type Response = Vec<u8>;

    async fn read_request<T: AsyncRead + Unpin + Send>(
        &mut self,
        _: &StreamProtocol,
        _: &mut T,
    ) -> io::Result<Vec<u8>> {
        Ok(Vec::new())
    }

    async fn read_response<T: AsyncRead + Unpin + Send>(
        &mut self,
        _: &StreamProtocol,
        io: &mut T,
    ) -> io::Result<Vec<u8>> {
        let mut bytes = Vec::new();
        io.read_to_end(&mut bytes).await?;
        // No answer at all is what the test hopes for.
        if bytes.is_empty() { Err(io::ErrorKind::UnexpectedEof.into()) } else { Ok(bytes) }
    }

    async fn write_request<T: AsyncWrite + Unpin + Send>(
        &mut self,
        _: &StreamProtocol,
        io: &mut T,
        request: Vec<u8>,
    ) -> io::Result<()> {
        io.write_all(&request).await
    }

    async fn write_response<T: AsyncWrite + Unpin + Send>(
        &mut self,
        _: &StreamProtocol,
        _: &mut T,
        _: Vec<u8>,
    ) -> io::Result<()> {
        Ok(())
    }
}

fn frame(length: u64, bytes: usize) -> Vec<u8> {
    let mut frame = Vec::new();
    prost::encoding::encode_varint(length, &mut frame);
    frame.resize(frame.len() + bytes, 1);
    frame
}

#[tokio::test(flavor = "multi_thread")]
async fn hostile_frames_are_refused_and_honest_ones_still_served() {
    let mut node = start(72, |_| {}).await;
    let address = node.address(TransportKind::Tcp).await;
    let max = wire::MAX_SYNC_REQUEST as u64;
    for hostile in [
        frame(max + 1, wire::MAX_SYNC_REQUEST + 1),
        frame(u64::from(u32::MAX), 100),
        frame(u64::MAX, 0),
        frame(100, 99),
        vec![0x81, 0x00, 7],
        vec![],
        vec![0x80],
    ] {
        let mut swarm = foreign(Raw, "sync");
        assert!(
            ask(&mut swarm, address.clone(), hostile.clone()).await.is_err(),
            "{:?}",
            &hostile[..hostile.len().min(8)]
        );
    }
    while let Ok(event) = node.events.try_recv() {
        assert!(!matches!(event, NetworkEvent::Request { .. }), "{event:?}");
    }

    // Direct messages: of no topic, and too large for their topic.
    let mut large = frame(600_001, 600_001);
    large[3] = 3;
    for (n, hostile) in [vec![1, 77], large].into_iter().enumerate() {
        let mut swarm = foreign(Raw, "direct");
        assert!(ask(&mut swarm, address.clone(), hostile).await.is_err());
        let refused = |handle: &_| disconnections(handle, Reason::Graylisted) == n as u64 + 1;
        node.until_figure("refusal", refused).await;
    }

    let mut swarm = foreign(FrameCodec::SYNC, "sync");
    let handle = node.handle.clone();
    let serve = node.until("request", |event| match event {
        NetworkEvent::Request { token, data, .. } => {
            handle.respond(token, data).unwrap();
            Some(())
        }
        _ => None,
    });
    let (answer, ()) = tokio::join!(ask(&mut swarm, address, b"honest".to_vec()), serve);
    assert_eq!(answer.unwrap(), b"honest");
}
