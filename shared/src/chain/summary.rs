//! What an epoch came to; its hash stands in the header of the block that closes it.

use emotionalchain_proto::v1;

use crate::{
    primitives::{Address, Amount, BasisPoints, Epoch, Hash, hash_bytes},
    wire::{self, DecodeError, Limit, Wire},
};

/// The result of one emotional round.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct EpochSummary {
    /// The epoch that ended.
    pub epoch: Epoch,
    /// The set that signs from the next block on, in set order.
    pub seats: Vec<SeatScore>,
    /// Commits credited of commits that were possible.
    pub participation: BasisPoints,
    /// Aggregates of open statements, if enough contributed.
    pub wellness: Option<Wellness>,
    /// Validators jailed at this close.
    pub jailed: Vec<Address>,
    /// Minted at this close.
    pub rewards: Vec<(Address, Amount)>,
    /// Orders the proposers of the epoch that begins.
    pub seed: Hash,
    /// Every validator that voted in the epoch, in address order.
    pub scores: Vec<SeatScore>,
}

/// A validator's standing at a close.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct SeatScore {
    /// The validator.
    pub validator: Address,
    /// Smoothed score; `None` before a first vote.
    pub score: Option<BasisPoints>,
    /// Whether it voted in the epoch that ended.
    pub voted: bool,
}

/// Means over open statements, each of which is public anyway.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Wellness {
    /// How many statements.
    pub contributors: u32,
    /// Mean score.
    pub score: BasisPoints,
    /// Mean stress, 0..=100.
    pub stress: u8,
    /// Mean focus, 0..=100.
    pub focus: u8,
    /// Mean heart rate, hundredths of a beat per minute.
    pub heart_rate_cbpm: u32,
}

impl EpochSummary {
    /// The hash of the canonical encoding: a header's `epoch_summary_root`.
    pub fn root(&self) -> Hash {
        hash_bytes(&self.encode())
    }
}

impl SeatScore {
    fn to_proto(self) -> v1::SeatScore {
        v1::SeatScore {
            validator: self.validator.as_bytes().to_vec(),
            score_bp: self.score.unwrap_or_default().into(),
            has_score: self.score.is_some(),
            voted: self.voted,
        }
    }

    fn from_proto(proto: &v1::SeatScore) -> Result<Self, DecodeError> {
        const NAME: &str = "SeatScore";
        let score = BasisPoints::try_from(proto.score_bp)
            .map_err(|_| DecodeError::Field { message: NAME, field: "score_bp" })?;
        Ok(Self {
            validator: wire::address(NAME, "validator", &proto.validator)?,
            score: proto.has_score.then_some(score),
            voted: proto.voted,
        })
    }
}

impl Wire for EpochSummary {
    type Proto = v1::EpochSummary;
    const NAME: &'static str = "EpochSummary";
    const MAX_BYTES: usize = wire::MAX_EPOCH_SUMMARY;
    const REPEATED: &'static [Limit] = &[
        Limit::of(2, wire::MAX_SEATS),
        Limit::of(5, wire::MAX_SEATS),
        // The first commit that an epoch carries is of the set before, so two sets share its reward.
        Limit::of(6, 2 * wire::MAX_SEATS),
        Limit::of(8, wire::MAX_SUMMARY_SCORES),
    ];

    fn to_proto(&self) -> v1::EpochSummary {
        v1::EpochSummary {
            epoch: self.epoch.get(),
            seats: self.seats.iter().map(|seat| seat.to_proto()).collect(),
            participation_bp: self.participation.into(),
            wellness: self.wellness.map(|one| v1::Wellness {
                contributors: one.contributors,
                mean_score_bp: one.score.into(),
                mean_stress: one.stress.into(),
                mean_focus: one.focus.into(),
                mean_heart_rate_cbpm: one.heart_rate_cbpm,
            }),
            jailed: self.jailed.iter().map(|one| one.as_bytes().to_vec()).collect(),
            rewards: self
                .rewards
                .iter()
                .map(|(who, amount)| v1::Reward {
                    validator: who.as_bytes().to_vec(),
                    amount: amount.micro(),
                })
                .collect(),
            seed: self.seed.as_bytes().to_vec(),
            scores: self.scores.iter().map(|one| one.to_proto()).collect(),
        }
    }

    fn from_proto(proto: v1::EpochSummary) -> Result<Self, DecodeError> {
        let bp = |field, value: u32| BasisPoints::try_from(value).map_err(|_| Self::field(field));
        let byte = |field, value: u32| u8::try_from(value).map_err(|_| Self::field(field));
        let wellness = proto.wellness.map(|one| {
            Ok::<_, DecodeError>(Wellness {
                contributors: one.contributors,
                score: bp("mean_score_bp", one.mean_score_bp)?,
                stress: byte("mean_stress", one.mean_stress)?,
                focus: byte("mean_focus", one.mean_focus)?,
                heart_rate_cbpm: one.mean_heart_rate_cbpm,
            })
        });
        Ok(Self {
            epoch: Epoch::new(proto.epoch),
            seats: proto.seats.iter().map(SeatScore::from_proto).collect::<Result<_, _>>()?,
            participation: bp("participation_bp", proto.participation_bp)?,
            wellness: wellness.transpose()?,
            jailed: proto
                .jailed
                .iter()
                .map(|bytes| wire::address(Self::NAME, "jailed", bytes))
                .collect::<Result<_, _>>()?,
            rewards: proto
                .rewards
                .iter()
                .map(|one| {
                    let who = wire::address(Self::NAME, "rewards", &one.validator)?;
                    Ok((who, Amount::from_micro(one.amount)))
                })
                .collect::<Result<_, DecodeError>>()?,
            seed: wire::bytes32(Self::NAME, "seed", &proto.seed)?,
            scores: proto.scores.iter().map(SeatScore::from_proto).collect::<Result<_, _>>()?,
        })
    }
}
