use super::*;
use crate::{
    crypto::SecretKey,
    primitives::{Hash, hash_bytes},
};

fn setup(n: u8) -> (SignDomain, Vec<SecretKey>, ValidatorSet) {
    let domain = SignDomain::new(&"test".parse().unwrap(), &Hash::default());
    let keys: Vec<_> = (1..=n).map(|seed| SecretKey::from_seed(&[seed; 32])).collect();
    let set = ValidatorSet::new(keys.iter().map(SecretKey::public)).unwrap();
    (domain, keys, set)
}

fn certificate(
    n: u8,
    signers: usize,
) -> (SignDomain, ValidatorSet, Result<CommitCertificate, CertificateError>) {
    let (domain, keys, set) = setup(n);
    let id = BlockId::new(hash_bytes(b"block"));
    let (height, round) = (Height::new(5), Round::new(1));
    let votes: Vec<_> = keys
        .iter()
        .take(signers)
        .map(|key| Vote::sign(&domain, key, VoteKind::Precommit, height, round, Some(id)))
        .collect();
    let made = CommitCertificate::from_votes(&set, height, round, id, &votes);
    (domain, set, made)
}

#[test]
fn a_quorum_verifies_and_one_less_does_not_exist() {
    for n in [1_u8, 2, 3, 4, 5, 7, 10, 64, 128] {
        let need = crate::consensus::quorum(n.into());
        let (domain, set, made) = certificate(n, need);
        assert_eq!(made.unwrap().verify(&domain, &set).unwrap().len(), need);
        let (_, _, made) = certificate(n, need - 1);
        assert!(matches!(made, Err(CertificateError::NoQuorum { .. })));
    }
}

#[test]
fn repeated_and_out_of_range_signers_do_not_forge_a_quorum() {
    let (domain, set, made) = certificate(4, 3);
    let good = made.unwrap();

    let mut repeated = good.clone();
    repeated.signers = Signers::from_bytes(vec![0b0000_0001]).unwrap();
    repeated.signatures = vec![good.signatures[0]; 3];
    assert_eq!(repeated.verify(&domain, &set), Err(CertificateError::Count { signers: 1, signatures: 3 }));

    let mut stray = good.clone();
    stray.signers = Signers::from_bytes(vec![0b0011_0001]).unwrap();
    assert!(matches!(stray.verify(&domain, &set), Err(CertificateError::Signers(_))));

    let mut long = good.clone();
    long.signers = Signers::from_bytes(vec![0b0000_0111, 0]).unwrap();
    assert!(matches!(long.verify(&domain, &set), Err(CertificateError::Signers(_))));

    let mut swapped = good.clone();
    swapped.signatures.swap(0, 1);
    assert!(matches!(swapped.verify(&domain, &set), Err(CertificateError::Signature(_))));

    let mut thin = good;
    thin.signers = Signers::from_indices(4, [0, 1]);
    thin.signatures.truncate(2);
    assert!(matches!(thin.verify(&domain, &set), Err(CertificateError::NoQuorum { .. })));
}

#[test]
fn another_height_round_block_kind_or_chain_is_refused() {
    let (domain, set, made) = certificate(4, 4);
    let good = made.unwrap();
    assert_eq!(CommitCertificate::decode(&good.encode()), Ok(good.clone()));
    let height = CommitCertificate { height: Height::new(6), ..good.clone() };
    let round = CommitCertificate { round: Round::new(2), ..good.clone() };
    let block = CommitCertificate { block_id: BlockId::default(), ..good.clone() };
    for wrong in [height, round, block] {
        assert!(matches!(wrong.verify(&domain, &set), Err(CertificateError::Signature(_))));
    }
    let polka = PolkaCertificate {
        height: good.height,
        round: good.round,
        block_id: good.block_id,
        signers: good.signers.clone(),
        signatures: good.signatures.clone(),
    };
    assert!(polka.verify(&domain, &set).is_err());
    let other = SignDomain::new(&"other".parse().unwrap(), &Hash::default());
    assert!(good.verify(&other, &set).is_err());
}

#[test]
fn the_largest_certificate_fits_its_limit() {
    let (_, _, made) = certificate(128, 128);
    assert!(made.unwrap().encode().len() <= CommitCertificate::MAX_BYTES);
}
