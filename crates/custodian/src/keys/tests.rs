//! The key store: round trips, wrong passphrases, damage, torn lines.

mod token;

use std::fs;
use std::os::unix::fs::PermissionsExt as _;
use std::path::PathBuf;

use kaibiao_ceremony::{KeyShare, StaticKey};
use kaibiao_crypto::{SUITE_1, Secret32};
use kaibiao_custody::{Act, Raised};
use kaibiao_testkit::{FailingEntropy, SeededEntropy};
use kaibiao_types::{Digest, LotId, LotKey, Part, Stage, TenderId, UtcMillis};
use ring::rand::SystemRandom;
use tempfile::TempDir;
use zeroize::Zeroizing;

use super::sealed::HEADER_LEN;
use super::*;

fn passphrase(text: &str) -> Passphrase {
    Passphrase::new(Zeroizing::new(text.as_bytes().to_vec())).unwrap()
}

fn lot(name: &str) -> LotKey {
    LotKey { tender: TenderId::parse("T-1").unwrap(), lot: LotId::parse(name).unwrap() }
}

fn store(dir: &TempDir) -> KeyStore {
    let root = dir.path().join("keys");
    KeyStore::open_or_init(&root, passphrase("open sesame"), &SystemRandom::new()).unwrap()
}

/// The share of custodian 2 whose secret is a fresh key: `u16 index || scalar || check`.
fn share() -> KeyShare {
    let key = StaticKey::generate(&mut SeededEntropy::new("share")).unwrap();
    let fields: [&[u8]; 2] = [&[0, 2], &*key.danger_bytes()];
    let check = SUITE_1.th("key-share", &fields);
    let bytes = [fields[0], fields[1], &check.bytes()[..8]].concat();
    KeyShare::from_bytes(&bytes).unwrap()
}

fn file(dir: &TempDir, name: &str) -> PathBuf {
    dir.path().join("keys").join("T-1").join("L1").join(name)
}

fn refused(text: &str) -> Act {
    let text = text.to_owned();
    let at = UtcMillis::new(5).unwrap();
    Act::Refused { at, request: text.clone(), label: "E_NOT_YET".to_owned(), detail: text }
}

#[test]
fn secrets_survive_closing_and_opening() {
    let dir = TempDir::new().unwrap();
    let mut entropy = SeededEntropy::new("secrets");
    let fixed = StaticKey::generate(&mut entropy).unwrap();
    let seed = Secret32::random(&mut entropy).unwrap();
    {
        let store = store(&dir);
        let folder = store.folder(&lot("L1")).unwrap();
        assert!(folder.share().unwrap().is_none());
        folder.put_static_key(&fixed, &mut entropy).unwrap();
        folder.put_share(&share(), &mut entropy).unwrap();
        folder.put_cosign_seed(&seed, &mut entropy).unwrap();
    }
    let store = store(&dir);
    let folder = store.folder(&lot("L1")).unwrap();
    assert_eq!(folder.static_key().unwrap().unwrap().public(), fixed.public());
    assert_eq!(folder.share().unwrap().unwrap().public(), share().public());
    assert_eq!(folder.cosign_seed().unwrap().unwrap().expose(), seed.expose());
    assert_eq!(store.lots().unwrap(), [lot("L1")]);
}

#[test]
fn only_the_owner_reads_it() {
    let dir = TempDir::new().unwrap();
    {
        let store = store(&dir);
        let folder = store.folder(&lot("L1")).unwrap();
        folder.put_share(&share(), &mut SeededEntropy::new("mode")).unwrap();
        drop(folder.journal().unwrap());
    }
    let mode = |path: PathBuf| fs::metadata(path).unwrap().permissions().mode() & 0o777;
    let root = dir.path().join("keys");
    for folder in [root.clone(), root.join("T-1"), root.join("T-1/L1")] {
        assert_eq!(mode(folder), 0o700);
    }
    for name in ["share.key", "journal.jsonl"] {
        assert_eq!(mode(file(&dir, name)), 0o600);
    }
    fs::set_permissions(&root, fs::Permissions::from_mode(0o750)).unwrap();
    let error = KeyStore::open(&root, passphrase("open sesame")).unwrap_err();
    assert_eq!(error.label(), "E_KEYSTORE_OPEN_TO_OTHERS");
}

