//! A chain in memory: keys, a ledger and the steps that a network would take, without network, clock or disk.

use super::ledger::MemoryLedger;
use crate::{
    chain::{
        Block, BlockPlace, Built, ChainSpec, EpochSummary, Execution, Genesis, GenesisAccount, GenesisDevice,
        GenesisValidator, Ingredients, InvalidBlock, NothingSeen, Params, Transition, build_block,
        schedule_after,
        state::{Account, Device, Globals, Overlay, StateKey, Validator},
        verify_block,
    },
    consensus::{CommitCertificate, ValidatorSet, Vote, VoteKind},
    crypto::SecretKey,
    epoch::RandomnessChain,
    primitives::{Address, Amount, BlockId, Height, Round, TimeMs, hash_pair},
};

/// Genesis time of every chain here.
pub const START: TimeMs = TimeMs::from_millis(1_700_000_000_000);
/// The target interval of blocks, milliseconds.
pub const SECOND: u64 = 1_000;
/// The length of an epoch, milliseconds.
pub const EPOCH: u64 = 30_000;
/// Free money of everybody at genesis: enough for a bond and many fees.
pub const PURSE: Amount = Amount::from_micro(20_000_000_000);

/// Everything that one participant holds.
pub struct Person {
    pub account: SecretKey,
    pub consensus: SecretKey,
    pub device: SecretKey,
    pub randomness: RandomnessChain,
}

impl Person {
    /// Keys by number, the same in every run.
    pub fn new(number: u8) -> Self {
        let seed = |purpose: &str| *hash_pair(purpose.as_bytes(), &[number]).as_bytes();
        let key = |purpose| SecretKey::from_seed(&seed(purpose));
        Self {
            account: key("account"),
            consensus: key("consensus"),
            device: key("device"),
            randomness: RandomnessChain::with_reveals(&seed("randomness"), 4_096),
        }
    }

    /// The address of the account.
    pub fn wallet(&self) -> Address {
        self.account.public().address()
    }

    /// The address of the validator.
    pub fn validator(&self) -> Address {
        self.consensus.public().address()
    }

    /// Stands for a libp2p peer id.
    pub fn peer_id(&self) -> Vec<u8> {
        self.validator().as_bytes().to_vec()
    }
}

/// A chain with everybody's keys. The first people are the genesis validators, the others have money alone.
pub struct Chain {
    pub spec: ChainSpec,
    pub people: Vec<Person>,
    pub ledger: MemoryLedger,
    /// The newest block and the certificate that made it final.
    pub head: Option<(Block, CommitCertificate)>,
}

/// A genesis with `seats` validators of people `0..seats`, each with a simulated device.
pub fn genesis(people: &[Person], seats: usize) -> Genesis {
    let params = Params { allow_simulated: true, ..Params::default() };
    let account = |one: &Person| GenesisAccount { address: one.wallet(), balance: PURSE };
    let validator = |one: &Person| GenesisValidator {
        account: one.wallet(),
        consensus_key: one.consensus.public(),
        peer_id: one.peer_id(),
        bond: params.min_bond,
        randomness_tip: one.randomness.tip(),
    };
    let device = |one: &Person| GenesisDevice {
        validator: one.validator(),
        device_key: one.device.public(),
        tier: 80,
        simulated: true,
    };
    Genesis {
        chain_id: "ledger-tests".parse().unwrap(),
        time_ms: START,
        accounts: people.iter().map(account).collect(),
        validators: people[..seats].iter().map(validator).collect(),
        devices: people[..seats].iter().map(device).collect(),
        params,
    }
}

impl Chain {
    /// A chain of `seats` validators and two people without one, with default parameters.
    pub fn new(seats: usize) -> Self {
        Self::with(seats, |_| {})
    }

    /// The same with other parameters.
    pub fn with(seats: usize, change: impl FnOnce(&mut Params)) -> Self {
        Self::with_genesis(seats, |genesis| change(&mut genesis.params))
    }

    /// The same from another genesis.
    pub fn with_genesis(seats: usize, change: impl FnOnce(&mut Genesis)) -> Self {
        let people: Vec<Person> =
            (0..u8::try_from(seats).unwrap().checked_add(2).unwrap()).map(Person::new).collect();
        let mut genesis = genesis(&people, seats);
        change(&mut genesis);
        let spec = ChainSpec::new(genesis).unwrap();
        Self { ledger: MemoryLedger::genesis(&spec), spec, people, head: None }
    }

    /// Where the next block of a time and round stands, and who builds it.
    pub fn place(&self, time: TimeMs, round: u32) -> BlockPlace {
        let (globals, _, schedule) = schedule_after(&self.ledger).unwrap();
        let (height, build_round) = (globals.height.next().unwrap(), Round::new(round));
        let proposer = schedule.proposer(height, build_round).unwrap();
        let builder = self.people.iter().find(|one| one.validator() == proposer).unwrap();
        let spent = builder.randomness.position(&self.validator(proposer).randomness_tip).unwrap();
        let reveal = builder.randomness.reveal(spent).unwrap();
        BlockPlace { height, build_round, time, parent_id: self.parent_id(), proposer, reveal }
    }

    /// The id of the newest block, or the genesis hash.
    pub fn parent_id(&self) -> BlockId {
        self.head.as_ref().map_or(self.spec.genesis.parent_id(), |(block, _)| block.id())
    }

    /// What the next block carries for its parent.
    pub fn last_commit(&self) -> Option<CommitCertificate> {
        self.head.as_ref().map(|(_, certificate)| certificate.clone())
    }

