//! From the record to the document: a section, a column and a fact is one small function each.
//!
//! # Source
//!
//! 电子招标投标办法 art. 32 (the record and who confirms it); the fields are those that records of
//! deployed platforms print.

mod companions;
mod evidence;
mod head;
mod prices;
mod signatures;
mod table;

use kaibiao_opening::{OpeningRecord, RecordSeveral, RecordVersion};
use kaibiao_types::Party;

use crate::code::VerificationCode;
use crate::file::RecordFile;
use crate::model::{
    Body, Cell, Document, Line, Section, Start, Style, both, faint, pair, plain, strong,
};

/// Lays a record out.
pub fn document(file: &RecordFile) -> Document {
    let record = file.record();
    let code = VerificationCode::new(file.sha256());
    let companions = [
        companions::not_passed(record),
        Some(companions::sign_in(record)),
        Some(companions::delivery(record)),
        companions::bidder_window(record),
        companions::unlocked(record),
        companions::checks(record),
        companions::draws(record),
        Some(companions::objections(record)),
        companions::holds(record),
    ];
    let mut sections = vec![
        head::facts(record),
        prices::section(file),
        notes(record),
        signatures::section(file),
        evidence::verification(file, &code),
    ];
    sections.extend(numbered(companions.into_iter().flatten()));
    sections.push(evidence::facts(record));
    Document {
        title: both("开标记录表", "Opening Record"),
        about: about(file),
        sha256: *file.sha256(),
        code,
        dated: record.prices_published_at,
        sections,
    }
}

/// 附表一, 附表二 and so on: only those that hold something are counted.
fn numbered(companions: impl Iterator<Item = Section>) -> impl Iterator<Item = Section> {
    companions.zip("一二三四五六七八九十".chars()).map(|(mut section, number)| {
        section.heading.zh = format!("附表{number}　{}", section.heading.zh);
        section
    })
}

fn about(file: &RecordFile) -> Vec<Line> {
    let record = file.record();
    let names = |zh: &str, en: &str| [strong(zh), faint(en)];
    let mut lines: Vec<Line> = names(
        &format!("{}　{}", record.title.zh, record.lot_title.zh),
        &format!("{} — {}", record.title.en, record.lot_title.en),
    )
    .into();
    if let Some(RecordVersion { no, reason, previous }) = &record.version {
        lines.push(strong(&format!("更正：第 {no} 版 Corrected: version {no}")));
        lines.push(plain(reason));
        lines.push(faint(&format!("前一版 SHA-256 of the version before: {previous}")));
    }
    if record.fictional {
        let words = "演示样本：名称或价格为虚构 SAMPLE: invented names or prices";
        lines.push(Line::new(words, Style::Alert));
    }
    lines
}

fn notes(record: &OpeningRecord) -> Section {
    let notes = record.notes.iter().map(|note| pair(&note.zh, &note.en));
    let body = Body::Notes(notes.chain(record.in_several_bids.iter().map(several)).collect());
    section(("说明", "Notes"), Start::Here, body)
}

/// One organisation in several bids: said, and nobody is rejected for it.
fn several(found: &RecordSeveral) -> Cell {
    let positions: Vec<String> = found.positions.iter().map(u32::to_string).collect();
    let (code, positions) = (&found.code, positions.join("、"));
    pair(
        &format!("{code} 出现在多份投标中（序号 {positions}），由评标委员会认定。"),
        &format!(
            "{code} stands in several bids (no. {positions}); that is the evaluation's to judge."
        ),
    )
}

fn section((zh, en): (&str, &str), start: Start, body: Body) -> Section {
    Section { heading: both(zh, en), start, body }
}

/// An organisation with its code below.
fn party(party: &Party) -> Cell {
    vec![plain(&party.name), faint(party.code.as_str())]
}
