//! The one way from bytes to a validated value.

use prost::Message;
use prost::encoding::{DecodeContext, WireType, decode_key, decode_varint, skip_field};
use thiserror::Error;

use crate::primitives::{Address, Hash, Height, TimeMs};

/// Why bytes are not a value.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
pub enum DecodeError {
    /// Longer than the type's maximum.
    #[error("{message} has {size} bytes, {max} are allowed")]
    TooLarge {
        /// The message's name.
        message: &'static str,
        /// Its length.
        size: usize,
        /// Its maximum.
        max: usize,
    },
    /// A repeated field with more entries than its maximum.
    #[error("field {field} of {message} has more than {max} entries")]
    TooMany {
        /// The message's name.
        message: &'static str,
        /// The field's number.
        field: u32,
        /// Its maximum.
        max: usize,
    },
    /// Not protobuf of this message.
    #[error("{message} is not well-formed protobuf")]
    Malformed {
        /// The message's name.
        message: &'static str,
    },
    /// A field that is missing or outside its range.
    #[error("field {field} of {message} is missing or out of range")]
    Field {
        /// The message's name.
        message: &'static str,
        /// The field's name.
        field: &'static str,
    },
    /// Differs from its own re-encoding.
    #[error("{message} is not in canonical encoding")]
    NotCanonical {
        /// The message's name.
        message: &'static str,
    },
}

/// How often a field may occur, and the same for the fields of the messages that it holds.
///
/// Counted over the bytes, before anything is decoded: two bytes of input may stand for hundreds of memory. A message
/// that may stand once is listed too, if anything repeats inside it, because protobuf joins the lists of two.
#[derive(Clone, Copy, Debug)]
pub struct Limit {
    field: u32,
    max: usize,
    /// Name and limits of the messages that the field holds.
    inner: Option<(&'static str, &'static [Limit])>,
}

impl Limit {
    /// At most `max` entries, in which nothing repeats.
    pub const fn of(field: u32, max: usize) -> Self {
        Self { field, max, inner: None }
    }

    /// At most `max` entries of a type with limits of its own.
    pub const fn message<T: Wire>(field: u32, max: usize) -> Self {
        Self::inside(field, max, T::NAME, T::REPEATED)
    }

    /// At most `max` entries of a message that is no type of the protocol but only frames others.
    pub const fn inside(field: u32, max: usize, name: &'static str, inner: &'static [Self]) -> Self {
        Self { field, max, inner: Some((name, inner)) }
    }
}

/// A validated type with a protobuf form.
pub trait Wire: Sized {
    /// The generated type.
    type Proto: Message + Default;
    /// The name in errors.
    const NAME: &'static str;
    /// The largest encoding, in bytes.
    const MAX_BYTES: usize;
    /// The most entries of each repeated field, and of those inside fields that hold messages.
    const REPEATED: &'static [Limit] = &[];
    /// Envelopes ignore unknown fields; signed and hashed documents refuse them.
    const ENVELOPE: bool = false;

    /// The protobuf form.
    fn to_proto(&self) -> Self::Proto;

    /// Validates the protobuf form.
    ///
    /// # Errors
    /// [`DecodeError`] naming the field that is missing or out of range.
    fn from_proto(proto: Self::Proto) -> Result<Self, DecodeError>;

    /// The canonical encoding.
    fn encode(&self) -> Vec<u8> {
        self.to_proto().encode_to_vec()
    }

    /// Validates bytes by the four rules of [the module](crate::wire).
    ///
    /// # Errors
    /// [`DecodeError`] for the first rule broken.
    fn decode(bytes: &[u8]) -> Result<Self, DecodeError> {
        let message = Self::NAME;
        if bytes.len() > Self::MAX_BYTES {
            return Err(DecodeError::TooLarge { message, size: bytes.len(), max: Self::MAX_BYTES });
        }
        check_counts(message, bytes, Self::REPEATED)?;
        let proto = Self::Proto::decode(bytes).map_err(|_| DecodeError::Malformed { message })?;
        let value = Self::from_proto(proto)?;
        if !Self::ENVELOPE && value.encode() != bytes {
            return Err(DecodeError::NotCanonical { message });
        }
        Ok(value)
    }

    /// The error for a field of this message.
    fn field(field: &'static str) -> DecodeError {
        DecodeError::Field { message: Self::NAME, field }
    }
}

/// Counts entries of repeated fields without allocating for them. As deep as the limits are nested, and no deeper.
fn check_counts(
    message: &'static str,
    mut bytes: &[u8],
    limits: &'static [Limit],
) -> Result<(), DecodeError> {
    if limits.is_empty() {
        return Ok(());
    }
    let malformed = |_| DecodeError::Malformed { message };
    let mut counts = vec![0_usize; limits.len()];
    while !bytes.is_empty() {
        let (field, wire_type): (u32, WireType) = decode_key(&mut bytes).map_err(malformed)?;
        let value = bytes;
        skip_field(wire_type, field, &mut bytes, DecodeContext::default()).map_err(malformed)?;
        for (count, limit) in counts.iter_mut().zip(limits).filter(|(_, limit)| limit.field == field) {
            *count = count.saturating_add(1);
            if *count > limit.max {
                return Err(DecodeError::TooMany { message, field, max: limit.max });
            }
            if let Some((name, inner)) = limit.inner
                && wire_type == WireType::LengthDelimited
            {
                let mut value = value;
                let length = decode_varint(&mut value).map_err(malformed)?;
                let length = usize::try_from(length).unwrap_or(usize::MAX);
                let body = value.get(..length).ok_or(DecodeError::Malformed { message })?;
                check_counts(name, body, inner)?;
            }
        }
    }
    Ok(())
}

/// Reads 32 bytes.
///
/// # Errors
/// [`DecodeError::Field`] for any other length.
pub fn bytes32(message: &'static str, field: &'static str, bytes: &[u8]) -> Result<Hash, DecodeError> {
    Hash::try_from(bytes).map_err(|_| DecodeError::Field { message, field })
}

/// Reads a 20-byte address.
///
/// # Errors
/// [`DecodeError::Field`] for any other length.
pub fn address(message: &'static str, field: &'static str, bytes: &[u8]) -> Result<Address, DecodeError> {
    Address::try_from(bytes).map_err(|_| DecodeError::Field { message, field })
}

/// Reads any fixed-size type from bytes.
///
/// # Errors
/// [`DecodeError::Field`] when the bytes are not one.
pub fn fixed<'a, T: TryFrom<&'a [u8]>>(
    message: &'static str,
    field: &'static str,
    bytes: &'a [u8],
) -> Result<T, DecodeError> {
    T::try_from(bytes).map_err(|_| DecodeError::Field { message, field })
}

/// Reads a height of a block: at least 1.
///
/// # Errors
/// [`DecodeError::Field`] for zero.
pub fn height(message: &'static str, field: &'static str, value: u64) -> Result<Height, DecodeError> {
    if value == 0 { Err(DecodeError::Field { message, field }) } else { Ok(Height::new(value)) }
}

/// Reads a time.
///
/// # Errors
/// [`DecodeError::Field`] for a negative one.
pub fn time(message: &'static str, field: &'static str, value: i64) -> Result<TimeMs, DecodeError> {
    TimeMs::from_wire(value).ok_or(DecodeError::Field { message, field })
}
