//! Envelopes (双信封): each is opened in its turn, and the next one only of those who passed.

use std::collections::BTreeMap;
use std::sync::Arc;

use kaibiao_types::{CustodianIndex, OrgCode, Part, Stage, UtcMillis};

use crate::event::{FrozenBid, FrozenObject, PassedApproved, PassedListed, Verdict};
use crate::shared::Shared;
use crate::state::{Mark, State, Track};
use crate::tender::Envelope;

/// An approved list of who passed.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct Passed {
    /// The list.
    pub list: PassedListed,
    /// Where the supervisor approved it.
    pub mark: Mark,
}

impl State {
    /// The envelope that is opened, or was opened last.
    pub const fn stage(&self) -> Stage {
        self.stage
    }

    /// The envelope after this one, if the tender has one.
    pub fn stage_after(&self) -> Option<Stage> {
        self.published()?.stage_after(self.stage)
    }

    /// Whether a bid of this lot has more than one envelope.
    pub fn has_envelopes(&self) -> bool {
        self.published().is_some_and(|lot| !lot.envelopes.is_empty())
    }

    /// What the tender file says of the present envelope; `None` for the last.
    pub fn envelope(&self) -> Option<&Envelope> {
        crate::tender::envelope(&self.published()?.envelopes, self.stage)
    }

    /// The state in which each earlier envelope was left, in their order.
    pub fn earlier_stages(&self) -> &[Arc<Self>] {
        &self.earlier
    }

    /// The states in which every envelope so far was left, the present one last.
    pub fn all_stages(&self) -> impl Iterator<Item = &Self> {
        self.earlier.iter().map(AsRef::as_ref).chain([self])
    }

    /// The list of who passed that waits for the supervisor's approval.
    pub const fn passed_asked(&self) -> Option<&PassedListed> {
        self.passed_asked.as_ref()
    }

    /// The approved list of who passed with the present envelope.
    pub fn passed(&self) -> Option<&Passed> {
        self.passed.as_deref()
    }

    /// When the opening of the present envelope began; the first begins with the opening itself.
    pub const fn reconvened_at(&self) -> Option<UtcMillis> {
        match self.reconvened {
            Some(mark) => Some(mark.at),
            None => None,
        }
    }

    /// Where the opening of the present envelope ended, if another follows.
    pub const fn adjourned(&self) -> Option<Mark> {
        self.adjourned
    }

    /// The objects that are sealed: of every current bid those of this envelope and of later ones.
    pub fn sealed_objects(&self) -> impl Iterator<Item = (&FrozenBid, &FrozenObject)> {
        self.current_bids().flat_map(|bid| {
            let sealed = bid.objects.iter().filter(|object| object.stage >= self.stage);
            sealed.map(move |object| (bid, object))
        })
    }

    /// How a result names the envelope of an object: not at all in a lot of one envelope.
    pub fn named_stage(&self, stage: Stage) -> Option<Stage> {
        self.has_envelopes().then_some(stage)
    }

    /// Custodians that released for one part of one envelope.
    pub fn released_in(&self, stage: Stage, part: Part) -> Vec<CustodianIndex> {
        let state = self.all_stages().find(|state| state.stage == stage);
        state.map_or_else(Vec::new, |state| state.released(part))
    }

    /// Whose present envelope opened, in log order: nobody else can pass with it.
    pub(crate) fn may_pass(&self) -> impl Iterator<Item = &OrgCode> {
        let bids = self.prices().map_or(&[][..], |prices| prices.bids.as_slice());
        bids.iter().filter(|bid| bid.verdict != Verdict::NotOpened).map(|bid| &bid.bidder.code)
    }

    pub(crate) fn next_list(&self) -> u32 {
        // One list waits at a time, and numbers are bounded by the guard.
        self.passed_asked.as_ref().map_or(1, |asked| asked.no.saturating_add(1))
    }

    pub(crate) fn passed_approved(&mut self, approved: &PassedApproved, mark: Mark) {
        let asked = self.passed_asked.take().filter(|asked| asked.no == approved.no);
        self.passed = asked.map(|list| Arc::new(Passed { list, mark }));
    }

    /// The opening begins anew for those who passed: everything that belongs to one envelope is left
    /// behind with the state that is kept.
    pub(crate) fn next_envelope(&mut self, stage: Stage, mark: Mark) {
        let left = self.clone();
        let passed = self.passed.take().map_or_else(Vec::new, |passed| passed.list.passed.clone());
        let place = |code: OrgCode| Some((code.clone(), *left.bidders.get(&code)?));
        self.current = passed.into_iter().filter_map(place).collect::<BTreeMap<_, _>>().into();
        self.stage = stage;
        self.reconvened = Some(mark);
        self.adjourned = None;
        self.sign_ins = Shared::default();
        self.bidders_published = None;
        self.checks = Shared::default();
        self.ceiling_announced = None;
        self.seals = None;
        self.prices = Track::default();
        self.documents = Track::default();
        self.published_bids = None;
        self.priced = Shared::default();
        self.opened_documents = None;
        self.documents_mark = None;
        self.read = 0;
        self.fault_decisions.clear();
        self.confirmations = Shared::default();
        self.objections = Shared::default();
        self.objection_window = None;
        self.records.clear();
        self.record_signatures = Shared::default();
        self.record_signers = Shared::default();
        self.measure_asked = None;
        self.earlier.push(Arc::new(left));
    }
}
