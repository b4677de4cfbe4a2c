//! Signing with a key that stays on a token.

use core::error::Error as _;
use core::fmt;

use cryptoki::mechanism::rsa::{PkcsMgfType, PkcsPssParams};
use cryptoki::mechanism::{Mechanism, MechanismType};
use cryptoki::object::KeyType;
use cryptoki::session::Session;
use kaibiao_pki::{
    Certificate, Chain, SerialTail, SignError, SignatureAlgorithm, Signer, Usage, fits_usage,
};
use ring::digest;
use ring::rand::SecureRandom;

use crate::objects::{self, CertificateObject};
use crate::{Token, TokenConfig, TokenError};

/// A signer whose key never leaves its token: RSA (PKCS#1 v1.5 and PSS) and ECDSA on P-256.
///
/// What the token gives is verified under the certificate before anybody sees it, so a wrong key on
/// the token makes no wrong signature.
pub struct TokenSigner {
    token: Token,
    chain: Chain,
    kind: KeyType,
    /// The identifier (`CKA_ID`) of the key.
    id: Vec<u8>,
}

/// `DigestInfo` of SHA-256 up to the digest (RFC 8017, 9.2, note 1).
const DIGEST_INFO: [u8; 19] =
    [0x30, 0x31, 0x30, 0x0d, 6, 9, 0x60, 0x86, 0x48, 1, 0x65, 3, 4, 2, 1, 5, 0, 4, 0x20];

impl TokenSigner {
    /// Logs in, and takes the one certificate on the token that signs; where there are several, the one
    /// of this 尾号. Its chain is made of the others.
    ///
    /// # Errors
    ///
    /// [`TokenError`].
    pub fn open(config: TokenConfig, tail: Option<&str>) -> Result<Self, TokenError> {
        let token = Token::open(config, &[])?;
        let (chain, kind, id) = token.with(|session| choose(session, tail))?;
        Ok(Self { token, chain, kind, id })
    }

    /// Logs in, and takes the key on the token that belongs to a chain from elsewhere.
    ///
    /// It is the key beside which the token holds the same certificate, else the only key of its kind.
    ///
    /// # Errors
    ///
    /// [`TokenError`].
    pub fn open_for(config: TokenConfig, chain: Chain) -> Result<Self, TokenError> {
        let token = Token::open(config, &[])?;
        let (kind, id) = token.with(|session| find(session, chain.signer()))?;
        Ok(Self { token, chain, kind, id })
    }

    /// Has the token sign a digest.
    fn value(&self, mechanism: &Mechanism<'_>, data: &[u8]) -> Result<Vec<u8>, TokenError> {
        self.token.with(|session| {
            let cert = self.chain.signer().serial_tail();
            match *objects::keys(session, self.kind, Some(&self.id))?.as_slice() {
                [] => Err(TokenError::SignKeyMissing(cert)),
                [key] => session.sign(mechanism, key, data).map_err(TokenError::Fault),
                _ => Err(TokenError::SignKeySeveral(cert)),
            }
        })
    }
}

impl Signer for TokenSigner {
    fn chain(&self) -> &Chain {
        &self.chain
    }

    fn sign(
        &self,
        algorithm: SignatureAlgorithm,
        message: &[u8],
        _rng: &dyn SecureRandom,
    ) -> Result<Vec<u8>, SignError> {
        let cert = self.chain.signer().serial_tail();
        let digest = digest::digest(&digest::SHA256, message);
        let value = match algorithm {
            SignatureAlgorithm::EcdsaP256Sha256 => self.value(&Mechanism::Ecdsa, digest.as_ref()),
            SignatureAlgorithm::RsaPkcs1Sha256 => {
                self.value(&Mechanism::RsaPkcs, &[&DIGEST_INFO, digest.as_ref()].concat())
            }
            SignatureAlgorithm::RsaPssSha256 => {
                let parameters = PkcsPssParams {
                    hash_alg: MechanismType::SHA256,
                    mgf: PkcsMgfType::MGF1_SHA256,
                    s_len: 32.into(),
                };
                self.value(&Mechanism::RsaPkcsPss(parameters), digest.as_ref())
            }
            _ => return Err(SignError::Algorithm { cert, algorithm }),
        };
        value.map_err(|error| outside(cert, &error))
    }
}

impl fmt::Debug for TokenSigner {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("TokenSigner")
            .field("certificate", self.chain.signer())
            .field("token", &self.token)
            .finish_non_exhaustive()
    }
}

/// The signing certificate on the token with its chain, the kind of its key, and the identifier.
fn choose(session: &Session, tail: Option<&str>) -> Result<(Chain, KeyType, Vec<u8>), TokenError> {
    let all = objects::certificates(session)?;
    let mut signing: Vec<(&CertificateObject, KeyType)> = Vec::new();
    for held in &all {
        let meant =
            |tail: &str| held.certificate.serial_tail().to_string().eq_ignore_ascii_case(tail);
        if fits_usage(&held.certificate, Usage::Sign).is_err() || !tail.is_none_or(meant) {
            continue;
        }
        let Some(kind) = objects::kind_of(held.certificate.key_algorithm()) else { continue };
        if !objects::keys(session, kind, Some(&held.id))?.is_empty() {
            signing.push((held, kind));
        }
    }
    match *signing.as_slice() {
        [] => Err(TokenError::CertificateMissing(tail.map(str::to_owned))),
        [(held, kind)] => {
            let pool: Vec<Certificate> = all.iter().map(|one| one.certificate.clone()).collect();
            Ok((Chain::among(held.certificate.clone(), &pool)?, kind, held.id.clone()))
        }
        _ => {
            let tails = signing.iter().map(|(held, _)| held.certificate.serial_tail());
            Err(TokenError::CertificateSeveral(tails.collect()))
        }
    }
}

/// The kind and the identifier of the key for a certificate from elsewhere.
fn find(session: &Session, certificate: &Certificate) -> Result<(KeyType, Vec<u8>), TokenError> {
    let cert = certificate.serial_tail();
    let kind = objects::kind_of(certificate.key_algorithm()).ok_or(TokenError::Algorithm(cert))?;
    let held = objects::certificates(session)?;
    let same = held.into_iter().find(|held| held.certificate == *certificate).map(|held| held.id);
    match *objects::keys(session, kind, same.as_deref())?.as_slice() {
        [] => Err(TokenError::SignKeyMissing(cert)),
        [key] => Ok((kind, objects::id_of(session, key)?)),
        _ => Err(TokenError::SignKeySeveral(cert)),
    }
}

/// What a signer says of a token's trouble.
fn outside(cert: SerialTail, error: &TokenError) -> SignError {
    let mut detail = error.to_string();
    if let Some(cause) = error.source() {
        detail = format!("{detail}: {cause}");
    }
    SignError::Outside { cert, label: error.label(), detail }
}