#[test]
fn a_wrong_passphrase_is_named_as_such() {
    let dir = TempDir::new().unwrap();
    drop(store(&dir));
    let root = dir.path().join("keys");
    for wrong in ["open Sesame", "open sesame ", "x"] {
        let error = KeyStore::open(&root, passphrase(wrong)).unwrap_err();
        assert_eq!(error.label(), "E_PASSPHRASE", "{wrong}");
    }
    assert!(KeyStore::open(&root, passphrase("open sesame")).is_ok());
    for empty in [0, PASSPHRASE_MAX + 1] {
        assert!(Passphrase::new(Zeroizing::new(vec![b'a'; empty])).is_err());
    }
}

#[test]
fn a_store_is_made_once_and_used_by_one() {
    let dir = TempDir::new().unwrap();
    let root = dir.path().join("keys");
    let random = SystemRandom::new();
    let error = KeyStore::open(&root, passphrase("p")).unwrap_err();
    assert_eq!(error.label(), "E_KEYSTORE_MISSING");
    let first = KeyStore::init(&root, passphrase("p"), &random).unwrap();
    let error = KeyStore::open(&root, passphrase("p")).unwrap_err();
    assert_eq!(error.label(), "E_KEYSTORE_LOCKED");
    let error = KeyStore::init(&root, passphrase("p"), &random).unwrap_err();
    assert_eq!(error.label(), "E_KEYSTORE_EXISTS");
    drop(first);
    assert!(KeyStore::open(&root, passphrase("p")).is_ok());
    let other = dir.path().join("other");
    fs::create_dir(&other).unwrap();
    fs::set_permissions(&other, fs::Permissions::from_mode(0o700)).unwrap();
    fs::write(other.join("letter.txt"), "dear").unwrap();
    let error = KeyStore::init(&other, passphrase("p"), &random).unwrap_err();
    assert_eq!(error.label(), "E_KEYSTORE_EXISTS");
}

#[test]
fn every_damaged_byte_of_a_key_file_is_noticed() {
    let dir = TempDir::new().unwrap();
    let store = store(&dir);
    let folder = store.folder(&lot("L1")).unwrap();
    folder.put_share(&share(), &mut SeededEntropy::new("damage")).unwrap();
    let path = file(&dir, "share.key");
    let good = fs::read(&path).unwrap();
    assert_eq!(good.len(), HEADER_LEN + 42 + 16);
    assert!(good.starts_with(b"KAIBIAOK\x00\x01\x00\x00\x4c\x00\x00\x00\x00\x02\x00\x00\x00\x01"));
    // The lowest bit only, so that damaged parameters stay cheap; each header field and the rest.
    for at in [0, 7, 8, 9, 13, 17, 21, 22, 37, 38, 49, 50, 91, 92, 107] {
        let mut bad = good.clone();
        bad[at] ^= 1;
        fs::write(&path, &bad).unwrap();
        let label = folder.share().unwrap_err().label();
        let expected =
            if matches!(at, 8 | 9) { "E_KEYSTORE_VERSION" } else { "E_KEYSTORE_DAMAGED" };
        assert_eq!(label, expected, "byte {at}");
    }
    for len in [0, 1, HEADER_LEN, good.len() - 1] {
        fs::write(&path, &good[..len]).unwrap();
        assert_eq!(folder.share().unwrap_err().label(), "E_KEYSTORE_DAMAGED", "{len} bytes");
    }
    fs::write(&path, [&good[..], b"\n"].concat()).unwrap();
    assert_eq!(folder.share().unwrap_err().label(), "E_KEYSTORE_DAMAGED");
    // Parameters that would take this machine down are not even tried.
    let mut greedy = good.clone();
    greedy[10..14].copy_from_slice(&u32::MAX.to_be_bytes());
    fs::write(&path, &greedy).unwrap();
    assert!(folder.share().unwrap_err().to_string().contains("out of bounds"));
    fs::write(&path, &good).unwrap();
    assert!(folder.share().unwrap().is_some());
}

