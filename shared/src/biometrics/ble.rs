//! The heart-rate measurement of a Bluetooth strap: service 0x180D, characteristic 0x2A37.
//!
//! Payload, little endian: flags; heart rate (u8, or u16 by bit 0); energy u16 kJ if bit 3; then RR intervals u16 in
//! 1/1024 s, oldest first, if bit 4. Bits 1–2 tell skin contact, bits 5–7 are ignored. A field cut short, an odd byte
//! at the end or bytes that no flag announces make the frame malformed: it is dropped whole, because the place of
//! every later field would be a guess. Frames carry no time and no sequence number, so a lost one shows only as ΣRR
//! falling behind the wall clock.

use thiserror::Error;

use super::tables::{MAX_RR, MIN_RR};

/// Longest payload that is read: the largest value of an attribute in the Bluetooth core specification.
pub const MAX_PAYLOAD: usize = 512;

/// Heart rates that a strap may plausibly report, bpm.
const PLAUSIBLE_HR: std::ops::RangeInclusive<u16> = 30..=220;

const HR_IS_U16: u8 = 1;
const CONTACT_SHIFT: u32 = 1;
const CONTACT_MASK: u8 = 0b11;
const HAS_ENERGY: u8 = 1 << 3;
const HAS_RR: u8 = 1 << 4;

/// What the strap says about skin contact.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Contact {
    /// The strap cannot tell.
    Unsupported,
    /// It can, and there is none: the measurement is worthless.
    Absent,
    /// It can, and there is.
    Present,
}

/// One notification of the characteristic.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct HeartRateMeasurement {
    /// The strap's own averaged heart rate, bpm; any value, see [`Self::is_plausible`].
    pub hr_bpm: u16,
    /// Skin contact.
    pub contact: Contact,
    /// Energy spent since the last reset, kJ.
    pub energy_kj: Option<u16>,
    /// RR intervals in ticks of 1/1024 s, oldest first; never zero.
    pub rr: Vec<u16>,
}

/// Why a payload is not a heart-rate measurement.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Error)]
pub enum BleError {
    /// No bytes at all.
    #[error("heart-rate payload is empty")]
    Empty,
    /// Longer than any attribute.
    #[error("heart-rate payload has {0} bytes, at most {MAX_PAYLOAD} are legal")]
    TooLong(usize),
    /// A field announced by the flags is cut short.
    #[error("heart-rate payload ends inside its {0} field")]
    Truncated(&'static str),
    /// Half an interval at the end.
    #[error("heart-rate payload ends with half an RR interval")]
    OddByte,
    /// Bytes behind the last announced field.
    #[error("heart-rate payload has {0} bytes that no flag announces")]
    Trailing(usize),
}

impl HeartRateMeasurement {
    /// Reads a payload. Intervals of zero ticks, which some straps send as "none", are left out.
    ///
    /// # Errors
    /// [`BleError`] for a malformed frame.
    pub fn parse(payload: &[u8]) -> Result<Self, BleError> {
        if payload.len() > MAX_PAYLOAD {
            return Err(BleError::TooLong(payload.len()));
        }
        let (&flags, rest) = payload.split_first().ok_or(BleError::Empty)?;
        let is_set = |bit: u8| flags & bit != 0;

        let (hr_bpm, rest) = if is_set(HR_IS_U16) {
            take_u16(rest, "heart rate")?
        } else {
            let (&low, rest) = rest.split_first().ok_or(BleError::Truncated("heart rate"))?;
            (u16::from(low), rest)
        };
        let (energy_kj, rest) = if is_set(HAS_ENERGY) {
            let (energy, rest) = take_u16(rest, "energy")?;
            (Some(energy), rest)
        } else {
            (None, rest)
        };
        if !is_set(HAS_RR) && !rest.is_empty() {
            return Err(BleError::Trailing(rest.len()));
        }
        let (pairs, odd) = rest.as_chunks();
        if !odd.is_empty() {
            return Err(BleError::OddByte);
        }
        let rr = pairs.iter().map(|pair| u16::from_le_bytes(*pair)).filter(|ticks| *ticks != 0).collect();
        Ok(Self { hr_bpm, contact: Contact::from_flags(flags), energy_kj, rr })
    }

    /// Whether heart rate (30 to 220 bpm) and every interval (307 to 2048 ticks) could be a person's and the strap
    /// does not deny contact. Only an absent contact should make a host drop the frame: implausible intervals belong
    /// in the window, where they lower the quality.
    pub fn is_plausible(&self) -> bool {
        self.contact != Contact::Absent
            && PLAUSIBLE_HR.contains(&self.hr_bpm)
            && self.rr.iter().all(|ticks| (MIN_RR..=MAX_RR).contains(ticks))
    }
}

impl Contact {
    const fn from_flags(flags: u8) -> Self {
        match (flags >> CONTACT_SHIFT) & CONTACT_MASK {
            0b10 => Self::Absent,
            0b11 => Self::Present,
            _ => Self::Unsupported,
        }
    }
}

fn take_u16<'a>(bytes: &'a [u8], field: &'static str) -> Result<(u16, &'a [u8]), BleError> {
    let (value, rest) = bytes.split_first_chunk().ok_or(BleError::Truncated(field))?;
    Ok((u16::from_le_bytes(*value), rest))
}
