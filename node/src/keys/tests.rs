//! Every way in which keys are refused.

#![allow(clippy::arithmetic_side_effects, reason = "tests may overflow loudly")]

use std::{fs, os::unix::fs::PermissionsExt, path::Path};

use emotionalchain_shared::primitives::{Hash, Height, hash_bytes};
use proptest::prelude::*;

use super::{
    KdfCost, KeyFile, KeyFileError, Keys, MAX_KEY_FILE, PASSPHRASE_VARIABLE, Passphrase, PassphraseError,
    PassphrasePurpose, PassphraseSource, Seed, SignFloor, SignFloorError,
    passphrase::{from_variable, prompt},
};

fn keys() -> Keys {
    let [consensus, node, account, device, randomness] = [1, 2, 3, 4, 5].map(|byte| Seed::new([byte; 32]));
    Keys { consensus, node, account, device, randomness }
}

fn passphrase(text: &str) -> Passphrase {
    Passphrase::new(text.to_owned()).unwrap()
}

fn sealed() -> KeyFile {
    KeyFile::seal(&keys(), &passphrase("right"), KdfCost::DEVNET).unwrap()
}

fn genesis() -> Hash {
    hash_bytes(b"genesis")
}

fn set_mode(path: &Path, mode: u32) {
    fs::set_permissions(path, fs::Permissions::from_mode(mode)).unwrap();
}

#[test]
fn keys_come_back_with_the_right_passphrase_alone() {
    let file = KeyFile::decode(&sealed().encode().unwrap()).unwrap();
    assert_eq!(*file.public(), keys().public());
    assert_eq!(file.unlock(&passphrase("right")).unwrap(), keys());
    for wrong in ["Right", "right ", "r"] {
        assert!(matches!(file.unlock(&passphrase(wrong)), Err(KeyFileError::WrongPassphrase)));
    }
}

#[test]
fn the_default_costs_are_those_of_owasp() {
    let file = KeyFile::seal(&keys(), &passphrase("right"), KdfCost::default()).unwrap();
    let text = String::from_utf8(file.encode().unwrap()).unwrap();
    assert!(
        text.contains("\"memory_kib\": 19456")
            && text.contains("\"passes\": 2")
            && text.contains("\"lanes\": 1")
    );
    assert_eq!(file.unlock(&passphrase("right")).unwrap(), keys());
}

#[test]
fn every_seal_is_new_and_new_keys_differ() {
    let (one, two) = (sealed().encode().unwrap(), sealed().encode().unwrap());
    assert_ne!(one, two);
    let (one, two) = (Keys::random().unwrap(), Keys::random().unwrap());
    assert_ne!(one, two);
    assert_ne!(one.consensus, one.account);
}

#[test]
fn secrets_do_not_print() {
    let text = format!("{:?} {:?}", keys(), passphrase("hidden"));
    assert!(!text.contains("hidden") && !text.contains("1, 1") && !text.contains("0101"), "{text}");
    let file = String::from_utf8(sealed().encode().unwrap()).unwrap();
    assert!(!file.contains(&hex::encode([1; 8])), "{file}");
}

#[test]
fn nothing_in_a_file_can_be_changed() {
    let whole: serde_json::Value = serde_json::from_slice(&sealed().encode().unwrap()).unwrap();
    let other = serde_json::json!(Keys::random().unwrap().public().account);
    let changes: [(&str, serde_json::Value); 7] = [
        ("/public/consensus", other.clone()),
        ("/public/account", other),
        ("/kdf/memory_kib", serde_json::json!(16)),
        ("/kdf/passes", serde_json::json!(2)),
        ("/salt", serde_json::json!(hex::encode([0; 16]))),
        ("/nonce", serde_json::json!(hex::encode([0; 24]))),
        ("/sealed", serde_json::json!(hex::encode([0; 176]))),
    ];
    for (at, value) in changes {
        let mut file = whole.clone();
        *file.pointer_mut(at).unwrap() = value;
        let file = KeyFile::decode(&serde_json::to_vec(&file).unwrap()).unwrap();
        assert!(matches!(file.unlock(&passphrase("right")), Err(KeyFileError::WrongPassphrase)), "{at}");
    }
}

