//! What the client shows: plain values, in the form in which pages get them.
//!
//! Heights, epochs, times (unix milliseconds) and amounts (µEMO, at most 10¹⁴) fit a JavaScript number. Ids are
//! lower-case hexadecimal, addresses bech32m.

use emotionalchain_shared::{
    biometrics::OpenStatement,
    chain::{EpochSummary, Header, SeatScore, state::Validator},
    light::{InclusionPath, Path},
    primitives::{Address, Hash},
    wire::SignedHeader,
};
use serde::Serialize;

use crate::transport::TransportKind;

/// A verified header.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
#[allow(missing_docs, reason = "the fields of a header: see `emotionalchain_shared::chain::Header`")]
pub struct HeaderView {
    pub version: u32,
    pub chain_id: String,
    pub height: u64,
    pub id: String,
    pub time_ms: u64,
    pub epoch: u64,
    pub build_round: u32,
    pub proposer: String,
    pub parent_id: String,
    pub last_commit_hash: String,
    pub state_root: String,
    pub transactions_root: String,
    pub votes_root: String,
    pub evidence_root: String,
    pub validators_root: String,
    pub next_validators_root: String,
    pub epoch_summary_root: String,
    /// Round, seats and signers of the certificate, where one was verified.
    #[serde(flatten)]
    pub certificate: Option<CertificateView>,
}

/// What a certificate says beside its signatures.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
pub struct CertificateView {
    /// The round of the decision.
    pub round: u32,
    /// Seats of the set that signed.
    pub seats: Option<usize>,
    /// Those that signed.
    pub signers: usize,
}

/// The newest verified head.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct HeadView {
    /// The header.
    #[serde(flatten)]
    pub header: HeaderView,
    /// When it was verified, by the local clock.
    pub verified_ms: u64,
    /// From its time to there: measured, with both clocks' faults; not below 0.
    pub finality_ms: u64,
    /// Who pushed it first.
    pub peer: String,
    /// How it was reached.
    pub path: &'static str,
}

/// A verified block.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct BlockView {
    /// Its header.
    pub header: HeaderView,
    /// Bytes of its encoding.
    pub bytes: usize,
    /// Its transactions.
    pub transactions: Vec<TransactionView>,
    /// Emotional votes in it.
    pub votes: usize,
    /// Pieces of evidence in it.
    pub evidence: usize,
}

/// A transaction of a verified block.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct TransactionView {
    /// Its id.
    pub id: String,
    /// Its canonical bytes, hexadecimal.
    pub hex: String,
}

/// A verified epoch summary.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
#[allow(missing_docs, reason = "the fields of a summary: see `emotionalchain_shared::chain::EpochSummary`")]
pub struct EpochView {
    pub epoch: u64,
    /// The block that closes the epoch.
    pub height: u64,
    pub block_id: String,
    pub participation_bp: u16,
    pub seats: Vec<SeatView>,
    pub scores: Vec<SeatView>,
    pub wellness: Option<WellnessView>,
    pub jailed: Vec<String>,
    pub rewards: Vec<RewardView>,
    pub seed: String,
}

/// A validator's standing at a close.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
#[allow(missing_docs, reason = "see `emotionalchain_shared::chain::SeatScore`")]
pub struct SeatView {
    pub validator: String,
    pub score_bp: Option<u16>,
    pub voted: bool,
}

/// Means over open statements.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
#[allow(missing_docs, reason = "see `emotionalchain_shared::chain::Wellness`")]
pub struct WellnessView {
    pub contributors: u32,
    pub score_bp: u16,
    pub stress: u8,
    pub focus: u8,
    pub heart_rate_cbpm: u32,
}

/// Minted at a close.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[allow(missing_docs, reason = "two plain fields")]
pub struct RewardView {
    pub validator: String,
    pub amount: u64,
}

/// A verified validator record.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
#[allow(missing_docs, reason = "see `emotionalchain_shared::chain::state::Validator`")]
pub struct ValidatorView {
    pub address: String,
    pub key: String,
    pub account: String,
    pub score_bp: Option<u16>,
    pub voted_epoch: Option<u64>,
    pub bond: u64,
    pub seated: bool,
    pub jailed: bool,
    pub tombstoned: bool,
    pub unbonding: bool,
    /// The block whose state holds it.
    pub height: u64,
}