#[test]
fn the_sample_of_the_specification_is_read() {
    // Made by another program: Argon2id of OpenSSL, HKDF and AES-256-GCM of Python.
    const SAMPLE: &str = "4b41494249414f4b000100004c000000000200000001101112131415161718191a1b1c\
        1d1e1f202122232425262728292a2b4c4d6c4ffae451623fad6e68202ffd55eb14000585750b9f68300fa401\
        27bc5907f0ec407b887f7d9c525467195ec7e0";
    let sample: kaibiao_crypto::Hex<98> = kaibiao_crypto::Hex::parse(SAMPLE).unwrap();
    let dir = TempDir::new().unwrap();
    let store = store(&dir);
    let folder = store.folder(&lot("L1")).unwrap();
    fs::write(file(&dir, "cosign.key"), sample.0).unwrap();
    let secret: [u8; 32] = core::array::from_fn(|at| 0x40 + u8::try_from(at).unwrap());
    assert_eq!(*folder.cosign_seed().unwrap().unwrap().expose(), secret);
}

#[test]
fn no_key_file_stands_in_for_another() {
    let dir = TempDir::new().unwrap();
    let store = store(&dir);
    let mut entropy = SeededEntropy::new("swap");
    let (one, two) = (store.folder(&lot("L1")).unwrap(), store.folder(&lot("L2")).unwrap());
    let fixed = StaticKey::generate(&mut entropy).unwrap();
    one.put_static_key(&fixed, &mut entropy).unwrap();
    fs::copy(file(&dir, "static.key"), file(&dir, "cosign.key")).unwrap();
    assert_eq!(one.cosign_seed().unwrap_err().label(), "E_KEYSTORE_DAMAGED");
    let elsewhere = dir.path().join("keys").join("T-1").join("L2").join("static.key");
    fs::copy(file(&dir, "static.key"), elsewhere).unwrap();
    assert_eq!(two.static_key().unwrap_err().label(), "E_KEYSTORE_DAMAGED");
}

#[test]
fn nothing_is_written_without_randomness() {
    let dir = TempDir::new().unwrap();
    let store = store(&dir);
    let folder = store.folder(&lot("L1")).unwrap();
    let error = folder.put_share(&share(), &mut FailingEntropy::after(27)).unwrap_err();
    assert_eq!(error.label(), "E_ENTROPY");
    assert!(!file(&dir, "share.key").exists());
}

#[test]
fn secrets_are_not_shown() {
    let dir = TempDir::new().unwrap();
    let store = store(&dir);
    assert_eq!(format!("{:?}", passphrase("open sesame")), "Passphrase(..)");
    let shown = format!("{store:?} {:?}", store.folder(&lot("L1")).unwrap());
    assert!(!shown.contains("sesame"), "{shown}");
}

