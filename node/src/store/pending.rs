//! What is not part of a commit: fuller certificates, pending evidence, small records of other modules.

use emotionalchain_shared::{
    consensus::{CommitCertificate, Evidence},
    primitives::Hash,
    wire::Wire,
};
use redb::{Durability, ReadableTable, ReadableTableMetadata};

use super::{
    Snapshot, Store, StoreError,
    tables::{BLOBS, BLOCK_IDS, CERTIFICATES, EVIDENCE},
};

/// The largest blob: peers' scores and the like; anything larger deserves a table.
pub const MAX_BLOB: usize = 1 << 20;
/// Pieces of evidence that may be pending. A block takes 16; past this bound the guilty are known well enough, and a peer
/// that makes up more cannot fill the disk.
pub const MAX_PENDING_EVIDENCE: u64 = 4096;

impl Store {
    /// Replaces the certificate of a stored block by a fuller one. It reaches the disk with the next commit: a crash
    /// before that leaves the old one, which proves the same.
    ///
    /// # Errors
    /// [`StoreError::NoBlock`] for a height without a block, [`StoreError::CertificateMismatch`] for a certificate of
    /// another block; a failed database.
    pub fn set_certificate(&self, certificate: &CommitCertificate) -> Result<(), StoreError> {
        let height = certificate.height;
        let mut txn = self.write()?;
        txn.set_durability(Durability::None)?;
        {
            let ids = txn.open_table(BLOCK_IDS)?;
            let id = ids.get(height.get())?.ok_or(StoreError::NoBlock { height })?;
            if id.value() != certificate.block_id.as_bytes() {
                return Err(StoreError::CertificateMismatch { height });
            }
            txn.open_table(CERTIFICATES)?.insert(height.get(), certificate.encode().as_slice())?;
        }
        Ok(txn.commit()?)
    }

    /// Keeps a verified piece of evidence until it is included. Returns whether it is new.
    ///
    /// # Errors
    /// [`StoreError::EvidenceFull`] at [`MAX_PENDING_EVIDENCE`]; a failed database.
    pub fn put_evidence(&self, evidence: &Evidence) -> Result<bool, StoreError> {
        let txn = self.write()?;
        {
            let mut table = txn.open_table(EVIDENCE)?;
            let hash = evidence.hash();
            if table.get(hash.as_bytes())?.is_some() {
                return Ok(false);
            }
            if table.len()? >= MAX_PENDING_EVIDENCE {
                return Err(StoreError::EvidenceFull { max: MAX_PENDING_EVIDENCE });
            }
            table.insert(hash.as_bytes(), evidence.encode().as_slice())?;
        }
        txn.commit()?;
        Ok(true)
    }

    /// Pending evidence in the order of its hashes, at most `limit` pieces.
    ///
    /// # Errors
    /// A failed database, [`StoreError::Damaged`].
    pub fn evidence(&self, limit: usize) -> Result<Vec<Evidence>, StoreError> {
        let table = self.snapshot()?.txn().open_table(EVIDENCE)?;
        let mut found = Vec::new();
        for entry in table.iter()?.take(limit) {
            let (_, bytes) = entry?;
            let piece = Evidence::decode(bytes.value());
            found.push(piece.map_err(|_| StoreError::Damaged { table: "evidence" })?);
        }
        Ok(found)
    }

    /// Forgets evidence that is included or expired. Returns how many pieces were pending.
    ///
    /// # Errors
    /// A failed database.
    pub fn remove_evidence<'a>(
        &self,
        hashes: impl IntoIterator<Item = &'a Hash>,
    ) -> Result<usize, StoreError> {
        let mut hashes = hashes.into_iter().peekable();
        if hashes.peek().is_none() {
            // Most blocks carry none: no write, no sync.
            return Ok(0);
        }
        let txn = self.write()?;
        let mut removed = 0_usize;
        {
            let mut table = txn.open_table(EVIDENCE)?;
            for hash in hashes {
                removed = removed.saturating_add(usize::from(table.remove(hash.as_bytes())?.is_some()));
            }
        }
        txn.commit()?;
        Ok(removed)
    }

    /// Keeps a small record under a name, or forgets it.
    ///
    /// # Errors
    /// [`StoreError::BlobTooLarge`] past [`MAX_BLOB`]; a failed database.
    pub fn set_blob(&self, name: &str, blob: Option<&[u8]>) -> Result<(), StoreError> {
        if let Some(size) = blob.map(<[u8]>::len).filter(|size| *size > MAX_BLOB) {
            return Err(StoreError::BlobTooLarge { size, max: MAX_BLOB });
        }
        let txn = self.write()?;
        {
            let mut table = txn.open_table(BLOBS)?;
            match blob {
                Some(blob) => table.insert(name, blob)?,
                None => table.remove(name)?,
            };
        }
        Ok(txn.commit()?)
    }

    /// The record under a name.
    ///
    /// # Errors
    /// A failed database.
    pub fn blob(&self, name: &str) -> Result<Option<Vec<u8>>, StoreError> {
        self.snapshot()?.blob(name)
    }
}

impl Snapshot {
    /// The record of another module under a name.
    ///
    /// # Errors
    /// A failed database.
    pub fn blob(&self, name: &str) -> Result<Option<Vec<u8>>, StoreError> {
        let blob = self.txn().open_table(BLOBS)?.get(name)?;
        Ok(blob.map(|blob| blob.value().to_vec()))
    }
}
