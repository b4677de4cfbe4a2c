//! TRU and CER: the tender file, the trust list it names, the ceremony.

use std::sync::Arc;

use kaibiao_ceremony::{
    Bytes, CeremonyBundle, CeremonyRecord, CustodianSignature, RecordError, Rehearsal, Transcript,
};
use kaibiao_crypto::SUITE_1;
use kaibiao_opening::{TenderDraft, TenderError, TenderFile};
use kaibiao_replay::{TenderFault, TenderMaterial, VerifiedTender};
use kaibiao_types::UtcMillis;

use super::Run;
use super::files::Files;
use super::findings::{Why, chain};
use crate::{CheckId, layout};

/// What is checked about a tender and its ceremony, in this order; after a failure nothing follows.
const STEPS: [CheckId; 4] = [CheckId::Tru02, CheckId::Cer01, CheckId::Cer02, CheckId::Cer03];

/// The tender's files as they lie in the package.
#[derive(Default)]
pub(super) struct TenderFiles {
    tender: Vec<u8>,
    tender_cms: Vec<u8>,
    draft: Vec<u8>,
    draft_cms: Vec<u8>,
    complete: bool,
    /// The tender file if it is well formed. Nobody has vouched for it yet.
    pub(super) file: Option<TenderFile>,
}

impl Run {
    /// TRU-01.
    pub(super) fn tender_files(&mut self, files: &mut Files<'_>) -> TenderFiles {
        let mut take = |name: &str| files.read(name);
        let read = (
            take(layout::TENDER),
            take(layout::TENDER_CMS),
            take(layout::DRAFT),
            take(layout::DRAFT_CMS),
        );
        let complete = matches!(read, (Some(_), Some(_), Some(_), Some(_)));
        let (tender, tender_cms, draft, draft_cms) = read;
        if tender.is_none() || draft.is_none() {
            let name = if tender.is_none() { layout::TENDER } else { layout::DRAFT };
            self.findings.unknown(CheckId::Tru01, None, Why::missing(name));
        }
        let parsed = tender.as_deref().map(TenderFile::parse).transpose();
        let draft_parsed = draft.as_deref().map(TenderDraft::parse).transpose();
        let file = parsed.as_ref().ok().cloned().flatten();
        match (&parsed, &draft_parsed) {
            (Err(error), _) | (_, Err(error)) => self.tender_form(error),
            (Ok(Some(file)), Ok(Some(draft))) => {
                self.findings.judge(CheckId::Tru01, None, file.matches_draft(draft), || {
                    Why::text("the terms of tender file and draft differ").at(layout::TENDER)
                });
            }
            _ => {}
        }
        if let Some(file) = &file {
            let terms = file.terms();
            self.facts.lot = Some(file.lot_key());
            self.facts.title = Some((terms.title.zh.clone(), terms.title.en.clone()));
            self.facts.deadline = Some(terms.deadline);
        }
        TenderFiles {
            tender: tender.unwrap_or_default(),
            tender_cms: tender_cms.unwrap_or_default(),
            draft: draft.unwrap_or_default(),
            draft_cms: draft_cms.unwrap_or_default(),
            complete,
            file,
        }
    }

    fn tender_form(&mut self, error: &TenderError) {
        let why = Why::format(error).at(layout::TENDER);
        match error {
            // A newer program may read it.
            TenderError::Version => self.findings.unknown(CheckId::Tru01, None, why),
            _ => self.findings.fail(CheckId::Tru01, None, why),
        }
    }

    /// TRU-03, and the note where the auditor judges by another list.
    pub(super) fn trust_list(&mut self, files: &mut Files<'_>, tender: Option<&TenderFile>) {
        let Some(named) = tender.map(|file| file.announced().trust_sha256) else { return };
        match files.read(layout::TRUST) {
            None => self.findings.unknown(CheckId::Tru03, None, Why::missing(layout::TRUST)),
            Some(bytes) => {
                self.findings.judge(CheckId::Tru03, None, SUITE_1.hash(&bytes) == named, || {
                    Why::hash(format!("the tender file names {named}")).at(layout::TRUST)
                });
            }
        }
        let own = self.trust.sha256();
        if own != named {
            self.findings.note(
                "trust-list-differs",
                None,
                format!(
                    "审计人所用的信任列表（{own}）不是招标文件所指定的；结论以审计人的列表为准"
                ),
                format!(
                    "the auditor's trust list ({own}) is not the one the tender file names; the \
                     verdict is by the auditor's"
                ),
            );
        }
    }

