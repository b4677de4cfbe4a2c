//! Evidence that was read once.

use core::fmt;

use super::crl::Crl;
use super::ocsp::Response;
use super::{Evidence, EvidenceFault, Freshness, RevocationVerdict, judge_verified};
use crate::cert::Certificate;
use crate::limits::REVOCATION_EVIDENCE_MAX;
use crate::verified::VerifiedCert;

/// CRLs and OCSP responses that were read once, to judge many paths by: all bids of a tender under
/// one CA.
///
/// Reading says nothing about trust: for every path, each piece is held against the issuer of the
/// certificate that is judged, and against the instant. Only what cannot change is kept in mind: what
/// the bytes say, and which key made the signature on a CRL.
pub struct EvidenceStore<'a> {
    /// Each with its place in the list handed in.
    pub(super) crls: Vec<(usize, Crl<'a>)>,
    pub(super) responses: Vec<(usize, Response<'a>)>,
    /// What could not be read.
    pub(super) faults: Vec<(usize, EvidenceFault)>,
}

impl<'a> EvidenceStore<'a> {
    /// Reads the first 64 pieces; what cannot be read, or comes after them, is named among the
    /// faults of every verdict.
    pub fn read(evidence: &[Evidence<'a>]) -> Self {
        let mut store = Self { crls: Vec::new(), responses: Vec::new(), faults: Vec::new() };
        for (place, item) in evidence.iter().enumerate() {
            let read = match item {
                _ if place >= REVOCATION_EVIDENCE_MAX => Err(EvidenceFault::TooLarge),
                Evidence::Crl(bytes) => Crl::read(bytes).map(|crl| store.crls.push((place, crl))),
                Evidence::Ocsp(bytes) => {
                    Response::read(bytes).map(|one| store.responses.push((place, one)))
                }
            };
            store.faults.extend(read.err().map(|fault| (place, fault)));
        }
        store
    }

    /// [`judge_revocation`](super::judge_revocation) by this evidence.
    pub fn judge(
        &self,
        verified: &VerifiedCert,
        pool: &[Certificate],
        freshness: Freshness,
    ) -> RevocationVerdict {
        judge_verified(verified.path(), pool, self, verified.at(), freshness)
    }
}

impl fmt::Debug for EvidenceStore<'_> {
    /// How much of it there is.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("EvidenceStore")
            .field("crls", &self.crls.len())
            .field("responses", &self.responses.len())
            .field("faults", &self.faults)
            .finish()
    }
}
