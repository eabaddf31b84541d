//! Records that end with the client.

use std::cell::RefCell;

use vecmap::VecMap;

use super::{Store, Stored, pack, replaces, unpack};

/// Keeps records for as long as it lives.
#[derive(Default)]
pub struct Memory {
    records: RefCell<VecMap<String, Vec<u8>>>,
}

impl Store for Memory {
    fn load<'a>(&'a self, name: &'a str) -> Stored<'a, Option<Vec<u8>>> {
        Box::pin(async move {
            let records = self.records.borrow();
            Ok(records.get(name).and_then(|packed| unpack(packed)).map(|(_, bytes)| bytes.to_vec()))
        })
    }

    fn save<'a>(&'a self, name: &'a str, order: u64, bytes: Vec<u8>) -> Stored<'a, ()> {
        Box::pin(async move {
            let packed = pack(order, &bytes)?;
            let mut records = self.records.borrow_mut();
            if replaces(order, records.get(name).map(Vec::as_slice)) {
                records.insert(name.to_owned(), packed);
            }
            Ok(())
        })
    }

    fn remove<'a>(&'a self, name: &'a str) -> Stored<'a, ()> {
        Box::pin(async move {
            self.records.borrow_mut().remove(name);
            Ok(())
        })
    }

    fn kind(&self) -> &'static str {
        "memory"
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::store::suite;

    #[cfg(not(target_arch = "wasm32"))]
    #[test]
    fn keeps_the_rules() {
        futures::executor::block_on(suite::run(&Memory::default()));
    }

    #[cfg(target_arch = "wasm32")]
    #[wasm_bindgen_test::wasm_bindgen_test]
    async fn keeps_the_rules() {
        suite::run(&Memory::default()).await;
    }
}
