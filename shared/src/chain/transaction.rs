//! Transactions (protocol §4).

use emotionalchain_proto::v1;
use prost::Message;

use crate::{
    crypto::{PublicKey, SecretKey, SignDomain, SignKind, Signature, SignatureError},
    primitives::{Address, Amount, Hash, Nonce, TimeMs, hash_bytes},
    wire::{self, DecodeError, Wire},
};

/// A signed order of an account.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Transaction {
    /// What is signed.
    pub body: TransactionBody,
    /// By the sender's key.
    pub signature: Signature,
}

/// What an account orders.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TransactionBody {
    /// The account's key; its address pays.
    pub sender: PublicKey,
    /// The account's count of included transactions.
    pub nonce: Nonce,
    /// Paid to the block's builder.
    pub fee: Amount,
    /// The order.
    pub action: Action,
}

/// The orders that exist.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Action {
    /// Moves money.
    Transfer {
        /// To whom.
        to: Address,
        /// How much, above zero.
        amount: Amount,
    },
    /// Makes the sender the owner of a new validator.
    RegisterValidator {
        /// Unique for ever.
        consensus_key: PublicKey,
        /// The node's libp2p peer id.
        peer_id: Vec<u8>,
        /// Locked until unbonded.
        bond: Amount,
        /// End of the randomness chain.
        randomness_tip: Hash,
        /// Of the consensus key over the account and the peer id.
        possession: Signature,
    },
    /// Gives the sender's validator a device, for ever.
    EnrollDevice {
        /// The device's key.
        device_key: PublicKey,
        /// 70 bare key, 80 self-attested or simulated.
        tier: u8,
        /// Of the device key over the validator and the tier.
        possession: Signature,
        /// Compressed P-256 key of the device's authenticator, for delegations by assertion.
        webauthn_key: Option<[u8; 33]>,
    },
    /// Takes a device away, for ever.
    RevokeDevice {
        /// The device's key.
        device_key: PublicKey,
    },
    /// Permits a session key for a short time.
    DelegateSession {
        /// The enrolled device.
        device_key: PublicKey,
        /// The key that may sign proofs.
        session_key: PublicKey,
        /// From when.
        not_before: TimeMs,
        /// Until when.
        not_after: TimeMs,
        /// Who says so.
        authorisation: Authorisation,
    },
    /// Asks to leave the seat and, after the delay, to have the bond back.
    Unbond,
    /// Ends a jail for downtime.
    Unjail,
}

/// What permits a session key.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Authorisation {
    /// The device key's signature.
    Device(Signature),
    /// The enrolled authenticator's assertion.
    WebAuthn(WebAuthnAssertion),
}

/// What an authenticator returns; ES256 is allowed here alone.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct WebAuthnAssertion {
    /// Hash of the relying party, flags, counter.
    pub authenticator_data: Vec<u8>,
    /// JSON that carries the challenge.
    pub client_data_json: Vec<u8>,
    /// DER encoded.
    pub signature: Vec<u8>,
}

/// Bytes of authenticator data: 37 without extensions.
const MAX_AUTHENTICATOR_DATA: usize = 256;
/// Bytes of client data: a challenge, an origin and room for what browsers add.
const MAX_CLIENT_DATA: usize = 1024;
/// Bytes of a DER signature over P-256.
const MAX_DER: usize = 72;

impl Transaction {
    /// Signs an order.
    pub fn sign(domain: &SignDomain, key: &SecretKey, nonce: Nonce, fee: Amount, action: Action) -> Self {
        let body = TransactionBody { sender: key.public(), nonce, fee, action };
        let signature = domain.sign(key, SignKind::Transaction, &body.to_proto().encode_to_vec());
        Self { body, signature }
    }

    /// The account that pays.
    pub fn sender(&self) -> Address {
        self.body.sender.address()
    }

    /// The hash of the canonical encoding.
    pub fn id(&self) -> Hash {
        hash_bytes(&self.encode())
    }

