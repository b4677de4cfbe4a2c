//! The printable page: one HTML file without script and without outside resources.

use core::fmt::Write as _;

use kaibiao_opening::Bilingual;

use crate::model::{
    Align, Body, Cell, Document, Fact, Line, RowHeight, Section, Start, Style, Table,
};

const STYLE: &str = include_str!("page.css");

/// Writes a document as HTML for screen and A4 paper. The heads of tables repeat on each page and
/// every page has its number and the verification code (CSS paged media).
pub fn page(document: &Document) -> String {
    let mut html = Html(String::with_capacity(1 << 16));
    html.head(document);
    for section in &document.sections {
        html.section(section);
    }
    html.raw("</main>\n</body>\n</html>\n");
    html.0
}

/// Text that grows; what comes from outside passes through [`Html::text`] only.
struct Html(String);

impl Html {
    fn raw(&mut self, markup: &str) {
        self.0.push_str(markup);
    }

    fn text(&mut self, text: &str) {
        for c in text.chars() {
            match c {
                '&' => self.raw("&amp;"),
                '<' => self.raw("&lt;"),
                '>' => self.raw("&gt;"),
                '"' => self.raw("&quot;"),
                '\'' => self.raw("&#39;"),
                c => self.0.push(c),
            }
        }
    }

    fn head(&mut self, document: &Document) {
        self.raw(
            "<!doctype html>\n<html lang=\"zh-CN\">\n<head>\n<meta charset=\"utf-8\">\n\
             <meta name=\"viewport\" content=\"width=device-width, initial-scale=1\">\n\
             <meta http-equiv=\"Content-Security-Policy\" content=\"default-src 'none'; \
             style-src 'unsafe-inline'\">\n<title>",
        );
        self.text(&document.title.zh);
        self.text(" ");
        self.text(&document.code.to_string());
        self.raw("</title>\n<style>\n");
        self.raw(STYLE);
        self.foot(&document.code.to_string());
        self.raw("</style>\n</head>\n<body>\n<main>\n<header>\n<h1>");
        self.words(&document.title);
        self.raw("</h1>\n");
        for line in &document.about {
            self.raw("<p>");
            self.line(line);
            self.raw("</p>\n");
        }
        self.raw("<p class=\"code\">校验码 Verification code <b>");
        self.text(&document.code.to_string());
        self.raw("</b></p>\n</header>\n");
    }

    /// The foot of every printed page. The code has hexadecimal digits and dashes only.
    fn foot(&mut self, code: &str) {
        // Writing to a String cannot fail.
        let _ = writeln!(
            self.0,
            "@page {{ @bottom-left {{ content: \"校验码 {code}\" }} @bottom-right {{ content: \"第 \" \
             counter(page) \" 页 共 \" counter(pages) \" 页 · page \" counter(page) \" of \" \
             counter(pages) }} }}"
        );
    }

    fn section(&mut self, section: &Section) {
        self.raw(match section.start {
            Start::Here => "<section>\n<h2>",
            Start::NewPage => "<section class=\"new\">\n<h2>",
        });
        self.words(&section.heading);
        self.raw("</h2>\n");
        match &section.body {
            Body::Facts(facts) => self.facts(facts),
            Body::Notes(notes) => self.notes(notes),
            Body::Table(table) => self.table(table),
        }
        self.raw("</section>\n");
    }

    fn facts(&mut self, facts: &[Fact]) {
        self.raw("<dl>\n");
        for fact in facts {
            self.raw("<div><dt>");
            self.words(&fact.name);
            self.raw("</dt><dd>");
            self.cell(&fact.value);
            self.raw("</dd></div>\n");
        }
        self.raw("</dl>\n");
    }

    fn notes(&mut self, notes: &[Cell]) {
        self.raw("<ul>\n");
        for note in notes {
            self.raw("<li>");
            self.cell(note);
            self.raw("</li>\n");
        }
        self.raw("</ul>\n");
    }

    fn table(&mut self, table: &Table) {
        self.raw(match table.height {
            RowHeight::Signature => "<div class=\"wide\"><table class=\"sign\">\n<colgroup>",
            RowHeight::Text => "<div class=\"wide\"><table>\n<colgroup>",
        });
        let whole: u32 = table.columns.iter().map(|column| u32::from(column.width)).sum();
        for column in &table.columns {
            let per_mille = u32::from(column.width) * 1_000 / whole.max(1);
            // Writing to a String cannot fail.
            let _ = write!(self.0, "<col style=\"width:{}.{}%\">", per_mille / 10, per_mille % 10);
        }
        self.raw("</colgroup>\n<thead><tr>");
        for column in &table.columns {
            self.raw(match column.align {
                Align::Centre => "<th scope=\"col\" class=\"c\">",
                Align::Left => "<th scope=\"col\">",
                Align::Right => "<th scope=\"col\" class=\"r\">",
            });
            self.words(&column.name);
            self.raw("</th>");
        }
        self.raw("</tr></thead>\n<tbody>\n");
        for row in &table.rows {
            self.raw("<tr>");
            for (column, cell) in table.columns.iter().zip(row) {
                self.raw(match column.align {
                    Align::Centre => "<td class=\"c\">",
                    Align::Left => "<td>",
                    Align::Right => "<td class=\"r\">",
                });
                self.cell(cell);
                self.raw("</td>");
            }
            self.raw("</tr>\n");
        }
        self.raw("</tbody>\n</table></div>\n");
    }

    fn cell(&mut self, cell: &Cell) {
        for line in cell {
            self.line(line);
        }
    }

    fn line(&mut self, line: &Line) {
        self.raw(match line.style() {
            Style::Alert => "<span class=\"alert\">",
            Style::Digest => "<span class=\"digest\">",
            Style::Faint => "<span class=\"faint\">",
            Style::Plain => "<span>",
            Style::Strong => "<span class=\"strong\">",
        });
        self.text(line.text());
        self.raw("</span>");
    }

    /// Chinese with the English words beside or below it.
    fn words(&mut self, words: &Bilingual) {
        self.text(&words.zh);
        self.raw(" <small lang=\"en\">");
        self.text(&words.en);
        self.raw("</small>");
    }
}
