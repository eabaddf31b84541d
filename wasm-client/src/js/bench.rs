//! Measurements in a page, for the benchmark alone: what verification costs there.
//!
//! The chain is made up on demand and signed with real keys; only what a client does with it is timed.

use std::collections::BTreeMap;

use emotionalchain_shared::{
    chain::{ChainSpec, Genesis, GenesisValidator, Header, PROTOCOL_VERSION, Params},
    consensus::{CommitCertificate, ValidatorSet, Vote, VoteKind},
    crypto::SecretKey,
    light::{LightOptions, Skipping, Step, Trusted},
    primitives::{Address, BlockId, Epoch, Hash, Height, Round, TimeMs},
    wire::SignedHeader,
};
use serde::Serialize;
use wasm_bindgen::prelude::*;

use super::convert::give;
use crate::clock;

const START: u64 = 1_700_000_000_000;

/// What a walk took.
#[derive(Serialize)]
struct Walk {
    /// Milliseconds in the client's own code.
    ms: f64,
    /// Headers whose certificates were verified.
    verified: usize,
    /// Headers that were asked for beside the target.
    headers: usize,
    /// How it ended.
    end: String,
}

/// A linked chain whose set moves on by `replaced` seats every `change_every` heights.
struct Chain {
    spec: ChainSpec,
    seats: u64,
    change_every: u64,
    replaced: u64,
    keys: BTreeMap<u64, SecretKey>,
    /// By the number of changes before.
    sets: BTreeMap<u64, ValidatorSet>,
    roots: BTreeMap<u64, Hash>,
    /// Of all heights from 0 on.
    ids: Vec<BlockId>,
}

impl Chain {
    fn new(seats: u64, heights: u64, change_every: u64, replaced: u64) -> Result<Self, String> {
        let params = Params::default();
        let mut keys = BTreeMap::new();
        let mut validators = Vec::new();
        for number in 0..seats {
            let key = keys.entry(number).or_insert_with(|| secret(number)).public();
            validators.push(GenesisValidator {
                account: key.address(),
                consensus_key: key,
                peer_id: vec![1],
                bond: params.min_bond,
                randomness_tip: Hash::default(),
            });
        }
        let genesis = Genesis {
            chain_id: "bench".parse().map_err(|_| "chain id")?,
            time_ms: TimeMs::from_millis(START),
            params,
            accounts: Vec::new(),
            validators,
            devices: Vec::new(),
        };
        let spec = ChainSpec::new(genesis).map_err(|error| error.to_string())?;
        let (ids, sets, roots) = (vec![BlockId::new(spec.hash)], BTreeMap::new(), BTreeMap::new());
        let mut chain = Self { spec, seats, change_every, replaced, keys, sets, roots, ids };
        for height in 1..=heights {
            let id = chain.header(height)?.id();
            chain.ids.push(id);
        }
        Ok(chain)
    }

    fn changes(&self, height: u64) -> u64 {
        height.saturating_sub(1).checked_div(self.change_every).unwrap_or_default()
    }

    /// The keys that sign a height.
    fn signers(&mut self, height: u64) -> Vec<SecretKey> {
        let changes = self.changes(height);
        let first = changes.saturating_mul(self.replaced);
        let keys = &mut self.keys;
        (first..first.saturating_add(self.seats))
            .map(|number| keys.entry(number).or_insert_with(|| secret(number)).clone())
            .collect()
    }

    fn set(&mut self, height: u64) -> Result<ValidatorSet, String> {
        let changes = self.changes(height);
        if let Some(set) = self.sets.get(&changes) {
            return Ok(set.clone());
        }
        let keys = self.signers(height);
        let set = ValidatorSet::new(keys.iter().map(SecretKey::public)).map_err(|error| error.to_string())?;
        self.sets.insert(changes, set.clone());
        Ok(set)
    }

    fn root(&mut self, height: u64) -> Result<Hash, String> {
        // Computed once a set: it is most of the work of making a header.
        let changes = self.changes(height);
        if let Some(root) = self.roots.get(&changes) {
            return Ok(*root);
        }
        let root = self.set(height)?.root();
        self.roots.insert(changes, root);
        Ok(root)
    }

