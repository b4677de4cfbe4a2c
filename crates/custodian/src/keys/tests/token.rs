//! Key stores under a token, with the tokens of `SoftHSM`.
//!
//! `SoftHSM` finds its tokens by a variable of the environment, which no running process may change:
//! each test starts itself once more, as a process with the variable set.

use std::fs;
use std::path::Path;
use std::process::Command;

use cryptoki::context::{CInitializeArgs, CInitializeFlags, Pkcs11};
use cryptoki::mechanism::Mechanism;
use cryptoki::object::{Attribute, KeyType, ObjectClass};
use cryptoki::session::{Session, UserType};
use cryptoki::types::{AuthPin, Ulong};
use kaibiao_testkit::SoftTokens;
use kaibiao_token::{PIN_MAX, Token, TokenConfig, TokenError, TokenPin};
use ring::aead::{AES_256_GCM, Aad, LessSafeKey, Nonce, UnboundKey};

use super::super::sealed::{Purpose, Slot, body_key};
use super::super::sealed_token::{self, HEADER_LEN};
use super::super::token_key::KeyId;
use super::*;

/// The variable by which a test knows that it is the process with the tokens.
const FOLDER: &str = "KAIBIAO_TEST_TOKENS";

/// Two tokens and a folder for key stores.
struct Scene {
    dir: TempDir,
    tokens: SoftTokens,
}

/// Runs `test` in a process of its own that sees the tokens `first` and `second`.
fn with_tokens(name: &str, test: impl FnOnce(&Scene)) {
    let dir = tempfile::tempdir().unwrap();
    if let Some(folder) = std::env::var_os(FOLDER) {
        let tokens = SoftTokens::in_folder(Path::new(&folder)).unwrap().unwrap();
        return test(&Scene { dir, tokens });
    }
    let Some(tokens) = SoftTokens::in_folder(dir.path()).unwrap() else { return };
    tokens.add("first", "123456").unwrap();
    tokens.add("second", "123456").unwrap();
    let mut command = Command::new(std::env::current_exe().unwrap());
    command.args(["--exact", &format!("keys::tests::token::{name}"), "--nocapture"]);
    command.env(FOLDER, dir.path()).env(SoftTokens::VARIABLE, tokens.conf());
    let output = command.output().unwrap();
    let text = String::from_utf8_lossy(&output.stdout).into_owned()
        + &String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success() && text.contains("1 passed"), "{text}");
}

impl Scene {
    fn token(&self, label: &str, pin: &str) -> Result<Token, TokenError> {
        let pin = TokenPin::new(&Zeroizing::new(pin.as_bytes().to_vec())).unwrap();
        let module = self.tokens.module().to_owned();
        open_token(TokenConfig { module, label: label.to_owned(), pin })
    }

    fn first(&self) -> Token {
        self.token("first", "123456").unwrap()
    }

    fn root(&self) -> PathBuf {
        self.dir.path().join("keys")
    }

    fn store(&self) -> KeyStore {
        KeyStore::open_or_init(&self.root(), self.first(), &SystemRandom::new()).unwrap()
    }

    fn reopen(&self) -> Result<KeyStore, KeyStoreError> {
        KeyStore::open(&self.root(), self.first())
    }

    /// The identifier of the store's own key.
    fn store_id(&self) -> Vec<u8> {
        fs::read(self.root().join("keystore.key")).unwrap()[10..26].to_vec()
    }

    /// A session of somebody else with the token `first`.
    fn session(&self) -> Session {
        let context = Pkcs11::new(self.tokens.module()).unwrap();
        // It may be in use already, and is unloaded with the last token that used it.
        drop(context.initialize(CInitializeArgs::new(CInitializeFlags::OS_LOCKING_OK)));
        let slots = context.get_slots_with_initialized_token().unwrap();
        let mut slots = slots.into_iter();
        let slot = slots.find(|slot| context.get_token_info(*slot).unwrap().label() == "first");
        let session = context.open_rw_session(slot.unwrap()).unwrap();
        // All sessions of one process share a login.
        drop(session.login(UserType::User, Some(&AuthPin::from("123456"))));
        session
    }

