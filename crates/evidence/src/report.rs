//! The report of a verification: one finding per check, one verdict.

mod json;
mod text;

use kaibiao_types::{Digest, LotKey, Party, UtcMillis};
use serde::Serialize;

use crate::CheckId;

/// The language of a text.
#[derive(Clone, Copy, Debug, Default, Eq, PartialEq)]
pub enum Lang {
    /// Chinese.
    #[default]
    Zh,
    /// English.
    En,
}

/// The answer to one check. Ordered by weight: the greatest decides.
#[derive(Clone, Copy, Debug, Eq, Ord, PartialEq, PartialOrd, Serialize)]
pub enum Outcome {
    /// The question does not arise.
    #[serde(rename = "N-A")]
    NotApplicable,
    /// Yes, proven.
    #[serde(rename = "PASS")]
    Pass,
    /// Evidence is missing, or an earlier failure kept the check from being made.
    #[serde(rename = "UNKNOWN")]
    Unknown,
    /// No, proven.
    #[serde(rename = "FAIL")]
    Fail,
}

/// What the whole comes to (ETSI EN 319 102-1, main indications).
#[derive(Clone, Copy, Debug, Eq, Ord, PartialEq, PartialOrd, Serialize)]
pub enum Verdict {
    /// 通过.
    #[serde(rename = "TOTAL-PASSED")]
    Passed,
    /// 无法判定.
    #[serde(rename = "INDETERMINATE")]
    Indeterminate,
    /// 不通过.
    #[serde(rename = "TOTAL-FAILED")]
    Failed,
}

/// The answer to one check, for the package or for one bid.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct Finding {
    /// The check.
    pub check: CheckId,
    /// The bid (`<bidder>-<version>`); `None` for the package.
    pub bid: Option<String>,
    /// The answer.
    pub outcome: Outcome,
    /// The sub-indication (ETSI EN 319 102-1, table 6), where there is one.
    pub indication: Option<&'static str>,
    /// What exactly was met, for experts: label and fragment.
    pub detail: Option<String>,
    /// Where the evidence lies: file names, `log/entries.jsonl#<index>` for entries.
    pub refs: Vec<String>,
}

/// Something that a reader must know and that is no failure.
#[derive(Clone, Debug, Eq, PartialEq, Serialize)]
pub struct Note {
    /// The stable id.
    pub id: &'static str,
    /// The bid it is about.
    pub bid: Option<String>,
    /// Chinese.
    pub zh: String,
    /// English.
    pub en: String,
}

/// One bid of the frozen set.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct BidLine {
    /// `<bidder>-<version>`, also the name of its folder.
    pub name: String,
    /// The bidder.
    pub bidder: Party,
    /// `current`, `superseded` or `withdrawn`.
    pub status: &'static str,
    /// How its price came out: `opened`, `bad-format`, `not-opened`; `None` if nothing was
    /// published.
    pub opened: Option<&'static str>,
    /// What its checks come to.
    pub verdict: Verdict,
}

/// What the package is about, as far as it could be read. Nothing here is proven by itself.
#[derive(Clone, Debug, Default, Eq, PartialEq)]
pub struct Facts {
    /// SHA-256 of the whole package.
    pub package_sha256: Option<Digest>,
    /// The lot.
    pub lot: Option<LotKey>,
    /// Title of the tender, Chinese and English.
    pub title: Option<(String, String)>,
    /// The deadline, which is the opening time.
    pub deadline: Option<UtcMillis>,
    /// Entries and root of the final head.
    pub head: Option<(u64, Digest)>,
    /// Custodians that cosigned the final head, and how many are needed.
    pub cosigned: Option<(usize, u16)>,
}

/// The report of one verification. Deterministic: the same input gives the same bytes.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct Report {
    pub(crate) trust_sha256: Digest,
    pub(crate) at: Option<UtcMillis>,
    pub(crate) facts: Facts,
    pub(crate) findings: Vec<Finding>,
    pub(crate) bids: Vec<BidLine>,
    pub(crate) notes: Vec<Note>,
    pub(crate) verdict: Verdict,
}

impl Verdict {
    /// What findings of this weight come to.
    pub(crate) const fn of(worst: Outcome) -> Self {
        match worst {
            Outcome::Fail => Self::Failed,
            Outcome::Unknown => Self::Indeterminate,
            Outcome::Pass | Outcome::NotApplicable => Self::Passed,
        }
    }

    /// The word, `TOTAL-PASSED`, `TOTAL-FAILED` or `INDETERMINATE`.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Passed => "TOTAL-PASSED",
            Self::Failed => "TOTAL-FAILED",
            Self::Indeterminate => "INDETERMINATE",
        }
    }

    /// The word in Chinese.
    pub const fn zh(self) -> &'static str {
        match self {
            Self::Passed => "通过",
            Self::Failed => "不通过",
            Self::Indeterminate => "无法判定",
        }
    }
}

impl Outcome {
    /// The word, `PASS`, `FAIL`, `UNKNOWN` or `N-A`.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Pass => "PASS",
            Self::Fail => "FAIL",
            Self::Unknown => "UNKNOWN",
            Self::NotApplicable => "N-A",
        }
    }

    /// The word in Chinese.
    pub const fn zh(self) -> &'static str {
        match self {
            Self::Pass => "通过",
            Self::Fail => "不通过",
            Self::Unknown => "无法判定",
            Self::NotApplicable => "不适用",
        }
    }
}

impl Report {
    /// The verdict over everything.
    pub const fn verdict(&self) -> Verdict {
        self.verdict
    }

    /// The exit code of a program that verifies: 0 passed, 1 failed, 2 indeterminate.
    pub const fn exit_code(&self) -> u8 {
        match self.verdict {
            Verdict::Passed => 0,
            Verdict::Failed => 1,
            Verdict::Indeterminate => 2,
        }
    }

    /// One finding per check and, for checks of bids, per bid; in the order of the table.
    pub fn findings(&self) -> &[Finding] {
        &self.findings
    }

    /// The finding of one check; of one bid for checks of bids.
    pub fn finding(&self, check: CheckId, bid: Option<&str>) -> Option<&Finding> {
        self.findings.iter().find(|f| f.check == check && f.bid.as_deref() == bid)
    }

    /// The bids of the frozen set, in its order.
    pub fn bids(&self) -> &[BidLine] {
        &self.bids
    }

    /// What a reader must know beside the findings.
    pub fn notes(&self) -> &[Note] {
        &self.notes
    }

    /// What the package is about.
    pub const fn facts(&self) -> &Facts {
        &self.facts
    }

    /// How many findings have an answer.
    pub fn count(&self, outcome: Outcome) -> usize {
        self.findings.iter().filter(|finding| finding.outcome == outcome).count()
    }
}
