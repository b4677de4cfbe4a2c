//! HPKE base mode, export only (RFC 9180): DHKEM(P-256, HKDF-SHA256), HKDF-SHA256, AEAD 0xFFFF.
//!
//! The opener has no private key: custodians raise the encapsulated point together and combine to
//! the Diffie-Hellman point, so decapsulation here starts from that point.

use zeroize::Zeroizing;

use crate::{Entropy, OperationError, Point, Secret32, SecretScalar, Suite};

const KEM_ID: [u8; 2] = [0x00, 0x10];
const KDF_ID: [u8; 2] = [0x00, 0x01];
const EXPORT_ONLY: [u8; 2] = [0xff, 0xff];

/// What encapsulation gives.
#[derive(Debug)]
pub struct Encapsulated {
    /// U, the encapsulated point `r * G`.
    pub u: Point,
    /// r, needed once more for the well-formedness proof, then dropped.
    pub r: SecretScalar,
    /// The exported secret, 32 bytes.
    pub secret: Secret32,
}

/// Encapsulates to `key` and exports 32 bytes (RFC 9180 sections 4.1, 5.1.1 and 5.3).
///
/// # Errors
///
/// [`OperationError`] if the key is not of the suite's curve, or the source of randomness failed.
pub fn encap(
    suite: &Suite,
    key: &Point,
    info: &[u8],
    export_context: &[u8],
    entropy: &mut dyn Entropy,
) -> Result<Encapsulated, OperationError> {
    let r = SecretScalar::random(suite, entropy)?;
    let (u, dh) = (r.base_mul(), r.mul_point(key).ok_or(OperationError::Curve)?);
    let secret = export_from_dh(suite, &dh, &u, key, info, export_context);
    Ok(Encapsulated { u, r, secret })
}

/// Exports 32 bytes from the Diffie-Hellman point `dh = r * key = s * u`.
///
/// `info` and `export_context` must be those of the sealing side; other values give another secret.
pub fn export_from_dh(
    suite: &Suite,
    dh: &Point,
    u: &Point,
    key: &Point,
    info: &[u8],
    export_context: &[u8],
) -> Secret32 {
    export(suite, EXPORT_ONLY, dh, u, key, info, export_context)
}

fn export(
    suite: &Suite,
    aead_id: [u8; 2],
    dh: &Point,
    u: &Point,
    key: &Point,
    info: &[u8],
    export_context: &[u8],
) -> Secret32 {
    let kem = Labeled { suite, suite_id: [b"KEM".as_slice(), &KEM_ID].concat() };
    let eae_prk = kem.extract(&[], "eae_prk", &*dh.x());
    let shared = kem.expand(&eae_prk, "shared_secret", &[&u.uncompressed(), &key.uncompressed()]);

    let hpke =
        Labeled { suite, suite_id: [b"HPKE".as_slice(), &KEM_ID, &KDF_ID, &aead_id].concat() };
    let psk_id_hash = hpke.extract(&[], "psk_id_hash", &[]);
    let info_hash = hpke.extract(&[], "info_hash", info);
    let context: [&[u8]; 3] = [&[0x00], psk_id_hash.expose(), info_hash.expose()]; // mode_base
    let secret = hpke.extract(shared.expose(), "secret", &[]);
    let exporter = hpke.expand(&secret, "exp", &context);
    hpke.expand(&exporter, "sec", &[export_context])
}

/// `LabeledExtract` and `LabeledExpand` of RFC 9180 section 4, 32 bytes out.
struct Labeled<'a> {
    suite: &'a Suite,
    suite_id: Vec<u8>,
}

impl Labeled<'_> {
    fn extract(&self, salt: &[u8], label: &str, ikm: &[u8]) -> Secret32 {
        self.suite.hkdf_extract(salt, &[b"HPKE-v1", &self.suite_id, label.as_bytes(), ikm])
    }

    fn expand(&self, prk: &Secret32, label: &str, info: &[&[u8]]) -> Secret32 {
        let mut out = Zeroizing::new([0; 32]);
        let mut parts: Vec<&[u8]> = vec![&[0, 32], b"HPKE-v1", &self.suite_id, label.as_bytes()];
        parts.extend_from_slice(info);
        self.suite.hkdf_expand(prk, &parts, &mut *out);
        Secret32::new(out)
    }
}

#[cfg(test)]
mod tests;
