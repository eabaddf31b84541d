//! Proofs are checked alike on a validator and in a browser: the same lines run as a native and as a browser test.

use emotionalchain_shared::merkle::{ListProof, ListTree, MemoryStore, StateProof, StateTree};
#[cfg(target_arch = "wasm32")]
use wasm_bindgen_test::{wasm_bindgen_test, wasm_bindgen_test_configure};

#[cfg(target_arch = "wasm32")]
wasm_bindgen_test_configure!(run_in_browser);

#[cfg_attr(not(target_arch = "wasm32"), test)]
#[cfg_attr(target_arch = "wasm32", wasm_bindgen_test)]
fn a_list_proof_verifies() {
    let tree = ListTree::from_leaves(["one", "two", "three"]);
    let bytes = tree.prove(1).unwrap().encode();
    let proof = ListProof::decode(&bytes).unwrap();
    assert_eq!(proof.verify_at(&tree.root(), b"two", 1, 3), Ok(()));
    assert!(proof.verify_at(&tree.root(), b"three", 1, 3).is_err());
}

#[cfg_attr(not(target_arch = "wasm32"), test)]
#[cfg_attr(target_arch = "wasm32", wasm_bindgen_test)]
fn state_proofs_verify() {
    let mut store = MemoryStore::new();
    let writes = (0..100_u8).map(|key| (vec![key], Some(vec![key, key])));
    let (root, update) = StateTree::new(&store).apply(0, writes).unwrap();
    store.commit(update);
    // Computed by an independent script from the rules: native and browser must both reach it.
    assert_eq!(root.to_string(), "6c130d3ab340091196bbd606e97b876b94fd2e635fdd9dfd8e8a56d6bbd73a8b");

    let tree = StateTree::new(&store);
    let (value, proof) = tree.get_with_proof(0, &[7]).unwrap();
    assert_eq!(value, Some(vec![7, 7]));
    let proof = StateProof::decode(&proof.encode()).unwrap();
    assert_eq!(proof.verify_inclusion(&root, &[7], &[7, 7]), Ok(()));
    assert!(proof.verify_inclusion(&root, &[7], &[7, 8]).is_err());

    let (value, proof) = tree.get_with_proof(0, &[200]).unwrap();
    assert_eq!(value, None);
    let proof = StateProof::decode(&proof.encode()).unwrap();
    assert_eq!(proof.verify_absence(&root, &[200]), Ok(()));
    assert!(proof.verify_absence(&root, &[7]).is_err());
}
