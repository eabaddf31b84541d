//! Values across the boundary.

use js_sys::{Error, Reflect};
use serde::{Serialize, de::DeserializeOwned};
use serde_wasm_bindgen::Serializer;
use wasm_bindgen::{JsCast, JsValue};

use crate::error::LightError;

/// A plain object; missing values are `null`.
pub(super) fn give<T: Serialize>(value: &T) -> Result<JsValue, LightError> {
    let serializer = Serializer::new().serialize_missing_as_null(true).serialize_maps_as_objects(true);
    value.serialize(&serializer).map_err(|error| LightError::Unsupported(error.to_string()))
}

/// A value from a plain object.
pub(super) fn read<T: DeserializeOwned>(value: JsValue, what: &'static str) -> Result<T, LightError> {
    serde_wasm_bindgen::from_value(value).map_err(|error| LightError::Config(what, error.to_string()))
}

/// A property of a JavaScript class; nothing if it is missing.
pub(super) fn option<T: JsCast>(value: &JsValue, name: &'static str) -> Result<Option<T>, LightError> {
    let found = Reflect::get(value, &JsValue::from_str(name)).unwrap_or(JsValue::UNDEFINED);
    if found.is_undefined() || found.is_null() {
        return Ok(None);
    }
    found.dyn_into().map(Some).map_err(|_| LightError::Config(name, "of another type".into()))
}

/// An `Error` with the stable code.
pub(super) fn failed(error: &LightError) -> JsValue {
    let thrown = Error::new(&error.to_string());
    // An object that was made a moment ago takes a property.
    let _ = Reflect::set(&thrown, &JsValue::from_str("code"), &JsValue::from_str(error.code().0));
    thrown.into()
}
