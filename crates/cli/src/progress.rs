//! How far a key ceremony is: what the board of the hall shows, and who is waited for.

use kaibiao_opening::{CustodyKind, TenderDraft};
use kaibiao_pki::cms;
use kaibiao_replay::{BoardItem, BoardKind, CeremonyBoard};
use kaibiao_types::{CustodianIndex, LotKey};
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
    BoardKind::RehearsalPartial,
];

/// The phase of a lot whose tender file is not published.
const UNPUBLISHED: &str = "unpublished";

/// The ceremony of a lot as its hall shows it.
pub(crate) struct Progress {
    status: LotStatus,
    draft: TenderDraft,
    session: String,
    /// Who posted what, as far as the board can be read.
    posted: Vec<(BoardKind, Option<CustodianIndex>)>,
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

/// Asks the hall; with a trust list everything on the board is checked.
pub(crate) async fn of(
    hall: &Hall,
    lot: &LotKey,
    trust: Option<&Trust>,
) -> Result<Progress, Failure> {
    let status = lots::status(hall, lot).await?;
    let answer: DraftAnswer = hall.get(&paths::draft(lot)).await?;
    let board: BoardAnswer = hall.get(&paths::since(&paths::board(lot), 0)).await?;
    let draft = TenderDraft::parse(&answer.draft_b64.0)?;
    if draft.terms().lot_key() != *lot || status.lot != *lot {
        return Err(Failure::new(Label::WrongLot, "the hall gives the ceremony of another lot"));
    }
    let items = items(&board.messages)?;
    let checks = match trust {
        None => Checks::None,
        Some(trust) => {
            check(&draft, &answer, &items, trust)?;
            Checks::All
        }
    };
    let posted = items.iter().map(|item| (item.kind, item.from)).collect();
    Ok(Progress { status, draft, session: answer.session.to_string(), posted, checks })
}

/// Draft and messages are signed by whom they name; record, test object and partials hold.
fn check(
    draft: &TenderDraft,
    answer: &DraftAnswer,
    items: &[BoardItem],
    trust: &Trust,
) -> Result<(), Failure> {
    let (bytes, now) = (&answer.draft_b64.0, machine::now()?);
    let verified = cms::verify_detached(&answer.cms_b64.0, bytes, &trust.list, now)?;
    if verified.signer().party().code != draft.terms().host.code {
        let detail = "the draft is signed by another party than its host";
        return Err(Failure::new(Label::BrokenSignature, detail));
    }
    let session = kaibiao_crypto::Hex(*answer.session.bytes());
    let board = CeremonyBoard::read(draft, bytes, session, items, &trust.list, now)?;
    if let Some((record, _)) = board.record()? {
        board.rehearsal(&record)?;
        board.bundle(&trust.list, now)?;
    }
    Ok(())
}

fn items(messages: &[BoardMessage]) -> Result<Vec<BoardItem>, Failure> {
    let strange =
        || Failure::new(Label::BadInput, "the board has a message of unknown kind or sender");
    let item = |message: &BoardMessage| {
        let from = match message.from.as_str() {
            "hall" => None,
            number => Some(CustodianIndex::new(number.parse().ok()?).ok()?),
        };
        let kind = BoardKind::parse(&message.kind)?;
        let (body, cms) = (message.body_b64.0.clone(), message.cms_b64.0.clone());
        Some(BoardItem { from, kind, body, cms })
    };
    messages.iter().map(|message| item(message).ok_or_else(strange)).collect()
}

impl Progress {
    fn has(&self, kind: BoardKind, from: Option<CustodianIndex>) -> bool {
        self.posted.contains(&(kind, from))
    }

    /// The first step that is not complete, and who is behind.
    fn awaited(&self) -> Awaited {
        if self.status.phase != UNPUBLISHED {
            return Awaited::Nobody;
        }
        for step in STEPS {
            let object = self.has(BoardKind::RehearsalObject, None);
            if step == BoardKind::RehearsalPartial && !object {
                return Awaited::Hall;
            }
            let seats = &self.draft.terms().custody.custodians;
            let seats = seats.iter().map(|seat| seat.index);
            let behind: Vec<_> = seats.filter(|seat| !self.has(step, Some(*seat))).collect();
            if !behind.is_empty() {
                return Awaited::Custodians(step, behind);
            }
        }
        Awaited::Host
    }

    /// Facts for people and programs.
    pub(crate) fn facts(&self) -> Facts {
        let (status, terms) = (&self.status, self.draft.terms());
        let awaited = self.awaited();
        let complete = matches!(awaited, Awaited::Host | Awaited::Nobody);
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
            let posted = STEPS.into_iter().filter(|step| self.has(*step, Some(seat.index)));
            let posted: Vec<&str> = posted.map(BoardKind::name).collect();
            let posted = if posted.is_empty() { "-".to_owned() } else { posted.join(", ") };
            facts.add(
                &format!("custodian_{}", seat.index),
                format!("{}: {posted}", seat.party.name),
            );
        }
        facts
            .add("waiting_for", awaited.code())
            .add("rehearsals", u32::from(complete))
            .add("ready", complete)
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
            Self::Hall => format!("{}: hall", BoardKind::RehearsalObject.name()),
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
        BoardKind::RehearsalPartial => ("完成演练解密", "decrypt its part of the rehearsal"),
        BoardKind::RehearsalObject => ("放出演练文件", "post the test object"),
    }
}

fn numbers(behind: &[CustodianIndex]) -> String {
    let numbers: Vec<String> = behind.iter().map(ToString::to_string).collect();
    numbers.join(", ")
}
