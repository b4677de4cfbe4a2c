//! The rule: what the evidence says on each certificate of a path at an instant.

use kaibiao_types::UtcMillis;

use super::crl::Crl;
use super::{EvidenceFault, EvidenceStore, Freshness, Reason, Revocation, RevocationVerdict};
use crate::cert::{Certificate, SignatureAlgorithm};
use crate::oid;

/// Everything a judgement rests on.
pub(super) struct Court<'a> {
    /// The path: the signer's certificate first, the trust anchor last.
    pub(super) chain: &'a [&'a Certificate],
    /// Certificates of possible separate signers of evidence.
    pub(super) pool: &'a [Certificate],
    pub(super) allows: &'a dyn Fn(SignatureAlgorithm) -> bool,
    pub(super) at: UtcMillis,
    pub(super) freshness: Freshness,
    pub(super) evidence: &'a EvidenceStore<'a>,
}

/// What one piece of evidence states on a certificate.
#[derive(Clone, Copy, Debug)]
pub(super) struct Statement {
    pub(super) revoked: Option<(UtcMillis, Reason, Option<UtcMillis>)>,
    pub(super) this_update: UtcMillis,
    pub(super) next_update: Option<UtcMillis>,
    /// Whether it would still list the certificate, if that was revoked before it expired.
    pub(super) complete: bool,
}

/// Whether a separate signer of evidence may in turn be judged by evidence of separate signers.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(super) enum Signers {
    /// The issuer of the certificate alone.
    Issuer,
    /// The issuer, or whom it entrusted.
    Delegates,
}

/// Judges all certificates of a chain but its last.
pub(super) fn path(
    chain: &[&Certificate],
    pool: &[Certificate],
    allows: &dyn Fn(SignatureAlgorithm) -> bool,
    evidence: &EvidenceStore<'_>,
    at: UtcMillis,
    freshness: Freshness,
) -> RevocationVerdict {
    let court = Court { chain, pool, allows, at, freshness, evidence };
    let mut faults = evidence.faults.clone();
    let mut certificates = Vec::new();
    for pair in chain.windows(2) {
        if let [certificate, issuer] = pair {
            let found = court.judge(certificate, issuer, Signers::Delegates, &mut faults);
            certificates.push((certificate.serial_tail(), found));
        }
    }
    RevocationVerdict { certificates, faults }
}

impl Court<'_> {
    /// One certificate by all evidence: revoked if one piece says so, good if one shows it.
    pub(super) fn judge(
        &self,
        certificate: &Certificate,
        issuer: &Certificate,
        signers: Signers,
        faults: &mut Vec<(usize, EvidenceFault)>,
    ) -> Revocation {
        let mut statements: Vec<(usize, Result<Statement, EvidenceFault>)> = Vec::new();
        for (place, crl) in &self.evidence.crls {
            if crl.issuer == certificate.issuer_name {
                statements.push((*place, self.crl(crl, certificate, issuer, signers)));
            }
        }
        for (place, response) in &self.evidence.responses {
            let statement = self.response(response, certificate, issuer, signers);
            statements.extend(statement.map(|statement| (*place, statement)));
        }
        let (mut good, mut revoked) = (None, Vec::new());
        let mut why = EvidenceFault::Missing;
        for (place, statement) in statements {
            let weigh = |said: Statement| Ok((said.this_update, self.weigh(certificate, said)?));
            match statement.and_then(weigh) {
                Ok((dated, Revocation::Good)) => good = good.max(Some(dated)),
                Ok(answer) => revoked.push(answer),
                Err(fault) => {
                    faults.push((place, fault));
                    why = fault;
                }
            }
        }
        // Of the present the newest word on a hold counts: one that is not on it was lifted.
        let present = !matches!(self.freshness, Freshness::Later { .. });
        let lifted = |(dated, answer): &(UtcMillis, Revocation)| {
            present && answer.is_hold() && good > Some(*dated)
        };
        let revoked = revoked.into_iter().filter(|answer| !lifted(answer));
        let revoked = revoked.map(|(_, answer)| answer).min_by_key(gravity);
        let good = good.map(|_| Revocation::Good);
        revoked.or(good).unwrap_or(Revocation::Unknown(why))
    }

    fn crl(
        &self,
        crl: &Crl<'_>,
        certificate: &Certificate,
        issuer: &Certificate,
        signers: Signers,
    ) -> Result<Statement, EvidenceFault> {
        self.crl_signature(crl, certificate, issuer, signers)?;
        if !crl.scope.covers(certificate)? {
            return Err(EvidenceFault::Scope);
        }
        let deltas = crl.has_deltas || certificate.extensions.get(oid::FRESHEST_CRL).is_some();
        if deltas && self.freshness == Freshness::Current {
            return Err(EvidenceFault::Delta); // the newest revocations stand on the delta CRL
        }
        let found = crl.find(&certificate.serial)?;
        let kept = crl.keeps_expired_since.is_some_and(|since| since <= certificate.not_after);
        Ok(Statement {
            revoked: found.map(|entry| (entry.at, entry.reason, entry.invalidity)),
            this_update: crl.this_update,
            next_update: crl.next_update,
            complete: kept || crl.this_update <= certificate.not_after,
        })
    }

    /// What a statement of a believed signer means for the judged instant.
    fn weigh(
        &self,
        certificate: &Certificate,
        found: Statement,
    ) -> Result<Revocation, EvidenceFault> {
        let now = match self.freshness {
            Freshness::Current => self.at,
            Freshness::Later { now } | Freshness::Known { now } => now,
        };
        if found.this_update > now {
            return Err(EvidenceFault::Future);
        }
        let current = self.freshness == Freshness::Current;
        let revoked = found.revoked.filter(|(since, reason, invalidity)| {
            let compromise = matches!(
                reason,
                Reason::KeyCompromise | Reason::CaCompromise | Reason::AaCompromise
            );
            let earlier = compromise && invalidity.is_some_and(|lost| lost <= self.at);
            current || *since <= self.at || earlier
        });
        let revoked =
            revoked.map(|(at, reason, invalidity)| Revocation::Revoked { at, reason, invalidity });
        // A revocation is final whenever it was stated; a hold may have been lifted since.
        if let Some(revoked) = revoked.filter(|answer| !answer.is_hold()) {
            return Ok(revoked);
        }
        if let Freshness::Known { .. } = self.freshness {
            return Ok(revoked.unwrap_or(Revocation::Good));
        }
        if current && found.next_update.is_none_or(|next| next < self.at) {
            return Err(EvidenceFault::Stale);
        }
        if !current && found.this_update < self.at {
            return Err(EvidenceFault::TooOld);
        }
        if let Some(hold) = revoked {
            return Ok(hold);
        }
        if found.revoked.is_none() && !found.complete && certificate.not_after < found.this_update {
            return Err(EvidenceFault::Expired);
        }
        Ok(Revocation::Good)
    }
}

/// The gravest comes first, whatever the order of the evidence: one that lets the key be in other hands,
/// then the earliest.
fn gravity(answer: &Revocation) -> (bool, UtcMillis) {
    match answer {
        Revocation::Revoked { at, reason, invalidity } => {
            (reason.is_harmless(), invalidity.map_or(*at, |lost| lost.min(*at)))
        }
        _ => (true, UtcMillis::EPOCH), // there is no other
    }
}
