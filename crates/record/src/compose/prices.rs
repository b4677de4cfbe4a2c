//! 开标记录: one row per bidder.

use std::collections::BTreeMap;

use kaibiao_opening::{
    OpeningRecord, RecordDecision, RecordDocuments, RecordField, RecordRow, Verdict,
};
use kaibiao_types::{Fault, OrgCode, Part, Role, UtcMillis};

use super::head::names_prices;
use super::{party, table};
use crate::file::RecordFile;
use crate::model::{
    Body, Cell, Line, RowHeight, Section, Start, Style, bilingual, clock, faint, none, pair, plain,
    strong,
};
use crate::words;

/// The price takes this much of the width, where one is named.
const PRICE_WIDTH: u16 = 50;
/// The read-out fields share this much of it.
const FIELDS_WIDTH: u16 = 68;
/// With more fields than this they stand in one column, below each other.
const FIELD_COLUMNS: u16 = 4;

/// The table of prices.
pub(super) fn section(file: &RecordFile) -> Section {
    let mut shown = vec![
        table::centre(("序号", "No."), 11, |row: &RecordRow| {
            vec![plain(&row.position.to_string())]
        }),
        table::left(("投标人", "Bidder"), 53, bidder),
    ];
    let priced = names_prices(file.record());
    if priced {
        shown.push(table::right(("投标报价（小写、大写）", "Price"), PRICE_WIDTH, price));
    }
    let width = if priced { FIELDS_WIDTH } else { FIELDS_WIDTH + PRICE_WIDTH };
    shown.extend(fields(file.record(), width));
    shown.push(table::left(("密封与解密", "Seal, unsealing"), 37, unsealing));
    let confirms = if priced { "报价确认" } else { "内容确认" };
    shown.push(table::left((confirms, "Confirmed"), 24, confirmed));
    let signed = signed(file);
    let signature = move |row: &RecordRow| signature(signed.as_ref(), &row.bidder.code);
    shown.push(table::left(("投标人签字", "Signed"), 24, signature));
    let body = Body::Table(table::rows(shown, &file.record().rows, RowHeight::Text));
    let heading = if priced { "Prices as read out" } else { "Sheets as read out" };
    super::section(("唱标结果", heading), Start::Here, body)
}

/// The bidder; 联合体 with its other members below.
fn bidder(row: &RecordRow) -> Cell {
    let mut lines = party(&row.bidder);
    for member in &row.consortium {
        lines.push(plain(&format!("联合体 with {}", member.name)));
        lines.push(faint(member.code.as_str()));
    }
    lines
}

fn price(row: &RecordRow) -> Cell {
    let (Some(figures), Some(capital)) = (&row.figures, &row.capital) else { return none() };
    let mut lines = vec![strong(figures), faint(capital)];
    if row.over_ceiling {
        lines.extend([alert("超过最高投标限价"), faint("above the ceiling")]);
    }
    lines
}

/// A column for each read-out field; if there are too many, one for all.
fn fields(record: &OpeningRecord, width: u16) -> Vec<table::Show<'_, RecordRow>> {
    let most = record.rows.iter().map(|row| &row.fields).max_by_key(|fields| fields.len());
    let Some(named) = most.filter(|fields| !fields.is_empty()) else { return Vec::new() };
    match u16::try_from(named.len()).ok().filter(|count| *count <= FIELD_COLUMNS) {
        Some(count) => named.iter().map(|field| field_column(field, width / count)).collect(),
        None => vec![table::left(("其他唱标内容", "Other fields"), width, all_fields)],
    }
}

fn field_column(named: &RecordField, width: u16) -> table::Show<'_, RecordRow> {
    table::left((&named.name.zh, &named.name.en), width, |row: &RecordRow| {
        let field = row.fields.iter().find(|field| field.key == named.key);
        field.map_or_else(none, |field| {
            let mut lines = bilingual(&field.shown);
            if let Some(ceiling) = field.over_ceiling {
                let zh = format!("超过上限 {ceiling}");
                lines.extend([alert(&zh), faint("above the ceiling")]);
            }
            lines
        })
    })
}

