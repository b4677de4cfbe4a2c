//! Finds a path from a certificate to a CA of the trust list (RFC 5280, section 6).

use kaibiao_types::UtcMillis;

use crate::cert::{CertError, Certificate, Purpose};
use crate::limits::{CHAIN_MAX, PATH_SIGNATURES_MAX, POOL_MAX};
use crate::name_constraints::{Constraints, NameFault};
use crate::oid;
use crate::policy::{self, PolicyFault, PolicySettings};
use crate::purposes::Purposes;
use crate::trust::{Anchor, TrustList};

/// A path that was found valid: who stands between a certificate and its trust anchor. Only the
/// validators of this crate make one.
#[derive(Clone, Debug)]
pub struct ValidPath<'a> {
    pub(crate) anchor: &'a Anchor,
    pub(crate) between: Vec<&'a Certificate>,
}

impl<'a> ValidPath<'a> {
    /// The trust anchor.
    pub const fn anchor(&self) -> &'a Anchor {
        self.anchor
    }

    /// The CAs between, the issuer of the certificate first; empty if the anchor issued it.
    pub fn between(&self) -> &[&'a Certificate] {
        &self.between
    }
}

/// Finds and validates paths. One implementation is built in; another can stand in its place without
/// a change to its callers.
///
/// An implementation answers for the rules of RFC 5280, 6.1 on every certificate of the path, for its
/// purposes, and for the period and the algorithms of the trust list. What else the use asks of the
/// certificate and whose it is, is judged apart, alike for all implementations.
pub trait PathValidator {
    /// Finds a path from `certificate` over `pool` to an anchor of `trust` that is valid at `at` and
    /// allows one of `purposes`.
    ///
    /// # Errors
    ///
    /// [`CertError`]: the fault that says most about the paths that were tried.
    fn find<'a>(
        &self,
        certificate: &'a Certificate,
        pool: &'a [Certificate],
        trust: &'a TrustList,
        at: UtcMillis,
        purposes: &Purposes,
    ) -> Result<ValidPath<'a>, CertError>;
}

/// The built-in validator (ADR-0012): names chain as RFC 5280, 7.1 compares them; every signature and
/// validity, basic constraints with path length, key usage, extended key usage, name constraints,
/// certificate policies; unknown critical extensions are refused, and so is what breaks a duty of its
/// CA that the trust list does not excuse ([`CaDuty`](crate::CaDuty), ADR-0014). Limits that the trust
/// anchor's certificate states hold too (RFC 5937). Revocation is judged apart: [`crate::revocation`].
#[derive(Clone, Debug, Default)]
pub struct FullPaths {
    policies: PolicySettings,
    most_between: Option<usize>,
}

impl FullPaths {
    /// A validator that asks this of certificate policies.
    pub const fn new(policies: PolicySettings) -> Self {
        Self { policies, most_between: None }
    }

    /// Allows at most this many CAs between the certificate and its trust anchor. One whose subject
    /// is its issuer does not count (RFC 5280, 4.2.1.9). A path has at most
    /// [`CHAIN_MAX`] certificates in any case.
    #[must_use]
    pub const fn at_most_between(mut self, cas: usize) -> Self {
        self.most_between = Some(cas);
        self
    }
}

impl PathValidator for FullPaths {
    fn find<'a>(
        &self,
        certificate: &'a Certificate,
        pool: &'a [Certificate],
        trust: &'a TrustList,
        at: UtcMillis,
        purposes: &Purposes,
    ) -> Result<ValidPath<'a>, CertError> {
        if pool.len() > POOL_MAX {
            return Err(CertError::ChainLength(pool.len() + 1));
        }
        let nothing = CertError::Untrusted(certificate.serial_tail());
        let mut search = Search {
            pool,
            trust,
            at,
            settings: self,
            purposes,
            signatures: PATH_SIGNATURES_MAX,
            best: nothing,
        };
        match search.up(&mut vec![certificate]) {
            Some(path) => Ok(path),
            None => Err(search.best),
        }
    }
}

struct Search<'a, 's> {
    pool: &'a [Certificate],
    trust: &'a TrustList,
    at: UtcMillis,
    settings: &'s FullPaths,
    purposes: &'s Purposes,
    /// Signatures that may still be checked.
    signatures: usize,
    /// The fault to report if nothing is found.
    best: CertError,
}

