//! The reaction task (brief psychomotor vigilance): "biometrics features v1", step 5.

use std::fmt;

use thiserror::Error;

use super::tables::{FALSE_START_MS, LAPSE_MS, LAPSE_POINTS, POINTS_OF_SPEED, RESPONSES};

/// Responses of one task inside a window. `Debug` shows their number only.
#[derive(Clone, PartialEq, Eq)]
pub struct ReactionTask {
    /// Times of responses that are not false starts, ms.
    responses: Vec<u16>,
}

/// Why responses do not make a task.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Error)]
pub enum ReactionError {
    /// Too few to average over.
    #[error("reaction task has {got} valid responses, at least {min} are needed", min = ReactionTask::MIN_RESPONSES)]
    TooFew {
        /// Responses that are not false starts.
        got: usize,
    },
    /// More stimuli than a window has room for.
    #[error("reaction task has {got} responses, at most {max} fit a window", max = ReactionTask::MAX_RESPONSES)]
    TooMany {
        /// Responses given.
        got: usize,
    },
}

impl ReactionTask {
    /// The fewest valid responses.
    pub const MIN_RESPONSES: usize = RESPONSES.0;
    /// The most responses.
    pub const MAX_RESPONSES: usize = RESPONSES.1;

    /// Takes reaction times in ms; those below 100 ms are false starts and left out.
    ///
    /// # Errors
    /// [`ReactionError`] for too few or too many.
    pub fn new(times_ms: &[u16]) -> Result<Self, ReactionError> {
        if times_ms.len() > Self::MAX_RESPONSES {
            return Err(ReactionError::TooMany { got: times_ms.len() });
        }
        let responses: Vec<u16> = times_ms.iter().copied().filter(|time| *time >= FALSE_START_MS).collect();
        if responses.len() < Self::MIN_RESPONSES {
            return Err(ReactionError::TooFew { got: responses.len() });
        }
        Ok(Self { responses })
    }

    /// Attention points 0..=100: mean response speed 1/RT mapped from 2/s → 0 to 5/s → 100, minus 5 a lapse over
    /// 355 ms. Speeds are whole mHz, rounded down, as is their mean.
    pub fn points(&self) -> u8 {
        // At most 120 speeds of at most 10,000 mHz.
        let speeds = self.responses.iter().map(|time| 1_000_000_u32.checked_div((*time).into()).unwrap_or(0));
        let count = u32::try_from(self.responses.len()).unwrap_or(u32::MAX);
        let mean = speeds.sum::<u32>().checked_div(count).unwrap_or(0);
        let lapses: u32 = self.responses.iter().filter(|time| **time > LAPSE_MS).map(|_| 1).sum();
        let lost = u8::try_from(lapses.saturating_mul(LAPSE_POINTS)).unwrap_or(u8::MAX);
        POINTS_OF_SPEED.at(mean).saturating_sub(lost)
    }
}

impl fmt::Debug for ReactionTask {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.debug_struct("ReactionTask").field("responses", &self.responses.len()).finish()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn speed_earns_and_lapses_cost() {
        let points = |times: &[u16]| ReactionTask::new(times).unwrap().points();
        assert_eq!(points(&[200; 20]), 100);
        assert_eq!(points(&[250; 20]), 66);
        assert_eq!(points(&[500; 20]), 0);
        assert_eq!(points(&[355; 10]), 27);
        let mut times = [250; 20];
        times[0] = 356;
        // Mean speed (19·4000 + 2808) // 20 = 3940 mHz: 64 points, one lapse.
        assert_eq!(points(&times), 59);
        times[1] = 99;
        assert_eq!(ReactionTask::new(&times).unwrap().responses.len(), 19);
    }

    #[test]
    fn bounds_the_responses() {
        assert_eq!(ReactionTask::new(&[50; 20]), Err(ReactionError::TooFew { got: 0 }));
        assert_eq!(ReactionTask::new(&[300; 9]), Err(ReactionError::TooFew { got: 9 }));
        assert_eq!(ReactionTask::new(&[300; 121]), Err(ReactionError::TooMany { got: 121 }));
    }
}