#[test]
fn costs_are_bounded_before_any_work() {
    assert!(KdfCost::new(19 * 1024, 2, 1).is_ok());
    for (memory, passes, lanes) in [
        (u32::MAX, 1, 1),
        (KdfCost::MAX_MEMORY_KIB + 1, 1, 1),
        (64, 0, 1),
        (64, u32::MAX, 1),
        (64, 1, 0),
        (64, 1, 17),
        (7, 1, 1),
    ] {
        assert!(matches!(KdfCost::new(memory, passes, lanes), Err(KeyFileError::Cost { .. })));
        let mut file: serde_json::Value = serde_json::from_slice(&sealed().encode().unwrap()).unwrap();
        file["kdf"] = serde_json::json!({ "memory_kib": memory, "passes": passes, "lanes": lanes });
        let decoded = KeyFile::decode(&serde_json::to_vec(&file).unwrap());
        assert!(matches!(decoded, Err(KeyFileError::Cost { .. })));
    }
}

#[test]
fn what_is_no_key_file_is_refused() {
    assert!(matches!(KeyFile::decode(b""), Err(KeyFileError::Format(_))));
    assert!(matches!(KeyFile::decode(&vec![b' '; MAX_KEY_FILE + 1]), Err(KeyFileError::TooLarge { .. })));
    let mut file: serde_json::Value = serde_json::from_slice(&sealed().encode().unwrap()).unwrap();
    file["version"] = serde_json::json!(2);
    let newer = KeyFile::decode(&serde_json::to_vec(&file).unwrap());
    assert!(matches!(newer, Err(KeyFileError::Version { found: 2, supported: 1 })));
    file["version"] = serde_json::json!(1);
    file["more"] = serde_json::json!(1);
    assert!(matches!(KeyFile::decode(&serde_json::to_vec(&file).unwrap()), Err(KeyFileError::Format(_))));
}

#[test]
fn a_file_is_its_owners_and_never_overwritten() {
    let directory = tempfile::tempdir().unwrap();
    let path = directory.path().join("node.key");
    sealed().create(&path).unwrap();
    assert_eq!(fs::metadata(&path).unwrap().permissions().mode() & 0o777, 0o600);
    assert_eq!(fs::read_dir(directory.path()).unwrap().count(), 1, "no temporary file is left");
    let before = fs::read(&path).unwrap();
    assert!(matches!(sealed().create(&path), Err(KeyFileError::Exists { .. })));
    assert_eq!(fs::read(&path).unwrap(), before);
    assert_eq!(KeyFile::open(&path).unwrap().unlock(&passphrase("right")).unwrap(), keys());
    for mode in [0o640, 0o604, 0o620, 0o666] {
        set_mode(&path, mode);
        let error = KeyFile::open(&path).unwrap_err();
        assert!(matches!(error, KeyFileError::Exposed { others, .. } if others == mode & 0o077));
        assert!(error.to_string().contains("chmod 600"), "{error}");
    }
    set_mode(&path, 0o400);
    assert!(KeyFile::open(&path).is_ok());
    assert!(matches!(KeyFile::open(directory.path().join("none")), Err(KeyFileError::Io { .. })));
    let dangling = directory.path().join("link");
    std::os::unix::fs::symlink("nowhere", &dangling).unwrap();
    assert!(matches!(sealed().create(&dangling), Err(KeyFileError::Exists { .. })));
}

#[test]
fn what_a_crashed_creation_left_is_taken_over() {
    let directory = tempfile::tempdir().unwrap();
    let path = directory.path().join("node.key");
    fs::write(directory.path().join("node.key.new"), b"half").unwrap();
    sealed().create(&path).unwrap();
    assert!(KeyFile::open(&path).is_ok());
    assert_eq!(fs::read_dir(directory.path()).unwrap().count(), 1);
}

