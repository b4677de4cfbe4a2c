//! The bidder lock (type 2): a secret that the bidder's own certificate key gives back. What k
//! custodians can do in the bidder's place, if the lock has an escrow, is in `escrow.rs`.

use kaibiao_crypto::{
    Entropy, EntropyError, OperationError, Point, SUITE_1, Secret32, SecretScalar, Suite, hpke,
};
use kaibiao_types::Digest;
use p256::elliptic_curve::sec1::ToSec1Point as _;
use p256::pkcs8::{DecodePrivateKey as _, DecodePublicKey as _};
use rsa::pkcs8::{DecodePrivateKey as _, DecodePublicKey as _};
use rsa::rand_core::{self, CryptoRng, RngCore};
use rsa::sha2::Sha256;
use rsa::traits::PublicKeyParts as _;
use rsa::{Oaep, RsaPrivateKey, RsaPublicKey};
use zeroize::Zeroizing;

use crate::limits::RSA_MODULUS_BYTES;
use crate::{BidderLockAlgorithm, Context, Header, LockCommitError, check_bidder_lock};

/// Label of OAEP (before the context in hexadecimal) and exporter context of the bidder lock.
const LABEL: &str = "kaibiao/v1/bidder-lock";

/// The public key of a bidder's encryption certificate.
#[derive(Clone, Debug)]
pub struct BidderKey {
    cert_sha256: Digest,
    key: PublicKey,
}

#[derive(Clone, Debug)]
enum PublicKey {
    Rsa(Box<RsaPublicKey>),
    P256(Point),
}

/// The private key of a bidder's encryption certificate, held in memory on the bidder's machine.
///
/// Wiped on drop; no `Clone`, and `Debug` prints no byte.
pub struct BidderSecret(PrivateKey);

enum PrivateKey {
    Rsa(Box<RsaPrivateKey>),
    P256(SecretScalar),
}

impl core::fmt::Debug for BidderSecret {
    fn fmt(&self, f: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
        f.write_str("BidderSecret(..)")
    }
}

/// Why a certificate key cannot carry a bidder lock.
#[derive(Clone, Copy, Debug, Eq, PartialEq, thiserror::Error)]
pub enum BidderKeyError {
    /// The source of randomness failed.
    #[error("no randomness")]
    Entropy,
    /// An RSA key shorter than 2,048 or longer than 4,096 bits.
    #[error("an RSA key of {0} bits; 2,048 to 4,096 are accepted")]
    RsaSize(usize),
    /// Neither RSA nor P-256, or not DER.
    #[error("the key is neither RSA nor P-256")]
    Unsupported,
}

impl BidderKeyError {
    /// The stable label.
    pub const fn label(&self) -> &'static str {
        match self {
            Self::Entropy => "E_ENTROPY",
            Self::RsaSize(_) | Self::Unsupported => "E_BIDDER_KEY",
        }
    }
}

impl From<EntropyError> for BidderKeyError {
    fn from(_: EntropyError) -> Self {
        Self::Entropy
    }
}

impl From<OperationError> for BidderKeyError {
    fn from(error: OperationError) -> Self {
        match error {
            OperationError::Curve => Self::Unsupported,
            OperationError::Entropy(_) => Self::Entropy,
        }
    }
}

