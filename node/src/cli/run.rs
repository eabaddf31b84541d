//! `run` and `check-config`.

use std::{net::SocketAddr, path::PathBuf, sync::Arc};

use clap::Args;
use emotionalchain_shared::{biometrics::Recording, chain::ChainSpec, consensus::engine::Timeouts};
use serde_json::json;
use tokio::signal::unix::{Signal, SignalKind, signal};
use tracing::{debug, error, info};

use super::{
    CliResult, PassphraseArgs,
    analyze::read_recording,
    home::{Home, NodeFile, Running, read_bounded},
    logging,
    settings::{Setting, SettingsError},
};
use crate::{
    http::{self, Api, Site, SiteError},
    keys::{KeyFile, PassphrasePurpose, SignFloor},
    mempool::MempoolConfig,
    network::{NetworkHandle, Profile, bootstrap_network::seeds},
    node::{Node, NodeConfig},
    store::StoreOptions,
};

/// Settings that win over `config.toml`.
#[derive(Debug, Args)]
struct SettingArgs {
    /// Setting that wins over config.toml and the environment, as in network.limits.max_inbound=50; may be given
    /// several times. In the environment: EMOTIONALCHAIN__NETWORK__LIMITS__MAX_INBOUND=50
    #[arg(long, value_name = "NAME=VALUE")]
    set: Vec<String>,
}

impl SettingArgs {
    /// Those of the environment, then those of the flags.
    fn read(&self) -> Result<Vec<Setting>, SettingsError> {
        let variables = std::env::vars_os()
            .filter_map(|(name, value)| Some((name.into_string().ok()?, value.into_string().ok()?)));
        let mut settings = Setting::of_environment(variables)?;
        for flag in &self.set {
            settings.push(Setting::of_flag(flag)?);
        }
        Ok(settings)
    }
}

/// Options of `run`; each one given here wins over `config.toml`.
#[derive(Debug, Args)]
pub struct RunArgs {
    /// Folder of the node, made by `init`
    #[arg(long, value_name = "DIR", env = "EMOTIONALCHAIN_HOME")]
    home: PathBuf,
    /// Where to serve HTTP, by default 127.0.0.1:8080; port 0 takes a free one
    #[arg(long, value_name = "ADDRESS", env = "EMOTIONALCHAIN_HTTP")]
    http: Option<SocketAddr>,
    /// Recording to replay as a simulated device, where the chain allows those
    #[arg(long, value_name = "FILE")]
    recording: Option<PathBuf>,
    /// Folder of a built page to serve at `/`, read once at the start
    #[arg(long, value_name = "DIR")]
    web: Option<PathBuf>,
    /// Peer to stay connected to, as a multiaddress; may be given several times
    #[arg(long, value_name = "MULTIADDR")]
    peer: Vec<libp2p::Multiaddr>,
    /// Stop when standard input ends: for programs that start nodes and must not leave them behind
    #[arg(long)]
    stop_on_stdin_close: bool,
    #[command(flatten)]
    settings: SettingArgs,
    #[command(flatten)]
    passphrase: PassphraseArgs,
}

/// Options of `check-config`.
#[derive(Debug, Args)]
pub struct CheckArgs {
    /// Folder of the node
    #[arg(long, value_name = "DIR")]
    home: PathBuf,
    #[command(flatten)]
    settings: SettingArgs,
    /// Also print every setting as it would be in force
    #[arg(long)]
    show: bool,
    /// Print one JSON object
    #[arg(long)]
    json: bool,
}

