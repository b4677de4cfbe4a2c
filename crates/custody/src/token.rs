//! A time token: the response of a time source over a freeze, dated at or after the deadline
//! (ruling 13).

use kaibiao_opening::TimeSource;
use kaibiao_pki::roughtime::{self, RoughtimeError, token_nonce};
use kaibiao_replay::Replay;
use kaibiao_types::{Digest, Millis, UtcMillis};

/// A response over a freeze that was verified.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct TimeToken {
    freeze_id: Digest,
    source: String,
    earliest: UtcMillis,
}

/// The bytes of a token as they were sent and received, with what the nonce was made of.
#[derive(Clone, Copy, Debug)]
pub struct TokenMaterial<'a> {
    /// The name of the source in the tender file.
    pub source: &'a str,
    /// The random part of the nonce.
    pub blind: &'a [u8; 32],
    /// The request, one datagram.
    pub request: &'a [u8],
    /// The response, one datagram.
    pub response: &'a [u8],
}

/// Why a response is no token.
#[derive(Clone, Copy, Debug, Eq, PartialEq, thiserror::Error)]
#[non_exhaustive]
pub enum TokenFault {
    /// The source signed before the deadline, or may have.
    #[error("the token is dated {0} before the opening time")]
    Early(Millis),
    /// The nonce is not made of this freeze.
    #[error("the token is over another freeze")]
    Freeze,
    /// The response proves nothing.
    #[error("the response does not hold")]
    Response(#[from] RoughtimeError),
    /// The tender file has no such source.
    #[error("the tender file has no such source")]
    Unknown,
}

impl TimeToken {
    /// Verifies a token over a freeze of a lot.
    ///
    /// # Errors
    ///
    /// [`TokenFault`].
    pub fn verify(
        replay: &Replay,
        freeze_id: Digest,
        material: &TokenMaterial<'_>,
    ) -> Result<Self, TokenFault> {
        let tender = replay.tender();
        let TimeSource::Sources(policy) = &tender.file().terms().custody.time else {
            return Err(TokenFault::Unknown);
        };
        let source = policy.sources.iter().find(|source| source.name == material.source);
        let source = source.ok_or(TokenFault::Unknown)?;
        let signed = roughtime::verify(material.request, &source.key.0, material.response)?;
        if *signed.nonce() != token_nonce(tender.origin().as_str(), &freeze_id, material.blind) {
            return Err(TokenFault::Freeze);
        }
        let earliest = signed.earliest();
        match replay.deadline().since(earliest).filter(|wait| wait.get() > 0) {
            Some(wait) => Err(TokenFault::Early(wait)),
            None => Ok(Self { freeze_id, source: source.name.clone(), earliest }),
        }
    }

    /// The freeze.
    pub const fn freeze_id(&self) -> Digest {
        self.freeze_id
    }

    /// The name of the source.
    pub fn source(&self) -> &str {
        &self.source
    }

    /// The earliest instant at which the source can have signed.
    pub const fn earliest(&self) -> UtcMillis {
        self.earliest
    }
}
