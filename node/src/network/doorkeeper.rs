//! Asks [`Security`] about every connection before any protocol hears of it: a refused one costs no handshake where it
//! can be told by its address, and no stream where it cannot.

use std::{
    convert::Infallible,
    sync::{Arc, Mutex, PoisonError},
    task::{Context, Poll},
    time::Instant,
};

use libp2p::{
    Multiaddr, PeerId,
    core::{Endpoint, transport::PortUse},
    swarm::{
        ConnectionDenied, ConnectionId, FromSwarm, NetworkBehaviour, THandler, THandlerInEvent,
        THandlerOutEvent, ToSwarm, dummy,
    },
};

use super::{
    network_security::{Action, Security, SecurityEvent, gate::GateConfig},
    peers::Direction,
    subnet::peer_ip,
};

/// What the doorkeeper and the host both ask.
#[derive(Clone, Debug)]
pub struct SharedSecurity(Arc<Mutex<Security>>);

impl SharedSecurity {
    /// Shared from here on.
    pub fn new(security: Security) -> Self {
        Self(Arc::new(Mutex::new(security)))
    }

    /// Passes an event on.
    pub fn handle(&self, event: SecurityEvent) -> Vec<Action> {
        // Nothing in it panics, and its tables hold on their own whatever was interrupted.
        self.0.lock().unwrap_or_else(PoisonError::into_inner).handle(Instant::now(), event)
    }

    /// Changes the limits on connections.
    pub fn limit(&self, gate: GateConfig) {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).limit(gate);
    }

    /// How often each detector spoke.
    pub fn counts(&self) -> Vec<(&'static str, u64)> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).counts()
    }

    /// Whether the event's cause is to be dropped; everything else that is to be done.
    pub fn judge(&self, event: SecurityEvent) -> (bool, Vec<Action>) {
        let (drops, others): (Vec<Action>, Vec<Action>) =
            self.handle(event).into_iter().partition(|action| *action == Action::Drop);
        (!drops.is_empty(), others)
    }
}

/// The behaviour; it has no protocol of its own.
#[derive(Debug)]
pub struct Doorkeeper {
    security: SharedSecurity,
}

impl Doorkeeper {
    /// One that asks this.
    pub const fn new(security: SharedSecurity) -> Self {
        Self { security }
    }

    fn ask(&self, event: SecurityEvent) -> Result<(), ConnectionDenied> {
        let refusal = self.security.handle(event).into_iter().find_map(|action| match action {
            Action::Refuse { why, .. } => Some(why),
            _ => None,
        });
        refusal.map_or(Ok(()), |why| Err(ConnectionDenied::new(why)))
    }

    fn established(
        &self,
        connection: ConnectionId,
        peer: PeerId,
        address: &Multiaddr,
        direction: Direction,
    ) -> Result<dummy::ConnectionHandler, ConnectionDenied> {
        let ip = peer_ip(address);
        self.ask(SecurityEvent::Established { connection, ip, peer, direction })?;
        Ok(dummy::ConnectionHandler)
    }
}

impl NetworkBehaviour for Doorkeeper {
    type ConnectionHandler = dummy::ConnectionHandler;
    type ToSwarm = Infallible;

    fn handle_pending_inbound_connection(
        &mut self,
        connection: ConnectionId,
        _local: &Multiaddr,
        remote: &Multiaddr,
    ) -> Result<(), ConnectionDenied> {
        self.ask(SecurityEvent::Pending { connection, ip: peer_ip(remote) })
    }

    fn handle_established_inbound_connection(
        &mut self,
        connection: ConnectionId,
        peer: PeerId,
        _local: &Multiaddr,
        remote: &Multiaddr,
    ) -> Result<THandler<Self>, ConnectionDenied> {
        self.established(connection, peer, remote, Direction::Inbound)
    }

    fn handle_established_outbound_connection(
        &mut self,
        connection: ConnectionId,
        peer: PeerId,
        address: &Multiaddr,
        _role: Endpoint,
        _port: PortUse,
    ) -> Result<THandler<Self>, ConnectionDenied> {
        self.established(connection, peer, address, Direction::Outbound)
    }

    fn on_swarm_event(&mut self, event: FromSwarm<'_>) {
        let ended = match event {
            FromSwarm::ConnectionClosed(closed) => closed.connection_id,
            FromSwarm::ListenFailure(failure) => failure.connection_id,
            FromSwarm::DialFailure(failure) => failure.connection_id,
            _ => return,
        };
        self.security.handle(SecurityEvent::Closed(ended));
    }

    fn on_connection_handler_event(&mut self, _: PeerId, _: ConnectionId, event: THandlerOutEvent<Self>) {
        match event {}
    }

    fn poll(&mut self, _: &mut Context<'_>) -> Poll<ToSwarm<Self::ToSwarm, THandlerInEvent<Self>>> {
        Poll::Pending
    }
}
