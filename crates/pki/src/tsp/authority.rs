//! A small time-stamping authority: answers requests, for tests and demonstrations. It keeps nothing:
//! time and serial number are handed in, and who hands in a number twice breaks RFC 3161.

use kaibiao_types::UtcMillis;
use ring::rand::SecureRandom;

use super::error::{Failure, TimeStampError};
use super::request::Request;
use crate::cert::{CertError, Certificate};
use crate::cms::{self, SignError};
use crate::identity::Identity;
use crate::signer::Signer;
use crate::verified::{Usage, fits_usage};
use crate::{der, oid};

/// An identity that stamps under a policy.
#[derive(Debug)]
pub struct Authority<'a> {
    identity: &'a Identity,
    policy: Vec<u8>,
}

/// A clock that is believed to be right to one second.
const ACCURACY_SECONDS: u8 = 1;

impl<'a> Authority<'a> {
    /// An authority of this identity, whose certificate must be one for time stamps; `policy` is an
    /// object identifier such as `2.999.26.1`.
    ///
    /// # Errors
    ///
    /// [`CertError::Usage`] or [`CertError::CaAsSigner`] if the certificate is not for time stamps;
    /// [`CertError::Extension`] if the policy is no object identifier.
    pub fn new(identity: &'a Identity, policy: &str) -> Result<Self, CertError> {
        let certificate = identity.certificate();
        fits_usage(certificate, Usage::TimeStamp)?;
        let wrong =
            || CertError::Extension { cert: certificate.serial_tail(), oid: policy.to_owned() };
        Ok(Self { identity, policy: oid::from_dotted(policy).ok_or_else(wrong)? })
    }

    /// Answers a request at `at` with the stamp of this number: a `TimeStampResp` in DER, to be sent
    /// as `application/timestamp-reply`. A bad request is answered by a refusal.
    ///
    /// # Errors
    ///
    /// [`SignError`] if the key fails, or after the year 9999.
    ///
    /// # Source
    ///
    /// RFC 3161, 2.4.2.
    pub fn answer(
        &self,
        request: &[u8],
        at: UtcMillis,
        serial: u64,
        rng: &dyn SecureRandom,
    ) -> Result<Vec<u8>, SignError> {
        let request = match Request::from_der(request) {
            Ok(request) => request,
            Err(error) => return Ok(refusal(reason(&error))),
        };
        if request.policy.as_ref().is_some_and(|asked| *asked != self.policy) {
            return Ok(refusal(Failure::UnacceptedPolicy));
        }
        let token = self.token(&request, at, serial, rng)?;
        let granted = der::sequence(&[&der::integer_u8(0)]);
        Ok(der::sequence(&[&granted, &token]))
    }

    fn token(
        &self,
        request: &Request,
        at: UtcMillis,
        serial: u64,
        rng: &dyn SecureRandom,
    ) -> Result<Vec<u8>, SignError> {
        let signer = self.identity.certificate();
        let statement = self.statement(request, at, serial).ok_or(SignError::Time)?;
        let algorithm = signer.key_algorithm().signature();
        let attributes = cms::attributes_over(algorithm, signer, oid::TST_INFO, &statement, at)?;
        let value = self.identity.sign(algorithm, attributes.to_sign(), rng)?;
        let octets = der::tlv(der::OCTET_STRING, &[&statement]);
        let content = der::sequence(&[
            &der::tlv(der::OID, &[oid::TST_INFO]),
            &der::tlv(der::CONTEXT_0, &[&octets]),
        ]);
        let above = self.identity.chain().above();
        let mut certificates: Vec<&[u8]> = above.iter().map(Certificate::der).collect();
        certificates.push(signer.der());
        certificates.sort_unstable(); // a SET OF
        let bag = request.certificates.then(|| der::tlv(der::CONTEXT_0, &certificates));
        let inside = [content.as_slice(), bag.as_deref().unwrap_or_default()];
        Ok(cms::container(3, &attributes, signer, &value, &inside))
    }

    /// `TSTInfo`; `None` after the year 9999.
    fn statement(&self, request: &Request, at: UtcMillis, serial: u64) -> Option<Vec<u8>> {
        let octets = serial.to_be_bytes();
        let zeros = octets.iter().take_while(|octet| **octet == 0).count();
        let number = octets.get(zeros..).unwrap_or_default();
        // An octet in front keeps it positive; zero is one octet.
        let sign: &[u8] =
            if number.first().is_none_or(|first| *first >= 0x80) { &[0] } else { &[] };
        let nonce = request.nonce.as_ref().map(|nonce| der::tlv(der::INTEGER, &[nonce]));
        let name = der::tlv(der::CONTEXT_4, &[&self.identity.certificate().subject]);
        Some(der::sequence(&[
            &der::integer_u8(1),
            &der::tlv(der::OID, &[&self.policy]),
            &request.imprint.der(),
            &der::tlv(der::INTEGER, &[sign, number]),
            &der::write_gen_time(at)?,
            &der::sequence(&[&der::integer_u8(ACCURACY_SECONDS)]),
            nonce.as_deref().unwrap_or_default(),
            &der::tlv(der::CONTEXT_0, &[&name]),
        ]))
    }
}

const fn reason(error: &TimeStampError) -> Failure {
    match error {
        TimeStampError::Algorithm { .. } => Failure::BadAlgorithm,
        TimeStampError::OutOfProfile(_) => Failure::UnacceptedExtension,
        _ => Failure::BadDataFormat,
    }
}

/// A response with status 2 (rejection) and a reason.
fn refusal(failure: Failure) -> Vec<u8> {
    let bit = failure.bit();
    let mut octets = vec![7 - bit % 8]; // bits that are not used
    octets.resize(usize::from(bit / 8) + 1, 0);
    octets.push(0x80 >> (bit % 8));
    let status = der::sequence(&[&der::integer_u8(2), &der::tlv(der::BIT_STRING, &[&octets])]);
    der::sequence(&[&status])
}