    /// All keys on the token `first`.
    fn count(&self) -> usize {
        let template = [Attribute::Class(ObjectClass::SECRET_KEY)];
        self.session().find_objects(&template).unwrap().len()
    }

    /// Destroys the key with this identifier.
    fn delete(&self, id: &[u8]) {
        let session = self.session();
        for handle in session.find_objects(&[Attribute::Id(id.to_vec())]).unwrap() {
            session.destroy_object(handle).unwrap();
        }
    }

    /// Makes a key with this identifier that is like ours but for `change`.
    fn make(&self, id: &[u8], change: &[Attribute]) {
        let mut template = vec![
            Attribute::Class(ObjectClass::SECRET_KEY),
            Attribute::KeyType(KeyType::AES),
            Attribute::ValueLen(Ulong::from(32)),
            Attribute::Id(id.to_vec()),
            Attribute::Token(true),
            Attribute::Private(true),
            Attribute::Encrypt(true),
            Attribute::Decrypt(true),
        ];
        template.extend(change.iter().cloned());
        self.session().generate_key(&Mechanism::AesKeyGen, &template).unwrap();
    }

    /// Every file of every key store of this scene.
    fn files(&self) -> Vec<u8> {
        fn walk(folder: &Path, all: &mut Vec<u8>) {
            for entry in fs::read_dir(folder).unwrap() {
                let path = entry.unwrap().path();
                if path.is_dir() {
                    walk(&path, all);
                } else {
                    all.extend(fs::read(&path).unwrap());
                }
            }
        }
        let mut all = Vec::new();
        walk(&self.root(), &mut all);
        all
    }
}

fn label<T>(result: Result<T, KeyStoreError>) -> &'static str {
    match result {
        Ok(_) => "ok",
        Err(error) => error.label(),
    }
}

/// Share, static key and cosigning seed of lot `T-1/L1`.
fn fill(store: &KeyStore) -> (StaticKey, Secret32) {
    let mut entropy = SeededEntropy::new("filled");
    let fixed = StaticKey::generate(&mut entropy).unwrap();
    let seed = Secret32::random(&mut entropy).unwrap();
    let folder = store.folder(&lot("L1")).unwrap();
    folder.put_static_key(&fixed, &mut entropy).unwrap();
    folder.put_share(&share(), &mut entropy).unwrap();
    folder.put_cosign_seed(&seed, &mut entropy).unwrap();
    (fixed, seed)
}

#[test]
fn secrets_survive_closing_and_opening() {
    with_tokens("secrets_survive_closing_and_opening", |scene| {
        let (fixed, seed) = fill(&scene.store());
        assert_eq!(scene.count(), 2, "one key of the store, one of the lot");
        let store = scene.reopen().unwrap();
        let folder = store.folder(&lot("L1")).unwrap();
        assert_eq!(folder.static_key().unwrap().unwrap().public(), fixed.public());
        assert_eq!(folder.share().unwrap().unwrap().public(), share().public());
        assert_eq!(folder.cosign_seed().unwrap().unwrap().expose(), seed.expose());
        // A share written anew is under the key that is there.
        folder.put_share(&share(), &mut SeededEntropy::new("again")).unwrap();
        assert!(folder.share().unwrap().is_some());
        assert_eq!(scene.count(), 2);
    });
}

