//! The ceremony record: what was agreed, and everything needed to check it again.

use std::collections::BTreeSet;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use kaibiao_crypto::{Hex, Point, SUITE_1, Suite};
use kaibiao_types::{CustodianIndex, Digest, LotId, LotKey, Party, TenderId, Threshold};
use serde::{Deserialize, Serialize};

use crate::cocktail::{DkgError, Session};
use crate::limits::{BUNDLE_MAX, RECORD_MAX};
use crate::partial::{Partial, interpolate};

/// `ceremony.json`: exact bytes, signed by every custodian's certificate.
#[derive(Clone, Debug, Eq, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct CeremonyRecord {
    /// Format version, 1.
    pub v: u32,
    /// Always `ceremony`.
    pub kind: String,
    /// Suite number.
    pub suite: u16,
    /// The tender project.
    pub tender: TenderId,
    /// The lot.
    pub lot: LotId,
    /// k of n.
    pub threshold: Threshold,
    /// 32 random bytes that make the session unique.
    pub session: Hex<32>,
    /// The custodians in order of their numbers.
    pub custodians: Vec<CustodianEntry>,
    /// The ceremony key Y.
    pub y: Hex<33>,
    /// The public shares `S_1` to `S_n`.
    pub shares: Vec<Hex<33>>,
    /// Digest of the key generation's transcript.
    pub transcript_sha256: Digest,
    /// Digest of the signed draft of the tender file (the custody policy is in it).
    pub policy_sha256: Digest,
    /// The id that everything else refers to.
    pub ceremony_id: Digest,
    #[serde(skip)]
    points: Vec<Point>,
}

/// One custodian of a ceremony.
#[derive(Clone, Debug, Eq, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct CustodianEntry {
    /// Its number, from 1.
    pub index: CustodianIndex,
    /// Its organisation.
    pub party: Party,
    /// Digest of its CA certificate (DER).
    pub cert_sha256: Digest,
    /// Its static key of this key generation.
    pub static_key: Hex<33>,
    /// Its cosigning key for the opening log, as a C2SP verifier key.
    pub cosign_vkey: String,
}

/// Why a ceremony record is not acceptable.
#[derive(Clone, Debug, Eq, PartialEq, thiserror::Error)]
#[non_exhaustive]
pub enum RecordError {
    /// The certificate of agreement does not hold.
    #[error("the certificate of agreement does not hold")]
    Agreement(#[source] DkgError),
    /// Custodians are not numbered 1 to n, or two have one certificate or cosigning key.
    #[error("the custodians are not n distinct ones, numbered from 1")]
    Custodians,
    /// The id is not the digest of the record's content.
    #[error("the ceremony id does not follow from the record")]
    Id,
    /// Y and the shares do not lie on one polynomial of degree k - 1.
    #[error("the ceremony key and the public shares do not fit together")]
    Key,
    /// Not the strict form.
    #[error("the ceremony record is malformed: {0}")]
    Malformed(String),
    /// The transcript is not the one the record names, or gives another key.
    #[error("the transcript of the key generation does not give this record")]
    Transcript,
    /// Version or suite of a newer program.
    #[error("the ceremony record needs a newer program (version {v}, suite {suite})")]
    Version {
        /// The version found.
        v: u32,
        /// The suite found.
        suite: u16,
    },
}

impl RecordError {
    /// The stable label.
    pub const fn label(&self) -> &'static str {
        "E_CEREMONY"
    }
}

/// The id of the key generation's session.
pub fn session_id(suite: &Suite, lot: &LotKey, random: &Hex<32>) -> Digest {
    suite.th("session", &[lot.tender.as_str().as_bytes(), lot.lot.as_str().as_bytes(), &random.0])
}

