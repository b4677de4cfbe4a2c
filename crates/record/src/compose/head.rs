//! 表头: which tender, who, when, how many, at most how much.

use kaibiao_opening::{OpeningRecord, RecordEnvelope, RecordEstimate, RecordRound, RecordWindow};

use super::{party, section};
use crate::model::{
    Body, Cell, Fact, Section, Start, bilingual, both, faint, moment, pair, plain, strong,
};
use crate::words;

/// The head of the record.
pub(super) fn facts(record: &OpeningRecord) -> Section {
    let mut facts: Vec<Fact> = record.envelope.iter().map(envelope).collect();
    facts.extend(record.round.iter().map(round));
    facts.extend([
        fact("招标项目名称", "Project", bilingual(&record.title)),
        fact("招标项目编号", "Project no.", vec![plain(record.tender.as_str())]),
        fact("标段（包）名称", "Lot", bilingual(&record.lot_title)),
        fact("标段（包）编号", "Lot no.", vec![plain(record.lot.as_str())]),
        fact("招标人", "Tenderee", party(&record.tenderee)),
        fact("招标代理（主持）", "Host", party(&record.host)),
        fact("监督", "Supervisor", party(&record.supervisor)),
        fact("招标类别", "Kind of tender", words_of(record.template.words())),
        fact("投标截止及开标时间", "Deadline and opening", moment(record.deadline)),
        fact("截止确认时间", "Intake closed", moment(record.intake_closed_at)),
    ]);
    if names_prices(record) {
        facts.extend([
            fact("报价公布时间", "Prices published", moment(record.prices_published_at)),
            fact("最高投标限价", "Ceiling price", ceiling(record)),
        ]);
    } else {
        let at = moment(record.prices_published_at);
        facts.push(fact("一览表公布时间", "Sheets published", at));
    }
    facts.extend(record.base_estimate.as_ref().map(estimate));
    facts.push(fact("投标人数", "Bidders", bidders(record)));
    if names_prices(record) {
        facts.push(fact("币种", "Currency", words_of(words::currency(record.currency))));
    }
    facts.extend(record.objection_window.map(window));
    section(("开标概况", "The opening"), Start::Here, Body::Facts(facts))
}

/// Whether bidders named prices: not in an envelope before the last, nor in an application.
pub(super) fn names_prices(record: &OpeningRecord) -> bool {
    let last = |envelope: &RecordEnvelope| envelope.stage.get() == envelope.of;
    record.template.names_prices(record.round.is_some())
        && record.envelope.as_ref().is_none_or(last)
}

/// Which round of sealed prices, and what it goes on from.
fn round(round: &RecordRound) -> Fact {
    let RecordRound { no, of, record_sha256, approved_at, silent } = round;
    let mut value = vec![strong(&format!("第 {no} 轮")), faint(&format!("round {no}"))];
    let at = approved_at.beijing();
    value.push(plain(&format!("接续标段 after lot {of}；邀请名单签署 invitation approved {at}")));
    value
        .extend(silent.iter().map(|party| plain(&format!("未报价 did not quote: {}", party.name))));
    value.push(faint(&format!("前次记录 SHA-256 of the record before: {record_sha256}")));
    fact("报价轮次", "Round of sealed prices", value)
}

/// Which envelope, what it holds, and what went before it.
fn envelope(envelope: &RecordEnvelope) -> Fact {
    let RecordEnvelope { stage, of, title, after } = envelope;
    let mut value = vec![
        strong(&format!("第 {stage} 信封，共 {of} 个")),
        faint(&format!("envelope {stage} of {of}")),
    ];
    value.extend(title.iter().flat_map(bilingual));
    if let Some(after) = after {
        let at = after.reconvened_at.beijing();
        value.push(plain(&format!("复会 reconvened {at}")));
        let reason = after.reason.iter().flat_map(|reason| reason.split('\n'));
        value.extend(reason.map(plain));
        let record = &after.record_sha256;
        value.push(faint(&format!("前一信封记录 SHA-256 of the record before: {record}")));
    }
    fact("信封", "Envelope", value)
}

/// Until when objections were taken.
fn window(window: RecordWindow) -> Fact {
    let RecordWindow { from, until, extended } = window;
    let mut value = vec![plain(&format!("{} — {}", from.beijing(), until.beijing()))];
    if extended > 0 {
        value.push(faint(&format!("延长 extended: {extended}")));
    }
    fact("异议提出时间", "Time for objections", value)
}

/// A named fact.
pub(super) fn fact(zh: &str, en: &str, value: Cell) -> Fact {
    Fact { name: both(zh, en), value }
}

/// Coded words of both languages.
pub(super) fn words_of((zh, en): words::Pair) -> Cell {
    pair(zh, en)
}

fn ceiling(record: &OpeningRecord) -> Cell {
    let Some(ceiling) = record.ceiling else { return pair("未设", "none") };
    let mut lines = vec![plain(&ceiling.to_string()), faint(&ceiling.capital())];
    if let Some(at) = record.ceiling_announced_at {
        lines.push(faint(&format!("现场公布 announced {}", at.beijing())));
    }
    lines
}

/// 标底: the amount, or what became of it.
fn estimate(estimate: &RecordEstimate) -> Fact {
    let mut value = match (&estimate.figures, &estimate.capital) {
        (Some(figures), Some(capital)) => vec![plain(figures), faint(capital)],
        _ => vec![plain(&estimate.shown())],
    };
    if let (Some(no), Some(at)) = (estimate.no, estimate.sealed_at) {
        value.push(faint(&format!("第 {no} 份，密封提交 no. {no}, sealed {}", at.beijing())));
    }
    if let Some(sha256) = &estimate.sha256 {
        value.push(faint(&format!("SHA-256 {sha256}")));
    }
    fact("标底", "Base estimate", value)
}

fn bidders(record: &OpeningRecord) -> Cell {
    let least = record.min_bidders;
    vec![plain(&record.bidders.to_string()), faint(&format!("不少于 at least {least}"))]
}
