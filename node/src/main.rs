//! The `emotionalchain` binary; see `emotionalchain_node::cli`.

use std::process::ExitCode;

fn main() -> ExitCode {
    emotionalchain_node::cli::main()
}