/// Why the bidder's key did not give the lock secret back.
#[derive(Clone, Copy, Debug, Eq, PartialEq, thiserror::Error)]
pub enum UnwrapError {
    /// The secret that came out is not the committed one: another P-256 key.
    #[error(transparent)]
    Commit(#[from] LockCommitError),
    /// The source of randomness failed.
    #[error("no randomness to unwrap with")]
    Entropy(#[from] EntropyError),
    /// The lock was made for another kind of key.
    #[error("the lock was made for another kind of key; use the certificate it was made for")]
    KeyKind,
    /// The object has no bidder lock.
    #[error("the object has no bidder lock")]
    NoLock,
    /// The ciphertext does not open: another RSA key, or a lock copied from another bid.
    #[error("the lock does not open with this key in this bid")]
    Rsa,
}

impl UnwrapError {
    /// The stable label.
    pub const fn label(&self) -> &'static str {
        match self {
            Self::Commit(error) => error.label(),
            Self::Entropy(_) => "E_ENTROPY",
            Self::KeyKind | Self::Rsa => "E_UNWRAP",
            Self::NoLock => "E_LOCK",
        }
    }
}

impl BidderKey {
    /// Reads the key of a certificate: its `SubjectPublicKeyInfo` in DER, and the certificate's
    /// SHA-256, which the lock names so that the bidder finds the right key again.
    ///
    /// # Errors
    ///
    /// [`BidderKeyError`].
    pub fn from_spki(
        suite: &Suite,
        cert_sha256: Digest,
        spki: &[u8],
    ) -> Result<Self, BidderKeyError> {
        // Suite 0x0101 has no bidder lock yet.
        if suite.id() != SUITE_1.id() {
            return Err(BidderKeyError::Unsupported);
        }
        if let Ok(key) = RsaPublicKey::from_public_key_der(spki) {
            if !RSA_MODULUS_BYTES.contains(&key.size()) {
                return Err(BidderKeyError::RsaSize(key.n().bits()));
            }
            return Ok(Self { cert_sha256, key: PublicKey::Rsa(Box::new(key)) });
        }
        let unsupported = |_| BidderKeyError::Unsupported;
        let key = p256::PublicKey::from_public_key_der(spki).map_err(unsupported)?;
        let point = suite.point(key.to_sec1_point(true).as_bytes());
        Ok(Self {
            cert_sha256,
            key: PublicKey::P256(point.map_err(|_| BidderKeyError::Unsupported)?),
        })
    }

    /// SHA-256 of the certificate.
    pub const fn cert_sha256(&self) -> &Digest {
        &self.cert_sha256
    }

    /// How this key carries a lock.
    pub const fn algorithm(&self) -> BidderLockAlgorithm {
        match self.key {
            PublicKey::Rsa(_) => BidderLockAlgorithm::RsaOaepSha256,
            PublicKey::P256(_) => BidderLockAlgorithm::DhKemP256,
        }
    }

    /// Makes a lock secret and its wrapped form.
    pub(crate) fn wrap(
        &self,
        context: &Context,
        salt: &[u8; 32],
        entropy: &mut dyn Entropy,
    ) -> Result<(Vec<u8>, Secret32), BidderKeyError> {
        match &self.key {
            PublicKey::Rsa(key) => {
                let secret = Secret32::random(entropy)?;
                let mut rng = SeededRng::new(context.suite(), entropy)?;
                let padding = oaep(context.bidctx());
                // A key of 2,048 bits or more has room for 190 bytes.
                let wrapped = key.encrypt(&mut rng, padding, secret.expose());
                Ok((wrapped.map_err(|_| BidderKeyError::Unsupported)?, secret))
            }
            PublicKey::P256(key) => {
                let (suite, ids) = (context.suite(), (context.ceremony_id(), context.bidctx()));
                let info = info(suite, ids, salt, &self.cert_sha256);
                let made = hpke::encap(suite, key, info.bytes(), LABEL.as_bytes(), entropy)?;
                Ok((made.u.bytes().to_vec(), made.secret))
            }
        }
    }
}

impl BidderSecret {
    /// Reads a private key (PKCS#8, DER, not encrypted).
    ///
    /// # Errors
    ///
    /// [`BidderKeyError`].
    pub fn from_pkcs8(der: &[u8]) -> Result<Self, BidderKeyError> {
        if let Ok(key) = RsaPrivateKey::from_pkcs8_der(der) {
            if !RSA_MODULUS_BYTES.contains(&key.size()) {
                return Err(BidderKeyError::RsaSize(key.n().bits()));
            }
            return Ok(Self(PrivateKey::Rsa(Box::new(key))));
        }
        let key = p256::SecretKey::from_pkcs8_der(der).map_err(|_| BidderKeyError::Unsupported)?;
        let bytes = Zeroizing::new(<[u8; 32]>::from(key.to_bytes()));
        let scalar =
            SecretScalar::from_bytes(&SUITE_1, &*bytes).map_err(|_| BidderKeyError::Unsupported)?;
        Ok(Self(PrivateKey::P256(scalar)))
    }

