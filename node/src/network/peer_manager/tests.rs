use super::{
    super::{conduct::Conduct, peers::Direction, subnet::ip_of},
    *,
};

mod bans_and_deeds;
mod invariants;
mod persistent_peers;
mod simulation;
mod slots_and_dials;

const SECOND: Duration = Duration::from_secs(1);
const UNIX_MS: u64 = 1_700_000_000_000;

/// A stock that hands out in order, and waits a minute after a failure.
#[derive(Default)]
struct Book {
    stock: Vec<(Candidate, Option<Instant>)>,
    worked: Vec<PeerId>,
    failed: Vec<PeerId>,
}

impl Book {
    fn add(&mut self, peer: PeerId, addresses: Vec<Multiaddr>) {
        self.stock.push((Candidate { peer, addresses }, None));
    }

    /// So many strangers, each in a subnet of its own.
    fn of(count: u8) -> Self {
        let mut book = Self::default();
        (0..count).for_each(|n| book.add(PeerId::random(), vec![address(n)]));
        book
    }
}

impl Candidates for Book {
    fn pick(&mut self, now: Instant, avoid: &dyn Fn(&PeerId, &[Multiaddr]) -> bool) -> Option<Candidate> {
        let fits = |(one, ready): &&(Candidate, Option<Instant>)| {
            ready.is_none_or(|at| at <= now) && !avoid(&one.peer, &one.addresses)
        };
        self.stock.iter().find(fits).map(|(one, _)| one.clone())
    }

    fn worked(&mut self, peer: &PeerId, _: &Multiaddr, _: Instant) {
        self.worked.push(*peer);
    }

    fn failed(&mut self, peer: &PeerId, now: Instant) {
        self.failed.push(*peer);
        for (_, ready) in self.stock.iter_mut().filter(|(one, _)| one.peer == *peer) {
            *ready = Some(now + SECOND * 60);
        }
    }
}

fn address(subnet: u8) -> Multiaddr {
    format!("/ip4/10.0.{subnet}.1/tcp/1").parse().unwrap()
}

/// A manager with its stock, its clock and the peers it is connected to.
struct Bench {
    manager: PeerManager,
    book: Book,
    now: Instant,
    actions: Vec<PeerAction>,
}

impl Bench {
    fn new(book: Book, persistent: &[Multiaddr]) -> Self {
        Self::with(Policy::default(), book, persistent, Bans::default())
    }

    fn with(policy: Policy, book: Book, persistent: &[Multiaddr], bans: Bans) -> Self {
        let now = Instant::now();
        let manager = PeerManager::new(policy, persistent, bans, 7, now, UNIX_MS);
        Self { manager, book, now, actions: Vec::new() }
    }

    /// Handles an event; the wake that is then asked for must lie ahead.
    fn tell(&mut self, event: PeerEvent) -> Vec<PeerAction> {
        let actions = self.manager.handle(self.now, event, &mut self.book);
        let wake = self.manager.next_wake();
        assert!(wake.is_none_or(|wake| wake > self.now), "a wake that moves nothing: {:#?}", self.manager);
        self.actions.extend(actions.iter().cloned());
        actions
    }

    fn tick(&mut self) -> Vec<PeerAction> {
        self.tell(PeerEvent::Tick)
    }

    fn wait(&mut self, time: Duration) -> Vec<PeerAction> {
        let end = self.now + time;
        let mut actions = Vec::new();
        while let Some(wake) = self.manager.next_wake().filter(|wake| *wake <= end) {
            self.now = wake;
            actions.extend(self.tick());
        }
        self.now = end;
        actions.extend(self.tick());
        actions
    }

    /// Lets time pass until somebody is dialled.
    fn until_dialled(&mut self) -> Vec<PeerAction> {
        loop {
            self.now = self.manager.next_wake().unwrap();
            let actions = self.tick();
            if !dials(&actions).is_empty() {
                return actions;
            }
        }
    }

    fn open(&mut self, peer: PeerId, direction: Direction, address: Multiaddr) -> Vec<PeerAction> {
        self.tell(PeerEvent::Opened { peer, direction, address, target: None })
    }

    /// A full peer that dials in from a subnet.
    fn come(&mut self, subnet: u8) -> PeerId {
        let peer = PeerId::random();
        self.open(peer, Direction::Inbound, address(subnet));
        self.tell(PeerEvent::Identified { peer });
        peer
    }

    /// Answers a dial: the connection opens.
    fn answer(&mut self, dial: &Dial) -> PeerId {
        let peer = dial.peer.unwrap_or_else(PeerId::random);
        let (direction, address, target) =
            (Direction::Outbound, dial.addresses[0].clone(), Some(dial.target));
        self.tell(PeerEvent::Opened { peer, direction, address, target });
        peer
    }

    /// Answers dials until there are no more: each opens and is a full peer.
    fn answer_all(&mut self, actions: Vec<PeerAction>) -> Vec<PeerId> {
        let (mut todo, mut peers) = (actions, Vec::new());
        while let Some(action) = todo.pop() {
            match action {
                PeerAction::Dial(dial) => {
                    let peer = self.answer(&dial);
                    peers.push(peer);
                    todo.extend(self.tell(PeerEvent::Identified { peer }));
                }
                PeerAction::Disconnect { peer, .. } => todo.extend(self.tell(PeerEvent::Closed { peer })),
                PeerAction::Banned { .. } => {}
            }
        }
        peers
    }

    fn did(&mut self, peer: PeerId, conduct: Conduct) -> Vec<PeerAction> {
        self.tell(PeerEvent::Did { peer, conduct })
    }
}

fn dials(actions: &[PeerAction]) -> Vec<Dial> {
    let dial =
        |action: &PeerAction| if let PeerAction::Dial(dial) = action { Some(dial.clone()) } else { None };
    actions.iter().filter_map(dial).collect()
}

fn farewells(actions: &[PeerAction]) -> Vec<(PeerId, Farewell)> {
    let farewell = |action: &PeerAction| match action {
        PeerAction::Disconnect { peer, why } => Some((*peer, *why)),
        _ => None,
    };
    actions.iter().filter_map(farewell).collect()
}
