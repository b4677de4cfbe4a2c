//! The manifest: what a bidder signs. One per lot, bidder and version (ruling 1).

mod error;

use std::io::Read;

use kaibiao_crypto::{SUITE_1, Suite};
use kaibiao_types::{
    BidPart, BidSeq, Digest, LotId, LotKey, Part, Party, Stage, TenderId, UtcMillis,
};
use serde::{Deserialize, Deserializer, Serialize};
use serde_json::Value;

use crate::limits::{JSON_INTEGER_MAX, MANIFEST_MAX, PARTS_MAX};
use crate::plaintext::check_backup;
use crate::{BackupError, BidContext, Context, Header, ObjectSummary, Padding, PlaintextSalt};

pub use error::{HeaderMismatch, ManifestError, SequenceError};

/// What a manifest does.
#[derive(Clone, Copy, Debug, Eq, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum ManifestKind {
    /// Hands a bid in, or replaces the one before.
    Submit,
    /// Takes the bid back (招标投标法 art. 29).
    Withdraw,
}

/// How the bid was sealed (ruling 5).
#[derive(Clone, Copy, Debug, Eq, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Client {
    /// The command line program.
    Cli,
    /// The offline page, from a file.
    File,
    /// The page that the hall serves: while sealing, the bidder trusted the hall.
    Hosted,
}

/// The fields of a manifest, in the order they are written.
#[derive(Clone, Debug, Eq, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ManifestBody {
    /// Version of the format: 1.
    pub v: u8,
    /// Submit or withdraw.
    pub kind: ManifestKind,
    /// Number of the suite.
    pub suite: u16,
    /// The tender.
    pub tender: TenderId,
    /// The lot in it.
    pub lot: LotId,
    /// The bidder.
    pub bidder: Party,
    /// SHA-256 of the `SubjectPublicKeyInfo` of the certificate that signs this manifest.
    pub signer_spki_sha256: Digest,
    /// The bidder's version count.
    pub seq: BidSeq,
    /// The digest of the manifest that this one replaces; zero for the first.
    pub supersedes: Digest,
    /// The ceremony the parts are sealed to.
    pub ceremony_id: Digest,
    /// The deadline as the bidder's program knew it; informative.
    pub deadline: UtcMillis,
    /// How the bid was sealed.
    pub client: Client,
    /// The bidder's clock when it sealed; informative.
    pub sealed_at: UtcMillis,
    /// The sealed objects, ascending by stage and part; none in a withdrawal.
    pub parts: Vec<ManifestPart>,
}

/// One sealed object of a bid.
#[derive(Clone, Copy, Debug, Eq, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ManifestPart {
    /// The envelope, from 1.
    pub stage: Stage,
    /// What it holds.
    pub part: Part,
    /// Digest of its exact header.
    pub header_sha256: Digest,
    /// Bytes of the sealed file.
    pub file_len: u64,
    /// Its root.
    pub ct_root: Digest,
    /// The salted commitment to its plaintext, if the bidder made one.
    #[serde(default, deserialize_with = "present", skip_serializing_if = "Option::is_none")]
    pub pt_commit: Option<Digest>,
}

/// A key that is there has a value: `null` is refused.
fn present<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Option<Digest>, D::Error> {
    Digest::deserialize(deserializer).map(Some)
}

impl ManifestPart {
    /// The entry of an object that was sealed.
    pub const fn new(stage: Stage, part: Part, object: &ObjectSummary) -> Self {
        let ObjectSummary { header_sha256, file_len, ct_root } = *object;
        Self { stage, part, header_sha256, file_len, ct_root, pt_commit: None }
    }

    /// The same entry with a commitment to the plaintext.
    #[must_use]
    pub const fn with_pt_commit(self, pt_commit: Digest) -> Self {
        Self { pt_commit: Some(pt_commit), ..self }
    }

    /// What identifies the sealed file.
    pub const fn object(&self) -> ObjectSummary {
        let Self { header_sha256, file_len, ct_root, .. } = *self;
        ObjectSummary { header_sha256, file_len, ct_root }
    }

