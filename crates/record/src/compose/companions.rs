//! 附表: sign-in, delivery, draws, objections, checks of bidders, holds.

use kaibiao_opening::{
    NotPassed, OpeningRecord, RecordCheck, RecordDraw, RecordHold, RecordInterval, RecordObjection,
    RecordRow,
};
use kaibiao_types::{CustodianIndex, OrgCode};

use super::head::words_of;
use super::{party, section, table};
use crate::model::{
    Body, Cell, Line, RowHeight, Section, Start, bilingual, clock, digest, faint, none, pair,
    plain, strong,
};

/// 投标人签到表.
pub(super) fn sign_in(record: &OpeningRecord) -> Section {
    let shown = vec![
        number(),
        table::left(("投标人", "Bidder"), 80, |row: &RecordRow| vec![plain(&row.bidder.name)]),
        table::left(("统一社会信用代码", "Code"), 55, |row: &RecordRow| {
            vec![plain(row.bidder.code.as_str())]
        }),
        table::left(("签到时间", "Signed in"), 60, signed_in),
        table::left(("授权委托人", "Agent"), 60, |row: &RecordRow| {
            row.agent.as_ref().map_or_else(none, |agent| vec![plain(&agent.name)])
        }),
    ];
    let body = Body::Table(table::rows(shown, &record.rows, RowHeight::Text));
    section(("投标人签到表", "Sign-in of bidders"), Start::NewPage, body)
}

fn signed_in(row: &RecordRow) -> Cell {
    let Some(at) = row.signed_in_at else { return vec![plain("未签到 not signed in")] };
    let by_host = row.emergency.iter().flat_map(|reason| {
        [faint("紧急签到，由主持人代为办理 signed in by the host"), faint(reason)]
    });
    core::iter::once(plain(&at.beijing())).chain(by_host).collect()
}

/// 投标文件递交时间.
pub(super) fn delivery(record: &OpeningRecord) -> Section {
    let shown = vec![
        number(),
        table::left(("投标人", "Bidder"), 75, |row: &RecordRow| party(&row.bidder)),
        table::left(("递交时间", "Received"), 34, |row: &RecordRow| clock(row.completed_at)),
        table::centre(("版本", "Version"), 14, |row: &RecordRow| {
            vec![plain(&row.seq.to_string())]
        }),
        table::left(("投标清单摘要", "SHA-256 of the manifest"), 66, |row: &RecordRow| {
            digest(&row.manifest_sha256)
        }),
        table::left(
            ("开标一览表摘要", "SHA-256 of the price sheet"),
            66,
            |row: &RecordRow| row.sheet_sha256.as_ref().map_or_else(none, digest),
        ),
    ];
    let body = Body::Table(table::rows(shown, &record.rows, RowHeight::Text));
    section(("投标文件递交时间", "Receipt of bids"), Start::Here, body)
}

fn number<'a>() -> table::Show<'a, RecordRow> {
    table::centre(("序号", "No."), 12, |row: &RecordRow| vec![plain(&row.position.to_string())])
}

/// 投标人解密时限; of a lot that does not ask bidders there is no such table.
pub(super) fn bidder_window(record: &OpeningRecord) -> Option<Section> {
    let window = record.bidder_window.as_ref()?;
    let total = format!("累计 in all: {}", window.open_ms);
    let shown = vec![
        table::left(("自", "From"), 40, |interval: &RecordInterval| clock(interval.from)),
        table::left(("至", "To"), 40, |interval: &RecordInterval| clock(interval.until)),
        table::centre(("时长", "Open for"), 40, |interval: &RecordInterval| {
            vec![plain(&interval.open_ms.to_string())]
        }),
        table::left(("重启和延长", "Opened again, extended"), 147, changes),
    ];
    let body = Body::Table(table::rows(shown, &window.intervals, RowHeight::Text));
    let (zh, en) = window.lock.words();
    let heading =
        (format!("投标人解密时限（{zh}；{total}）"), format!("Bidder window ({en}; {total})"));
    Some(section((&heading.0, &heading.1), Start::Here, body))
}

