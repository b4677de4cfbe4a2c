//! From the document to marks on pages.

mod blocks;
mod table;

use std::collections::BTreeSet;

use super::font::Fonts;
use super::paper::{
    BOTTOM, BRAND, Colour, FAINT, FOOT, INK, INNER, LINE, Pen, RULE, SEAL, SIDE, TOP, pen,
};
use super::wrap::wrap;
use crate::model::{Body, Document, Line, Section, Start, both, code_point, faint, plain};

/// What stands on a page.
#[derive(Clone, Debug, PartialEq)]
pub(super) enum Mark {
    /// A filled rectangle, also a rule.
    Box { x: f32, y: f32, width: f32, height: f32, colour: Colour },
    /// A line of text; `y` is its base line.
    Text { x: f32, y: f32, pen: Pen, text: String },
}

/// The marks of a page in the order in which they are drawn.
pub(super) type Page = Vec<Mark>;

/// The pages of a document.
pub(super) struct LaidOut {
    pub(super) pages: Vec<Page>,
    pub(super) missing: BTreeSet<char>,
}

/// Lays a document out; every page has its foot.
pub(super) fn layout(document: &Document, fonts: &Fonts) -> LaidOut {
    let mut sheet =
        Sheet { fonts, pages: Vec::new(), page: Page::new(), y: TOP, missing: BTreeSet::new() };
    sheet.title(document);
    for section in &document.sections {
        sheet.section(section);
    }
    sheet.name_missing();
    sheet.turn();
    feet(&mut sheet.pages, document, fonts);
    LaidOut { pages: sheet.pages, missing: sheet.missing }
}

/// The page that is being filled, and those before it.
struct Sheet<'a> {
    fonts: &'a Fonts,
    pages: Vec<Page>,
    page: Page,
    y: f32,
    missing: BTreeSet<char>,
}

impl Sheet<'_> {
    /// Begins a new page.
    fn turn(&mut self) {
        self.pages.push(std::mem::take(&mut self.page));
        self.y = TOP;
    }

    /// Begins a new page unless so much room is left on this one.
    fn need(&mut self, height: f32) {
        if self.y + height > BOTTOM && !self.page.is_empty() {
            self.turn();
        }
    }

    fn fill(&mut self, x: f32, y: f32, (width, height): (f32, f32), colour: Colour) {
        self.page.push(Mark::Box { x, y, width, height, colour });
    }

    /// Writes a text whose base line is at `y`. It is not empty and every character has a glyph.
    fn write(&mut self, x: f32, y: f32, pen: Pen, text: &str) {
        if !text.is_empty() {
            self.page.push(Mark::Text { x, y, pen, text: text.to_owned() });
        }
    }

    fn write_centred(&mut self, y: f32, pen: Pen, text: &str) {
        let x = SIDE + (INNER - self.fonts.width(text) * pen.size) / 2.0;
        self.write(x, y, pen, text);
    }

    /// A text with every character that no font has replaced by its code point.
    fn printable(&mut self, text: &str) -> String {
        let mut shown = String::with_capacity(text.len());
        for c in text.chars() {
            if self.fonts.glyph(c).is_some() {
                shown.push(c);
            } else {
                self.missing.insert(c);
                shown.push_str(&code_point(c));
            }
        }
        shown
    }

    /// A line broken to a width.
    fn broken(&mut self, line: &Line, width: f32) -> Vec<(Pen, String)> {
        let pen = pen(line.style());
        let text = self.printable(line.text());
        let lines = wrap(self.fonts, &text, pen.size, width);
        lines.into_iter().map(|line| (pen, line)).collect()
    }

    fn title(&mut self, document: &Document) {
        let title = Pen::new(19.0, BRAND).bold();
        self.write_centred(self.y + title.ascent(), title, &document.title.zh);
        self.y += title.leading();
        let below = Pen::new(8.5, FAINT);
        self.write_centred(self.y + below.ascent(), below, &document.title.en);
        self.y += below.leading() + 3.0;
        for line in &document.about {
            for (pen, text) in self.broken(line, INNER) {
                self.write_centred(self.y + pen.ascent(), pen, &text);
                self.y += pen.leading();
            }
        }
        self.code(document);
        self.y += 6.0;
        self.fill(SIDE, self.y, (INNER, 1.4), BRAND);
        self.y += 4.0;
    }

    /// The verification code in the upper right corner.
    fn code(&mut self, document: &Document) {
        let (name, digits) = (Pen::new(7.5, FAINT), Pen::new(8.5, INK).bold());
        let code = document.code.to_string();
        let edge = SIDE + INNER;
        let width = |pen: Pen, text: &str| self.fonts.width(text) * pen.size;
        let words = "校验码 Verification code";
        let (words_x, code_x) = (edge - width(name, words), edge - width(digits, &code));
        self.write(words_x, TOP + name.ascent(), name, words);
        self.write(code_x, TOP + name.leading() + digits.ascent(), digits, &code);
    }

    fn section(&mut self, section: &Section) {
        if section.start == Start::NewPage && !self.page.is_empty() {
            self.turn();
        }
        // A heading is not left alone at the foot of a page.
        self.need(90.0);
        let (zh, en) = (Pen::new(11.5, BRAND).bold(), Pen::new(8.0, FAINT));
        if self.y > TOP {
            self.y += 13.0;
        }
        let base = self.y + zh.ascent();
        self.fill(SIDE, self.y + 2.0, (3.0, zh.size), SEAL);
        let (heading, beside) =
            (self.printable(&section.heading.zh), self.printable(&section.heading.en));
        let x = SIDE + 8.0;
        self.write(x, base, zh, &heading);
        let x = x + self.fonts.width(&heading) * zh.size + 6.0;
        self.write(x, base, en, &beside);
        self.y += zh.leading() + 4.0;
        match &section.body {
            Body::Facts(facts) => self.facts(facts),
            Body::Notes(notes) => self.notes(notes),
            Body::Table(table) => self.table(table),
        }
    }

    /// Says which characters stand there by their code point.
    fn name_missing(&mut self) {
        if self.missing.is_empty() {
            return;
        }
        let codes: Vec<String> = self.missing.iter().copied().map(code_point).collect();
        let note = vec![
            plain("所用字体没有下列字符，它们以 Unicode 码位表示："),
            faint(
                "The fonts do not have these characters; their code points stand in their place:",
            ),
            plain(&codes.join(" ")),
        ];
        let heading = both("字体缺字", "Characters without a glyph");
        let body = Body::Notes(vec![note]);
        self.section(&Section { heading, start: Start::Here, body });
    }
}

/// Verification code and page number at the foot of every page.
fn feet(pages: &mut [Page], document: &Document, fonts: &Fonts) {
    let pen = Pen::new(7.5, FAINT);
    let count = pages.len();
    for (number, page) in (1_usize..).zip(pages) {
        page.push(Mark::Box { x: SIDE, y: FOOT - 13.0, width: INNER, height: RULE, colour: LINE });
        let code = format!("校验码 {}", document.code);
        page.push(Mark::Text { x: SIDE, y: FOOT, pen, text: code });
        let text = format!("第 {number} 页 共 {count} 页 · page {number} of {count}");
        let x = SIDE + INNER - fonts.width(&text) * pen.size;
        page.push(Mark::Text { x, y: FOOT, pen, text });
    }
}