    /// Envelope and part: how the object is named where it is sent and stored.
    pub const fn name(&self) -> BidPart {
        BidPart { stage: self.stage, part: self.part }
    }

    /// Stage, then part: unique in a manifest.
    const fn key(&self) -> (u8, u8) {
        (self.stage.get(), self.part.code())
    }
}

/// A manifest whose rules hold, with the exact bytes that are (to be) signed.
#[derive(Clone, Debug)]
pub struct Manifest {
    bytes: Vec<u8>,
    body: ManifestBody,
    suite: &'static Suite,
    lot: LotKey,
}

impl Manifest {
    /// Reads a manifest from the exact bytes that were signed; they are kept and never made anew.
    ///
    /// # Errors
    ///
    /// [`ManifestError`]; unknown and duplicate keys, a byte order mark and trailing bytes are
    /// refused as syntax.
    pub fn parse(bytes: &[u8]) -> Result<Self, ManifestError> {
        if bytes.len() > MANIFEST_MAX {
            return Err(ManifestError::TooLong(bytes.len()));
        }
        let body: ManifestBody = serde_json::from_slice(bytes)?;
        // A derived parser also reads a structure from an array of its fields; the format does not.
        if !names_its_fields(&serde_json::from_slice(bytes)?) {
            return Err(ManifestError::NotObject);
        }
        Self::checked(bytes.to_vec(), body)
    }

    /// Makes the bytes to be signed. Parts are put in order.
    ///
    /// # Errors
    ///
    /// [`ManifestError`], by the same rules as for received bytes.
    pub fn build(mut body: ManifestBody) -> Result<Self, ManifestError> {
        body.parts.sort_by_key(ManifestPart::key);
        let bytes = serde_json::to_vec(&body)?;
        if bytes.len() > MANIFEST_MAX {
            return Err(ManifestError::TooLong(bytes.len()));
        }
        Self::checked(bytes, body)
    }

    fn checked(bytes: Vec<u8>, body: ManifestBody) -> Result<Self, ManifestError> {
        if body.v != 1 {
            return Err(ManifestError::Version(body.v));
        }
        let suite = Suite::by_id(body.suite).map_err(|_| ManifestError::Suite(body.suite))?;
        check_sequence(&body)?;
        check_parts(&body)?;
        let lot = LotKey { tender: body.tender.clone(), lot: body.lot.clone() };
        Ok(Self { bytes, body, suite, lot })
    }

    /// The exact bytes.
    pub fn bytes(&self) -> &[u8] {
        &self.bytes
    }

    /// The fields.
    pub const fn body(&self) -> &ManifestBody {
        &self.body
    }