#[test]
fn no_secret_is_in_a_file_and_none_is_shown() {
    with_tokens("no_secret_is_in_a_file_and_none_is_shown", |scene| {
        let store = scene.store();
        let (fixed, seed) = fill(&store);
        let folder = scene.root().join("T-1/L1");
        let file = fs::read(folder.join("share.key")).unwrap();
        assert_eq!(file.len(), HEADER_LEN + 42 + 16);
        assert!(file.starts_with(b"KAIBIAOK\x00\x02"));
        let check = fs::read(scene.root().join("keystore.key")).unwrap();
        assert_eq!(check.len(), HEADER_LEN + 32 + 16);
        assert_eq!(fs::read(folder.join("cosign.key")).unwrap()[10..26], check[10..26]);
        assert_ne!(file[10..26], check[10..26], "the lot has a key of its own");
        let all = scene.files();
        let secret = share().danger_bytes();
        for needle in [&secret[2..34], &*fixed.danger_bytes(), seed.expose(), b"123456"] {
            assert!(!all.windows(needle.len()).any(|window| window == needle));
        }
        let pin = TokenPin::new(&Zeroizing::new(b"123456".to_vec())).unwrap();
        let shown = format!("{store:?} {pin:?} {:?}", scene.first());
        assert!(!shown.contains("123456") && shown.contains("TokenPin(..)"), "{shown}");
    });
}

#[test]
fn the_wrong_way_to_a_token_is_named() {
    with_tokens("the_wrong_way_to_a_token_is_named", |scene| {
        let found = |label: &str, pin: &str| scene.token(label, pin).unwrap_err().label();
        assert_eq!(found("third", "123456"), "E_TOKEN_MISSING");
        assert_eq!(found("first ", "123456"), "E_TOKEN_MISSING");
        for wrong in ["123457", "1", &"9".repeat(PIN_MAX)] {
            let error = scene.token("first", wrong).unwrap_err();
            assert_eq!(error.label(), "E_TOKEN_PIN", "{wrong}");
            assert!(error.is_pin());
        }
        for bad in [vec![], vec![b'1'; PIN_MAX + 1], vec![0xff; 4]] {
            assert_eq!(
                TokenPin::new(&Zeroizing::new(bad)).unwrap_err().label(),
                "E_TOKEN_PIN_FORM"
            );
        }
        let text = scene.dir.path().join("module.so");
        fs::write(&text, "no library").unwrap();
        let current = std::env::current_exe().unwrap(); // a program, but no module
        for module in [text, scene.dir.path().join("absent.so"), current, "libsofthsm2.so".into()] {
            let pin = TokenPin::new(&Zeroizing::new(b"123456".to_vec())).unwrap();
            let config = TokenConfig { module, label: "first".to_owned(), pin };
            assert_eq!(open_token(config).unwrap_err().label(), "E_TOKEN_MODULE");
        }
    });
}

#[test]
fn of_two_tokens_with_one_label_none_is_taken() {
    with_tokens("of_two_tokens_with_one_label_none_is_taken", |scene| {
        // Before the module is loaded: it reads its tokens then.
        scene.tokens.add("first", "123456").unwrap();
        let error = scene.token("first", "123456").unwrap_err();
        assert_eq!(error.label(), "E_TOKEN_AMBIGUOUS");
        assert!(scene.token("second", "123456").is_ok());
    });
}

#[test]
fn another_token_and_a_deleted_key_open_nothing() {
    with_tokens("another_token_and_a_deleted_key_open_nothing", |scene| {
        fill(&scene.store());
        let second = scene.token("second", "123456").unwrap();
        assert_eq!(label(KeyStore::open(&scene.root(), second)), "E_TOKEN_KEY_MISSING");
        let store = scene.reopen().unwrap();
        let folder = store.folder(&lot("L1")).unwrap();
        let of_lot = fs::read(file_of(scene, "share.key")).unwrap()[10..26].to_vec();
        scene.delete(&of_lot);
        assert_eq!(label(folder.share()), "E_TOKEN_KEY_MISSING");
        assert_eq!(label(folder.static_key()), "E_TOKEN_KEY_MISSING");
        assert_eq!(
            label(folder.put_share(&share(), &mut SeededEntropy::new("s"))),
            "E_TOKEN_KEY_MISSING",
            "no new key is made under an old static key"
        );
        assert!(folder.cosign_seed().unwrap().is_some());
        drop(store);
        scene.delete(&scene.store_id());
        assert_eq!(label(scene.reopen()), "E_TOKEN_KEY_MISSING");
        // A new key under the old name is another key.
        let ours = [Attribute::Sensitive(true), Attribute::Extractable(false)];
        scene.make(&scene.store_id(), &ours);
        assert_eq!(label(scene.reopen()), "E_KEYSTORE_DAMAGED");
    });
}

