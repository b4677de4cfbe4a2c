//! LOG, WIT and the signatures in the log: the entries, their tree, their meaning.

use std::sync::Arc;

use kaibiao_journal::{CheckpointError, CosignedCheckpoint, LogOrigin, OpeningLog, VerifierKey};
use kaibiao_merkle::{RootBuilder, leaf_hash};
use kaibiao_opening::{Event, EventKind, PartialsReceived, TenderFile};
use kaibiao_replay::{Replay, ReplayFault, VerifiedTender};
use kaibiao_types::{Digest, UtcMillis};

use super::Run;
use super::files::Files;
use super::findings::{Why, chain};
use super::journal_time::by_another_clock;
use crate::{CheckId, layout};

/// The log as it lies in the package.
#[derive(Default)]
pub(super) struct LogFiles {
    /// The entries, if they are well formed. Their authors are not checked yet.
    pub(super) log: Option<OpeningLog>,
    /// The signed final head.
    checkpoint: Option<String>,
}

/// The log as it was believed, entry by entry.
pub(super) struct Replayed {
    pub(super) replay: Replay,
    /// What custodians released, in log order.
    pub(super) partials: Vec<PartialsReceived>,
    /// Whether every entry was believed.
    pub(super) complete: bool,
}

impl LogFiles {
    /// When the first entry was written.
    pub(super) fn first_at(&self) -> Option<UtcMillis> {
        self.log.as_ref()?.entry(0).map(kaibiao_journal::EntryLine::at)
    }

    /// When the last entry was written.
    pub(super) fn last_at(&self) -> Option<UtcMillis> {
        self.log.as_ref()?.last_at()
    }
}

impl Run {
    /// LOG-01 to LOG-03: form, head, tree. They need no trust in any certificate.
    pub(super) fn log_files(
        &mut self,
        files: &mut Files<'_>,
        tender: Option<&TenderFile>,
    ) -> LogFiles {
        let entries = files.read(layout::ENTRIES);
        if entries.is_none() {
            self.findings.unknown(CheckId::Log01, None, Why::missing(layout::ENTRIES));
            self.findings.unknown(CheckId::Log03, None, Why::missing(layout::ENTRIES));
        }
        let checkpoint = self.checkpoint_text(files);
        let key = tender.and_then(|file| file.announced().log.vkey.parse::<VerifierKey>().ok());
        let verified = match (&checkpoint, &key) {
            (Some(text), Some(key)) => self.final_head(text, key),
            _ => None,
        };
        if let Some(entries) = &entries {
            let (size, root) = tree(entries);
            self.facts.head = Some((size, root));
            if let Some(head) = verified.map(|verified| verified.checkpoint().head) {
                self.findings.judge(
                    CheckId::Log03,
                    None,
                    (size, root) == (head.size, head.root),
                    || {
                        Why::hash(format!(
                            "{size} entries give {root}, the head is {} of {} entries",
                            head.root, head.size
                        ))
                        .at(layout::ENTRIES)
                    },
                );
            }
        }
        let origin = tender.and_then(|file| LogOrigin::parse(&file.announced().log.origin).ok());
        let log = entries.zip(origin).and_then(|(entries, origin)| self.lines(&entries, origin));
        LogFiles { log, checkpoint }
    }

    fn checkpoint_text(&mut self, files: &mut Files<'_>) -> Option<String> {
        match files.read(layout::CHECKPOINT).map(String::from_utf8) {
            Some(Ok(text)) => Some(text),
            Some(Err(error)) => {
                let why = Why::format(&error).at(layout::CHECKPOINT);
                self.findings.fail(CheckId::Log02, None, why);
                None
            }
            None => {
                self.findings.unknown(CheckId::Log02, None, Why::missing(layout::CHECKPOINT));
                None
            }
        }
    }

    fn final_head(&mut self, text: &str, key: &VerifierKey) -> Option<CosignedCheckpoint> {
        match CosignedCheckpoint::verify(text, key, &[]) {
            Ok(verified) => {
                self.findings.pass(CheckId::Log02, None);
                Some(verified)
            }
            Err(error) => {
                let indication = match error {
                    CheckpointError::LogSignature => "SIG_CRYPTO_FAILURE",
                    _ => "FORMAT_FAILURE",
                };
                let why = Why::text(format!("{}: {}", error.label(), chain(&error)));
                let why = why.indication(indication).at(layout::CHECKPOINT);
                self.findings.fail(CheckId::Log02, None, why);
                None
            }
        }
    }

