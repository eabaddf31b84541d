//! Opening a store, and telling whose it is.

use std::path::{Path, PathBuf};

use emotionalchain_shared::primitives::Hash;
use redb::{Builder, Database, ReadableDatabase, TableError, WriteTransaction, backends::InMemoryBackend};

use super::{
    Snapshot, StoreError,
    tables::{self, GENESIS, SCHEMA, SYSTEM},
};

/// Layout of the file; another one is refused.
pub const SCHEMA_VERSION: u32 = 1;

/// How a store is run.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct StoreOptions {
    /// How many newest versions of the state stay readable, and how many heights can be rolled back; at least 1.
    pub keep_versions: u64,
    /// Memory for the page cache. The default leaves room below the node's aim of 150 MB.
    pub cache_bytes: usize,
    /// Whether opening reads the whole file and checks every page. Without it the database trusts a file that was
    /// closed cleanly, and may panic later on one that was altered since.
    pub verify: bool,
}

impl Default for StoreOptions {
    fn default() -> Self {
        Self { keep_versions: 1024, cache_bytes: 32 << 20, verify: true }
    }
}

/// The durable store of one chain. Shared by reference between threads; one write at a time, reads beside it.
#[derive(Debug)]
pub struct Store {
    db: Database,
    pub(super) options: StoreOptions,
    genesis: Hash,
}

impl Store {
    /// Opens the store of a chain, or makes an empty one where there is no file.
    ///
    /// # Errors
    /// [`StoreError`] for a file of another chain, schema or kind, one in use, and a damaged one.
    pub fn open(path: impl AsRef<Path>, genesis: Hash) -> Result<Self, StoreError> {
        Self::open_with(path, genesis, StoreOptions::default())
    }

    /// As [`Self::open`], with options.
    ///
    /// # Errors
    /// As [`Self::open`].
    pub fn open_with(
        path: impl AsRef<Path>,
        genesis: Hash,
        options: StoreOptions,
    ) -> Result<Self, StoreError> {
        let path = path.as_ref();
        let db = Builder::new()
            .set_cache_size(options.cache_bytes)
            .set_check_integrity_on_open(options.verify)
            .create(path)
            .map_err(|error| StoreError::opening(path.to_owned(), error))?;
        Self::identify(db, path.to_owned(), genesis, options)
    }

    /// An empty store that lives as long as its value: for simulators and tests.
    ///
    /// # Errors
    /// [`StoreError::Database`] if the database cannot be made.
    pub fn in_memory(genesis: Hash) -> Result<Self, StoreError> {
        // A cache over memory would hold everything twice.
        Self::in_memory_with(genesis, StoreOptions { cache_bytes: 1 << 20, ..StoreOptions::default() })
    }

    /// As [`Self::in_memory`], with options.
    ///
    /// # Errors
    /// As [`Self::in_memory`].
    pub fn in_memory_with(genesis: Hash, options: StoreOptions) -> Result<Self, StoreError> {
        let db = Builder::new()
            .set_cache_size(options.cache_bytes)
            .create_with_backend(InMemoryBackend::new())
            .map_err(|error| StoreError::Database(Box::new(error.into())))?;
        Self::identify(db, PathBuf::new(), genesis, options)
    }

    /// The chain's genesis.
    pub const fn genesis(&self) -> &Hash {
        &self.genesis
    }

    /// The store as it is now; later commits do not show in it. One that is held long keeps replaced pages from being
    /// used again, so the file grows.
    ///
    /// # Errors
    /// [`StoreError::Database`].
    pub fn snapshot(&self) -> Result<Snapshot, StoreError> {
        Snapshot::new(self.db.begin_read()?)
    }

    /// A write that is on disk when its `commit` returns; dropped without it, nothing happened.
    pub(super) fn write(&self) -> Result<WriteTransaction, StoreError> {
        Ok(self.db.begin_write()?)
    }

    fn identify(
        db: Database,
        path: PathBuf,
        genesis: Hash,
        options: StoreOptions,
    ) -> Result<Self, StoreError> {
        let txn = db.begin_read()?;
        let found = match txn.open_table(SYSTEM) {
            Ok(system) => {
                let schema = system.get(SCHEMA)?.map(|bytes| tables::record::<u32>("system", bytes.value()));
                let genesis =
                    system.get(GENESIS)?.map(|bytes| tables::record::<Hash>("system", bytes.value()));
                Some((schema.transpose()?, genesis.transpose()?))
            }
            // Not a table: a new file, or a database of something else.
            Err(TableError::TableDoesNotExist(_)) if txn.list_tables()?.next().is_none() => None,
            Err(TableError::Storage(error)) => return Err(error.into()),
            Err(_) => return Err(StoreError::NotAStore { path }),
        };
        drop(txn);
        let store = Self { db, options, genesis };
        match found {
            None => store.initialise()?,
            Some((None, _)) => return Err(StoreError::NotAStore { path }),
            // The schema comes first: what else the file says may mean something else in another one.
            Some((Some(found), _)) if found < SCHEMA_VERSION => {
                return Err(StoreError::SchemaTooOld { found, supported: SCHEMA_VERSION });
            }
            Some((Some(found), _)) if found > SCHEMA_VERSION => {
                return Err(StoreError::SchemaTooNew { found, supported: SCHEMA_VERSION });
            }
            Some((Some(_), None)) => return Err(StoreError::Damaged { table: "system" }),
            Some((Some(_), Some(found))) if found != genesis => {
                return Err(StoreError::Genesis { found, expected: genesis });
            }
            Some(_) => {}
        }
        Ok(store)
    }

    fn initialise(&self) -> Result<(), StoreError> {
        let txn = self.write()?;
        tables::create_all(&txn)?;
        {
            let mut system = txn.open_table(SYSTEM)?;
            system.insert(SCHEMA, tables::encode("system", &SCHEMA_VERSION)?.as_slice())?;
            system.insert(GENESIS, tables::encode("system", &self.genesis)?.as_slice())?;
        }
        Ok(txn.commit()?)
    }
}
