//! Four nodes in one process, over real sockets: from a recorded heartbeat to a finalised block.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::indexing_slicing, clippy::arithmetic_side_effects)]

use std::{sync::Arc, time::Duration};

use emotionalchain_node::{
    keys::Keys,
    mempool::MempoolConfig,
    network::{NetworkConfig, keypair_from_seed},
    node::{HeadNews, Node, NodeConfig},
    store::StoreOptions,
};
use emotionalchain_shared::{
    biometrics::Recording,
    chain::{
        Action, ChainSpec, Genesis, GenesisAccount, GenesisDevice, GenesisValidator, Params, Transaction,
    },
    consensus::engine::Timeouts,
    epoch::RandomnessChain,
    primitives::{Address, Amount, Height, Nonce, TimeMs},
};
use tokio::time::timeout;

const RECORDING: &str = include_str!("../../tests/data/rr/plux_ecg_7min.csv");

fn genesis(keys: &[Keys]) -> Genesis {
    let now = std::time::SystemTime::now().duration_since(std::time::UNIX_EPOCH).unwrap().as_millis();
    let params = Params {
        epoch_ms: 2_000,
        block_interval_ms: 200,
        allow_simulated: true,
        evidence_ms: 60_000,
        unbonding_ms: 60_000,
        ..Params::default()
    };
    Genesis {
        chain_id: "four-nodes".parse().unwrap(),
        time_ms: TimeMs::from_millis(u64::try_from(now).unwrap()),
        accounts: keys
            .iter()
            .map(|keys| GenesisAccount {
                address: keys.account.signing_key().public().address(),
                balance: Amount::from_emo(1_000).unwrap(),
            })
            .collect(),
        validators: keys
            .iter()
            .map(|keys| GenesisValidator {
                account: keys.account.signing_key().public().address(),
                consensus_key: keys.consensus.signing_key().public(),
                peer_id: keypair_from_seed(*keys.node.expose()).unwrap().public().to_peer_id().to_bytes(),
                bond: params.min_bond,
                randomness_tip: RandomnessChain::new(keys.randomness.expose()).tip(),
            })
            .collect(),
        devices: keys
            .iter()
            .map(|keys| GenesisDevice {
                validator: keys.consensus.signing_key().public().address(),
                device_key: keys.device.signing_key().public(),
                tier: 80,
                simulated: true,
            })
            .collect(),
        params,
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn heartbeats_become_votes_in_finalised_blocks() {
    let folder = tempfile::tempdir().unwrap();
    let keys: Vec<Keys> = (0..4).map(|_| Keys::random().unwrap()).collect();
    let payer = keys[0].account.signing_key();
    let spec = Arc::new(ChainSpec::new(genesis(&keys)).unwrap());
    let mut nodes = Vec::new();
    let mut bootstrap = Vec::new();
    for (index, keys) in keys.into_iter().enumerate() {
        let data_dir = folder.path().join(index.to_string());
        std::fs::create_dir_all(&data_dir).unwrap();
        let sign_floor = data_dir.join("sign_floor.json");
        let mut network = NetworkConfig::loopback(&data_dir);
        network.bootstrap = bootstrap.clone();
        let node = Node::start(NodeConfig {
            spec: Arc::clone(&spec),
            data_dir,
            keys,
            sign_floor,
            network,
            mempool: MempoolConfig::default(),
            store: StoreOptions::default(),
            timeouts: Timeouts::default(),
            recording: Some(Recording::parse(RECORDING).unwrap()),
        })
        .await
        .unwrap();
        let addresses = node.handle().network().listen_addrs().await.unwrap();
        bootstrap.extend(
            addresses.into_iter().filter(|address| {
                address.to_string().contains("/tcp/") && !address.to_string().contains("/ws")
            }),
        );
        nodes.push(node);
    }

    let mut news = nodes[3].handle().news();
    let to = Address::new([9; 20]);
    let action = Action::Transfer { to, amount: Amount::from_micro(5) };
    let transfer = Transaction::sign(&spec.domain, &payer, Nonce::ZERO, spec.params().min_fee, action);
    let id = nodes[0].handle().submit(transfer).await.unwrap();

    let seen = timeout(Duration::from_secs(60), async {
        let mut closes = 0;
        loop {
            let head: HeadNews = news.recv().await.unwrap();
            closes += u32::from(head.closes.is_some());
            if closes >= 3 {
                break head;
            }
        }
    })
    .await
    .expect("blocks are finalised and epochs closed");

    let store = Arc::clone(nodes[3].handle().store());
    assert!(store.transaction_location(&id).unwrap().is_some(), "the transfer is in a block");
    let votes: usize = (1..=seen.height.get())
        .filter_map(|height| store.block(Height::new(height)).unwrap())
        .map(|block| block.votes.len())
        .sum();
    assert!(votes >= 4, "emotional votes are in blocks, found {votes}");
    for node in &nodes {
        let other = node.handle().store().block_id(Height::new(2)).unwrap();
        assert_eq!(other, store.block_id(Height::new(2)).unwrap());
    }
    for node in &nodes {
        node.handle().stop().await;
    }
    for node in nodes {
        node.finished().await.unwrap();
    }
}
