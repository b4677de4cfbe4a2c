//! Finds a path from a certificate to a CA of the trust list (RFC 5280, section 6).

use kaibiao_types::UtcMillis;

use crate::cert::{CertError, Certificate, Purpose};
use crate::limits::{CHAIN_MAX, PATH_SIGNATURES_MAX, POOL_MAX};
use crate::name_constraints::{Constraints, NameFault};
use crate::oid;
use crate::policy::{self, PolicyFault, PolicySettings};
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
/// An implementation answers for the rules of RFC 5280, 6.1 on every certificate of the path, and
/// for the period and the algorithms of the trust list. What the certificate may be *used* for and
/// whose it is, is judged afterwards, alike for all implementations.
pub trait PathValidator {
    /// Finds a path from `certificate` over `pool` to an anchor of `trust` that is valid at `at`.
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
    ) -> Result<ValidPath<'a>, CertError>;
}

/// The built-in validator (ADR-0012): names chain as RFC 5280, 7.1 compares them; every signature and
/// validity, basic constraints with path length, key usage, name constraints, certificate policies;
/// unknown critical extensions are refused. Limits that the trust anchor's certificate states hold
/// too (RFC 5937). Revocation is judged apart: [`crate::revocation`].
#[derive(Clone, Debug, Default)]
pub struct FullPaths {
    policies: PolicySettings,
}

impl FullPaths {
    /// A validator that asks this of certificate policies.
    pub const fn new(policies: PolicySettings) -> Self {
        Self { policies }
    }
}

impl PathValidator for FullPaths {
    fn find<'a>(
        &self,
        certificate: &'a Certificate,
        pool: &'a [Certificate],
        trust: &'a TrustList,
        at: UtcMillis,
    ) -> Result<ValidPath<'a>, CertError> {
        if pool.len() > POOL_MAX {
            return Err(CertError::ChainLength(pool.len() + 1));
        }
        let nothing = CertError::Untrusted(certificate.serial_tail());
        let mut search = Search {
            pool,
            trust,
            at,
            policies: self.policies.clone(),
            signatures: PATH_SIGNATURES_MAX,
            best: nothing,
        };
        match search.up(&mut vec![certificate]) {
            Some(path) => Ok(path),
            None => Err(search.best),
        }
    }
}

struct Search<'a> {
    pool: &'a [Certificate],
    trust: &'a TrustList,
    at: UtcMillis,
    policies: PolicySettings,
    /// Signatures that may still be checked.
    signatures: usize,
    /// The fault to report if nothing is found.
    best: CertError,
}

impl<'a> Search<'a> {
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
        let mut below = between.len();
        understood(&anchor.certificate, None)?;
        issuer_may_sign(&anchor.certificate, below_not_self_issued(between))?;
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
            well_formed(issuer)?;
        }
        understood(certificate, Some(&anchor.org_code.oid))?;
        well_formed(certificate)?;
        valid_at(certificate, self.at)?;
        let downwards: Vec<&Certificate> = path.iter().rev().copied().collect();
        names_within(&anchor.certificate, &downwards)?;
        policy::judge(&self.policies, &anchor.certificate, &downwards).map_err(|fault| {
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
fn valid_at(certificate: &Certificate, at: UtcMillis) -> Result<(), CertError> {
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

/// Rules on the content of a certificate that a reader cannot repair (RFC 5280, 4.1.2.4, 4.1.2.6,
/// 4.2.1.3, 4.2.1.6, 4.2.1.10).
fn well_formed(certificate: &Certificate) -> Result<(), CertError> {
    let extensions = &certificate.extensions;
    let ca = certificate.is_ca();
    let critical = |oid| extensions.get(oid).is_some_and(|extension| extension.critical);
    let no_subject = certificate.subject_name.is_empty();
    let rules = [
        (certificate.issuer_name.is_empty(), "the issuer has no name"),
        (ca && no_subject, "a CA has no name"),
        (
            no_subject && !critical(oid::SUBJECT_ALT_NAME),
            "without a subject, the alternative names must be critical",
        ),
        (
            !ca && extensions.key_usage_allows(Purpose::Certificates) == Some(true),
            "the key usage keyCertSign belongs to CAs",
        ),
        (!ca && extensions.get(oid::NAME_CONSTRAINTS).is_some(), "name constraints belong to CAs"),
    ];
    let broken = rules.into_iter().find(|(broken, _)| *broken);
    match broken {
        None => Ok(()),
        Some((_, rule)) => Err(CertError::Profile { cert: certificate.serial_tail(), rule }),
    }
}