/// Why an interval was opened again, and each extension of it.
fn changes(interval: &RecordInterval) -> Cell {
    let again = interval.reason.iter().flat_map(|reason| {
        let head = plain("重启解密 opened again");
        core::iter::once(head).chain(reason.split('\n').map(faint).collect::<Vec<Line>>())
    });
    let extended = interval.extensions.iter().flat_map(|extension| {
        let head = format!("延长 extended: {}，{}", extension.by_ms, extension.at.beijing());
        let words: Vec<Line> = extension.reason.split('\n').map(faint).collect();
        core::iter::once(plain(&head)).chain(words)
    });
    let lines: Cell = again.chain(extended).collect();
    if lines.is_empty() { none() } else { lines }
}

/// 投标人解密: when each bidder unlocked its bid.
pub(super) fn unlocked(record: &OpeningRecord) -> Option<Section> {
    record.bidder_window.as_ref()?;
    let shown = vec![
        number(),
        table::left(("投标人", "Bidder"), 120, |row: &RecordRow| party(&row.bidder)),
        table::left(("投标人解密时间", "Unlocked by the bidder"), 135, |row: &RecordRow| {
            let missing = || vec![plain("未在时限内解密 not within the window")];
            row.unsealed_at.map_or_else(missing, clock)
        }),
    ];
    let body = Body::Table(table::rows(shown, &record.rows, RowHeight::Text));
    Some(section(("投标人解密", "Bids unlocked by their bidders"), Start::Here, body))
}

/// 抽取; without any draw there is no such table.
pub(super) fn draws(record: &OpeningRecord) -> Option<Section> {
    let shown = vec![
        table::centre(("轮次", "No."), 12, |draw: &RecordDraw| vec![plain(&draw.no.to_string())]),
        table::left(("抽取内容", "What was drawn"), 60, |draw: &RecordDraw| {
            bilingual(&draw.name)
        }),
        table::left(("取值范围", "Values"), 70, |draw: &RecordDraw| {
            vec![plain(&draw.values.shown())]
        }),
        table::centre(("结果", "Value"), 35, drawn),
        table::left(("时间", "When"), 40, |draw: &RecordDraw| clock(draw.ended_at)),
        table::left(("分持人证明", "Proven by custodians"), 50, proofs),
    ];
    let body = Body::Table(table::rows(shown, &record.draws, RowHeight::Text));
    let heading = ("参数抽取", "Draws of parameters");
    (!record.draws.is_empty()).then(|| section(heading, Start::Here, body))
}

fn drawn(draw: &RecordDraw) -> Cell {
    let none = || pair("无结果", "no value: too few custodians proved it");
    draw.value.as_ref().map_or_else(none, |value| vec![strong(value)])
}

fn proofs(draw: &RecordDraw) -> Cell {
    let mut lines = vec![plain(&list(&draw.proven))];
    if !draw.dropped.is_empty() {
        lines.push(faint(&format!("证明无效 not valid: {}", list(&draw.dropped))));
    }
    lines
}

/// Custodians by their numbers.
pub(super) fn list(custodians: &[CustodianIndex]) -> String {
    let numbers: Vec<String> = custodians.iter().map(ToString::to_string).collect();
    if numbers.is_empty() { "—".to_owned() } else { numbers.join(", ") }
}

/// 异议与答复.
pub(super) fn objections(record: &OpeningRecord) -> Section {
    let heading = ("异议与答复", "Objections and answers");
    if record.objections.is_empty() {
        let body = Body::Notes(vec![pair("开标现场无异议。", "There was no objection.")]);
        return section(heading, Start::Here, body);
    }
    let shown = vec![
        table::centre(("编号", "No."), 12, |one: &RecordObjection| {
            vec![plain(&one.no.to_string())]
        }),
        table::left(("异议人", "Bidder"), 55, |one: &RecordObjection| {
            bidder(record, &one.bidder)
        }),
        table::left(("异议", "Objection"), 100, |one: &RecordObjection| {
            said(&one.text, &one.at.beijing())
        }),
        table::left(("答复", "Answer"), 100, |one: &RecordObjection| {
            said(&one.answer, &one.answered_at.beijing())
        }),
    ];
    let body = Body::Table(table::rows(shown, &record.objections, RowHeight::Text));
    section(heading, Start::Here, body)
}

