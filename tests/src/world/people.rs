//! Who takes part: keys, money, recorded heartbeats, all from the seed.

use std::sync::{Arc, OnceLock};

use emotionalchain_node::{consensus::replica::Keys, device::SimulatedDevice};
use emotionalchain_shared::{
    biometrics::Recording,
    chain::{ChainSpec, Genesis, GenesisAccount, GenesisDevice, GenesisValidator, Params},
    crypto::SecretKey,
    epoch::RandomnessChain,
    primitives::{Address, Amount, TimeMs},
};

use crate::rng::Rng;

/// Epochs of the simulator.
pub const EPOCH_MS: u64 = 5_000;
/// When epoch 0 begins.
pub const GENESIS: TimeMs = TimeMs::from_millis(1_800_000_000_000);
/// Reveals of a chain: a height each and as many rounds again.
const REVEALS: u64 = 256;
/// What an account begins with beside its bond, EMO.
const POCKET: u64 = 1_000;

/// The keys of one seat.
#[derive(Clone, Debug)]
pub struct Person {
    /// Signs consensus.
    pub consensus: SecretKey,
    /// Signs biometric proofs.
    pub device: SecretKey,
    /// Owns the validator.
    pub account: SecretKey,
    secret: [u8; 32],
}

impl Person {
    /// From the seed.
    pub fn draw(seed: u64, seat: usize) -> Self {
        let mut rng = Rng::new(seed, &format!("person {seat}"));
        let mut key = || SecretKey::from_seed(&rng.bytes());
        let (consensus, device, account) = (key(), key(), key());
        Self { consensus, device, account, secret: rng.bytes() }
    }

    /// The validator's address.
    pub fn address(&self) -> Address {
        self.consensus.public().address()
    }

    /// What a replica is given.
    pub fn keys(&self) -> Keys {
        Keys {
            consensus: self.consensus.clone(),
            randomness: RandomnessChain::with_reveals(&self.secret, REVEALS),
        }
    }

    /// Its device, which replays a recording.
    pub fn device(&self, spec: &ChainSpec, number: usize) -> SimulatedDevice {
        let recording = recordings()[number % recordings().len()].clone();
        SimulatedDevice::new(recording, self.device.clone(), self.address(), spec.domain.clone(), EPOCH_MS)
    }
}

fn recordings() -> &'static [Recording] {
    static PARSED: OnceLock<Vec<Recording>> = OnceLock::new();
    PARSED.get_or_init(|| {
        let files = [
            include_str!("../../data/rr/plux_ecg_7min.csv"),
            include_str!("../../data/rr/pyhrv_nsrdb_short_5min.csv"),
            include_str!("../../data/rr/plux_ecg_5min.csv"),
        ];
        files.iter().map(|text| Recording::parse(text).unwrap()).collect()
    })
}

/// The chain that they begin.
pub fn chain(people: &[Person]) -> Arc<ChainSpec> {
    chain_with(people, &[])
}

/// The same with further accounts.
pub fn chain_with(people: &[Person], payers: &[SecretKey]) -> Arc<ChainSpec> {
    let params =
        Params { epoch_ms: EPOCH_MS, block_interval_ms: 1_000, allow_simulated: true, ..Params::default() };
    let account = |key: &SecretKey| GenesisAccount {
        address: key.public().address(),
        balance: Amount::from_emo(POCKET).unwrap(),
    };
    let validator = |person: &Person| GenesisValidator {
        account: person.account.public().address(),
        consensus_key: person.consensus.public(),
        peer_id: person.address().as_bytes().to_vec(),
        bond: params.min_bond,
        randomness_tip: RandomnessChain::with_reveals(&person.secret, REVEALS).tip(),
    };
    let device = |person: &Person| GenesisDevice {
        validator: person.address(),
        device_key: person.device.public(),
        tier: 80,
        simulated: true,
    };
    let genesis = Genesis {
        chain_id: "simulator".parse().unwrap(),
        time_ms: GENESIS,
        accounts: people.iter().map(|person| &person.account).chain(payers).map(account).collect(),
        validators: people.iter().map(validator).collect(),
        devices: people.iter().map(device).collect(),
        params: params.clone(),
    };
    Arc::new(ChainSpec::new(genesis).unwrap())
}
