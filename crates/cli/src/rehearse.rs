//! A rehearsal at the host's command: does every custodian still hold its share, does the key open?

use std::time::Duration;

use kaibiao_ceremony::{CeremonyRecord, Partial};
use kaibiao_crypto::SecureEntropy;
use kaibiao_journal::LogOrigin;
use kaibiao_replay::{
    BoardKind, CeremonyBoard, RehearsalNo, board_statement, open_test_object, seal_test_object,
};
use kaibiao_types::{CustodianIndex, LotKey};
use kaibiao_wire::{B64, BoardMessage, Exit, Label, RehearsalPost, paths};
use ring::rand::SecureRandom as _;
use tokio::time::{Instant, sleep};

use crate::client::Hall;
use crate::failure::Failure;
use crate::identity::{Signer, Trust};
use crate::machine;
use crate::output::{Facts, Ui};
use crate::progress::{self, Shown};

/// How often the board is read while custodians are waited for.
const PACE: Duration = Duration::from_millis(500);

/// Who asks whom for a rehearsal of which lot.
pub(crate) struct Asked {
    pub(crate) hall: Hall,
    pub(crate) lot: LotKey,
    pub(crate) signer: Signer,
    pub(crate) trust: Trust,
    /// The longest wait for the custodians.
    pub(crate) longest: Duration,
}

/// A rehearsal that is to be waited for.
struct Begun {
    number: RehearsalNo,
    record: CeremonyRecord,
    object: Vec<u8>,
    /// What was sealed; not known any more for a rehearsal that an earlier run began.
    plain: Option<[u8; 64]>,
}

/// How a rehearsal went.
pub(crate) struct Rehearsed {
    lot: LotKey,
    number: RehearsalNo,
    took: Duration,
    answered: Vec<CustodianIndex>,
    wrong: Vec<CustodianIndex>,
    missing: Vec<CustodianIndex>,
    needed: u16,
    opens: Opens,
}

/// Whether the key opened the test object.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
enum Opens {
    /// It did, and what came out is what was sealed.
    Yes,
    /// It did not, or something else came out.
    No,
    /// Too few custodians answered to tell.
    Unknown,
}

impl Asked {
    /// Seals a fresh test object, posts it, waits for the custodians and opens it. A rehearsal that
    /// an earlier run began, and that is not complete, is waited for instead.
    pub(crate) async fn run(&self, ui: Ui) -> Result<Rehearsed, Failure> {
        let begun = self.begin(ui).await?;
        let start = Instant::now();
        loop {
            let shown = self.shown().await?;
            let board = shown.board(&self.trust, machine::now()?)?;
            if board.rehearsal_bytes(begun.number) != Some(&begun.object) {
                let detail = "the hall shows another test object than the one that was posted";
                return Err(Failure::new(Label::AlteredObject, detail));
            }
            let rehearsed = self.judge(&begun, &board, start.elapsed());
            if rehearsed.missing.is_empty() || start.elapsed() >= self.longest {
                return Ok(rehearsed);
            }
            sleep(PACE).await;
        }
    }

    /// What the hall shows, as long as it is not too late to rehearse.
    async fn shown(&self) -> Result<Shown, Failure> {
        let shown = progress::shown(&self.hall, &self.lot).await?;
        if shown.status.phase == progress::UNPUBLISHED {
            return Ok(shown);
        }
        let detail = "the tender is published: nothing is rehearsed any more";
        Err(Failure::new(Label::OutOfOrder, detail))
    }

    async fn begin(&self, ui: Ui) -> Result<Begun, Failure> {
        let (shown, now) = (self.shown().await?, machine::now()?);
        let board = shown.board(&self.trust, now)?;
        let host = &shown.draft.terms().host;
        if self.signer.party(&self.trust.list, now)?.code != host.code {
            let detail = format!("only the host of the draft rehearses: {}", host.code);
            return Err(Failure::new(Label::WrongRole, detail));
        }
        let (Some((record, _)), Some(bundle)) =
            (board.record()?, board.bundle(&self.trust.list, now)?)
        else {
            let detail = "the ceremony is not complete; see `kaibiao ceremony status`";
            return Err(Failure::new(Label::NotReady, detail));
        };
        let Some(number) = RehearsalNo::ALL.get(bundle.rehearsal.len()).copied() else {
            let detail = "three rehearsals took place, and there are no more";
            return Err(Failure::new(Label::OutOfOrder, detail));
        };
        if let Some(object) = board.rehearsal_bytes(number) {
            ui.note(
                "上一次演练尚未完成，继续等待，不另行演练。",
                "the rehearsal before is not complete: it is waited for, none is begun",
            );
            return Ok(Begun { number, object: object.to_vec(), record, plain: None });
        }
        let mut plain = [0; 64];
        machine::random()
            .fill(&mut plain)
            .map_err(|_| Failure::internal("the system gives no random numbers"))?;
        let mut entropy = SecureEntropy(machine::random());
        let object = seal_test_object(&record, number, &plain, &mut entropy)?;
        let kind = BoardKind::RehearsalObject(number);
        let origin = LogOrigin::parse(&shown.draft.terms().log_origin())
            .map_err(|error| Failure::caused(Label::BadInput, &error))?;
        let statement = board_statement(&origin, kind, &object);
        let post = RehearsalPost {
            kind: kind.name().to_owned(),
            body_b64: B64(object.clone()),
            cms_b64: B64(self.signer.sign(statement.as_bytes())?),
        };
        let _: BoardMessage = self.hall.post(&paths::rehearsals(&self.lot), &post).await?;
        Ok(Begun { number, record, object, plain: Some(plain) })
    }

