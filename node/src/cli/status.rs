//! `status`.

use std::time::Duration;

use clap::Args;

use super::{CliResult, client::Client};

/// Options of `status`.
#[derive(Debug, Args)]
pub struct StatusArgs {
    /// URL of the node
    #[arg(long, env = "EMOTIONALCHAIN_NODE", default_value = "http://127.0.0.1:8080", value_name = "URL")]
    node: String,
    /// Ask again every second until stopped
    #[arg(long)]
    watch: bool,
    /// Print one JSON object a line
    #[arg(long)]
    json: bool,
}

pub fn status(args: &StatusArgs) -> CliResult {
    let client = Client::new(&args.node);
    loop {
        let status = match client.get("/status") {
            Ok(status) => status,
            // A node that is watched may be started again.
            Err(error) if args.watch => {
                eprintln!("{error}");
                std::thread::sleep(Duration::from_secs(1));
                continue;
            }
            Err(error) => return Err(error.into()),
        };
        if args.json {
            out!("{status}");
        } else {
            let shown: Vec<String> = status
                .as_object()
                .into_iter()
                .flatten()
                .map(|(name, value)| {
                    format!("{name:<13} {}", value.as_str().map_or_else(|| value.to_string(), str::to_owned))
                })
                .collect();
            out!("{}", shown.join("\n"));
        }
        if !args.watch {
            return Ok(());
        }
        std::thread::sleep(Duration::from_secs(1));
    }
}