fn file_of(scene: &Scene, name: &str) -> PathBuf {
    scene.root().join("T-1/L1").join(name)
}

#[test]
fn a_key_that_could_leave_its_token_is_refused() {
    with_tokens("a_key_that_could_leave_its_token_is_refused", |scene| {
        drop(scene.store());
        let id = scene.store_id();
        let open = [
            vec![Attribute::Sensitive(true), Attribute::Extractable(true)],
            vec![Attribute::Sensitive(false), Attribute::Extractable(false)],
        ];
        for change in open {
            scene.delete(&id);
            scene.make(&id, &change);
            assert_eq!(label(scene.reopen()), "E_TOKEN_KEY_EXPOSED", "{change:?}");
        }
        // Brought in from outside: somebody knows it.
        scene.delete(&id);
        let session = scene.session();
        let brought = [
            Attribute::Class(ObjectClass::SECRET_KEY),
            Attribute::KeyType(KeyType::AES),
            Attribute::Value(vec![7; 32]),
            Attribute::Id(id.clone()),
            Attribute::Token(true),
            Attribute::Private(true),
            Attribute::Sensitive(true),
            Attribute::Extractable(false),
            Attribute::Encrypt(true),
            Attribute::Decrypt(true),
        ];
        session.create_object(&brought).unwrap();
        assert_eq!(label(scene.reopen()), "E_TOKEN_KEY_EXPOSED");
        scene.make(&id, &[Attribute::Sensitive(true), Attribute::Extractable(false)]);
        assert_eq!(label(scene.reopen()), "E_TOKEN_KEY_TWICE");
    });
}

#[test]
fn every_damaged_byte_is_noticed() {
    with_tokens("every_damaged_byte_is_noticed", |scene| {
        let store = scene.store();
        fill(&store);
        let folder = store.folder(&lot("L1")).unwrap();
        let path = file_of(scene, "share.key");
        let good = fs::read(&path).unwrap();
        for at in 0..good.len() {
            let mut bad = good.clone();
            bad[at] ^= 1;
            fs::write(&path, &bad).unwrap();
            let expected =
                if matches!(at, 8 | 9) { "E_KEYSTORE_VERSION" } else { "E_KEYSTORE_DAMAGED" };
            assert_eq!(label(folder.share()), expected, "byte {at}");
        }
        for len in [0, 8, 9, 25, HEADER_LEN, HEADER_LEN + 15, good.len() - 1] {
            fs::write(&path, &good[..len]).unwrap();
            assert_eq!(label(folder.share()), "E_KEYSTORE_DAMAGED", "{len} bytes");
        }
        fs::write(&path, [&good[..], b"\n"].concat()).unwrap();
        assert_eq!(label(folder.share()), "E_KEYSTORE_DAMAGED");
        fs::write(&path, &good).unwrap();
        assert!(folder.share().unwrap().is_some());
    });
}

#[test]
fn no_key_file_stands_in_for_another() {
    with_tokens("no_key_file_stands_in_for_another", |scene| {
        let store = scene.store();
        fill(&store);
        let mut entropy = SeededEntropy::new("swap");
        let two = store.folder(&lot("L2")).unwrap();
        two.put_static_key(&StaticKey::generate(&mut entropy).unwrap(), &mut entropy).unwrap();
        two.put_cosign_seed(&Secret32::random(&mut entropy).unwrap(), &mut entropy).unwrap();
        let one = store.folder(&lot("L1")).unwrap();
        let of = |lot: &str, name: &str| scene.root().join("T-1").join(lot).join(name);
        // Another lot's, under the key of the lot and under the key of the store.
        fs::copy(of("L1", "static.key"), of("L2", "static.key")).unwrap();
        assert_eq!(label(two.static_key()), "E_KEYSTORE_DAMAGED");
        fs::copy(of("L1", "cosign.key"), of("L2", "cosign.key")).unwrap();
        assert_eq!(label(two.cosign_seed()), "E_KEYSTORE_DAMAGED");
        // Another purpose's.
        fs::copy(of("L1", "static.key"), of("L1", "share.key")).unwrap();
        assert_eq!(label(one.share()), "E_KEYSTORE_DAMAGED");
        fs::copy(scene.root().join("keystore.key"), of("L1", "cosign.key")).unwrap();
        assert_eq!(label(one.cosign_seed()), "E_KEYSTORE_DAMAGED");
        // Another store's on the same token.
        let other = scene.dir.path().join("other");
        let other = KeyStore::init(&other, scene.first(), &SystemRandom::new()).unwrap();
        fill(&other);
        fs::copy(other.root().join("T-1/L1/static.key"), of("L1", "static.key")).unwrap();
        assert_eq!(label(one.static_key()), "E_KEYSTORE_DAMAGED");
    });
}