/// The verified set that signs next.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct ValidatorsView {
    /// The head that announces it.
    pub height: u64,
    /// Its root.
    pub root: String,
    /// Its seats, in set order.
    pub seats: Vec<ValidatorView>,
}

/// A verified account.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct AccountView {
    /// Whose.
    pub address: String,
    /// Free money, µEMO.
    pub balance: u64,
    /// Transactions included so far.
    pub nonce: u64,
    /// The block whose state says so.
    pub height: u64,
    /// Its id.
    pub block_id: String,
}

/// A verified entry of a score history.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
pub struct ScoreView {
    /// The epoch.
    pub epoch: u64,
    /// What was voted, basis points; `None`: no vote.
    pub vote: Option<u16>,
    /// The smoothed score after the close, basis points; `None`: there never was a vote, or the epoch was not closed.
    pub smoothed: Option<u16>,
    /// The block whose state says so.
    pub height: u64,
}

/// The verified proof that something stands in a block.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct ReceiptView {
    /// `transaction` or `proof`.
    pub kind: &'static str,
    /// Id of the transaction, or hash of the biometric proof's bytes.
    pub id: String,
    /// The block.
    pub height: u64,
    /// Its id.
    pub block_id: String,
    /// Its time.
    pub time_ms: u64,
    /// The root of the list, in the verified header.
    pub root: String,
    /// The item's bytes, hexadecimal.
    pub leaf: String,
    /// Where it stands, as the proof says.
    pub index: u64,
    /// How many there are, as the proof says.
    pub count: u64,
    /// From the leaf upwards.
    pub siblings: Vec<SiblingView>,
}

/// A hash beside the way from a leaf to the root.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct SiblingView {
    /// The hash.
    pub hash: String,
    /// Whether it stands left.
    pub left: bool,
}

/// What a statement says.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
#[allow(missing_docs, reason = "see `emotionalchain_shared::biometrics::OpenStatement`")]
pub struct StatementView {
    pub score_bp: u16,
    pub stress: u8,
    pub focus: u8,
    pub authenticity: u8,
    pub heart_rate_cbpm: u32,
}

/// A peer. Its head is its own word.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct PeerView {
    /// Its id.
    pub peer_id: String,
    /// Where it is, or was sought.
    pub address: String,
    /// What carries the connection, or would.
    pub transport: TransportKind,
    /// `connecting`, `connected` or `waiting`.
    pub state: &'static str,
    /// The last ping, milliseconds, rounded up.
    pub rtt_ms: Option<u32>,
    /// The head that it reports; not verified.
    pub reported_head: Option<u64>,
}

/// A peer that was dropped.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct DroppedView {
    /// Its id.
    pub peer_id: String,
    /// The stable code of the reason.
    pub code: &'static str,
    /// The reason for people.
    pub message: String,
    /// When, by the local clock.
    pub at_ms: u64,
}

/// What the client is doing.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct StatusView {
    /// The chain's name.
    pub chain_id: String,
    /// Its genesis.
    pub genesis_hash: String,
    /// `connecting`, `syncing`, `following` or `halted`.
    pub state: &'static str,
    /// What trust began at: `genesis`, `checkpoint` or `snapshot`.
    pub trust: &'static str,
    /// The newest verified head.
    pub head: Option<HeadView>,
    /// Connected peers.
    pub peers: usize,
    /// Where the trusted state is kept.
    pub storage: &'static str,
    /// Why the client halted, or what keeps it from going on.
    pub error: Option<ErrorView>,
    /// Peers that were dropped, the newest last.
    pub dropped: Vec<DroppedView>,
    /// Headers whose certificates were verified since the start.
    pub headers_verified: u64,
    /// When the client started, by the local clock.
    pub started_ms: u64,
    /// From there to the first verified head.
    pub first_head_ms: Option<u64>,
}

/// An error for people and programs.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct ErrorView {
    /// The stable code.
    pub code: &'static str,
    /// For people.
    pub message: String,
}

/// What was handed in, and who took it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct SubmittedView {
    /// Id of the transaction, or hash of the proof's bytes.
    pub id: String,
    /// Peers that took it.
    pub accepted_by: Vec<String>,
}

/// A biometric proof that was handed in.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct SubmittedProofView {
    /// The validator that it is for.
    pub validator: String,
    /// The epoch that it counts in.
    pub epoch: u64,
    /// The device's sequence number.
    pub sequence: u64,
    /// Peers that took it.
    pub accepted_by: Vec<String>,
}

