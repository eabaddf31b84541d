//! The folder of a devnet: one home a validator, a shared genesis, a funded account, the page's keys.

use std::{
    fs,
    net::{TcpListener, UdpSocket},
    path::{Path, PathBuf},
    time::{SystemTime, UNIX_EPOCH},
};

use emotionalchain_shared::{
    chain::{Genesis, GenesisAccount, GenesisDevice, GenesisValidator, Params},
    epoch::RandomnessChain,
    primitives::{Amount, TimeMs},
};
use libp2p::{Multiaddr, PeerId};

use super::{
    DevnetArgs,
    page::{self, Page},
    recordings::RECORDINGS,
};
use crate::{
    cli::{
        home::{Home, HomeError, NodeFile, read_bounded},
        init::peer_id,
    },
    keys::{KdfCost, KeyFile, Keys, Passphrase},
    network::Profile,
};

type Failure = Box<dyn std::error::Error + Send + Sync>;

/// What the funded account begins with, EMO.
const FAUCET: u64 = 1_000_000;
/// What each validator's account begins with beside its bond, EMO.
const POCKET: u64 = 1_000;
/// The file of the page's keys.
const PAGE: &str = "page.json";
/// Ports of one validator.
const PORTS: u16 = 5;

/// A devnet's folder.
pub struct Layout {
    folder: PathBuf,
    validators: usize,
    passphrase: String,
    page: Page,
}

impl Layout {
    /// Whether there is one.
    pub fn exists(folder: &Path) -> bool {
        folder.join("genesis.json").exists()
    }

    /// One that is there.
    pub fn read(folder: &Path) -> Result<Self, Failure> {
        let passphrase = read_bounded(&folder.join("passphrase"), 1_024)?.trim_end().to_owned();
        let validators = (0..).take_while(|index| folder.join(format!("validator-{index}")).exists()).count();
        if validators == 0 {
            return Err(format!("{} holds a genesis but no validator", folder.display()).into());
        }
        let page = Page::read(&folder.join(PAGE))?;
        Ok(Self { folder: folder.to_owned(), validators, passphrase, page })
    }

    /// A new one.
    pub fn make(folder: &Path, args: &DevnetArgs) -> Result<Self, Failure> {
        fs::create_dir_all(folder.join("recordings"))?;
        let mut secret = [0; 16];
        getrandom::fill(&mut secret)?;
        let passphrase = hex::encode(secret);
        write_private(&folder.join("passphrase"), &passphrase)?;
        for (name, text) in RECORDINGS {
            fs::write(folder.join("recordings").join(format!("{name}.csv")), text)?;
        }

        let count = usize::from(args.validators());
        let keys = (0..count).map(|_| Keys::random()).collect::<Result<Vec<_>, _>>()?;
        let faucet = Keys::random()?;
        let genesis = genesis(args, &keys, &faucet)?;
        genesis.check()?;
        let text = serde_json::to_string_pretty(&genesis)?;
        let secret = Passphrase::new(passphrase.clone())?;
        KeyFile::seal(&faucet, &secret, KdfCost::DEVNET)?.create(folder.join("faucet.key"))?;

        let ports = ports(args)?;
        let peers = keys.iter().map(peer_id).collect::<Result<Vec<PeerId>, _>>()?;
        let dialled: Vec<Multiaddr> = peers
            .iter()
            .zip(&ports)
            .map(|(peer, [tcp, ..])| format!("/ip4/127.0.0.1/tcp/{tcp}/p2p/{peer}").parse())
            .collect::<Result<_, _>>()?;
        for (index, (keys, ports)) in keys.iter().zip(&ports).enumerate() {
            let home = Home::at(&folder.join(format!("validator-{index}")));
            home.create(&home.genesis(), &text)?;
            KeyFile::seal(keys, &secret, KdfCost::DEVNET)?.create(home.keys())?;
            let others = dialled.iter().enumerate().filter(|(other, _)| *other != index);
            let file = node_file(folder, args, index, *ports, others.map(|(_, at)| at.clone()).collect())?;
            home.create(&home.config(), &toml::to_string_pretty(&file)?)?;
        }
        let page = Page::new(&faucet, keys.last().filter(|_| args.browser_device));
        write_private(&folder.join(PAGE), &page.file())?;
        // Last: a folder without it is not taken for a devnet.
        fs::write(folder.join("genesis.json"), text)?;
        Ok(Self { folder: folder.to_owned(), validators: count, passphrase, page })
    }

    /// The folder.
    pub fn folder(&self) -> &Path {
        &self.folder
    }

    /// The homes in order.
    pub fn homes(&self) -> Vec<Home> {
        (0..self.validators).map(|index| Home::at(&self.folder.join(format!("validator-{index}")))).collect()
    }

    /// Opens every key file of the folder.
    pub fn passphrase(&self) -> &str {
        &self.passphrase
    }

    /// Where that is written down.
    pub fn passphrase_file(&self) -> PathBuf {
        self.folder.join("passphrase")
    }

    /// The page's keys.
    pub const fn page(&self) -> &Page {
        &self.page
    }

    /// Whether the validators' files name a page to serve.
    pub fn serves_a_page(&self) -> Result<bool, HomeError> {
        Ok(self.files()?.iter().any(|file| file.web.is_some()))
    }

