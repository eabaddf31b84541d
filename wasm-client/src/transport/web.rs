//! In a browser, and in Node.js, which has WebSocket alone.

#[path = "tap.rs"]
mod tap;

use js_sys::{Function, Reflect, Uint8Array};
use libp2p::{
    Swarm, Transport as _,
    core::{muxing::StreamMuxerBox, upgrade::Version},
    identity::Keypair,
    noise, yamux,
};
use wasm_bindgen::{JsCast, JsValue};

use self::tap::{Direction, TapMuxer};
use super::{Behaviour, CONNECT_TIMEOUT, IDLE};
use crate::{error::LightError, executor::spawn};

/// A page may put a function of this name on its global object: `(direction: "in" | "out", bytes: Uint8Array) => void`.
/// It then sees the plaintext of every stream. Whoever can put it there can read the page's memory anyway.
const TAP: &str = "__emotionalchainTap";

fn observe(direction: Direction, bytes: &[u8]) {
    let tap = Reflect::get(&js_sys::global(), &JsValue::from_str(TAP)).unwrap_or(JsValue::UNDEFINED);
    if let Some(tap) = tap.dyn_ref::<Function>() {
        let direction = if direction == Direction::Out { "out" } else { "in" };
        // An observer that throws disturbs nobody.
        let _ = tap.call2(&JsValue::UNDEFINED, &direction.into(), &Uint8Array::from(bytes));
    }
}

/// Builds the swarm.
#[allow(clippy::unused_async, reason = "as natively")]
pub(crate) async fn build(identity: &Keypair) -> Result<Swarm<Behaviour>, LightError> {
    let unusable = |error: noise::Error| LightError::Unsupported(error.to_string());
    let socket = libp2p_websocket_websys::Transport::default()
        .upgrade(Version::V1Lazy)
        .authenticate(noise::Config::new(identity).map_err(unusable)?)
        .multiplex(yamux::Config::default())
        .map(|(peer, muxer), _| (peer, StreamMuxerBox::new(TapMuxer::new(muxer, observe))));
    let webrtc = libp2p_webrtc_websys::Transport::new(libp2p_webrtc_websys::Config::new(identity))
        .map(|(peer, muxer), _| (peer, StreamMuxerBox::new(TapMuxer::new(muxer, observe))));
    // In this order: in Firefox the other one refuses every address of a page on the loopback address, its own or not.
    let transport = socket.or_transport(webrtc).map(|either, _| either.into_inner());
    let transport = libp2p::core::transport::timeout::TransportTimeout::new(transport, CONNECT_TIMEOUT);
    let config = libp2p::swarm::Config::with_executor(spawn).with_idle_connection_timeout(IDLE);
    let peer = identity.public().to_peer_id();
    Ok(Swarm::new(transport.boxed(), Behaviour::new(), peer, config))
}
