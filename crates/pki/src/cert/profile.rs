//! What RFC 5280 asks of the content of certificates, beyond what a reader needs.

use core::fmt;
use std::collections::BTreeSet;

use serde::{Deserialize, Serialize};

use super::{CertError, Certificate, Purpose};
use crate::oid;

/// What a CA owes in every certificate of its path. Authorities in use break some of it, so the trust
/// list can excuse a CA, each duty by its name.
#[derive(Clone, Copy, Debug, Eq, Ord, PartialEq, PartialOrd, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
#[non_exhaustive]
pub enum CaDuty {
    /// Every certificate names the key of its issuer; one of the trust list need not if it is
    /// self-signed (RFC 5280, 4.2.1.1).
    AuthorityKeyId,
    /// Basic constraints in a certificate of a CA are critical (RFC 5280, 4.2.1.9).
    CriticalBasicConstraints,
    /// Policy constraints are critical (RFC 5280, 4.2.1.11).
    CriticalPolicyConstraints,
    /// A certificate of a CA names its own key (RFC 5280, 4.2.1.2).
    SubjectKeyId,
}

impl CaDuty {
    /// All of them, in the order of a trust list.
    pub const ALL: [Self; 4] = [
        Self::AuthorityKeyId,
        Self::CriticalBasicConstraints,
        Self::CriticalPolicyConstraints,
        Self::SubjectKeyId,
    ];

    /// The name in trust lists and reports.
    pub const fn name(self) -> &'static str {
        match self {
            Self::AuthorityKeyId => "authority-key-id",
            Self::CriticalBasicConstraints => "critical-basic-constraints",
            Self::CriticalPolicyConstraints => "critical-policy-constraints",
            Self::SubjectKeyId => "subject-key-id",
        }
    }

    /// What is wrong with a certificate that misses it.
    pub(crate) const fn missed(self) -> &'static str {
        match self {
            Self::AuthorityKeyId => "no authority key identifier (4.2.1.1)",
            Self::CriticalBasicConstraints => "its basic constraints are not critical (4.2.1.9)",
            Self::CriticalPolicyConstraints => "its policy constraints are not critical (4.2.1.11)",
            Self::SubjectKeyId => "a CA without subject key identifier (4.2.1.2)",
        }
    }

    fn missed_in(self, certificate: &Certificate, trusted: bool) -> bool {
        let lax = |oid| certificate.extensions.get(oid).is_some_and(|found| !found.critical);
        match self {
            Self::AuthorityKeyId => {
                certificate.authority_key_id().is_none() && !(trusted && self_signed(certificate))
            }
            Self::CriticalBasicConstraints => certificate.is_ca() && lax(oid::BASIC_CONSTRAINTS),
            Self::CriticalPolicyConstraints => lax(oid::POLICY_CONSTRAINTS),
            Self::SubjectKeyId => certificate.is_ca() && certificate.key_id().is_none(),
        }
    }
}

/// By its names or by its signature: what signed a trust anchor may be an algorithm of old that nobody
/// verifies any more.
fn self_signed(anchor: &Certificate) -> bool {
    anchor.is_self_issued() || anchor.is_signed_by(&anchor.key)
}

impl fmt::Display for CaDuty {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}

impl Certificate {
    /// The duties that this certificate misses as one of a trust list. Certificates below it may miss
    /// others.
    pub fn missed_duties(&self) -> BTreeSet<CaDuty> {
        CaDuty::ALL.into_iter().filter(|duty| duty.missed_in(self, true)).collect()
    }

    /// Whether the certificate of the trust list, or one below, holds what its CA owes.
    pub(crate) fn conforms(
        &self,
        excused: &BTreeSet<CaDuty>,
        trusted: bool,
    ) -> Result<(), CertError> {
        let missed = CaDuty::ALL
            .into_iter()
            .find(|duty| !excused.contains(duty) && duty.missed_in(self, trusted));
        match missed {
            None => Ok(()),
            Some(duty) => Err(CertError::Nonconforming { cert: self.serial_tail(), duty }),
        }
    }

    /// Rules on the content of a certificate below the trust anchor that a reader cannot repair
    /// (RFC 5280, 4.1.2.2, 4.1.2.4, 4.1.2.6, 4.2.1.3, 4.2.1.6, 4.2.1.10).
    pub(crate) fn well_formed(&self) -> Result<(), CertError> {
        let (cert, ca) = (self.serial_tail(), self.is_ca());
        if !good_serial(&self.serial) {
            return Err(CertError::Serial(cert));
        }
        let critical = |oid| self.extensions.get(oid).is_some_and(|extension| extension.critical);
        let no_subject = self.subject_name.is_empty();
        let rules = [
            (self.issuer_name.is_empty(), "the issuer has no name"),
            (ca && no_subject, "a CA has no name"),
            (
                no_subject && !critical(oid::SUBJECT_ALT_NAME),
                "without a subject, the alternative names must be critical",
            ),
            (
                !ca && self.extensions.key_usage_allows(Purpose::Certificates) == Some(true),
                "the key usage keyCertSign belongs to CAs",
            ),
            (
                !ca && self.extensions.get(oid::NAME_CONSTRAINTS).is_some(),
                "name constraints belong to CAs",
            ),
        ];
        match rules.into_iter().find(|(broken, _)| *broken) {
            None => Ok(()),
            Some((_, rule)) => Err(CertError::Profile { cert, rule }),
        }
    }
}

/// Positive, at most 20 octets (RFC 5280, 4.1.2.2); the shortest form is checked by then.
fn good_serial(serial: &[u8]) -> bool {
    serial != [0] && serial.len() <= 20 && serial.first().is_some_and(|octet| *octet < 0x80)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_those_of_the_list() {
        for duty in CaDuty::ALL {
            let json = serde_json::to_string(&duty).unwrap();
            assert_eq!(json, format!("\"{duty}\""));
        }
        assert!(CaDuty::ALL.is_sorted());
    }
}
