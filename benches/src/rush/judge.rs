//! Whether every bidder holds what it must, and the hall's disk says the same.

use std::io::Read as _;
use std::path::Path;

use kaibiao_crypto::SUITE_1;
use kaibiao_journal::{IntakeRefusal, Progress, Receipt};
use kaibiao_pki::cms::{Pin, verify_pinned};
use kaibiao_store::{PartName, Store, UploadId};
use kaibiao_wire::SignedStatement;

use super::bidder::{Manner, Outcome};
use super::sealed::SealedBid;
use super::world::{World, open_store};
use crate::error::BenchError;

/// What was offered and what came of it.
pub(super) struct Case {
    pub(super) bid: SealedBid,
    pub(super) manner: Manner,
    pub(super) outcome: Outcome,
}

fn wrong(text: impl Into<String>) -> BenchError {
    BenchError::Result(text.into())
}

impl World {
    /// Every bidder has a receipt that holds, or the hall's signed word that its bid was not received.
    pub(super) fn judge(&self, case: &Case) -> Result<(), BenchError> {
        let outcome = &case.outcome;
        if let Some(label) = outcome.unsigned.first() {
            return Err(wrong(format!("a refusal ({label}) is not signed")));
        }
        let mut labels = Vec::new();
        for signed in &outcome.refusals {
            let refusal =
                IntakeRefusal::parse(self.signed(signed)?).map_err(BenchError::product)?;
            if refusal.manifest_sha256 != case.bid.manifest_sha256 {
                return Err(wrong("a refusal is about another bid"));
            }
            labels.push(refusal.label);
        }
        match (&outcome.receipt, case.manner) {
            (Some(_), Manner::TooLate) => Err(wrong("a bid that came too late has a receipt")),
            (Some(answer), _) => {
                let hall = Pin::Certificate(self.hall_sha256);
                let bytes = answer.receipt_b64.as_slice();
                verify_pinned(answer.cms_b64.as_slice(), bytes, hall)
                    .map_err(BenchError::product)?;
                let receipt = Receipt::parse(bytes).map_err(BenchError::product)?;
                let objects = receipt.objects.iter().map(|object| (object.part, object.sha256));
                let sealed = case.bid.objects.iter().map(|object| (object.part, object.sha256));
                let in_time = receipt.completed_at < self.tender.file().terms().deadline;
                if receipt.manifest_sha256 == case.bid.manifest_sha256
                    && objects.eq(sealed)
                    && in_time
                {
                    Ok(())
                } else {
                    Err(wrong("a receipt is not about the bid that was sent, or is late"))
                }
            }
            // The slice that came too late, and the completion without it.
            (None, Manner::TooLate)
                if labels.iter().filter(|label| *label == "late").count() == 0 =>
            {
                Err(wrong(format!("a bid that came too late was told {labels:?}")))
            }
            (None, _) if labels.is_empty() => Err(wrong("a bid has neither receipt nor refusal")),
            (None, _) => Ok(()),
        }
    }

    /// The exact bytes, if the hall signed them.
    fn signed<'a>(&self, signed: &'a SignedStatement) -> Result<&'a [u8], BenchError> {
        let bytes = signed.statement_b64.as_slice();
        let hall = Pin::Certificate(self.hall_sha256);
        verify_pinned(signed.cms_b64.as_slice(), bytes, hall).map_err(BenchError::product)?;
        Ok(bytes)
    }

    /// What a killed hall left on the disk: every receipted byte, and every slice that it said to have.
    pub(super) fn judge_disk(&self, data: &Path, cases: &[Case]) -> Result<(), BenchError> {
        let store = open_store(data)?;
        let lot = self.tender.file().lot_key();
        let done = store.submissions(&lot).map_err(BenchError::product)?;
        let receipts = cases.iter().filter(|case| case.outcome.receipt.is_some()).count();
        if done.len() != receipts {
            return Err(wrong(format!("{receipts} receipts, {} bids on the disk", done.len())));
        }
        for case in cases {
            let Some(upload) = case.outcome.upload else { continue };
            let upload = UploadId::new(*upload.bytes());
            if let Some(progress) = &case.outcome.progress {
                let progress =
                    Progress::parse(self.signed(progress)?).map_err(BenchError::product)?;
                let state = store.upload_state(upload).map_err(BenchError::product)?;
                let lost = progress.parts.iter().zip(&state.parts).any(|(said, found)| {
                    let kept = |n: &u32| {
                        !said.stored.iter().any(|[first, last]| (first..=last).contains(&n))
                    };
                    !found.missing.iter().all(kept)
                });
                if lost {
                    return Err(wrong("a slice that the hall signed for is not on its disk"));
                }
            }
            if case.outcome.receipt.is_some() {
                compare(&store, upload, case)?;
            }
        }
        Ok(())
    }
}

/// Every file of a receipted bid is the one that was sealed.
fn compare(store: &Store, upload: UploadId, case: &Case) -> Result<(), BenchError> {
    let mut buffer = vec![0; 1 << 20];
    for object in &case.bid.objects {
        let name = PartName::from(object.part);
        let mut file = store.open_object(upload, &name).map_err(BenchError::product)?;
        let mut hasher = SUITE_1.hasher();
        loop {
            let count = file.read(&mut buffer).map_err(BenchError::product)?;
            let bytes = buffer.get(..count).unwrap_or_default();
            if bytes.is_empty() {
                break;
            }
            hasher.update(bytes);
        }
        if hasher.finish() != object.sha256 {
            return Err(wrong(format!("{name} of a receipted bid is altered on the disk")));
        }
    }
    Ok(())
}