#[test]
fn a_journal_is_read_back_act_by_act() {
    let dir = TempDir::new().unwrap();
    let store = store(&dir);
    let folder = store.folder(&lot("L1")).unwrap();
    let (at, freeze_id) = (UtcMillis::new(7).unwrap(), Digest::new([7; 32]));
    let stage = Stage::new(1).unwrap();
    let raised =
        vec![Raised { manifest_sha256: Digest::new([8; 32]), u: kaibiao_crypto::Hex([9; 33]) }];
    let intent = |part, raised| Act::Intent { at, freeze_id, stage, part, raised };
    let acts = [
        Act::Cosigned { at, size: 3, root: Digest::new([1; 32]) },
        Act::FreezeSigned { at, freeze_id },
        refused("log"),
        intent(Part::Price, raised.clone()),
        Act::DrawIntent { at, freeze_id, no: 1, u: kaibiao_crypto::Hex([2; 33]) },
    ];
    let mut journal = folder.journal().unwrap();
    for act in &acts {
        journal.write(act).unwrap();
    }
    let again = folder.journal().unwrap();
    assert_eq!(again.memory(), journal.memory());
    assert_eq!(again.memory().latest_head(), Some((3, Digest::new([1; 32]))));
    assert_eq!(again.memory().freeze_id(), Some(freeze_id));
    assert_eq!(store.journal(&lot("L1")).unwrap(), acts);
    assert_eq!(again.intent_state(&acts[3]), IntentState::Repeated);
    assert_eq!(again.intent_state(&intent(Part::Price, vec![])), IntentState::Contradicts);
    assert_eq!(again.intent_state(&intent(Part::Documents, raised)), IntentState::New);
    let draw = |no, u| Act::DrawIntent { at, freeze_id, no, u: kaibiao_crypto::Hex([u; 33]) };
    assert_eq!(again.intent_state(&draw(1, 2)), IntentState::Repeated);
    assert_eq!(again.intent_state(&draw(1, 3)), IntentState::Contradicts);
    assert_eq!(again.intent_state(&draw(2, 2)), IntentState::New);
    let first = fs::read_to_string(file(&dir, "journal.jsonl")).unwrap();
    let root = "01".repeat(32);
    let line = format!(r#"{{"act":"cosigned","at":7,"size":3,"root":"{root}"}}"#);
    assert_eq!(first.lines().next(), Some(line.as_str()));
}

#[test]
fn a_torn_line_is_kept_aside_and_reported() {
    let dir = TempDir::new().unwrap();
    let store = store(&dir);
    let folder = store.folder(&lot("L1")).unwrap();
    folder.journal().unwrap().write(&refused("first")).unwrap();
    let path = file(&dir, "journal.jsonl");
    let whole = fs::read(&path).unwrap();
    // Torn anywhere, even just before the line feed: the act was not done, because the write had
    // not returned.
    for cut in [1, 10, whole.len() - 1] {
        fs::write(&path, [&whole[..], &whole[..cut]].concat()).unwrap();
        assert_eq!(store.journal(&lot("L1")).unwrap().len(), 1);
        let journal = folder.journal().unwrap();
        assert!(journal.was_torn());
        assert_eq!(fs::read(&path).unwrap(), whole);
        let aside = fs::read(file(&dir, "journal.jsonl.torn")).unwrap();
        assert!(aside.ends_with(&[&whole[..cut], b"\n"].concat()));
        assert!(!folder.journal().unwrap().was_torn());
    }
    folder.journal().unwrap().write(&refused("second")).unwrap();
    assert_eq!(store.journal(&lot("L1")).unwrap(), [refused("first"), refused("second")]);
}

#[test]
fn a_journal_with_a_hole_is_refused() {
    let dir = TempDir::new().unwrap();
    let store = store(&dir);
    let folder = store.folder(&lot("L1")).unwrap();
    folder.journal().unwrap().write(&refused("first")).unwrap();
    let path = file(&dir, "journal.jsonl");
    let whole = fs::read(&path).unwrap();
    for bad in ["\n", "{}\n", "{\"act\":\"cosigned\"}\n", "\u{feff}\n"] {
        fs::write(&path, [&whole[..], bad.as_bytes(), &whole].concat()).unwrap();
        let error = folder.journal().unwrap_err();
        assert_eq!(error.label(), "E_KEYSTORE_DAMAGED");
        assert!(error.to_string().contains("line 2"), "{error}");
    }
}

#[test]
fn a_session_is_set_aside_with_everything_but_never_a_share() {
    let dir = TempDir::new().unwrap();
    let store = store(&dir);
    let mut entropy = SeededEntropy::new("aside");
    let folder = store.folder(&lot("L1")).unwrap();
    let session = "ab".repeat(32);
    folder.put(Text::Session, session.as_bytes()).unwrap();
    folder.put(Text::Round1, b"message").unwrap();
    folder.put_static_key(&StaticKey::generate(&mut entropy).unwrap(), &mut entropy).unwrap();
    assert_eq!(folder.aside(&session), Aside::New);
    folder.set_aside(&session).unwrap();
    assert_eq!(folder.aside(&session), Aside::Known);
    assert!(folder.static_key().unwrap().is_none());
    assert!(folder.text(Text::Round1).unwrap().is_none());
    let kept = file(&dir, "aside").join(&session).join("round1.msg");
    assert_eq!(fs::read(kept).unwrap(), b"message");

    folder.put(Text::Session, b"other").unwrap();
    folder.put_share(&share(), &mut entropy).unwrap();
    assert!(folder.set_aside(&"cd".repeat(32)).is_err());
    assert!(folder.share().unwrap().is_some());
    assert_eq!(folder.text(Text::Session).unwrap().unwrap(), b"other");
}

#[test]
fn evidence_is_kept_once_and_bounded() {
    let dir = TempDir::new().unwrap();
    let store = store(&dir);
    let folder = store.folder(&lot("L1")).unwrap();
    folder.keep_evidence("checkpoint-1.note", b"first").unwrap();
    folder.keep_evidence("checkpoint-1.note", b"second").unwrap();
    assert_eq!(fs::read(file(&dir, "evidence").join("checkpoint-1.note")).unwrap(), b"first");
    for number in 2..200 {
        folder.keep_evidence(&format!("checkpoint-{number}.note"), b"more").unwrap();
    }
    assert_eq!(fs::read_dir(file(&dir, "evidence")).unwrap().count(), 64);
}

#[test]
fn destroyed_keys_are_overwritten_before_they_are_unlinked() {
    let dir = TempDir::new().unwrap();
    let store = store(&dir);
    let mut entropy = SeededEntropy::new("destroy");
    let folder = store.folder(&lot("L1")).unwrap();
    folder.put_static_key(&StaticKey::generate(&mut entropy).unwrap(), &mut entropy).unwrap();
    folder.put_share(&share(), &mut entropy).unwrap();
    folder.put_cosign_seed(&Secret32::random(&mut entropy).unwrap(), &mut entropy).unwrap();
    fs::write(file(&dir, "share.key.new"), b"the beginning of a file").unwrap();
    // Other names of the same files show what became of their content.
    for name in ["share.key", "static.key"] {
        fs::hard_link(file(&dir, name), dir.path().join(name)).unwrap();
    }
    let mut open = fs::File::open(file(&dir, "share.key")).unwrap();
    folder.destroy_share().unwrap();
    for name in ["share.key", "share.key.new", "static.key"] {
        assert!(!file(&dir, name).exists(), "{name}");
    }
    for name in ["share.key", "static.key"] {
        assert_eq!(fs::read(dir.path().join(name)).unwrap(), b"", "{name}");
    }
    let mut left = Vec::new();
    std::io::Read::read_to_end(&mut open, &mut left).unwrap();
    assert!(left.is_empty());
    assert!(folder.share().unwrap().is_none());
    assert!(folder.static_key().unwrap().is_none());
    assert!(folder.cosign_seed().unwrap().is_some());
    // Once more is nothing more; the other key, and other lots, are left alone.
    folder.destroy_share().unwrap();
    folder.destroy_cosign_key().unwrap();
    folder.destroy_cosign_key().unwrap();
    assert!(folder.cosign_seed().unwrap().is_none());
    assert!(KeyStore::open(&dir.path().join("keys"), passphrase("p")).is_err(), "still in use");
}

#[test]
fn a_key_that_cannot_be_destroyed_stops_the_process() {
    let dir = TempDir::new().unwrap();
    let store = store(&dir);
    let folder = store.folder(&lot("L1")).unwrap();
    fs::create_dir(file(&dir, "share.key")).unwrap();
    let error = folder.destroy_share().unwrap_err();
    assert!(error.is_state_unknown(), "{error}");
}
