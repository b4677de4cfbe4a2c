//! Verifies tokens.

use kaibiao_types::{Digest, UtcMillis};

use super::error::TimeStampError;
use super::request::{Imprint, Request};
use super::response::read_response;
use super::token::Token;
use crate::path::{FullPaths, PathValidator};
use crate::sha256;
use crate::trust::TrustList;
use crate::verified::{Usage, VerifiedPath, add_to_pool, verify_path_by};
use crate::{Certificate, oid};

/// A time stamp that is intact and whose authority was trusted when it stamped. Only verification
/// makes one.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct VerifiedTimeStamp {
    authority: VerifiedPath,
    imprint: Imprint,
    gen_time: UtcMillis,
    accuracy_micros: Option<u64>,
    serial: Vec<u8>,
    policy: String,
    token_sha256: Digest,
}

impl VerifiedTimeStamp {
    /// What was stamped.
    pub const fn imprint(&self) -> &Imprint {
        &self.imprint
    }

    /// When, by the authority's clock, cut to milliseconds: what was stamped existed before.
    pub const fn gen_time(&self) -> UtcMillis {
        self.gen_time
    }

    /// How far the authority's clock may be off in either direction, in microseconds, if the stamp
    /// says so; else its policy does.
    pub const fn accuracy_micros(&self) -> Option<u64> {
        self.accuracy_micros
    }

    /// The number of the stamp: octets of an integer, highest first.
    pub fn serial(&self) -> &[u8] {
        &self.serial
    }

    /// The object identifier of the authority's policy, as in `1.3.6.1.4.1.6449.2.1.1`.
    pub fn policy(&self) -> &str {
        &self.policy
    }

    /// The authority's certificate.
    pub const fn tsa(&self) -> &Certificate {
        self.authority.certificate()
    }

    /// The authority's path to the trust list, valid at [`gen_time`](Self::gen_time).
    pub const fn authority(&self) -> &VerifiedPath {
        &self.authority
    }

    /// Until when the stamp proves something by itself: the end of the authority's path. Before, it
    /// is to be stamped again (RFC 4998).
    pub const fn due(&self) -> UtcMillis {
        self.authority.ends()
    }

    /// SHA-256 of the whole token.
    pub const fn token_sha256(&self) -> Digest {
        self.token_sha256
    }
}

/// Verifies a token over a digest. The authority's path is judged at the instant the stamp states,
/// and must be one for time stamps.
///
/// # Errors
///
/// [`TimeStampError`]; in this order: format, imprint, the authority's certificate in the token,
/// digest of the statement, signature value, path.
///
/// # Source
///
/// RFC 3161, 2.2 to 2.4; RFC 5816; RFC 5652, 5.4 to 5.6.
pub fn verify_token(
    token: &[u8],
    imprint: &Imprint,
    trust: &TrustList,
) -> Result<VerifiedTimeStamp, TimeStampError> {
    verify_token_by(&FullPaths::default(), token, imprint, trust)
}

/// [`verify_token`] with another path validator.
///
/// # Errors
///
/// [`TimeStampError`].
pub fn verify_token_by(
    validator: &dyn PathValidator,
    token: &[u8],
    imprint: &Imprint,
    trust: &TrustList,
) -> Result<VerifiedTimeStamp, TimeStampError> {
    verify_with(validator, token, imprint, &[], trust)
}

/// [`verify_token_by`] with certificates for the authority's path beside those in the token.
pub(crate) fn verify_with(
    validator: &dyn PathValidator,
    token: &[u8],
    imprint: &Imprint,
    others: &[Certificate],
    trust: &TrustList,
) -> Result<VerifiedTimeStamp, TimeStampError> {
    let read = Token::read(token)?;
    same_imprint(&read, imprint)?;
    judge(validator, token, &read, others, trust)
}

/// Verifies the answer to a request: [`read_response`], [`verify_token`], and that it is the answer
/// to this request. Gives the token's bytes too, for keeping.
///
/// # Errors
///
/// [`TimeStampError`].
///
/// # Source
///
/// RFC 3161, 2.2: the nonce and the policy of the request.
pub fn verify_response<'a>(
    response: &'a [u8],
    request: &Request,
    trust: &TrustList,
) -> Result<(VerifiedTimeStamp, &'a [u8]), TimeStampError> {
    let token = read_response(response)?;
    let read = Token::read(token)?;
    same_imprint(&read, request.imprint())?;
    if read.info.nonce != request.nonce.as_deref() {
        return Err(TimeStampError::Nonce);
    }
    if request.policy.as_deref().is_some_and(|asked| asked != read.info.policy) {
        return Err(TimeStampError::OutOfProfile("another policy than the one asked for"));
    }
    judge(&FullPaths::default(), token, &read, &[], trust).map(|verified| (verified, token))
}

fn same_imprint(read: &Token<'_>, imprint: &Imprint) -> Result<(), TimeStampError> {
    let found = &read.info.imprint;
    if found.algorithm() != imprint.algorithm() {
        return Err(TimeStampError::ImprintAlgorithm);
    }
    if found == imprint { Ok(()) } else { Err(TimeStampError::Imprint) }
}

/// Verifies a token over data, by whichever digest the authority was asked to stamp; `others` are
/// certificates for the authority's path beside those in the token.
pub(crate) fn verify_over(
    validator: &dyn PathValidator,
    token: &[u8],
    data: &[u8],
    others: &[Certificate],
    trust: &TrustList,
) -> Result<VerifiedTimeStamp, TimeStampError> {
    let read = Token::read(token)?;
    over(&read, data)?;
    judge(validator, token, &read, others, trust)
}

/// Whether a token is intact and over this data. Trust in it is another question.
pub(crate) fn intact_over(token: &[u8], data: &[u8]) -> Result<(), TimeStampError> {
    let read = Token::read(token)?;
    over(&read, data)?;
    read.intact().map(|_| ())
}

/// Whether a token is intact and has this imprint. Trust in it is another question.
pub(crate) fn intact_with(token: &[u8], imprint: &Imprint) -> Result<(), TimeStampError> {
    let read = Token::read(token)?;
    same_imprint(&read, imprint)?;
    read.intact().map(|_| ())
}

/// What a token says it is of, and when it says it was made. Nothing of it is verified.
///
/// # Errors
///
/// [`TimeStampError`]: the token is not in the profile.
pub fn stated(token: &[u8]) -> Result<(Imprint, UtcMillis), TimeStampError> {
    let read = Token::read(token)?;
    Ok((read.info.imprint, read.info.gen_time))
}

fn over(read: &Token<'_>, data: &[u8]) -> Result<(), TimeStampError> {
    same_imprint(read, &Imprint::of(read.info.imprint.algorithm(), data))
}

/// Signature and path of a token whose imprint was compared.
fn judge(
    validator: &dyn PathValidator,
    token: &[u8],
    read: &Token<'_>,
    others: &[Certificate],
    trust: &TrustList,
) -> Result<VerifiedTimeStamp, TimeStampError> {
    let (certificate, algorithm) = read.intact()?;
    let mut pool = read.bag.beside(certificate);
    add_to_pool(&mut pool, others);
    let at = read.info.gen_time;
    let authority = verify_path_by(validator, certificate, &pool, trust, at, Usage::TimeStamp)?;
    authority.allows(algorithm)?;
    Ok(VerifiedTimeStamp {
        authority,
        imprint: read.info.imprint.clone(),
        gen_time: at,
        accuracy_micros: read.info.accuracy_micros,
        serial: read.info.serial.to_vec(),
        policy: oid::dotted(read.info.policy),
        token_sha256: sha256(token),
    })
}
