//! The host's side of the peer manager: events go in, orders are carried out, what is learnt is kept on disk.
//!
//! Bans lie in `bans.json`, addresses in `peers.book`, both in the data folder. A file that is damaged is named in the
//! log and put aside by the next save; a node without them begins with its seeds.

use std::{
    collections::{BTreeSet, VecDeque},
    path::{Path, PathBuf},
    time::{Duration, Instant, SystemTime, UNIX_EPOCH},
};

use libp2p::{Multiaddr, PeerId, swarm::dial_opts::DialOpts};
use tokio::task::JoinHandle;

use super::{
    bootstrap_network::address_book::AddressBook,
    conduct::Conduct,
    host::{Host, complete},
    metrics::Reason,
    network_config::NetworkConfig,
    network_security::{Action, SecurityEvent, gate::GateConfig},
    peer_manager::{
        Dial, Farewell, PeerAction, PeerEvent, Policy,
        bans::{Bans, MAX_SAVED_BYTES},
    },
    peers::learnable,
    subnet::{Subnet, ip_of},
};
use crate::disk;

/// How often the addresses are saved, and peers are told useful.
const SAVE: Duration = Duration::from_secs(300);
const USEFUL: Duration = Duration::from_secs(60);
/// Longest file of addresses.
const MAX_BOOK: usize = 1 << 20;

/// What is kept on disk of peers.
#[derive(Debug)]
pub(super) struct Kept {
    folder: PathBuf,
    save_at: Instant,
    useful_at: Instant,
    /// Who was first with something valid in this minute.
    useful: BTreeSet<PeerId>,
    /// Whether bans are to be written.
    bans_changed: bool,
    /// The last write under way.
    saving: Option<JoinHandle<()>>,
}

impl Kept {
    pub(super) fn new(folder: &Path, now: Instant) -> Self {
        let after = |wait| now.checked_add(wait).unwrap_or(now);
        Self {
            folder: folder.to_owned(),
            save_at: after(SAVE),
            useful_at: after(USEFUL),
            useful: BTreeSet::new(),
            bans_changed: false,
            saving: None,
        }
    }

    fn bans(folder: &Path) -> PathBuf {
        folder.join("bans.json")
    }

    fn peers(folder: &Path) -> PathBuf {
        folder.join("peers.book")
    }

    /// Writes a file in the background, after those before it: the disk must not hold up the network.
    fn save(&mut self, path: PathBuf, bytes: Vec<u8>) {
        let before = self.saving.take();
        self.saving = Some(tokio::spawn(async move {
            if let Some(before) = before {
                // It has said itself what went wrong.
                let _ = before.await;
            }
            let written = tokio::task::spawn_blocking(move || {
                if let Err(error) = disk::replace(&path, &bytes, |_| Ok(())) {
                    tracing::error!(path = %path.display(), %error, "not saved");
                }
            });
            let _ = written.await;
        }));
    }

    /// Whether no write is under way.
    fn is_idle(&self) -> bool {
        self.saving.as_ref().is_none_or(JoinHandle::is_finished)
    }

    /// Waits until everything is written.
    pub(super) async fn written(&mut self) {
        if let Some(saving) = self.saving.take() {
            let _ = saving.await;
        }
    }

    /// The bans of the last run.
    pub(super) fn read_bans(folder: &Path, now_ms: u64) -> Bans {
        let path = Self::bans(folder);
        let Some(bytes) = read(&path, MAX_SAVED_BYTES) else { return Bans::default() };
        Bans::decode(&bytes, now_ms).unwrap_or_else(|error| {
            tracing::warn!(path = %path.display(), %error, "no bans are remembered");
            Bans::default()
        })
    }

    /// The addresses of the last run.
    pub(super) fn read_book(folder: &Path, secret: [u8; 32]) -> AddressBook {
        let path = Self::peers(folder);
        let Some(bytes) = read(&path, MAX_BOOK) else { return AddressBook::new(secret) };
        AddressBook::decode(&bytes, secret).unwrap_or_else(|error| {
            tracing::warn!(path = %path.display(), %error, "no addresses are remembered");
            AddressBook::new(secret)
        })
    }
}