pub fn check(args: &CheckArgs) -> CliResult {
    let home = Home::at(&args.home);
    let mut file = home.settings(&args.settings.read()?)?;
    read_seeds(&mut file)?;
    check_network(&file)?;
    let spec = home.spec()?;
    let keys = KeyFile::open(home.keys())?;
    read_replayed(&file, &spec)?;
    SignFloor::load(SignFloor::path_beside(home.keys()), &spec.hash, &keys.public().consensus)?;
    check_http(file.http)?;
    read_site(&file)?;
    if args.json {
        let (chain_id, genesis_hash) = (&spec.genesis.chain_id, spec.hash);
        let validator = keys.public().consensus.address();
        let found = json!({ "chain_id": chain_id, "genesis_hash": genesis_hash, "validator": validator, "http": file.http, "profile": file.profile, "settings": args.show.then_some(&file) });
        out!("{found}");
        return Ok(());
    }
    out!("chain       {} ({})", spec.genesis.chain_id, spec.hash);
    out!("validator   {}", keys.public().consensus.address());
    out!("http        {}", file.http);
    out!("everything needed to run is there");
    if args.show {
        out!("\n{}", toml::to_string_pretty(&file)?.trim_end());
    }
    Ok(())
}

/// Puts the seeds of a file behind the peers that are named.
fn read_seeds(file: &mut NodeFile) -> Result<(), Box<dyn std::error::Error + Send + Sync>> {
    if let Some(path) = &file.seeds {
        let limit = u64::try_from(seeds::MAX_FILE_BYTES).unwrap_or(u64::MAX);
        let text = read_bounded(path, limit)?;
        let found =
            seeds::from_file(text.as_bytes()).map_err(|error| format!("{}: {error}", path.display()))?;
        file.network.bootstrap = seeds::merge([std::mem::take(&mut file.network.bootstrap), found]);
    }
    Ok(())
}

/// What the profile asks of the network's settings.
fn check_network(file: &NodeFile) -> Result<(), Box<dyn std::error::Error + Send + Sync>> {
    file.network.check()?;
    if file.profile == Profile::Mainnet && file.network.bootstrap.is_empty() {
        return Err(
            "profile = mainnet: network.bootstrap or a file of seeds must name at least one peer".into()
        );
    }
    Ok(())
}

/// HTTP has neither passwords nor encryption.
fn check_http(address: SocketAddr) -> Result<(), String> {
    if address.ip().is_loopback() {
        return Ok(());
    }
    Err(format!(
        "http = {address}: only loopback addresses are served; put a proxy with access control before it"
    ))
}

/// The recording to replay, if the chain allows that.
fn read_replayed(
    file: &NodeFile,
    spec: &ChainSpec,
) -> Result<Option<Recording>, Box<dyn std::error::Error + Send + Sync>> {
    let recording = file.recording.as_deref().map(read_recording).transpose()?;
    if recording.is_some() && !spec.params().allow_simulated {
        return Err("this chain does not allow simulated devices: remove the recording".into());
    }
    Ok(recording)
}

/// The page to serve.
fn read_site(file: &NodeFile) -> Result<Option<Site>, SiteError> {
    file.web.as_deref().map(Site::load).transpose()
}

pub fn run(args: RunArgs, log_is_given: bool) -> CliResult {
    let home = Home::at(&args.home);
    let mut file = home.settings(&args.settings.read()?)?;
    file.http = args.http.unwrap_or(file.http);
    check_http(file.http)?;
    if !log_is_given {
        logging::change(&file.log)?;
    }
    file.recording = args.recording.or(file.recording);
    file.web = args.web.or(file.web);
    let reread = Reread { home: home.clone(), settings: args.settings, log_is_given };
    file.network.bootstrap.extend(args.peer);
    read_seeds(&mut file)?;
    check_network(&file)?;
    let spec = Arc::new(home.spec()?);
    let recording = read_replayed(&file, &spec)?;
    let site = read_site(&file)?;
    let key_file = KeyFile::open(home.keys())?;
    let passphrase = args.passphrase.source().read(PassphrasePurpose::Unlock)?;
    let keys = key_file.unlock(&passphrase)?;
    let config = NodeConfig {
        mempool: MempoolConfig { min_fee: spec.params().min_fee, ..MempoolConfig::default() },
        spec,
        data_dir: home.data(),
        keys,
        sign_floor: SignFloor::path_beside(home.keys()),
        network: file.network,
        store: StoreOptions::default(),
        timeouts: Timeouts::default(),
        recording,
    };
    let runtime = tokio::runtime::Builder::new_multi_thread().enable_all().build()?;
    runtime.block_on(live(home, config, file.http, site, args.stop_on_stdin_close, reread))
}

