//! The two private keys that sign heads. Neither can be printed, copied or stored by this crate.

use core::fmt;

use kaibiao_types::{CustodianIndex, UtcMillis};
use ring::signature::{Ed25519KeyPair, KeyPair};

use crate::{Checkpoint, LogOrigin, NoteSignature, SignatureAlgorithm, TreeHead, VerifierKey};

/// The hall's key for one log: signs checkpoints.
///
/// The log must never sign two heads that do not extend each other; the caller signs only heads
/// of entries it has made durable.
pub struct LogSigner {
    pair: Ed25519KeyPair,
    vkey: VerifierKey,
    origin: LogOrigin,
}

/// A custodian's key for one log: cosigns checkpoints with a time (C2SP cosignature/v1).
pub struct Cosigner {
    pair: Ed25519KeyPair,
    vkey: VerifierKey,
    origin: LogOrigin,
}

/// Why bytes are not a signing key.
#[derive(Clone, Debug, Eq, PartialEq, thiserror::Error)]
pub enum SignerError {
    /// Not an Ed25519 key in PKCS#8, or its public part does not fit.
    #[error("not an Ed25519 private key in PKCS#8 form")]
    Pkcs8,
    /// Not an Ed25519 seed.
    #[error("not an Ed25519 seed")]
    Seed,
}

impl SignerError {
    /// The stable name of the error.
    #[must_use]
    pub const fn label(&self) -> &'static str {
        match self {
            Self::Pkcs8 => "signer-pkcs8",
            Self::Seed => "signer-seed",
        }
    }
}

/// Why a custodian's key does not cosign a checkpoint.
#[derive(Clone, Debug, Eq, PartialEq, thiserror::Error)]
pub enum CosignError {
    /// The checkpoint is of another log.
    #[error("the checkpoint is of the log {found}, this key cosigns {expected}")]
    ForeignLog {
        /// The log of the key.
        expected: String,
        /// The log of the checkpoint.
        found: String,
    },
}

impl CosignError {
    /// The stable name of the error.
    #[must_use]
    pub const fn label(&self) -> &'static str {
        match self {
            Self::ForeignLog { .. } => "cosign-foreign-log",
        }
    }
}

impl LogSigner {
    /// A key from PKCS#8 (version 1 as OpenSSL writes it, or 2).
    ///
    /// # Errors
    ///
    /// [`SignerError::Pkcs8`].
    pub fn from_pkcs8(origin: LogOrigin, der: &[u8]) -> Result<Self, SignerError> {
        pkcs8(der).map(|pair| Self::new(origin, pair))
    }

    /// A key from its 32-byte seed (RFC 8032 section 5.1.5).
    ///
    /// # Errors
    ///
    /// [`SignerError::Seed`].
    pub fn from_seed(origin: LogOrigin, seed: &[u8; 32]) -> Result<Self, SignerError> {
        ed25519_from_seed(seed).map(|pair| Self::new(origin, pair))
    }

    fn new(origin: LogOrigin, pair: Ed25519KeyPair) -> Self {
        let name = origin.as_str().to_owned();
        let vkey = VerifierKey::unchecked(name, SignatureAlgorithm::Ed25519, public_key(&pair));
        Self { pair, vkey, origin }
    }

    /// The public key; its name is the log's origin.
    pub const fn vkey(&self) -> &VerifierKey {
        &self.vkey
    }

    /// The log it signs.
    pub const fn origin(&self) -> &LogOrigin {
        &self.origin
    }

    /// The signed checkpoint of a head: a note with the log's signature line.
    pub fn sign(&self, head: TreeHead) -> String {
        let body = Checkpoint { origin: self.origin.clone(), head }.body();
        let payload = self.pair.sign(body.as_bytes()).as_ref().to_vec();
        let line = signature(&self.vkey, payload).line();
        format!("{body}\n{line}\n")
    }
}

