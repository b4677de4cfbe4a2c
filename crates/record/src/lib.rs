//! What is made from an opening record (开标记录): a printable page, a PDF/A file, OCDS data.
//!
//! Layer 3, pure: values in, bytes out. The same record gives the same bytes.
//!
//! - [`RecordFile`] reads the exact bytes of `record.json` and keeps their SHA-256.
//! - [`Document`] is the record laid out as sections and tables, in Chinese and in English; both
//!   writers print it, so page and PDF say the same.
//! - [`page()`] writes one self-contained HTML file, [`pdf()`] a PDF/A-2b file with [`Fonts`].
//! - [`ocds()`] writes the public facts for the Open Contracting Data Standard.
//!
//! Specification: `docs/spec/record.md`.

mod code;
mod compose;
mod file;
mod model;
mod ocds;
mod page;
mod pdf;
mod words;

pub use code::VerificationCode;
pub use compose::document;
pub use file::{RecordFile, Signature};
pub use model::{
    Align, Body, Cell, Column, Document, Fact, Line, RowHeight, Section, Start, Style, Table,
};
pub use ocds::{OcdsError, Publication, ocds};
pub use page::page;
pub use pdf::{FontError, Fonts, Pdf, PdfError, pdf};
