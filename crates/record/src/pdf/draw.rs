//! From marks on pages to the bytes of a file.

use kaibiao_types::UtcMillis;
use krilla::color::rgb;
use krilla::configure::{Archival, Configuration};
use krilla::error::KrillaError;
use krilla::geom::{PathBuilder, Point, Rect};
use krilla::metadata::{DateTime, Metadata};
use krilla::page::PageSettings;
use krilla::paint::{Fill, Paint, Stroke};
use krilla::surface::Surface;
use krilla::text::KrillaGlyph;
use krilla::{Document as File, SerializeSettings};

use super::PdfError;
use super::font::Fonts;
use super::layout::{Mark, Page};
use super::paper::{Colour, HEIGHT, Pen, WIDTH};
use crate::model::Document;

/// Writes pages as one file.
///
/// # Errors
///
/// [`PdfError::NotArchival`].
pub(super) fn draw(
    document: &Document,
    pages: &[Page],
    fonts: &Fonts,
) -> Result<Vec<u8>, PdfError> {
    let refused = |what: &str| PdfError::NotArchival(what.to_owned());
    let mut builder = krilla::configure::ConfigurationBuilder::new();
    builder = builder.with_archival_validator(Archival::A2_B);
    let configuration: Configuration =
        builder.finish().map_err(|_| refused("the version of the format"))?;
    let settings = SerializeSettings { configuration, ..SerializeSettings::default() };
    let mut file = File::new_with(settings);
    file.set_metadata(metadata(document));
    for page in pages {
        let size =
            PageSettings::from_wh(WIDTH, HEIGHT).ok_or_else(|| refused("the size of a page"))?;
        let mut sheet = file.start_page_with(size);
        let mut surface = sheet.surface();
        for mark in page {
            put(&mut surface, mark, fonts);
        }
        surface.finish();
        sheet.finish();
    }
    file.finish().map_err(|error| PdfError::NotArchival(words(&error)))
}

/// A library's error in words, with the rule that is broken.
fn words(error: &KrillaError) -> String {
    match error {
        KrillaError::Validation(rules) => {
            let rules: Vec<String> =
                rules.iter().map(|(rule, _)| rule_name(&format!("{rule:?}"))).collect();
            rules.join(", ")
        }
        other => other.to_string(),
    }
}

/// The name of a rule without the values, some of which are whole fonts.
fn rule_name(rule: &str) -> String {
    rule.chars().take_while(char::is_ascii_alphanumeric).collect()
}

fn metadata(document: &Document) -> Metadata {
    let about = document.about.first().map_or("", |line| line.text());
    Metadata::new()
        .title(format!("{} {} — {about}", document.title.zh, document.title.en))
        .description(format!("SHA-256 of record.json: {}", document.sha256))
        .creator("kaibiao".to_owned())
        .language("zh-CN".to_owned())
        .document_id(document.sha256.to_string())
        .creation_date(date(document.dated))
}

/// The time of the facts: a running clock would give the same record other bytes each time.
fn date(at: UtcMillis) -> DateTime {
    let text = at.rfc3339();
    let mut parts = text.split(|c: char| !c.is_ascii_digit());
    let mut next = || parts.next().and_then(|digits| digits.parse::<u16>().ok()).unwrap_or(0);
    let year = next();
    let mut small = || u8::try_from(next()).unwrap_or(0);
    let (month, day, hour, minute, second) = (small(), small(), small(), small(), small());
    DateTime::new(year)
        .month(month)
        .day(day)
        .hour(hour)
        .minute(minute)
        .second(second)
        .utc_offset_hour(0)
        .utc_offset_minute(0)
}

fn put(surface: &mut Surface<'_>, mark: &Mark, fonts: &Fonts) {
    match mark {
        Mark::Box { x, y, width, height, colour } => {
            let mut path = PathBuilder::new();
            if let Some(rect) = Rect::from_xywh(*x, *y, *width, *height) {
                path.push_rect(rect);
            }
            if let Some(path) = path.finish() {
                surface.set_fill(Some(fill(*colour)));
                surface.set_stroke(None);
                surface.draw_path(&path);
            }
        }
        Mark::Text { x, y, pen, text } => write(surface, *x, *y, *pen, text, fonts),
    }
}

/// Writes a line; a run of characters from one font is one text.
fn write(surface: &mut Surface<'_>, x: f32, y: f32, pen: Pen, text: &str, fonts: &Fonts) {
    surface.set_fill(Some(fill(pen.colour)));
    surface.set_stroke(pen.bold.then(|| Stroke {
        paint: paint(pen.colour),
        width: pen.size * 0.03,
        ..Stroke::default()
    }));
    let mut x = x;
    let mut run = Run::default();
    for c in text.chars() {
        let Some(glyph) = fonts.glyph(c) else { continue };
        if glyph.face != run.face {
            x = run.put(surface, x, y, pen, fonts);
            run = Run { face: glyph.face, ..Run::default() };
        }
        let start = run.text.len();
        run.text.push(c);
        let range = start..run.text.len();
        run.glyphs.push(KrillaGlyph::new(glyph.id, glyph.advance, 0.0, 0.0, 0.0, range, None));
        run.width += glyph.advance;
    }
    run.put(surface, x, y, pen, fonts);
}

/// Characters from one font.
#[derive(Default)]
struct Run {
    face: usize,
    text: String,
    glyphs: Vec<KrillaGlyph>,
    width: f32,
}

impl Run {
    /// Writes the run; where it ends.
    fn put(&self, surface: &mut Surface<'_>, x: f32, y: f32, pen: Pen, fonts: &Fonts) -> f32 {
        if let Some(font) = fonts.font(self.face).filter(|_| !self.glyphs.is_empty()) {
            let start = Point::from_xy(x, y);
            surface.draw_glyphs(start, &self.glyphs, font, &self.text, pen.size, false);
        }
        x + self.width * pen.size
    }
}

fn fill(colour: Colour) -> Fill {
    Fill { paint: paint(colour), ..Fill::default() }
}

fn paint([red, green, blue]: Colour) -> Paint {
    rgb::Color::new(red, green, blue).into()
}
