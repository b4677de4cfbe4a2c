//! Everything about a ceremony that is published: the record with what proves it.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use kaibiao_crypto::Hex;
use kaibiao_types::CustodianIndex;
use serde::{Deserialize, Serialize};

use crate::limits::{BUNDLE_MAX, REHEARSALS_MAX};
use crate::{CeremonyRecord, Partial, RecordError};

/// The public messages of a key generation and the custodians' signatures over its transcript.
#[derive(Clone, Debug, Eq, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Transcript {
    /// First-round messages in custodian order.
    pub messages: Vec<Bytes>,
    /// Signatures in custodian order.
    pub certificate: Vec<Hex<65>>,
}

/// Opaque bytes, base64 in JSON.
#[derive(Clone, Debug, Eq, PartialEq, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct Bytes(pub Vec<u8>);

impl TryFrom<String> for Bytes {
    type Error = base64::DecodeError;
    fn try_from(text: String) -> Result<Self, Self::Error> {
        STANDARD.decode(text).map(Self)
    }
}

impl From<Bytes> for String {
    fn from(bytes: Bytes) -> Self {
        STANDARD.encode(bytes.0)
    }
}

/// A custodian's CMS signature over the exact bytes of `ceremony.json`; checked one layer up.
#[derive(Clone, Debug, Eq, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct CustodianSignature {
    /// The custodian.
    pub index: CustodianIndex,
    /// Detached CMS, DER.
    pub cms_b64: Bytes,
}

/// One rehearsal: a test object opened with the very keys, before the tender was published.
#[derive(Clone, Debug, Eq, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Rehearsal {
    /// Its number, from 0; at most three take place.
    pub i: u32,
    /// The test object's header.
    pub header_b64: Bytes,
    /// The custodians' partial decryptions: all n.
    pub partials: Vec<Partial>,
}

/// Everything about a ceremony that is published.
#[derive(Clone, Debug, Eq, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct CeremonyBundle {
    /// Exact bytes of `ceremony.json`.
    pub ceremony_b64: Bytes,
    /// One signature of every custodian.
    pub signatures: Vec<CustodianSignature>,
    /// The key generation's messages and certificate.
    pub transcript: Transcript,
    /// The rehearsals.
    pub rehearsal: Vec<Rehearsal>,
}

impl CeremonyBundle {
    /// Reads a bundle and checks record and transcript; the CMS signatures and the rehearsal are
    /// checked by the caller, who knows certificates and sealed objects.
    ///
    /// # Errors
    ///
    /// [`RecordError`] names the rule that is broken.
    pub fn parse(bytes: &[u8]) -> Result<(Self, CeremonyRecord), RecordError> {
        if bytes.len() > BUNDLE_MAX {
            return Err(RecordError::Malformed("too long".to_owned()));
        }
        let bundle: Self = serde_json::from_slice(bytes)
            .map_err(|error| RecordError::Malformed(error.to_string()))?;
        let record = CeremonyRecord::parse(&bundle.ceremony_b64.0)?;
        let numbered = (0_u32..).zip(&bundle.rehearsal).all(|(i, rehearsal)| rehearsal.i == i);
        if bundle.rehearsal.len() > REHEARSALS_MAX || !numbered {
            return Err(RecordError::Rehearsals);
        }
        record.check_transcript(&bundle.transcript)?;
        let signers: Vec<u16> = bundle.signatures.iter().map(|s| s.index.get()).collect();
        if signers == (1..=record.threshold.n()).collect::<Vec<_>>() {
            Ok((bundle, record))
        } else {
            Err(RecordError::Custodians)
        }
    }
}

#[cfg(test)]
mod tests;
