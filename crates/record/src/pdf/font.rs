//! Fonts: which glyph shows a character, and how wide it is.

use std::collections::BTreeMap;

use krilla::text::{Font, GlyphId};
use skrifa::instance::{LocationRef, Size};
use skrifa::{FontRef, MetadataProvider as _};

/// Noto Sans SC, a subset under the SIL Open Font License; see `font/README.md`.
const BUILT_IN: &[u8] = include_bytes!("../../font/NotoSansSC-Subset.otf");

/// Why bytes are not a font that can be used.
#[derive(Clone, Debug, Eq, PartialEq, thiserror::Error)]
#[non_exhaustive]
pub enum FontError {
    /// Not a font, or one without outlines, characters or widths.
    #[error("not an OpenType font with outlines and a map of characters")]
    NotAFont,
}

impl FontError {
    /// The stable label.
    pub const fn label(&self) -> &'static str {
        match self {
            Self::NotAFont => "E_FONT",
        }
    }
}

/// Fonts in the order in which they are asked for a character.
#[derive(Debug)]
pub struct Fonts {
    faces: Vec<Face>,
}

/// One font.
#[derive(Debug)]
struct Face {
    font: Font,
    glyphs: BTreeMap<char, Glyph>,
}

/// The glyph of a character.
#[derive(Clone, Copy, Debug)]
pub(super) struct Glyph {
    /// The number of the font.
    pub(super) face: usize,
    /// Which glyph of it.
    pub(super) id: GlyphId,
    /// Its width in parts of the size.
    pub(super) advance: f32,
}

impl Fonts {
    /// The font that comes with the program.
    ///
    /// # Errors
    ///
    /// [`FontError`]; not for the font of this repository, as a test shows.
    pub fn built_in() -> Result<Self, FontError> {
        Ok(Self { faces: vec![Face::read(BUILT_IN.to_vec(), 0)?] })
    }

    /// The same fonts, and one more for characters that they do not have.
    ///
    /// # Errors
    ///
    /// [`FontError`] if the bytes are no font; of a collection the first font is taken.
    pub fn and(mut self, bytes: Vec<u8>) -> Result<Self, FontError> {
        let number = self.faces.len();
        self.faces.push(Face::read(bytes, number)?);
        Ok(self)
    }

    /// The glyph of a character in the first font that has it.
    pub(super) fn glyph(&self, c: char) -> Option<Glyph> {
        self.faces.iter().find_map(|face| face.glyphs.get(&c).copied())
    }

    /// A font by its number.
    pub(super) fn font(&self, face: usize) -> Option<Font> {
        self.faces.get(face).map(|face| face.font.clone())
    }

    /// How wide a text is, in parts of the size; a character without glyph has no width.
    pub(super) fn width(&self, text: &str) -> f32 {
        text.chars().filter_map(|c| self.glyph(c)).map(|glyph| glyph.advance).sum()
    }
}

impl Face {
    fn read(bytes: Vec<u8>, number: usize) -> Result<Self, FontError> {
        let glyphs = glyphs(&bytes, number).filter(|glyphs| !glyphs.is_empty());
        let font = Font::new(bytes.into(), 0);
        font.zip(glyphs).map(|(font, glyphs)| Self { font, glyphs }).ok_or(FontError::NotAFont)
    }
}

fn glyphs(bytes: &[u8], face: usize) -> Option<BTreeMap<char, Glyph>> {
    let font = FontRef::from_index(bytes, 0).ok()?;
    let metrics = font.glyph_metrics(Size::unscaled(), LocationRef::default());
    let em = f32::from(font.metrics(Size::unscaled(), LocationRef::default()).units_per_em);
    let outlines = font.outline_glyphs();
    let one = |(code, id): (u32, skrifa::GlyphId)| {
        let c = char::from_u32(code)?;
        let advance = metrics.advance_width(id)? / em;
        outlines.get(id)?;
        Some((c, Glyph { face, id: GlyphId::new(id.to_u32()), advance }))
    };
    (em > 0.0).then(|| font.charmap().mappings().filter_map(one).collect())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_font_of_the_program_has_what_records_need() {
        let fonts = Fonts::built_in().unwrap();
        let needed = "开标记录表零壹贰叁肆伍陆柒捌玖拾佰仟万亿元角分整喆堃淼垚ABCxyz0123456789¥$é（），。：；—·";
        for c in needed.chars() {
            assert!(fonts.glyph(c).is_some_and(|glyph| glyph.advance > 0.0), "{c}");
        }
        assert!(fonts.glyph('\u{e000}').is_none() && fonts.glyph('\u{20000}').is_none());
        assert!((fonts.width("汉字") - 2.0).abs() < 1e-6);
    }

    #[test]
    fn what_is_no_font_is_refused() {
        for bytes in [Vec::new(), b"OTTO".to_vec(), vec![0; 4096], BUILT_IN[..100].to_vec()] {
            let refused = Fonts::built_in().unwrap().and(bytes).unwrap_err();
            assert_eq!(refused.label(), "E_FONT");
        }
    }
}