    fn header(&mut self, height: u64) -> Result<Header, String> {
        let (root, next) = (self.root(height)?, self.root(height.saturating_add(1))?);
        let before = usize::try_from(height.saturating_sub(1)).unwrap_or(usize::MAX);
        let parent_id = self.ids.get(before).copied().ok_or("a header past the end")?;
        Ok(Header {
            version: PROTOCOL_VERSION,
            chain_id: self.spec.genesis.chain_id.clone(),
            height: Height::new(height),
            build_round: Round::ZERO,
            time: TimeMs::from_millis(START.saturating_add(height.saturating_mul(1_000))),
            epoch: Epoch::ZERO,
            parent_id,
            last_commit_hash: Hash::default(),
            proposer: Address::new([0; 20]),
            randomness_reveal: Hash::default(),
            transactions_root: Hash::default(),
            votes_root: Hash::default(),
            evidence_root: Hash::default(),
            state_root: Hash::default(),
            validators_root: root,
            next_validators_root: next,
            epoch_summary_root: Hash::default(),
        })
    }

    /// Header and certificate of a height.
    fn signed(&mut self, height: u64) -> Result<SignedHeader, String> {
        let (header, set) = (self.header(height)?, self.set(height)?);
        let (place, id) = (header.height, header.id());
        let votes: Vec<Vote> = self
            .signers(height)
            .iter()
            .map(|key| Vote::sign(&self.spec.domain, key, VoteKind::Precommit, place, Round::ZERO, Some(id)))
            .collect();
        let certificate = CommitCertificate::from_votes(&set, place, Round::ZERO, id, &votes)
            .map_err(|error| error.to_string())?;
        Ok(SignedHeader { header, certificate })
    }
}

fn secret(number: u64) -> SecretKey {
    let mut seed = [7; 32];
    for (to, from) in seed.iter_mut().zip(number.to_le_bytes()) {
        *to = from;
    }
    SecretKey::from_seed(&seed)
}

fn millis(since: clock::Instant) -> f64 {
    since.elapsed().as_secs_f64() * 1_000.0
}

/// Milliseconds to verify the certificate of a header that all of so many seats signed, `rounds` times.
#[wasm_bindgen(js_name = benchVerify)]
pub fn bench_verify(seats: u32, rounds: u32) -> Result<f64, JsValue> {
    let mut chain = Chain::new(seats.into(), 2, u64::MAX, 0)?;
    let (signed, set) = (chain.signed(2)?, chain.set(2)?);
    let since = clock::instant();
    for _ in 0..rounds {
        signed.certificate.verify(&chain.spec.domain, &set).map_err(|error| error.to_string())?;
    }
    Ok(millis(since))
}

/// Walks from genesis to a height.
#[wasm_bindgen(js_name = benchSkipping)]
pub fn bench_skipping(
    seats: u32,
    heights: u32,
    change_every: u32,
    replaced: u32,
) -> Result<JsValue, JsValue> {
    let mut chain = Chain::new(seats.into(), heights.into(), change_every.into(), replaced.into())?;
    let options = LightOptions::of(chain.spec.params());
    let target = chain.signed(heights.into())?;
    let now = target.header.time;
    let trusted = Trusted::genesis(&chain.spec).map_err(|error| error.to_string())?;
    let mut walk = Skipping::new(trusted, target);
    let (mut ms, mut headers) = (0.0, 0_usize);
    let mut known: BTreeMap<Hash, ValidatorSet> = BTreeMap::new();
    let end = loop {
        let since = clock::instant();
        let step = walk.step(&chain.spec, &options, now);
        ms += millis(since);
        match step {
            Step::Again => {}
            Step::Header(height) => {
                headers = headers.saturating_add(1);
                let signed = chain.signed(height.get())?;
                for at in [height.get(), height.get().saturating_add(1)] {
                    let set = chain.set(at)?;
                    known.insert(set.root(), set);
                }
                walk.header(signed).map_err(|error| error.to_string())?;
            }
            Step::Set(root) => {
                for at in [u64::from(heights), u64::from(heights).saturating_add(1)] {
                    let set = chain.set(at)?;
                    known.insert(set.root(), set);
                }
                let set = known.get(&root).cloned().ok_or("a set that no header named")?;
                let since = clock::instant();
                walk.set(set).map_err(|error| error.to_string())?;
                ms += millis(since);
            }
            Step::Reached(_) => break "reached".to_owned(),
            other => break format!("{other:?}"),
        }
    };
    give(&Walk { ms, verified: walk.verified(), headers, end }).map_err(|error| error.to_string().into())
}
