//! A `rustc` for wasm-pack where Debian's compiler builds the standard library from source.
//!
//! Before it builds, wasm-pack asks the compiler for the folder of the target's standard library and refuses to go on
//! where there is none. Debian has none. The script answers that one question with a folder that exists, and hands all
//! others to the compiler. Cargo is not concerned: it finds the compiler through `RUSTC`.

use std::fs;
use std::os::unix::fs::PermissionsExt;
use std::path::PathBuf;

use crate::{Result, files, paths};

const SCRIPT: &str = r#"#!/bin/sh
case "$*" in
    *"--print target-libdir"*) dirname "$0" ;;
    *) exec /usr/bin/rustc "$@" ;;
esac
"#;

/// The folder that holds it, to stand before all others on `PATH`.
pub fn ensure() -> Result<PathBuf> {
    let folder = paths::tools()?.join("shim");
    let program = folder.join("rustc");
    if !files::read(&program).is_ok_and(|script| script == SCRIPT.as_bytes()) {
        files::write(&program, SCRIPT.as_bytes())?;
        fs::set_permissions(&program, fs::Permissions::from_mode(0o755)).map_err(files::at(&program))?;
    }
    Ok(folder)
}
