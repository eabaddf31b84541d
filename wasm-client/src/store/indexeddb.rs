//! Records in the browser's IndexedDB: one database, one object store.
//!
//! A save reads and writes in one transaction, so that of two tabs the one with the greater order wins. A transaction
//! ends as soon as the browser goes on to something else, so each runs in one piece ([`whole`]).

use std::rc::Rc;

use idb::{Database, DatabaseEvent, Factory, ObjectStoreParams, TransactionMode};
use js_sys::Uint8Array;
use wasm_bindgen::{JsCast, JsValue};

use super::{MAX_RECORD, Store, Stored, pack, replaces, unpack};
use crate::{error::LightError, executor::whole};

const OBJECTS: &str = "light";

/// A database of records.
pub struct Durable {
    database: Rc<Database>,
}

type Record = Option<(u64, Vec<u8>)>;

fn failed(error: idb::Error) -> LightError {
    LightError::Storage(error.to_string())
}

/// The bytes of a stored value, if it is bytes and not too many.
fn bytes(value: JsValue) -> Option<Vec<u8>> {
    let bytes: Uint8Array = value.dyn_into().ok()?;
    let length = usize::try_from(bytes.length()).ok()?;
    (length <= MAX_RECORD.saturating_add(8)).then(|| bytes.to_vec())
}

impl Durable {
    /// Where it is if nobody says.
    pub const PLACE: Option<&'static str> = Some("emotionalchain-light");

    /// Opens the database, or makes it.
    ///
    /// # Errors
    /// [`LightError::Storage`] where there is no IndexedDB, or the page may not use it.
    pub async fn open(place: &str) -> Result<Self, LightError> {
        let mut opening = Factory::new().map_err(failed)?.open(place, Some(1)).map_err(failed)?;
        opening.on_upgrade_needed(|event| {
            // A failure shows as the failed opening of a transaction.
            if let Ok(database) = event.database() {
                let _ = database.create_object_store(OBJECTS, ObjectStoreParams::new());
            }
        });
        Ok(Self { database: Rc::new(opening.await.map_err(failed)?) })
    }

    /// Writes a record, or takes it away.
    async fn change(&self, name: &str, record: Record) -> Result<(), LightError> {
        let changed = whole(change(Rc::clone(&self.database), name.to_owned(), record));
        changed.await.unwrap_or(Err(LightError::Closed))
    }
}

async fn change(database: Rc<Database>, name: String, record: Record) -> Result<(), LightError> {
    let change = database.transaction(&[OBJECTS], TransactionMode::ReadWrite).map_err(failed)?;
    let objects = change.object_store(OBJECTS).map_err(failed)?;
    let key = JsValue::from_str(&name);
    match record {
        Some((order, packed)) => {
            let standing = objects.get(key.clone()).map_err(failed)?.await.map_err(failed)?;
            if replaces(order, standing.and_then(bytes).as_deref()) {
                let value = Uint8Array::from(packed.as_slice());
                objects.put(&value, Some(&key)).map_err(failed)?.await.map_err(failed)?;
            }
        }
        None => objects.delete(key).map_err(failed)?.await.map_err(failed)?,
    }
    change.commit().map_err(failed)?.await.map_err(failed)?;
    Ok(())
}

impl Store for Durable {
    fn load<'a>(&'a self, name: &'a str) -> Stored<'a, Option<Vec<u8>>> {
        Box::pin(async move {
            let read = self.database.transaction(&[OBJECTS], TransactionMode::ReadOnly).map_err(failed)?;
            let objects = read.object_store(OBJECTS).map_err(failed)?;
            let value = objects.get(JsValue::from_str(name)).map_err(failed)?.await.map_err(failed)?;
            Ok(value.and_then(bytes).and_then(|packed| unpack(&packed).map(|(_, bytes)| bytes.to_vec())))
        })
    }

    fn save<'a>(&'a self, name: &'a str, order: u64, bytes: Vec<u8>) -> Stored<'a, ()> {
        Box::pin(async move { self.change(name, Some((order, pack(order, &bytes)?))).await })
    }

    fn remove<'a>(&'a self, name: &'a str) -> Stored<'a, ()> {
        Box::pin(async move { self.change(name, None).await })
    }

    fn kind(&self) -> &'static str {
        "indexeddb"
    }
}

impl Drop for Durable {
    fn drop(&mut self) {
        self.database.close();
    }
}

#[cfg(test)]
mod tests {
    use wasm_bindgen_test::wasm_bindgen_test;

    use super::*;
    use crate::store::suite;

    #[wasm_bindgen_test]
    async fn a_save_holds_on_a_busy_thread() {
        let store = Rc::new(Durable::open("emotionalchain-busy").await.unwrap());
        let (done, saved) = futures::channel::oneshot::channel();
        for _ in 0..20 {
            crate::executor::spawn(async {
                let since = crate::clock::instant();
                while since.elapsed() < std::time::Duration::from_millis(5) {}
            });
        }
        crate::executor::spawn(async move {
            let outcome = store.save("busy", 1, vec![1]).await;
            done.send((outcome, store.load("busy").await)).unwrap();
        });
        assert_eq!(saved.await.unwrap(), (Ok(()), Ok(Some(vec![1]))));
    }

    #[wasm_bindgen_test]
    async fn keeps_the_rules_and_the_records() {
        let store = Durable::open("emotionalchain-suite").await.unwrap();
        suite::run(&store).await;
        store.save("kept", 1, vec![1]).await.unwrap();
        let beside = Durable::open("emotionalchain-suite").await.unwrap();
        beside.save("kept", 3, vec![3]).await.unwrap();
        store.save("kept", 2, vec![2]).await.unwrap();
        assert_eq!(beside.load("kept").await.unwrap(), Some(vec![3]), "the greater order of two tabs wins");
        drop((store, beside));
        let again = Durable::open("emotionalchain-suite").await.unwrap();
        assert_eq!(again.load("kept").await.unwrap(), Some(vec![3]));
    }
}