    /// Who answered so far, and what their answers are worth.
    fn judge(&self, begun: &Begun, board: &CeremonyBoard, took: Duration) -> Rehearsed {
        let mut proven: Vec<Partial> = Vec::new();
        let (mut answered, mut wrong, mut missing) = (Vec::new(), Vec::new(), Vec::new());
        for custodian in &begun.record.custodians {
            let index = custodian.index;
            match board.rehearsal_partial(&begun.record, begun.number, index) {
                Ok(Some(partial)) => {
                    answered.push(index);
                    proven.push(partial);
                }
                Ok(None) => missing.push(index),
                Err(_) => wrong.push(index),
            }
        }
        let needed = begun.record.threshold.k();
        let opens = if answered.len() < usize::from(needed) {
            Opens::Unknown
        } else {
            let opened = open_test_object(&begun.record, begun.number, &begun.object, &proven);
            match (opened, &begun.plain) {
                (Ok(opened), Some(plain)) if opened == plain => Opens::Yes,
                (Ok(_), None) => Opens::Yes,
                _ => Opens::No,
            }
        };
        let (lot, number) = (self.lot.clone(), begun.number);
        Rehearsed { lot, number, took, answered, wrong, missing, needed, opens }
    }
}

impl Rehearsed {
    /// 0 if everybody answered and it opened, 1 if something is wrong, 2 if somebody is missing.
    pub(crate) fn exit(&self) -> Exit {
        if !self.wrong.is_empty() || self.opens == Opens::No {
            Exit::Failed
        } else if self.missing.is_empty() && self.opens == Opens::Yes {
            Exit::Ok
        } else {
            Exit::Indeterminate
        }
    }

    /// Facts for people and programs.
    pub(crate) fn facts(&self) -> Facts {
        let begun = RehearsalNo::ALL.into_iter().filter(|number| *number <= self.number).count();
        let whole = self.exit() == Exit::Ok;
        let millis = u64::try_from(self.took.as_millis()).unwrap_or(u64::MAX);
        let opened = match self.opens {
            Opens::Yes => "yes",
            Opens::No => "no",
            Opens::Unknown => "unknown",
        };
        let mut facts = Facts::default();
        facts
            .text("lot", &self.lot)
            .add("rehearsal", begun)
            .add("answered", numbers(&self.answered))
            .add("missing", numbers(&self.missing))
            .add("wrong", numbers(&self.wrong))
            .add("needed", self.needed)
            .add("opened", opened)
            .add("took_ms", millis)
            .add("rehearsals", if whole { begun } else { begun.saturating_sub(1) })
            .add("rehearsals_left", RehearsalNo::ALL.len().saturating_sub(begun));
        facts
    }

    /// What a person should know.
    pub(crate) fn notes(&self, ui: Ui) {
        if !self.wrong.is_empty() {
            let wrong = numbers(&self.wrong);
            ui.note(
                &format!("第 {wrong} 号密钥分持人的解密证明不成立：请立即检查其密钥库。"),
                &format!("the proof of custodian {wrong} does not hold: check its key store now"),
            );
        }
        if !self.missing.is_empty() {
            let missing = numbers(&self.missing);
            ui.note(
                &format!("第 {missing} 号密钥分持人没有按时应答；到场后再次运行本命令即可补上。"),
                &format!(
                    "custodian {missing} did not answer in time; run this again once it is there"
                ),
            );
        }
        match (self.exit(), self.opens) {
            (Exit::Ok, _) => ui.note(
                "全部密钥分持人均已应答，测试文件可以打开。",
                "every custodian answered, and the test object opened",
            ),
            (_, Opens::Yes) => ui.note(
                "应答人数达到要求，测试文件可以打开。",
                "enough custodians answered: the test object opened",
            ),
            (_, Opens::No) => ui.note(
                "测试文件没有打开，或内容不符：请勿发布招标文件。",
                "the test object did not open, or gave something else: do not publish the tender",
            ),
            (_, Opens::Unknown) => ui.note(
                "应答人数不足，无法判断能否打开。",
                "too few custodians answered to tell whether the key opens",
            ),
        }
    }
}

fn numbers(custodians: &[CustodianIndex]) -> String {
    let numbers: Vec<String> = custodians.iter().map(ToString::to_string).collect();
    numbers.join(", ")
}
