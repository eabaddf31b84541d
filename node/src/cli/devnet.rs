//! `devnet`: a local network of separate processes.
//!
//! Each validator is this very program, started as `run` on a home of its own, with its own keys, ports, store and
//! recording. The recordings stand in for people: their devices are enrolled as *simulated*, which only a genesis with
//! `allow_simulated` permits. The processes end when this one does.
//!
//! With `--browser-device` the device of the last validator belongs to the page instead: no recording is replayed for
//! it, and its seed stands in the page's address (see [`page`]).

mod layout;
mod page;
mod recordings;

use std::{
    ffi::OsStr,
    path::{Path, PathBuf},
    process::{Child, Command, Stdio},
    time::{Duration, Instant},
};

use clap::Args;
use serde_json::{Value, json};

use super::{
    CliResult,
    client::Client,
    home::{Home, Running, read_bounded},
};
use crate::{http::Site, keys::PASSPHRASE_VARIABLE};
use layout::Layout;

/// Longest wait for all validators to be up and to finalise.
const START_LIMIT: Duration = Duration::from_secs(90);
/// Between looks while waiting.
const LOOK: Duration = Duration::from_millis(100);

/// Options of `devnet`.
#[derive(Debug, Args)]
pub struct DevnetArgs {
    /// Validator processes [default: 4]
    #[arg(long, value_parser = clap::value_parser!(u16).range(1..=64), value_name = "N")]
    validators: Option<u16>,
    /// Length of an emotional round in seconds; recordings play faster when it is below 30 [default: 30]
    #[arg(long, value_parser = clap::value_parser!(u64).range(1..=3600), value_name = "S")]
    epoch_seconds: Option<u64>,
    /// Least time between blocks in milliseconds [default: 1000]
    #[arg(long, value_parser = clap::value_parser!(u64).range(10..=60000), value_name = "MS")]
    block_interval_ms: Option<u64>,
    /// Folder of the network; one that is there already is started again, and takes none of the options that shape it
    #[arg(long, value_name = "DIR")]
    home: Option<PathBuf>,
    /// First of the ports; without it free ones are taken
    #[arg(long, value_name = "PORT")]
    base_port: Option<u16>,
    /// Recording of one validator, counted from 0; may be given several times
    #[arg(long, value_name = "I=FILE", value_parser = recordings::parse_choice)]
    recording: Vec<(u16, PathBuf)>,
    /// Start without any recording: the chain goes on at its floor of seats
    #[arg(long)]
    no_recordings: bool,
    /// Folder of a built page, served by every validator at `/`
    #[arg(long, value_name = "DIR")]
    web: Option<PathBuf>,
    /// Give the last validator's device to the page: the validator replays no recording
    #[arg(long)]
    browser_device: bool,
    /// Print one JSON line once all are up
    #[arg(long)]
    json: bool,
}

impl DevnetArgs {
    fn validators(&self) -> u16 {
        self.validators.unwrap_or(4)
    }

    fn epoch_ms(&self) -> u64 {
        self.epoch_seconds.unwrap_or(30).saturating_mul(1_000)
    }

    fn block_interval_ms(&self) -> u64 {
        self.block_interval_ms.unwrap_or(1_000).min(self.epoch_ms())
    }

    /// Whether anything is said that stands in the files of a network that is there.
    fn shapes_a_new_one(&self) -> bool {
        self.validators.is_some()
            || self.epoch_seconds.is_some()
            || self.block_interval_ms.is_some()
            || self.base_port.is_some()
            || !self.recording.is_empty()
            || self.no_recordings
            || self.browser_device
    }

    /// Whether a validator's device belongs to the page.
    fn is_browsers(&self, validator: usize) -> bool {
        self.browser_device && validator.saturating_add(1) == usize::from(self.validators())
    }

    /// A validator has one device: of a recording or of the page.
    fn check_devices(&self) -> Result<(), String> {
        match self.recording.iter().find(|(at, _)| self.is_browsers(usize::from(*at))) {
            Some((at, _)) => {
                Err(format!("--recording {at}=…: with --browser-device the page measures for it"))
            }
            None => Ok(()),
        }
    }
}

pub fn devnet(args: DevnetArgs) -> CliResult {
    // The validators read it themselves; here its faults are told before anything is made.
    args.web.as_deref().map(Site::load).transpose()?;
    args.check_devices()?;
    let (folder, temporary) = match &args.home {
        Some(home) => (home.clone(), false),
        None => (std::env::temp_dir().join(format!("emotionalchain-devnet-{}", std::process::id())), true),
    };
    let layout = if Layout::exists(&folder) {
        if args.shapes_a_new_one() {
            return Err(format!(
                "{} is a network already: its validators, epochs, ports and recordings stand in its files; start it \
                 with --home alone, or choose another folder",
                folder.display()
            )
            .into());
        }
        Layout::read(&folder)?
    } else {
        eprintln!("making {} validators in {}", args.validators(), folder.display());
        Layout::make(&folder, &args)?
    };
    let mut children = Vec::new();
    for home in layout.homes() {
        children.push(start(&home, layout.passphrase(), args.web.as_deref())?);
    }
    let result = supervise(&args, &layout, &mut children);
    stop(children);
    if temporary && result.is_ok() {
        std::fs::remove_dir_all(&folder)?;
    }
    result
}