#[test]
fn an_imported_key_signs_nothing_below_the_verified_head_plus_two() {
    let directory = tempfile::tempdir().unwrap();
    let (path, export) = (directory.path().join("node.key"), directory.path().join("export.key"));
    sealed().create(&path).unwrap();
    let file = KeyFile::open(&path).unwrap();
    assert!(matches!(file.export_to(&export, &passphrase("no"), None), Err(KeyFileError::WrongPassphrase)));
    file.export_to(&export, &passphrase("right"), Some(&passphrase("other"))).unwrap();
    let export = KeyFile::open(&export).unwrap();
    assert!(matches!(
        export.import(&path, &passphrase("other"), genesis()),
        Err(KeyFileError::Exists { .. })
    ));
    let floor_path = SignFloor::path_beside(&path);
    assert!(!floor_path.exists(), "the key in use has no floor");

    let new = tempfile::tempdir().unwrap();
    let path = new.path().join("node.key");
    assert!(matches!(
        export.import(&path, &passphrase("right"), genesis()),
        Err(KeyFileError::WrongPassphrase)
    ));
    assert_eq!(fs::read_dir(new.path()).unwrap().count(), 0);
    let mut floor = export.import(&path, &passphrase("other"), genesis()).unwrap();
    assert_eq!(KeyFile::open(&path).unwrap().unlock(&passphrase("other")).unwrap(), keys());
    let key = keys().public().consensus;
    let load = || SignFloor::load(SignFloor::path_beside(&path), &genesis(), &key).unwrap().unwrap();
    assert_eq!(load(), floor);
    assert!(floor.is_pending() && !floor.permits(Height::new(u64::MAX)));
    assert!(floor.raise(Height::new(40)).unwrap());
    assert!(
        !floor.permits(Height::new(41)) && floor.permits(Height::new(42)) && floor.permits(Height::new(43))
    );
    assert!(load().is_pending(), "not saved yet");
    floor.save(SignFloor::path_beside(&path)).unwrap();
    assert_eq!(load(), floor);
    assert!(!floor.raise(Height::new(10)).unwrap(), "a lower head lowers nothing");
    assert_eq!(floor.first_height(), Height::new(42));
    assert!(matches!(floor.raise(Height::new(u64::MAX)), Err(SignFloorError::Range { .. })));

    // The key file goes, the floor stays, the key is imported again: the height is kept, the head to be verified anew.
    fs::remove_file(&path).unwrap();
    let again = export.import(&path, &passphrase("other"), genesis()).unwrap();
    assert!(again.is_pending());
    assert_eq!(again.first_height(), Height::new(42));
}

