//! How far a key ceremony is: what the board of the hall shows, and who is waited for.

use kaibiao_opening::{CustodyKind, TenderDraft};
use kaibiao_pki::cms;
use kaibiao_replay::{BoardItem, BoardKind, BoardSender, CeremonyBoard, RehearsalNo};
use kaibiao_types::{CustodianIndex, LotKey, UtcMillis};
use kaibiao_wire::{BoardAnswer, BoardMessage, DraftAnswer, Label, LotStatus, paths};

use crate::client::Hall;
use crate::failure::Failure;
use crate::identity::Trust;
use crate::output::{Facts, Lang, Ui};
use crate::{lots, machine};

/// What the custodians post, in the order in which each step waits for all of the one before.
const STEPS: [BoardKind; 5] = [
    BoardKind::Announce,
    BoardKind::Round1,
    BoardKind::CertifyDkg,
    BoardKind::SignRecord,
    BoardKind::RehearsalPartial(RehearsalNo::First),
];

/// The phase of a lot whose tender file is not published.
pub(crate) const UNPUBLISHED: &str = "unpublished";

/// The ceremony of a lot as its hall shows it.
pub(crate) struct Progress {
    status: LotStatus,
    draft: TenderDraft,
    session: String,
    /// Who posted what, as far as the board can be read.
    posted: Vec<(BoardKind, BoardSender)>,
    checks: Checks,
}

/// How much of it rests on the hall's word.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
enum Checks {
    /// All of it.
    None,
    /// Draft and messages are signed by whom they name, and what follows from them holds.
    All,
}

/// Whom the ceremony waits for.
#[derive(Clone, Debug, Eq, PartialEq)]
enum Awaited {
    /// These custodians, for this step.
    Custodians(BoardKind, Vec<CustodianIndex>),
    /// The hall, for its test object.
    Hall,
    /// The host, who publishes the tender file.
    Host,
    /// Nobody.
    Nobody,
}

/// What a hall shows of a ceremony, as it shows it.
pub(crate) struct Shown {
    pub(crate) status: LotStatus,
    pub(crate) draft: TenderDraft,
    answer: DraftAnswer,
    items: Vec<BoardItem>,
}

/// Asks the hall for status, draft and board of a lot.
pub(crate) async fn shown(hall: &Hall, lot: &LotKey) -> Result<Shown, Failure> {
    let status = lots::status(hall, lot).await?;
    let answer: DraftAnswer = hall.get(&paths::draft(lot)).await?;
    let board: BoardAnswer = hall.get(&paths::since(&paths::board(lot), 0)).await?;
    let draft = TenderDraft::parse(&answer.draft_b64.0)?;
    if draft.terms().lot_key() != *lot || status.lot != *lot {
        return Err(Failure::new(Label::WrongLot, "the hall gives the ceremony of another lot"));
    }
    let items = items(&board.messages)?;
    Ok(Shown { status, draft, answer, items })
}

impl Shown {
    /// The board, once draft and messages are signed by whom they name.
    pub(crate) fn board(&self, trust: &Trust, now: UtcMillis) -> Result<CeremonyBoard, Failure> {
        let (answer, bytes) = (&self.answer, &self.answer.draft_b64.0);
        let verified = cms::verify_detached(&answer.cms_b64.0, bytes, &trust.list, now)?;
        if verified.signer().party().code != self.draft.terms().host.code {
            let detail = "the draft is signed by another party than its host";
            return Err(Failure::new(Label::BrokenSignature, detail));
        }
        let session = kaibiao_crypto::Hex(*answer.session.bytes());
        Ok(CeremonyBoard::read(&self.draft, bytes, session, &self.items, &trust.list, now)?)
    }

    /// As [`Self::board`]; record, test objects and partials hold too.
    fn check(&self, trust: &Trust) -> Result<(), Failure> {
        let now = machine::now()?;
        let board = self.board(trust, now)?;
        let Some((record, _)) = board.record()? else { return Ok(()) };
        for number in RehearsalNo::ALL {
            board.rehearsal(&record, number)?;
            for custodian in &record.custodians {
                board.rehearsal_partial(&record, number, custodian.index)?;
            }
        }
        board.bundle(&trust.list, now)?;
        Ok(())
    }
}

