//! A record as a document: sections of facts, tables and notes. It knows no paper and no screen.

use kaibiao_opening::{Bilingual, steers};
use kaibiao_types::{Digest, UtcMillis};

use crate::code::VerificationCode;

/// What is printed.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct Document {
    /// 开标记录表.
    pub title: Bilingual,
    /// Names of project and lot, and what a reader must see first.
    pub about: Vec<Line>,
    /// SHA-256 of `record.json`.
    pub sha256: Digest,
    /// 校验码, on every page.
    pub code: VerificationCode,
    /// The time of the facts, in UTC.
    pub dated: UtcMillis,
    /// The parts in order.
    pub sections: Vec<Section>,
}

/// A part under a heading.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct Section {
    /// The heading.
    pub heading: Bilingual,
    /// Where it begins.
    pub start: Start,
    /// What it holds.
    pub body: Body,
}

/// Where a section begins.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum Start {
    /// Below what stands before it.
    Here,
    /// On a new page.
    NewPage,
}

/// What a section holds.
#[derive(Clone, Debug, Eq, PartialEq)]
pub enum Body {
    /// Named facts.
    Facts(Vec<Fact>),
    /// Paragraphs.
    Notes(Vec<Cell>),
    /// A table.
    Table(Table),
}

/// A named fact.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct Fact {
    /// Its name.
    pub name: Bilingual,
    /// Its value.
    pub value: Cell,
}

/// A table; its head stands on every page that it reaches.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct Table {
    /// The columns.
    pub columns: Vec<Column>,
    /// The rows, each with one cell per column.
    pub rows: Vec<Vec<Cell>>,
    /// How high a row is at least.
    pub height: RowHeight,
}

/// A column.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct Column {
    /// Its head.
    pub name: Bilingual,
    /// Its share of the width.
    pub width: u16,
    /// Where its text stands.
    pub align: Align,
}

/// Where text stands in a column.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum Align {
    /// In the middle.
    Centre,
    /// At the left edge.
    Left,
    /// At the right edge.
    Right,
}

/// How high a row is at least.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum RowHeight {
    /// High enough to sign by hand.
    Signature,
    /// As its text.
    Text,
}

/// Lines one below the other.
pub type Cell = Vec<Line>;

/// A text that may be broken where it is too long.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct Line {
    text: String,
    style: Style,
}

/// What a text is.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum Style {
    /// Something that a reader must not miss.
    Alert,
    /// Hexadecimal digits.
    Digest,
    /// Beside something else: the English words, a code.
    Faint,
    /// A plain text.
    Plain,
    /// What the row is about.
    Strong,
}

impl Line {
    /// A text of a style. Characters that steer how others are shown stand there by their code
    /// point, so that no name passes for another or turns a price around.
    pub fn new(text: &str, style: Style) -> Self {
        Self { text: visible(text), style }
    }

    /// The text.
    pub fn text(&self) -> &str {
        &self.text
    }

    /// What it is.
    pub const fn style(&self) -> Style {
        self.style
    }
}

fn visible(text: &str) -> String {
    let mut shown = String::with_capacity(text.len());
    for c in text.chars() {
        if steers(c) { shown.push_str(&code_point(c)) } else { shown.push(c) }
    }
    shown
}

/// `[U+202E]`: a character that cannot be shown as itself.
pub(crate) fn code_point(c: char) -> String {
    format!("[U+{:04X}]", u32::from(c))
}

/// A text of both languages.
pub(crate) fn both(zh: &str, en: &str) -> Bilingual {
    Bilingual { zh: visible(zh), en: visible(en) }
}

/// A plain line.
pub(crate) fn plain(text: &str) -> Line {
    Line::new(text, Style::Plain)
}

/// A faint line.
pub(crate) fn faint(text: &str) -> Line {
    Line::new(text, Style::Faint)
}

/// A strong line.
pub(crate) fn strong(text: &str) -> Line {
    Line::new(text, Style::Strong)
}

/// Chinese words with the English ones below.
pub(crate) fn pair(zh: &str, en: &str) -> Cell {
    vec![plain(zh), faint(en)]
}

/// Two texts that mean the same, once if they are the same.
pub(crate) fn bilingual(words: &Bilingual) -> Cell {
    if words.zh == words.en { vec![plain(&words.zh)] } else { pair(&words.zh, &words.en) }
}

/// A digest in two lines of 32 digits.
pub(crate) fn digest(digest: &Digest) -> Cell {
    let digits: Vec<char> = digest.to_string().chars().collect();
    digits
        .chunks(32)
        .map(|half| Line::new(&half.iter().collect::<String>(), Style::Digest))
        .collect()
}

/// An instant in Beijing time, to the millisecond.
pub(crate) fn moment(at: UtcMillis) -> Cell {
    vec![plain(&at.beijing())]
}

/// An instant for a narrow column: the clock below the date.
pub(crate) fn clock(at: UtcMillis) -> Cell {
    at.beijing().split(' ').map(plain).collect()
}

/// What stands where there is nothing.
pub(crate) fn none() -> Cell {
    vec![faint("—")]
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_steers_is_shown_by_its_code_point() {
        let line = plain("甲\u{202e}001\u{200b}公司\n乙\u{0}");
        assert_eq!(line.text(), "甲[U+202E]001[U+200B]公司[U+000A]乙[U+0000]");
        assert_eq!(both("a\u{feff}", "b").zh, "a[U+FEFF]");
        assert_eq!(plain("𠮷 naïve Ω <b>").text(), "𠮷 naïve Ω <b>");
    }
}
