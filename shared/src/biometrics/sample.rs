//! What is measured: modalities and single samples.

use thiserror::Error;

use super::tables::WINDOW_TICKS;

/// A kind of sample.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
#[repr(u8)]
pub enum Modality {
    /// The interval that ends with a heart beat; value in ticks of 1/1024 s.
    RrInterval = 1,
    /// Pulse rate seen by a camera; value in hundredths of a beat a minute.
    CameraPulse = 2,
    /// A response of the reaction task; value in milliseconds.
    ReactionTime = 3,
    /// Motion of the device, which gates artefacts; value in mm/s² beside gravity.
    Motion = 4,
}

/// A set of modalities, as proofs carry it: bit `code − 1` for each.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub struct Modalities(u32);

/// One measured value and when in its window it was measured.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Sample {
    /// What was measured.
    pub modality: Modality,
    /// Ticks from the window's start to the end of the measurement, `1..=122880`.
    pub offset_ticks: u32,
    /// The value in its modality's unit.
    pub value: u16,
}

/// Why bytes or bits are not samples.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Error)]
pub enum SampleError {
    /// No modality has this code.
    #[error("modality {0} is unknown")]
    Modality(u8),
    /// The sample would lie outside its window.
    #[error("sample at tick {0} lies outside its window")]
    Offset(u32),
    /// A set with unknown bits.
    #[error("modalities {0:#b} have unknown bits")]
    UnknownModalities(u32),
    /// A set without RR intervals, which every score needs.
    #[error("modalities {0:#b} lack RR intervals")]
    NoIntervals(u32),
}

impl Modality {
    /// Every modality.
    pub const ALL: [Self; 4] = [Self::RrInterval, Self::CameraPulse, Self::ReactionTime, Self::Motion];

    /// The code in encodings.
    pub const fn code(self) -> u8 {
        match self {
            Self::RrInterval => 1,
            Self::CameraPulse => 2,
            Self::ReactionTime => 3,
            Self::Motion => 4,
        }
    }

    /// The bit in a [`Modalities`] set.
    pub const fn bit(self) -> u32 {
        match self {
            Self::RrInterval => 1,
            Self::CameraPulse => 1 << 1,
            Self::ReactionTime => 1 << 2,
            Self::Motion => 1 << 3,
        }
    }
}

impl TryFrom<u8> for Modality {
    type Error = SampleError;
    fn try_from(code: u8) -> Result<Self, SampleError> {
        Self::ALL.into_iter().find(|modality| modality.code() == code).ok_or(SampleError::Modality(code))
    }
}

impl Modalities {
    /// The set with one more member.
    #[must_use]
    pub const fn with(self, modality: Modality) -> Self {
        Self(self.0 | modality.bit())
    }

    /// Whether a modality is in the set.
    pub const fn contains(self, modality: Modality) -> bool {
        self.0 & modality.bit() != 0
    }

    /// The wire form.
    pub const fn bits(self) -> u32 {
        self.0
    }
}

impl FromIterator<Modality> for Modalities {
    fn from_iter<I: IntoIterator<Item = Modality>>(modalities: I) -> Self {
        modalities.into_iter().fold(Self::default(), Self::with)
    }
}

impl TryFrom<u32> for Modalities {
    type Error = SampleError;
    /// Reads the wire form of a proof: known bits only, RR intervals among them.
    fn try_from(bits: u32) -> Result<Self, SampleError> {
        let known: Self = Modality::ALL.into_iter().collect();
        if bits & !known.0 != 0 {
            return Err(SampleError::UnknownModalities(bits));
        }
        if !Self(bits).contains(Modality::RrInterval) {
            return Err(SampleError::NoIntervals(bits));
        }
        Ok(Self(bits))
    }
}

impl Sample {
    /// Bytes of the encoding.
    pub const LEN: usize = 7;

    /// Checks that the sample lies in its window.
    ///
    /// # Errors
    /// [`SampleError::Offset`].
    pub fn check(&self) -> Result<(), SampleError> {
        let inside = self.offset_ticks > 0 && u64::from(self.offset_ticks) <= WINDOW_TICKS;
        if inside { Ok(()) } else { Err(SampleError::Offset(self.offset_ticks)) }
    }

    /// `modality (u8) ‖ offset ticks (u32, big endian) ‖ value (u16, big endian)`.
    pub fn encode(&self) -> [u8; Self::LEN] {
        let [a, b, c, d] = self.offset_ticks.to_be_bytes();
        let [e, f] = self.value.to_be_bytes();
        [self.modality.code(), a, b, c, d, e, f]
    }

    /// Reads the encoding.
    ///
    /// # Errors
    /// [`SampleError`] for an unknown modality or an offset outside the window.
    pub fn decode(bytes: &[u8; Self::LEN]) -> Result<Self, SampleError> {
        let &[modality, a, b, c, d, e, f] = bytes;
        let sample = Self {
            modality: Modality::try_from(modality)?,
            offset_ticks: u32::from_be_bytes([a, b, c, d]),
            value: u16::from_be_bytes([e, f]),
        };
        sample.check()?;
        Ok(sample)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn modalities_are_checked() {
        for modality in Modality::ALL {
            assert_eq!(Modality::try_from(modality.code()), Ok(modality));
            assert_eq!(modality.bit(), 1 << (modality.code() - 1));
        }
        assert_eq!(Modality::try_from(0), Err(SampleError::Modality(0)));
        assert_eq!(Modality::try_from(5), Err(SampleError::Modality(5)));
        assert!(Modalities::try_from(0b101).is_ok_and(|set| set.contains(Modality::ReactionTime)));
        assert_eq!(Modalities::try_from(0b110), Err(SampleError::NoIntervals(0b110)));
        assert_eq!(Modalities::try_from(0b1_0001), Err(SampleError::UnknownModalities(0b1_0001)));
    }

    #[test]
    fn offsets_are_checked() {
        let at = |offset_ticks| Sample { modality: Modality::RrInterval, offset_ticks, value: 800 };
        for offset in [1, 122_880] {
            assert_eq!(Sample::decode(&at(offset).encode()), Ok(at(offset)));
        }
        for offset in [0, 122_881, u32::MAX] {
            assert_eq!(Sample::decode(&at(offset).encode()), Err(SampleError::Offset(offset)));
        }
    }
}
