//! The published vector, an independent implementation, and what must not give the same secret.

use serde_json::Value;

use super::*;
use crate::dleq::tests::{Dry, Seeded, unhex};
use crate::{EntropyError, SUITE_1, SUITE_SM};

/// The hpke crate is the oracle: it opens what we sealed, and we what it sealed.
#[test]
fn agrees_with_an_independent_implementation() {
    use ::hpke::{Deserializable as _, Kem as _, Serializable as _};
    type Kem = ::hpke::kem::DhP256HkdfSha256;
    type Aead = ::hpke::aead::ExportOnlyAead;
    type Kdf = ::hpke::kdf::HkdfSha256;

    for round in 0_u8..8 {
        let s = SecretScalar::random(&SUITE_1, &mut Counter(round)).unwrap();
        let key = s.base_mul();
        let (info, context) = (vec![round; usize::from(round) * 9], [round, 1, 2]);

        let sealed = encap(&SUITE_1, &key, &info, &context, &mut Counter(round ^ 0x80)).unwrap();
        let private = <Kem as ::hpke::Kem>::PrivateKey::from_bytes(&*s.danger_bytes()).unwrap();
        let enc = <Kem as ::hpke::Kem>::EncappedKey::from_bytes(&sealed.u.uncompressed()).unwrap();
        let opened =
            ::hpke::setup_receiver::<Aead, Kdf, Kem>(&::hpke::OpModeR::Base, &private, &enc, &info);
        let mut theirs = [0; 32];
        opened.unwrap().export(&context, &mut theirs).unwrap();
        assert_eq!(&theirs, sealed.secret.expose());

        let dh = s.mul_point(&sealed.u).unwrap();
        let ours = export_from_dh(&SUITE_1, &dh, &sealed.u, &key, &info, &context);
        assert_eq!(ours.expose(), sealed.secret.expose());
        let other = export_from_dh(&SUITE_1, &dh, &sealed.u, &key, &info, b"other");
        assert_ne!(other.expose(), sealed.secret.expose());
        let _ = Kem::sk_to_pk(&private).to_bytes();
    }
}

struct Counter(u8);

impl Entropy for Counter {
    fn fill(&mut self, out: &mut [u8]) -> Result<(), EntropyError> {
        for byte in out {
            self.0 = self.0.wrapping_mul(5).wrapping_add(17);
            *byte = self.0;
        }
        Ok(())
    }
}

fn hex_of(value: &Value, key: &str) -> Vec<u8> {
    unhex(value[key].as_str().unwrap())
}

/// RFC 9180, A.3.1: another AEAD id than ours, otherwise the very same computation.
#[test]
fn the_exported_values_of_rfc_9180() {
    let path =
        concat!(env!("CARGO_MANIFEST_DIR"), "/../../fixtures/vectors/crypto/hpke-rfc9180-a3.json");
    let vector: Value = serde_json::from_slice(&std::fs::read(path).unwrap()).unwrap();
    let r = SecretScalar::from_bytes(&SUITE_1, &hex_of(&vector, "skEm")).unwrap();
    let s = SecretScalar::from_bytes(&SUITE_1, &hex_of(&vector, "skRm")).unwrap();
    let (u, key) = (r.base_mul(), s.base_mul());
    assert_eq!(u.uncompressed().as_slice(), hex_of(&vector, "pkEm"));
    assert_eq!(u.uncompressed().as_slice(), hex_of(&vector, "enc"));
    assert_eq!(key.uncompressed().as_slice(), hex_of(&vector, "pkRm"));
    let aead_id = u16::try_from(vector["aead_id"].as_u64().unwrap()).unwrap().to_be_bytes();
    let info = hex_of(&vector, "info");
    let exports = vector["exports"].as_array().unwrap();
    assert_eq!(exports.len(), 3);
    for export_vector in exports {
        let context = hex_of(export_vector, "exporter_context");
        for dh in [r.mul_point(&key).unwrap(), s.mul_point(&u).unwrap()] {
            let secret = export(&SUITE_1, aead_id, &dh, &u, &key, &info, &context);
            assert_eq!(secret.expose().as_slice(), hex_of(export_vector, "exported_value"));
            // Our mode is another suite of RFC 9180, so the same inputs give another secret.
            let ours = export_from_dh(&SUITE_1, &dh, &u, &key, &info, &context);
            assert_ne!(ours.expose(), secret.expose());
        }
    }
}

#[test]
fn every_input_changes_the_secret() {
    let mut entropy = Seeded(3);
    let key = SecretScalar::random(&SUITE_1, &mut entropy).unwrap().base_mul();
    let sealed = encap(&SUITE_1, &key, b"info", b"context", &mut entropy).unwrap();
    let dh = sealed.r.mul_point(&key).unwrap();
    let again = |dh: &Point, u: &Point, key: &Point, info: &[u8], context: &[u8]| {
        *export_from_dh(&SUITE_1, dh, u, key, info, context).expose()
    };
    let right = again(&dh, &sealed.u, &key, b"info", b"context");
    assert_eq!(&right, sealed.secret.expose());
    assert_ne!(right, again(&sealed.u, &sealed.u, &key, b"info", b"context"));
    assert_ne!(right, again(&dh, &dh, &key, b"info", b"context"));
    assert_ne!(right, again(&dh, &sealed.u, &dh, b"info", b"context"));
    assert_ne!(right, again(&dh, &sealed.u, &key, b"inf", b"ocontext"));
    assert_ne!(right, again(&dh, &sealed.u, &key, b"", b"context"));
    assert_ne!(right, again(&dh, &sealed.u, &key, b"info", b""));
}

#[test]
fn a_failing_source_seals_nothing_and_secrets_are_not_printed() {
    let key = SUITE_1.generator();
    assert_eq!(encap(&SUITE_1, &key, b"", b"", &mut Dry).unwrap_err(), EntropyError.into());
    let sealed = encap(&SUITE_1, &key, b"", b"", &mut Seeded(9)).unwrap();
    let shown = format!("{sealed:?}");
    assert_eq!(
        shown,
        format!("Encapsulated {{ u: {}, r: SecretScalar(..), secret: Secret32(..) }}", sealed.u)
    );
}

#[test]
fn a_key_of_another_curve_is_refused() {
    let key = SUITE_SM.generator();
    let error = encap(&SUITE_1, &key, b"", b"", &mut Seeded(9)).unwrap_err();
    assert_eq!((error, error.label()), (OperationError::Curve, "E_SUITE"));
}
