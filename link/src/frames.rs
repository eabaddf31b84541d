//! Frames on a stream: `length (unsigned varint) ‖ bytes`.
//!
//! The length is checked before anything is allocated, and memory grows with the bytes that arrive, not with the length
//! that was promised. The varint is the one of libp2p's other protocols, so that JavaScript reads it with
//! `it-length-prefixed`.

use std::io;

use futures::{AsyncRead, AsyncReadExt, AsyncWrite, AsyncWriteExt};

/// Reads one frame of at most `max` bytes.
///
/// # Errors
/// `InvalidData` for a length over `max` or not in its shortest form, `UnexpectedEof` for a frame cut short.
pub async fn read_frame<T: AsyncRead + Unpin>(io: &mut T, max: usize) -> io::Result<Vec<u8>> {
    let length = read_length(io, max).await?;
    let mut bytes = Vec::new();
    io.take(length as u64).read_to_end(&mut bytes).await?;
    if bytes.len() != length {
        return Err(io::ErrorKind::UnexpectedEof.into());
    }
    Ok(bytes)
}

/// Writes one frame of at most `max` bytes.
///
/// # Errors
/// `InvalidInput` for one that is longer; else what the stream says.
pub async fn write_frame<T: AsyncWrite + Unpin>(io: &mut T, bytes: &[u8], max: usize) -> io::Result<()> {
    if bytes.len() > max {
        return Err(too_large(bytes.len(), max, io::ErrorKind::InvalidInput));
    }
    let mut head = Vec::with_capacity(10);
    prost::encoding::encode_varint(bytes.len() as u64, &mut head);
    io.write_all(&head).await?;
    io.write_all(bytes).await?;
    io.flush().await
}

async fn read_length<T: AsyncRead + Unpin>(io: &mut T, max: usize) -> io::Result<usize> {
    let mut length: u64 = 0;
    // Four bytes hold 2^28: no limit of the protocol is larger.
    for shift in [0_u32, 7, 14, 21] {
        let mut byte = [0_u8; 1];
        io.read_exact(&mut byte).await?;
        let [byte] = byte;
        length |= u64::from(byte & 0x7f) << shift;
        if byte & 0x80 == 0 {
            let padded = byte == 0 && shift > 0;
            let size = usize::try_from(length).unwrap_or(usize::MAX);
            return match size {
                _ if padded => Err(io::Error::new(io::ErrorKind::InvalidData, "the length is padded")),
                _ if size > max => Err(too_large(size, max, io::ErrorKind::InvalidData)),
                _ => Ok(size),
            };
        }
    }
    Err(io::Error::new(io::ErrorKind::InvalidData, "the length has more than four bytes"))
}

fn too_large(size: usize, max: usize, kind: io::ErrorKind) -> io::Error {
    io::Error::new(kind, format!("a frame of {size} bytes is too large, {max} are allowed"))
}

#[cfg(all(test, not(target_arch = "wasm32")))]
mod tests {
    use futures::{executor::block_on, io::Cursor};
    use proptest::prelude::*;

    use super::*;

    fn read(bytes: &[u8], max: usize) -> io::Result<Vec<u8>> {
        block_on(read_frame(&mut Cursor::new(bytes), max))
    }

    fn written(bytes: &[u8], max: usize) -> io::Result<Vec<u8>> {
        let mut out = Vec::new();
        block_on(write_frame(&mut out, bytes, max)).map(|()| out)
    }

    #[test]
    fn lengths_are_checked_before_allocation() {
        assert_eq!(read(&[0], 0).unwrap(), b"");
        assert_eq!(read(&[0xff, 0xff, 0xff, 0x7f], 1 << 20).unwrap_err().kind(), io::ErrorKind::InvalidData);
        assert_eq!(
            read(&[0x80, 0x80, 0x80, 0x80, 1], 1 << 20).unwrap_err().kind(),
            io::ErrorKind::InvalidData
        );
        assert_eq!(read(&[0x81, 0x00, 7], 1 << 20).unwrap_err().kind(), io::ErrorKind::InvalidData);
        assert_eq!(read(&[3, 1, 2], 8).unwrap_err().kind(), io::ErrorKind::UnexpectedEof);
        assert_eq!(read(&[0x80], 8).unwrap_err().kind(), io::ErrorKind::UnexpectedEof);
        assert_eq!(read(&[9, 0, 0, 0, 0, 0, 0, 0, 0, 0], 8).unwrap_err().kind(), io::ErrorKind::InvalidData);
        assert_eq!(written(&[0; 9], 8).unwrap_err().kind(), io::ErrorKind::InvalidInput);
    }

    proptest! {
        #[test]
        fn frames_round_trip(bytes in proptest::collection::vec(any::<u8>(), 0..2000)) {
            prop_assert_eq!(read(&written(&bytes, 2000).unwrap(), 2000).unwrap(), bytes);
        }

        #[test]
        fn cut_frames_are_refused(bytes in proptest::collection::vec(any::<u8>(), 1..500), cut in any::<prop::sample::Index>()) {
            let frame = written(&bytes, 500).unwrap();
            prop_assert!(read(&frame[..cut.index(frame.len())], 500).is_err());
        }

        #[test]
        fn any_bytes_are_survived(bytes in proptest::collection::vec(any::<u8>(), 0..300)) {
            if let Ok(frame) = read(&bytes, 200) {
                prop_assert!(frame.len() <= 200);
            }
        }
    }
}