    /// TRU-02, CER-01 to CER-03, judged at the time of the first log entry.
    pub(super) fn tender_and_ceremony(
        &mut self,
        files: &mut Files<'_>,
        tender: &TenderFiles,
        at: Option<UtcMillis>,
    ) -> Option<Arc<VerifiedTender>> {
        let bundle = self.ceremony_bundle(files)?;
        let at = at.filter(|_| tender.complete)?;
        let material = TenderMaterial {
            tender: &tender.tender,
            tender_cms: &tender.tender_cms,
            draft: &tender.draft,
            draft_cms: &tender.draft_cms,
            ceremony: &bundle,
        };
        match VerifiedTender::verify_by(&material, &self.trust, at) {
            Ok(verified) => {
                self.first_steps(STEPS.len());
                Some(Arc::new(verified))
            }
            Err(fault) => {
                let failed = self.tender_fault(&fault);
                // What stands before the failing step was found right; the log's key comes last.
                let last = if failed == CheckId::Log02 { STEPS.len() } else { 0 };
                let before = STEPS.iter().position(|check| *check == failed).unwrap_or(last);
                self.first_steps(before);
                None
            }
        }
    }

    fn first_steps(&mut self, count: usize) {
        for check in STEPS.iter().take(count) {
            self.findings.pass(*check, None);
        }
    }

    fn tender_fault(&mut self, fault: &TenderFault) -> CheckId {
        let why = || Why::text(format!("{}: {}", fault.label(), chain(fault)));
        match fault {
            TenderFault::HostSignature(Some(error)) => {
                self.findings.signature(CheckId::Tru02, None, error, layout::TENDER_CMS);
                CheckId::Tru02
            }
            TenderFault::CustodianSignature(index, Some(error)) => {
                let file = layout::custodian_cms(*index);
                self.findings.signature(CheckId::Cer02, None, error, &file);
                CheckId::Cer02
            }
            TenderFault::CeremonyRecord(RecordError::Version { .. }) => {
                self.findings.unknown(CheckId::Cer01, None, why().at(layout::CEREMONY));
                CheckId::Cer01
            }
            _ => {
                let (check, file) = place(fault);
                self.findings.fail(check, None, why().at(file));
                check
            }
        }
    }

    /// The bundle as it was published, put together again from its pieces.
    fn ceremony_bundle(&mut self, files: &mut Files<'_>) -> Option<Vec<u8>> {
        let pieces = [layout::CEREMONY, layout::TRANSCRIPT, layout::REHEARSAL];
        for name in pieces.into_iter().filter(|name| !files.has(name)) {
            self.findings.unknown(CheckId::Cer01, None, Why::missing(name));
        }
        let [ceremony, transcript, rehearsal] = pieces.map(|name| files.read(name));
        let (ceremony, transcript, rehearsal) = (ceremony?, transcript?, rehearsal?);
        let record = CeremonyRecord::parse(&ceremony).map_err(|error| (error, layout::CEREMONY));
        let malformed = |error: serde_json::Error| RecordError::Malformed(error.to_string());
        let transcript: Result<Transcript, _> = serde_json::from_slice(&transcript)
            .map_err(|error| (malformed(error), layout::TRANSCRIPT));
        let rehearsal: Result<Vec<Rehearsal>, _> = serde_json::from_slice(&rehearsal)
            .map_err(|error| (malformed(error), layout::REHEARSAL));
        let read = record.and_then(|record| Ok((record, transcript?, rehearsal?)));
        let (record, transcript, rehearsal) = match read {
            Ok(read) => read,
            Err((error, file)) => {
                let why = Why::format(&error).at(file);
                match error {
                    RecordError::Version { .. } => {
                        self.findings.unknown(CheckId::Cer01, None, why);
                    }
                    _ => self.findings.fail(CheckId::Cer01, None, why),
                }
                return None;
            }
        };
        let mut signatures = Vec::new();
        for custodian in &record.custodians {
            let name = layout::custodian_cms(custodian.index);
            let Some(cms) = files.read(&name) else {
                self.findings.unknown(CheckId::Cer02, None, Why::missing(&name));
                return None;
            };
            signatures.push(CustodianSignature { index: custodian.index, cms_b64: Bytes(cms) });
        }
        let ceremony_b64 = Bytes(ceremony);
        serde_json::to_vec(&CeremonyBundle { ceremony_b64, signatures, transcript, rehearsal }).ok()
    }
}

/// The check that a fault answers, and the file it is about.
const fn place(fault: &TenderFault) -> (CheckId, &'static str) {
    match fault {
        TenderFault::HostSignature(_) => (CheckId::Tru02, layout::TENDER_CMS),
        TenderFault::CustodianSignature(..) => (CheckId::Cer02, layout::CEREMONY),
        TenderFault::Rehearsal => (CheckId::Cer03, layout::REHEARSAL),
        TenderFault::Form(_) | TenderFault::Draft => (CheckId::Tru01, layout::TENDER),
        TenderFault::TrustList { .. } => (CheckId::Tru03, layout::TRUST),
        TenderFault::Log => (CheckId::Log02, layout::TENDER),
        _ => (CheckId::Cer01, layout::CEREMONY),
    }
}
