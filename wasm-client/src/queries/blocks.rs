//! Whole blocks. Thousands of transactions are hashed in pieces, so that the page can breathe, and never decoded.

use emotionalchain_shared::{
    light::{BodyCheck, RawBlock},
    primitives::{Height, hash_bytes},
    wire::{SyncRequest, SyncResponse, Wire},
};
use libp2p::PeerId;
use prost::encoding::{DecodeContext, WireType, decode_key, decode_varint, skip_field};

use super::Queries;
use crate::{
    error::LightError,
    executor,
    views::{BlockView, HeaderView, TransactionView},
};

impl Queries {
    /// A verified block.
    ///
    /// # Errors
    /// As [`Queries::header`].
    pub async fn block(&self, height: Height) -> Result<BlockView, LightError> {
        let header = self.header(height).await?;
        let mut last = LightError::NotFound("block");
        for peer in self.peers().await?.into_iter().take(super::MAX_ASKED) {
            match self.block_of(peer, height, &header).await {
                Ok(block) => return Ok(block),
                Err(error) => {
                    self.blame(peer, &error).await;
                    last = error;
                }
            }
        }
        Err(last)
    }

    async fn block_of(
        &self,
        peer: PeerId,
        height: Height,
        header: &emotionalchain_shared::chain::Header,
    ) -> Result<BlockView, LightError> {
        let answer = self.rpc.ask_raw(peer, &SyncRequest::Blocks(height, 1)).await?;
        let Some(bytes) = first_block(&answer) else {
            return Err(match SyncResponse::decode(&answer) {
                Ok(SyncResponse::Blocks(blocks)) if blocks.is_empty() => LightError::NotFound("block"),
                Ok(SyncResponse::Refused(_)) => LightError::NotFound("block"),
                _ => LightError::BadAnswer("no block"),
            });
        };
        let raw = RawBlock::split(bytes).map_err(LightError::Undecodable)?;
        let items = raw.transactions.clone();
        let (votes, evidence) = (raw.votes.len(), raw.evidence.len());
        let mut check = BodyCheck::new(header, raw)?;
        while !check.step()? {
            executor::breathe().await;
        }
        let mut transactions = Vec::with_capacity(items.len());
        for pieces in items.chunks(256) {
            transactions.extend(
                pieces.iter().map(|bytes| TransactionView {
                    id: hash_bytes(bytes).to_string(),
                    hex: hex::encode(bytes),
                }),
            );
            executor::breathe().await;
        }
        Ok(BlockView { header: HeaderView::of(header), bytes: bytes.len(), transactions, votes, evidence })
    }
}

/// The encoded block in an encoded [`SyncResponse`] with one block, without decoding it: fields 2, 1, 1.
fn first_block(response: &[u8]) -> Option<&[u8]> {
    [2, 1, 1].into_iter().try_fold(response, field)
}

/// The first length-delimited field of this number.
fn field(mut message: &[u8], number: u32) -> Option<&[u8]> {
    while !message.is_empty() {
        let (found, wire): (u32, WireType) = decode_key(&mut message).ok()?;
        if found == number && wire == WireType::LengthDelimited {
            let length = usize::try_from(decode_varint(&mut message).ok()?).ok()?;
            return message.get(..length);
        }
        skip_field(wire, found, &mut message, DecodeContext::default()).ok()?;
    }
    None
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn finds_the_block_and_survives_anything_else() {
        // 2: { 1: { 1: "block", 2: "certificate" } }
        let finalised = [&[0x0a, 5][..], b"block", &[0x12, 11], b"certificate"].concat();
        let blocks = [&[0x0a, finalised.len() as u8][..], &finalised].concat();
        let response = [&[0x12, blocks.len() as u8][..], &blocks].concat();
        assert_eq!(first_block(&response), Some(b"block".as_slice()));
        for cut in 0..response.len() {
            let found = first_block(&response[..cut]);
            assert!(found.is_none() || found == Some(b"block"), "{cut}");
        }
        assert_eq!(first_block(&[0x12, 0]), None);
        assert_eq!(first_block(&[0xff; 20]), None);
        assert_eq!(first_block(&SyncResponse::Refused(2).encode()), None);
    }
}
