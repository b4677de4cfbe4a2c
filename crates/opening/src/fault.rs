//! Faults that the evidence leaves open, and what persons decided about them (办法 art. 31).

use kaibiao_types::{Fault, OrgCode, Part};

use crate::event::FaultDecided;
use crate::state::{Mark, State};

/// What the host decided about one part of an unopened bid.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct FaultDecision {
    /// What was decided.
    pub fault: Fault,
    /// Why.
    pub text: String,
    /// Where.
    pub mark: Mark,
}

impl State {
    /// The decisions so far, by bidder and part.
    pub fn fault_decisions(&self) -> impl Iterator<Item = (&OrgCode, Part, &FaultDecision)> {
        self.fault_decisions.iter().map(|((bidder, part), decided)| (bidder, *part, decided))
    }

    /// The decision about one part of a bid.
    pub fn fault_decision(&self, bidder: &OrgCode, part: Part) -> Option<&FaultDecision> {
        self.fault_decisions.get(&(bidder.clone(), part))
    }

    /// The bids whose fault the evidence leaves open and nobody has decided, in log order.
    pub fn faults_open(&self) -> Vec<(OrgCode, Part)> {
        let bidders = self.current_bids().map(|bid| &bid.bidder.code);
        let parts = bidders.flat_map(|code| [(code, Part::Price), (code, Part::Documents)]);
        parts
            .filter(|(code, part)| self.evidence_is_silent(code, *part))
            .filter(|(code, part)| self.fault_decision(code, *part).is_none())
            .map(|(code, part)| (code.clone(), part))
            .collect()
    }

    /// Whether a part did not open and the evidence does not say whose fault that is.
    pub(crate) fn evidence_is_silent(&self, bidder: &OrgCode, part: Part) -> bool {
        let fault = match part {
            Part::Price => {
                let bids = self.prices().map_or(&[][..], |prices| prices.bids.as_slice());
                bids.iter().find(|bid| bid.bidder.code == *bidder).and_then(|bid| bid.fault)
            }
            Part::Documents => {
                let bids = self.documents().map_or(&[][..], |opened| opened.bids.as_slice());
                bids.iter().find(|bid| bid.bidder == *bidder).and_then(|bid| bid.fault)
            }
            Part::Signals => None,
        };
        fault == Some(Fault::Undetermined)
    }

    pub(crate) fn fault_decided(&mut self, decided: &FaultDecided, mark: Mark) {
        let decision = FaultDecision { fault: decided.fault, text: decided.text.clone(), mark };
        self.fault_decisions.insert((decided.bidder.clone(), decided.part), decision);
    }
}