/// The id of a ceremony, from everything that was agreed (crypto.md 3.2).
pub fn ceremony_id(record: &CeremonyRecord) -> Digest {
    let concat = |parts: Vec<Vec<u8>>| parts.concat();
    record.suite().th(
        "ceremony",
        &[
            &record.suite.to_be_bytes(),
            record.tender.as_str().as_bytes(),
            record.lot.as_str().as_bytes(),
            &record.threshold.n().to_be_bytes(),
            &record.threshold.k().to_be_bytes(),
            &record.y.0,
            &concat(record.shares.iter().map(|s| s.0.to_vec()).collect()),
            &concat(record.custodians.iter().map(|c| c.cert_sha256.bytes().to_vec()).collect()),
            record.transcript_sha256.bytes(),
            record.policy_sha256.bytes(),
        ],
    )
}

/// What the parties of a key generation agreed on besides its result.
#[derive(Clone, Debug)]
pub struct Agreed {
    /// The lot.
    pub lot: LotKey,
    /// k of n.
    pub threshold: Threshold,
    /// The session's random bytes.
    pub session: Hex<32>,
    /// The custodians in order.
    pub custodians: Vec<CustodianEntry>,
    /// Digest of the signed draft.
    pub policy_sha256: Digest,
}

impl Agreed {
    /// The key generation's parameters; the draft's digest is the transcript's extension.
    ///
    /// # Errors
    ///
    /// [`RecordError::Custodians`] if the static keys are not n distinct points.
    pub fn session(&self, suite: &'static Suite) -> Result<Session, RecordError> {
        let statics: Result<Vec<Point>, _> =
            self.custodians.iter().map(|c| suite.point(&c.static_key.0)).collect();
        let statics = statics.map_err(|_| RecordError::Custodians)?;
        let id = session_id(suite, &self.lot, &self.session);
        Session::new(
            suite,
            id.bytes(),
            self.threshold,
            statics,
            self.policy_sha256.bytes().to_vec(),
        )
        .map_err(|_| RecordError::Custodians)
    }

    /// The record of a finished key generation.
    ///
    /// # Errors
    ///
    /// [`RecordError`] if the parts do not fit together.
    pub fn record(
        self,
        suite: &'static Suite,
        key: &Point,
        shares: &[Point],
        transcript: &[u8],
    ) -> Result<CeremonyRecord, RecordError> {
        let mut record = CeremonyRecord {
            v: 1,
            kind: "ceremony".to_owned(),
            suite: suite.id(),
            tender: self.lot.tender,
            lot: self.lot.lot,
            threshold: self.threshold,
            session: self.session,
            custodians: self.custodians,
            y: key.hex(),
            shares: shares.iter().map(Point::hex).collect(),
            transcript_sha256: suite.hash(transcript),
            policy_sha256: self.policy_sha256,
            ceremony_id: Digest::ZERO,
            points: shares.to_vec(),
        };
        record.ceremony_id = ceremony_id(&record);
        record.check()?;
        Ok(record)
    }
}

impl CeremonyRecord {
    /// Reads exact bytes and checks everything that follows from them alone.
    ///
    /// # Errors
    ///
    /// [`RecordError`] names the rule that is broken.
    pub fn parse(bytes: &[u8]) -> Result<Self, RecordError> {
        if bytes.len() > RECORD_MAX {
            return Err(RecordError::Malformed("too long".to_owned()));
        }
        let mut record: Self = serde_json::from_slice(bytes)
            .map_err(|error| RecordError::Malformed(error.to_string()))?;
        if record.v != 1 || Suite::by_id(record.suite).is_err() {
            return Err(RecordError::Version { v: record.v, suite: record.suite });
        }
        let points: Result<Vec<Point>, _> =
            record.shares.iter().map(|s| record.suite().point(&s.0)).collect();
        record.points = points.map_err(|_| RecordError::Key)?;
        record.check()?;
        Ok(record)
    }

    /// The exact bytes to sign and publish.
    ///
    /// # Errors
    ///
    /// [`RecordError::Malformed`] if serialising fails, which these types cannot cause.
    pub fn to_bytes(&self) -> Result<Vec<u8>, RecordError> {
        serde_json::to_vec(self).map_err(|error| RecordError::Malformed(error.to_string()))
    }

