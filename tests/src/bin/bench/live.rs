//! Four validator processes on loopback: at rest and under load.

use std::{
    io::{BufRead, BufReader},
    path::{Path, PathBuf},
    process::{Child, Command, Stdio},
    sync::atomic::{AtomicU64, Ordering},
    time::{Duration, Instant},
};

use emotionalchain_node::keys::{KeyFile, Passphrase};
use emotionalchain_shared::{
    chain::{Action, ChainSpec, Genesis, Transaction},
    crypto::SecretKey,
    primitives::{Amount, Nonce, hash_bytes},
    wire::Wire,
};
use serde_json::{Value, json};

use crate::{Row, percentiles};

const VALIDATORS: usize = 4;
/// Blocks whose finality is looked at.
const BLOCKS: usize = 60;
/// Who pays whom under load.
const ACCOUNTS: usize = 512;
/// Transfers handed in at once.
const BATCH: usize = 100;
const LOOK: Duration = Duration::from_millis(50);
const PATIENCE: Duration = Duration::from_secs(90);

struct Devnet {
    supervisor: Child,
    folder: tempfile::TempDir,
    urls: Vec<String>,
    pids: Vec<u64>,
    agent: ureq::Agent,
}

impl Devnet {
    fn start(program: &Path) -> Self {
        let folder = tempfile::tempdir().unwrap();
        let mut supervisor = Command::new(program)
            .args(["--log", "warn", "devnet", "--json", "--home"])
            .arg(folder.path())
            .stdin(Stdio::null())
            .stdout(Stdio::piped())
            .spawn()
            .unwrap();
        let mut line = String::new();
        BufReader::new(supervisor.stdout.take().unwrap()).read_line(&mut line).unwrap();
        let started: Value = serde_json::from_str(&line).unwrap();
        let nodes = started["nodes"].as_array().unwrap();
        let devnet = Self {
            urls: nodes.iter().map(|node| node["http"].as_str().unwrap().to_owned()).collect(),
            pids: nodes.iter().map(|node| node["pid"].as_u64().unwrap()).collect(),
            agent: ureq::Agent::config_builder().http_status_as_error(false).build().into(),
            supervisor,
            folder,
        };
        devnet.wait("the second block", || devnet.height() >= 2);
        devnet
    }

    fn get(&self, node: usize, path: &str) -> Value {
        let mut response = self.agent.get(format!("{}{path}", self.urls[node])).call().unwrap();
        serde_json::from_str(&response.body_mut().read_to_string().unwrap()).unwrap()
    }

    fn height(&self) -> u64 {
        self.get(0, "/status")["height"].as_u64().unwrap()
    }

    fn wait(&self, what: &str, holds: impl Fn() -> bool) {
        let since = Instant::now();
        while !holds() {
            assert!(since.elapsed() < PATIENCE, "{what} does not come");
            std::thread::sleep(LOOK);
        }
    }

    /// Resident memory of each validator in MB.
    fn memory(&self) -> Vec<f64> {
        let resident = |pid: &u64| {
            let status = std::fs::read_to_string(format!("/proc/{pid}/status")).unwrap();
            let line = status.lines().find_map(|line| line.strip_prefix("VmRSS:")).unwrap();
            line.trim().trim_end_matches(" kB").parse::<f64>().unwrap() / 1_000.0
        };
        self.pids.iter().map(resident).collect()
    }

    fn path(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }
}

impl Drop for Devnet {
    fn drop(&mut self) {
        let _ = Command::new("kill").arg(self.supervisor.id().to_string()).status();
        let _ = self.supervisor.wait();
    }
}

/// Finality and memory of a network without transfers.
pub fn quiet(program: &Path, time: Duration) -> Vec<Row> {
    eprintln!("a quiet network for {} s", time.as_secs());
    let started = Instant::now();
    let devnet = Devnet::start(program);
    let stream = devnet.agent.get(format!("{}/events", devnet.urls[0])).call().unwrap();
    let lines = BufReader::new(stream.into_body().into_reader()).lines();
    let heads = lines.map_while(Result::ok).filter_map(|line| {
        let head: Value = serde_json::from_str(line.strip_prefix("data:")?.trim()).ok()?;
        head["finality_ms"].as_f64()
    });
    let (p50, p95) = percentiles(heads.take(BLOCKS).collect());
    while started.elapsed() < time {
        std::thread::sleep(Duration::from_secs(1));
    }
    let memory = devnet.memory();
    let most = memory.iter().copied().fold(0.0, f64::max);
    vec![
        Row::new(
            "finality on loopback, four processes, after the proposal's time",
            format!("p50 {p50:.0} ms, p95 {p95:.0} ms"),
            format!("{BLOCKS} blocks as one node saw them"),
        ),
        Row::new(
            format!("memory of a validator after {} s", started.elapsed().as_secs()),
            format!("{most:.0} MB"),
            format!("resident, the largest of {VALIDATORS}, at height {}", devnet.height()),
        ),
    ]
}

