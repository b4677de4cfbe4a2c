//! The secrets of an opening: of the custodians by their key stores and passphrase, read here by the
//! description of the key file alone; of the bids by the custodians' shares.

use std::fs;
use std::path::PathBuf;

use argon2::{Algorithm, Argon2, Params, Version};
use kaibiao_ceremony::{CeremonyRecord, KeyShare, combine, raise};
use kaibiao_crypto::{SUITE_1, SecureEntropy};
use kaibiao_seal::{Header, ceremony_secret, check_ceremony_lock};
use kaibiao_types::Digest;
use kaibiao_wire::{FrozenAnswer, from_json};
use ring::rand::SystemRandom;

use super::wire;
use crate::support::World;

/// What one custodian keeps of the lot.
pub(crate) struct Keys {
    number: usize,
    share: KeyShare,
    /// The bytes of share and static key as scalars.
    secrets: [[u8; 32]; 2],
}

fn folder(world: &World, number: usize) -> PathBuf {
    world.path(&format!("custodian-{number}")).join(&world.lot)
}

/// The key files of a custodian's lot.
pub(crate) fn key_files(world: &World, number: usize) -> Vec<String> {
    let names = fs::read_dir(folder(world, number)).unwrap();
    let names = names.map(|entry| entry.unwrap().file_name().to_string_lossy().into_owned());
    names.filter(|name| name.contains(".key")).collect()
}

/// `docs/spec/custodian.md`, 5 to 7.
fn key_file(world: &World, number: usize, purpose: &str) -> Vec<u8> {
    let file = fs::read(folder(world, number).join(format!("{purpose}.key"))).unwrap();
    let (header, body) = file.split_at(50);
    assert_eq!(&header[..10], b"KAIBIAOK\x00\x01");
    let params = Params::new(19_456, 2, 1, Some(32)).unwrap();
    let argon2 = Argon2::new(Algorithm::Argon2id, Version::V0x13, params);
    let passphrase = fs::read_to_string(world.path("passphrase")).unwrap();
    let mut stretched = [0; 32];
    let salt = &header[22..38];
    argon2.hash_password_into(passphrase.trim_end().as_bytes(), salt, &mut stretched).unwrap();
    let prk = SUITE_1.hkdf_extract(b"kaibiao/v1/key-file", &[&stretched]);
    let mut key = [0; 32];
    let info = [header, purpose.as_bytes(), b"\n", world.lot.as_bytes()];
    SUITE_1.hkdf_expand(&prk, &info, &mut key);
    let mut body = body.to_vec();
    let nonce = header[38..50].try_into().unwrap();
    SUITE_1.aead(&key).open_in_place(nonce, &mut body).unwrap().to_vec()
}

fn record(world: &World) -> CeremonyRecord {
    CeremonyRecord::parse(&fs::read(folder(world, 1).join("ceremony.json")).unwrap()).unwrap()
}

impl Keys {
    /// Reads the keys of a custodian; the share is the one whose public key all custodians signed.
    pub(crate) fn read(world: &World, number: usize) -> Self {
        let (bytes, fixed) = (key_file(world, number, "share"), key_file(world, number, "static"));
        let share = KeyShare::from_bytes(&bytes).unwrap();
        assert_eq!(usize::from(share.index().get()), number);
        assert_eq!(record(world).public_share(share.index()), Some(&share.public()));
        let secrets = [bytes[2..34].try_into().unwrap(), fixed.try_into().unwrap()];
        Self { number, share, secrets }
    }

    pub(crate) fn scalars(&self) -> Vec<(String, [u8; 32])> {
        let names =
            ["share", "static key"].map(|kind| format!("{kind} of custodian {}", self.number));
        names.into_iter().zip(self.secrets).collect()
    }
}

/// For each sealed object of each bid: the point that the shares give, the lock secret, the key that
/// it is extracted to, and the content key.
pub(crate) fn of_bids(world: &World, keys: &[Keys]) -> Vec<(String, [u8; 32])> {
    let frozen = wire::get(world, "/frozen");
    let frozen: FrozenAnswer = from_json(&frozen).unwrap();
    let mut out = Vec::new();
    for (number, bid) in frozen.bids.iter().enumerate() {
        for item in &bid.headers {
            let of = format!("{} of bid {number}", item.part);
            out.extend(of_object(world, keys, item.header_b64.as_slice(), &of));
        }
    }
    out
}

fn of_object(world: &World, keys: &[Keys], bytes: &[u8], of: &str) -> [(String, [u8; 32]); 4] {
    let (record, header) = (record(world), Header::parse(bytes).unwrap());
    let (id, context, random) = (record.ceremony_id, Digest::ZERO, SystemRandom::new());
    let partials = keys.iter().map(|keys| {
        let mut entropy = SecureEntropy(&random);
        let partial = raise(&SUITE_1, &keys.share, &id, &context, header.u(), &mut entropy);
        partial.unwrap().verify(&record, &context, header.u()).unwrap()
    });
    let point = combine(&record, &partials.collect::<Vec<_>>()).unwrap();
    let secret = ceremony_secret(&header, &point, &record.key().unwrap()).unwrap();
    check_ceremony_lock(&header, &secret).unwrap();
    // Salt, and everything before `commit || Ubar || e || f`: docs/spec/seal.md.
    let (salt, hh) = (&bytes[28..60], SUITE_1.hash(&bytes[..bytes.len() - 129]));
    let prk = SUITE_1.hkdf_extract(salt, &[&[1], secret.expose()]);
    let mut okm = [0; 76];
    let info: [&[u8]; 3] = [b"kaibiao/v1/payload", &1_u16.to_be_bytes(), hh.bytes()];
    SUITE_1.hkdf_expand(&prk, &info, &mut okm);
    assert_eq!(okm[44..], bytes[bytes.len() - 129..bytes.len() - 97], "the key's commitment");
    [
        (format!("point of {of}"), *point.x()),
        (format!("lock secret of {of}"), *secret.expose()),
        (format!("extracted key of {of}"), *prk.expose()),
        (format!("content key of {of}"), okm[..32].try_into().unwrap()),
    ]
}
