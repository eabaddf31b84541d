//! The one suite that every store passes.

use super::{MAX_RECORD, Store};

pub async fn run(store: &dyn Store) {
    let name = "suite";
    store.remove(name).await.unwrap();
    assert_eq!(store.load(name).await.unwrap(), None);

    store.save(name, 5, vec![1, 2, 3]).await.unwrap();
    assert_eq!(store.load(name).await.unwrap(), Some(vec![1, 2, 3]));
    assert_eq!(store.load("another").await.unwrap(), None, "names are apart");

    store.save(name, 4, vec![9]).await.unwrap();
    assert_eq!(store.load(name).await.unwrap(), Some(vec![1, 2, 3]), "a smaller order does not win");
    store.save(name, 5, vec![4]).await.unwrap();
    assert_eq!(store.load(name).await.unwrap(), Some(vec![4]), "the same order does");
    store.save(name, u64::MAX, Vec::new()).await.unwrap();
    assert_eq!(store.load(name).await.unwrap(), Some(Vec::new()), "an empty record is one");

    store.remove(name).await.unwrap();
    let full = vec![7; MAX_RECORD];
    store.save(name, 1, full.clone()).await.unwrap();
    assert_eq!(store.load(name).await.unwrap(), Some(full));
    let refused = store.save(name, 2, vec![7; MAX_RECORD + 1]).await;
    assert!(refused.is_err(), "one byte too many");
    store.remove(name).await.unwrap();
    store.remove(name).await.unwrap();
    assert_eq!(store.load(name).await.unwrap(), None);
}
