//! Signed notes: a text and signature lines (C2SP signed-note).

use base64::Engine;
use base64::engine::general_purpose::STANDARD;

use crate::key::is_key_name;
use crate::limits::{NOTE_MAX, NOTE_SIGNATURES_MAX};

/// A note as it was received. Nothing in it is proven before a known key verified it.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct SignedNote {
    text: String,
    signatures: Vec<NoteSignature>,
}

/// One signature line.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct NoteSignature {
    name: String,
    key_id: [u8; 4],
    payload: Vec<u8>,
}

/// Why a text is not a signed note.
#[derive(Clone, Debug, Eq, PartialEq, thiserror::Error)]
pub enum NoteError {
    /// Control characters other than line feeds.
    #[error("the note has control characters")]
    ControlCharacter,
    /// A line after the blank line is no signature line.
    #[error("signature line {0} of the note is malformed")]
    SignatureLine(usize),
    /// No signature lines after the last blank line, or no blank line at all.
    #[error("the note has no signature lines after a blank line")]
    Structure,
    /// Longer than [`NOTE_MAX`].
    #[error("a note of {0} bytes is too long")]
    TooLong(usize),
    /// More signature lines than [`NOTE_SIGNATURES_MAX`].
    #[error("the note has more than {NOTE_SIGNATURES_MAX} signature lines")]
    TooManySignatures,
}

impl NoteError {
    /// The stable name of the error.
    #[must_use]
    pub const fn label(&self) -> &'static str {
        match self {
            Self::ControlCharacter => "note-control-character",
            Self::SignatureLine(_) => "note-signature-line",
            Self::Structure => "note-structure",
            Self::TooLong(_) => "note-too-long",
            Self::TooManySignatures => "note-too-many-signatures",
        }
    }
}

impl SignedNote {
    /// Reads a note.
    ///
    /// # Errors
    ///
    /// [`NoteError`].
    pub fn parse(note: &str) -> Result<Self, NoteError> {
        if note.len() > NOTE_MAX {
            return Err(NoteError::TooLong(note.len()));
        }
        if note.bytes().any(|byte| byte < b' ' && byte != b'\n') {
            return Err(NoteError::ControlCharacter);
        }
        // The text keeps its line feed; the blank line after it belongs to neither side.
        let (text, lines) = note.rsplit_once("\n\n").ok_or(NoteError::Structure)?;
        let lines = lines.strip_suffix('\n').ok_or(NoteError::Structure)?;
        let signatures = (1..)
            .zip(lines.split('\n').take(NOTE_SIGNATURES_MAX + 1))
            .map(|(number, line)| {
                NoteSignature::parse(line).ok_or(NoteError::SignatureLine(number))
            })
            .collect::<Result<Vec<_>, _>>()?;
        if signatures.len() > NOTE_SIGNATURES_MAX {
            return Err(NoteError::TooManySignatures);
        }
        Ok(Self { text: format!("{text}\n"), signatures })
    }

    /// The signed text, with its final line feed.
    pub fn text(&self) -> &str {
        &self.text
    }

    /// The signature lines in their order.
    pub fn signatures(&self) -> &[NoteSignature] {
        &self.signatures
    }

    /// Adds a signature line (without line feed), unless the same line is there already.
    ///
    /// # Errors
    ///
    /// [`NoteError`] if the line is malformed or one too many.
    pub fn add_line(&mut self, line: &str) -> Result<(), NoteError> {
        let number = self.signatures.len() + 1;
        let signature = NoteSignature::parse(line).ok_or(NoteError::SignatureLine(number))?;
        if self.signatures.contains(&signature) {
            return Ok(());
        }
        if number > NOTE_SIGNATURES_MAX {
            return Err(NoteError::TooManySignatures);
        }
        self.signatures.push(signature);
        Ok(())
    }

    /// The whole note.
    pub fn note(&self) -> String {
        let mut out = format!("{}\n", self.text);
        for signature in &self.signatures {
            out.push_str(&signature.line());
            out.push('\n');
        }
        out
    }
}

impl NoteSignature {
    /// A signature of a key.
    pub(crate) const fn new(name: String, key_id: [u8; 4], payload: Vec<u8>) -> Self {
        Self { name, key_id, payload }
    }

    /// Reads a line without line feed: em dash, space, key name, space, base64 of key id and
    /// signature.
    pub(crate) fn parse(line: &str) -> Option<Self> {
        let (name, encoded) = line.strip_prefix("\u{2014} ")?.split_once(' ')?;
        let bytes = STANDARD.decode(encoded).ok()?;
        let (key_id, payload) = bytes.split_first_chunk::<4>()?;
        if !is_key_name(name) || payload.is_empty() {
            return None;
        }
        Some(Self { name: name.to_owned(), key_id: *key_id, payload: payload.to_vec() })
    }

    /// The key name.
    pub fn name(&self) -> &str {
        &self.name
    }

    /// The four bytes that tell keys of one name apart.
    pub const fn key_id(&self) -> [u8; 4] {
        self.key_id
    }

    /// What follows the key id: the signature as its algorithm lays it out.
    pub fn payload(&self) -> &[u8] {
        &self.payload
    }

    /// The line without line feed.
    pub fn line(&self) -> String {
        let bytes = [self.key_id.as_slice(), &self.payload].concat();
        format!("\u{2014} {} {}", self.name, STANDARD.encode(bytes))
    }
}
