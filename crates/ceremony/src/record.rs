//! The ceremony record: what was agreed, and everything needed to check it again.

use std::collections::BTreeSet;

use kaibiao_crypto::{Hex, Point, SUITE_1, Suite};
use kaibiao_types::{CustodianIndex, Digest, LotId, LotKey, Party, TenderId, Threshold};
use serde::{Deserialize, Serialize};

use crate::Transcript;
use crate::cocktail::Session;
use crate::limits::RECORD_MAX;
use crate::partial::interpolate;

mod error;

pub use error::RecordError;

/// `ceremony.json`: exact bytes, signed by every custodian's certificate.
///
/// It comes from [`CeremonyRecord::parse`] or [`Agreed::record`], which both check it; it has no
/// `Deserialize`, so it cannot slip in unchecked as part of something else.
#[derive(Clone, Debug, Eq, PartialEq, Serialize)]
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
    /// Digest of the key generation's transcript, by the hash of the suite whatever the name says.
    pub transcript_sha256: Digest,
    /// Digest of the signed draft of the tender file (the custody policy is in it).
    pub policy_sha256: Digest,
    /// The id that everything else refers to.
    pub ceremony_id: Digest,
    #[serde(skip)]
    points: Vec<Point>,
}

/// The fields of `ceremony.json` before anything about them is checked.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Unchecked {
    v: u32,
    kind: String,
    suite: u16,
    tender: TenderId,
    lot: LotId,
    threshold: Threshold,
    session: Hex<32>,
    custodians: Vec<CustodianEntry>,
    y: Hex<33>,
    shares: Vec<Hex<33>>,
    transcript_sha256: Digest,
    policy_sha256: Digest,
    ceremony_id: Digest,
}

/// What every version of the record begins with, to tell a newer one from a broken one.
#[derive(Deserialize)]
struct Head {
    v: u32,
    suite: u16,
}

/// The numbers of a record, to tell a forbidden threshold from a broken form.
#[derive(Deserialize)]
struct Numbers {
    threshold: Pair,
}

#[derive(Deserialize)]
struct Pair {
    n: u16,
    k: u16,
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

/// The id of the key generation's session.
pub fn session_id(suite: &Suite, lot: &LotKey, random: &Hex<32>) -> Digest {
    suite.th("session", &[lot.tender.as_str().as_bytes(), lot.lot.as_str().as_bytes(), &random.0])
}

/// The id of a ceremony: a digest of every field of its record.
///
/// `TH("ceremony", u16 suite, tender, lot, u16 n, u16 k, session, Y, S_1..S_n, C_1..C_n, transcript,
/// policy)` with `C_i = TH("custodian", u16 i, code, name, certificate, static key, cosigning key)`.
pub fn ceremony_id(record: &CeremonyRecord) -> Digest {
    let suite = record.suite();
    let shares: Vec<u8> = record.shares.iter().flat_map(|share| share.0).collect();
    let custodians: Vec<u8> =
        record.custodians.iter().flat_map(|entry| *entry.digest(suite).bytes()).collect();
    suite.th(
        "ceremony",
        &[
            &record.suite.to_be_bytes(),
            record.tender.as_str().as_bytes(),
            record.lot.as_str().as_bytes(),
            &record.threshold.n().to_be_bytes(),
            &record.threshold.k().to_be_bytes(),
            &record.session.0,
            &record.y.0,
            &shares,
            &custodians,
            record.transcript_sha256.bytes(),
            record.policy_sha256.bytes(),
        ],
    )
}

impl CustodianEntry {
    fn digest(&self, suite: &Suite) -> Digest {
        suite.th(
            "custodian",
            &[
                &self.index.get().to_be_bytes(),
                self.party.code.as_str().as_bytes(),
                self.party.name.as_bytes(),
                self.cert_sha256.bytes(),
                &self.static_key.0,
                self.cosign_vkey.as_bytes(),
            ],
        )
    }

    /// The key itself in `<name>+<key id>+<key>`: one key under two names is still one key.
    fn cosigning_key(&self) -> &str {
        self.cosign_vkey.splitn(3, '+').nth(2).unwrap_or(&self.cosign_vkey)
    }
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
        let parsed: Result<Unchecked, _> = serde_json::from_slice(bytes);
        // A newer record has other fields: say so before complaining about them.
        if let Ok(Head { v, suite }) = serde_json::from_slice(bytes)
            && (v != 1 || Suite::by_id(suite).is_err())
        {
            return Err(RecordError::Version { v, suite });
        }
        let record = Self::from(parsed.map_err(|error| match serde_json::from_slice(bytes) {
            Ok(Numbers { threshold: Pair { n, k } }) if Threshold::new(n, k).is_err() => {
                RecordError::Policy
            }
            _ => RecordError::Malformed(error.to_string()),
        })?);
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
        if self.kind != "ceremony" {
            return Err(RecordError::Malformed("kind is not ceremony".to_owned()));
        }
        self.check_custodians()?;
        self.check_key()?;
        if self.ceremony_id == ceremony_id(self) { Ok(()) } else { Err(RecordError::Id) }
    }

    fn check_custodians(&self) -> Result<(), RecordError> {
        let all = &self.custodians;
        let numbered = (1_u16..).zip(all).all(|(i, entry)| entry.index.get() == i);
        let points = all.iter().all(|entry| self.suite().point(&entry.static_key.0).is_ok());
        let certificates: BTreeSet<_> = all.iter().map(|entry| entry.cert_sha256).collect();
        if certificates.len() != all.len() {
            return Err(RecordError::Policy);
        }
        let statics: BTreeSet<_> = all.iter().map(|entry| entry.static_key).collect();
        let vkeys: BTreeSet<_> = all.iter().map(CustodianEntry::cosigning_key).collect();
        let counts = [all.len(), statics.len(), vkeys.len()];
        let distinct = counts == [usize::from(self.threshold.n()); 3];
        if numbered && points && distinct { Ok(()) } else { Err(RecordError::Custodians) }
    }

    fn check_key(&self) -> Result<(), RecordError> {
        let key = self.key()?;
        // As many points as shares: a share that is no point was dropped and is missed here.
        if [self.shares.len(), self.points.len()] != [usize::from(self.threshold.n()); 2] {
            return Err(RecordError::Key);
        }
        let shares: Vec<(CustodianIndex, Point)> =
            self.custodians.iter().map(|c| c.index).zip(self.points.iter().copied()).collect();
        // Every window of k consecutive shares gives Y. Neighbouring windows have k - 1 shares in
        // common, which with Y fix the polynomial: so all n shares lie on one.
        let fits = shares
            .windows(usize::from(self.threshold.k()))
            .all(|w| interpolate(self.suite(), w) == Some(key));
        if fits { Ok(()) } else { Err(RecordError::Key) }
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

    pub(crate) fn agreed(&self) -> Agreed {
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

impl From<Unchecked> for CeremonyRecord {
    fn from(raw: Unchecked) -> Self {
        let suite = Suite::by_id(raw.suite).unwrap_or(&SUITE_1);
        let points = raw.shares.iter().filter_map(|share| suite.point(&share.0).ok()).collect();
        Self {
            v: raw.v,
            kind: raw.kind,
            suite: raw.suite,
            tender: raw.tender,
            lot: raw.lot,
            threshold: raw.threshold,
            session: raw.session,
            custodians: raw.custodians,
            y: raw.y,
            shares: raw.shares,
            transcript_sha256: raw.transcript_sha256,
            policy_sha256: raw.policy_sha256,
            ceremony_id: raw.ceremony_id,
            points,
        }
    }
}

#[cfg(test)]
mod tests;