    fn check(&self) -> Result<(), RecordError> {
        let n = usize::from(self.threshold.n());
        let numbered = (1_u16..).zip(&self.custodians).all(|(i, c)| c.index.get() == i);
        let certificates: BTreeSet<_> = self.custodians.iter().map(|c| c.cert_sha256).collect();
        let vkeys: BTreeSet<_> = self.custodians.iter().map(|c| c.cosign_vkey.as_str()).collect();
        if self.kind != "ceremony" {
            return Err(RecordError::Malformed("kind is not ceremony".to_owned()));
        }
        if !numbered
            || [self.custodians.len(), certificates.len(), vkeys.len(), self.points.len()] != [n; 4]
        {
            return Err(RecordError::Custodians);
        }
        let key = self.suite().point(&self.y.0).map_err(|_| RecordError::Key)?;
        let shares: Vec<(CustodianIndex, Point)> =
            self.custodians.iter().map(|c| c.index).zip(self.points.iter().copied()).collect();
        // Every window of k consecutive shares gives Y: then all n lie on one polynomial.
        let fits =
            shares.windows(usize::from(self.threshold.k())).all(|w| interpolate(w) == Some(key));
        if !fits {
            return Err(RecordError::Key);
        }
        if self.ceremony_id == ceremony_id(self) { Ok(()) } else { Err(RecordError::Id) }
    }

    /// The suite; known, because parsing and building check it.
    pub fn suite(&self) -> &'static Suite {
        Suite::by_id(self.suite).unwrap_or(&SUITE_1)
    }

    /// The lot this ceremony is for.
    pub fn lot_key(&self) -> LotKey {
        LotKey { tender: self.tender.clone(), lot: self.lot.clone() }
    }

    /// The ceremony key Y.
    ///
    /// # Errors
    ///
    /// [`RecordError::Key`] cannot occur for a parsed record.
    pub fn key(&self) -> Result<Point, RecordError> {
        self.suite().point(&self.y.0).map_err(|_| RecordError::Key)
    }

    /// The public share of a custodian.
    pub fn public_share(&self, index: CustodianIndex) -> Option<&Point> {
        self.points.get(usize::from(index.get()).checked_sub(1)?)
    }

    /// The custodian with a number.
    pub fn custodian(&self, index: CustodianIndex) -> Option<&CustodianEntry> {
        self.custodians.get(usize::from(index.get()).checked_sub(1)?)
    }

    fn agreed(&self) -> Agreed {
        Agreed {
            lot: self.lot_key(),
            threshold: self.threshold,
            session: self.session,
            custodians: self.custodians.clone(),
            policy_sha256: self.policy_sha256,
        }
    }

    /// Checks that the key generation's messages and certificate give this very record.
    ///
    /// # Errors
    ///
    /// [`RecordError`] if the transcript gives another key, or a custodian did not certify it.
    pub fn check_transcript(&self, transcript: &Transcript) -> Result<(), RecordError> {
        let session = self.agreed().session(self.suite())?;
        let messages: Vec<Vec<u8>> = transcript.messages.iter().map(|m| m.0.clone()).collect();
        let (key, shares, bytes) =
            session.public_outcome(&messages).map_err(RecordError::Agreement)?;
        let same = key.hex() == self.y && shares == self.points;
        if !same || self.suite().hash(&bytes) != self.transcript_sha256 {
            return Err(RecordError::Transcript);
        }
        session.check_certificate(&bytes, &transcript.certificate).map_err(RecordError::Agreement)
    }
}

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
        record.check_transcript(&bundle.transcript)?;
        let signers: Vec<u16> = bundle.signatures.iter().map(|s| s.index.get()).collect();
        if signers == (1..=record.threshold.n()).collect::<Vec<_>>() {
            Ok((bundle, record))
        } else {
            Err(RecordError::Custodians)
        }
    }
}