/// Asks the hall; with a trust list everything on the board is checked.
pub(crate) async fn of(
    hall: &Hall,
    lot: &LotKey,
    trust: Option<&Trust>,
) -> Result<Progress, Failure> {
    let shown = shown(hall, lot).await?;
    let checks = match trust {
        None => Checks::None,
        Some(trust) => {
            shown.check(trust)?;
            Checks::All
        }
    };
    let Shown { status, draft, answer, items } = shown;
    let posted = items.iter().map(|item| (item.kind, item.from)).collect();
    Ok(Progress { status, draft, session: answer.session.to_string(), posted, checks })
}

fn items(messages: &[BoardMessage]) -> Result<Vec<BoardItem>, Failure> {
    let strange =
        || Failure::new(Label::BadInput, "the board has a message of unknown kind or sender");
    let item = |message: &BoardMessage| {
        let from = BoardSender::parse(&message.from)?;
        let kind = BoardKind::parse(&message.kind)?;
        let (body, cms) = (message.body_b64.0.clone(), message.cms_b64.0.clone());
        Some(BoardItem { from, kind, body, cms })
    };
    messages.iter().map(|message| item(message).ok_or_else(strange)).collect()
}

impl Progress {
    fn has(&self, kind: BoardKind, from: BoardSender) -> bool {
        self.posted.contains(&(kind, from))
    }

    fn posted_by(&self, step: BoardKind, custodian: CustodianIndex) -> bool {
        self.has(step, BoardSender::Custodian(custodian))
    }

    /// What custodians post, with the rehearsals of the host that began.
    fn steps(&self) -> impl Iterator<Item = BoardKind> {
        let later = [RehearsalNo::Second, RehearsalNo::Third].into_iter();
        let later = later.filter(|number| self.is_begun(*number));
        STEPS.into_iter().chain(later.map(BoardKind::RehearsalPartial))
    }

    /// The custodians who have not posted a step.
    fn behind(&self, step: BoardKind) -> Vec<CustodianIndex> {
        let seats = self.draft.terms().custody.custodians.iter().map(|seat| seat.index);
        seats.filter(|seat| !self.posted_by(step, *seat)).collect()
    }

    fn is_begun(&self, number: RehearsalNo) -> bool {
        self.has(BoardKind::RehearsalObject(number), number.sealed_by())
    }

    fn is_rehearsed(&self, number: RehearsalNo) -> bool {
        self.is_begun(number) && self.behind(BoardKind::RehearsalPartial(number)).is_empty()
    }

    /// The first step that is not complete, and who is behind.
    fn awaited(&self) -> Awaited {
        if self.status.phase != UNPUBLISHED {
            return Awaited::Nobody;
        }
        for step in STEPS {
            let partial = step == BoardKind::RehearsalPartial(RehearsalNo::First);
            if partial && !self.is_begun(RehearsalNo::First) {
                return Awaited::Hall;
            }
            let behind = self.behind(step);
            if !behind.is_empty() {
                return Awaited::Custodians(step, behind);
            }
        }
        let open = RehearsalNo::ALL
            .into_iter()
            .find(|number| self.is_begun(*number) && !self.is_rehearsed(*number));
        open.map_or(Awaited::Host, |number| {
            let step = BoardKind::RehearsalPartial(number);
            Awaited::Custodians(step, self.behind(step))
        })
    }