/// Transfers that four validators finalise.
pub fn throughput(program: &Path, time: Duration, rate: u64, check: f64) -> Vec<Row> {
    eprintln!("a network under {rate} transfers a second for {} s", time.as_secs());
    let devnet = Devnet::start(program);
    let genesis: Genesis =
        serde_json::from_str(&std::fs::read_to_string(devnet.path("genesis.json")).unwrap()).unwrap();
    let spec = ChainSpec::new(genesis).unwrap();
    let secret = std::fs::read_to_string(devnet.path("passphrase")).unwrap();
    let faucet =
        KeyFile::open(devnet.path("faucet.key")).unwrap().unlock(&Passphrase::new(secret).unwrap()).unwrap();
    let faucet = faucet.account.signing_key();
    let accounts: Vec<SecretKey> = (0..ACCOUNTS)
        .map(|index| SecretKey::from_seed(hash_bytes(format!("account {index}").as_bytes()).as_bytes()))
        .collect();
    let pay = |key: &SecretKey, nonce: u64, to: usize, amount| {
        let action = Action::Transfer {
            to: accounts[to % ACCOUNTS].public().address(),
            amount: Amount::from_micro(amount),
        };
        Transaction::sign(&spec.domain, key, Nonce::new(nonce), spec.params().min_fee, action)
    };
    let gifts: Vec<String> = (0..ACCOUNTS)
        .map(|index| hex::encode(pay(&faucet, index as u64, index, 1_000_000_000).encode()))
        .collect();
    for batch in gifts.chunks(BATCH) {
        assert_eq!(post(&devnet, 0, batch.to_vec()), 0);
    }
    let last = accounts[ACCOUNTS - 1].public().address();
    devnet.wait("money for everybody", || {
        devnet.get(0, &format!("/accounts/{last}"))["nonce"].is_number() && {
            devnet.get(0, "/status")["mempool"].as_u64() == Some(0)
        }
    });

    let total = rate * time.as_secs();
    let sign = |number: u64| {
        pay(&accounts[number as usize % ACCOUNTS], number / ACCOUNTS as u64, number as usize + 1, 1)
    };
    let signed: Vec<Transaction> = (0..total).map(sign).collect();
    let (first, started) = (devnet.height(), Instant::now());
    let refused = AtomicU64::new(0);
    // One account always at the same node, so that its nonces come in order.
    std::thread::scope(|scope| {
        for node in 0..VALIDATORS {
            let (devnet, signed, refused) = (&devnet, &signed, &refused);
            scope.spawn(move || {
                let own: Vec<(usize, &Transaction)> = signed
                    .iter()
                    .enumerate()
                    .filter(|(number, _)| number % ACCOUNTS % VALIDATORS == node)
                    .collect();
                for batch in own.chunks(BATCH) {
                    let due = started + Duration::from_secs_f64(batch[0].0 as f64 / rate as f64);
                    std::thread::sleep(due.saturating_duration_since(Instant::now()));
                    let hex = batch.iter().map(|(_, one)| hex::encode(one.encode())).collect();
                    refused.fetch_add(post(devnet, node, hex), Ordering::Relaxed);
                }
            });
        }
    });
    let offered = started.elapsed();
    devnet.wait("an empty mempool", || devnet.get(0, "/status")["mempool"].as_u64() == Some(0));
    let blocks = blocks(&devnet, first);
    let sum: u64 = blocks.iter().map(|(_, count)| count).sum();
    // From the first block under load to the last one: what was offered before and after does not count.
    let (begin, end) = (blocks.first().unwrap(), blocks.last().unwrap());
    let seconds = (end.0 - begin.0) as f64 / 1e3;
    let finalised = (sum - begin.1) as f64 / seconds;
    let cores = std::thread::available_parallelism().map_or(1, usize::from);
    let limit = cores as f64 / (VALIDATORS as f64 * check);
    let memory = devnet.memory().into_iter().fold(0.0, f64::max);
    vec![Row::new(
        format!("transfers finalised by {VALIDATORS} validators, load and network on this machine"),
        format!("{finalised:.0} a second ({sum} in {} blocks over {seconds:.1} s)", blocks.len()),
        format!(
            "limit of signature checks {limit:.0} a second: {:.0} %; offered {:.0} a second between {ACCOUNTS} accounts, {} refused; memory \
             {memory:.0} MB",
            100.0 * finalised / limit,
            total as f64 / offered.as_secs_f64(),
            refused.load(Ordering::Relaxed)
        ),
    )]
}

/// Hands transactions in and returns how many were refused.
fn post(devnet: &Devnet, node: usize, hex: Vec<String>) -> u64 {
    let body = json!({ "transactions_hex": &hex }).to_string();
    let url = format!("{}/transactions/batch", devnet.urls[node]);
    let mut answer = devnet.agent.post(url).content_type("application/json").send(body).unwrap();
    let answer: Value = serde_json::from_str(&answer.body_mut().read_to_string().unwrap()).unwrap();
    // An overloaded node answers with an error for all of them.
    let Some(results) = answer["results"].as_array() else { return hex.len() as u64 };
    results.iter().filter(|one| one["id"].is_null()).count() as u64
}

/// Time and count of transfers of each block with any, above a height.
fn blocks(devnet: &Devnet, above: u64) -> Vec<(u64, u64)> {
    let (mut found, mut from) = (Vec::new(), above + 1);
    loop {
        let list = devnet.get(0, &format!("/blocks?from={from}&count=100"));
        let list = list["blocks"].as_array().unwrap().clone();
        if list.is_empty() {
            return found.into_iter().filter(|(_, count)| *count > 0).collect();
        }
        from += list.len() as u64;
        found.extend(
            list.iter().map(|block| {
                (block["time_ms"].as_u64().unwrap(), block["transaction_count"].as_u64().unwrap())
            }),
        );
    }
}
