#![allow(clippy::arithmetic_side_effects, reason = "tests may overflow loudly")]

use proptest::prelude::*;
use rs_merkle::MerkleProof;

use super::*;

/// The leaves of the certificate-transparency test vectors, and the roots of their prefixes of 0, 1, .. 8 leaves.
const LEAVES: [&str; 8] =
    ["", "00", "10", "2021", "3031", "40414243", "5051525354555657", "606162636465666768696a6b6c6d6e6f"];
const ROOTS: [&str; 9] = [
    "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855",
    "6e340b9cffb37a989ca544e6bb780a2c78901d3fb33738768511a30617afa01d",
    "fac54203e7cc696cf0dfcb42c92a1d9dbaf70ad9e621f4bd8d98662f00e3c125",
    "aeb6bcfe274b70a14fb067a5e5578264db0fa9b51af5e0ba159158f329e06e77",
    "d37ee418976dd95753c1c73862b9398fa2a2cf9b4ff0fdfe8b30cd95209614b7",
    "4e3bbb1f7b478dcfe71fb631631519a3bca12c9aefca1612bfce4c13a86264d4",
    "76e67dadbcdf1e10e1b74ddc608abd2f98dfb16fbce75277b5232a127f2087ef",
    "ddb89be403809e325750d3d263cd78929c2942b7942a34b77e122c9594a74c8c",
    "5dc9da79a70659a9ad559cb701ded9a2ab9d823aad2f4960cfe370eff4604328",
];

fn vector_leaves() -> Vec<Vec<u8>> {
    LEAVES.iter().map(|text| hex::decode(text).unwrap()).collect()
}

#[test]
fn roots_are_those_of_certificate_transparency() {
    let leaves = vector_leaves();
    for (count, root) in ROOTS.iter().enumerate() {
        assert_eq!(list_root(&leaves[..count]), root.parse().unwrap(), "{count} leaves");
    }
}

#[test]
fn paths_are_those_of_certificate_transparency() {
    // (leaf, tree size, path), from the same vectors.
    let vectors: [(usize, usize, &[&str]); 4] = [
        (0, 1, &[]),
        (
            0,
            8,
            &[
                "96a296d224f285c67bee93c30f8a309157f0daa35dc5b87e410b78630a09cfc7",
                "5f083f0a1a33ca076a95279832580db3e0ef4584bdff1f54c8a360f50de3031e",
                "6b47aaf29ee3c2af9af889bc1fb9254dabd31177f16232dd6aab035ca39bf6e4",
            ],
        ),
        (
            5,
            8,
            &[
                "bc1a0643b12e4d2d7c77918f44e0f4f79a838b6cf9ec5b5c283e1f4d88599e6b",
                "ca854ea128ed050b41b35ffc1b87b8eb2bde461e9e3b5596ece6b9d5975a0ae0",
                "d37ee418976dd95753c1c73862b9398fa2a2cf9b4ff0fdfe8b30cd95209614b7",
            ],
        ),
        (2, 3, &["fac54203e7cc696cf0dfcb42c92a1d9dbaf70ad9e621f4bd8d98662f00e3c125"]),
    ];
    let leaves = vector_leaves();
    for (index, total, path) in vectors {
        let proof = ListTree::from_leaves(&leaves[..total]).prove(index).unwrap();
        let path: Vec<Hash> = path.iter().map(|text| text.parse().unwrap()).collect();
        assert_eq!(proof.path, path, "leaf {index} of {total}");
        let root = ROOTS[total].parse().unwrap();
        assert_eq!(proof.verify_at(&root, &leaves[index], index as u64, total as u64), Ok(()));
    }
}

#[test]
fn every_proof_of_every_small_list_verifies_and_agrees_with_rs_merkle() {
    for total in 0..=70_u64 {
        let leaves: Vec<_> = (0..total).map(u64::to_be_bytes).collect();
        let tree = ListTree::from_leaves(&leaves);
        assert_eq!(tree.len(), leaves.len());
        for (index, leaf) in leaves.iter().enumerate() {
            let proof = tree.prove(index).unwrap();
            assert_eq!(proof.verify_at(&tree.root(), leaf, index as u64, total), Ok(()));
            let theirs =
                MerkleProof::<Rfc6962>::new(proof.path.iter().map(|hash| *hash.as_bytes()).collect());
            let leaf_hash = Rfc6962::hash(leaf);
            assert!(theirs.verify(*tree.root().as_bytes(), &[index], &[leaf_hash], leaves.len()));
        }
        assert_eq!(tree.prove(leaves.len()), None);
    }
}

#[test]
fn an_empty_path_proves_only_the_tree_of_one_leaf() {
    let leaf = b"leaf";
    let root = list_root([leaf]);
    for total in 0..=5 {
        for index in 0..=5 {
            let proof = ListProof { index, total, path: Vec::new() };
            assert_eq!(proof.verify(&root, leaf).is_ok(), (index, total) == (0, 1), "{index} of {total}");
        }
    }
    // Nobody proves anything of an empty list.
    let proof = ListProof { index: 0, total: 0, path: Vec::new() };
    assert_eq!(
        proof.verify(&list_root::<[&[u8]; 0]>([]), b""),
        Err(ListProofError::Index { index: 0, total: 0 })
    );
}

