//! Rules of the opening record and its versions (办法 art. 32).

use super::{Guard, bad, fits};
use crate::event::{EventKind, RecordCorrected, RecordSigned};
use crate::limits;
use crate::refusal::{DataRule, Refusal};
use crate::state::State;

impl State {
    /// A correction is a new version that names the one before it; nothing is edited.
    pub(super) fn record_corrected(&self, corrected: &RecordCorrected) -> Guard {
        let step = EventKind::RecordCorrected;
        let record = self.record().ok_or(bad(step, DataRule::Number))?;
        let bounded = self.records().len() < limits::RECORD_VERSIONS;
        fits(step, DataRule::Number, bounded && corrected.no == self.next_version())?;
        fits(step, DataRule::Version, corrected.previous == record.sha256)
    }

    /// 电子招标投标办法 art. 32: the parties sign the record, each version once and in their own name.
    pub(super) fn record_signed(&self, signature: &RecordSigned) -> Guard {
        let step = EventKind::RecordSigned;
        let record = self.record().ok_or(bad(step, DataRule::Party))?;
        let known = self.knows(signature.role, &signature.party.code);
        fits(step, DataRule::Party, known.as_ref() == Some(&signature.party))?;
        if signature.record_sha256 != record.sha256 {
            return Err(Refusal::RecordDiffers);
        }
        let signer = (signature.role, signature.party.code.clone());
        if self.record_signers.contains(&signer) {
            return Err(Refusal::AlreadyDone { step });
        }
        Ok(())
    }

    pub(crate) fn next_version(&self) -> u32 {
        // At most limits::RECORD_VERSIONS are accepted, so the count fits.
        u32::try_from(self.records().len()).map_or(u32::MAX, |count| count.saturating_add(1))
    }
}
