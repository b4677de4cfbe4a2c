//! Collects answers: the worst one counts, and what nobody answered is unknown.

use std::collections::BTreeMap;
use std::error::Error;

use kaibiao_pki::cms::SignatureError;

use crate::CheckId;
use crate::checks::Scope;
use crate::report::{BidLine, Finding, Note, Outcome, Verdict};

/// Why an answer is not "yes".
#[derive(Clone, Debug, Default)]
pub(super) struct Why {
    indication: Option<&'static str>,
    detail: Option<String>,
    refs: Vec<String>,
}

/// All answers so far.
#[derive(Debug, Default)]
pub(super) struct Findings {
    found: BTreeMap<(CheckId, Option<String>), Finding>,
    pub(super) bids: Vec<BidLine>,
    pub(super) notes: Vec<Note>,
}

impl Why {
    /// A sentence fragment.
    pub(super) fn text(detail: impl Into<String>) -> Self {
        Self { detail: Some(detail.into()), ..Self::default() }
    }

    /// An error with its causes.
    pub(super) fn of(error: &dyn Error) -> Self {
        Self::text(chain(error))
    }

    /// An error about form.
    pub(super) fn format(error: &dyn Error) -> Self {
        Self::of(error).indication("FORMAT_FAILURE")
    }

    /// Bytes that are not the ones that were committed to.
    pub(super) fn hash(detail: impl Into<String>) -> Self {
        Self::text(detail).indication("HASH_FAILURE")
    }

    /// Something that should be in the package is not.
    pub(super) fn missing(name: &str) -> Self {
        Self::text(format!("{name} is missing")).at(name)
    }

    pub(super) fn indication(mut self, indication: &'static str) -> Self {
        self.indication = Some(indication);
        self
    }

    /// Where the evidence lies.
    pub(super) fn at(mut self, file: &str) -> Self {
        self.refs.push(file.to_owned());
        self
    }

    /// An entry of the log as the place.
    pub(super) fn entry(self, index: u64) -> Self {
        self.at(&format!("{}#{index}", crate::layout::ENTRIES))
    }
}

impl Findings {
    pub(super) fn pass(&mut self, check: CheckId, bid: Option<&str>) {
        self.set(check, bid, Outcome::Pass, Why::default());
    }

    pub(super) fn fail(&mut self, check: CheckId, bid: Option<&str>, why: Why) {
        self.set(check, bid, Outcome::Fail, why);
    }

    pub(super) fn unknown(&mut self, check: CheckId, bid: Option<&str>, why: Why) {
        self.set(check, bid, Outcome::Unknown, why);
    }

    pub(super) fn not_applicable(&mut self, check: CheckId, bid: Option<&str>) {
        self.set(check, bid, Outcome::NotApplicable, Why::default());
    }

    /// Pass if it holds, fail if not.
    pub(super) fn judge(
        &mut self,
        check: CheckId,
        bid: Option<&str>,
        holds: bool,
        why: impl FnOnce() -> Why,
    ) {
        if holds { self.pass(check, bid) } else { self.fail(check, bid, why()) }
    }

    /// A signature that does not hold. One whose certificate leads to no CA of the auditor's list
    /// may be good by another list, so it stays open.
    pub(super) fn signature(
        &mut self,
        check: CheckId,
        bid: Option<&str>,
        error: &SignatureError,
        file: &str,
    ) {
        let indication = error.indication();
        let why = Why::text(format!("{}: {}", error.label(), chain(error)));
        let why = why.indication(indication).at(file);
        if indication == "NO_CERTIFICATE_CHAIN_FOUND" {
            self.unknown(check, bid, why);
        } else {
            self.fail(check, bid, why);
        }
    }

    /// Something that a reader must know.
    pub(super) fn note(
        &mut self,
        id: &'static str,
        bid: Option<&str>,
        zh: impl Into<String>,
        en: impl Into<String>,
    ) {
        let note = Note { id, bid: bid.map(str::to_owned), zh: zh.into(), en: en.into() };
        if !self.notes.contains(&note) {
            self.notes.push(note);
        }
    }

    fn set(&mut self, check: CheckId, bid: Option<&str>, outcome: Outcome, why: Why) {
        let bid = bid.map(str::to_owned);
        let Why { indication, detail, refs } = why;
        let new = Finding { check, bid: bid.clone(), outcome, indication, detail, refs };
        match self.found.get_mut(&(check, bid.clone())) {
            // The first of equal weight keeps its place; a heavier one replaces it.
            Some(old) if old.outcome >= outcome => {}
            Some(old) => *old = new,
            None => drop(self.found.insert((check, bid), new)),
        }
    }

    /// What nobody answered is unknown.
    fn open(&mut self, check: CheckId, bid: Option<&str>) {
        if !self.found.contains_key(&(check, bid.map(str::to_owned))) {
            self.unknown(check, bid, Why::default());
        }
    }

    /// All findings in the order of the table, the lines of the bids, the notes, and the worst
    /// answer.
    pub(super) fn finish(mut self) -> (Vec<Finding>, Vec<BidLine>, Vec<Note>, Outcome) {
        let names: Vec<String> = self.bids.iter().map(|bid| bid.name.clone()).collect();
        for check in CheckId::ALL.iter().copied() {
            match check.check().scope {
                Scope::Package => self.open(check, None),
                Scope::Bid => names.iter().for_each(|name| self.open(check, Some(name))),
            }
        }
        let findings: Vec<Finding> = self.found.into_values().collect();
        let worst = |of: &dyn Fn(&&Finding) -> bool| {
            let outcomes = findings.iter().filter(of).map(|finding| finding.outcome);
            outcomes.max().unwrap_or(Outcome::Unknown)
        };
        for line in &mut self.bids {
            let own = |finding: &&Finding| finding.bid.as_ref() == Some(&line.name);
            line.verdict = Verdict::of(worst(&own));
        }
        let all = worst(&|_| true);
        (findings, self.bids, self.notes, all)
    }
}

/// An error and its causes, from the outside in.
pub(super) fn chain(error: &dyn Error) -> String {
    let mut text = error.to_string();
    let mut next = error.source();
    while let Some(cause) = next {
        let cause_text = cause.to_string();
        // A transparent wrapper says what its cause says.
        if !text.ends_with(&cause_text) {
            text.push_str(": ");
            text.push_str(&cause_text);
        }
        next = cause.source();
    }
    text
}