#[test]
fn a_sign_floor_is_only_raised_and_belongs_to_one_key_and_chain() {
    let directory = tempfile::tempdir().unwrap();
    let path = directory.path().join("sign_floor.json");
    let (key, other) = (keys().public().consensus, keys().public().account);
    assert_eq!(SignFloor::load(&path, &genesis(), &key).unwrap(), None);
    SignFloor::above(genesis(), key, Height::new(100)).unwrap().save(&path).unwrap();
    let lower = SignFloor::above(genesis(), key, Height::new(99)).unwrap().save(&path);
    assert!(matches!(lower, Err(SignFloorError::Lowered { current, .. }) if current.get() == 102));
    let pending = SignFloor::pending(genesis(), key).save(&path);
    assert!(matches!(pending, Err(SignFloorError::Lowered { .. })));
    let chain = hash_bytes(b"another");
    assert!(matches!(SignFloor::load(&path, &chain, &key), Err(SignFloorError::Chain { .. })));
    assert!(matches!(SignFloor::load(&path, &genesis(), &other), Err(SignFloorError::Key)));
    let foreign = SignFloor::above(genesis(), other, Height::new(500)).unwrap().save(&path);
    assert!(matches!(foreign, Err(SignFloorError::Key)));
    for (bytes, what) in [(b"{".as_slice(), "cut"), (b"", "empty"), (b"null", "null")] {
        fs::write(&path, bytes).unwrap();
        let loaded = SignFloor::load(&path, &genesis(), &key);
        assert!(matches!(loaded, Err(SignFloorError::Format(_))), "{what}");
    }
    fs::write(&path, br#"{"version":9}"#).unwrap();
    assert!(matches!(
        SignFloor::load(&path, &genesis(), &key),
        Err(SignFloorError::Version { found: 9, .. })
    ));
    fs::write(&path, [b' '; 5000]).unwrap();
    assert!(matches!(SignFloor::load(&path, &genesis(), &key), Err(SignFloorError::TooLarge { .. })));
}

#[test]
fn a_passphrase_comes_from_a_private_file() {
    let directory = tempfile::tempdir().unwrap();
    let path = directory.path().join("passphrase");
    let read = || PassphraseSource::File(path.clone()).read(PassphrasePurpose::Unlock);
    assert!(matches!(read(), Err(PassphraseError::Io { .. })));
    for (text, expected) in
        [("pass", "pass"), ("pass\n", "pass"), ("pass\r\n", "pass"), (" pass \n\n", " pass \n")]
    {
        fs::write(&path, text).unwrap();
        set_mode(&path, 0o600);
        assert_eq!(read().unwrap().expose(), expected.as_bytes());
    }
    for text in ["", "\n"] {
        fs::write(&path, text).unwrap();
        assert!(matches!(read(), Err(PassphraseError::Empty)));
    }
    fs::write(&path, [0xff, 0xfe]).unwrap();
    assert!(matches!(read(), Err(PassphraseError::NotText)));
    fs::write(&path, vec![b'a'; 1025]).unwrap();
    assert!(matches!(read(), Err(PassphraseError::TooLong { .. })));
    fs::write(&path, vec![b'a'; 5000]).unwrap();
    assert!(matches!(read(), Err(PassphraseError::TooLong { .. })));
    set_mode(&path, 0o644);
    assert!(matches!(read(), Err(PassphraseError::Exposed { others: 0o044, .. })));
}

#[test]
fn a_passphrase_comes_from_the_environment() {
    assert_eq!(PASSPHRASE_VARIABLE, "EMOTIONALCHAIN_PASSPHRASE");
    assert_eq!(from_variable(Ok("pass".to_owned())).unwrap().expose(), b"pass");
    assert!(matches!(from_variable(Ok(String::new())), Err(PassphraseError::Empty)));
    let missing = from_variable(Err(std::env::VarError::NotPresent)).unwrap_err();
    assert_eq!(missing.to_string(), "EMOTIONALCHAIN_PASSPHRASE is not set");
    let bytes = std::os::unix::ffi::OsStringExt::from_vec(vec![0xff]);
    let text = from_variable(Err(std::env::VarError::NotUnicode(bytes)));
    assert!(matches!(text, Err(PassphraseError::NotText)));
}

#[test]
fn a_new_passphrase_is_asked_twice() {
    let answers = |texts: &'static [&'static str]| {
        let mut texts = texts.iter();
        move |_| {
            texts
                .next()
                .map(|text| (*text).to_owned())
                .ok_or_else(|| std::io::ErrorKind::UnexpectedEof.into())
        }
    };
    let unlock = prompt(PassphrasePurpose::Unlock, answers(&["pass"])).unwrap();
    assert_eq!(unlock.expose(), b"pass");
    assert_eq!(prompt(PassphrasePurpose::Create, answers(&["pass", "pass"])).unwrap().expose(), b"pass");
    let slip = prompt(PassphrasePurpose::Create, answers(&["pass", "past"]));
    assert!(matches!(slip, Err(PassphraseError::Mismatch)));
    assert!(matches!(prompt(PassphrasePurpose::Create, answers(&["pass"])), Err(PassphraseError::Io { .. })));
    assert!(matches!(prompt(PassphrasePurpose::Unlock, answers(&[""])), Err(PassphraseError::Empty)));
}

proptest! {
    #[test]
    fn any_bytes_are_read_without_a_panic(bytes in prop::collection::vec(any::<u8>(), 0..400), at in any::<prop::sample::Index>(), bit in 0_u8..8) {
        let _ = KeyFile::decode(&bytes);
        let _ = SignFloor::decode(&bytes);
        let mut file = sealed().encode().unwrap();
        let whole = KeyFile::decode(&file).unwrap();
        let at = at.index(file.len());
        file[at] ^= 1 << bit;
        // What still reads either says the same or does not open; costs stay in bounds, so trying is cheap enough.
        if let Ok(changed) = KeyFile::decode(&file) {
            let opens = changed.unlock(&passphrase("right")).is_ok();
            prop_assert_eq!(opens, changed == whole);
        }
        let floor = SignFloor::above(genesis(), keys().public().consensus, Height::new(7)).unwrap();
        let text = serde_json::to_vec(&floor).unwrap();
        prop_assert_eq!(&SignFloor::decode(&text).unwrap(), &floor);
        prop_assert!(SignFloor::decode(&text[..at % text.len()]).is_err());
    }

    #[test]
    fn keys_of_any_bytes_come_back(seeds in any::<[[u8; 32]; 5]>(), text in "[a-zA-Z0-9 äß€]{1,40}") {
        let [consensus, node, account, device, randomness] = seeds.map(Seed::new);
        let keys = Keys { consensus, node, account, device, randomness };
        let file = KeyFile::seal(&keys, &passphrase(&text), KdfCost::DEVNET).unwrap();
        let file = KeyFile::decode(&file.encode().unwrap()).unwrap();
        prop_assert_eq!(file.unlock(&passphrase(&text)).unwrap(), keys);
    }
}