#[test]
fn a_node_is_not_a_leaf() {
    let leaves = vector_leaves();
    let tree = ListTree::from_leaves(&leaves);
    let proof = tree.prove(0).unwrap();
    // The node above leaves 0 and 1, shown as the first leaf of a list of four.
    let node: Vec<u8> = [Rfc6962::hash(&leaves[0]), Rfc6962::hash(&leaves[1])].concat();
    let forged = ListProof { index: 0, total: 4, path: proof.path[1..].to_vec() };
    assert_eq!(forged.verify(&tree.root(), &node), Err(ListProofError::Root));
}

#[test]
fn the_root_does_not_bind_the_count_and_so_the_verifier_must() {
    let leaves = vector_leaves();
    let tree = ListTree::from_leaves(&leaves);
    let mut proof = tree.prove(0).unwrap();
    proof.total = 7;
    assert_eq!(proof.verify(&tree.root(), &leaves[0]), Ok(()));
    let refused = ListProofError::Position { index: 0, total: 7, expected_index: 0, expected_total: 8 };
    assert_eq!(proof.verify_at(&tree.root(), &leaves[0], 0, 8), Err(refused));
}

#[test]
fn bounds_are_kept() {
    let path = vec![Hash::default(); ListProof::MAX_PATH];
    let largest = ListProof { index: ListProof::MAX_LEAVES - 1, total: ListProof::MAX_LEAVES, path };
    let bytes = largest.encode();
    assert_eq!(bytes.len(), ListProof::MAX_ENCODED);
    assert_eq!(ListProof::decode(&bytes), Ok(largest.clone()));
    let longer = [bytes.as_slice(), &[0; 32]].concat();
    assert_eq!(ListProof::decode(&longer), Err(ListProofError::Encoding { len: longer.len() }));
    for (index, total) in [(0, ListProof::MAX_LEAVES + 1), (0, u64::MAX), (u64::MAX, u64::MAX)] {
        let proof = ListProof { index, total, ..largest.clone() };
        assert_eq!(proof.verify(&Hash::default(), b""), Err(ListProofError::TooManyLeaves { total }));
        assert_eq!(ListProof::decode(&proof.encode()), Err(ListProofError::TooManyLeaves { total }));
    }
}

fn flip(bytes: &[u8], bit: usize) -> Vec<u8> {
    let mut flipped = bytes.to_vec();
    flipped[bit / 8] ^= 1 << (bit % 8);
    flipped
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]

    #[test]
    fn any_change_is_refused(
        leaves in prop::collection::vec(prop::collection::vec(any::<u8>(), 1..40), 1..40),
        pick in any::<prop::sample::Index>(),
    ) {
        let tree = ListTree::from_leaves(&leaves);
        let (root, total, at) = (tree.root(), leaves.len() as u64, pick.index(leaves.len()));
        let (leaf, index) = (&leaves[at], at as u64);
        let proof = tree.prove(at).unwrap();
        let bytes = proof.encode();
        prop_assert_eq!(ListProof::decode(&bytes), Ok(proof.clone()));
        prop_assert_eq!(proof.verify_at(&root, leaf, index, total), Ok(()));

        for bit in 0..bytes.len() * 8 {
            let refused = match ListProof::decode(&flip(&bytes, bit)) {
                Ok(flipped) => flipped.verify_at(&root, leaf, index, total).is_err(),
                Err(_) => true,
            };
            prop_assert!(refused, "bit {} of the proof", bit);
        }
        for bit in 0..leaf.len() * 8 {
            prop_assert!(proof.verify_at(&root, &flip(leaf, bit), index, total).is_err());
        }
        for bit in 0..256 {
            let other = Hash::try_from(flip(root.as_bytes(), bit).as_slice()).unwrap();
            prop_assert!(proof.verify_at(&other, leaf, index, total).is_err());
        }
        for bit in 0..64 {
            prop_assert!(proof.verify_at(&root, leaf, index ^ (1 << bit), total).is_err());
            prop_assert!(proof.verify_at(&root, leaf, index, total ^ (1 << bit)).is_err());
        }
        for cut in 0..bytes.len() {
            let refused = ListProof::decode(&bytes[..cut]).is_err();
            prop_assert!(refused, "cut to {}", cut);
        }
        let mut longer = proof.clone();
        longer.path.push(root);
        let expected = proof.path.len();
        prop_assert_eq!(
            longer.verify_at(&root, leaf, index, total),
            Err(ListProofError::PathLength { got: expected + 1, expected })
        );
        prop_assert!(ListProof::decode(&longer.encode()).is_err());
    }

    #[test]
    fn random_bytes_never_panic(bytes in prop::collection::vec(any::<u8>(), 0..700), total in 0_u64..1 << 21) {
        if let Ok(proof) = ListProof::decode(&bytes) {
            prop_assert_eq!(proof.encode(), bytes.clone());
        }
        let path = bytes.as_chunks::<32>().0.iter().copied().map(Hash::new).collect();
        let proof = ListProof { index: total / 3, total, path };
        prop_assert!(proof.verify(&Hash::default(), &bytes).is_err());
    }
}
