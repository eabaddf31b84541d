//! Behaviour of the core, alone and in a small network in virtual time.

mod agreement;
mod bounds;
mod decisions;
mod evidence;
mod locks;
#[cfg(feature = "mutations")]
mod mutations;
mod net;
mod noise;
mod refusals;
mod restart;
mod rig;
mod timing;
