//! `fill`: makes a block of a running local network as large as it may be.
//!
//! Blocks take what waits, so for a large one much has to wait at once. A few new accounts get money; then they hand
//! in all their transfers but the first, which no block can take before that. Once every validator has them all, the
//! missing ones follow in one message, and the next block takes as much as fits.

#[path = "liar/folder.rs"]
mod folder;

use std::{
    io::Write,
    path::PathBuf,
    process::ExitCode,
    time::{Duration, Instant},
};

use clap::Parser;
use emotionalchain_node::keys::Seed;
use emotionalchain_shared::{
    chain::{Action, ChainSpec, Transaction},
    crypto::SecretKey,
    primitives::{Address, Amount, Nonce},
    wire::Wire,
};
use serde::Deserialize;
use serde_json::{Value, json};

use folder::{Failure, Folder};

/// Bytes of transfers that wait, for each wanted byte of the block: the block's size is limited by what its entries
/// could have, which is a little more than what they do.
const SURPLUS: (usize, usize) = (11, 10);
/// Transfers of one sender: below what a mempool keeps of one, and looks ahead.
const EACH: usize = 1_000;
/// Transfers handed in at once.
const BATCH: usize = 250;
/// What a transfer moves: the least there is.
const AMOUNT: Amount = Amount::from_micro(1);
/// Between looks.
const LOOK: Duration = Duration::from_millis(100);

/// Fills a block of a running local network with transfers, and tells which one.
#[derive(Parser)]
#[command(name = "fill", version, max_term_width = 100)]
struct Args {
    /// Folder of the network: the `--home` of `emotionalchain devnet`
    #[arg(long, value_name = "DIR")]
    home: PathBuf,
    /// Least size of the block
    #[arg(long, default_value_t = 1_000_000, value_parser = clap::value_parser!(u32).range(1..=1_000_000), value_name = "N")]
    bytes: u32,
    /// Longest time that it may take
    #[arg(long, default_value_t = 90, value_name = "S")]
    seconds: u64,
    /// Print one JSON line
    #[arg(long)]
    json: bool,
}

/// Of what a validator wrote about itself.
#[derive(Deserialize)]
struct Running {
    http: String,
}

/// The running network.
struct Net {
    folder: Folder,
    urls: Vec<String>,
    agent: ureq::Agent,
    deadline: Instant,
}

/// A block that is large enough.
#[derive(Debug, PartialEq, Eq)]
struct Filled {
    height: u64,
    bytes: usize,
    transactions: usize,
}

fn main() -> ExitCode {
    let args = Args::parse();
    let told = fill(&args).and_then(|filled| Ok(tell(&args, &filled)?));
    match told {
        Ok(()) => ExitCode::SUCCESS,
        Err(reason) => {
            eprintln!("fill: {reason}");
            ExitCode::FAILURE
        }
    }
}

fn tell(args: &Args, Filled { height, bytes, transactions }: &Filled) -> std::io::Result<()> {
    let mut out = std::io::stdout().lock();
    if args.json {
        writeln!(out, "{}", json!({ "height": height, "bytes": bytes, "transactions": transactions }))
    } else {
        writeln!(out, "block {height} has {bytes} bytes and {transactions} transactions")
    }
}

fn fill(args: &Args) -> Result<Filled, Failure> {
    let folder = Folder::open(&args.home)?;
    let urls = folder.running::<Running>()?.into_iter().map(|node| node.http).collect();
    let agent = ureq::Agent::config_builder().timeout_global(Some(Duration::from_secs(20)));
    let agent = agent.http_status_as_error(false).build().into();
    let deadline = Instant::now().checked_add(Duration::from_secs(args.seconds)).ok_or("too many seconds")?;
    let net = Net { folder, urls, agent, deadline };

    let faucet = net.folder.keys("faucet.key")?.account.signing_key();
    let (first, wanted) = (net.height()?, usize::try_from(args.bytes)?);
    let spec = &net.folder.spec;
    let senders = (0..senders(wanted, transfer(spec, &faucet, 0, faucet.public().address(), AMOUNT).len()))
        .map(|_| Ok(Seed::random()?.signing_key()))
        .collect::<Result<Vec<SecretKey>, Failure>>()?;
    net.endow(&faucet, &senders)?;

    let to = faucet.public().address();
    let pay = |sender: &SecretKey, nonce: usize| {
        transfer(spec, sender, u64::try_from(nonce).unwrap_or(u64::MAX), to, AMOUNT)
    };
    // One sender after the other: at each validator, all of the one are there before the next begins.
    for (sender, url) in senders.iter().zip(net.urls.iter().cycle()) {
        let transfers: Vec<Vec<u8>> = (1..EACH).map(|nonce| pay(sender, nonce)).collect();
        for batch in transfers.chunks(BATCH) {
            net.hand_in(url, batch)?;
        }
    }
    let waiting = senders.len().saturating_mul(EACH.saturating_sub(1));
    net.wait("transfers waiting at every validator", || net.all(|url| Ok(net.waiting(url)? >= waiting)))?;
    let missing: Vec<Vec<u8>> = senders.iter().map(|sender| pay(sender, 0)).collect();
    net.hand_in(net.urls.first().ok_or("no validator")?, &missing)?;
    net.find(first, wanted)
}

/// How many accounts have to pay for so many bytes of transfers of this size.
fn senders(bytes: usize, transfer: usize) -> usize {
    let (more, than) = SURPLUS;
    let bytes = bytes.saturating_mul(more).checked_div(than).unwrap_or(bytes);
    bytes.div_ceil(transfer.max(1)).div_ceil(EACH)
}