    /// Builds the next block.
    pub fn build_at(
        &self,
        time: TimeMs,
        round: u32,
        ingredients: Ingredients,
    ) -> Result<Built, InvalidBlock> {
        let place = self.place(time, round);
        build_block(&self.spec, &self.ledger, &NothingSeen, place, self.last_commit(), ingredients)
    }

    /// Builds the next block, a second after its parent.
    pub fn build(&self, ingredients: Ingredients) -> Block {
        self.build_at(self.next_time(), 0, ingredients).unwrap().block
    }

    /// Verifies a block as a voter would.
    pub fn verify(&self, block: &Block) -> Result<Transition, InvalidBlock> {
        verify_block(&self.spec, &self.ledger, &NothingSeen, block)
    }

    /// The execution of the next block, a second after its parent: judges single votes, evidence and transactions.
    pub fn next(&self) -> Execution<'_> {
        self.next_at(self.next_time())
    }

    /// The same at another time.
    pub fn next_at(&self, time: TimeMs) -> Execution<'_> {
        let last = self.head.as_ref().map(|(_, certificate)| certificate);
        Execution::begin(&self.spec, &self.ledger, &NothingSeen, self.place(time, 0), last).unwrap()
    }

    /// Precommits for a block by those of `signers` who sit in the set that its header names.
    pub fn precommits(&self, block: &Block, round: u32, signers: &[usize]) -> (ValidatorSet, Vec<Vote>) {
        let set: ValidatorSet = self.read(StateKey::Set(block.header.validators_root)).unwrap();
        let votes = signers
            .iter()
            .map(|who| &self.people[*who].consensus)
            .filter(|key| set.contains(&key.public().address()))
            .map(|key| {
                let (domain, height) = (&self.spec.domain, block.header.height);
                Vote::sign(domain, key, VoteKind::Precommit, height, Round::new(round), Some(block.id()))
            })
            .collect();
        (set, votes)
    }

    /// A certificate by some of those who sit.
    pub fn certify_by(&self, block: &Block, signers: &[usize]) -> CommitCertificate {
        let (set, votes) = self.precommits(block, 0, signers);
        let (height, id) = (block.header.height, block.id());
        CommitCertificate::from_votes(&set, height, Round::ZERO, id, &votes).unwrap()
    }

    /// Verifies, certifies and commits a block; gives the summary of the epoch that it closes.
    pub fn commit_by(&mut self, block: Block, signers: &[usize]) -> Option<EpochSummary> {
        let transition = self.verify(&block).unwrap();
        self.ledger.commit(&transition);
        let certificate = self.certify_by(&block, signers);
        self.head = Some((block, certificate));
        transition.executed.summary
    }

    /// The same, signed by everybody.
    pub fn commit(&mut self, block: Block) -> Option<EpochSummary> {
        let all: Vec<usize> = (0..self.people.len()).collect();
        self.commit_by(block, &all)
    }

    /// Builds and commits a block at a time. Nothing that was asked into it may have been left out.
    pub fn advance_at(&mut self, time: TimeMs, ingredients: Ingredients) -> Option<EpochSummary> {
        let asked = (ingredients.votes.len(), ingredients.evidence.len(), ingredients.transactions.len());
        let block = self.build_at(time, 0, ingredients).unwrap().block;
        assert_eq!((block.votes.len(), block.evidence.len(), block.transactions.len()), asked);
        self.commit(block)
    }

    /// Builds and commits a block a second after its parent.
    pub fn advance(&mut self, ingredients: Ingredients) -> Option<EpochSummary> {
        self.advance_at(self.next_time(), ingredients)
    }

    /// Commits empty blocks, a second apart.
    pub fn run(&mut self, blocks: usize) {
        for _ in 0..blocks {
            self.advance(Ingredients::default());
        }
    }

    /// A second after the newest block.
    pub fn next_time(&self) -> TimeMs {
        self.globals().time.saturating_add(SECOND)
    }

    /// The newest height.
    pub fn height(&self) -> Height {
        self.globals().height
    }

    /// A record of the committed state.
    pub fn read<T: borsh::BorshDeserialize>(&self, key: StateKey) -> Option<T> {
        Overlay::new(&self.ledger).read(key).unwrap()
    }

    /// What every block reads.
    pub fn globals(&self) -> Globals {
        self.read(StateKey::Globals).unwrap()
    }

    /// A validator by its address.
    pub fn validator(&self, address: Address) -> Validator {
        self.read(StateKey::Validator(address)).unwrap()
    }

    /// The validator of a person.
    pub fn standing(&self, who: usize) -> Validator {
        self.validator(self.people[who].validator())
    }

    /// The device of a person.
    pub fn device(&self, who: usize) -> Device {
        self.read(StateKey::Device(self.people[who].device.public())).unwrap()
    }

    /// The account of a person.
    pub fn account(&self, who: usize) -> Account {
        self.read(StateKey::Account(self.people[who].wallet())).unwrap_or_default()
    }

    /// Who sits after the newest block, as numbers of people.
    pub fn seats(&self) -> Vec<usize> {
        let (_, set, _) = schedule_after(&self.ledger).unwrap();
        let seated = |who: &usize| set.contains(&self.people[*who].validator());
        (0..self.people.len()).filter(seated).collect()
    }
}

/// The time `seconds` after genesis.
pub fn at(seconds: u64) -> TimeMs {
    START.saturating_add(seconds.checked_mul(SECOND).unwrap())
}