    fn lines(&mut self, entries: &[u8], origin: LogOrigin) -> Option<OpeningLog> {
        match OpeningLog::replay(origin, entries) {
            Ok(log) => {
                self.findings.pass(CheckId::Log01, None);
                Some(log)
            }
            Err(error) => {
                let why = Why::text(format!("{}: {}", error.label(), chain(&error)));
                let why = why.indication("FORMAT_FAILURE").at(layout::ENTRIES);
                self.findings.fail(CheckId::Log01, None, why);
                None
            }
        }
    }

    /// LOG-05, SIG-02 to SIG-04, WIT-01, ORD-01: every entry by the one reading that custodians
    /// used too.
    pub(super) fn replay(&mut self, tender: Arc<VerifiedTender>, files: &LogFiles) -> Replayed {
        let mut replay = Replay::new(tender, Arc::clone(&self.trust));
        let mut partials = Vec::new();
        let entries = files.log.as_ref().map_or(&[][..], OpeningLog::entries);
        let mut complete = files.log.is_some();
        for entry in entries {
            match replay.ingest(entry.line()) {
                Ok(Event::PartialsReceived(received)) => partials.push(received),
                Ok(_) => {}
                Err(fault) => {
                    self.replay_fault(entry.index(), entry.kind(), &fault);
                    complete = false;
                    break;
                }
            }
        }
        if !entries.is_empty() && replay.state().entries() > 0 {
            self.findings.pass(CheckId::Log05, None);
        }
        if complete {
            self.whole_log(&replay);
        }
        Replayed { replay, partials, complete }
    }

    /// The checks that hold once every entry was believed.
    fn whole_log(&mut self, replay: &Replay) {
        let state = replay.state();
        self.findings.pass(CheckId::Ord01, None);
        self.findings.pass(CheckId::Sig02, None);
        // Without a closing head or a countersigned freeze there is nothing to pass.
        if let Some(witnessed) = replay.witnessed() {
            self.closing_head(witnessed, replay);
        }
        if !state.freeze_signers().is_empty() {
            self.findings.pass(CheckId::Sig03, None);
        }
        if state.destroyed().is_empty() {
            self.findings.not_applicable(CheckId::Cer04, None);
        } else {
            self.findings.pass(CheckId::Cer04, None);
        }
        if state.draws().is_empty() {
            self.findings.not_applicable(CheckId::Drw01, None);
        } else {
            self.findings.pass(CheckId::Drw01, None);
        }
        if state.journals().is_empty() {
            for check in [CheckId::Jrn01, CheckId::Jrn02, CheckId::Jrn03, CheckId::Jrn04] {
                self.findings.not_applicable(check, None);
            }
        }
        if state.record_signatures().is_empty() {
            self.findings.not_applicable(CheckId::Sig04, None);
        } else {
            self.findings.pass(CheckId::Sig04, None);
        }
    }

    /// WIT-01: ruling 9. A quorum that came late makes no bid late; but then nobody but the hall saw
    /// that the last bids were in time. A quorum before the deadline saw an intake that closed early.
    fn closing_head(&mut self, witnessed: UtcMillis, replay: &Replay) {
        let (deadline, terms) = (replay.deadline(), replay.tender().file().terms());
        let open = if witnessed > deadline.plus(terms.grace_ms) {
            "that bids above the last head cosigned in time were in time"
        } else if witnessed < by_another_clock(deadline, &terms.custody.time) {
            "that nobody was turned away who was in time"
        } else {
            return self.findings.pass(CheckId::Wit01, None);
        };
        let why = format!(
            "k custodians had cosigned it at {witnessed}, the deadline is {deadline}; {open} rests on \
             the hall's own stamps"
        );
        let why = Why::text(why).indication("NO_POE").at(layout::ENTRIES);
        self.findings.unknown(CheckId::Wit01, None, why);
    }

    fn replay_fault(&mut self, index: u64, kind: &str, fault: &ReplayFault) {
        let check = place(kind, fault);
        if let ReplayFault::Signature { source: Some(error), .. } = fault {
            let file = format!("{}#{index}", layout::ENTRIES);
            return self.findings.signature(check, None, error, &file);
        }
        let why = Why::text(format!("{}: {}", fault.label(), chain(fault))).entry(index);
        let why = match fault {
            ReplayFault::Record => why.indication("HASH_FAILURE"),
            ReplayFault::Line(_) | ReplayFault::Event { .. } => why.indication("FORMAT_FAILURE"),
            ReplayFault::Signature { .. } | ReplayFault::Command { .. } => {
                why.indication("SIG_CONSTRAINTS_FAILURE")
            }
            ReplayFault::Cosignature { .. } => why.indication("SIG_CRYPTO_FAILURE"),
            _ => why,
        };
        self.findings.fail(check, None, why);
    }

