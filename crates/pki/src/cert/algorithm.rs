//! Which signatures there are: their names, identifiers, digests and keys.

use core::fmt;

use serde::{Deserialize, Serialize};

use crate::oid::algorithm;

/// A signature algorithm, by the name a trust list uses.
#[derive(Clone, Copy, Debug, Eq, Ord, PartialEq, PartialOrd, Serialize, Deserialize)]
#[non_exhaustive]
pub enum SignatureAlgorithm {
    /// ECDSA on P-256 with SHA-256 (FIPS 186-5; RFC 5758).
    #[serde(rename = "ecdsa-p256-sha256")]
    EcdsaP256Sha256,
    /// ECDSA on P-384 with SHA-384: on certificates, time stamps, CRLs and OCSP responses, never on
    /// documents.
    #[serde(rename = "ecdsa-p384-sha384")]
    EcdsaP384Sha384,
    /// RSASSA-PKCS1-v1_5 with SHA-256 (RFC 8017, 8.2).
    #[serde(rename = "rsa-pkcs1-sha256")]
    RsaPkcs1Sha256,
    /// RSASSA-PKCS1-v1_5 with SHA-384: on certificates and time stamps, never on documents.
    #[serde(rename = "rsa-pkcs1-sha384")]
    RsaPkcs1Sha384,
    /// RSASSA-PKCS1-v1_5 with SHA-512: on certificates and time stamps, never on documents.
    #[serde(rename = "rsa-pkcs1-sha512")]
    RsaPkcs1Sha512,
    /// RSASSA-PSS with SHA-256, MGF1 with SHA-256 and 32 octets of salt (RFC 8017, 8.1).
    #[serde(rename = "rsa-pss-sha256")]
    RsaPssSha256,
    /// SM2 with SM3 and the standard user id `1234567812345678` (GB/T 32918.2, GB/T 35276).
    #[serde(rename = "sm2-sm3")]
    Sm2Sm3,
}

/// A digest algorithm.
#[derive(Clone, Copy, Debug, Eq, Ord, PartialEq, PartialOrd, Deserialize)]
#[serde(rename_all = "lowercase")]
#[non_exhaustive]
pub enum DigestAlgorithm {
    /// FIPS 180-4.
    Sha256,
    /// FIPS 180-4: of certificates, time stamps and evidence records, never of documents.
    Sha384,
    /// FIPS 180-4: of certificates, time stamps and evidence records, never of documents.
    Sha512,
    /// GB/T 32905.
    Sm3,
}

/// What kind of key a certificate is about.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
#[non_exhaustive]
pub enum KeyAlgorithm {
    /// A point on P-256, uncompressed.
    EcP256,
    /// A point on P-384, uncompressed: of CAs and of whom they entrust, never of who signs documents.
    EcP384,
    /// RSA; `bits` is the length of the modulus, 2,048 to 8,192.
    Rsa {
        /// Length of the modulus in bits.
        bits: usize,
    },
    /// A point on the curve of SM2, uncompressed.
    Sm2,
}

impl SignatureAlgorithm {
    /// All of them.
    pub const ALL: [Self; 7] = [
        Self::EcdsaP256Sha256,
        Self::EcdsaP384Sha384,
        Self::RsaPkcs1Sha256,
        Self::RsaPkcs1Sha384,
        Self::RsaPkcs1Sha512,
        Self::RsaPssSha256,
        Self::Sm2Sm3,
    ];