/// A file that is there, and not too long.
fn read(path: &Path, most: usize) -> Option<Vec<u8>> {
    let file = std::fs::File::open(path).ok()?;
    match disk::read_bounded(&file, most) {
        Ok(Some(bytes)) => return Some(bytes),
        Ok(None) => tracing::warn!(path = %path.display(), "the file is too large and is not read"),
        Err(error) => tracing::warn!(path = %path.display(), %error, "the file cannot be read"),
    }
    None
}

/// The time in unix milliseconds.
pub(super) fn unix_ms() -> u64 {
    let since = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
    u64::try_from(since.as_millis()).unwrap_or(u64::MAX)
}

/// The gate's limits, those that the configuration has once for all among them.
pub(super) fn gate(config: &NetworkConfig) -> GateConfig {
    let count = |number: u32| usize::try_from(number).unwrap_or(usize::MAX);
    GateConfig {
        max_pending: count(config.limits.max_pending_inbound),
        max_established: count(config.limits.max_inbound),
        ..config.security.gate
    }
}

/// The manager's numbers.
pub(super) fn policy(config: &NetworkConfig) -> Policy {
    Policy {
        low: config.peers.low,
        high: config.peers.high,
        min_outbound: config.peers.min_outbound,
        base: Duration::from_millis(config.timing.redial_base_ms),
        cap: Duration::from_millis(config.timing.redial_cap_ms),
        refusal: Duration::from_millis(config.timing.refusal_ms),
        rotation: Duration::from_millis(config.peers.rotation_ms),
        slow_check: Duration::from_millis(config.peers.slow_check_ms),
        ..Policy::default()
    }
}

impl Host {
    /// Passes an event to the manager and does what it says.
    pub(super) fn tell(&mut self, event: PeerEvent) {
        let now = Instant::now();
        let mut actions = VecDeque::from(self.manager.handle(now, event, &mut self.book));
        while let Some(action) = actions.pop_front() {
            match action {
                PeerAction::Dial(dial) => {
                    let target = dial.target;
                    if !self.dial(dial) {
                        let failed = PeerEvent::DialFailed(target);
                        actions.extend(self.manager.handle(now, failed, &mut self.book));
                    }
                }
                PeerAction::Disconnect { peer, why } => self.disconnect(peer, reason(why)),
                PeerAction::Banned { peer, until_ms } => {
                    tracing::warn!(%peer, until_ms, "banned");
                    self.metrics.bans.inc();
                    self.kept.bans_changed = true;
                }
            }
        }
    }

    /// A peer did something that counts.
    pub(super) fn did(&mut self, peer: PeerId, conduct: Conduct) {
        tracing::debug!(%peer, conduct = conduct.name(), "conduct");
        self.tell(PeerEvent::Did { peer, conduct });
    }

    /// A peer was first with something valid.
    pub(super) fn was_useful(&mut self, peer: PeerId) {
        self.kept.useful.insert(peer);
    }

    /// Asks the detectors; `true` if what the event is about is to be dropped.
    pub(super) fn is_dropped(&mut self, event: SecurityEvent) -> bool {
        let (dropped, actions) = self.security.judge(event);
        self.obey(actions);
        dropped
    }

    fn obey(&mut self, actions: Vec<Action>) {
        for action in actions {
            match action {
                Action::Charge { peer, conduct } => self.did(peer, conduct),
                Action::Refuse { connection, why } => {
                    tracing::info!(%connection, %why, "refused");
                    self.swarm.close_connection(connection);
                }
                // Slots fill by subnet: there is nobody to let go who would not come back.
                Action::Replace { subnet } => tracing::warn!(%subnet, "one subnet holds many of the peers"),
                // Conflicting votes are proved by the engine; streams end with their requests.
                Action::Drop | Action::Evidence(_) | Action::Reset(_) => {}
            }
        }
    }

