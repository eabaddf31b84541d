//! What honest validators say: their newest head, and their answers to whatever is asked.

use std::time::Duration;

use emotionalchain_node::network::NetworkHandle;
use emotionalchain_shared::{
    chain::{ChainSpec, Header, state::StateKey},
    consensus::ValidatorSet,
    primitives::{BlockId, Hash, Height},
    wire::{HeadUpdate, SignedHeader, Status, SyncRequest, SyncResponse, VersionRange, Wire},
};
use libp2p::PeerId;
use tokio::{sync::watch, time::sleep};

use crate::{folder::Failure, lie::Truth};

/// Between looks at the newest head: a small part of the fastest block interval that a browser keeps up with.
const LOOK: Duration = Duration::from_millis(25);

/// The way to the validators; cheap to clone.
#[derive(Clone)]
pub struct Honest {
    network: NetworkHandle,
    validators: Vec<PeerId>,
    /// What a node that knows nothing but genesis says of itself.
    status: Status,
    /// Sets do not change often, and every head needs the one that signed it.
    set: Option<ValidatorSet>,
}

impl Honest {
    /// Asks these validators.
    pub fn new(network: NetworkHandle, validators: Vec<PeerId>, spec: &ChainSpec) -> Self {
        let status = Status {
            chain_id: spec.genesis.chain_id.clone(),
            genesis_hash: spec.hash,
            versions: VersionRange::SUPPORTED,
            head: Height::ZERO,
            head_id: BlockId::new(spec.hash),
            validators_root: Hash::default(),
            earliest: Height::ZERO,
        };
        Self { network, validators, status, set: None }
    }

    /// Whether a peer is one of the validators.
    pub fn is_validator(&self, peer: &PeerId) -> bool {
        self.validators.contains(peer)
    }

    /// The answer of the first validator that gives one.
    pub async fn ask(&self, request: &[u8]) -> Result<Vec<u8>, Failure> {
        let mut last: Failure = "there is no validator".into();
        for validator in &self.validators {
            match self.network.request(*validator, request.to_vec()).await {
                Ok(answer) => return Ok(answer),
                Err(reason) => last = reason.into(),
            }
        }
        Err(last)
    }

    /// Tells of each new head, until nobody listens.
    pub async fn follow(mut self, newest: watch::Sender<Truth>) {
        while !newest.is_closed() {
            let known = newest.borrow().height();
            match self.newer(Some(known)).await {
                Ok(Some(truth)) => drop(newest.send_replace(truth)),
                Ok(None) => {}
                Err(reason) => eprintln!("liar: the validators do not answer: {reason}"),
            }
            sleep(LOOK).await;
        }
    }

    /// The newest head if it is above a height.
    pub async fn newer(&mut self, known: Option<Height>) -> Result<Option<Truth>, Failure> {
        let SyncResponse::Status(status) = self.get(SyncRequest::Status(self.status.clone())).await? else {
            return Err("no status".into());
        };
        if status.head == Height::ZERO || known.is_some_and(|known| status.head <= known) {
            return Ok(None);
        }
        let parent = status.head.prev().unwrap_or_default().max(Height::new(1));
        let SyncResponse::Headers(mut headers) = self.get(SyncRequest::Headers(parent, 2)).await? else {
            return Err("no headers".into());
        };
        let Some(head) = headers.pop() else { return Ok(None) };
        let parent = headers.pop().map(|parent| parent.header);
        self.truth(head, parent).await.map(Some)
    }

    /// A head as a validator pushes it.
    async fn truth(&mut self, head: SignedHeader, parent: Option<Header>) -> Result<Truth, Failure> {
        let (ours, next) = (head.header.validators_root, head.header.next_validators_root);
        let set = match self.set.take().filter(|set| set.root() == ours) {
            Some(set) => set,
            None => self.fetch_set(ours).await?,
        };
        let next_set = if next == ours { None } else { Some(self.fetch_set(next).await?) };
        self.set = Some(next_set.clone().unwrap_or_else(|| set.clone()));
        let summary = match parent.filter(|parent| parent.epoch < head.header.epoch) {
            Some(parent) => match self.get(SyncRequest::Epoch(parent.epoch)).await? {
                SyncResponse::Epoch(_, summary) => Some(summary),
                _ => None,
            },
            None => None,
        };
        Ok(Truth { update: HeadUpdate { head, next_set, summary }, set })
    }

    async fn fetch_set(&self, root: Hash) -> Result<ValidatorSet, Failure> {
        match self.get(SyncRequest::State(StateKey::Set(root).to_bytes())).await? {
            SyncResponse::State(answer) => {
                Ok(borsh::from_slice(&answer.value.ok_or("there is no such set")?)?)
            }
            _ => Err("no set".into()),
        }
    }

    async fn get(&self, request: SyncRequest) -> Result<SyncResponse, Failure> {
        Ok(SyncResponse::decode(&self.ask(&request.encode()).await?)?)
    }
}