    /// Checks the sender's signature.
    ///
    /// # Errors
    /// [`SignatureError`] when it does not verify.
    pub fn verify_signature(&self, domain: &SignDomain) -> Result<(), SignatureError> {
        let body = self.body.to_proto().encode_to_vec();
        domain.verify(&self.body.sender, SignKind::Transaction, &body, &self.signature)
    }

    /// The sign document of a consensus key's possession.
    pub fn key_possession(account: &Address, peer_id: &[u8]) -> Vec<u8> {
        v1::KeyPossession { account: account.as_bytes().to_vec(), peer_id: peer_id.to_vec() }.encode_to_vec()
    }

    /// The sign document of a device key's possession.
    pub fn device_possession(validator: &Address, tier: u8) -> Vec<u8> {
        v1::DevicePossession { validator: validator.as_bytes().to_vec(), tier: tier.into() }.encode_to_vec()
    }
}

impl TransactionBody {
    fn to_proto(&self) -> v1::TransactionBody {
        v1::TransactionBody {
            sender_key: self.sender.as_bytes().to_vec(),
            nonce: self.nonce.get(),
            fee: self.fee.micro(),
            action: Some(self.action.to_proto()),
        }
    }
}

impl Action {
    fn to_proto(&self) -> v1::transaction_body::Action {
        use v1::transaction_body::Action as Proto;
        match self {
            Self::Transfer { to, amount } => {
                Proto::Transfer(v1::Transfer { to: to.as_bytes().to_vec(), amount: amount.micro() })
            }
            Self::RegisterValidator { consensus_key, peer_id, bond, randomness_tip, possession } => {
                Proto::RegisterValidator(v1::RegisterValidator {
                    consensus_key: consensus_key.as_bytes().to_vec(),
                    peer_id: peer_id.clone(),
                    bond: bond.micro(),
                    randomness_tip: randomness_tip.as_bytes().to_vec(),
                    possession: possession.as_bytes().to_vec(),
                })
            }
            Self::EnrollDevice { device_key, tier, possession, webauthn_key } => {
                Proto::EnrollDevice(v1::EnrollDevice {
                    device_key: device_key.as_bytes().to_vec(),
                    tier: (*tier).into(),
                    possession: possession.as_bytes().to_vec(),
                    attestation: Vec::new(),
                    webauthn_key: webauthn_key.map(Vec::from).unwrap_or_default(),
                })
            }
            Self::RevokeDevice { device_key } => {
                Proto::RevokeDevice(v1::RevokeDevice { device_key: device_key.as_bytes().to_vec() })
            }
            Self::DelegateSession { device_key, session_key, not_before, not_after, authorisation } => {
                Proto::DelegateSession(v1::DelegateSession {
                    device_key: device_key.as_bytes().to_vec(),
                    session_key: session_key.as_bytes().to_vec(),
                    not_before: not_before.to_wire(),
                    not_after: not_after.to_wire(),
                    authorisation: Some(authorisation.to_proto()),
                })
            }
            Self::Unbond => Proto::Unbond(v1::Unbond {}),
            Self::Unjail => Proto::Unjail(v1::Unjail {}),
        }
    }

