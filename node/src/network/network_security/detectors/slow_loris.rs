//! Slow loris: what is opened and then held open.
//!
//! - **What:** handshakes, and streams on which a frame has begun and not ended. A stream between frames may be silent
//!   for as long as it likes.
//! - **From where on:** a handshake must end within [`PERIOD`], or it is refused. A frame must bring [`MIN_BYTES`] every
//!   [`PERIOD`], or its stream is reset; the second time in ten minutes its peer is charged. Stalls of one period count
//!   once, however many streams stall.
//! - **Honest load:** [`MIN_BYTES`] a period is 0.8 kbit/s, less than any modem. A line that is cut stalls all streams
//!   at once, and missing pongs close its connection before the period is over.
//! - **Bounds:** at most [`MAX_FLOWS`] in all and [`MAX_PER_PEER`] frames of one peer; beyond them a new frame is
//!   reset. Handshakes are bounded by the gate.

use std::{
    collections::BTreeMap,
    time::{Duration, Instant},
};

use libp2p::{PeerId, swarm::ConnectionId};

use super::{super::recent::Recent, MAX_PEERS};
use crate::network::conduct::Conduct;

/// How long is waited for progress.
pub const PERIOD: Duration = Duration::from_secs(10);
/// Bytes of a frame that count as progress.
pub const MIN_BYTES: u64 = 1024;
/// Frames under way.
pub const MAX_FLOWS: usize = 4096;
/// Frames under way of one peer: its streams (16 a connection, four connections) both ways.
pub const MAX_PER_PEER: usize = 128;
const MEMORY: Duration = Duration::from_mins(10);

/// A stream; the host numbers them and uses no number twice.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct StreamId(pub u64);

/// Something that is held open.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Stall {
    /// A handshake: refuse it.
    Handshake(ConnectionId),
    /// A frame: reset its stream; the deed if its peer is to be charged.
    Frame(StreamId, PeerId, Option<Conduct>),
}

#[derive(Debug)]
struct Frame {
    since: Instant,
    bytes: u64,
}

/// The detector.
#[derive(Debug, Default)]
pub struct SlowLoris {
    handshakes: BTreeMap<ConnectionId, Instant>,
    frames: BTreeMap<(PeerId, StreamId), Frame>,
    stalls: Recent<PeerId, Option<Instant>, MAX_PEERS>,
}

impl SlowLoris {
    /// The gate let a handshake begin.
    pub fn handshake(&mut self, id: ConnectionId, now: Instant) {
        self.handshakes.insert(id, now);
    }

    /// A handshake ended, well or not.
    pub fn handshake_ended(&mut self, id: ConnectionId) {
        self.handshakes.remove(&id);
    }

    /// A frame begins; `false` if there is no room for it.
    pub fn frame(&mut self, stream: StreamId, peer: PeerId, now: Instant) -> bool {
        let same = self.frames.range((peer, StreamId(0))..=(peer, StreamId(u64::MAX))).count();
        let room = self.frames.len() < MAX_FLOWS && same < MAX_PER_PEER;
        if room {
            self.frames.insert((peer, stream), Frame { since: now, bytes: 0 });
        }
        room
    }

    /// Bytes of a frame came in, or were taken by the other side.
    pub fn bytes(&mut self, stream: StreamId, peer: PeerId, bytes: u64, now: Instant) {
        let Some(frame) = self.frames.get_mut(&(peer, stream)) else { return };
        frame.bytes = frame.bytes.saturating_add(bytes);
        if frame.bytes >= MIN_BYTES {
            (frame.since, frame.bytes) = (now, 0);
        }
    }

    /// A frame is complete or its stream is gone.
    pub fn frame_ended(&mut self, stream: StreamId, peer: PeerId) {
        self.frames.remove(&(peer, stream));
    }

