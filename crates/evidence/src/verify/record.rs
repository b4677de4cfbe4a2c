//! REC-02 and REC-03: the record and the copies.

use kaibiao_opening::Phase;

use super::Run;
use super::files::Files;
use super::findings::Why;
use super::log::Replayed;
use crate::{CheckId, layout};

impl Run {
    pub(super) fn record(&mut self, files: &mut Files<'_>, replayed: &Replayed) {
        self.opening_record(files, replayed);
        for (name, sheet) in crate::package::sheets(replayed.replay.state()) {
            self.copy(files, CheckId::Rec03, &name, &sheet);
        }
    }

    /// The records that this side derived from the log, against those in the package. That the log
    /// names the digest of a derived one was checked when its entry was read.
    fn opening_record(&mut self, files: &mut Files<'_>, replayed: &Replayed) {
        let state = replayed.replay.state();
        let records = crate::package::records(state);
        for (stage, record) in &records {
            self.copy(files, CheckId::Rec02, &layout::record(*stage), &record.to_bytes());
            let text = record.to_text().into_bytes();
            self.copy(files, CheckId::Rec02, &layout::record_text(*stage), &text);
        }
        // A lot that failed or was terminated may have no record.
        let ended = matches!(state.phase(), Phase::Failed | Phase::Terminated);
        if records.is_empty() && replayed.complete && ended {
            self.findings.not_applicable(CheckId::Rec02, None);
        }
    }

    /// A file must be exactly what follows from the log.
    fn copy(&mut self, files: &mut Files<'_>, check: CheckId, name: &str, derived: &[u8]) {
        match files.read(name) {
            None => self.findings.unknown(check, None, Why::missing(name)),
            Some(copy) => self.findings.judge(check, None, copy == derived, || {
                Why::hash(format!("{name} is not what follows from the log")).at(name)
            }),
        }
    }
}