    /// Remembers where a connected peer can be dialled, as it says itself.
    pub(super) fn learn(&mut self, peer: PeerId, address: &Multiaddr) {
        if peer == *self.swarm.local_peer_id() || !learnable(address, self.loopback) {
            return;
        }
        let now_ms = self.book.unix_ms(Instant::now());
        let from = self.peers.info(&peer).and_then(|info| Subnet::of(&info.address));
        let before = self.book.book.len();
        self.book.book.learn(peer, &complete(address, peer), from, now_ms);
        // What a peer says again at each return is known, and costs it nothing.
        if self.book.book.len() == before {
            return;
        }
        if self.is_dropped(SecurityEvent::Addresses { source: peer, count: 1 }) {
            return self.book.book.remove(&peer);
        }
        self.tell(PeerEvent::Tick);
    }

    /// Whether a peer may enter the routing table with this address.
    pub(super) fn is_routed(&mut self, peer: PeerId, address: &Multiaddr) -> bool {
        !self.is_dropped(SecurityEvent::Routed { peer, ip: ip_of(address) })
    }

    /// What is due: once a second.
    pub(super) fn on_peer_tick(&mut self, now: Instant) {
        let actions = self.security.handle(SecurityEvent::Tick);
        self.obey(actions);
        let after = |wait| now.checked_add(wait).unwrap_or(now);
        if self.kept.useful_at <= now {
            self.kept.useful_at = after(USEFUL);
            for peer in std::mem::take(&mut self.kept.useful) {
                self.did(peer, Conduct::UsefulMinute);
            }
        }
        if self.kept.save_at <= now {
            self.kept.save_at = after(SAVE);
            self.save_book();
        }
        if self.kept.bans_changed && self.kept.is_idle() {
            self.save_bans();
        }
        // One that has not spoken is not shown: some wait for a host that can feed them.
        for (name, count) in self.security.counts().into_iter().filter(|(_, count)| *count > 0) {
            self.metrics.detection(name, count);
        }
        self.tell(PeerEvent::Tick);
    }

    /// Writes down where peers can be dialled.
    fn save_book(&mut self) {
        let (path, bytes) = (Kept::peers(&self.kept.folder), self.book.book.encode());
        self.kept.save(path, bytes);
    }

    /// Writes down what a stopping node must not forget.
    pub(super) fn save_all(&mut self) {
        self.save_book();
        if self.kept.bans_changed {
            self.save_bans();
        }
    }

    fn save_bans(&mut self) {
        self.kept.bans_changed = false;
        match self.manager.encode_bans(Instant::now()) {
            Ok(text) => {
                let path = Kept::bans(&self.kept.folder);
                self.kept.save(path, text.into_bytes());
            }
            Err(error) => tracing::error!(%error, "bans are not saved"),
        }
    }

    fn dial(&mut self, dial: Dial) -> bool {
        let mut addresses = dial.addresses;
        let options = match (dial.peer, addresses.pop()) {
            (_, None) => return false,
            (None, Some(address)) => DialOpts::unknown_peer_id().address(address).allocate_new_port().build(),
            (Some(peer), Some(address)) => {
                addresses.push(address);
                DialOpts::peer_id(peer).addresses(addresses).allocate_new_port().build()
            }
        };
        let connection = options.connection_id();
        self.metrics.dials.inc();
        match self.swarm.dial(options) {
            Ok(()) => {
                self.dials.insert(connection, dial.target);
                true
            }
            Err(error) => {
                tracing::debug!(peer = ?dial.peer, %error, "not dialled");
                false
            }
        }
    }
}

fn reason(why: Farewell) -> Reason {
    match why {
        Farewell::Full => Reason::Full,
        Farewell::Rotated => Reason::Rotated,
        Farewell::Slow => Reason::Slow,
        Farewell::Banned => Reason::Banned,
        Farewell::Refused => Reason::Refused,
    }
}
