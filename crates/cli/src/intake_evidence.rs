//! What the hall signs while a bid is sent, checked and kept beside the receipt: so both sides hold the
//! same evidence, also of a bid that was not received.

use std::fs::OpenOptions;
use std::io::Write as _;
use std::path::Path;
use std::sync::{Mutex, PoisonError};

use kaibiao_journal::{IntakeRefusal, Progress};
use kaibiao_pki::cms::{self, Pin};
use kaibiao_replay::VerifiedTender;
use kaibiao_types::Digest;
use kaibiao_wire::{Label, SignedStatement, UploadAnswer, to_json};

use crate::failure::Failure;
use crate::files;

/// The newest progress statement in a bid folder, with the hall's signature.
pub(crate) const PROGRESS: &str = "progress.json";
/// Every signed refusal, one on each line.
pub(crate) const REFUSALS: &str = "refusals.jsonl";

/// The evidence of one bid on its way.
#[derive(Debug)]
pub(crate) struct Evidence<'a> {
    folder: &'a Path,
    tender: &'a VerifiedTender,
    manifest_sha256: Digest,
    /// Slices stored in the statement that was kept last.
    most: Mutex<Option<u64>>,
}

impl<'a> Evidence<'a> {
    pub(crate) const fn of(
        folder: &'a Path,
        tender: &'a VerifiedTender,
        manifest_sha256: Digest,
    ) -> Self {
        Self { folder, tender, manifest_sha256, most: Mutex::new(None) }
    }

    /// Checks the progress that an answer tells of, and keeps it unless a later one was kept.
    pub(crate) fn progress(&self, answer: &UploadAnswer) -> Result<(), Failure> {
        let signed = &answer.progress;
        self.check(signed).map_err(|failure| failure.at(PROGRESS))?;
        let strange = |detail: &str| Failure::new(Label::BrokenSignature, detail).at(PROGRESS);
        let progress = Progress::parse(signed.statement_b64.as_slice())
            .map_err(|error| strange(&error.to_string()))?;
        if progress.origin != *self.tender.origin()
            || progress.manifest_sha256 != self.manifest_sha256
            || progress.upload.0 != *answer.upload.bytes()
        {
            return Err(strange("the statement is not about this upload"));
        }
        let mut most = self.most.lock().unwrap_or_else(PoisonError::into_inner);
        if most.is_none_or(|most| most <= progress.stored()) {
            files::replace(&self.folder.join(PROGRESS), &to_json(signed)?)?;
            *most = Some(progress.stored());
        }
        Ok(())
    }

    /// The answer as it came; a refusal that the hall signed is kept. One that is not signed as it must
    /// be proves nothing and is not.
    pub(crate) fn heard<T>(&self, answer: Result<T, Failure>) -> Result<T, Failure> {
        let failure = match answer {
            Ok(answer) => return Ok(answer),
            Err(failure) => failure,
        };
        let signed = failure.problem().refusal.clone();
        if let Some(signed) = signed.filter(|signed| self.is_refusal(signed)) {
            self.append(&signed)?;
        }
        Err(failure)
    }

    fn is_refusal(&self, signed: &SignedStatement) -> bool {
        let refusal = IntakeRefusal::parse(signed.statement_b64.as_slice());
        let about_this = refusal.is_ok_and(|refusal| {
            refusal.origin == *self.tender.origin()
                && refusal.manifest_sha256 == self.manifest_sha256
        });
        about_this && self.check(signed).is_ok()
    }

    /// The statement is signed by the hall of the tender file.
    fn check(&self, signed: &SignedStatement) -> Result<(), Failure> {
        let hall = Pin::Certificate(self.tender.file().announced().hall.cert_sha256);
        cms::verify_pinned(signed.cms_b64.as_slice(), signed.statement_b64.as_slice(), hall)?;
        Ok(())
    }

    fn append(&self, signed: &SignedStatement) -> Result<(), Failure> {
        let path = self.folder.join(REFUSALS);
        let mut line = to_json(signed)?;
        line.push(b'\n');
        OpenOptions::new()
            .create(true)
            .append(true)
            .open(&path)
            .and_then(|mut file| {
                file.write_all(&line)?;
                file.sync_all()
            })
            .map_err(|error| Failure::write(&path, &error))
    }
}
