//! Reading: one moment of the store.

use emotionalchain_proto::v1;
use emotionalchain_shared::{
    chain::{Block, EpochSummary, Header},
    consensus::CommitCertificate,
    merkle::{self, NodeStore},
    primitives::{Address, BlockId, Epoch, Hash, Height},
    wire::Wire,
};
use prost::Message;
use redb::{OwnedRange, ReadOnlyTable, ReadTransaction};

use super::{
    Head, Store, StoreError, TransactionLocation,
    tables::{
        self, BLOCK_HEIGHTS, BLOCK_IDS, BLOCKS, CERTIFICATES, EPOCH_SUMMARIES, PROOFS, STATE, SYSTEM,
        TRANSACTIONS, TREE_NODES, TREE_VALUES, proof_key, value_key,
    },
};

/// The store as it was when [`Store::snapshot`] was called. The state's tables are held open, so that executing a block
/// does not look them up thousands of times.
#[derive(Debug)]
pub struct Snapshot {
    txn: ReadTransaction,
    state: ReadOnlyTable<&'static [u8], &'static [u8]>,
    nodes: ReadOnlyTable<&'static [u8], &'static [u8]>,
    values: ReadOnlyTable<&'static [u8; 40], Option<&'static [u8]>>,
}

/// Keys of the state and their values.
pub type StateEntries = Vec<(Vec<u8>, Vec<u8>)>;

