//! Enrolling and revoking devices, permitting session keys.

use crate::{
    chain::{
        Authorisation, SessionDelegation, Transaction,
        execution::{Execution, TransactionRefusal},
        state::{Device, Session, StateKey},
        webauthn,
    },
    crypto::{PublicKey, SignKind, Signature},
    primitives::{Address, TimeMs},
};

/// Authenticity cap of a bare key.
const TIER_BARE: u8 = 70;
/// Authenticity cap of a self-attested key, or of a simulated device where the chain allows those.
const TIER_SELF_ATTESTED: u8 = 80;

impl Execution<'_> {
    pub(super) fn enroll(
        &mut self,
        sender: &Address,
        key: &PublicKey,
        tier: u8,
        possession: &Signature,
        webauthn_key: Option<[u8; 33]>,
    ) -> Result<(), TransactionRefusal> {
        let (validator, _) = self.owned(sender)?.ok_or(TransactionRefusal::NoValidator)?;
        let simulated = tier == TIER_SELF_ATTESTED && webauthn_key.is_none();
        let allowed = match tier {
            TIER_BARE => true,
            TIER_SELF_ATTESTED => !simulated || self.spec.params().allow_simulated,
            _ => false,
        };
        if !allowed || webauthn_key.is_some_and(|key| !webauthn::is_key(&key)) {
            return Err(TransactionRefusal::Tier(tier));
        }
        if self.state.read::<Device>(StateKey::Device(*key))?.is_some() {
            return Err(TransactionRefusal::DeviceTaken);
        }
        let document = Transaction::device_possession(&validator, tier);
        self.spec
            .domain
            .verify(key, SignKind::KeyPossession, &document, possession)
            .map_err(|_| TransactionRefusal::Possession)?;
        let device = Device {
            validator,
            tier,
            simulated,
            webauthn_key,
            enrolled: self.place.height,
            revoked: None,
            last_sequence: None,
            session: None,
        };
        self.state.write(StateKey::Device(*key), &device);
        Ok(())
    }

    pub(super) fn revoke(&mut self, sender: &Address, key: &PublicKey) -> Result<(), TransactionRefusal> {
        let mut device = self.active_device(sender, key)?;
        device.revoked = Some(self.place.height);
        device.session = None;
        self.state.write(StateKey::Device(*key), &device);
        Ok(())
    }

    pub(super) fn delegate(
        &mut self,
        sender: &Address,
        key: &PublicKey,
        session_key: &PublicKey,
        not_before: TimeMs,
        not_after: TimeMs,
        authorisation: &Authorisation,
    ) -> Result<(), TransactionRefusal> {
        let mut device = self.active_device(sender, key)?;
        let fits = not_before < not_after
            && not_after > self.place.time
            && not_after.since(not_before) <= self.spec.params().session_ms;
        if !fits {
            return Err(TransactionRefusal::Session);
        }
        let body = SessionDelegation::sign_body(session_key, not_before, not_after);
        let domain = &self.spec.domain;
        let authorised = match authorisation {
            Authorisation::Device(signature) => {
                domain.verify(key, SignKind::SessionDelegation, &body, signature).is_ok()
            }
            Authorisation::WebAuthn(assertion) => device.webauthn_key.is_some_and(|webauthn_key| {
                let message = domain.message(SignKind::SessionDelegation, &body);
                webauthn::verify(&webauthn_key, &message, assertion).is_ok()
            }),
        };
        if !authorised {
            return Err(TransactionRefusal::Authorisation);
        }
        device.session = Some(Session { key: *session_key, not_before, not_after });
        self.state.write(StateKey::Device(*key), &device);
        Ok(())
    }

    fn active_device(&self, sender: &Address, key: &PublicKey) -> Result<Device, TransactionRefusal> {
        let (validator, _) = self.owned(sender)?.ok_or(TransactionRefusal::NoValidator)?;
        let device: Option<Device> = self.state.read(StateKey::Device(*key))?;
        device
            .filter(|device| device.validator == validator && device.revoked.is_none())
            .ok_or(TransactionRefusal::Device)
    }
}