#[test]
fn a_store_keeps_the_protection_it_was_made_with() {
    with_tokens("a_store_keeps_the_protection_it_was_made_with", |scene| {
        fill(&scene.store());
        let under_token = KeyStore::open(&scene.root(), passphrase("open sesame"));
        let error = under_token.unwrap_err();
        assert_eq!(error.label(), "E_KEYSTORE_PROTECTION");
        assert!(error.to_string().ends_with("protected by a key of a token"), "{error}");
        let plain = scene.dir.path().join("plain");
        drop(KeyStore::init(&plain, passphrase("open sesame"), &SystemRandom::new()).unwrap());
        let error = KeyStore::open(&plain, scene.first()).unwrap_err();
        assert_eq!(error.label(), "E_KEYSTORE_PROTECTION");
        assert!(error.to_string().ends_with("protected by a passphrase"), "{error}");
        let again = KeyStore::init(&plain, scene.first(), &SystemRandom::new());
        assert_eq!(label(again), "E_KEYSTORE_EXISTS");
        // One file of the other kind in a store.
        let store = KeyStore::open(&plain, passphrase("open sesame")).unwrap();
        let folder = store.folder(&lot("L1")).unwrap();
        fs::copy(file_of(scene, "share.key"), plain.join("T-1/L1/share.key")).unwrap();
        assert_eq!(label(folder.share()), "E_KEYSTORE_PROTECTION");
    });
}

#[test]
fn with_the_lots_key_every_copy_of_its_files_is_worthless() {
    with_tokens("with_the_lots_key_every_copy_of_its_files_is_worthless", |scene| {
        let store = scene.store();
        fill(&store);
        let mut entropy = SeededEntropy::new("other lot");
        let other = store.folder(&lot("L2")).unwrap();
        other.put_static_key(&StaticKey::generate(&mut entropy).unwrap(), &mut entropy).unwrap();
        let folder = store.folder(&lot("L1")).unwrap();
        let names = ["share.key", "static.key"];
        let copies = names.map(|name| fs::read(file_of(scene, name)).unwrap());
        folder.destroy_share().unwrap();
        assert_eq!(scene.count(), 2, "those of the store and of the other lot");
        for (name, copy) in names.iter().zip(&copies) {
            assert!(!file_of(scene, name).exists());
            fs::write(file_of(scene, name), copy).unwrap();
        }
        assert_eq!(label(folder.share()), "E_TOKEN_KEY_MISSING");
        assert_eq!(label(folder.static_key()), "E_TOKEN_KEY_MISSING");
        folder.destroy_share().unwrap();
        assert!(!file_of(scene, "share.key").exists());
        assert!(folder.cosign_seed().unwrap().is_some());
        assert!(other.static_key().unwrap().is_some());
    });
}

#[test]
fn a_lost_session_is_opened_again() {
    with_tokens("a_lost_session_is_opened_again", |scene| {
        let store = scene.store();
        fill(&store);
        let folder = store.folder(&lot("L1")).unwrap();
        scene.session().logout().unwrap(); // of all sessions of this process
        assert!(folder.share().unwrap().is_some());
        Pkcs11::new(scene.tokens.module()).unwrap().finalize().unwrap();
        assert!(folder.share().unwrap().is_some());
        folder.put_share(&share(), &mut SeededEntropy::new("after")).unwrap();
    });
}

