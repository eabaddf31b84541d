//! The bytes of the log, without a disk: the node's file and the simulator's model of one are read by the same code.
//!
//! # Format (integers little-endian)
//! ```text
//! header  "ECWL" ‖ version u32 ‖ height u64 ‖ salt u64 ‖ crc u32 of the bytes before
//! frame   length u32 ‖ crc u32 ‖ sequence u64 ‖ durable u64 ‖ record
//! ```
//! - `sequence` counts frames from 0. `durable`: all frames below this number were durable when this one was written.
//! - A frame's crc is over salt ‖ length ‖ sequence ‖ durable ‖ record. The salt is random for each file, so that no peer
//!   can have a record stored that, read from its middle, looks like a frame of this file.
//!
//! # What a crash leaves behind
//! Frames that were not durable may be missing, cut short or overwritten with anything, and as the disk orders its writes
//! freely, a later one may be whole while an earlier one is not. The rule: take frames from the start while they are whole
//! and numbered 0, 1, 2 … At the first one that is not, number k, search all later bytes for whole frames of this file:
//! - one that says that frame k was durable (`durable > k`) proves that something durable was damaged: halt;
//! - without one, k and what follows never was durable, as far as anybody can tell: cut there.
//!
//! A damaged last durable frame cannot be told from a torn one, and is cut too.
//!
//! A file gets its name only after its header is durable, so a bad header is never the work of a crash: halt.

use emotionalchain_shared::primitives::Height;
use thiserror::Error;

/// The largest record, in bytes: room for any vote, certificate or proposal without its block; past it nothing is
/// written, and what claims to be longer on reading is not a frame.
pub const MAX_RECORD: usize = 64 * 1024;
/// Bytes before the first frame.
pub const HEADER_BYTES: usize = 28;
/// Bytes of a frame before its record.
pub const FRAME_BYTES: usize = 24;

const MAGIC: &[u8; 4] = b"ECWL";
const VERSION: u32 = 1;

/// Why a log cannot be used.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Error)]
pub enum FrameError {
    /// The file is shorter than a header, has other first bytes, or a header with a wrong checksum.
    #[error("the header is damaged, or the file is no write-ahead log")]
    Header,
    /// Another version of the format.
    #[error("format version {found}, this software knows {VERSION}")]
    Version {
        /// The file's version.
        found: u32,
    },
    /// A frame that was durable is not whole.
    #[error(
        "record {sequence} at offset {offset} is damaged, but was on disk before the record at offset {witness}"
    )]
    Middle {
        /// The number of the damaged frame.
        sequence: u64,
        /// Where it begins.
        offset: u64,
        /// Where the later, whole frame begins that proves it.
        witness: u64,
    },
}

/// A record past [`MAX_RECORD`].
#[derive(Clone, Copy, Debug, PartialEq, Eq, Error)]
#[error("a log record has {size} bytes, at most {MAX_RECORD} are allowed")]
pub struct RecordTooLarge {
    /// Its size.
    pub size: usize,
}

/// What a log holds.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Scan {
    /// Records of all whole frames from the start.
    pub records: Vec<Vec<u8>>,
    /// Goes on where they end.
    pub writer: Writer,
    /// Where they end, in bytes.
    pub end: u64,
    /// Bytes after that, of a torn end.
    pub cut: u64,
}

/// Numbers and encodes the frames of one file.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Writer {
    height: Height,
    salt: u64,
    next: u64,
    durable: u64,
}

impl Writer {
    /// A new file for a height, and its header. The salt is random.
    pub fn new(height: Height, salt: u64) -> (Self, Vec<u8>) {
        let mut header = Vec::with_capacity(HEADER_BYTES);
        header.extend_from_slice(MAGIC);
        header.extend_from_slice(&VERSION.to_le_bytes());
        header.extend_from_slice(&height.get().to_le_bytes());
        header.extend_from_slice(&salt.to_le_bytes());
        header.extend_from_slice(&crc32fast::hash(&header).to_le_bytes());
        (Self { height, salt, next: 0, durable: 0 }, header)
    }

    /// The height whose records the file holds.
    pub const fn height(&self) -> Height {
        self.height
    }

    /// The bytes that append these records; all of them or, if one is too large, none.
    ///
    /// # Errors
    /// [`RecordTooLarge`].
    pub fn frames(&mut self, records: &[&[u8]]) -> Result<Vec<u8>, RecordTooLarge> {
        if let Some(size) = records.iter().map(|record| record.len()).find(|size| *size > MAX_RECORD) {
            return Err(RecordTooLarge { size });
        }
        let mut bytes = Vec::new();
        for record in records {
            let frame = Frame { sequence: self.next, durable: self.durable, record };
            frame.encode(self.salt, &mut bytes);
            self.next = self.next.saturating_add(1);
        }
        Ok(bytes)
    }

    /// Everything appended so far is on disk; later frames say so.
    pub const fn synced(&mut self) {
        self.durable = self.next;
    }
}

/// One frame, read or to be written.
#[derive(Clone, Copy, Debug)]
struct Frame<'a> {
    sequence: u64,
    durable: u64,
    record: &'a [u8],
}