fn all_fields(row: &RecordRow) -> Cell {
    let line = |field: &RecordField| {
        let text = format!("{}：{}", field.name.zh, field.shown.zh);
        match field.over_ceiling {
            Some(ceiling) => alert(&format!("{text}，超过上限 {ceiling}")),
            None => plain(&text),
        }
    };
    row.fields.iter().map(line).collect()
}

/// Two lines if all went well; else what did not, part by part.
fn unsealing(row: &RecordRow) -> Cell {
    let opened = |verdict: Verdict| verdict == Verdict::Opened;
    let sealed = row.seals.iter().all(|seal| seal.sealed);
    let documents = row.documents.as_ref();
    if sealed && opened(row.verdict) && documents.is_none_or(|one| opened(one.verdict)) {
        return match documents {
            Some(_) => pair("密封完好，均解密成功", "sealed; all parts unsealed"),
            None => pair("密封完好，解密成功", "sealed and unsealed"),
        };
    }
    let mut lines = seals(row);
    lines.extend(outcome(Part::Price, row.verdict, row.label.as_deref(), row.fault));
    lines.extend(row.decision.iter().flat_map(decided));
    if let Some(RecordDocuments { verdict, label, fault, decision, .. }) = documents {
        lines.extend(outcome(Part::Documents, *verdict, label.as_deref(), *fault));
        lines.extend(decision.iter().flat_map(decided));
    }
    lines
}

fn seals(row: &RecordRow) -> Cell {
    let broken = row.seals.iter().filter(|seal| !seal.sealed);
    let lines = broken.flat_map(|seal| {
        let (zh, en) = words::part(seal.part);
        let label = seal.label.as_deref().unwrap_or("—");
        [alert(&format!("{zh}密封破损")), faint(&format!("{en} broken: {label}"))]
    });
    let lines: Cell = lines.collect();
    if lines.is_empty() { pair("密封完好", "sealed") } else { lines }
}

fn outcome(part: Part, verdict: Verdict, label: Option<&str>, fault: Option<Fault>) -> Cell {
    let (part_zh, part_en) = words::part(part);
    let (zh, en) = words::verdict(verdict);
    let (zh, en) = (format!("{part_zh}{zh}"), format!("{part_en}: {en}"));
    if verdict == Verdict::Opened {
        return pair(&zh, &en);
    }
    let mut lines = vec![alert(&zh), faint(&en)];
    lines.extend(label.map(faint));
    if let Some((zh, en)) = fault.map(words::fault) {
        lines.extend([alert(zh), faint(en)]);
    }
    lines
}

/// What the host decided where the evidence is silent, and why.
fn decided(decision: &RecordDecision) -> Cell {
    let (zh, en) = words::consequence(decision.consequence);
    let words = decision.text.split('\n').map(plain);
    [alert(zh), faint(en)].into_iter().chain(words).collect()
}

fn confirmed(row: &RecordRow) -> Cell {
    row.confirmed_at.map_or_else(|| pair("未确认", "not confirmed"), clock)
}

/// When each bidder signed; `None` if it is not known who did.
fn signed(file: &RecordFile) -> Option<BTreeMap<OrgCode, UtcMillis>> {
    let bidders = file.signatures()?.iter().filter(|signature| signature.role == Role::Bidder);
    Some(bidders.map(|signature| (signature.party.clone(), signature.at)).collect())
}

fn signature(signed: Option<&BTreeMap<OrgCode, UtcMillis>>, bidder: &OrgCode) -> Cell {
    // Nobody knows yet: the cell is left free for a signature by hand.
    let Some(signed) = signed else { return Vec::new() };
    signed.get(bidder).map_or_else(|| pair("未签名", "not signed"), |at| clock(*at))
}

fn alert(text: &str) -> Line {
    Line::new(text, Style::Alert)
}