impl Cosigner {
    /// A key from PKCS#8 (version 1 as OpenSSL writes it, or 2).
    ///
    /// # Errors
    ///
    /// [`SignerError::Pkcs8`].
    pub fn from_pkcs8(
        origin: LogOrigin,
        index: CustodianIndex,
        der: &[u8],
    ) -> Result<Self, SignerError> {
        pkcs8(der).map(|pair| Self::new(origin, index, pair))
    }

    /// A key from its 32-byte seed (RFC 8032 section 5.1.5).
    ///
    /// # Errors
    ///
    /// [`SignerError::Seed`].
    pub fn from_seed(
        origin: LogOrigin,
        index: CustodianIndex,
        seed: &[u8; 32],
    ) -> Result<Self, SignerError> {
        ed25519_from_seed(seed).map(|pair| Self::new(origin, index, pair))
    }

    fn new(origin: LogOrigin, index: CustodianIndex, pair: Ed25519KeyPair) -> Self {
        let name = origin.custodian_name(index);
        let algorithm = SignatureAlgorithm::CosignatureV1;
        let vkey = VerifierKey::unchecked(name, algorithm, public_key(&pair));
        Self { pair, vkey, origin }
    }

    /// The public key; its name is `<origin>/custodian/<index>`.
    pub const fn vkey(&self) -> &VerifierKey {
        &self.vkey
    }

    /// The signature line (without line feed) that says: at `at` this was the largest head of the
    /// log that the custodian had seen, and it extends the last one. The time is cut to whole
    /// seconds.
    ///
    /// # Errors
    ///
    /// [`CosignError::ForeignLog`].
    pub fn cosign(&self, checkpoint: &Checkpoint, at: UtcMillis) -> Result<String, CosignError> {
        if checkpoint.origin != self.origin {
            let (expected, found) = (self.origin.to_string(), checkpoint.origin.to_string());
            return Err(CosignError::ForeignLog { expected, found });
        }
        Ok(cosigned_line(&self.pair, &self.vkey, checkpoint, at))
    }
}

/// The cosignature line of a key, without line feed; the time is cut to whole seconds.
pub(crate) fn cosigned_line(
    pair: &Ed25519KeyPair,
    vkey: &VerifierKey,
    checkpoint: &Checkpoint,
    at: UtcMillis,
) -> String {
    let seconds = at.get() / 1_000;
    let message = cosigned_message(seconds, &checkpoint.body());
    let mut payload = seconds.to_be_bytes().to_vec();
    payload.extend_from_slice(pair.sign(message.as_bytes()).as_ref());
    signature(vkey, payload).line()
}

/// What a cosignature signs (C2SP tlog-cosignature, Ed25519 signed message).
pub(crate) fn cosigned_message(seconds: u64, body: &str) -> String {
    format!("cosignature/v1\ntime {seconds}\n{body}")
}

fn signature(vkey: &VerifierKey, payload: Vec<u8>) -> NoteSignature {
    NoteSignature::new(vkey.name().to_owned(), vkey.key_id(), payload)
}

fn pkcs8(der: &[u8]) -> Result<Ed25519KeyPair, SignerError> {
    // "Maybe unchecked": version 1 holds no public key to compare with. Where there is one, it is
    // compared.
    Ed25519KeyPair::from_pkcs8_maybe_unchecked(der).map_err(|_| SignerError::Pkcs8)
}

pub(crate) fn ed25519_from_seed(seed: &[u8; 32]) -> Result<Ed25519KeyPair, SignerError> {
    Ed25519KeyPair::from_seed_unchecked(seed).map_err(|_| SignerError::Seed)
}

pub(crate) fn public_key(pair: &Ed25519KeyPair) -> [u8; 32] {
    let mut out = [0; 32];
    for (to, from) in out.iter_mut().zip(pair.public_key().as_ref()) {
        *to = *from;
    }
    out
}

impl fmt::Debug for LogSigner {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "LogSigner({})", self.vkey)
    }
}

impl fmt::Debug for Cosigner {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Cosigner({})", self.vkey)
    }
}