fn take<const N: usize>(bytes: &mut &[u8]) -> Option<[u8; N]> {
    let (first, rest) = bytes.split_first_chunk()?;
    *bytes = rest;
    Some(*first)
}

impl<'a> Frame<'a> {
    fn crc(&self, salt: u64, length: u32) -> u32 {
        let mut hasher = crc32fast::Hasher::new();
        hasher.update(&salt.to_le_bytes());
        hasher.update(&length.to_le_bytes());
        hasher.update(&self.sequence.to_le_bytes());
        hasher.update(&self.durable.to_le_bytes());
        hasher.update(self.record);
        hasher.finalize()
    }

    fn encode(&self, salt: u64, bytes: &mut Vec<u8>) {
        // `MAX_RECORD` is checked before.
        let length = u32::try_from(self.record.len()).unwrap_or(u32::MAX);
        bytes.extend_from_slice(&length.to_le_bytes());
        bytes.extend_from_slice(&self.crc(salt, length).to_le_bytes());
        bytes.extend_from_slice(&self.sequence.to_le_bytes());
        bytes.extend_from_slice(&self.durable.to_le_bytes());
        bytes.extend_from_slice(self.record);
    }

    /// The frame that begins here and has one of these numbers. The cheap checks come first: on arbitrary bytes hardly
    /// anything reaches the checksum.
    fn decode(mut bytes: &'a [u8], salt: u64, numbers: std::ops::RangeInclusive<u64>) -> Option<Self> {
        let length = u32::from_le_bytes(take(&mut bytes)?);
        let crc = u32::from_le_bytes(take(&mut bytes)?);
        let sequence = u64::from_le_bytes(take(&mut bytes)?);
        let durable = u64::from_le_bytes(take(&mut bytes)?);
        let size = usize::try_from(length).ok().filter(|size| *size <= MAX_RECORD)?;
        let frame = Self { sequence, durable, record: bytes.get(..size)? };
        let plausible = numbers.contains(&sequence) && durable <= sequence;
        (plausible && frame.crc(salt, length) == crc).then_some(frame)
    }

    fn bytes(&self) -> usize {
        FRAME_BYTES.saturating_add(self.record.len())
    }
}

/// Height and salt of a header.
fn header(bytes: &[u8]) -> Result<(Writer, &[u8]), FrameError> {
    let (header, mut frames) = bytes.split_at_checked(HEADER_BYTES).ok_or(FrameError::Header)?;
    let mut rest = header;
    let mut parse = || {
        let magic: [u8; 4] = take(&mut rest)?;
        let version = u32::from_le_bytes(take(&mut rest)?);
        let height = u64::from_le_bytes(take(&mut rest)?);
        let salt = u64::from_le_bytes(take(&mut rest)?);
        let crc = u32::from_le_bytes(take(&mut rest)?);
        Some((magic, version, height, salt, crc))
    };
    let (magic, version, height, salt, crc) = parse().ok_or(FrameError::Header)?;
    let covered = header.split_last_chunk::<4>().map(|(covered, _)| covered).ok_or(FrameError::Header)?;
    if magic != *MAGIC || crc != crc32fast::hash(covered) {
        return Err(FrameError::Header);
    }
    if version != VERSION {
        return Err(FrameError::Version { found: version });
    }
    let frames = std::mem::take(&mut frames);
    Ok((Writer { height: Height::new(height), salt, next: 0, durable: 0 }, frames))
}

fn offset(at: usize) -> u64 {
    u64::try_from(at).unwrap_or(u64::MAX)
}

/// Reads a log as the rules above say. Whatever the bytes are, it neither panics nor takes more memory than they do.
///
/// # Errors
/// [`FrameError`] for what a crash cannot leave behind.
pub fn scan(bytes: &[u8]) -> Result<Scan, FrameError> {
    let (mut writer, mut rest) = header(bytes)?;
    let mut at = HEADER_BYTES;
    let mut records = Vec::new();
    while let Some(frame) = Frame::decode(rest, writer.salt, writer.next..=writer.next) {
        records.push(frame.record.to_vec());
        writer.next = writer.next.saturating_add(1);
        at = at.saturating_add(frame.bytes());
        rest = rest.get(frame.bytes()..).unwrap_or_default();
    }
    if let Some(witness) = witness(rest, &writer) {
        let witness = offset(at.saturating_add(witness));
        return Err(FrameError::Middle { sequence: writer.next, offset: offset(at), witness });
    }
    // Repaired and synced by the host before anything is appended.
    writer.synced();
    Ok(Scan { records, writer, end: offset(at), cut: offset(rest.len()) })
}

/// Where in what follows the last whole frame a frame begins that says that the missing one was durable.
fn witness(rest: &[u8], writer: &Writer) -> Option<usize> {
    // A later frame has a higher number, but not higher than there is room for frames.
    let missing = writer.next;
    let last = missing.saturating_add(offset(rest.len().div_ceil(FRAME_BYTES)));
    (0..rest.len()).find(|start| {
        let tail = rest.get(*start..).unwrap_or_default();
        Frame::decode(tail, writer.salt, missing..=last).is_some_and(|frame| frame.durable > missing)
    })
}
