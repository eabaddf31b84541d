//! What can go wrong in `cargo xtask`, each with what to do about it.

use std::io;
use std::path::PathBuf;
use std::process::ExitStatus;

/// A sub-command that did not end well.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// A program could not be started at all.
    #[error("cannot start `{program}`: {source}")]
    Start {
        /// The program's name as it was called.
        program: String,
        /// What the operating system said.
        source: io::Error,
    },
    /// A program ran and reported failure.
    #[error("`{line}` failed ({status})")]
    Failed {
        /// The whole command line.
        line: String,
        /// How it ended.
        status: ExitStatus,
    },
    /// Something is missing that xtask may not or cannot install.
    #[error("{what} is missing; run: {remedy}")]
    Missing {
        /// What is missing.
        what: String,
        /// The command that brings it.
        remedy: String,
    },
    /// A file or folder could not be read or written.
    #[error("{path}: {source}", path = path.display())]
    File {
        /// The file or folder.
        path: PathBuf,
        /// What the operating system said.
        source: io::Error,
    },
    /// A test runner ended well without having run a single test: a check that checks nothing is a failed check.
    #[error("`{line}` ran no test")]
    NoTests {
        /// The whole command line.
        line: String,
    },
    /// A step of `cargo xtask test` failed.
    #[error("step `{step}` failed: {source}")]
    Step {
        /// The step's name.
        step: &'static str,
        /// Why.
        source: Box<Error>,
    },
    /// The user named a fuzz target that does not exist, or none exists.
    #[error("no fuzz target {asked}; known: {known}")]
    NoFuzzTarget {
        /// What was asked for.
        asked: String,
        /// What there is.
        known: String,
    },
    /// Something that was built weighs too much, or nothing.
    #[error("{what} has {size} bytes; at least 1 and at most {limit} are allowed")]
    Size {
        /// What was weighed.
        what: &'static str,
        /// Its size in bytes.
        size: u64,
        /// The most it may have.
        limit: u64,
    },
    /// A package holds other files than its committed list says.
    #[error("{list}: missing from the package: [{missing}]; not in the list: [{extra}]", list = list.display())]
    Contents {
        /// The list.
        list: PathBuf,
        /// Files of the list that the package lacks.
        missing: String,
        /// Files of the package that the list lacks.
        extra: String,
    },
    /// Home and cache folder are both unknown.
    #[error("neither EMOTIONALCHAIN_TOOLS, XDG_CACHE_HOME nor HOME is set: no place to keep tools in")]
    NoCache,
}
