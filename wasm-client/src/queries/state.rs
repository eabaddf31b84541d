//! Records of the state, each with a proof against a verified header; absence, too.

use borsh::BorshDeserialize;
use emotionalchain_shared::{
    chain::{
        Header,
        state::{Account, Device, ScoreEntry, StateKey, Validator},
    },
    crypto::PublicKey,
    light::verify_record,
    primitives::{Address, Epoch},
    wire::{SyncRequest, SyncResponse},
};
use futures::{StreamExt, TryStreamExt, stream};

use super::{PARALLEL, Queries};
use crate::{
    error::LightError,
    views::{AccountView, ScoreView, ValidatorView, ValidatorsView},
};

/// Epochs of one score history: half an hour.
pub const MAX_HISTORY: u64 = 64;

impl Queries {
    /// The record under a key, or that there verifiably is none, and the header whose state says so.
    ///
    /// # Errors
    /// As all queries.
    pub async fn record<T: BorshDeserialize>(
        &self,
        key: StateKey,
    ) -> Result<(Header, Option<T>), LightError> {
        self.ask(SyncRequest::State(key.to_bytes()), key.name(), |response| async move {
            let SyncResponse::State(answer) = response else {
                return Err(LightError::BadAnswer("no state"));
            };
            let header = self.header_at(answer.height).await?;
            let record = verify_record(&header, key, answer.value.as_deref(), &answer.proof)?;
            Ok((header, record))
        })
        .await
    }

    /// Balance and nonce of an account; one that never had money is empty.
    ///
    /// # Errors
    /// As all queries.
    pub async fn account(&self, address: Address) -> Result<AccountView, LightError> {
        let (header, record) = self.record::<Account>(StateKey::Account(address)).await?;
        let account = record.unwrap_or_default();
        Ok(AccountView {
            address: address.to_string(),
            balance: account.balance.micro(),
            nonce: account.nonce.get(),
            height: header.height.get(),
            block_id: header.id().to_string(),
        })
    }

    /// A validator's record; nothing if there verifiably is none.
    ///
    /// # Errors
    /// As all queries.
    pub async fn validator(&self, address: Address) -> Result<Option<ValidatorView>, LightError> {
        let (header, record) = self.record::<Validator>(StateKey::Validator(address)).await?;
        Ok(record.map(|record| ValidatorView::of(&header, &address, &record)))
    }

    /// An enrolled device.
    ///
    /// # Errors
    /// [`LightError::NotFound`] if there verifiably is none.
    pub async fn device(&self, key: PublicKey) -> Result<Device, LightError> {
        let (_, record) = self.record::<Device>(StateKey::Device(key)).await?;
        record.ok_or(LightError::NotFound("enrolled device"))
    }

    /// The set that signs next, with the record of each seat.
    ///
    /// # Errors
    /// As all queries.
    pub async fn validators(&self) -> Result<ValidatorsView, LightError> {
        let (height, ..) = self.head().await?;
        let trusted = self.chain.borrow().trusted.clone().ok_or(LightError::NotFound("head"))?;
        let addresses: Vec<Address> = trusted.next_set.members().iter().map(|one| one.address).collect();
        let seats = stream::iter(addresses)
            .map(|address| async move {
                self.validator(address).await?.ok_or(LightError::NotFound("seated validator"))
            })
            .buffered(PARALLEL)
            .try_collect()
            .await?;
        Ok(ValidatorsView { height: height.get(), root: trusted.next_set.root().to_string(), seats })
    }

    /// A validator's scores in the last so many closed epochs, the newest first.
    ///
    /// # Errors
    /// [`LightError::Malformed`] for none or more than [`MAX_HISTORY`] epochs; else as all queries.
    pub async fn score_history(&self, address: Address, epochs: u64) -> Result<Vec<ScoreView>, LightError> {
        if epochs == 0 || epochs > MAX_HISTORY {
            return Err(LightError::Malformed("number of epochs"));
        }
        self.head().await?;
        let open = self.newest().map(|header| header.epoch.get()).unwrap_or_default();
        let first = open.saturating_sub(epochs);
        stream::iter((first..open).rev())
            .map(|epoch| async move {
                let key = StateKey::Score(address, Epoch::new(epoch));
                let (header, record) = self.record::<ScoreEntry>(key).await?;
                Ok(ScoreView {
                    epoch,
                    vote: record.and_then(|entry| entry.vote).map(|score| score.get()),
                    smoothed: record.and_then(|entry| entry.smoothed).map(|score| score.get()),
                    height: header.height.get(),
                })
            })
            .buffered(PARALLEL)
            .try_collect()
            .await
    }
}
