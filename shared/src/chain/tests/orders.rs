//! What people ask of a chain: transactions, proofs and emotional votes, all valid until a test alters them.

use super::harness::{Chain, Person};
use crate::{
    biometrics::{OpenStatement, algo_id, score},
    chain::{
        Action, AuthenticityProof, BiometricProof, EmotionalVote, Ingredients, MODALITY_RR, Statement,
        Transaction,
    },
    consensus::Evidence,
    crypto::{SecretKey, SignKind},
    primitives::{Address, Amount, Nonce, TimeMs, hash_bytes},
};

/// Authenticity of every statement here: that of a simulated device.
const AUTHENTICITY: u8 = 80;

/// A block with transactions alone.
pub fn transactions(transactions: impl IntoIterator<Item = Transaction>) -> Ingredients {
    Ingredients { transactions: transactions.into_iter().collect(), ..Ingredients::default() }
}

/// A block with emotional votes alone.
pub fn votes(votes: impl IntoIterator<Item = EmotionalVote>) -> Ingredients {
    Ingredients { votes: votes.into_iter().collect(), ..Ingredients::default() }
}

/// A block with evidence alone.
pub fn evidence(evidence: impl IntoIterator<Item = Evidence>) -> Ingredients {
    Ingredients { evidence: evidence.into_iter().collect(), ..Ingredients::default() }
}

/// A statement whose score is 3200 plus 30 a point; points are those of focus and calm together, at most 200.
pub fn statement(points: u8) -> OpenStatement {
    let focus = points.min(100);
    let stress = 100 - (points - focus);
    let score = score(AUTHENTICITY, focus, stress).unwrap();
    OpenStatement { score, stress, focus, authenticity: AUTHENTICITY, heart_rate_cbpm: 6_500 }
}

impl Chain {
    /// A transaction of a person with the next nonce and the least fee.
    pub fn order(&self, who: usize, action: Action) -> Transaction {
        self.later_order(who, 0, action)
    }

    /// The same, to come after `earlier` others.
    pub fn later_order(&self, who: usize, earlier: u64, action: Action) -> Transaction {
        let nonce = Nonce::new(self.account(who).nonce.get() + earlier);
        let key = &self.people[who].account;
        Transaction::sign(&self.spec.domain, key, nonce, self.spec.params().min_fee, action)
    }

    /// A transfer of a person to another.
    pub fn transfer(&self, from: usize, to: usize, micro: u64) -> Transaction {
        let to = self.people[to].wallet();
        self.order(from, Action::Transfer { to, amount: Amount::from_micro(micro) })
    }

    /// Registration of a person's validator under its own account.
    pub fn register(&self, who: usize) -> Action {
        let one = &self.people[who];
        self.register_for(one.wallet(), one, self.spec.params().min_bond)
    }

    /// Registration with a possession that is bound to an account.
    pub fn register_for(&self, account: Address, validator: &Person, bond: Amount) -> Action {
        let document = Transaction::key_possession(&account, &validator.peer_id());
        let key = &validator.consensus;
        Action::RegisterValidator {
            consensus_key: key.public(),
            peer_id: validator.peer_id(),
            bond,
            randomness_tip: validator.randomness.tip(),
            possession: self.spec.domain.sign(key, SignKind::KeyPossession, &document),
        }
    }

    /// Enrolment of a device for a validator.
    pub fn enroll(&self, validator: Address, device: &SecretKey, tier: u8) -> Action {
        let document = Transaction::device_possession(&validator, tier);
        Action::EnrollDevice {
            device_key: device.public(),
            tier,
            possession: self.spec.domain.sign(device, SignKind::KeyPossession, &document),
            webauthn_key: None,
        }
    }

    /// The context of a person's proof for a block at `time`: the challenge is the newest block, the window ends with
    /// the block, the sequence number is the device's next.
    pub fn authenticity(&self, who: usize, points: u8, time: TimeMs) -> AuthenticityProof {
        let (head, _) = self.head.as_ref().unwrap();
        let key = self.people[who].device.public();
        let device: Option<crate::chain::state::Device> =
            self.read(crate::chain::state::StateKey::Device(key));
        AuthenticityProof {
            device_key: key,
            delegation: None,
            algo_id: algo_id(),
            modalities: MODALITY_RR,
            sample_count: 120,
            window_start: time.saturating_sub(120_000),
            window_end: time,
            challenge_height: head.header.height,
            challenge: head.id(),
            sequence: device.and_then(|one| one.last_sequence).map_or(0, |last| last + 1),
            statement: Statement::Open(statement(points)),
        }
    }

    /// Signs a context with a device or session key, and the proof with a person's consensus key.
    pub fn sign_vote(&self, who: usize, key: &SecretKey, context: AuthenticityProof) -> EmotionalVote {
        let epoch = self.spec.epoch_of(context.window_end);
        let (one, domain) = (&self.people[who], &self.spec.domain);
        let commitment = hash_bytes(b"commitment");
        let proof = BiometricProof::sign(domain, key, one.validator(), commitment, context);
        EmotionalVote::sign(domain, &one.consensus, proof, epoch)
    }

    /// A valid vote of a person in a block at `time`.
    pub fn vote_at(&self, who: usize, points: u8, time: TimeMs) -> EmotionalVote {
        self.sign_vote(who, &self.people[who].device, self.authenticity(who, points, time))
    }

    /// A valid vote of a person in the next block.
    pub fn vote(&self, who: usize, points: u8) -> EmotionalVote {
        self.vote_at(who, points, self.next_time())
    }

    /// Commits one block `seconds` after genesis with a vote of each person named.
    pub fn votes_at(&mut self, seconds: u64, points: &[(usize, u8)]) -> Option<crate::chain::EpochSummary> {
        let time = super::harness::at(seconds);
        let list: Vec<_> = points.iter().map(|(who, points)| self.vote_at(*who, *points, time)).collect();
        self.advance_at(time, votes(list))
    }
}