async fn live(
    home: Home,
    config: NodeConfig,
    http: SocketAddr,
    site: Option<Site>,
    stop_on_stdin: bool,
    reread: Reread,
) -> CliResult {
    let spec = Arc::clone(&config.spec);
    // Before anything else: the system's own answer to this signal is to end the process.
    let hang_up = signal(SignalKind::hangup())?;
    let listener = http::bind(http).await.map_err(|error| format!("HTTP address {http}: {error}"))?;
    let http = listener.local_addr()?;
    let node = Node::start(config).await?;
    let handle = node.handle();
    let running = Running {
        http: format!("http://{http}"),
        peer_id: handle.network().local_peer_id().to_string(),
        listen: handle.network().listen_addrs().await?.iter().map(ToString::to_string).collect(),
        pid: std::process::id(),
    };
    std::fs::write(home.running(), serde_json::to_string(&running)?)?;
    info!(http = %running.http, peer_id = %running.peer_id, chain = %spec.genesis.chain_id, "node is up");
    let server = tokio::spawn(http::serve(listener, Api::new(handle.clone(), spec, site)));

    let reader = tokio::spawn(reread.whenever_told(hang_up, handle.network().clone()));
    let stopper = handle.clone();
    let waiter = tokio::spawn(async move {
        until_told(stop_on_stdin).await;
        stopper.stop().await;
    });
    let result = node.finished().await;
    waiter.abort();
    reader.abort();
    server.abort();
    if let Err(error) = std::fs::remove_file(home.running()) {
        error!(%error, "run.json is left behind");
    }
    Ok(result?)
}

/// The configuration again, for what can change while the node runs: the log's filter and limits on connections.
struct Reread {
    home: Home,
    settings: SettingArgs,
    log_is_given: bool,
}

impl Reread {
    /// Upon each SIGHUP.
    async fn whenever_told(self, mut hang_up: Signal, network: NetworkHandle) {
        while hang_up.recv().await.is_some() {
            match self.read(&network) {
                Ok(()) => info!("the configuration was read again"),
                Err(error) => error!(%error, "the configuration in force stays"),
            }
        }
    }

    fn read(&self, network: &NetworkHandle) -> CliResult {
        let file = self.home.settings(&self.settings.read()?)?;
        file.network.check()?;
        if !self.log_is_given {
            logging::change(&file.log)?;
        }
        debug!(limits = ?file.network.limits, "limits in force");
        Ok(network.reconfigure(file.network)?)
    }
}

/// SIGINT, SIGTERM, or the end of standard input.
async fn until_told(stop_on_stdin: bool) {
    let (interrupt, terminate) = (signal(SignalKind::interrupt()), signal(SignalKind::terminate()));
    let (Ok(mut interrupt), Ok(mut terminate)) = (interrupt, terminate) else {
        error!("signals cannot be caught");
        return;
    };
    let (closed, mut stdin) = tokio::sync::mpsc::channel::<()>(1);
    // Kept to the end of the function: without the flag nothing ever closes it.
    let _held = if stop_on_stdin {
        // A thread of its own: the runtime would wait for a pending read when it ends.
        std::thread::spawn(move || {
            let _ = std::io::copy(&mut std::io::stdin(), &mut std::io::sink());
            drop(closed);
        });
        None
    } else {
        Some(closed)
    };
    tokio::select! {
        _ = interrupt.recv() => {}
        _ = terminate.recv() => {}
        _ = stdin.recv() => {}
    }
}
