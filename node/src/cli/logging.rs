//! What is logged, and how: chosen at the start, and the filter again whenever the configuration is read anew.

use std::sync::OnceLock;

use tracing_subscriber::{EnvFilter, filter::ParseError, fmt};

use super::CliResult;

/// Shapes of log lines.
#[derive(Clone, Copy, Debug, PartialEq, Eq, clap::ValueEnum)]
pub enum LogFormat {
    /// For people
    Text,
    /// One JSON object a line
    Json,
}

/// Logged where nobody says what.
pub const DEFAULT: &str = "info";

type Reload = Box<dyn Fn(EnvFilter) -> Result<(), tracing_subscriber::reload::Error> + Send + Sync>;
static RELOAD: OnceLock<Reload> = OnceLock::new();

/// Starts logging to standard error.
///
/// # Errors
/// For a filter that cannot be read.
pub fn start(filter: &str, format: LogFormat) -> CliResult {
    let builder = fmt().with_env_filter(read(filter)?).with_writer(std::io::stderr);
    match format {
        LogFormat::Text => {
            let builder = builder.with_filter_reloading();
            keep(builder.reload_handle());
            builder.init();
        }
        LogFormat::Json => {
            let builder = builder.json().with_filter_reloading();
            keep(builder.reload_handle());
            builder.init();
        }
    }
    Ok(())
}

/// Changes the filter.
///
/// # Errors
/// For a filter that cannot be read; the one in force stays.
pub fn change(filter: &str) -> CliResult {
    let filter = read(filter)?;
    match RELOAD.get() {
        Some(reload) => Ok(reload(filter)?),
        None => Err("logging has not been started".into()),
    }
}

fn keep<S: 'static>(handle: tracing_subscriber::reload::Handle<EnvFilter, S>)
where
    tracing_subscriber::reload::Handle<EnvFilter, S>: Send + Sync,
{
    // Logging is started once.
    let _ = RELOAD.set(Box::new(move |filter| handle.reload(filter)));
}

fn read(filter: &str) -> Result<EnvFilter, ParseError> {
    // The state machine's own trace is of no use to operators.
    EnvFilter::try_new(format!(
        "{filter},arc_malachitebft=off,webrtc=off,webrtc_ice=off,libp2p_webrtc=off,libp2p_gossipsub=error"
    ))
}
