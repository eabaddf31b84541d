//! Records in a file, natively: one redb table.

use std::path::Path;

use redb::{Database, ReadableDatabase, ReadableTable, TableDefinition};

use super::{Store, Stored, pack, replaces, unpack};
use crate::error::LightError;

const RECORDS: TableDefinition<&str, &[u8]> = TableDefinition::new("light");

/// A file of records.
pub struct Durable {
    file: Database,
}

fn failed(error: impl Into<redb::Error>) -> LightError {
    LightError::Storage(error.into().to_string())
}

impl Durable {
    /// Where it is if nobody says: a program does not write files that nobody asked for.
    pub const PLACE: Option<&'static str> = None;

    /// Opens the file, or makes it.
    ///
    /// # Errors
    /// [`LightError::Storage`], also when another process has it open.
    #[allow(clippy::unused_async, reason = "as in a browser")]
    pub async fn open(place: &str) -> Result<Self, LightError> {
        let file = Database::create(Path::new(place)).map_err(failed)?;
        let make = file.begin_write().map_err(failed)?;
        make.open_table(RECORDS).map_err(failed)?;
        make.commit().map_err(failed)?;
        Ok(Self { file })
    }

    fn change(&self, name: &str, record: Option<(u64, Vec<u8>)>) -> Result<(), LightError> {
        let write = self.file.begin_write().map_err(failed)?;
        {
            let mut table = write.open_table(RECORDS).map_err(failed)?;
            match record {
                Some((order, packed)) => {
                    let standing = table.get(name).map_err(failed)?.map(|one| one.value().to_vec());
                    if replaces(order, standing.as_deref()) {
                        table.insert(name, packed.as_slice()).map_err(failed)?;
                    }
                }
                None => drop(table.remove(name).map_err(failed)?),
            }
        }
        write.commit().map_err(failed)
    }
}

impl Store for Durable {
    fn load<'a>(&'a self, name: &'a str) -> Stored<'a, Option<Vec<u8>>> {
        Box::pin(async move {
            let read = self.file.begin_read().map_err(failed)?;
            let table = read.open_table(RECORDS).map_err(failed)?;
            let packed = table.get(name).map_err(failed)?;
            Ok(packed.and_then(|packed| unpack(packed.value()).map(|(_, bytes)| bytes.to_vec())))
        })
    }

    fn save<'a>(&'a self, name: &'a str, order: u64, bytes: Vec<u8>) -> Stored<'a, ()> {
        Box::pin(async move { self.change(name, Some((order, pack(order, &bytes)?))) })
    }

    fn remove<'a>(&'a self, name: &'a str) -> Stored<'a, ()> {
        Box::pin(async move { self.change(name, None) })
    }

    fn kind(&self) -> &'static str {
        "redb"
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::store::suite;

    #[test]
    fn keeps_the_rules_and_the_records() {
        let folder = tempfile::tempdir().unwrap();
        let place = folder.path().join("light.redb");
        let place = place.to_str().unwrap();
        futures::executor::block_on(async {
            let store = Durable::open(place).await.unwrap();
            suite::run(&store).await;
            store.save("kept", 1, vec![1]).await.unwrap();
            assert!(Durable::open(place).await.is_err(), "one process at a time");
            drop(store);
            let again = Durable::open(place).await.unwrap();
            assert_eq!(again.load("kept").await.unwrap(), Some(vec![1]));
        });
    }
}
