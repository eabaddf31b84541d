//! The command line of the binary `emotionalchain`.
//!
//! Exit codes: 0 done, 1 failed, 2 wrong usage. Messages go to standard error, results to standard output; with
//! `--json` a result is one JSON document a line.

/// Prints a line of a result; a reader that has gone away is an error like any other, not a panic.
macro_rules! out {
    ($($words:tt)*) => {
        $crate::cli::write_line(format_args!($($words)*))?
    };
}

mod analyze;
mod client;
mod devnet;
mod home;
mod init;
mod light;
mod logging;
mod prove;
mod query;
mod recover;
mod run;
mod settings;
mod status;
mod tx;

use std::{path::PathBuf, process::ExitCode};

use clap::{Args, Parser, Subcommand};

use crate::keys::PassphraseSource;
use logging::LogFormat;

/// What went wrong, as a person reads it: one line, and what to do.
pub type CliResult = Result<(), Box<dyn std::error::Error + Send + Sync>>;

/// A validator of EmotionalChain, and everything to look after it.
#[derive(Debug, Parser)]
#[command(name = "emotionalchain", version, max_term_width = 100)]
pub struct Cli {
    /// What is logged: error, warn, info, debug, trace, or a filter such as `info,emotionalchain_node=debug`
    /// [default: info, or what config.toml says]
    #[arg(long, global = true, env = "EMOTIONALCHAIN_LOG", value_name = "FILTER")]
    log: Option<String>,
    /// How it is logged
    #[arg(long, global = true, value_enum, default_value_t = LogFormat::Text)]
    log_format: LogFormat,
    #[command(subcommand)]
    command: Command,
}

#[derive(Debug, Subcommand)]
enum Command {
    /// Make a home: keys, configuration and the chain's genesis
    Init(init::InitArgs),
    /// Run the node of a home until told to stop
    Run(run::RunArgs),
    /// Start a local network of separate processes, each replaying a recorded heartbeat as a simulated device
    Devnet(devnet::DevnetArgs),
    /// Show what a node says of itself
    Status(status::StatusArgs),
    /// Sign and hand in a transaction
    #[command(subcommand)]
    Tx(tx::TxCommand),
    /// Ask a node, and with --verify check the answer against certificates from genesis on
    Query(query::QueryArgs),
    /// Follow a chain as a light client: from genesis or a checkpoint, verifying the certificates that lead to its head
    Light(light::LightArgs),
    /// Heart-beat recordings
    #[command(subcommand)]
    Biometrics(analyze::BiometricsCommand),
    /// The key file of a home
    #[command(subcommand)]
    Keys(init::KeysCommand),
    /// Read a home's configuration and genesis, and say whether they would start
    CheckConfig(run::CheckArgs),
    /// Roll a stopped node back to a checkpoint that its own chain contradicts
    Recover(recover::RecoverArgs),
}

/// Where a passphrase comes from.
#[derive(Clone, Debug, Args)]
pub struct PassphraseArgs {
    /// File that holds the passphrase, readable by its owner alone; without it EMOTIONALCHAIN_PASSPHRASE, else a prompt
    #[arg(long, value_name = "FILE")]
    passphrase_file: Option<PathBuf>,
}

impl PassphraseArgs {
    /// File before environment before prompt.
    pub fn source(&self) -> PassphraseSource {
        match &self.passphrase_file {
            Some(path) => PassphraseSource::File(path.clone()),
            None if std::env::var_os(crate::keys::PASSPHRASE_VARIABLE).is_some() => {
                PassphraseSource::Environment
            }
            None => PassphraseSource::Prompt,
        }
    }
}

/// Runs the command that the arguments name.
pub fn main() -> ExitCode {
    let cli = Cli::parse();
    if let Err(error) = logging::start(cli.log.as_deref().unwrap_or(logging::DEFAULT), cli.log_format) {
        eprintln!("error: {error}");
        return ExitCode::from(2);
    }
    crate::network::install_crypto_provider();
    let result = match cli.command {
        Command::Init(args) => init::init(&args),
        Command::Run(args) => run::run(args, cli.log.is_some()),
        Command::Devnet(args) => devnet::devnet(args),
        Command::Status(args) => status::status(&args),
        Command::Tx(command) => tx::tx(&command),
        Command::Query(args) => query::query(&args),
        Command::Light(args) => light::light(&args),
        Command::Biometrics(command) => analyze::biometrics(&command),
        Command::Keys(command) => init::keys(&command),
        Command::CheckConfig(args) => run::check(&args),
        Command::Recover(args) => recover::recover(&args),
    };
    match result {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) if is_broken_pipe(error.as_ref()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("error: {}", explain(error.as_ref()));
            ExitCode::FAILURE
        }
    }
}

/// A line on standard output.
///
/// # Errors
/// The output's.
fn write_line(words: std::fmt::Arguments<'_>) -> std::io::Result<()> {
    use std::io::Write;
    writeln!(std::io::stdout().lock(), "{words}")
}

/// Whether whoever read the output has seen enough, as `head` does.
fn is_broken_pipe(error: &(dyn std::error::Error + 'static)) -> bool {
    error.downcast_ref::<std::io::Error>().is_some_and(|error| error.kind() == std::io::ErrorKind::BrokenPipe)
}

/// An error with its causes, in one line; a cause that the error names itself is not repeated.
fn explain(error: &(dyn std::error::Error + 'static)) -> String {
    let mut text = error.to_string();
    let mut cause = error.source();
    while let Some(error) = cause {
        let named = error.to_string();
        if !text.contains(&named) {
            text = format!("{text}: {named}");
        }
        cause = error.source();
    }
    text
}
