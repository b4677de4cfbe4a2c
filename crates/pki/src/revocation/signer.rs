//! Who may sign evidence on a certificate: its issuer, or whom the CA entrusted.

use kaibiao_types::UtcMillis;

use super::crl::Crl;
use super::judge::{Court, Signers, Statement};
use super::ocsp::Response;
use super::{EvidenceFault, Revocation};
use crate::cert::{Certificate, Purpose, SignatureAlgorithm};
use crate::limits::POOL_MAX;
use crate::oid;

impl Court<'_> {
    /// The signature on a CRL: by the issuer of the certificate, or by another certificate of the
    /// same name that a CA above the certificate on the path issued (RFC 5280, 6.3.3 f).
    pub(super) fn crl_signature(
        &self,
        crl: &Crl<'_>,
        certificate: &Certificate,
        issuer: &Certificate,
        signers: Signers,
    ) -> Result<(), EvidenceFault> {
        let by = self.algorithm(crl.algorithm)?;
        let names = |key: &Certificate| crl.key_id.zip(key.key_id()).is_none_or(|(a, b)| a == b);
        let signed = |key: &Certificate| names(key) && crl.is_signed_by(by, &key.key);
        if signed(issuer) {
            let may = issuer.extensions.key_usage_allows(Purpose::Crls) != Some(false);
            return if may && valid(issuer, crl.this_update) {
                Ok(())
            } else {
                Err(EvidenceFault::Responder)
            };
        }
        if signers == Signers::Issuer {
            return Err(EvidenceFault::Signature);
        }
        let all = self.chain.iter().copied().chain(self.others());
        let delegates = all.filter(|other| {
            other.subject_name == crl.issuer && other.sha256 != certificate.sha256 && signed(other)
        });
        let above = self.above(certificate);
        let mut fault = EvidenceFault::Signature;
        for delegate in delegates {
            let may = delegate.extensions.key_usage_allows(Purpose::Crls) == Some(true)
                && valid(delegate, crl.this_update);
            // One that stands above is judged itself, and the path falls with it.
            let known = || {
                above.iter().any(|ca| ca.sha256 == delegate.sha256)
                    || self.issued(delegate, above).is_some_and(|ca| self.good(delegate, ca))
            };
            if may && known() {
                return Ok(());
            }
            fault = EvidenceFault::Responder;
        }
        Err(fault)
    }

    /// What an OCSP response states on a certificate; `None` if nothing.
    pub(super) fn response(
        &self,
        response: &Response<'_>,
        certificate: &Certificate,
        issuer: &Certificate,
        signers: Signers,
    ) -> Option<Result<Statement, EvidenceFault>> {
        let answer = response.find(certificate, issuer)?;
        let trusted = self.response_signature(response, issuer, signers, answer.this_update);
        Some(trusted.and_then(|()| answer.statement(certificate, response.produced_at)))
    }

    /// The signature on an OCSP response: by the issuer, or by a responder whose certificate the
    /// issuer itself signed for that purpose (RFC 6960, 4.2.2.2).
    fn response_signature(
        &self,
        response: &Response<'_>,
        issuer: &Certificate,
        signers: Signers,
        this_update: UtcMillis,
    ) -> Result<(), EvidenceFault> {
        let by = self.algorithm(response.algorithm)?;
        let signed = |key: &Certificate| {
            response.names(key) && key.key.verifies(by, response.tbs, response.signature)
        };
        if signed(issuer) && valid(issuer, this_update) {
            return Ok(());
        }
        if signers == Signers::Issuer {
            return Err(EvidenceFault::Signature);
        }
        let all = response.certificates.iter().chain(self.others());
        let mut fault = EvidenceFault::Signature;
        for delegate in all.filter(|other| signed(other)) {
            if valid(delegate, this_update) && self.entrusted_with_ocsp(delegate, issuer) {
                return Ok(());
            }
            fault = EvidenceFault::Responder;
        }
        Err(fault)
    }

    /// Whether the issuer itself gave a responder its certificate, for that purpose, and it is not
    /// revoked.
    fn entrusted_with_ocsp(&self, delegate: &Certificate, issuer: &Certificate) -> bool {
        let extensions = &delegate.extensions;
        let purposes = extensions.purposes.as_deref().unwrap_or_default();
        purposes.iter().any(|purpose| purpose == oid::EKU_OCSP)
            && extensions.key_usage_allows(Purpose::Documents) != Some(false)
            && self.issued(delegate, &[issuer]).is_some()
            && (extensions.get(oid::OCSP_NOCHECK).is_some() || self.good(delegate, issuer))
    }

    /// The CAs above a certificate of the path, its issuer first: they alone say who speaks about it.
    /// One that they revoked must not entrust others with its own defence.
    fn above(&self, certificate: &Certificate) -> &[&Certificate] {
        let mut places = self.chain.iter();
        let found = places.any(|one| one.sha256 == certificate.sha256);
        if found { places.as_slice() } else { &[] }
    }

    /// The one of these CAs that issued the certificate of a delegate, if that may be believed.
    fn issued<'c>(
        &self,
        delegate: &Certificate,
        cas: &[&'c Certificate],
    ) -> Option<&'c Certificate> {
        let allowed = delegate.signed_by_algorithm().is_some_and(self.allows);
        if !allowed || delegate.extensions.unknown_critical(None).is_some() {
            return None;
        }
        cas.iter().copied().find(|ca| {
            ca.is_ca()
                && ca.extensions.key_usage_allows(Purpose::Certificates) != Some(false)
                && delegate.may_be_issued_by(ca)
                && delegate.is_signed_by(&ca.key)
        })
    }

    /// Whether a delegate's own certificate is good by evidence of its issuer's own key.
    fn good(&self, delegate: &Certificate, issuer: &Certificate) -> bool {
        let found = self.judge(delegate, issuer, Signers::Issuer, &mut Vec::new());
        found == Revocation::Good
    }

    /// The certificates handed in beside the path, as many as are looked at.
    fn others(&self) -> impl Iterator<Item = &Certificate> {
        self.pool.iter().take(POOL_MAX)
    }

    fn algorithm(&self, identifier: &[u8]) -> Result<SignatureAlgorithm, EvidenceFault> {
        SignatureAlgorithm::of_identifier(identifier)
            .filter(|known| (self.allows)(*known))
            .ok_or(EvidenceFault::Algorithm)
    }
}

/// Whether the certificate of a signer was valid when the evidence was issued.
fn valid(signer: &Certificate, at: UtcMillis) -> bool {
    (signer.not_before..=signer.not_after).contains(&at)
}
