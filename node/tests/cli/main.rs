//! The program as its users call it: arguments in; exit code, standard output and standard error out.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::indexing_slicing, clippy::panic)]
#![allow(clippy::arithmetic_side_effects, missing_docs, reason = "a panic is a failed test")]

mod analyze;
mod config;
mod following;
#[path = "../devnet/harness.rs"]
#[allow(dead_code, reason = "the tests of `devnet` use the rest")]
mod harness;
mod homes;
mod keys;
mod page;
mod program;
mod queries;
mod recovery;
mod reread;
mod transactions;
mod usage;

use harness::Devnet;

/// One network for all of it: starting four processes costs more than asking them.
#[test]
fn every_command_works_on_a_network_and_recover_once_it_is_stopped() {
    let mut net = Devnet::start(&["--epoch-seconds", "3", "--block-interval-ms", "200"]);
    let unjail = transactions::unjail_meanwhile(&net);
    let sent = transactions::a_fifth_validator_joins_and_leaves(&net);
    transactions::what_cannot_be_is_refused_at_once(&net);
    queries::every_kind_is_answered_and_verified(&net, &sent);
    queries::what_is_not_there_is_refused(&net);
    following::status_says_all_of_a_node(&net);
    following::light_follows_from_genesis_or_a_checkpoint(&net);
    transactions::unjail_without_a_jail_is_refused(&net, unjail);
    recovery::a_running_node_is_left_alone(&net);
    recovery::a_stopped_node_is_rolled_back_on_demand(&mut net);
}