    /// What made no progress; it is reported once and forgotten.
    pub fn observe(&mut self, now: Instant) -> Vec<Stall> {
        let stalled = |since: Instant| now.saturating_duration_since(since) >= PERIOD;
        let mut found: Vec<Stall> = Vec::new();
        self.handshakes.retain(|id, since| {
            let stalled = stalled(*since);
            if stalled {
                found.push(Stall::Handshake(*id));
            }
            !stalled
        });
        let stalls = &mut self.stalls;
        self.frames.retain(|(peer, stream), frame| {
            let stalled = stalled(frame.since);
            if stalled {
                let last = stalls.touch(*peer, now, || None);
                let ago = last.map(|last| now.saturating_duration_since(last));
                let repeated = ago.is_some_and(|ago| (PERIOD..=MEMORY).contains(&ago));
                if ago.is_none_or(|ago| ago >= PERIOD) {
                    *last = Some(now);
                }
                found.push(Stall::Frame(*stream, *peer, repeated.then_some(Conduct::SlowStream)));
            }
            !stalled
        });
        found
    }
}

#[cfg(test)]
mod tests {
    use super::{super::peer, *};

    const STREAM: StreamId = StreamId(1);

    #[test]
    fn a_handshake_must_end() {
        let (mut loris, now) = (SlowLoris::default(), Instant::now());
        let [slow, quick] = [1, 2].map(ConnectionId::new_unchecked);
        loris.handshake(slow, now);
        loris.handshake(quick, now);
        loris.handshake_ended(quick);
        assert_eq!(loris.observe(now + Duration::from_secs(9)), []);
        assert_eq!(loris.observe(now + PERIOD), [Stall::Handshake(slow)]);
        assert_eq!(loris.observe(now + PERIOD * 2), []);
    }

    #[test]
    fn a_frame_that_drips_is_reset_and_the_second_charged() {
        let (mut loris, start) = (SlowLoris::default(), Instant::now());
        let drip = |loris: &mut SlowLoris, from: Instant| {
            assert!(loris.frame(STREAM, peer(1), from));
            (0..10).for_each(|second| loris.bytes(STREAM, peer(1), 100, from + Duration::from_secs(second)));
            loris.observe(from + PERIOD)
        };
        assert_eq!(drip(&mut loris, start), [Stall::Frame(STREAM, peer(1), None)]);
        let charged = [Stall::Frame(STREAM, peer(1), Some(Conduct::SlowStream))];
        assert_eq!(drip(&mut loris, start + PERIOD), charged);
        let late = start + PERIOD * 2 + MEMORY;
        assert_eq!(drip(&mut loris, late), [Stall::Frame(STREAM, peer(1), None)], "long ago");
    }

    #[test]
    fn streams_that_stall_together_count_once() {
        let (mut loris, start) = (SlowLoris::default(), Instant::now());
        for stream in 0..20 {
            assert!(loris.frame(StreamId(stream), peer(1), start + Duration::from_millis(stream * 100)));
        }
        let mut found = loris.observe(start + PERIOD);
        found.extend(loris.observe(start + PERIOD + Duration::from_secs(2)));
        assert_eq!(found.len(), 20);
        assert!(found.iter().all(|stall| matches!(stall, Stall::Frame(_, _, None))));
    }

    #[test]
    fn progress_and_silence_between_frames_are_honest() {
        let (mut loris, start) = (SlowLoris::default(), Instant::now());
        assert!(loris.frame(STREAM, peer(1), start));
        for second in 0..100 {
            let now = start + Duration::from_secs(second);
            loris.bytes(STREAM, peer(1), 110, now);
            assert_eq!(loris.observe(now), [], "at 0.9 kbit/s");
        }
        loris.frame_ended(STREAM, peer(1));
        assert_eq!(loris.observe(start + MEMORY), []);
    }

    #[test]
    fn frames_are_bounded_per_peer_and_in_all() {
        let (mut loris, now) = (SlowLoris::default(), Instant::now());
        let mut let_in = |peers: std::ops::Range<u64>| {
            let all = peers.flat_map(|id| (0..200_u64).map(move |n| (id, StreamId(id * 1000 + n))));
            all.filter(|(id, stream)| loris.frame(*stream, peer(*id), now)).count()
        };
        assert_eq!(let_in(0..1), MAX_PER_PEER);
        assert_eq!(let_in(1..100), MAX_FLOWS - MAX_PER_PEER);
    }
}