fn transfer(spec: &ChainSpec, key: &SecretKey, nonce: u64, to: Address, amount: Amount) -> Vec<u8> {
    let action = Action::Transfer { to, amount };
    Transaction::sign(&spec.domain, key, Nonce::new(nonce), spec.params().min_fee, action).encode()
}

impl Net {
    /// Gives each sender what its transfers cost, and waits until every validator knows that.
    fn endow(&self, faucet: &SecretKey, senders: &[SecretKey]) -> Result<(), Failure> {
        let spec = &self.folder.spec;
        let each = u64::try_from(EACH)?;
        let cost = spec.params().min_fee.checked_add(AMOUNT).ok_or("a fee without measure")?;
        let gift = cost.mul_div(each, 1).ok_or("a fee without measure")?;
        let url = self.urls.first().ok_or("no validator")?;
        let account = self.get(url, &format!("/accounts/{}", faucet.public().address()))?;
        let nonce = number(&account, "nonce")?;
        let gifts: Vec<Vec<u8>> = (nonce..)
            .zip(senders)
            .map(|(nonce, to)| transfer(spec, faucet, nonce, to.public().address(), gift))
            .collect();
        self.hand_in(url, &gifts)?;
        let paths: Vec<String> =
            senders.iter().map(|one| format!("/accounts/{}", one.public().address())).collect();
        self.wait("money for every sender", || {
            self.all(|url| {
                let rich = paths.iter().map(|path| {
                    let account = self.get(url, path)?;
                    Ok(number(&account, "balance_micro")? >= gift.micro())
                });
                Ok(rich.collect::<Result<Vec<bool>, Failure>>()?.into_iter().all(|rich| rich))
            })
        })
    }

    /// The first block above a height with at least so many bytes.
    fn find(&self, above: u64, bytes: usize) -> Result<Filled, Failure> {
        let url = self.urls.first().ok_or("no validator")?;
        let (mut from, mut largest) = (above.saturating_add(1), 0);
        loop {
            while from <= self.height()? {
                let block = self.get(url, &format!("/blocks/{from}"))?;
                let hex = block.get("block_hex").and_then(Value::as_str).ok_or("a block without bytes")?;
                let transactions = block.get("transactions").and_then(Value::as_array).map_or(0, Vec::len);
                let size = hex.len() >> 1;
                if size >= bytes {
                    return Ok(Filled { height: from, bytes: size, transactions });
                }
                (from, largest) = (from.saturating_add(1), size.max(largest));
            }
            self.pause(&format!("a block of {bytes} bytes (the largest has {largest})"))?;
        }
    }

    /// Hands encoded transactions in; all of them have to be taken.
    fn hand_in(&self, url: &str, transactions: &[Vec<u8>]) -> Result<(), Failure> {
        let hex: Vec<String> = transactions.iter().map(hex::encode).collect();
        let body = json!({ "transactions_hex": hex }).to_string();
        let sent =
            self.agent.post(format!("{url}/transactions/batch")).content_type("application/json").send(body);
        let answer: Value = serde_json::from_str(&sent?.body_mut().read_to_string()?)?;
        let Some(results) = answer.get("results").and_then(Value::as_array) else {
            return Err(format!("{url} does not take a batch: {answer}").into());
        };
        match results.iter().find_map(|one| one.get("refused")) {
            Some(reason) => Err(format!("{url} refuses a transfer: {reason}").into()),
            None => Ok(()),
        }
    }

    fn get(&self, url: &str, path: &str) -> Result<Value, Failure> {
        let mut answer = self.agent.get(format!("{url}{path}")).call()?;
        let text = answer.body_mut().with_config().limit(16 << 20).read_to_string()?;
        if !answer.status().is_success() {
            return Err(format!("{url}{path}: {} {text}", answer.status()).into());
        }
        Ok(serde_json::from_str(&text)?)
    }

    fn height(&self) -> Result<u64, Failure> {
        number(&self.get(self.urls.first().ok_or("no validator")?, "/status")?, "height")
    }

    fn waiting(&self, url: &str) -> Result<usize, Failure> {
        Ok(usize::try_from(number(&self.get(url, "/status")?, "mempool")?)?)
    }

    /// Whether something holds at every validator.
    fn all(&self, holds: impl Fn(&str) -> Result<bool, Failure>) -> Result<bool, Failure> {
        for url in &self.urls {
            if !holds(url)? {
                return Ok(false);
            }
        }
        Ok(true)
    }

    fn wait(&self, what: &str, holds: impl Fn() -> Result<bool, Failure>) -> Result<(), Failure> {
        while !holds()? {
            self.pause(what)?;
        }
        Ok(())
    }

    fn pause(&self, what: &str) -> Result<(), Failure> {
        if Instant::now() >= self.deadline {
            return Err(format!("{what}: not in time").into());
        }
        std::thread::sleep(LOOK);
        Ok(())
    }
}

fn number(value: &Value, field: &str) -> Result<u64, Failure> {
    value.get(field).and_then(Value::as_u64).ok_or_else(|| format!("no number {field} in {value}").into())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn enough_accounts_and_no_more() {
        assert_eq!(senders(1_000_000, 160), 7);
        assert_eq!(senders(1_000_000, 200), 6);
        assert_eq!(senders(1, 160), 1);
        assert_eq!(senders(1, 0), 1);
    }
}
