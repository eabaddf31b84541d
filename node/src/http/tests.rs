//! A node of one validator, asked over its real socket; every answer is held to the document.

mod page;
mod schema;

use std::{
    collections::BTreeSet,
    io::{BufRead, BufReader, Write},
    net::TcpStream,
    time::Duration,
};

use emotionalchain_shared::{
    biometrics::{CommitmentSecret, Recording},
    chain::{
        Action, ChainSpec, Genesis, GenesisAccount, GenesisDevice, GenesisValidator, Params, Transaction,
        state::StateKey,
    },
    consensus::engine::Timeouts,
    epoch::RandomnessChain,
    light::{
        LightOptions, Trusted, Verdict, read_signed_header, verify, verify_account, verify_inclusion,
        verify_summary,
    },
    primitives::{Address, Amount, Epoch, Hash, Height, Nonce, TimeMs},
    wire::Wire,
};

use super::*;
use crate::{
    device::SimulatedDevice,
    keys::Keys,
    mempool::MempoolConfig,
    network::{NetworkConfig, keypair_from_seed},
    node::{Node, NodeConfig, now},
    store::StoreOptions,
};
use schema::Document;

const RECORDING: &str = include_str!("../../../tests/data/rr/plux_ecg_5min.csv");
const NO_SUCH: &str = "not_found";
const TO: Address = Address::new([9; 20]);

struct Asked {
    status: u16,
    kind: String,
    headers: ureq::http::HeaderMap,
    text: String,
}

impl Asked {
    fn header(&self, name: &str) -> &str {
        self.headers.get(name).map(|value| value.to_str().unwrap()).unwrap_or_default()
    }

    fn json(&self) -> Value {
        serde_json::from_str(&self.text).unwrap_or_else(|_| panic!("no JSON: {}", self.text))
    }

    fn code(&self) -> (u16, String) {
        let json = self.json();
        Document::read().check("Error", &json);
        (self.status, json["error"]["code"].as_str().unwrap().to_owned())
    }
}

/// The running node, from a thread that may block.
struct Face {
    address: SocketAddr,
    spec: Arc<ChainSpec>,
    document: Document,
}

impl Face {
    fn request(&self, method: &str, path: &str, body: &[u8]) -> Asked {
        let config = ureq::Agent::config_builder()
            .http_status_as_error(false)
            .timeout_global(Some(Duration::from_secs(20)));
        let agent: ureq::Agent = config.allow_non_standard_methods(true).build().into();
        let request =
            ureq::http::Request::builder().method(method).uri(format!("http://{}{path}", self.address));
        let request = request.header("content-type", "application/json").body(body).unwrap();
        let mut response = agent.run(request).unwrap();
        let headers = response.headers().clone();
        let kind = headers.get("content-type").map(|kind| kind.to_str().unwrap().to_owned());
        Asked {
            status: response.status().as_u16(),
            kind: kind.unwrap_or_default(),
            headers,
            text: response.body_mut().read_to_string().unwrap(),
        }
    }

    fn get(&self, path: &str) -> Asked {
        self.request("GET", path, b"")
    }

    /// A good answer, held to the schema.
    fn read(&self, path: &str, schema: &str) -> Value {
        let asked = self.get(path);
        assert_eq!((asked.status, asked.kind.as_str()), (200, "application/json"), "{path}: {}", asked.text);
        let json = asked.json();
        self.document.check(schema, &json);
        json
    }

    fn post(&self, path: &str, body: &Value) -> Asked {
        self.request("POST", path, body.to_string().as_bytes())
    }

    fn until<T>(&self, what: &str, mut look: impl FnMut() -> Option<T>) -> T {
        for _ in 0..600 {
            if let Some(found) = look() {
                return found;
            }
            std::thread::sleep(Duration::from_millis(50));
        }
        panic!("{what}: not within 30 s");
    }

