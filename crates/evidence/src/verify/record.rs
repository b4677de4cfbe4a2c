//! REC-02 and REC-03: the record and the copies.

use std::collections::BTreeMap;

use kaibiao_opening::{OpeningRecord, Phase};

use super::Run;
use super::files::Files;
use super::findings::Why;
use super::log::Replayed;
use crate::{CheckId, layout};

impl Run {
    pub(super) fn record(&mut self, files: &mut Files<'_>, replayed: &Replayed) {
        self.opening_record(files, replayed);
        for (name, sheet) in crate::package::sheets(replayed.replay.state()) {
            self.copy(files, CheckId::Rec03, &layout::sheet(&name), &sheet);
        }
    }

    /// The record that this side derived from the log, against the one in the package. That the log
    /// names the digest of the derived one was checked when its entry was read.
    fn opening_record(&mut self, files: &mut Files<'_>, replayed: &Replayed) {
        let state = replayed.replay.state();
        match (replayed.replay.record(), OpeningRecord::new(state)) {
            (Some(bytes), Some(record)) => {
                let copies: BTreeMap<&str, Vec<u8>> = BTreeMap::from([
                    (layout::RECORD, bytes.to_vec()),
                    (layout::RECORD_TEXT, record.to_text().into_bytes()),
                ]);
                for (name, derived) in &copies {
                    self.copy(files, CheckId::Rec02, name, derived);
                }
            }
            // A lot that failed or was terminated has no record.
            _ if replayed.complete
                && matches!(state.phase(), Phase::Failed | Phase::Terminated) =>
            {
                self.findings.not_applicable(CheckId::Rec02, None);
            }
            _ => {}
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
