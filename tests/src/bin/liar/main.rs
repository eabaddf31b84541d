//! `liar`: a node that lies to light clients, each time with one lie.
//!
//! ```text
//!  validators ──true heads, true answers──► Honest ──Truth──► Lie ──► light clients
//!       ▲                                     │
//!       └──────────── their questions ────────┘
//! ```
//! It joins a running local network as a node without a seat and under a new identity. What it says about the chain is
//! what a validator told it, but for its one lie; what it says to validators is the truth, so that the network goes on
//! undisturbed and a failure of a light client is the light client's. Where a lie needs somebody who signs it, that is
//! a validator of the folder: the lie is then no better or worse than one that this validator could tell.

mod altered_proof;
mod empty_proof;
mod endless_stream;
mod folder;
mod forged_header;
mod fork;
mod honest;
mod lie;
mod next_block;
mod out_of_range_signers;
mod repeated_signers;
mod serve;
mod stale_head;
#[cfg(test)]
mod tests;
mod wrong_set;

use std::{
    io::Write,
    os::unix::fs::FileTypeExt,
    path::PathBuf,
    process::ExitCode,
    sync::Arc,
    time::{Duration, Instant},
};

use clap::Parser;
use emotionalchain_link::ChainTag;
use emotionalchain_node::{
    keys::Seed,
    network::{NetworkConfig, P2pNode, keypair_from_seed},
};
use libp2p::{Multiaddr, PeerId};
use prometheus_client::registry::Registry;
use serde::Deserialize;
use serde_json::json;
use tokio::{
    io::AsyncReadExt,
    signal::unix::{SignalKind, signal},
    sync::watch,
};

use folder::{Failure, Folder};
use honest::Honest;
use lie::Kind;
use serve::Liar;

/// How long the validators may take for their first word.
const JOIN_LIMIT: Duration = Duration::from_secs(60);
/// Between tries.
const LOOK: Duration = Duration::from_millis(100);

/// Joins a running local network as a node that tells light clients one lie, until it is stopped.
#[derive(Parser)]
#[command(name = "liar", version, max_term_width = 100)]
struct Args {
    /// Folder of the network: the `--home` of `emotionalchain devnet`
    #[arg(long, value_name = "DIR")]
    home: PathBuf,
    /// What it lies about
    #[arg(long, value_enum, value_name = "NAME")]
    lie: Kind,
    /// Print one JSON line once it can be reached
    #[arg(long)]
    json: bool,
}

/// Of what a validator wrote about itself.
#[derive(Deserialize)]
struct Running {
    peer_id: String,
    listen: Vec<String>,
}

#[tokio::main]
async fn main() -> ExitCode {
    match run(Args::parse()).await {
        Ok(()) => ExitCode::SUCCESS,
        Err(reason) => {
            eprintln!("liar: {reason}");
            ExitCode::FAILURE
        }
    }
}

async fn run(args: Args) -> Result<(), Failure> {
    let folder = Folder::open(&args.home)?;
    let validators: Vec<Running> = folder.running()?;
    let ids = validators.iter().map(|one| one.peer_id.parse()).collect::<Result<Vec<PeerId>, _>>()?;
    let data = tempfile::tempdir()?;
    let config = NetworkConfig {
        listen: vec!["/ip4/127.0.0.1/tcp/0/ws".parse()?, "/ip4/127.0.0.1/udp/0/webrtc-direct".parse()?],
        bootstrap: addresses(&validators)?,
        ..NetworkConfig::loopback(data.path())
    };
    let identity = keypair_from_seed(*Seed::random()?.expose())?;
    let chain = ChainTag::new(&folder.spec.genesis.chain_id, &folder.spec.hash);
    let (network, events) = P2pNode::start(config, identity, chain, &mut Registry::default()).await?;

    let mut honest = Honest::new(network.clone(), ids, &folder.spec);
    let first = first_word(&mut honest).await?;
    let lie = args.lie.lie(&folder, &first)?;
    let (newest, truth) = watch::channel(first);
    let liar = Liar { network: network.clone(), honest: honest.clone(), truth, lie: Arc::from(lie) };
    tokio::spawn(serve::heads(liar.clone(), network.accept("head")?));
    tokio::spawn(serve::requests(liar, events));
    tokio::spawn(honest.follow(newest));

    let listen = network.listen_addrs().await?;
    let mut out = std::io::stdout().lock();
    if args.json {
        let said = json!({ "lie": args.lie.name(), "peer_id": network.local_peer_id().to_string(), "listen": listen });
        writeln!(out, "{said}")?;
    } else {
        for address in listen {
            writeln!(out, "{address}")?;
        }
    }
    out.flush()?;
    drop(out);

    stopped().await?;
    network.shutdown().await;
    Ok(())
}

/// Where to dial the validators: over TCP, which all of them speak.
fn addresses(validators: &[Running]) -> Result<Vec<Multiaddr>, Failure> {
    let tcp = |one: &&String| one.contains("/tcp/") && !one.contains("/ws");
    let found = validators.iter().filter_map(|one| one.listen.iter().find(tcp));
    Ok(found.map(|one| one.parse()).collect::<Result<_, _>>()?)
}

async fn first_word(honest: &mut Honest) -> Result<lie::Truth, Failure> {
    let since = Instant::now();
    loop {
        let reason = match honest.newer(None).await {
            Ok(Some(truth)) => return Ok(truth),
            Ok(None) => "no block is final".into(),
            Err(reason) => reason,
        };
        if since.elapsed() > JOIN_LIMIT {
            return Err(format!("nothing to lie about after {} s: {reason}", JOIN_LIMIT.as_secs()).into());
        }
        tokio::time::sleep(LOOK).await;
    }
}

/// Waits for a signal, or for the end of a pipe that is the standard input: that of a parent which is gone.
async fn stopped() -> Result<(), Failure> {
    let (mut interrupt, mut terminate) = (signal(SignalKind::interrupt())?, signal(SignalKind::terminate())?);
    let kind = std::fs::metadata("/dev/stdin").map(|file| file.file_type());
    let parent = kind.is_ok_and(|kind| kind.is_fifo() || kind.is_socket());
    let orphaned = async {
        let mut input = tokio::io::stdin();
        while parent && input.read(&mut [0; 64]).await.is_ok_and(|read| read > 0) {}
        if !parent {
            std::future::pending::<()>().await;
        }
    };
    tokio::select! {
        _ = interrupt.recv() => {}
        _ = terminate.recv() => {}
        () = orphaned => {}
    }
    Ok(())
}
