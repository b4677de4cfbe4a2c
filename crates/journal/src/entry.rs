//! One line of the opening log: its exact bytes and what they say.

use std::borrow::Cow;

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use kaibiao_merkle::leaf_hash;
use kaibiao_types::{Digest, UtcMillis};
use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};
use serde_json::value::RawValue;

use crate::limits::{INTEGER_MAX, KIND_MAX, LINE_MAX};
use crate::{Actor, ActorError};

/// One line of the log. It holds the exact bytes it was read from or built as; they are the leaf
/// of the tree and are never written anew.
#[derive(Clone, Debug)]
pub struct EntryLine {
    index: u64,
    at: UtcMillis,
    by: Actor,
    kind: String,
    data: Box<RawValue>,
    command: Option<SignedCommand>,
    line: String,
}

/// The signed command that caused an entry, exactly as the person sent it.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct SignedCommand {
    /// Exact bytes of the command.
    pub body: Vec<u8>,
    /// DER of the detached CMS signature over `body`.
    pub cms: Vec<u8>,
}

/// Why bytes are not a log line, or values do not make one.
#[derive(Clone, Debug, Eq, PartialEq, thiserror::Error)]
pub enum EntryError {
    /// `by` names no actor.
    #[error(transparent)]
    Actor(#[from] ActorError),
    /// `cmd` is not two non-empty base64 strings.
    #[error("the signed command is not two non-empty base64 strings")]
    Command,
    /// `data` is not what its reader expects; the text says where.
    #[error("the data of a {kind:?} entry is not readable: {detail}")]
    Data {
        /// The entry kind.
        kind: String,
        /// What the reader met.
        detail: String,
    },
    /// `data` is not a JSON object.
    #[error("the data of an entry is a JSON object")]
    DataNotObject,
    /// The same values, but written in another way than this format writes them.
    #[error("the line is not written in its one form (field order, no white space)")]
    Form,
    /// `i` is above 2^53 - 1.
    #[error("the index is above 2^53 - 1")]
    Index,
    /// Not the JSON object of a line; the text says where.
    #[error("not a log line: {0}")]
    Json(String),
    /// The kind is not 1 to 64 lower-case letters, digits and hyphens, starting with a letter.
    #[error("a kind has 1 to 64 lower-case letters, digits and hyphens and starts with a letter")]
    Kind,
    /// Longer than [`LINE_MAX`].
    #[error("a line of {0} bytes is too long")]
    TooLong(usize),
}

impl EntryError {
    /// The stable name of the error.
    #[must_use]
    pub const fn label(&self) -> &'static str {
        match self {
            Self::Actor(actor) => actor.label(),
            Self::Command => "entry-command",
            Self::Data { .. } => "entry-data",
            Self::DataNotObject => "entry-data-not-object",
            Self::Form => "entry-form",
            Self::Index => "entry-index",
            Self::Json(_) => "entry-json",
            Self::Kind => "entry-kind",
            Self::TooLong(_) => "entry-too-long",
        }
    }
}

/// The fields in the order of the line.
#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Fields<'a> {
    i: u64,
    at: UtcMillis,
    by: Cow<'a, str>,
    #[serde(borrow)]
    kind: Cow<'a, str>,
    #[serde(borrow)]
    data: &'a RawValue,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    cmd: Option<CommandFields>,
}

#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct CommandFields {
    body: String,
    cms: String,
}

impl EntryLine {
    /// Builds the line of an entry. `data` must serialise to a JSON object.
    ///
    /// # Errors
    ///
    /// [`EntryError`]: whatever [`EntryLine::parse`] would refuse is not built.
    pub fn build(
        index: u64,
        at: UtcMillis,
        by: &Actor,
        kind: &str,
        data: &impl Serialize,
        command: Option<&SignedCommand>,
    ) -> Result<Self, EntryError> {
        let data = serde_json::value::to_raw_value(data)
            .map_err(|e| EntryError::Data { kind: kind.to_owned(), detail: e.to_string() })?;
        let cmd = command.map(|command| CommandFields {
            body: STANDARD.encode(&command.body),
            cms: STANDARD.encode(&command.cms),
        });
        let by = Cow::Owned(by.to_string());
        let fields = Fields { i: index, at, by, kind: Cow::Borrowed(kind), data: &data, cmd };
        let line =
            serde_json::to_string(&fields).map_err(|error| EntryError::Json(error.to_string()))?;
        Self::from_text(line)
    }

