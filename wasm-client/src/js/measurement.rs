//! A measurement for pages.

use emotionalchain_shared::{biometrics::DeviceTier, primitives::TimeMs};
use serde::Serialize;
use wasm_bindgen::prelude::*;

use super::{
    convert::{failed, give},
    whole,
};
use crate::{error::LightError, measurement::Measurement};

/// The last two minutes of one device, in this page's memory only.
#[wasm_bindgen]
#[derive(Default)]
pub struct RawMeasurement {
    inner: Measurement,
}

/// What the newest window says.
#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Evaluation {
    score_bp: u16,
    stress: u8,
    focus: u8,
    authenticity: u8,
    heart_rate_cbpm: u32,
    beats: usize,
    /// Accepted beats in ‰ of all.
    quality: u32,
    /// Whether a proof can be made of it.
    eligible: bool,
}

#[wasm_bindgen]
impl RawMeasurement {
    /// An empty one.
    #[wasm_bindgen(constructor)]
    pub fn new() -> Self {
        Self::default()
    }

    /// Takes a payload of characteristic 0x2A37 that arrived at this unix millisecond.
    #[wasm_bindgen(js_name = heartRateFrame)]
    pub fn heart_rate_frame(&mut self, bytes: &[u8], at_ms: f64) -> Result<(), JsValue> {
        let at = TimeMs::from_millis(whole(at_ms, "time").map_err(|error| failed(&error))?);
        self.inner.heart_rate_frame(bytes, at).map_err(|error| failed(&error))
    }

    /// What the newest window says for a device of this tier; `undefined` while there are too few beats.
    pub fn evaluate(&self, tier: u8) -> Result<JsValue, JsValue> {
        let tier = DeviceTier::new(tier).ok_or_else(|| failed(&LightError::Malformed("tier")))?;
        match self.inner.evaluate(tier).map_err(|error| failed(&error))? {
            None => Ok(JsValue::UNDEFINED),
            Some(features) => give(&Evaluation {
                score_bp: features.score.get(),
                stress: features.stress,
                focus: features.focus,
                authenticity: features.authenticity,
                heart_rate_cbpm: features.hr_cbpm,
                beats: self.inner.len(),
                quality: features.quality,
                eligible: features.is_eligible(),
            })
            .map_err(|error| failed(&error)),
        }
    }

    /// Forgets everything.
    pub fn clear(&mut self) {
        self.inner.clear();
    }

    pub(super) fn measurement(&self) -> Measurement {
        self.inner.clone()
    }
}
