//! The report for programs: `evidence-report/v1` (docs/spec/evidence.md).

use kaibiao_types::{Digest, LotKey, Party, UtcMillis};
use serde::Serialize;

use super::{BidLine, Finding, Note, Outcome, Report, Verdict};
use crate::CheckId;

#[derive(Serialize)]
struct Form<'a> {
    v: u8,
    kind: &'static str,
    program: &'static str,
    scope: &'static str,
    package_sha256: Option<Digest>,
    trust_sha256: Digest,
    at: Option<UtcMillis>,
    lot: Option<&'a LotKey>,
    deadline: Option<UtcMillis>,
    head: Option<HeadForm>,
    verdict: Verdict,
    counts: Counts,
    bids: Vec<BidForm<'a>>,
    checks: Vec<CheckForm<'a>>,
    questions: Vec<QuestionForm>,
    notes: &'a [Note],
}

#[derive(Serialize)]
struct HeadForm {
    size: u64,
    root: Digest,
    cosigned: Option<usize>,
    needed: Option<u16>,
}

#[derive(Serialize)]
struct Counts {
    pass: usize,
    fail: usize,
    unknown: usize,
    not_applicable: usize,
}

#[derive(Serialize)]
struct BidForm<'a> {
    name: &'a str,
    bidder: &'a Party,
    status: &'static str,
    opened: Option<&'static str>,
    verdict: Verdict,
}

#[derive(Serialize)]
struct CheckForm<'a> {
    id: &'static str,
    bid: Option<&'a str>,
    result: Outcome,
    indication: Option<&'static str>,
    detail: Option<&'a str>,
    refs: &'a [String],
}

#[derive(Serialize)]
struct QuestionForm {
    id: &'static str,
    zh: &'static str,
    en: &'static str,
}

impl Report {
    /// The report as compact JSON with one line feed at its end.
    pub fn json(&self) -> String {
        let form = Form {
            v: 1,
            kind: "evidence-report",
            program: concat!("kaibiao ", env!("CARGO_PKG_VERSION")),
            scope: "public",
            package_sha256: self.facts.package_sha256,
            trust_sha256: self.trust_sha256,
            at: self.at,
            lot: self.facts.lot.as_ref(),
            deadline: self.facts.deadline,
            head: self.facts.head.map(|(size, root)| HeadForm {
                size,
                root,
                cosigned: self.facts.cosigned.map(|(found, _)| found),
                needed: self.facts.cosigned.map(|(_, needed)| needed),
            }),
            verdict: self.verdict,
            counts: Counts {
                pass: self.count(Outcome::Pass),
                fail: self.count(Outcome::Fail),
                unknown: self.count(Outcome::Unknown),
                not_applicable: self.count(Outcome::NotApplicable),
            },
            bids: self.bids.iter().map(bid_form).collect(),
            checks: self.findings.iter().map(check_form).collect(),
            questions: CheckId::ALL.iter().map(|id| question_form(*id)).collect(),
            notes: &self.notes,
        };
        // Structs with string keys only: writing to memory cannot fail.
        let mut json = serde_json::to_string(&form).unwrap_or_default();
        json.push('\n');
        json
    }
}

const fn question_form(id: CheckId) -> QuestionForm {
    let check = id.check();
    QuestionForm { id: check.id, zh: check.question.zh, en: check.question.en }
}

fn bid_form(line: &BidLine) -> BidForm<'_> {
    let BidLine { name, bidder, status, opened, verdict } = line;
    BidForm { name, bidder, status, opened: *opened, verdict: *verdict }
}

fn check_form(finding: &Finding) -> CheckForm<'_> {
    CheckForm {
        id: finding.check.check().id,
        bid: finding.bid.as_deref(),
        result: finding.outcome,
        indication: finding.indication,
        detail: finding.detail.as_deref(),
        refs: &finding.refs,
    }
}