    /// Facts for people and programs.
    pub(crate) fn facts(&self) -> Facts {
        let (status, terms) = (&self.status, self.draft.terms());
        let awaited = self.awaited();
        let ready = awaited == Awaited::Nobody || self.is_rehearsed(RehearsalNo::First);
        let rehearsed = RehearsalNo::ALL.into_iter().filter(|number| self.is_rehearsed(*number));
        let begun = RehearsalNo::ALL.into_iter().filter(|number| self.is_begun(*number));
        let left = match awaited {
            Awaited::Nobody => 0,
            _ => RehearsalNo::ALL.len() - begun.count(),
        };
        let mut facts = Facts::default();
        facts
            .text("lot", &status.lot)
            .add("ceremony", serde_json::json!(status.ceremony))
            .add("phase", status.phase.clone())
            .text("deadline", status.deadline)
            .add("entries", status.entries)
            .add("session", self.session.clone())
            .add(
                "custodians",
                format!("{} of {}", terms.custody.threshold.k(), terms.custody.threshold.n()),
            )
            .add("custody", serde_json::json!(terms.custody.custody));
        for seat in &terms.custody.custodians {
            let posted = self.steps().filter(|step| self.posted_by(*step, seat.index));
            let posted: Vec<&str> = posted.map(BoardKind::name).collect();
            let posted = if posted.is_empty() { "-".to_owned() } else { posted.join(", ") };
            facts.add(
                &format!("custodian_{}", seat.index),
                format!("{}: {posted}", seat.party.name),
            );
        }
        facts
            .add("waiting_for", awaited.code())
            .add("rehearsals", rehearsed.count())
            .add("rehearsals_left", left)
            .add("ready", ready)
            .add(
                "signatures",
                match self.checks {
                    Checks::None => "not checked",
                    Checks::All => "verified",
                },
            );
        facts
    }

    /// What a person should know beside the facts.
    pub(crate) fn notes(&self, ui: Ui) {
        let awaited = self.awaited();
        ui.note(&awaited.words(Lang::Zh), &awaited.words(Lang::En));
        if self.draft.terms().custody.custody == CustodyKind::SelfHeld {
            ui.note(
                "注意：密钥由一方掌握（custody = self），或未证明相互独立。",
                "note: one hand may hold the key (custody = self)",
            );
        }
        if self.checks == Checks::None {
            ui.note(
                "以上是服务器所说，未核对签名；加 --trust 可逐一核对。",
                "this is the hall's word; with --trust every signature is checked",
            );
        }
    }
}

impl Awaited {
    /// For programs: the step and the numbers, or who.
    fn code(&self) -> String {
        match self {
            Self::Custodians(step, behind) => format!("{}: {}", step.name(), numbers(behind)),
            Self::Hall => {
                format!("{}: hall", BoardKind::RehearsalObject(RehearsalNo::First).name())
            }
            Self::Host => "publish: host".to_owned(),
            Self::Nobody => "nobody".to_owned(),
        }
    }

    fn words(&self, lang: Lang) -> String {
        match self {
            Self::Custodians(step, behind) => {
                let (zh, en) = words(*step);
                let behind = numbers(behind);
                match lang {
                    Lang::Zh => format!("等待第 {behind} 号密钥分持人：{zh}。"),
                    Lang::En => format!("waiting for custodian {behind} to {en}"),
                }
            }
            Self::Hall => lang
                .pick("等待服务器放出演练文件。", "waiting for the hall to post the test object")
                .to_owned(),
            Self::Host => lang
                .pick(
                    "仪式和演练均已完成，等待主持人发布招标文件。",
                    "ceremony and rehearsal are complete; waiting for the host to publish the tender",
                )
                .to_owned(),
            Self::Nobody => lang
                .pick("招标文件已发布，仪式已结束。", "the tender is published; the ceremony is over")
                .to_owned(),
        }
    }
}

/// What a step is, for people.
const fn words(step: BoardKind) -> (&'static str, &'static str) {
    match step {
        BoardKind::Announce => ("公布本次仪式的公钥", "announce its keys for this ceremony"),
        BoardKind::Round1 => ("发出第一轮消息", "send its first-round message"),
        BoardKind::CertifyDkg => ("确认密钥生成结果", "certify the key generation"),
        BoardKind::SignRecord => ("签署仪式记录", "sign the ceremony record"),
        BoardKind::RehearsalPartial(_) => ("完成演练解密", "decrypt its part of the rehearsal"),
        BoardKind::RehearsalObject(_) => ("放出演练文件", "post the test object"),
    }
}

fn numbers(behind: &[CustodianIndex]) -> String {
    let numbers: Vec<String> = behind.iter().map(ToString::to_string).collect();
    numbers.join(", ")
}
