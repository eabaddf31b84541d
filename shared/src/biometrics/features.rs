//! Everything computed from one window: "biometrics features v1", steps 1 to 7 in order.

use thiserror::Error;

use super::{
    authenticity::{DeviceTier, References, authenticity},
    coherence::Coherence,
    hrv::Hrv,
    reaction::ReactionTask,
    score,
    series::Series,
    stress::{baevsky_ssi, stress},
    tables::{MIN_BEATS, MIN_SPAN_TICKS},
    window::Window,
};
use crate::primitives::BasisPoints;

/// What is known of the source beside the intervals.
#[derive(Clone, Debug)]
pub struct SourceContext {
    /// The device's tier.
    pub tier: DeviceTier,
    /// The host's clock and the device's own heart rate.
    pub references: References,
    /// A reaction task done in the window.
    pub reactions: Option<ReactionTask>,
}

/// The features and score of a window.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Features {
    /// The window's end, ticks of 1/1024 s.
    pub now_tick: u64,
    /// Accepted beats.
    pub count: u32,
    /// Accepted beats in ‰ of all.
    pub quality: u32,
    /// Heart rate, hundredths of a beat a minute.
    pub hr_cbpm: u32,
    /// RMSSD, 0.01 ms.
    pub rmssd_cms: u32,
    /// SDNN, 0.01 ms.
    pub sdnn_cms: u32,
    /// Successive differences above 50 ms.
    pub nn50: u32,
    /// Successive differences.
    pub pairs: u32,
    /// pNN50 over the differences, hundredths of a percent.
    pub pnn50_bp: u32,
    /// 100·√SI of Baevsky.
    pub ssi: u32,
    /// Stress points, 0..=100.
    pub stress: u8,
    /// Frequency of the rhythm's peak, mHz.
    pub peak_mhz: u32,
    /// Rhythm coherence, ‰.
    pub coherence: u32,
    /// Focus points, 0..=100.
    pub focus: u8,
    /// Distinct intervals, ‰.
    pub distinct: u32,
    /// SDNN over RMSSD, ‰.
    pub ratio: u32,
    /// Authenticity points, 0..=100, at most the tier's.
    pub authenticity: u8,
    /// The emotional score.
    pub score: BasisPoints,
}

/// Why a window has no score.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Error)]
pub enum FeatureError {
    /// Too few accepted beats.
    #[error("window has {got} accepted beats, {MIN_BEATS} are needed")]
    TooFewBeats {
        /// Accepted beats.
        got: u32,
    },
    /// Accepted beats span too little time.
    #[error("accepted beats span {got} ticks, {MIN_SPAN_TICKS} are needed")]
    ShortSpan {
        /// Ticks between the ends of the first and the last.
        got: u64,
    },
}

impl Features {
    /// Computes the features of a window.
    ///
    /// # Errors
    /// [`FeatureError`] below 40 accepted beats or a span of 60 s. A poor quality is no error here: the features are
    /// worth showing, but make no proof ([`Self::is_eligible`]).
    pub fn compute(window: &Window, context: &SourceContext) -> Result<Self, FeatureError> {
        let series = Series::filtered(window);
        if series.count() < MIN_BEATS {
            return Err(FeatureError::TooFewBeats { got: series.count() });
        }
        if series.span_ticks() < MIN_SPAN_TICKS {
            return Err(FeatureError::ShortSpan { got: series.span_ticks() });
        }
        let hrv = Hrv::measure(&series);
        let ssi = baevsky_ssi(&series);
        let stress = stress(ssi, &hrv);
        let coherence = Coherence::measure(&series, window.now_tick());
        let focus = focus(&coherence, context.reactions.as_ref());
        let quality = series.quality();
        let authenticity =
            authenticity(quality, &hrv, window.total_ticks(), &context.references, context.tier);
        Ok(Self {
            now_tick: window.now_tick(),
            count: hrv.count,
            quality,
            hr_cbpm: hrv.hr_cbpm,
            rmssd_cms: hrv.rmssd_cms,
            sdnn_cms: hrv.sdnn_cms,
            nn50: hrv.nn50,
            pairs: hrv.pairs,
            pnn50_bp: hrv.pnn50_bp(),
            ssi,
            stress,
            peak_mhz: coherence.peak_mhz,
            coherence: coherence.permille,
            focus,
            distinct: hrv.distinct_permille,
            ratio: hrv.ratio_permille(),
            authenticity,
            // All three are points up to 100, so there always is a score.
            score: score::score(authenticity, focus, stress).unwrap_or(BasisPoints::ZERO),
        })
    }

    /// Whether the signal is good enough for a proof: authenticity ≥ 70 and quality ≥ 800 ‰.
    pub const fn is_eligible(&self) -> bool {
        score::authenticity_admits(self.authenticity) && score::quality_admits(self.quality)
    }
}

/// Focus points: of the rhythm, or the mean with the reaction task, rounded down.
fn focus(coherence: &Coherence, reactions: Option<&ReactionTask>) -> u8 {
    let rhythm = coherence.focus();
    reactions.map_or(rhythm, |task| rhythm.midpoint(task.points()))
}
