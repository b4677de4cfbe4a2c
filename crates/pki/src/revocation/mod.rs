//! Whether certificates were revoked at a past instant, from CRLs and OCSP responses handed in as
//! bytes. Rules and their sources: `docs/spec/revocation.md`.
//!
//! Evidence that cannot be used never decides anything: it leaves the question open
//! ([`Revocation::Unknown`]), and the verdict says why.

mod crl;
mod fault;
mod judge;
mod ocsp;
mod point;
mod signer;
mod store;

use kaibiao_types::UtcMillis;

use crate::cert::{Certificate, SerialTail};
use crate::path::ValidPath;
use crate::verified::{VerifiedCert, VerifiedPath};

pub use fault::EvidenceFault;
pub use store::EvidenceStore;

/// One piece of evidence, as received.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum Evidence<'a> {
    /// A certificate revocation list (RFC 5280, 5) in DER, at most 64 MiB.
    Crl(&'a [u8]),
    /// An OCSP response (RFC 6960) in DER, at most 1 MiB.
    Ocsp(&'a [u8]),
}

impl<'a> Evidence<'a> {
    /// Tells the two kinds apart by how they begin; what is neither is read as a CRL, and refused.
    pub const fn guess(bytes: &'a [u8]) -> Self {
        // SEQUENCE with a length of any form, then the ENUMERATED `responseStatus`.
        let inside = match bytes {
            [0x30, length, ..] if *length < 0x80 => 2,
            [0x30, 0x81, ..] => 3,
            [0x30, 0x82, ..] => 4,
            _ => 5,
        };
        match bytes.split_at_checked(inside) {
            Some((_, [0x0a, ..])) => Self::Ocsp(bytes),
            _ => Self::Crl(bytes),
        }
    }
}

/// Which evidence says something on the judged instant.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum Freshness {
    /// What was the newest at the instant: begun then and not yet to be renewed. For a decision at
    /// that instant, as on admission (RFC 5280, 6.3.3; RFC 6960, 3.2).
    Current,
    /// What was issued at the instant or later, up to `now`: for a judgement afterwards, when a
    /// revocation of that time has had time to be published (ETSI EN 319 102-1, 5.2.5).
    Later {
        /// The present: evidence of a later date is not believed.
        now: UtcMillis,
    },
    /// What is known by now, however old: for what came after the instant that is judged. Whoever is
    /// not listed counts as good, so this clears nobody.
    Known {
        /// The present.
        now: UtcMillis,
    },
}

/// Why a certificate was revoked (RFC 5280, 5.3.1).
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
#[non_exhaustive]
pub enum Reason {
    /// `aACompromise`.
    AaCompromise,
    /// `affiliationChanged`.
    AffiliationChanged,
    /// `cACompromise`.
    CaCompromise,
    /// `cessationOfOperation`.
    CessationOfOperation,
    /// `certificateHold`: suspended.
    Hold,
    /// `keyCompromise`.
    KeyCompromise,
    /// `privilegeWithdrawn`.
    PrivilegeWithdrawn,
    /// `superseded`.
    Superseded,
    /// `unspecified`, or none given.
    Unspecified,
}

/// What the evidence says on one certificate at the judged instant.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum Revocation {
    /// Not revoked then.
    Good,
    /// Revoked then.
    Revoked {
        /// From when on.
        at: UtcMillis,
        /// Why.
        reason: Reason,
        /// When the key is known or thought to have been lost, if that is stated.
        invalidity: Option<UtcMillis>,
    },
    /// Nothing that can be used answers.
    Unknown(EvidenceFault),
}

impl Reason {
    /// Whether the key stayed in the hands of its owner, by what the CA says (RFC 3161, 4).
    pub(crate) const fn is_harmless(self) -> bool {
        matches!(self, Self::AffiliationChanged | Self::Superseded | Self::CessationOfOperation)
    }
}

impl Revocation {
    /// Whether the certificate is suspended only.
    const fn is_hold(&self) -> bool {
        matches!(self, Self::Revoked { reason: Reason::Hold, .. })
    }

    /// The sub-indication of a validation report (ETSI EN 319 102-1, table 6); `None` if good.
    /// `REVOKED` is a failure, the others leave the verdict open.
    pub const fn indication(&self) -> Option<&'static str> {
        match self {
            Self::Good => None,
            Self::Revoked { .. } => Some("REVOKED"),
            Self::Unknown(EvidenceFault::TooOld) => Some("NO_POE"),
            Self::Unknown(_) => Some("TRY_LATER"),
        }
    }
}

/// The verdict on every certificate of a path but the trust anchor.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct RevocationVerdict {
    certificates: Vec<(SerialTail, Revocation)>,
    faults: Vec<(usize, EvidenceFault)>,
}

impl RevocationVerdict {
    /// Each certificate by its 尾号, the signer's first, then the CAs upwards.
    pub fn certificates(&self) -> &[(SerialTail, Revocation)] {
        &self.certificates
    }

    /// Evidence that could not be used for a certificate it is about, or not at all: its place in
    /// the list handed in, from 0, and why.
    pub fn faults(&self) -> &[(usize, EvidenceFault)] {
        &self.faults
    }

    /// The path as a whole: revoked if one certificate is, good only if all are.
    pub fn revocation(&self) -> Revocation {
        let all = || self.certificates.iter().map(|(_, found)| *found);
        all()
            .find(|found| matches!(found, Revocation::Revoked { .. }))
            .or_else(|| all().find(|found| matches!(found, Revocation::Unknown(_))))
            .unwrap_or(Revocation::Good)
    }
}

/// Judges whether any certificate of a verified path was revoked at the instant it was verified for.
///
/// `pool` may hold certificates of separate CRL signers and OCSP responders, in any order; the first
/// 16 are looked at.
/// Without any evidence the answer is [`Revocation::Unknown`], never good.
///
/// # Source
///
/// RFC 5280, 6.3; RFC 6960, 3.2 and 4.2.2; ETSI EN 319 102-1, 5.2.5.
pub fn judge_revocation(
    verified: &VerifiedCert,
    pool: &[Certificate],
    evidence: &[Evidence<'_>],
    freshness: Freshness,
) -> RevocationVerdict {
    EvidenceStore::read(evidence).judge(verified, pool, freshness)
}

/// [`judge_revocation`] for any verified path, and for another instant than that of the path.
pub(crate) fn judge_verified(
    path: &VerifiedPath,
    pool: &[Certificate],
    evidence: &EvidenceStore<'_>,
    at: UtcMillis,
    freshness: Freshness,
) -> RevocationVerdict {
    let mut chain = vec![path.certificate()];
    chain.extend(path.between());
    chain.push(path.anchor());
    let allows = |algorithm| path.allows(algorithm).is_ok();
    judge::path(&chain, pool, &allows, evidence, at, freshness)
}

/// [`judge_revocation`] for a path by itself, whatever the certificate is used for: the path of
/// `certificate` that a [`PathValidator`](crate::PathValidator) found valid at `at`.
pub fn judge_path(
    certificate: &Certificate,
    path: &ValidPath<'_>,
    pool: &[Certificate],
    evidence: &[Evidence<'_>],
    at: UtcMillis,
    freshness: Freshness,
) -> RevocationVerdict {
    let mut chain = vec![certificate];
    chain.extend(path.between());
    chain.push(path.anchor().certificate());
    let allows = |algorithm| path.anchor().allows(algorithm);
    judge::path(&chain, pool, &allows, &EvidenceStore::read(evidence), at, freshness)
}
