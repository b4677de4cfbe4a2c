//! DEC for the base estimate (标底): its object and the partial decryptions stand in the log, so it is
//! opened again from the log alone.

use kaibiao_opening::{PublishedEstimate, Verdict};

use super::Run;
use super::findings::Why;
use super::log::Replayed;
use crate::CheckId;

impl Run {
    /// DEC-02 of the package: from the sealed object and the proven partials to what was published.
    pub(super) fn estimate(&mut self, replayed: &Replayed) {
        let replay = &replayed.replay;
        let state = replay.state();
        let Some(lot) = state.published().filter(|lot| lot.base_estimate) else { return };
        let Some(published) = state.published_estimate() else {
            if state.estimate().is_none() && state.intake().is_some() {
                self.findings.note(
                    "no-estimate",
                    None,
                    "招标文件设有标底，截止前未提交",
                    "the tender provides for a base estimate, none was handed in before the deadline",
                );
            }
            return;
        };
        let rules = lot.estimate_rules(state.lot());
        let derived = replay
            .open_estimate()
            .map(|opened| PublishedEstimate::judge(&rules, opened.manifest_sha256, &opened.sheet));
        self.findings.judge(CheckId::Dec02, None, derived.as_ref() == Some(published), || {
            Why::text("the published base estimate is not the one that opens")
        });
        let label = published.label.as_deref().unwrap_or_default();
        match published.verdict {
            Verdict::Opened => {}
            Verdict::BadFormat => self.findings.note(
                "estimate-bad-format",
                None,
                format!("标底已打开，但不是本标段的标底（{label}）"),
                format!("the base estimate opened, yet is none of this lot ({label})"),
            ),
            Verdict::NotOpened => self.findings.note(
                "estimate-not-opened",
                None,
                format!("标底未能打开（{label}）"),
                format!("the base estimate did not open ({label})"),
            ),
        }
    }
}