/// Starts one validator; it ends with the pipe that is its standard input.
fn start(home: &Home, passphrase: &str, web: Option<&Path>) -> Result<Child, std::io::Error> {
    // A crashed run leaves it behind, and it must not be taken for the new one's.
    let _ = std::fs::remove_file(home.running());
    let log = std::fs::OpenOptions::new().create(true).append(true).open(home.path().join("node.log"))?;
    Command::new(std::env::current_exe()?)
        .args(["run", "--stop-on-stdin-close", "--home"])
        .arg(home.path())
        .args(web.into_iter().flat_map(|web| [OsStr::new("--web"), web.as_os_str()]))
        .env(PASSPHRASE_VARIABLE, passphrase)
        .stdin(Stdio::piped())
        .stdout(Stdio::null())
        .stderr(log)
        .spawn()
}

fn supervise(args: &DevnetArgs, layout: &Layout, children: &mut [Child]) -> CliResult {
    let nodes = wait_until_up(layout, children)?;
    let first = nodes.first().ok_or("no validator")?;
    let client = Client::new(&first.http);
    wait_for_block(&client, children)?;
    if args.json {
        out!("{}", summary(layout, &nodes, &first.http));
    } else {
        out!(
            "{} validators finalise blocks; {} of them replay a recorded heartbeat as a simulated device",
            nodes.len(),
            layout.replaying()?
        );
        for node in &nodes {
            out!("  {}  {}  pid {}", node.http, node.peer_id, node.pid);
        }
        if args.web.is_some() || layout.serves_a_page()? {
            out!("\npage     {}\n", layout.page().url(&first.http));
        }
        out!("watch    emotionalchain status --watch --node {}", first.http);
        out!("logs     {}/validator-0/node.log", layout.folder().display());
        out!("stop     Ctrl-C");
    }
    let stopped = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
    stopped.block_on(async {
        let mut terminate = tokio::signal::unix::signal(tokio::signal::unix::SignalKind::terminate())?;
        let mut told = std::collections::BTreeSet::new();
        let mut look = tokio::time::interval(Duration::from_secs(1));
        loop {
            tokio::select! {
                _ = tokio::signal::ctrl_c() => return Ok(()),
                _ = terminate.recv() => return Ok(()),
                _ = look.tick() => {
                    let mut alive = 0_usize;
                    for (index, child) in children.iter_mut().enumerate() {
                        match child.try_wait() {
                            Ok(None) => alive = alive.saturating_add(1),
                            ended => {
                                if told.insert(index) {
                                    eprintln!("validator {index} has stopped ({ended:?}); see its log");
                                }
                            }
                        }
                    }
                    if alive == 0 {
                        return Err("all validators have stopped; see their logs".into());
                    }
                }
            }
        }
    })
}

fn wait_until_up(
    layout: &Layout,
    children: &mut [Child],
) -> Result<Vec<Running>, Box<dyn std::error::Error + Send + Sync>> {
    let since = Instant::now();
    let mut up = Vec::new();
    for (index, home) in layout.homes().iter().enumerate() {
        loop {
            let written = read_bounded(&home.running(), 1 << 20).ok();
            if let Some(running) = written.and_then(|text| serde_json::from_str::<Running>(&text).ok()) {
                up.push(running);
                break;
            }
            check(index, children, home)?;
            if since.elapsed() > START_LIMIT {
                return Err(format!("validator {index} is not up after {} s", START_LIMIT.as_secs()).into());
            }
            std::thread::sleep(LOOK);
        }
    }
    Ok(up)
}

fn check(index: usize, children: &mut [Child], home: &Home) -> CliResult {
    match children.get_mut(index).map(Child::try_wait) {
        Some(Ok(Some(status))) => {
            let log = home.path().join("node.log");
            Err(format!("validator {index} stopped with {status}; see {}", log.display()).into())
        }
        _ => Ok(()),
    }
}

fn wait_for_block(client: &Client, children: &mut [Child]) -> CliResult {
    let since = Instant::now();
    loop {
        let height =
            client.get("/status").ok().and_then(|status| status.get("height").and_then(Value::as_u64));
        if height.is_some_and(|height| height > 0) {
            return Ok(());
        }
        if children.iter_mut().all(|child| !matches!(child.try_wait(), Ok(None))) {
            return Err("all validators have stopped; see their logs".into());
        }
        if since.elapsed() > START_LIMIT {
            return Err(format!("no block is final after {} s", START_LIMIT.as_secs()).into());
        }
        std::thread::sleep(LOOK);
    }
}

fn summary(layout: &Layout, nodes: &[Running], first: &str) -> Value {
    let homes = layout.homes();
    let nodes: Vec<Value> = nodes
        .iter()
        .zip(&homes)
        .map(|(node, home)| {
            json!({
                "http": node.http,
                "peer_id": node.peer_id,
                "listen": node.listen,
                "pid": node.pid,
                "home": home.path(),
            })
        })
        .collect();
    json!({
        "home": layout.folder(),
        "genesis": layout.genesis(),
        "faucet_key": layout.faucet(),
        "passphrase_file": layout.passphrase_file(),
        "page": layout.page().json(first),
        "nodes": nodes,
    })
}

/// Ends the children by closing their standard input, and those that do not heed it by force.
fn stop(children: Vec<Child>) {
    let mut children = children;
    for child in &mut children {
        drop(child.stdin.take());
    }
    let since = Instant::now();
    for child in &mut children {
        while matches!(child.try_wait(), Ok(None)) {
            if since.elapsed() > Duration::from_secs(10) {
                let _ = child.kill();
                let _ = child.wait();
            } else {
                std::thread::sleep(Duration::from_millis(20));
            }
        }
    }
}
