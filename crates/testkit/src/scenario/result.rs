//! The last session (复会): the result is told after the close, and bidders answer.

use kaibiao_opening::{Actor, Command, EvaluationResult, NotPassed, ResultTerms};
use kaibiao_types::{Millis, OrgCode, Party};

use super::ScenarioError;
use super::steps::Stage;

/// What the tender file says of it.
pub(super) const SESSION: ResultTerms = ResultTerms { answer_ms: Millis::from_secs(600) };

impl Stage<'_> {
    /// Told three days later, corrected a minute after that; the last bidder objects, the first is
    /// silent.
    pub(super) fn tell_result(&mut self) -> Result<(), ScenarioError> {
        self.room.wait(3 * 24 * 3_600_000)?;
        let opened: Vec<OrgCode> =
            self.room.state.priced_bids().map(|bid| bid.bidder.code.clone()).collect();
        self.tell(1, opened.clone(), "评标委员会已提交书面评标报告。")?;
        self.room.wait(60_000)?;
        self.tell(2, opened.into_iter().rev().collect(), "复核算术错误，排序更正。")?;
        let bidders: Vec<Party> =
            self.room.state.current_bids().map(|bid| bid.bidder.clone()).collect();
        for (place, party) in bidders.iter().enumerate().skip(1) {
            self.room.wait(5_000)?;
            let last = place + 1 == bidders.len();
            let objection = last.then(|| "排序依据不明，请予说明。".to_owned());
            let (identity, _) = self.bidder(party)?;
            let actor = Actor::Bidder(party.code.clone());
            let command = Command::AnswerResult { no: 2, objection };
            self.room.command(identity, &actor, &command, self.entropy)?;
        }
        Ok(())
    }

    fn tell(&mut self, no: u32, ranked: Vec<OrgCode>, text: &str) -> Result<(), ScenarioError> {
        let left = self.room.state.bidders().filter(|code| !ranked.contains(code)).cloned();
        let reject = |bidder| NotPassed { bidder, reason: "未通过评审".to_owned() };
        let rejected = left.map(reject).collect();
        let result = EvaluationResult { no, ranked, rejected, text: text.to_owned() };
        self.by_host(&Command::AnnounceResult(result))
    }
}
