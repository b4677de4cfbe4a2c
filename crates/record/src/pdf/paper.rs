//! Paper, sizes and colours. Lengths are points (1/72 inch); y grows downwards.

use crate::model::Style;

/// A4 across.
pub(super) const WIDTH: f32 = 841.89;
/// A4 across.
pub(super) const HEIGHT: f32 = 595.28;
/// Left and right.
pub(super) const SIDE: f32 = 42.5;
/// Above.
pub(super) const TOP: f32 = 40.0;
/// Where the text ends.
pub(super) const BOTTOM: f32 = HEIGHT - 48.0;
/// The base line of the foot of each page.
pub(super) const FOOT: f32 = HEIGHT - 26.0;
/// The width of the text.
pub(super) const INNER: f32 = WIDTH - 2.0 * SIDE;
/// Between text and rules of a table: left and right.
pub(super) const PAD_X: f32 = 4.5;
/// Between text and rules of a table: above and below.
pub(super) const PAD_Y: f32 = 3.2;
/// A row that is signed by hand.
pub(super) const SIGNATURE: f32 = 48.0;
/// The thickness of a rule.
pub(super) const RULE: f32 = 0.5;

/// A colour: red, green, blue.
pub(super) type Colour = [u8; 3];

/// Text.
pub(super) const INK: Colour = [0x16, 0x22, 0x2e];
/// What stands beside the text.
pub(super) const FAINT: Colour = [0x5f, 0x6e, 0x7d];
/// Rules.
pub(super) const LINE: Colour = [0xc3, 0xcc, 0xd5];
/// The ground of heads.
pub(super) const HEAD: Colour = [0xee, 0xf3, 0xf8];
/// Titles.
pub(super) const BRAND: Colour = [0x0d, 0x2b, 0x4b];
/// Marks and alerts.
pub(super) const SEAL: Colour = [0x97, 0x28, 0x1f];

/// How a text is written.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) struct Pen {
    /// Its size.
    pub(super) size: f32,
    /// Its colour.
    pub(super) colour: Colour,
    /// Whether its strokes are thicker.
    pub(super) bold: bool,
}

impl Pen {
    /// A pen with thin strokes.
    pub(super) const fn new(size: f32, colour: Colour) -> Self {
        Self { size, colour, bold: false }
    }

    /// The same pen with thick strokes.
    pub(super) const fn bold(self) -> Self {
        Self { bold: true, ..self }
    }

    /// From one base line to the next.
    pub(super) fn leading(self) -> f32 {
        self.size * 1.42
    }

    /// From the top of a line to its base line.
    pub(super) fn ascent(self) -> f32 {
        self.size * 1.07
    }
}

/// The pen of a style.
pub(super) const fn pen(style: Style) -> Pen {
    match style {
        Style::Alert => Pen::new(9.0, SEAL).bold(),
        Style::Digest => Pen::new(7.5, INK),
        Style::Faint => Pen::new(7.5, FAINT),
        Style::Plain => Pen::new(9.0, INK),
        Style::Strong => Pen::new(9.5, INK).bold(),
    }
}
