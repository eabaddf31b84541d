//! Making a biometric proof: the one way from a measured window to signed bytes, for simulated devices and browsers.

use crate::{
    biometrics::{
        Commitment, CommitmentError, CommitmentSecret, Modality, OpenStatement, Sample, Window, algo_id,
    },
    chain::{AuthenticityProof, BiometricProof, Statement},
    crypto::{SecretKey, SignDomain},
    primitives::{Address, BlockId, Height, TimeMs},
};

/// The block that a proof answers to: the newest one that its maker knows.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Challenge {
    /// Its height.
    pub height: Height,
    /// Its id.
    pub id: BlockId,
    /// Its time.
    pub time: TimeMs,
}

/// A window with what is said of it.
#[derive(Clone, Debug)]
pub struct Measured<'a> {
    /// The beats; they stay with the caller.
    pub window: &'a Window,
    /// What is published of them.
    pub statement: OpenStatement,
    /// When the window ended on the wall clock; moved up to the challenge's time, which it cannot precede.
    pub end: TimeMs,
    /// How long it was on the wall clock, milliseconds; at least one.
    pub span_ms: u64,
}

/// Commits to the window's samples and signs the statement with a device key.
///
/// # Errors
/// [`CommitmentError`] when the samples cannot be committed to.
pub fn prove(
    domain: &SignDomain,
    key: &SecretKey,
    validator: Address,
    measured: &Measured<'_>,
    challenge: &Challenge,
    sequence: u64,
    secret: &CommitmentSecret,
) -> Result<BiometricProof, CommitmentError> {
    let samples: Vec<Sample> = measured.window.samples().collect();
    let commitment = Commitment::new(secret, &samples)?;
    let window_end = measured.end.max(challenge.time);
    let authenticity = AuthenticityProof {
        device_key: key.public(),
        delegation: None,
        algo_id: algo_id(),
        modalities: Modality::RrInterval.bit(),
        sample_count: commitment.filled_leaves().into(),
        window_start: window_end.saturating_sub(measured.span_ms.max(1)),
        window_end,
        challenge_height: challenge.height,
        challenge: challenge.id,
        sequence,
        statement: Statement::Open(measured.statement),
    };
    Ok(BiometricProof::sign(domain, key, validator, commitment.root(), authenticity))
}

#[cfg(test)]
mod tests {
    use std::fmt::Write as _;

    use base64ct::{Base64, Base64UrlUnpadded, Encoding};

    use super::*;
    use crate::{
        biometrics::{BeatStream, DeviceTier},
        chain::EmotionalVote,
        primitives::{Epoch, Hash},
        wire::Wire,
    };

    const RECORDING: &str = include_str!("../../../tests/data/ble_frames_plux_ecg_5min.csv");

    /// All that a salt of 16 bytes, or three intervals in a row, could look like on a wire or a disk.
    fn forms(bytes: &[u8]) -> Vec<Vec<u8>> {
        let backwards: Vec<u8> = bytes.iter().rev().copied().collect();
        let decimal = |separator: &str| {
            bytes.iter().map(ToString::to_string).collect::<Vec<_>>().join(separator).into_bytes()
        };
        // Base64 of bytes at each of the three places in a longer text, without the ends that neighbours change.
        let base64 = |url: bool| {
            (0..3_usize).map(move |shift| {
                let padded = [vec![0; shift], bytes.to_vec()].concat();
                let whole = padded.get(..padded.len() - padded.len() % 3).unwrap().to_vec();
                let text = if url {
                    Base64UrlUnpadded::encode_string(&whole)
                } else {
                    Base64::encode_string(&whole)
                };
                text.as_bytes()[if shift == 0 { 0 } else { 4 }..].to_vec()
            })
        };
        let mut forms = vec![bytes.to_vec(), backwards, hex::encode(bytes).into_bytes()];
        forms.push(hex::encode_upper(bytes).into_bytes());
        forms.extend([", ", ",", " "].map(decimal));
        forms.extend(base64(false).chain(base64(true)));
        forms
    }

    fn of_intervals(rr: &[u16]) -> Vec<Vec<u8>> {
        let mut all = Vec::new();
        for three in rr.windows(3) {
            let [mut le, mut be, mut varint] = [Vec::new(), Vec::new(), Vec::new()];
            let mut text = String::new();
            for rr in three {
                le.extend(rr.to_le_bytes());
                be.extend(rr.to_be_bytes());
                prost::encoding::encode_varint((*rr).into(), &mut varint);
                write!(text, "{rr} ").unwrap();
            }
            let wide: Vec<u8> = three.iter().flat_map(|rr| u32::from(*rr).to_le_bytes()).collect();
            let text = text.trim_end();
            all.extend([le.clone(), be, varint, wide, text.as_bytes().to_vec()]);
            all.extend([text.replace(' ', ",").into_bytes(), hex::encode(&le).into_bytes()]);
        }
        all
    }

    fn holds(bytes: &[u8], form: &[u8]) -> bool {
        bytes.windows(form.len()).any(|window| window == form)
    }

    #[test]
    fn a_proof_and_a_vote_hold_no_sample_and_no_salt_and_a_planted_one_is_found() {
        let mut stream = BeatStream::default();
        for line in RECORDING.lines().skip(1) {
            let mut fields = line.split(',');
            let at = TimeMs::from_millis(fields.next().unwrap().parse().unwrap());
            stream.push(&hex::decode(fields.next().unwrap()).unwrap(), at).unwrap();
        }
        let window = stream.window().unwrap();
        let statement =
            OpenStatement::from_features(&stream.features(DeviceTier::SIMULATED).unwrap()).unwrap();
        let domain = SignDomain::new(&"prove".parse().unwrap(), &Hash::new([1; 32]));
        let key = SecretKey::from_seed(&[3; 32]);
        let secret = || CommitmentSecret::new(&mut [9; CommitmentSecret::LEN]);
        let challenge =
            Challenge { height: Height::new(7), id: BlockId::default(), time: TimeMs::from_millis(1_000) };
        let measured =
            Measured { window: &window, statement, end: TimeMs::from_millis(2_000), span_ms: 120_000 };
        let proof = prove(&domain, &key, Address::new([7; 20]), &measured, &challenge, 1, &secret()).unwrap();
        let vote = EmotionalVote::sign(&domain, &key, proof.clone(), Epoch::ZERO);

        let samples: Vec<Sample> = window.samples().collect();
        let commitment = Commitment::new(&secret(), &samples).unwrap();
        assert_eq!(commitment.root(), proof.commitment, "these are the proof's own salts");
        let salts: Vec<Vec<u8>> = (0..Commitment::LEAVES)
            .map(|leaf| commitment.open(leaf).unwrap().encode()[..16].to_vec())
            .collect();
        let rr: Vec<u16> = window.beats().iter().map(|beat| beat.rr).collect();
        let forbidden: Vec<Vec<u8>> =
            salts.iter().flat_map(|salt| forms(salt)).chain(of_intervals(&rr)).collect();
        for bytes in [proof.encode(), vote.encode()] {
            assert!(forbidden.iter().all(|form| !holds(&bytes, form)));
            for form in forbidden.iter().step_by(97) {
                let planted = [bytes.as_slice(), form, &bytes].concat();
                assert!(forbidden.iter().any(|form| holds(&planted, form)), "the search is blind");
            }
        }
    }
}