    /// WIT-02: the custodians on the final head.
    pub(super) fn witnesses(
        &mut self,
        files: &mut Files<'_>,
        replayed: Option<&Replayed>,
        log: &LogFiles,
    ) {
        self.log_key_copy(files, replayed);
        let (Some(replayed), Some(text)) = (replayed, &log.checkpoint) else { return };
        let tender = replayed.replay.tender();
        let needed = tender.file().terms().custody.threshold.k();
        match CosignedCheckpoint::verify(text, tender.log_key(), tender.cosign_keys()) {
            Ok(verified) => {
                // What the auditor's instant has not reached yet does not count.
                let known = |at: UtcMillis| self.at.is_none_or(|now| at <= now);
                let found = verified.cosignatures().iter().filter(|c| known(c.at)).count();
                self.facts.cosigned = Some((found, needed));
                if found >= usize::from(needed) {
                    self.findings.pass(CheckId::Wit02, None);
                } else {
                    let why =
                        Why::text(format!("{found} custodians cosigned, {needed} are needed"));
                    self.findings.unknown(CheckId::Wit02, None, why.at(layout::CHECKPOINT));
                }
            }
            // A broken log signature is LOG-02's.
            Err(error @ CheckpointError::Cosignature(_)) => {
                let why = Why::of(&error).indication("SIG_CRYPTO_FAILURE").at(layout::CHECKPOINT);
                self.findings.fail(CheckId::Wit02, None, why);
            }
            Err(error) => self.findings.unknown(CheckId::Wit02, None, Why::of(&error)),
        }
    }

    /// REC-03: the copy of the log's key beside the trust list.
    fn log_key_copy(&mut self, files: &mut Files<'_>, replayed: Option<&Replayed>) {
        // Which other copies there are, only the whole log can say.
        let Some(replayed) = replayed.filter(|replayed| replayed.complete) else { return };
        let named = format!("{}\n", replayed.replay.tender().file().announced().log.vkey);
        match files.read(layout::LOG_KEY) {
            None => self.findings.unknown(CheckId::Rec03, None, Why::missing(layout::LOG_KEY)),
            Some(copy) => {
                self.findings.judge(CheckId::Rec03, None, copy == named.as_bytes(), || {
                    Why::hash("the copy of the log's key differs from the tender file")
                        .at(layout::LOG_KEY)
                });
            }
        }
    }
}

/// Number of lines and RFC 6962 root, without reading what the lines say.
fn tree(entries: &[u8]) -> (u64, Digest) {
    let mut tree = RootBuilder::new();
    let mut size = 0;
    for line in entries.split_inclusive(|byte| *byte == b'\n') {
        tree.push(leaf_hash(line.strip_suffix(b"\n").unwrap_or(line)));
        size += 1;
    }
    (size, tree.finish())
}

/// The check that a fault of the log answers.
fn place(kind: &str, fault: &ReplayFault) -> CheckId {
    let kind = EventKind::parse(kind);
    match (fault, kind) {
        (ReplayFault::OtherTender, _) => CheckId::Log05,
        (ReplayFault::Line(_) | ReplayFault::Log(_) | ReplayFault::Event { .. }, _) => {
            CheckId::Log01
        }
        (ReplayFault::Cosignature { .. } | ReplayFault::ClosingHead { .. }, _) => CheckId::Wit01,
        (ReplayFault::Record, _) => CheckId::Rec02,
        (ReplayFault::Draw { .. }, _) => CheckId::Drw01,
        (ReplayFault::Signature { .. }, Some(EventKind::FreezeSigned)) => CheckId::Sig03,
        (ReplayFault::Signature { .. }, Some(EventKind::RecordSigned)) => CheckId::Sig04,
        (ReplayFault::Signature { .. }, Some(EventKind::KeyDestroyed)) => CheckId::Cer04,
        (ReplayFault::Signature { .. }, Some(EventKind::JournalSigned)) => CheckId::Jrn01,
        (
            ReplayFault::Signature { .. }
            | ReplayFault::Command { .. }
            | ReplayFault::CommandMismatch { .. }
            | ReplayFault::Replayed { .. },
            _,
        ) => CheckId::Sig02,
        (ReplayFault::Procedure(_), Some(EventKind::SetFrozen)) => CheckId::Sea01,
        _ => CheckId::Ord01,
    }
}