    fn from_proto(proto: v1::transaction_body::Action) -> Result<Self, DecodeError> {
        use v1::transaction_body::Action as Proto;
        const NAME: &str = Transaction::NAME;
        let field = Transaction::field;
        let key = |name, bytes: &[u8]| PublicKey::from_bytes(bytes).map_err(|_| field(name));
        Ok(match proto {
            Proto::Transfer(one) => Self::Transfer {
                to: wire::address(NAME, "to", &one.to)?,
                amount: Amount::from_micro(one.amount),
            },
            Proto::RegisterValidator(one) => Self::RegisterValidator {
                consensus_key: key("consensus_key", &one.consensus_key)?,
                peer_id: if one.peer_id.is_empty() || one.peer_id.len() > wire::MAX_PEER_ID {
                    return Err(field("peer_id"));
                } else {
                    one.peer_id
                },
                bond: Amount::from_micro(one.bond),
                randomness_tip: wire::bytes32(NAME, "randomness_tip", &one.randomness_tip)?,
                possession: wire::fixed(NAME, "possession", &one.possession)?,
            },
            Proto::EnrollDevice(one) => Self::EnrollDevice {
                device_key: key("device_key", &one.device_key)?,
                tier: u8::try_from(one.tier).map_err(|_| field("tier"))?,
                possession: wire::fixed(NAME, "possession", &one.possession)?,
                webauthn_key: if !one.attestation.is_empty() {
                    return Err(field("attestation"));
                } else if one.webauthn_key.is_empty() {
                    None
                } else {
                    Some(one.webauthn_key.as_slice().try_into().map_err(|_| field("webauthn_key"))?)
                },
            },
            Proto::RevokeDevice(one) => {
                Self::RevokeDevice { device_key: key("device_key", &one.device_key)? }
            }
            Proto::DelegateSession(one) => Self::DelegateSession {
                device_key: key("device_key", &one.device_key)?,
                session_key: key("session_key", &one.session_key)?,
                not_before: wire::time(NAME, "not_before", one.not_before)?,
                not_after: wire::time(NAME, "not_after", one.not_after)?,
                authorisation: Authorisation::from_proto(one.authorisation.ok_or(field("authorisation"))?)?,
            },
            Proto::Unbond(v1::Unbond {}) => Self::Unbond,
            Proto::Unjail(v1::Unjail {}) => Self::Unjail,
        })
    }
}

impl Authorisation {
    fn to_proto(&self) -> v1::delegate_session::Authorisation {
        use v1::delegate_session::Authorisation as Proto;
        match self {
            Self::Device(signature) => Proto::DeviceSignature(signature.as_bytes().to_vec()),
            Self::WebAuthn(one) => Proto::Assertion(v1::WebAuthnAssertion {
                authenticator_data: one.authenticator_data.clone(),
                client_data_json: one.client_data_json.clone(),
                signature: one.signature.clone(),
            }),
        }
    }

    fn from_proto(proto: v1::delegate_session::Authorisation) -> Result<Self, DecodeError> {
        use v1::delegate_session::Authorisation as Proto;
        match proto {
            Proto::DeviceSignature(bytes) => {
                Ok(Self::Device(wire::fixed(Transaction::NAME, "device_signature", &bytes)?))
            }
            Proto::Assertion(one) => {
                let fits = one.authenticator_data.len() <= MAX_AUTHENTICATOR_DATA
                    && one.client_data_json.len() <= MAX_CLIENT_DATA
                    && one.signature.len() <= MAX_DER;
                if !fits {
                    return Err(Transaction::field("assertion"));
                }
                Ok(Self::WebAuthn(WebAuthnAssertion {
                    authenticator_data: one.authenticator_data,
                    client_data_json: one.client_data_json,
                    signature: one.signature,
                }))
            }
        }
    }
}

impl Wire for Transaction {
    type Proto = v1::Transaction;
    const NAME: &'static str = "Transaction";
    const MAX_BYTES: usize = wire::MAX_TRANSACTION;

    fn to_proto(&self) -> v1::Transaction {
        v1::Transaction { body: Some(self.body.to_proto()), signature: self.signature.as_bytes().to_vec() }
    }

    fn from_proto(proto: v1::Transaction) -> Result<Self, DecodeError> {
        let body = proto.body.ok_or(Self::field("body"))?;
        Ok(Self {
            body: TransactionBody {
                sender: PublicKey::from_bytes(&body.sender_key).map_err(|_| Self::field("sender_key"))?,
                nonce: Nonce::new(body.nonce),
                fee: Amount::from_micro(body.fee),
                action: Action::from_proto(body.action.ok_or(Self::field("action"))?)?,
            },
            signature: wire::fixed(Self::NAME, "signature", &proto.signature)?,
        })
    }
}