/// Encoded blocks in height order; see [`Snapshot::blocks_from`].
pub struct Blocks(OwnedRange<u64, &'static [u8]>);

impl Iterator for Blocks {
    type Item = Result<(Height, Vec<u8>), StoreError>;

    fn next(&mut self) -> Option<Self::Item> {
        let entry = self.0.next()?;
        Some(
            entry
                .map(|(height, block)| (Height::new(height.value()), block.value().to_vec()))
                .map_err(Into::into),
        )
    }
}

/// Decodes what was encoded before it was stored.
fn decode<T: Wire>(table: &'static str, bytes: Option<Vec<u8>>) -> Result<Option<T>, StoreError> {
    bytes.map(|bytes| T::decode(&bytes).map_err(|_| StoreError::Damaged { table })).transpose()
}

impl Snapshot {
    pub(super) fn new(txn: ReadTransaction) -> Result<Self, StoreError> {
        let state = txn.open_table(STATE)?;
        let nodes = txn.open_table(TREE_NODES)?;
        let values = txn.open_table(TREE_VALUES)?;
        Ok(Self { txn, state, nodes, values })
    }

    pub(super) const fn txn(&self) -> &ReadTransaction {
        &self.txn
    }

    /// The newest finalised block; `None` before genesis.
    ///
    /// # Errors
    /// A failed database, here and in all methods below.
    pub fn head(&self) -> Result<Option<Head>, StoreError> {
        tables::head(&self.txn.open_table(SYSTEM)?)
    }

    /// The oldest version of the state that can be read, and the lowest height that can be rolled back to.
    ///
    /// # Errors
    /// A failed database.
    pub fn oldest_version(&self) -> Result<Height, StoreError> {
        tables::oldest(&self.txn.open_table(SYSTEM)?).map(Height::new)
    }

    /// The block at a height.
    ///
    /// # Errors
    /// A failed database, [`StoreError::Damaged`].
    pub fn block(&self, height: Height) -> Result<Option<Block>, StoreError> {
        decode("blocks", self.block_bytes(height)?)
    }

    /// The header at a height, without decoding the rest of its block.
    ///
    /// # Errors
    /// A failed database, [`StoreError::Damaged`].
    pub fn header(&self, height: Height) -> Result<Option<Header>, StoreError> {
        /// A block as far as its header; the other fields are skipped.
        #[derive(prost::Message)]
        struct Beginning {
            #[prost(message, optional, tag = "1")]
            header: Option<v1::Header>,
        }
        let Some(bytes) = self.block_bytes(height)? else { return Ok(None) };
        let damaged = || StoreError::Damaged { table: "blocks" };
        let beginning = Beginning::decode(bytes.as_slice()).map_err(|_| damaged())?;
        let header = beginning.header.ok_or_else(damaged)?;
        Header::from_proto(header).map(Some).map_err(|_| damaged())
    }

    /// The encoded block at a height, as it goes to peers.
    ///
    /// # Errors
    /// A failed database.
    pub fn block_bytes(&self, height: Height) -> Result<Option<Vec<u8>>, StoreError> {
        let bytes = self.txn.open_table(BLOCKS)?.get(height.get())?;
        Ok(bytes.map(|bytes| bytes.value().to_vec()))
    }

    /// Encoded blocks from a height on, lowest first.
    ///
    /// # Errors
    /// A failed database.
    pub fn blocks_from(&self, height: Height) -> Result<Blocks, StoreError> {
        Ok(Blocks(self.txn.open_table(BLOCKS)?.range_owned(height.get()..)?))
    }

    /// The fullest certificate known for a height.
    ///
    /// # Errors
    /// A failed database, [`StoreError::Damaged`].
    pub fn certificate(&self, height: Height) -> Result<Option<CommitCertificate>, StoreError> {
        decode("certificates", self.certificate_bytes(height)?)
    }

    /// The same, encoded.
    ///
    /// # Errors
    /// A failed database.
    pub fn certificate_bytes(&self, height: Height) -> Result<Option<Vec<u8>>, StoreError> {
        let bytes = self.txn.open_table(CERTIFICATES)?.get(height.get())?;
        Ok(bytes.map(|bytes| bytes.value().to_vec()))
    }

    /// The id of the block at a height; not of genesis.
    ///
    /// # Errors
    /// A failed database.
    pub fn block_id(&self, height: Height) -> Result<Option<BlockId>, StoreError> {
        let id = self.txn.open_table(BLOCK_IDS)?.get(height.get())?;
        Ok(id.map(|id| BlockId::new(Hash::new(*id.value()))))
    }

    /// The height of a block.
    ///
    /// # Errors
    /// A failed database.
    pub fn block_height(&self, id: &BlockId) -> Result<Option<Height>, StoreError> {
        let height = self.txn.open_table(BLOCK_HEIGHTS)?.get(id.as_bytes())?;
        Ok(height.map(|height| Height::new(height.value())))
    }

    /// Where a transaction was included.
    ///
    /// # Errors
    /// A failed database.
    pub fn transaction_location(&self, id: &Hash) -> Result<Option<TransactionLocation>, StoreError> {
        let at = self.txn.open_table(TRANSACTIONS)?.get(id.as_bytes())?.map(|at| at.value());
        Ok(at.map(|(height, index)| TransactionLocation { height: Height::new(height), index }))
    }

    /// The height that included a validator's emotional vote of an epoch.
    ///
    /// # Errors
    /// A failed database.
    pub fn proof_height(&self, validator: &Address, epoch: Epoch) -> Result<Option<Height>, StoreError> {
        let height = self.txn.open_table(PROOFS)?.get(&proof_key(validator, epoch))?;
        Ok(height.map(|height| Height::new(height.value())))
    }

    /// The summary of a closed epoch.
    ///
    /// # Errors
    /// A failed database, [`StoreError::Damaged`].
    pub fn epoch_summary(&self, epoch: Epoch) -> Result<Option<EpochSummary>, StoreError> {
        decode("epoch_summaries", self.epoch_summary_bytes(epoch)?)
    }

    /// The same, encoded.
    ///
    /// # Errors
    /// A failed database.
    pub fn epoch_summary_bytes(&self, epoch: Epoch) -> Result<Option<Vec<u8>>, StoreError> {
        let bytes = self.txn.open_table(EPOCH_SUMMARIES)?.get(epoch.get())?;
        Ok(bytes.map(|bytes| bytes.value().to_vec()))
    }

    /// The block that closes an epoch, which is the first of a later one; `None` while there is none.
    ///
    /// # Errors
    /// A failed database, [`StoreError::Damaged`].
    pub fn close_height(&self, epoch: Epoch) -> Result<Option<Height>, StoreError> {
        // Epochs of blocks never fall, so halving finds it.
        let last = self.head()?.map(|head| head.height.get()).unwrap_or_default();
        let (mut low, mut high) = (1, last.saturating_add(1));
        while low < high {
            let middle = u64::midpoint(low, high);
            let header = self.header(Height::new(middle))?.ok_or(StoreError::Damaged { table: "blocks" })?;
            if header.epoch > epoch {
                high = middle;
            } else {
                low = middle.saturating_add(1);
            }
        }
        Ok((low <= last).then_some(Height::new(low)))
    }

    /// The newest value of a key of the state.
    ///
    /// # Errors
    /// A failed database.
    pub fn state_get(&self, key: &[u8]) -> Result<Option<Vec<u8>>, StoreError> {
        Ok(self.state.get(key)?.map(|value| value.value().to_vec()))
    }

    /// The newest values of all keys with a prefix, in key order, at most `limit`.
    ///
    /// # Errors
    /// A failed database.
    pub fn state_prefix(&self, prefix: &[u8], limit: usize) -> Result<StateEntries, StoreError> {
        let mut found = Vec::new();
        for entry in self.state.range(prefix..)?.take(limit) {
            let (key, value) = entry?;
            if !key.value().starts_with(prefix) {
                break;
            }
            found.push((key.value().to_vec(), value.value().to_vec()));
        }
        Ok(found)
    }

    fn tree_node(&self, key: &[u8]) -> Result<Option<Vec<u8>>, StoreError> {
        Ok(self.nodes.get(key)?.map(|node| node.value().to_vec()))
    }

    fn tree_value(&self, key_hash: &Hash, max_version: u64) -> Result<Option<Vec<u8>>, StoreError> {
        let (first, last) = (value_key(key_hash, 0), value_key(key_hash, max_version));
        let newest = self.values.range::<&[u8; 40]>(&first..=&last)?.next_back().transpose()?;
        Ok(newest.and_then(|(_, value)| value.value().map(<[u8]>::to_vec)))
    }
}

impl NodeStore for Snapshot {
    fn node(&self, key: &[u8]) -> Result<Option<Vec<u8>>, merkle::StoreError> {
        Ok(self.tree_node(key)?)
    }

    fn value(&self, key_hash: &Hash, max_version: u64) -> Result<Option<Vec<u8>>, merkle::StoreError> {
        Ok(self.tree_value(key_hash, max_version)?)
    }
}

/// One snapshot a read: for single questions. Executing blocks and proving take a [`Snapshot`], which is faster and cannot
/// see a commit in between.
impl NodeStore for Store {
    fn node(&self, key: &[u8]) -> Result<Option<Vec<u8>>, merkle::StoreError> {
        Ok(self.snapshot()?.tree_node(key)?)
    }

    fn value(&self, key_hash: &Hash, max_version: u64) -> Result<Option<Vec<u8>>, merkle::StoreError> {
        Ok(self.snapshot()?.tree_value(key_hash, max_version)?)
    }
}

macro_rules! delegate {
    ($($(#[$doc:meta])* $name:ident($($argument:ident: $type:ty),*) -> $answer:ty;)*) => {
        impl Store {$(
            $(#[$doc])*
            ///
            /// # Errors
            #[doc = concat!("As [`Snapshot::", stringify!($name), "`].")]
            pub fn $name(&self, $($argument: $type),*) -> Result<$answer, StoreError> {
                self.snapshot()?.$name($($argument),*)
            }
        )*}
    };
}

delegate! {
    /// The newest finalised block; `None` before genesis.
    head() -> Option<Head>;
    /// The oldest version of the state that can be read and rolled back to.
    oldest_version() -> Height;
    /// The block at a height.
    block(height: Height) -> Option<Block>;
    /// The encoded block at a height.
    block_bytes(height: Height) -> Option<Vec<u8>>;
    /// Encoded blocks from a height on, as of now.
    blocks_from(height: Height) -> Blocks;
    /// The fullest certificate known for a height.
    certificate(height: Height) -> Option<CommitCertificate>;
    /// The same, encoded.
    certificate_bytes(height: Height) -> Option<Vec<u8>>;
    /// The id of the block at a height.
    block_id(height: Height) -> Option<BlockId>;
    /// The height of a block.
    block_height(id: &BlockId) -> Option<Height>;
    /// Where a transaction was included.
    transaction_location(id: &Hash) -> Option<TransactionLocation>;
    /// The height that included a validator's emotional vote of an epoch.
    proof_height(validator: &Address, epoch: Epoch) -> Option<Height>;
    /// The summary of a closed epoch.
    epoch_summary(epoch: Epoch) -> Option<EpochSummary>;
    /// The same, encoded.
    epoch_summary_bytes(epoch: Epoch) -> Option<Vec<u8>>;
    /// The newest value of a key of the state.
    state_get(key: &[u8]) -> Option<Vec<u8>>;
    /// The newest values of keys with a prefix.
    state_prefix(prefix: &[u8], limit: usize) -> StateEntries;
}