impl HeaderView {
    /// Of a header, without certificate.
    pub fn of(header: &Header) -> Self {
        Self {
            version: header.version,
            chain_id: header.chain_id.as_str().to_owned(),
            height: header.height.get(),
            id: header.id().to_string(),
            time_ms: header.time.millis(),
            epoch: header.epoch.get(),
            build_round: header.build_round.get(),
            proposer: header.proposer.to_string(),
            parent_id: header.parent_id.to_string(),
            last_commit_hash: header.last_commit_hash.to_string(),
            state_root: header.state_root.to_string(),
            transactions_root: header.transactions_root.to_string(),
            votes_root: header.votes_root.to_string(),
            evidence_root: header.evidence_root.to_string(),
            validators_root: header.validators_root.to_string(),
            next_validators_root: header.next_validators_root.to_string(),
            epoch_summary_root: header.epoch_summary_root.to_string(),
            certificate: None,
        }
    }

    /// Of a header whose certificate was verified against a set of so many seats.
    pub fn certified(signed: &SignedHeader, seats: Option<usize>) -> Self {
        let certificate = CertificateView {
            round: signed.certificate.round.get(),
            seats,
            signers: signed.certificate.signers.count(),
        };
        Self { certificate: Some(certificate), ..Self::of(&signed.header) }
    }
}

impl EpochView {
    /// Of a summary that this header was shown to close.
    pub fn of(header: &Header, summary: &EpochSummary) -> Self {
        Self {
            epoch: summary.epoch.get(),
            height: header.height.get(),
            block_id: header.id().to_string(),
            participation_bp: summary.participation.get(),
            seats: summary.seats.iter().map(SeatView::of).collect(),
            scores: summary.scores.iter().map(SeatView::of).collect(),
            wellness: summary.wellness.map(|one| WellnessView {
                contributors: one.contributors,
                score_bp: one.score.get(),
                stress: one.stress,
                focus: one.focus,
                heart_rate_cbpm: one.heart_rate_cbpm,
            }),
            jailed: summary.jailed.iter().map(ToString::to_string).collect(),
            rewards: summary
                .rewards
                .iter()
                .map(|(who, amount)| RewardView { validator: who.to_string(), amount: amount.micro() })
                .collect(),
            seed: summary.seed.to_string(),
        }
    }
}

impl SeatView {
    fn of(seat: &SeatScore) -> Self {
        Self {
            validator: seat.validator.to_string(),
            score_bp: seat.score.map(|score| score.get()),
            voted: seat.voted,
        }
    }
}

impl ValidatorView {
    /// Of a record in the state after this header.
    pub fn of(header: &Header, address: &Address, record: &Validator) -> Self {
        Self {
            address: address.to_string(),
            key: hex::encode(record.key.as_bytes()),
            account: record.account.to_string(),
            score_bp: record.standing.score.map(|score| score.get()),
            voted_epoch: record.last_vote.map(|(epoch, _)| epoch.get()),
            bond: record.bond.micro(),
            seated: record.seated,
            jailed: record.jailed,
            tombstoned: record.tombstoned,
            unbonding: record.unbonding,
            height: header.height.get(),
        }
    }
}

impl ReceiptView {
    /// Of a verified path.
    pub fn of(kind: &'static str, id: &Hash, header: &Header, item: &[u8], path: &InclusionPath) -> Self {
        Self {
            kind,
            id: id.to_string(),
            height: header.height.get(),
            block_id: header.id().to_string(),
            time_ms: header.time.millis(),
            root: path.root.to_string(),
            leaf: hex::encode(item),
            index: path.index,
            count: path.total,
            siblings: path
                .siblings
                .iter()
                .map(|one| SiblingView { hash: one.hash.to_string(), left: one.left })
                .collect(),
        }
    }
}

impl StatementView {
    /// Of a statement.
    pub fn of(statement: &OpenStatement) -> Self {
        Self {
            score_bp: statement.score.get(),
            stress: statement.stress,
            focus: statement.focus,
            authenticity: statement.authenticity,
            heart_rate_cbpm: statement.heart_rate_cbpm,
        }
    }
}

/// How a head was reached, for people.
pub(crate) const fn path_name(path: Path) -> &'static str {
    match path {
        Path::Adjacent => "adjacent",
        Path::Skip => "skip",
        Path::Bisection => "bisection",
    }
}
