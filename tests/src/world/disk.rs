//! The disk under a node's log: what is durable, what is only written, and what a crash leaves of it.
//!
//! The bytes are those of the node's own file ([`frames`]), and are read back by the same code.

use emotionalchain_node::consensus::wal::frames::{self, FrameError, Writer};
use emotionalchain_shared::primitives::Height;

use crate::{plan::CrashDisk, rng::Rng};

/// One log file.
#[derive(Debug)]
pub struct Disk {
    writer: Writer,
    durable: Vec<u8>,
    written: Vec<u8>,
    salt: u64,
    /// A fault of tests: syncing does nothing.
    lazy: bool,
}

impl Disk {
    /// No file yet.
    pub fn new(lazy: bool) -> Self {
        let (writer, durable) = Writer::new(Height::new(1), 0);
        Self { writer, durable, written: Vec::new(), salt: 0, lazy }
    }

    /// Bytes of the file.
    pub fn len(&self) -> usize {
        self.durable.len() + self.written.len()
    }

    /// A new file takes the name, with its first entry durable.
    pub fn begin(&mut self, height: Height, entry: &[u8]) {
        self.salt += 1;
        let (mut writer, mut bytes) = Writer::new(height, self.salt);
        bytes.extend(writer.frames(&[entry]).unwrap());
        writer.synced();
        (self.writer, self.durable, self.written) = (writer, bytes, Vec::new());
    }

    /// Writes at the end.
    pub fn append(&mut self, entries: &[Vec<u8>]) {
        let entries: Vec<&[u8]> = entries.iter().map(Vec::as_slice).collect();
        self.written.extend(self.writer.frames(&entries).unwrap());
    }

    /// Makes what was written durable.
    pub fn sync(&mut self) {
        if !self.lazy {
            self.durable.append(&mut self.written);
        }
        self.writer.synced();
    }

    /// The power goes, or the process.
    pub fn crash(&mut self, disk: CrashDisk, rng: &mut Rng) {
        let written = std::mem::take(&mut self.written);
        match disk {
            CrashDisk::Kept => self.durable.extend(written),
            CrashDisk::Lost => {}
            CrashDisk::Torn => {
                let cut = rng.index(written.len() + 1);
                self.durable.extend(&written[..cut]);
                // The rest of the last page may be anything.
                for _ in 0..rng.below(40) {
                    self.durable.push(u8::try_from(rng.below(256)).unwrap_or_default());
                }
            }
        }
    }

    /// The file is gone.
    pub fn drop_log(&mut self) {
        *self = Self { salt: self.salt, ..Self::new(self.lazy) };
    }

    /// Opens the file as the node does: entries in order, a torn end cut.
    ///
    /// # Errors
    /// [`FrameError`] for what no crash explains.
    pub fn open(&mut self) -> Result<Vec<Vec<u8>>, FrameError> {
        let scan = frames::scan(&self.durable)?;
        self.durable.truncate(usize::try_from(scan.end).unwrap_or(usize::MAX));
        self.writer = scan.writer;
        Ok(scan.records)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn after(disk: CrashDisk, lazy: bool) -> usize {
        let mut file = Disk::new(lazy);
        file.begin(Height::new(2), b"height");
        file.append(&[b"synced".to_vec()]);
        file.sync();
        file.append(&[b"written".to_vec(), b"more".to_vec()]);
        file.crash(disk, &mut Rng::new(1, "disk"));
        file.open().unwrap().len()
    }

    #[test]
    fn a_crash_takes_what_was_not_synced_at_most() {
        assert_eq!(after(CrashDisk::Kept, false), 4);
        assert_eq!(after(CrashDisk::Lost, false), 2);
        assert!((2..=4).contains(&after(CrashDisk::Torn, false)));
        assert_eq!(after(CrashDisk::Lost, true), 1, "a sync that does nothing");
    }

    #[test]
    fn a_dropped_log_is_empty_and_can_be_written() {
        let mut file = Disk::new(false);
        file.begin(Height::new(2), b"height");
        file.drop_log();
        assert_eq!(file.open().unwrap().len(), 0);
        file.append(&[b"again".to_vec()]);
        file.sync();
        assert_eq!(file.open().unwrap().len(), 1);
    }
}
