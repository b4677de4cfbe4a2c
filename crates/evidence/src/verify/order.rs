//! ORD: the order in time, read from the log itself.
//!
//! The procedure was checked entry by entry already (ORD-01). These checks look at the log once
//! more, without the state that the procedure keeps, for the three promises that matter most.

use kaibiao_journal::{EntryLine, OpeningLog};
use kaibiao_opening::{DeadlinePostponed, EventKind, MeasureTaken, SetFrozen, TenderFile};

use super::Run;
use super::findings::Why;
use super::log::{LogFiles, Replayed};
use crate::CheckId;

impl Run {
    /// ORD-02 to ORD-05.
    pub(super) fn order(
        &mut self,
        files: &LogFiles,
        replayed: Option<&Replayed>,
        tender: Option<&TenderFile>,
    ) {
        let (Some(log), Some(tender)) = (&files.log, tender) else { return };
        let unsealing = log.entries().iter().find(|entry| unseals(entry));
        self.unsealed_late_enough(log, unsealing, tender);
        self.too_few(log, unsealing, tender);
        self.over(log, replayed, tender);
        match (self.at, log.last_at()) {
            (Some(now), Some(last)) => {
                self.findings.judge(CheckId::Ord05, None, last <= now, || {
                    Why::text(format!("the last entry is dated {last}, judged at {now}"))
                        .entry(log.len().saturating_sub(1))
                });
            }
            (None, _) => self.findings.not_applicable(CheckId::Ord05, None),
            (Some(_), None) => {}
        }
    }

    fn unsealed_late_enough(
        &mut self,
        log: &OpeningLog,
        unsealing: Option<&EntryLine>,
        tender: &TenderFile,
    ) {
        let Some(first) = unsealing else {
            return self.findings.not_applicable(CheckId::Ord02, None);
        };
        let before = |kind: EventKind| {
            let mut entries = log.entries().iter().take_while(|e| e.index() < first.index());
            entries.any(|entry| entry.kind() == kind.name())
        };
        // Without the state that the procedure keeps: the last postponement in the log counts.
        let postponed = log.entries().iter().rev().find_map(|entry| {
            let kinds = [EventKind::DeadlinePostponed, EventKind::OutagePostponed];
            let postponed = kinds.iter().any(|kind| kind.name() == entry.kind());
            postponed.then(|| entry.data_as::<DeadlinePostponed>().ok()).flatten()
        });
        let deadline = postponed.map_or(tender.terms().deadline, |to| to.deadline);
        let closed = before(EventKind::IntakeClosed);
        let frozen = before(EventKind::SetFrozen) && before(EventKind::FreezeCompleted);
        self.findings.judge(
            CheckId::Ord02,
            None,
            closed && frozen && first.at() >= deadline,
            || {
                Why::text(format!(
                    "unsealing at {}, deadline {deadline}, closing head before it: {closed}, \
                     completed freeze before it: {frozen}",
                    first.at()
                ))
                .entry(first.index())
            },
        );
    }

    /// 招标投标法实施条例 art. 44 ¶2: fewer than three bidders, nothing is opened.
    fn too_few(&mut self, log: &OpeningLog, unsealing: Option<&EntryLine>, tender: &TenderFile) {
        let set = log.entries().iter().find(|entry| entry.kind() == EventKind::SetFrozen.name());
        let Some(Ok(set)) = set.map(EntryLine::data_as::<SetFrozen>) else { return };
        let min = tender.terms().min_bidders;
        if set.bidders >= min {
            return self.findings.not_applicable(CheckId::Ord03, None);
        }
        match unsealing {
            None => self.findings.pass(CheckId::Ord03, None),
            Some(entry) => {
                let why = Why::text(format!("{} bidders of {min}", set.bidders));
                self.findings.fail(CheckId::Ord03, None, why.entry(entry.index()));
            }
        }
    }

    /// The log ends with its end and what may follow it, and the whole of it was believed.
    fn over(&mut self, log: &OpeningLog, replayed: Option<&Replayed>, tender: &TenderFile) {
        let end = log.entries().iter().find(|entry| ends(entry));
        let after = end.and_then(|end| {
            // Only signed journals and the destruction of shares follow the end (rulings 17, 19), and
            // after a close the result, where the tender file has a session for it (ADR-0024).
            let closed = end.kind() == EventKind::OpeningClosed.name();
            let told = closed && tender.terms().result.is_some();
            let allowed = |kind: &str| match EventKind::parse(kind) {
                Some(EventKind::JournalSigned | EventKind::KeyDestroyed) => true,
                Some(EventKind::ResultAnnounced | EventKind::ResultAnswered) => told,
                _ => false,
            };
            let mut rest = log.entries().iter().skip_while(|entry| entry.index() <= end.index());
            rest.find(|entry| !allowed(entry.kind()))
        });
        match (end, after) {
            (Some(_), Some(entry)) => {
                let why = Why::text("entries follow the end").entry(entry.index());
                self.findings.fail(CheckId::Ord04, None, why);
            }
            (Some(_), None) if replayed.is_some_and(|replayed| replayed.complete) => {
                self.findings.pass(CheckId::Ord04, None);
            }
            (Some(_), None) => {}
            (None, _) => {
                let why = Why::text("the log does not reach the end of the opening");
                self.findings.unknown(CheckId::Ord04, None, why.entry(log.len().saturating_sub(1)));
            }
        }
    }
}

/// Whether an entry is part of an unsealing.
fn unseals(entry: &EntryLine) -> bool {
    [
        EventKind::UnsealingStarted,
        EventKind::PartialsReceived,
        EventKind::PricesPublished,
        EventKind::DocumentsOpened,
        EventKind::DrawStarted,
        EventKind::DrawPartial,
        EventKind::DrawMade,
    ]
    .iter()
    .any(|kind| entry.kind() == kind.name())
}

fn ends(entry: &EntryLine) -> bool {
    let measure = entry.kind() == EventKind::MeasureTaken.name();
    if measure && entry.data_as::<MeasureTaken>().is_ok_and(|taken| taken.measure.ends()) {
        return true;
    }
    [EventKind::OpeningClosed, EventKind::TooFewBidders]
        .iter()
        .any(|kind| entry.kind() == kind.name())
}
