//! PDF/A-2b: the document on A4 paper, glyph by glyph.

mod draw;
mod font;
mod layout;
mod paper;
mod wrap;

use std::collections::BTreeSet;

pub use font::{FontError, Fonts};

use crate::model::Document;

/// A PDF file.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct Pdf {
    /// Its bytes.
    pub bytes: Vec<u8>,
    /// Its pages.
    pub pages: usize,
    /// Characters that no font has: they stand in the file by their code point, and its last section
    /// names them.
    pub missing: BTreeSet<char>,
}

/// Why no PDF was made.
#[derive(Clone, Debug, Eq, PartialEq, thiserror::Error)]
#[non_exhaustive]
pub enum PdfError {
    /// What was drawn breaks a rule of PDF/A-2b; the rule is named. A font given by hand may do that.
    #[error("not PDF/A-2b: {0}")]
    NotArchival(String),
}

impl PdfError {
    /// The stable label.
    pub const fn label(&self) -> &'static str {
        match self {
            Self::NotArchival(_) => "E_PDF_NOT_ARCHIVAL",
        }
    }
}

/// Writes a document as PDF/A-2b (ISO 19005-2), A4 across. The same document and fonts give the
/// same bytes: no clock and no randomness enters them.
///
/// # Errors
///
/// [`PdfError::NotArchival`] if a font must not be embedded, or a limit of the format is reached.
pub fn pdf(document: &Document, fonts: &Fonts) -> Result<Pdf, PdfError> {
    let laid_out = layout::layout(document, fonts);
    let bytes = draw::draw(document, &laid_out.pages, fonts)?;
    Ok(Pdf { bytes, pages: laid_out.pages.len(), missing: laid_out.missing })
}