    /// How many validators replay a recording.
    pub fn replaying(&self) -> Result<usize, HomeError> {
        Ok(self.files()?.iter().filter(|file| file.recording.is_some()).count())
    }

    fn files(&self) -> Result<Vec<NodeFile>, HomeError> {
        self.homes().iter().map(Home::node_file).collect()
    }

    /// The chain's genesis.
    pub fn genesis(&self) -> PathBuf {
        self.folder.join("genesis.json")
    }

    /// Keys of the funded account.
    pub fn faucet(&self) -> PathBuf {
        self.folder.join("faucet.key")
    }
}

fn write_private(path: &Path, text: &str) -> std::io::Result<()> {
    use std::{io::Write, os::unix::fs::OpenOptionsExt};
    let mut file = fs::OpenOptions::new().write(true).create_new(true).mode(0o600).open(path)?;
    file.write_all(text.as_bytes())
}

fn genesis(args: &DevnetArgs, keys: &[Keys], faucet: &Keys) -> Result<Genesis, Failure> {
    let params = Params {
        epoch_ms: args.epoch_ms(),
        block_interval_ms: args.block_interval_ms(),
        allow_simulated: true,
        ..Params::default()
    };
    let now = SystemTime::now().duration_since(UNIX_EPOCH)?.as_millis();
    let account = |keys: &Keys, emo| {
        let balance = Amount::from_emo(emo).ok_or("amount out of range")?;
        Ok::<_, Failure>(GenesisAccount { address: keys.public().account.address(), balance })
    };
    let mut accounts = keys.iter().map(|keys| account(keys, POCKET)).collect::<Result<Vec<_>, _>>()?;
    accounts.push(account(faucet, FAUCET)?);
    let mut validators = Vec::new();
    for one in keys {
        validators.push(GenesisValidator {
            account: one.public().account.address(),
            consensus_key: one.public().consensus,
            peer_id: peer_id(one)?.to_bytes(),
            bond: params.min_bond,
            randomness_tip: RandomnessChain::new(one.randomness.expose()).tip(),
        });
    }
    let device = |keys: &Keys| GenesisDevice {
        validator: keys.public().consensus.address(),
        device_key: keys.public().device,
        tier: page::TIER,
        simulated: true,
    };
    Ok(Genesis {
        chain_id: "devnet".parse()?,
        time_ms: TimeMs::from_millis(u64::try_from(now)?),
        accounts,
        validators,
        devices: keys.iter().map(device).collect(),
        params,
    })
}

fn node_file(
    folder: &Path,
    args: &DevnetArgs,
    index: usize,
    [tcp, ws, http, quic, webrtc]: [u16; 5],
    bootstrap: Vec<Multiaddr>,
) -> Result<NodeFile, Failure> {
    let chosen =
        args.recording.iter().find(|(at, _)| usize::from(*at) == index).map(|(_, file)| file.clone());
    let own = RECORDINGS
        .iter()
        .cycle()
        .nth(index)
        .map(|(name, _)| folder.join("recordings").join(format!("{name}.csv")));
    let none = args.no_recordings || args.is_browsers(index);
    let recording = if none { None } else { chosen.or(own) };
    let mut file = NodeFile {
        http: ([127, 0, 0, 1], http).into(),
        recording: recording.map(std::path::absolute).transpose()?,
        web: args.web.as_deref().map(std::path::absolute).transpose()?,
        ..NodeFile::of(Profile::Devnet)
    };
    file.network.listen = vec![
        format!("/ip4/127.0.0.1/tcp/{tcp}").parse()?,
        format!("/ip4/127.0.0.1/udp/{quic}/quic-v1").parse()?,
        format!("/ip4/127.0.0.1/tcp/{ws}/ws").parse()?,
        format!("/ip4/127.0.0.1/udp/{webrtc}/webrtc-direct").parse()?,
    ];
    file.network.bootstrap = bootstrap;
    Ok(file)
}

/// Ports of each validator: three TCP, two UDP.
fn ports(args: &DevnetArgs) -> Result<Vec<[u16; 5]>, Failure> {
    if let Some(base) = args.base_port {
        let nth = |index: u16, port: u16| index.checked_mul(PORTS)?.checked_add(port)?.checked_add(base);
        let row = |index| {
            let mut row = [0; 5];
            for (to, port) in row.iter_mut().zip(0..PORTS) {
                *to = nth(index, port).ok_or("ports run past 65535: choose a lower --base-port")?;
            }
            Ok::<_, Failure>(row)
        };
        return (0..args.validators()).map(row).collect();
    }
    // All held at once, so that none is handed out twice.
    let mut held = Vec::new();
    for _ in 0..args.validators() {
        let tcp = [(); 3].map(|()| TcpListener::bind("127.0.0.1:0"));
        let udp = [(); 2].map(|()| UdpSocket::bind("127.0.0.1:0"));
        held.push((tcp, udp));
    }
    let mut all = Vec::new();
    for ([a, b, c], [d, e]) in held {
        let tcp =
            |one: std::io::Result<TcpListener>| one.and_then(|one| one.local_addr()).map(|at| at.port());
        let udp = |one: std::io::Result<UdpSocket>| one.and_then(|one| one.local_addr()).map(|at| at.port());
        all.push([tcp(a)?, tcp(b)?, tcp(c)?, udp(d)?, udp(e)?]);
    }
    Ok(all)
}