#[test]
fn a_pin_that_was_refused_is_never_tried_again() {
    with_tokens("a_pin_that_was_refused_is_never_tried_again", |scene| {
        let store = scene.store();
        fill(&store);
        let folder = store.folder(&lot("L1")).unwrap();
        let (old, new) = (AuthPin::from("123456"), AuthPin::from("654321"));
        let session = scene.session();
        session.set_pin(&old, &new).unwrap();
        session.logout().unwrap();
        let error = folder.share().unwrap_err();
        assert_eq!(error.label(), "E_TOKEN_PIN");
        assert!(error.ends_the_process() && !error.is_state_unknown());
        // Even when it would be right again.
        session.login(UserType::User, Some(&new)).unwrap();
        session.set_pin(&new, &old).unwrap();
        assert_eq!(label(folder.share()), "E_TOKEN_PIN");
        assert_eq!(label(folder.destroy_share()), "E_TOKEN_PIN");
        assert!(!file_of(scene, "share.key").exists(), "the files are destroyed all the same");
    });
}

#[test]
fn nothing_is_made_without_randomness() {
    with_tokens("nothing_is_made_without_randomness", |scene| {
        let store = scene.store();
        fill(&store);
        let folder = store.folder(&lot("L1")).unwrap();
        fs::remove_file(file_of(scene, "share.key")).unwrap();
        for bytes in [0, 31, 32, 43, 44, 55] {
            let error = folder.put_share(&share(), &mut FailingEntropy::after(bytes)).unwrap_err();
            assert_eq!(error.label(), "E_ENTROPY", "{bytes}");
            assert!(!file_of(scene, "share.key").exists());
        }
    });
}

/// The sample of the specification, made by another program (HKDF and AES-256-GCM of Python): read
/// here by the description alone, because no real token holds a key that was brought to it.
#[test]
fn the_sample_of_the_specification_is_read() {
    const SAMPLE: &str = "4b41494249414f4b0002101112131415161718191a1b1c1d1e1f202122232425262728292a2bfbdfb9e7\
        325dd68f790860d63269fa3c4cd6d68c9ce419333640c8e8303909e062e7515e86608e350d6da6f53bec\
        f71e303132333435363738393a3be2be6ddf9ae76a501a6ae3d9c181c82d5c40c65f35f3dfd7f5387d8a\
        7aee7cbba5e0dd3ce7e9b97a76477dccb993491e";
    let file: kaibiao_crypto::Hex<146> = kaibiao_crypto::Hex::parse(SAMPLE).unwrap();
    let file = file.0;
    let store: [u8; 16] = core::array::from_fn(|at| 0x10 + u8::try_from(at).unwrap());
    assert_eq!(sealed_token::key_id(&file), Some(KeyId(store)));
    let on_token: [u8; 32] = core::array::from_fn(|at| 0x80 + u8::try_from(at).unwrap());
    let on_token = UnboundKey::new(&AES_256_GCM, &on_token).unwrap();
    let nonce = Nonce::try_assume_unique_for_key(&file[26..38]).unwrap();
    let mut file_key = file[38..86].to_vec();
    let bound = Aad::from(&file[..26]);
    LessSafeKey::new(on_token).open_in_place(nonce, bound, &mut file_key).unwrap();
    let file_key: [u8; 32] = file_key[..32].try_into().unwrap();
    let slot = Slot { purpose: Purpose::Cosign, place: "T-1/L1" };
    let key = body_key(&file_key, &file[..HEADER_LEN], slot);
    let mut body = file[HEADER_LEN..].to_vec();
    let nonce = file[86..98].try_into().unwrap();
    let seed = SUITE_1.aead(&key).open_in_place(nonce, &mut body).unwrap();
    let secret: [u8; 32] = core::array::from_fn(|at| 0x40 + u8::try_from(at).unwrap());
    assert_eq!(*seed, secret);
}