    /// Reads a line (without line feed) strictly: one entry has one text.
    ///
    /// # Errors
    ///
    /// [`EntryError`].
    pub fn parse(line: &[u8]) -> Result<Self, EntryError> {
        if line.len() > LINE_MAX {
            return Err(EntryError::TooLong(line.len()));
        }
        let text = core::str::from_utf8(line).map_err(|e| EntryError::Json(e.to_string()))?;
        Self::from_text(text.to_owned())
    }

    fn from_text(line: String) -> Result<Self, EntryError> {
        if line.len() > LINE_MAX {
            return Err(EntryError::TooLong(line.len()));
        }
        let fields: Fields<'_> =
            serde_json::from_str(&line).map_err(|error| EntryError::Json(error.to_string()))?;
        if fields.i > INTEGER_MAX {
            return Err(EntryError::Index);
        }
        if !is_kind(&fields.kind) {
            return Err(EntryError::Kind);
        }
        if !fields.data.get().starts_with('{') {
            return Err(EntryError::DataNotObject);
        }
        let by = fields.by.parse()?;
        let command = fields.cmd.as_ref().map(CommandFields::decode).transpose()?;
        // JSON allows control characters only as white space between tokens, and a line feed there
        // would cut the line in two.
        let again = serde_json::to_string(&fields).map_err(|e| EntryError::Json(e.to_string()))?;
        if again != line || line.bytes().any(|byte| byte < b' ') {
            return Err(EntryError::Form);
        }
        let (index, at, kind) = (fields.i, fields.at, fields.kind.into_owned());
        let data = fields.data.to_owned();
        Ok(Self { index, at, by, kind, data, command, line })
    }

    /// Position in the log, from 0.
    pub const fn index(&self) -> u64 {
        self.index
    }

    /// The hall's clock when it wrote the entry.
    pub const fn at(&self) -> UtcMillis {
        self.at
    }

    /// Who caused it.
    pub const fn by(&self) -> &Actor {
        &self.by
    }

    /// What happened.
    pub fn kind(&self) -> &str {
        &self.kind
    }

    /// The exact JSON of `data`.
    pub const fn data(&self) -> &RawValue {
        &self.data
    }

    /// `data` as a type of its kind.
    ///
    /// # Errors
    ///
    /// [`EntryError::Data`].
    pub fn data_as<T: DeserializeOwned>(&self) -> Result<T, EntryError> {
        serde_json::from_str(self.data.get())
            .map_err(|e| EntryError::Data { kind: self.kind.clone(), detail: e.to_string() })
    }

    /// The signed command that caused the entry.
    pub const fn command(&self) -> Option<&SignedCommand> {
        self.command.as_ref()
    }

    /// The exact bytes, without line feed: the leaf data of the tree.
    pub const fn line(&self) -> &[u8] {
        self.line.as_bytes()
    }

    /// The exact text, without line feed.
    pub fn text(&self) -> &str {
        &self.line
    }

    /// The leaf hash of the line (RFC 6962).
    pub fn leaf_hash(&self) -> Digest {
        leaf_hash(self.line())
    }
}

impl PartialEq for EntryLine {
    /// Two entries are equal if their bytes are.
    fn eq(&self, other: &Self) -> bool {
        self.line == other.line
    }
}

impl Eq for EntryLine {}

impl CommandFields {
    fn decode(&self) -> Result<SignedCommand, EntryError> {
        let bytes = |text: &str| {
            let bytes = STANDARD.decode(text).map_err(|_| EntryError::Command)?;
            if bytes.is_empty() { Err(EntryError::Command) } else { Ok(bytes) }
        };
        Ok(SignedCommand { body: bytes(&self.body)?, cms: bytes(&self.cms)? })
    }
}

fn is_kind(kind: &str) -> bool {
    let allowed = |b: u8| b.is_ascii_lowercase() || b.is_ascii_digit() || b == b'-';
    let starts = kind.bytes().next().is_some_and(|b| b.is_ascii_lowercase());
    starts && kind.len() <= KIND_MAX && kind.bytes().all(allowed)
}
