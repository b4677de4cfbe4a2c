//! From the first reading to the end.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use kaibiao_crypto::SUITE_1;
use kaibiao_journal::destroyed_statement;
use kaibiao_opening::{
    Actor, Command, HoldReason, Input, KeyDestroyed, Measure, NotPassed, OpenedDocument,
    OpeningRecord, Phase, Verdict,
};
use kaibiao_pki::{Identity, cms};
use kaibiao_replay::Act;
use kaibiao_types::{CustodianIndex, JournalMoment, Millis, OrgCode, Part, Party};

use super::ScenarioError;
use super::steps::Stage;

/// Milliseconds that one reading takes.
const READING: u64 = 2_000;

impl Stage<'_> {
    /// Reading, confirmation, an objection with its answer.
    pub(super) fn read(&mut self) -> Result<(), ScenarioError> {
        for _ in 0..self.room.state.priced_bids().count() {
            self.by_host(&Command::ReadNext(Millis::new(READING)?))?;
            self.room.wait(READING)?;
        }
        // Without any price the reading is over when it begins.
        if self.room.state.phase() != Phase::Read {
            self.room.input(&Input::ReadingOver)?;
        }
        self.room.wait(500)?;
        let priced: Vec<Party> =
            self.room.state.priced_bids().map(|bid| bid.bidder.clone()).collect();
        let Some(party) = priced.first() else { return Ok(()) };
        let (identity, _) = self.bidder(party)?;
        let actor = Actor::Bidder(party.code.clone());
        self.room.command(identity, &actor, &Command::ConfirmPrice, self.entropy)?;
        if self.options.objection {
            let text = "请再次宣读第一份报价。".to_owned();
            self.room.command(identity, &actor, &Command::RaiseObjection(text), self.entropy)?;
            self.room.wait(2_000)?;
            let text = "已再次宣读，与公布内容一致。".to_owned();
            self.by_host(&Command::AnswerObjection { no: 1, text })?;
        }
        Ok(())
    }

    pub(super) fn documents(&mut self) -> Result<(), ScenarioError> {
        self.by_host(&Command::StartUnsealing(Part::Documents))?;
        self.release(Part::Documents)?;
        let text = b"bid documents\n".repeat(200);
        let (plain_sha256, plain_len) = (SUITE_1.hash(&text), u64::try_from(text.len())?);
        let opened = self.room.state.current_bids().map(|bid| OpenedDocument {
            bidder: bid.bidder.code.clone(),
            manifest_sha256: bid.manifest_sha256,
            verdict: Verdict::Opened,
            label: None,
            fault: None,
            plain_sha256: Some(plain_sha256),
            plain_len: Some(plain_len),
        });
        let opened = Input::DocumentsUnsealed(opened.collect());
        self.room.wait(300)?;
        self.room.input(&opened)
    }

    /// The record, its signatures, the end.
    pub(super) fn close(&mut self) -> Result<(), ScenarioError> {
        self.make_record()?;
        self.by_host(&Command::Close)
    }

    /// The same for an envelope that another one follows; the last bidder does not pass.
    pub(super) fn close_envelope(&mut self) -> Result<(), ScenarioError> {
        self.make_record()?;
        self.by_host(&Command::CloseEnvelope)?;
        self.room.wait(60_000)?;
        let mut passed: Vec<OrgCode> =
            self.room.state.current_bids().map(|bid| bid.bidder.code.clone()).collect();
        let last = passed.pop().ok_or("somebody bids")?;
        let failed =
            vec![NotPassed { bidder: last, reason: "资格条件不符合要求".to_owned() }];
        let few = passed.len() < 3;
        let reason = few.then(|| "评标委员会认为仍具有竞争性，未否决全部投标。".to_owned());
        let reconvene_at = self.room.now.plus(Millis::from_secs(3_600));
        let (list, approve) = (
            Command::ListPassed { passed: passed.clone(), failed, reconvene_at, reason },
            Command::ApprovePassed { no: 1, passed },
        );
        self.by_host(&list)?;
        self.room.wait(1_000)?;
        let supervisor = Actor::Supervisor(self.people.supervisor_party.code.clone());
        self.room.command(&self.people.supervisor, &supervisor, &approve, self.entropy)?;
        let host = self.host();
        self.room.refused(&host, &Command::Reconvene)?;
        self.room.wait(3_600_000)?;
        self.by_host(&Command::Reconvene)
    }

    /// The record and its signatures.
    fn make_record(&mut self) -> Result<(), ScenarioError> {
        self.room.wait(1_000)?;
        let record = OpeningRecord::new(&self.room.state).ok_or("every price is read")?.to_bytes();
        let sha256 = SUITE_1.hash(&record);
        let (host, result) = (self.host(), Input::RecordGenerated { sha256 });
        let identity = &self.people.host;
        self.room.command_then(identity, &host, &Command::GenerateRecord, &result, self.entropy)?;
        let supervisor = Actor::Supervisor(self.people.supervisor_party.code.clone());
        self.sign_record(&self.people.host, &host, &record)?;
        self.sign_record(&self.people.supervisor, &supervisor, &record)?;
        let people = self.people;
        let bidders: Vec<Party> =
            self.room.state.current_bids().map(|bid| bid.bidder.clone()).collect();
        for (identity, party) in people.bidders.iter().filter(|(_, p)| bidders.contains(p)) {
            self.sign_record(identity, &Actor::Bidder(party.code.clone()), &record)?;
        }
        if self.options.corrected {
            self.correct()?;
        }
        self.room.wait(1_000)
    }

    /// A second version of the record, signed by host and supervisor.
    fn correct(&mut self) -> Result<(), ScenarioError> {
        let reason = "更正 \"sha256\":\"00\"} 一处笔误。".to_owned();
        let record = OpeningRecord::corrected(&self.room.state, &reason);
        let record = record.ok_or("there is a record")?.to_bytes();
        let sha256 = SUITE_1.hash(&record);
        let (host, identity) = (self.host(), &self.people.host);
        let result = Input::RecordCorrected { reason: reason.clone(), sha256 };
        let command = Command::CorrectRecord { reason };
        self.room.command_then(identity, &host, &command, &result, self.entropy)?;
        let supervisor = Actor::Supervisor(self.people.supervisor_party.code.clone());
        self.sign_record(&self.people.host, &host, &record)?;
        self.sign_record(&self.people.supervisor, &supervisor, &record)
    }

    /// 暂停, then 终止: nothing is unsealed.
    pub(super) fn terminate(&mut self) -> Result<(), ScenarioError> {
        let (reason, text) = (HoldReason::Attack, "平台遭受攻击。".to_owned());
        self.by_host(&Command::Pause { reason, text: text.clone() })?;
        self.room.wait(60_000)?;
        let measure = Measure::Terminate;
        self.by_host(&Command::AskMeasure { measure, reason, text })?;
        let supervisor = Actor::Supervisor(self.people.supervisor_party.code.clone());
        let approve = Command::ApproveMeasure { no: 1, measure };
        self.room.command(&self.people.supervisor, &supervisor, &approve, self.entropy)
    }

    /// Every custodian that is there hands its journal over and states that its share is destroyed.
    pub(super) fn destroy(&mut self) -> Result<(), ScenarioError> {
        let tender = &self.published.verified;
        let freeze = self.room.state.frozen().map(|frozen| frozen.freeze_id);
        let id = tender.record().ceremony_id;
        let statement = destroyed_statement(tender.origin(), &id, freeze.as_ref());
        let rng = ring::rand::SystemRandom::new();
        let present = self.published.shares.len() - usize::from(self.options.custodian_absent);
        let seats = tender.record().custodians.iter().zip(&self.people.custodians);
        let there: Vec<CustodianIndex> =
            tender.record().custodians.iter().take(present).map(|seat| seat.index).collect();
        self.note_head(&there);
        for (seat, (identity, _)) in seats.take(present) {
            self.room.wait(100)?;
            let at = self.room.now;
            self.note(seat.index, &Act::Destroying { at });
            self.note(seat.index, &Act::Destroyed { at });
            self.hand_journal(seat.index, JournalMoment::Close)?;
            let cms = cms::sign_detached(identity, statement.as_bytes(), self.room.now, &rng)?;
            let (custodian, cms) = (seat.index, STANDARD.encode(cms));
            self.room.input(&Input::KeyDestroyed(KeyDestroyed { custodian, cms }))?;
        }
        Ok(())
    }

    fn sign_record(
        &mut self,
        identity: &Identity,
        actor: &Actor,
        record: &[u8],
    ) -> Result<(), ScenarioError> {
        self.room.wait(700)?;
        let rng = ring::rand::SystemRandom::new();
        let cms = cms::sign_detached(identity, record, self.room.now, &rng)?;
        let (record_sha256, cms) = (SUITE_1.hash(record), STANDARD.encode(cms));
        let command = Command::SignRecord { record_sha256, cms };
        self.room.command(identity, actor, &command, self.entropy)
    }
}
