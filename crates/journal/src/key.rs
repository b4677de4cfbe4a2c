//! Public keys of notes (C2SP signed-note "verifier keys").

use core::fmt;
use core::str::FromStr;

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use kaibiao_crypto::Hex;
use ring::signature::{ED25519, UnparsedPublicKey};
use serde::{Deserialize, Serialize};

use crate::NoteSignature;
use crate::limits::KEY_NAME_MAX;

/// What a note key signs.
#[derive(Clone, Copy, Debug, Eq, Hash, Ord, PartialEq, PartialOrd)]
pub enum SignatureAlgorithm {
    /// The text of the note itself, Ed25519 (type 0x01): the log's signature.
    Ed25519,
    /// The text with a time before it, Ed25519 (type 0x04, cosignature/v1): a custodian's.
    CosignatureV1,
}

/// A public key with its name. Text form (vkey): `<name>+<key id>+<base64 of type and key>`.
#[derive(Clone, Debug, Eq, Hash, Ord, PartialEq, PartialOrd, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct VerifierKey {
    name: String,
    algorithm: SignatureAlgorithm,
    public: [u8; 32],
    key_id: [u8; 4],
}

/// Why a text is not a verifier key.
#[derive(Clone, Debug, Eq, PartialEq, thiserror::Error)]
pub enum VkeyError {
    /// A signature type other than Ed25519 (1) and cosignature/v1 (4).
    #[error("signature type {0} is unknown; a newer program is needed")]
    Algorithm(u8),
    /// Not `<name>+<eight hexadecimal digits>+<base64 of 33 bytes>`.
    #[error("a verifier key reads <name>+<key id>+<base64>")]
    Form,
    /// The key id is not the one of this name and key.
    #[error("the key id does not belong to this name and key")]
    KeyId,
    /// The name is empty, too long, or has white space, plus or control characters.
    #[error("the key name is empty, too long, or has white space, '+' or control characters")]
    Name,
}

impl VkeyError {
    /// The stable name of the error.
    #[must_use]
    pub const fn label(&self) -> &'static str {
        match self {
            Self::Algorithm(_) => "vkey-algorithm",
            Self::Form => "vkey-form",
            Self::KeyId => "vkey-key-id",
            Self::Name => "vkey-name",
        }
    }
}

impl SignatureAlgorithm {
    /// The type byte.
    pub const fn code(self) -> u8 {
        match self {
            Self::Ed25519 => 1,
            Self::CosignatureV1 => 4,
        }
    }

    const fn from_code(code: u8) -> Result<Self, VkeyError> {
        match code {
            1 => Ok(Self::Ed25519),
            4 => Ok(Self::CosignatureV1),
            other => Err(VkeyError::Algorithm(other)),
        }
    }
}

impl VerifierKey {
    /// A key from its name and the 32 bytes of RFC 8032.
    ///
    /// # Errors
    ///
    /// [`VkeyError::Name`].
    pub fn new(
        name: &str,
        algorithm: SignatureAlgorithm,
        public: [u8; 32],
    ) -> Result<Self, VkeyError> {
        if !is_key_name(name) {
            return Err(VkeyError::Name);
        }
        Ok(Self::unchecked(name.to_owned(), algorithm, public))
    }

    /// For names that are key names by their making.
    pub(crate) fn unchecked(name: String, algorithm: SignatureAlgorithm, public: [u8; 32]) -> Self {
        let mut context = ring::digest::Context::new(&ring::digest::SHA256);
        context.update(name.as_bytes());
        context.update(b"\n");
        context.update(&[algorithm.code()]);
        context.update(&public);
        let mut key_id = [0; 4];
        for (to, from) in key_id.iter_mut().zip(context.finish().as_ref()) {
            *to = *from;
        }
        Self { name, algorithm, public, key_id }
    }

    /// The key name.
    pub fn name(&self) -> &str {
        &self.name
    }

    /// What the key signs.
    pub const fn algorithm(&self) -> SignatureAlgorithm {
        self.algorithm
    }

    /// The four bytes before each signature.
    pub const fn key_id(&self) -> [u8; 4] {
        self.key_id
    }

    /// The 32 bytes of RFC 8032.
    pub const fn public_key(&self) -> &[u8; 32] {
        &self.public
    }

    /// Whether a signature line claims to be of this key (name and key id).
    pub fn is_claimed_by(&self, signature: &NoteSignature) -> bool {
        signature.name() == self.name && signature.key_id() == self.key_id
    }

    /// Whether `signature` (64 bytes) is this key's Ed25519 signature over `message`.
    pub fn has_signed(&self, message: &[u8], signature: &[u8]) -> bool {
        UnparsedPublicKey::new(&ED25519, self.public).verify(message, signature).is_ok()
    }
}

/// Not empty, no white space, no plus, no control characters (C2SP signed-note).
pub(crate) fn is_key_name(name: &str) -> bool {
    let refused = |c: char| c.is_whitespace() || c.is_control() || c == '+';
    !name.is_empty() && name.len() <= KEY_NAME_MAX && !name.chars().any(refused)
}

impl FromStr for VerifierKey {
    type Err = VkeyError;

    fn from_str(vkey: &str) -> Result<Self, VkeyError> {
        // Base64 may hold a plus too, so the third piece takes the rest.
        let mut pieces = vkey.splitn(3, '+');
        let pieces = (pieces.next(), pieces.next(), pieces.next());
        let (Some(name), Some(key_id), Some(encoded)) = pieces else {
            return Err(VkeyError::Form);
        };
        let key_id = Hex::<4>::parse(key_id).map_err(|_| VkeyError::Form)?;
        let bytes = STANDARD.decode(encoded).map_err(|_| VkeyError::Form)?;
        let (code, public) = bytes.split_first().ok_or(VkeyError::Form)?;
        let algorithm = SignatureAlgorithm::from_code(*code)?;
        let public = public.try_into().map_err(|_| VkeyError::Form)?;
        let key = Self::new(name, algorithm, public)?;
        if key.key_id == key_id.0 { Ok(key) } else { Err(VkeyError::KeyId) }
    }
}

impl fmt::Display for VerifierKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let bytes = [&[self.algorithm.code()], self.public.as_slice()].concat();
        write!(f, "{}+{}+{}", self.name, Hex(self.key_id), STANDARD.encode(bytes))
    }
}

impl TryFrom<String> for VerifierKey {
    type Error = VkeyError;
    fn try_from(vkey: String) -> Result<Self, VkeyError> {
        vkey.parse()
    }
}

impl From<VerifierKey> for String {
    fn from(key: VerifierKey) -> Self {
        key.to_string()
    }
}