    /// The secret of the object's bidder lock, checked against its commitment.
    ///
    /// RSA runs blinded with `entropy`; it runs on the bidder's machine only, never on a server
    /// (RUSTSEC-2023-0071: the private operation is not constant-time).
    ///
    /// # Errors
    ///
    /// [`UnwrapError`].
    pub fn unwrap_lock(
        &self,
        header: &Header,
        entropy: &mut dyn Entropy,
    ) -> Result<Secret32, UnwrapError> {
        let lock = header.bidder_lock().ok_or(UnwrapError::NoLock)?;
        let secret = match (&self.0, lock.algorithm) {
            (PrivateKey::Rsa(key), BidderLockAlgorithm::RsaOaepSha256) => {
                let mut rng = SeededRng::new(header.suite(), entropy)?;
                let opened = key.decrypt_blinded(&mut rng, oaep(header.bidctx()), &lock.wrapped);
                let opened = Zeroizing::new(opened.map_err(|_| UnwrapError::Rsa)?);
                let secret: [u8; 32] =
                    opened.as_slice().try_into().map_err(|_| UnwrapError::Rsa)?;
                Secret32::new(Zeroizing::new(secret))
            }
            (PrivateKey::P256(key), BidderLockAlgorithm::DhKemP256) => {
                let suite = header.suite();
                // The parser has checked that these 33 bytes are a point.
                let u = suite.point(&lock.wrapped).map_err(|_| UnwrapError::KeyKind)?;
                let ids = (header.ceremony_id(), header.bidctx());
                let info = info(suite, ids, &header.salt, &lock.cert_sha256);
                let dh = key.mul_point(&u).ok_or(UnwrapError::KeyKind)?;
                let public = key.base_mul();
                hpke::export_from_dh(suite, &dh, &u, &public, info.bytes(), LABEL.as_bytes())
            }
            _ => return Err(UnwrapError::KeyKind),
        };
        check_bidder_lock(header, &secret).transpose()?;
        Ok(secret)
    }
}

/// OAEP whose label is bound to the bid: a lock copied into another bid does not open.
fn oaep(bidctx: &Digest) -> Oaep {
    Oaep::new_with_label::<Sha256, _>(format!("{LABEL}{bidctx}"))
}

/// `TH("bidder-lock-info", ceremony_id, bidctx, salt, cert_sha256)`.
fn info(suite: &Suite, ids: (&Digest, &Digest), salt: &[u8; 32], cert_sha256: &Digest) -> Digest {
    let (ceremony_id, bidctx) = ids;
    suite.th("bidder-lock-info", &[ceremony_id.bytes(), bidctx.bytes(), salt, cert_sha256.bytes()])
}

/// Randomness for the `rsa` crate, which cannot be told that its source failed: one seed is drawn
/// first, and hashed with a counter for as many bytes as are asked for.
struct SeededRng {
    suite: &'static Suite,
    seed: Secret32,
    counter: u64,
}

impl SeededRng {
    fn new(suite: &'static Suite, entropy: &mut dyn Entropy) -> Result<Self, EntropyError> {
        Ok(Self { suite, seed: Secret32::random(entropy)?, counter: 0 })
    }
}

impl RngCore for SeededRng {
    fn next_u32(&mut self) -> u32 {
        rand_core::impls::next_u32_via_fill(self)
    }

    fn next_u64(&mut self) -> u64 {
        rand_core::impls::next_u64_via_fill(self)
    }

    fn fill_bytes(&mut self, out: &mut [u8]) {
        for block in out.chunks_mut(32) {
            let counter = self.counter.to_be_bytes();
            self.counter += 1;
            let bytes = self.suite.th("rsa-randomness", &[self.seed.expose(), &counter]);
            for (to, from) in block.iter_mut().zip(bytes.bytes()) {
                *to = *from;
            }
        }
    }

    fn try_fill_bytes(&mut self, out: &mut [u8]) -> Result<(), rand_core::Error> {
        self.fill_bytes(out);
        Ok(())
    }
}

impl CryptoRng for SeededRng {}