    /// The name in trust lists and reports.
    pub const fn name(self) -> &'static str {
        match self {
            Self::EcdsaP256Sha256 => "ecdsa-p256-sha256",
            Self::EcdsaP384Sha384 => "ecdsa-p384-sha384",
            Self::RsaPkcs1Sha256 => "rsa-pkcs1-sha256",
            Self::RsaPkcs1Sha384 => "rsa-pkcs1-sha384",
            Self::RsaPkcs1Sha512 => "rsa-pkcs1-sha512",
            Self::RsaPssSha256 => "rsa-pss-sha256",
            Self::Sm2Sm3 => "sm2-sm3",
        }
    }

    /// The algorithm of an `AlgorithmIdentifier` in a certificate or another signed structure.
    pub(crate) fn of_identifier(raw: &[u8]) -> Option<Self> {
        match raw {
            algorithm::RSA_SHA256 => Some(Self::RsaPkcs1Sha256),
            algorithm::RSA_SHA384 => Some(Self::RsaPkcs1Sha384),
            algorithm::RSA_SHA512 => Some(Self::RsaPkcs1Sha512),
            algorithm::RSA_PSS_SHA256 | algorithm::RSA_PSS_SHA256_ABSENT => {
                Some(Self::RsaPssSha256)
            }
            algorithm::ECDSA_SHA256 => Some(Self::EcdsaP256Sha256),
            algorithm::ECDSA_SHA384 => Some(Self::EcdsaP384Sha384),
            algorithm::SM2_SM3 | algorithm::SM2_SM3_NULL => Some(Self::Sm2Sm3),
            _ => None,
        }
    }

    /// The algorithm of a `SignerInfo`, where `rsaEncryption` says PKCS#1 v1.5 with the digest named
    /// beside it (RFC 3370, 3.2).
    pub(crate) fn of_signer(raw: &[u8], digest: DigestAlgorithm) -> Option<Self> {
        match (raw, digest) {
            (algorithm::RSA, DigestAlgorithm::Sha256) => Some(Self::RsaPkcs1Sha256),
            (algorithm::RSA, DigestAlgorithm::Sha384) => Some(Self::RsaPkcs1Sha384),
            (algorithm::RSA, DigestAlgorithm::Sha512) => Some(Self::RsaPkcs1Sha512),
            _ => Self::of_identifier(raw),
        }
    }

    /// The whole `AlgorithmIdentifier` we write.
    pub(crate) const fn identifier(self) -> &'static [u8] {
        match self {
            Self::EcdsaP256Sha256 => algorithm::ECDSA_SHA256,
            Self::EcdsaP384Sha384 => algorithm::ECDSA_SHA384,
            Self::RsaPkcs1Sha256 => algorithm::RSA_SHA256,
            Self::RsaPkcs1Sha384 => algorithm::RSA_SHA384,
            Self::RsaPkcs1Sha512 => algorithm::RSA_SHA512,
            Self::RsaPssSha256 => algorithm::RSA_PSS_SHA256,
            Self::Sm2Sm3 => algorithm::SM2_SM3,
        }
    }

    /// The digest it works with.
    pub(crate) const fn digest(self) -> DigestAlgorithm {
        match self {
            Self::EcdsaP256Sha256 | Self::RsaPkcs1Sha256 | Self::RsaPssSha256 => {
                DigestAlgorithm::Sha256
            }
            Self::EcdsaP384Sha384 | Self::RsaPkcs1Sha384 => DigestAlgorithm::Sha384,
            Self::RsaPkcs1Sha512 => DigestAlgorithm::Sha512,
            Self::Sm2Sm3 => DigestAlgorithm::Sm3,
        }
    }

    /// Whether a key of this kind makes such signatures.
    pub const fn fits(self, key: KeyAlgorithm) -> bool {
        match self {
            Self::EcdsaP256Sha256 => matches!(key, KeyAlgorithm::EcP256),
            Self::EcdsaP384Sha384 => matches!(key, KeyAlgorithm::EcP384),
            Self::RsaPkcs1Sha256
            | Self::RsaPkcs1Sha384
            | Self::RsaPkcs1Sha512
            | Self::RsaPssSha256 => matches!(key, KeyAlgorithm::Rsa { .. }),
            Self::Sm2Sm3 => matches!(key, KeyAlgorithm::Sm2),
        }
    }
}

impl fmt::Display for SignatureAlgorithm {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}

impl DigestAlgorithm {
    /// The digest of an `AlgorithmIdentifier`, with parameters absent or NULL.
    pub(crate) fn of_identifier(raw: &[u8]) -> Option<Self> {
        match raw {
            algorithm::SHA256 | algorithm::SHA256_NULL => Some(Self::Sha256),
            algorithm::SHA384 | algorithm::SHA384_NULL => Some(Self::Sha384),
            algorithm::SHA512 | algorithm::SHA512_NULL => Some(Self::Sha512),
            algorithm::SM3 | algorithm::SM3_NULL => Some(Self::Sm3),
            _ => None,
        }
    }

    /// The whole `AlgorithmIdentifier` we write.
    pub(crate) const fn identifier(self) -> &'static [u8] {
        match self {
            Self::Sha256 => algorithm::SHA256,
            Self::Sha384 => algorithm::SHA384,
            Self::Sha512 => algorithm::SHA512,
            Self::Sm3 => algorithm::SM3,
        }
    }

    /// Length of a digest, in octets.
    pub const fn length(self) -> usize {
        match self {
            Self::Sha256 | Self::Sm3 => 32,
            Self::Sha384 => 48,
            Self::Sha512 => 64,
        }
    }

    /// Whether documents are signed with it: SHA-256 and SM3.
    pub(crate) const fn for_documents(self) -> bool {
        matches!(self, Self::Sha256 | Self::Sm3)
    }
}

impl KeyAlgorithm {
    /// The usual signature algorithm of the key: of RSA, PKCS#1 v1.5, which every tool knows.
    pub const fn signature(self) -> SignatureAlgorithm {
        match self {
            Self::EcP256 => SignatureAlgorithm::EcdsaP256Sha256,
            Self::EcP384 => SignatureAlgorithm::EcdsaP384Sha384,
            Self::Rsa { .. } => SignatureAlgorithm::RsaPkcs1Sha256,
            Self::Sm2 => SignatureAlgorithm::Sm2Sm3,
        }
    }
}
