//! The network over real sockets of the loopback interface: every transport, validation, requests, hostile frames,
//! restarts, other chains. Nothing here waits for time to pass; everything waits for an event, with a bound.

mod chain;
mod foreign;
mod gossip;
mod harness;
mod restart;
mod transports;