/// 身份检查 and 保证金; without any check there is no such table.
pub(super) fn checks(record: &OpeningRecord) -> Option<Section> {
    let of = |show: fn(&RecordCheck) -> Cell| {
        move |row: &RecordRow| row.check.as_ref().map_or_else(none, show)
    };
    let shown = vec![
        number(),
        table::left(("投标人", "Bidder"), 80, |row: &RecordRow| party(&row.bidder)),
        table::left(("身份检查", "Identity"), 32, of(|check| words_of(check.identity.words()))),
        table::left(("保证金", "Bid bond"), 32, of(|check| words_of(check.bond.words()))),
        table::left(
            ("说明", "Reason"),
            76,
            of(|check| check.reason.as_ref().map_or_else(none, |reason| vec![plain(reason)])),
        ),
        table::left(("时间", "When"), 35, of(|check| clock(check.at))),
    ];
    let body = Body::Table(table::rows(shown, &record.rows, RowHeight::Text));
    let heading = ("投标人身份和保证金检查", "Checks of bidders");
    let any = record.rows.iter().any(|row| row.check.is_some());
    any.then(|| section(heading, Start::Here, body))
}

/// 暂停与中止; of an opening that was never held there is no such table.
pub(super) fn holds(record: &OpeningRecord) -> Option<Section> {
    let shown = vec![
        table::left(("决定人", "By"), 45, |hold: &RecordHold| words_of(hold.holder.words())),
        table::left(("原因", "Reason"), 45, reason),
        table::left(("说明", "In their words"), 97, |hold: &RecordHold| {
            hold.text.split('\n').map(plain).collect()
        }),
        table::left(("自", "From"), 40, |hold: &RecordHold| clock(hold.from)),
        table::left(("至", "To"), 40, |hold: &RecordHold| clock(hold.to)),
    ];
    let body = Body::Table(table::rows(shown, &record.holds, RowHeight::Text));
    let heading = ("暂停与中止", "When the opening was held");
    (!record.holds.is_empty()).then(|| section(heading, Start::Here, body))
}

/// Why it was held, with the article that names the case.
fn reason(hold: &RecordHold) -> Cell {
    bilingual(&hold.name).into_iter().chain(hold.article.as_deref().map(faint)).collect()
}

fn bidder(record: &OpeningRecord, code: &OrgCode) -> Cell {
    let row = record.rows.iter().find(|row| row.bidder.code == *code);
    row.map_or_else(|| vec![plain(code.as_str())], |row| party(&row.bidder))
}

/// Words of a party, and when they were said.
fn said(words: &str, when: &str) -> Cell {
    words.split('\n').map(plain).chain([faint(when)]).collect::<Vec<Line>>()
}

/// 未通过: whose present envelope stays sealed, and why.
pub(super) fn not_passed(record: &OpeningRecord) -> Option<Section> {
    let after = record.envelope.as_ref()?.after.as_ref()?;
    let shown = vec![
        table::left(("投标人代码", "Bidder"), 70, |failed: &NotPassed| {
            vec![plain(failed.bidder.as_str())]
        }),
        table::left(("原因", "Reason"), 120, |failed: &NotPassed| vec![plain(&failed.reason)]),
        table::left(("本信封", "This envelope"), 77, |_: &NotPassed| {
            pair("不予拆封，保持密封", "not opened, stays sealed for good")
        }),
    ];
    let body = Body::Table(table::rows(shown, &after.failed, RowHeight::Text));
    let heading = ("未通过前一信封的投标人", "Who did not pass with the envelope before");
    (!after.failed.is_empty()).then(|| section(heading, Start::Here, body))
}
