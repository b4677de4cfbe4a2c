//! What is to be stamped to keep the evidence of files alive, and the record that comes of it.

use std::path::PathBuf;

use kaibiao_pki::ers::{self, DataObject, EvidenceError, HashTree, VerifiedRecord};
use kaibiao_pki::tsp::Imprint;
use kaibiao_pki::{DigestAlgorithm, TrustList};
use kaibiao_types::UtcMillis;
use kaibiao_wire::Label;

use crate::failure::Failure;
use crate::output::Ui;
use crate::stamping::{explained_record, objects};

/// A renewal that waits for its stamp.
#[derive(Debug)]
pub(crate) struct Renewal {
    way: Way,
    /// The files, if any were given.
    objects: Vec<DataObject>,
}

#[derive(Debug)]
enum Way {
    /// A new record over all files.
    Begin(HashTree),
    /// One more stamp on this record.
    TimeStamp(Vec<u8>),
    /// A new hash tree, by another digest, for this record.
    HashTree(HashTree, Vec<u8>),
}

impl Renewal {
    /// A new record over files.
    pub(crate) fn begin(files: &[PathBuf], digest: DigestAlgorithm) -> Result<Self, Failure> {
        if files.is_empty() {
            return Err(Failure::new(Label::Usage, "a new record needs files"));
        }
        let objects = objects(files, &[digest])?;
        let digests = objects.iter().filter_map(|object| object.digest(digest));
        let tree = HashTree::new(digest, &[digests.map(<[u8]>::to_vec).collect()])?;
        Ok(Self { way: Way::Begin(tree), objects })
    }

    /// Renews a record that holds now: its hash tree if it is to change to another digest, or if its
    /// digest ends before its last time stamp; else the time stamp.
    pub(crate) fn of(
        record: Vec<u8>,
        files: &[PathBuf],
        digest: Option<DigestAlgorithm>,
        trust: &TrustList,
        now: UtcMillis,
        ui: Ui,
    ) -> Result<Self, Failure> {
        let failed = |error| explained_record(error, ui);
        let stamps = ers::verify_stamps(&record, trust, now).map_err(failed)?;
        let wanted = digest.or_else(|| digest_in_need(&stamps));
        let wanted = wanted.filter(|digest| *digest != stamps.algorithm());
        let chains = ers::outline(&record).map_err(failed)?;
        let mut algorithms: Vec<_> = chains.iter().map(|chain| chain.algorithm).collect();
        algorithms.extend(wanted);
        let objects = objects(files, &algorithms)?;
        judge(&record, &objects, trust, now).map_err(failed)?;
        let way = match wanted {
            None => Way::TimeStamp(record),
            Some(digest) if objects.is_empty() => {
                let detail =
                    format!("the digest changes to {digest}: give all files of the record");
                return Err(Failure::new(Label::Usage, detail));
            }
            Some(digest) => {
                let names = ers::renewed_digests(&record, digest, &objects).map_err(failed)?;
                Way::HashTree(HashTree::new(digest, &[names])?, record)
            }
        };
        Ok(Self { way, objects })
    }

    /// What it is: `begun`, `time-stamp` or `hash-tree`.
    pub(crate) const fn kind(&self) -> &'static str {
        match self.way {
            Way::Begin(_) => "begun",
            Way::TimeStamp(_) => "time-stamp",
            Way::HashTree(..) => "hash-tree",
        }
    }

    /// What is to be stamped.
    pub(crate) fn imprint(&self) -> Result<Imprint, EvidenceError> {
        match &self.way {
            Way::Begin(tree) | Way::HashTree(tree, _) => Ok(tree.imprint().clone()),
            Way::TimeStamp(record) => ers::renewal_imprint(record),
        }
    }

    /// The new record, which holds at an instant.
    pub(crate) fn complete(
        &self,
        token: &[u8],
        trust: &TrustList,
        at: UtcMillis,
    ) -> Result<(Vec<u8>, VerifiedRecord), EvidenceError> {
        let record = match &self.way {
            Way::Begin(tree) => tree.begin(0, token)?,
            Way::TimeStamp(old) => ers::renew(old, token)?,
            Way::HashTree(tree, old) => tree.renew(0, old, token)?,
        };
        let verified = judge(&record, &self.objects, trust, at)?;
        Ok((record, verified))
    }
}

/// Judges a record by the objects if there are any, else by its stamps alone.
fn judge(
    record: &[u8],
    objects: &[DataObject],
    trust: &TrustList,
    at: UtcMillis,
) -> Result<VerifiedRecord, EvidenceError> {
    if objects.is_empty() {
        ers::verify_stamps(record, trust, at)
    } else {
        ers::verify(record, objects, trust, at)
    }
}

/// The digest to change to, if that of the record ends before its last time stamp does.
fn digest_in_need(verified: &VerifiedRecord) -> Option<DigestAlgorithm> {
    (verified.due() < verified.stamp_due()).then_some(DigestAlgorithm::Sha512)
}