    /// The suite.
    pub const fn suite(&self) -> &'static Suite {
        self.suite
    }

    /// The lot.
    pub const fn lot(&self) -> &LotKey {
        &self.lot
    }

    /// SHA-256 of the exact bytes, whatever the suite: the name of the manifest everywhere.
    pub fn sha256(&self) -> Digest {
        SUITE_1.hash(&self.bytes)
    }

    /// The entry of a part; `None` if the bid has none.
    pub fn part(&self, stage: Stage, part: Part) -> Option<&ManifestPart> {
        self.body.parts.iter().find(|entry| entry.stage == stage && entry.part == part)
    }

    /// The context that a part of this bid must have been sealed in, whether or not it is listed.
    pub fn context_for(&self, stage: Stage, part: Part) -> Context {
        Context::of_bid(&BidContext {
            suite: self.suite,
            ceremony_id: self.body.ceremony_id,
            lot: &self.lot,
            stage,
            part,
            bidder: &self.body.bidder.code,
            signer_spki: self.body.signer_spki_sha256,
            seq: self.body.seq,
            supersedes: self.body.supersedes,
        })
    }

    /// Checks that a header is the one of a listed part: context, padding, digest, length. The
    /// proof is a separate check, because it needs the ceremony key.
    ///
    /// # Errors
    ///
    /// [`HeaderMismatch`].
    pub fn expect_header(
        &self,
        stage: Stage,
        part: Part,
        header: &Header,
    ) -> Result<(), HeaderMismatch> {
        let entry = self.part(stage, part).ok_or(HeaderMismatch::NoSuchPart)?;
        header.expect_context(&self.context_for(stage, part))?;
        if header.padding() != Padding::of(part) {
            return Err(HeaderMismatch::Padding(part));
        }
        if header.digest() != entry.header_sha256 {
            return Err(HeaderMismatch::Digest);
        }
        if header.file_len() != entry.file_len {
            let (signed, header) = (entry.file_len, header.file_len());
            return Err(HeaderMismatch::Length { signed, header });
        }
        Ok(())
    }

    /// Checks that a plaintext handed in later is the one that the bidder committed to when it
    /// signed: the remedy where an object cannot be opened for no fault of the bidder. `salt` is the
    /// one that the bidder kept.
    ///
    /// Whether the remedy is allowed at all is the tender's rule, not decided here.
    ///
    /// # Errors
    ///
    /// [`BackupError`].
    ///
    /// # Source
    ///
    /// 电子招标投标办法 art. 31 (补救方案); ruling 1.
    pub fn check_backup(
        &self,
        stage: Stage,
        part: Part,
        salt: &PlaintextSalt,
        file: &mut dyn Read,
    ) -> Result<(), BackupError> {
        let entry = self.part(stage, part).ok_or(BackupError::NoSuchPart)?;
        let commitment = entry.pt_commit.as_ref().ok_or(BackupError::NoCommitment)?;
        // The sealed file is longer than its plaintext.
        check_backup(self.suite, commitment, salt, entry.file_len, file)
    }

    /// Checks that this manifest may take the place of `previous`, the bidder's version that counts
    /// so far.
    ///
    /// # Errors
    ///
    /// [`SequenceError`].
    pub fn expect_replaces(&self, previous: &Self) -> Result<(), SequenceError> {
        if self.lot != previous.lot || self.body.bidder.code != previous.body.bidder.code {
            return Err(SequenceError::Other);
        }
        let (previous_seq, found) = (previous.body.seq, self.body.seq);
        if found <= previous_seq {
            return Err(SequenceError::NotGreater { previous: previous_seq, found });
        }
        if self.body.supersedes == previous.sha256() {
            Ok(())
        } else {
            Err(SequenceError::Replaces)
        }
    }
}

fn names_its_fields(manifest: &Value) -> bool {
    let parts = manifest.get("parts").and_then(Value::as_array);
    manifest.is_object()
        && manifest.get("bidder").is_some_and(Value::is_object)
        && parts.is_some_and(|parts| parts.iter().all(Value::is_object))
}

fn check_sequence(body: &ManifestBody) -> Result<(), SequenceError> {
    let (first, replaces) = (body.seq.get() == 1, body.supersedes != Digest::ZERO);
    match (first, replaces, body.kind) {
        (true, true, _) => Err(SequenceError::FirstReplaces),
        (false, false, _) => Err(SequenceError::LaterReplacesNothing(body.seq)),
        (true, false, ManifestKind::Withdraw) => Err(SequenceError::WithdrawsNothing),
        (true, false, ManifestKind::Submit) | (false, true, _) => Ok(()),
    }
}

fn check_parts(body: &ManifestBody) -> Result<(), ManifestError> {
    let parts = &body.parts;
    if parts.len() > PARTS_MAX {
        return Err(ManifestError::TooManyParts(parts.len()));
    }
    if body.kind == ManifestKind::Withdraw {
        return if parts.is_empty() { Ok(()) } else { Err(ManifestError::WithdrawalWithParts) };
    }
    let mut previous = (0, 0);
    for part in parts {
        if part.key() <= previous {
            return Err(ManifestError::PartOrder { stage: part.stage, part: part.part });
        }
        previous = part.key();
        if !(1..=JSON_INTEGER_MAX).contains(&part.file_len) {
            return Err(ManifestError::FileLength(part.file_len));
        }
    }
    if parts.iter().any(|part| part.part == Part::Price) {
        Ok(())
    } else {
        Err(ManifestError::NoPrice)
    }
}