impl<'a> Search<'a, '_> {
    /// Extends the path (certificate first) upwards; anchors are tried before other CAs.
    fn up(&mut self, path: &mut Vec<&'a Certificate>) -> Option<ValidPath<'a>> {
        let top = *path.last()?;
        let trust = self.trust;
        for anchor in trust.anchors() {
            if top.may_be_issued_by(&anchor.certificate) && path.len() < CHAIN_MAX {
                match self.judge(path, anchor) {
                    Ok(()) => {
                        let between = path.iter().skip(1).copied().collect();
                        return Some(ValidPath { anchor, between });
                    }
                    Err(error) => self.note(error),
                }
            }
        }
        let pool = self.pool;
        for issuer in pool {
            let new = !path.iter().any(|on_path| {
                on_path.subject_name == issuer.subject_name
                    && on_path.spki_sha256 == issuer.spki_sha256
            });
            if top.may_be_issued_by(issuer) && new && path.len() + 1 < CHAIN_MAX {
                if !self.signed(top, issuer) {
                    continue;
                }
                path.push(issuer);
                let found = self.up(path);
                path.pop();
                if found.is_some() {
                    return found;
                }
            }
        }
        None
    }

    /// Whether `issuer`'s key confirms the signature on `certificate`; false once the search is
    /// exhausted.
    fn signed(&mut self, certificate: &Certificate, issuer: &Certificate) -> bool {
        let Some(left) = self.signatures.checked_sub(1) else {
            return false;
        };
        self.signatures = left;
        let signed = certificate.is_signed_by(&issuer.key);
        if !signed {
            self.note(unsigned(certificate));
        }
        signed
    }

    /// Keeps the fault that says most: what is wrong with a path whose signatures hold, else a
    /// signature that does not, else that there is no path.
    fn note(&mut self, error: CertError) {
        let rank = |error: &CertError| match error {
            CertError::Untrusted(_) => 0,
            CertError::Signature(_) => 1,
            _ => 2,
        };
        if rank(&error) >= rank(&self.best) {
            self.best = error;
        }
    }

    /// Judges a complete path: certificate first, the last one issued in the anchor's name.
    fn judge(&mut self, path: &[&'a Certificate], anchor: &Anchor) -> Result<(), CertError> {
        let (certificate, between) = path.split_first().ok_or(CertError::ChainLength(0))?;
        let top = path.last().ok_or(CertError::ChainLength(0))?;
        if !self.signed(top, &anchor.certificate) {
            return Err(unsigned(top));
        }
        for signed in path {
            allowed_algorithm(signed, anchor)?;
        }
        // From the anchor down, so that the highest fault is the one that is named.
        let (mut below, counted) = (between.len(), below_not_self_issued(between));
        if self.settings.most_between.is_some_and(|most| counted > most) {
            return Err(CertError::ChainLength(path.len() + 1));
        }
        understood(&anchor.certificate, None)?;
        anchor.certificate.conforms(&anchor.excused, true)?;
        issuer_may_sign(&anchor.certificate, counted)?;
        valid_at(&anchor.certificate, self.at)?;
        if self.at < anchor.not_before || self.at > anchor.not_after {
            let (not_before, not_after) = anchor.period();
            let cert = certificate.serial_tail();
            return Err(CertError::AnchorPeriod { cert, not_before, not_after, at: self.at });
        }
        for issuer in between.iter().rev() {
            below -= 1;
            understood(issuer, None)?;
            valid_at(issuer, self.at)?;
            if issuer.extensions.key_usage.is_none() {
                return Err(CertError::NotCa(issuer.serial_tail())); // RFC 5280, 4.2.1.3: a MUST
            }
            let lower = between.get(..below).unwrap_or_default();
            issuer_may_sign(issuer, below_not_self_issued(lower))?;
            issuer.well_formed()?;
            issuer.conforms(&anchor.excused, false)?;
        }
        understood(certificate, Some(&anchor.org_code.oid))?;
        certificate.well_formed()?;
        certificate.conforms(&anchor.excused, false)?;
        valid_at(certificate, self.at)?;
        let downwards: Vec<&Certificate> = path.iter().rev().copied().collect();
        self.purposes.judge(&downwards)?;
        names_within(&anchor.certificate, &downwards)?;
        policy::judge(&self.settings.policies, &anchor.certificate, &downwards).map_err(|fault| {
            let cert = certificate.serial_tail();
            match fault {
                PolicyFault::Malformed(which) => {
                    CertError::Extension { cert, oid: oid::dotted(which) }
                }
                PolicyFault::None => CertError::Policy(cert),
            }
        })
    }
}

fn unsigned(certificate: &Certificate) -> CertError {
    let known = certificate.signed_by_algorithm();
    let cert = certificate.serial_tail();
    match known {
        Some(_) => CertError::Signature(cert),
        None => CertError::Algorithm { cert, algorithm: algorithm_text(certificate) },
    }
}

fn allowed_algorithm(certificate: &Certificate, anchor: &Anchor) -> Result<(), CertError> {
    let known = certificate.signed_by_algorithm();
    if known.is_some_and(|algorithm| anchor.allows(algorithm)) {
        return Ok(());
    }
    let cert = certificate.serial_tail();
    Err(CertError::Algorithm { cert, algorithm: algorithm_text(certificate) })
}

fn algorithm_text(certificate: &Certificate) -> String {
    let unknown = || oid::of_algorithm(&certificate.signature_algorithm);
    certificate.signed_by_algorithm().map_or_else(unknown, |known| known.name().to_owned())
}

/// CAs that count for a path length: those whose subject differs from their issuer (RFC 5280,
/// 4.2.1.9).
fn below_not_self_issued(between: &[&Certificate]) -> usize {
    between.iter().filter(|ca| !ca.is_self_issued()).count()
}

/// Basic constraints, path length and key usage of an issuer (RFC 5280, 6.1.4 k to n).
fn issuer_may_sign(issuer: &Certificate, cas_below: usize) -> Result<(), CertError> {
    let cert = issuer.serial_tail();
    let Some(basic) = issuer.extensions.basic.filter(|basic| basic.ca) else {
        return Err(CertError::NotCa(cert));
    };
    if issuer.extensions.key_usage_allows(Purpose::Certificates) == Some(false) {
        return Err(CertError::NotCa(cert));
    }
    let most = basic.path_length.and_then(|most| usize::try_from(most).ok());
    if most.is_some_and(|most| cas_below > most) {
        return Err(CertError::PathLength(cert));
    }
    Ok(())
}

/// No critical extension that is not understood (RFC 5280, 6.1.4 o, 6.1.5 f).
fn understood(certificate: &Certificate, also: Option<&[u8]>) -> Result<(), CertError> {
    let cert = certificate.serial_tail();
    match certificate.extensions.unknown_critical(also) {
        None => Ok(()),
        Some(extension) => {
            Err(CertError::UnknownCritical { cert, oid: oid::dotted(&extension.oid) })
        }
    }
}

/// Both ends of a validity belong to it (RFC 5280, 4.1.2.5); its last second does as a whole.
pub(crate) fn valid_at(certificate: &Certificate, at: UtcMillis) -> Result<(), CertError> {
    let cert = certificate.serial_tail();
    if at < certificate.not_before {
        return Err(CertError::NotYetValid { cert, not_before: certificate.not_before, at });
    }
    if at.get() / 1_000 > certificate.not_after.get() / 1_000 {
        return Err(CertError::Expired { cert, not_after: certificate.not_after, at });
    }
    Ok(())
}

/// Name constraints from the anchor down (RFC 5280, 6.1.3 b and c, 6.1.4 g; RFC 5937).
fn names_within(anchor: &Certificate, downwards: &[&Certificate]) -> Result<(), CertError> {
    let fault = |certificate: &Certificate| {
        let cert = certificate.serial_tail();
        move |fault| match fault {
            NameFault::Malformed(which) => CertError::Extension { cert, oid: oid::dotted(which) },
            NameFault::Outside => CertError::NameConstraints(cert),
        }
    };
    let mut constraints = Constraints::default();
    constraints.narrow(anchor).map_err(fault(anchor))?;
    for (place, certificate) in downwards.iter().enumerate() {
        let last = place + 1 == downwards.len();
        if last || !certificate.is_self_issued() {
            constraints.judge(certificate).map_err(fault(certificate))?;
        }
        constraints.narrow(certificate).map_err(fault(certificate))?;
    }
    Ok(())
}