    /// Opens the stream and reads the head of the answer.
    fn listen(&self) -> (u16, BufReader<TcpStream>) {
        let mut stream = TcpStream::connect(self.address).unwrap();
        stream.set_read_timeout(Some(Duration::from_secs(20))).unwrap();
        stream.write_all(b"GET /events HTTP/1.1\r\nhost: localhost\r\n\r\n").unwrap();
        let mut reader = BufReader::new(stream);
        let mut line = String::new();
        reader.read_line(&mut line).unwrap();
        let status = line.split(' ').nth(1).unwrap().parse().unwrap();
        while line.trim() != "" {
            line.clear();
            reader.read_line(&mut line).unwrap();
        }
        (status, reader)
    }

    fn signed_header(&self, json: &Value) -> emotionalchain_shared::wire::SignedHeader {
        read_signed_header(&bytes(json, "header_hex"), &bytes(json, "certificate_hex")).unwrap()
    }
}

fn bytes(json: &Value, field: &str) -> Vec<u8> {
    hex::decode(json[field].as_str().unwrap()).unwrap()
}

fn genesis(keys: &Keys) -> Genesis {
    let params = Params {
        epoch_ms: 2_000,
        block_interval_ms: 100,
        allow_simulated: true,
        evidence_ms: 60_000,
        unbonding_ms: 600_000,
        ..Params::default()
    };
    let (account, consensus) = (keys.account.signing_key().public(), keys.consensus.signing_key().public());
    let validator = GenesisValidator {
        account: account.address(),
        consensus_key: consensus,
        peer_id: keypair_from_seed(*keys.node.expose()).unwrap().public().to_peer_id().to_bytes(),
        bond: params.min_bond,
        randomness_tip: RandomnessChain::new(keys.randomness.expose()).tip(),
    };
    let device = GenesisDevice {
        validator: consensus.address(),
        device_key: keys.device.signing_key().public(),
        tier: 80,
        simulated: true,
    };
    Genesis {
        chain_id: "http".parse().unwrap(),
        time_ms: now(),
        accounts: vec![GenesisAccount {
            address: account.address(),
            balance: Amount::from_emo(1_000).unwrap(),
        }],
        validators: vec![validator],
        devices: vec![device],
        params,
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_face_the_document_and_the_answers_agree() {
    let folder = tempfile::tempdir().unwrap();
    let keys = Keys::random().unwrap();
    let (account, device) = (keys.account.signing_key(), keys.device.signing_key());
    let spec = Arc::new(ChainSpec::new(genesis(&keys)).unwrap());
    let node = Node::start(NodeConfig {
        spec: Arc::clone(&spec),
        data_dir: folder.path().into(),
        keys,
        sign_floor: folder.path().join("sign_floor.json"),
        network: NetworkConfig::loopback(folder.path()),
        mempool: MempoolConfig::default(),
        store: StoreOptions::default(),
        timeouts: Timeouts::default(),
        recording: None,
    })
    .await
    .unwrap();
    let listener = bind("127.0.0.1:0".parse().unwrap()).await.unwrap();
    let face =
        Face { address: listener.local_addr().unwrap(), spec: Arc::clone(&spec), document: Document::read() };
    let api = |site| Api::new(node.handle(), Arc::clone(&spec), site);
    let server = tokio::spawn(serve(listener, api(None)));
    let page = page::Page::make();
    let listener = bind("127.0.0.1:0".parse().unwrap()).await.unwrap();
    let with_page = listener.local_addr().unwrap();
    let page_server = tokio::spawn(serve(listener, api(Some(page.site()))));
    let recorded = SimulatedDevice::new(
        Recording::parse(RECORDING).unwrap(),
        device,
        spec.genesis.validators[0].consensus_key.address(),
        spec.domain.clone(),
        spec.params().epoch_ms,
    );
    let asking = tokio::task::spawn_blocking(move || {
        routes_and_document(&face);
        let head = face.until("the first block", || {
            let status = face.read("/status", "Status");
            (status["height"].as_u64() >= Some(3)).then_some(status)
        });
        assert_eq!(head["voting"], true);
        reports(&face);
        errors(&face);
        light(&face);
        page::without(&face);
        page::with(&Face { address: with_page, spec: Arc::clone(&face.spec), document: Document::read() });
        transfer(&face, &account);
        vote(&face, recorded);
        foreign_names(&face);
        streams(&face);
    });
    let result = asking.await;
    server.abort();
    page_server.abort();
    node.handle().stop().await;
    node.finished().await.unwrap();
    result.unwrap();
}

/// Every route is in the document with its methods, and nothing else is.
fn routes_and_document(face: &Face) {
    let routed: BTreeSet<String> =
        bounded().iter().map(|(path, _)| (*path).to_owned()).chain([STREAM.to_owned()]).collect();
    let documented: BTreeSet<String> = face.document.paths().map(|(path, _)| path).collect();
    assert_eq!(routed, documented);
    for (path, methods) in face.document.paths().filter(|(path, _)| path != STREAM) {
        let path = path.replace(['{', '}'], "");
        for method in ["GET", "POST", "PUT", "DELETE"] {
            let known = face.request(method, &path, b"").status != 405;
            assert_eq!(known, methods.contains(&method.to_lowercase()), "{method} {path}");
        }
    }
    let served = face.get("/openapi.json");
    assert_eq!((served.status, served.kind.as_str()), (200, "application/json"));
    assert_eq!(served.json(), *face.document.root());
    assert_eq!(served.json()["info"]["version"], env!("CARGO_PKG_VERSION"));
    face.document.resolves();
}

fn reports(face: &Face) {
    assert_eq!(face.get("/health").status, 200);
    assert_eq!(face.get("/ready").status, 200);
    let metrics = face.get("/metrics");
    assert_eq!((metrics.status, metrics.kind.as_str()), (200, METRICS_TYPE));
    assert!(metrics.text.contains("emotionalchain_") && metrics.text.ends_with("# EOF\n"));
    assert_eq!(face.read("/peers", "Peers")["peers"], json!([]));
    let genesis = face.read("/genesis", "Genesis");
    assert_eq!(serde_json::from_value::<Genesis>(genesis).unwrap(), face.spec.genesis);

    let block = face.read("/blocks/2", "Block");
    let header = face.read("/headers/2", "SignedHeader");
    assert_eq!(block["id"], json!(face.signed_header(&header).header.id()));
    let blocks = face.read("/blocks?from=1&count=2", "Blocks");
    assert_eq!(blocks["blocks"].as_array().unwrap().len(), 2);
    assert_eq!(blocks["blocks"][1]["id"], block["id"]);
    assert!(!face.read("/blocks", "Blocks")["blocks"].as_array().unwrap().is_empty());
    assert_eq!(face.read("/blocks?count=0", "Blocks")["blocks"], json!([]));
    assert_eq!(face.read(&format!("/blocks?from={}&count=100", u64::MAX), "Blocks")["blocks"], json!([]));

    let validators = face.read("/validators", "Validators");
    let one = validators["seats"][0]["validator"].as_str().unwrap();
    assert_eq!(face.read(&format!("/validators/{one}"), "Validator")["seated"], true);
    let owner = face.spec.genesis.validators[0].account;
    assert_eq!(face.read(&format!("/accounts/{owner}"), "Account")["validator"], json!(one));
    assert_eq!(face.read(&format!("/accounts/{TO}"), "Account")["balance_micro"], 0);
}

/// Genesis and addresses, for pages of any origin; they may read no other answer.
fn light(face: &Face) {
    let light = face.read("/light.json", "Light");
    assert_eq!(light["genesis"], face.read("/genesis", "Genesis"));
    let addresses: Vec<&str> =
        light["bootstrap"].as_array().unwrap().iter().map(|one| one.as_str().unwrap()).collect();
    for wanted in ["/ws/p2p/", "/webrtc-direct/certhash/"] {
        assert!(addresses.iter().any(|address| address.contains(wanted)), "{wanted}: {addresses:?}");
    }
    assert!(addresses.iter().all(|one| one.contains("/ws/") || one.contains("/webrtc-direct/")));
    for (path, _) in bounded() {
        let path = path.replace(['{', '}'], "");
        let asked = face.get(&path);
        let open = asked.header("access-control-allow-origin");
        assert_eq!(open, if path == "/light.json" { "*" } else { "" }, "{path}");
    }
}

fn errors(face: &Face) {
    let malformed = (400, "malformed".to_owned());
    let long = "00".repeat(MAX_BODY);
    for path in [
        "/blocks/x",
        "/blocks/-1",
        "/blocks?from=x",
        "/blocks?count=-1",
        "/headers/99999999999999999999999",
        "/epochs/x",
        "/transactions/12",
        "/accounts/emo1x",
        "/validators/%ff",
        "/state/0",
        "/state/zz",
        &format!("/state/{}", "00".repeat(MAX_BODY / 16)),
    ] {
        assert_eq!(face.get(path).code(), malformed, "{path}");
    }
    let missing = (404, NO_SUCH.to_owned());
    let hash = Hash::default();
    for path in
        ["/nothing", "/index.html", "/blocks/0", "/blocks/99999999", "/headers/99999999", "/epochs/99999999"]
    {
        assert_eq!(face.get(path).code(), missing, "{path}");
    }
    assert_eq!(face.get(&format!("/transactions/{hash}")).code(), missing);
    assert_eq!(face.get(&format!("/validators/{TO}")).code(), missing);
    assert_eq!(face.request("PUT", "/status", b"").code(), (405, "method_not_allowed".to_owned()));
    for (path, field) in [("/transactions", "transaction_hex"), ("/proofs", "proof_hex")] {
        assert_eq!(face.request("POST", path, long.as_bytes()).code(), (413, "too_large".to_owned()));
        for body in [
            json!(null),
            json!({}),
            json!({ field: 7 }),
            json!({ field: "0" }),
            json!({ field: "00", "x": 1 }),
        ] {
            assert_eq!(face.post(path, &body).code(), malformed, "{path} {body}");
        }
        let refused = face.post(path, &json!({ field: "00" }));
        assert_eq!(refused.code(), (422, "refused".to_owned()), "{path}");
    }
}

fn transfer(face: &Face, account: &emotionalchain_shared::crypto::SecretKey) {
    let action = Action::Transfer { to: TO, amount: Amount::from_micro(5) };
    let (domain, fee) = (&face.spec.domain, face.spec.params().min_fee);
    let transaction = Transaction::sign(domain, account, Nonce::ZERO, fee, action);
    let id = transaction.id();
    let mut forged = transaction.clone();
    forged.body.fee = Amount::from_micro(2_000);
    let body = |transaction: &Transaction| json!({ "transaction_hex": hex::encode(transaction.encode()) });
    assert_eq!(face.post("/transactions", &body(&forged)).code(), (422, "refused".to_owned()));
    let taken = face.post("/transactions", &body(&transaction));
    assert_eq!(taken.status, 202);
    face.document.check("Submitted", &taken.json());
    assert_eq!(taken.json()["id"], json!(id));
    face.until("the transfer is final", || {
        (face.get(&format!("/transactions/{id}")).status == 200).then_some(())
    });
    assert_eq!(face.post("/transactions", &body(&transaction)).status, 422, "its nonce is used up");

    let proved = face.read(&format!("/transactions/{id}"), "Transaction");
    let signed = trust(face, &proved["signed_header"]);
    let (data, path) = (bytes(&proved, "transaction_hex"), bytes(&proved, "proof_hex"));
    assert_eq!(verify_inclusion(&signed.header, &id, &data, &path), Ok(transaction));

    let key = |address| hex::encode(StateKey::Account(address).to_bytes());
    let state = face.read(&format!("/state/{}", key(TO)), "State");
    let signed = trust(face, &state["signed_header"]);
    let (value, path) = (bytes(&state, "value_hex"), bytes(&state, "proof_hex"));
    let found = verify_account(&signed.header, TO, Some(&value), &path).unwrap();
    assert_eq!(found.balance, Amount::from_micro(5));
    let nobody = Address::new([8; 20]);
    let state = face.read(&format!("/state/{}", key(nobody)), "State");
    let signed = trust(face, &state["signed_header"]);
    assert_eq!(state["value_hex"], Value::Null);
    let found = verify_account(&signed.header, nobody, None, &bytes(&state, "proof_hex")).unwrap();
    assert_eq!(found.balance, Amount::ZERO);
}

/// A header that the light client trusts from genesis on.
fn trust(face: &Face, json: &Value) -> emotionalchain_shared::wire::SignedHeader {
    let signed = face.signed_header(json);
    let trusted = Trusted::genesis(&face.spec).unwrap();
    let options = LightOptions::of(face.spec.params());
    let set = trusted.next_set.clone();
    assert_eq!(verify(&face.spec, &options, &trusted, &signed, &set, now()), Verdict::Success);
    signed
}

/// A heartbeat goes in over HTTP and stands in a block, and then in the epoch's summary.
fn vote(face: &Face, mut device: SimulatedDevice) {
    let genesis = face.spec.genesis.time_ms;
    let (proof, epoch) = face.until("a proof is due", || {
        let status = face.read("/status", "Status");
        let at = now();
        if !device.is_due(at, genesis) {
            return None;
        }
        let challenge = (
            Height::new(status["height"].as_u64().unwrap()),
            status["block_id"].as_str().unwrap().parse().unwrap(),
            TimeMs::from_millis(status["time_ms"].as_u64().unwrap()),
        );
        let secret = CommitmentSecret::new(&mut [1; 32]);
        let proof = device.proof(at, genesis, challenge, at.millis(), secret).unwrap();
        let epoch = face.spec.epoch_of(proof.authenticity.window_end);
        Some((proof, epoch))
    });
    let mut forged = proof.clone();
    forged.authenticity.sequence += 1;
    let body = |proof: &emotionalchain_shared::chain::BiometricProof| json!({ "proof_hex": hex::encode(proof.encode()) });
    assert_eq!(face.post("/proofs", &body(&forged)).code(), (422, "refused".to_owned()));
    let taken = face.post("/proofs", &body(&proof));
    assert_eq!(taken.status, 202, "{}", taken.text);
    face.document.check("ProofSubmitted", &taken.json());
    assert_eq!(taken.json()["epoch"], json!(epoch.get()));

    let path = format!("/epochs/{epoch}");
    face.until("the epoch is closed", || (face.get(&path).status == 200).then_some(()));
    for number in 0..=epoch.get() {
        let json = face.read(&format!("/epochs/{number}"), "EpochSummary");
        let signed = trust(face, &json["signed_header"]);
        let summary =
            verify_summary(&signed.header, Epoch::new(number), &bytes(&json, "summary_hex")).unwrap();
        assert_eq!(summary.scores.len(), usize::from(number == epoch.get()), "epoch {number}");
    }
    let holds = |height: &u64| {
        let block = face.read(&format!("/blocks/{height}"), "Block");
        block["votes"].as_array().unwrap().iter().any(|vote| vote["epoch"] == json!(epoch.get()))
    };
    let head = face.read("/status", "Status")["height"].as_u64().unwrap();
    assert_eq!((1..=head).filter(holds).count(), 1);
}

/// A page of the web whose name was made to point here.
fn foreign_names(face: &Face) {
    for (host, status) in [("evil.example", "403"), ("127.0.0.1:80", "200"), ("[::1]", "200")] {
        let mut stream = TcpStream::connect(face.address).unwrap();
        let request = format!("GET /status HTTP/1.1\r\nhost: {host}\r\nconnection: close\r\n\r\n");
        stream.write_all(request.as_bytes()).unwrap();
        let mut line = String::new();
        BufReader::new(stream).read_line(&mut line).unwrap();
        assert_eq!(line.split(' ').nth(1), Some(status), "{host}");
    }
}

fn streams(face: &Face) {
    let (status, mut reader) = face.listen();
    assert_eq!(status, 200);
    let mut heights = Vec::new();
    let mut line = String::new();
    while heights.len() < 3 {
        line.clear();
        reader.read_line(&mut line).unwrap();
        if let Some(data) = line.strip_prefix("data: ") {
            let data: Value = serde_json::from_str(data).unwrap();
            face.document.check("HeadEvent", &data);
            heights.push(data["height"].as_u64().unwrap());
        }
    }
    assert!(heights.windows(2).all(|pair| pair[1] == pair[0] + 1), "{heights:?}");

    let mut held: Vec<_> = (1..MAX_STREAMS).map(|_| face.listen()).collect();
    assert!(held.iter().all(|(status, _)| *status == 200));
    assert_eq!(face.get("/events").code(), (503, "busy".to_owned()));
    // The node learns that one is gone when it next writes to it.
    held.pop();
    face.until("a place is free again", || (face.listen().0 == 200).then_some(()));
}
