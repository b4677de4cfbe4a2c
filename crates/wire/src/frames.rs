//! Frames of the live room: text frames that carry either an exact log line or a small notice.
//!
//! A notice has a field `t`; a log line never has one. The first frame is [`Hello`]; then come log
//! lines without gaps; [`Live`] ends the catching up; [`Heartbeat`] follows every
//! [`HEARTBEAT_EVERY`](crate::HEARTBEAT_EVERY).

use kaibiao_types::{LotKey, UtcMillis};
use serde::{Deserialize, Serialize};

use crate::{FRAME_LEN_MAX, JsonError, from_json, to_json};

/// The version of the room protocol.
pub const ROOM_VERSION: u8 = 1;

/// The first frame. As the other notices it is read by [`Frame::parse`].
#[derive(Clone, Debug, Eq, PartialEq, Serialize, Deserialize)]
#[serde(tag = "t", rename = "hello", deny_unknown_fields)]
pub struct Hello {
    /// Protocol version, [`ROOM_VERSION`].
    pub v: u8,
    /// The lot whose opening this is.
    pub lot: LotKey,
    /// How many entries the log has now; lines below this index are old news.
    pub head: u64,
    /// The clock of the hall.
    pub now: UtcMillis,
}

/// All entries below `head` were sent; what follows is live.
#[derive(Clone, Debug, Eq, PartialEq, Serialize, Deserialize)]
#[serde(tag = "t", rename = "live", deny_unknown_fields)]
pub struct Live {
    /// How many entries the log has.
    pub head: u64,
}

/// A sign of life. A client that has fewer than `head` entries connects again.
#[derive(Clone, Debug, Eq, PartialEq, Serialize, Deserialize)]
#[serde(tag = "t", rename = "hb", deny_unknown_fields)]
pub struct Heartbeat {
    /// How many entries the log has.
    pub head: u64,
    /// The clock of the hall.
    pub now: UtcMillis,
}

/// One frame as it was received.
#[derive(Clone, Debug, Eq, PartialEq)]
pub enum Frame<'a> {
    /// The first frame.
    Hello(Hello),
    /// The end of the catching up.
    Live(Live),
    /// A sign of life.
    Heartbeat(Heartbeat),
    /// A log line: its index as it says, and its exact bytes. Nothing else in it was checked.
    Line {
        /// Index of the entry.
        index: u64,
        /// The exact line.
        line: &'a str,
    },
}

/// Why a text is not a frame of the room.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum FrameError {
    /// Not the JSON of a notice or of a log line.
    #[error("a frame is not the JSON that was expected")]
    Json(#[source] JsonError),
    /// A line feed inside: it would be two lines of the log.
    #[error("a frame holds a line feed")]
    LineFeed,
    /// A JSON object with neither `t` nor `i`.
    #[error("a frame is neither a notice nor a log line")]
    Neither,
    /// Longer than [`FRAME_LEN_MAX`].
    #[error("a frame of {len} bytes is longer than the limit")]
    TooLong {
        /// Bytes of the frame.
        len: usize,
    },
    /// A notice of a kind that this version does not know.
    #[error("a notice of the unknown kind {0:?}")]
    UnknownKind(String),
    /// The hall speaks another version of the room protocol.
    #[error("the hall speaks version {0} of the room protocol")]
    Version(u8),
}

impl FrameError {
    /// The stable label of the problem shown to people.
    #[must_use]
    pub const fn label(&self) -> crate::Label {
        match self {
            Self::TooLong { .. } => crate::Label::TooLarge,
            _ => crate::Label::BadJson,
        }
    }
}

/// What tells the two sorts apart: `t` makes a notice, `i` without `t` a log line. `null` is no value
/// for either, and a repeated field is an error.
#[derive(Deserialize)]
struct Probe {
    #[serde(default, deserialize_with = "present")]
    t: Option<String>,
    #[serde(default, deserialize_with = "present")]
    i: Option<u64>,
}

/// The notices, told apart by `t`; what is left of the object is the struct.
#[derive(Deserialize)]
#[serde(tag = "t")]
enum Notice {
    #[serde(rename = "hello")]
    Hello(Hello),
    #[serde(rename = "live")]
    Live(Live),
    #[serde(rename = "hb")]
    Heartbeat(Heartbeat),
}

fn present<'de, T: Deserialize<'de>, D: serde::Deserializer<'de>>(
    deserializer: D,
) -> Result<Option<T>, D::Error> {
    T::deserialize(deserializer).map(Some)
}

impl<'a> Frame<'a> {
    /// Reads one text frame.
    ///
    /// # Errors
    ///
    /// [`FrameError`].
    pub fn parse(text: &'a str) -> Result<Self, FrameError> {
        if text.len() > FRAME_LEN_MAX {
            return Err(FrameError::TooLong { len: text.len() });
        }
        if text.contains('\n') {
            return Err(FrameError::LineFeed);
        }
        let bytes = text.as_bytes();
        let probe: Probe = from_json(bytes).map_err(FrameError::Json)?;
        match (probe.t.as_deref(), probe.i) {
            (None, Some(index)) => Ok(Self::Line { index, line: text }),
            (Some("hello" | "live" | "hb"), _) => match from_json(bytes) {
                Ok(Notice::Hello(hello)) if hello.v != ROOM_VERSION => {
                    Err(FrameError::Version(hello.v))
                }
                Ok(Notice::Hello(hello)) => Ok(Self::Hello(hello)),
                Ok(Notice::Live(live)) => Ok(Self::Live(live)),
                Ok(Notice::Heartbeat(heartbeat)) => Ok(Self::Heartbeat(heartbeat)),
                Err(error) => Err(FrameError::Json(error)),
            },
            (Some(kind), _) => Err(FrameError::UnknownKind(kind.to_owned())),
            (None, None) => Err(FrameError::Neither),
        }
    }
}

macro_rules! notice {
    ($($name:ident),*) => {$(
        impl $name {
            /// The text of the frame.
            ///
            /// # Errors
            ///
            /// [`JsonError`], which this type never gives.
            pub fn to_frame(&self) -> Result<Vec<u8>, JsonError> {
                to_json(self)
            }
        }
    )*};
}
notice!(Hello, Live, Heartbeat);

#[cfg(test)]
mod tests {
    use kaibiao_types::{LotId, TenderId};

    use super::*;

    fn hello() -> Hello {
        Hello {
            v: ROOM_VERSION,
            lot: LotKey {
                tender: TenderId::parse("T1").unwrap(),
                lot: LotId::parse("L1").unwrap(),
            },
            head: 12,
            now: UtcMillis::new(1_690_000_000_000).unwrap(),
        }
    }

    fn text(bytes: Result<Vec<u8>, JsonError>) -> String {
        String::from_utf8(bytes.unwrap()).unwrap()
    }

    #[test]
    fn notices_have_the_bytes_of_the_specification() {
        let now = UtcMillis::new(5).unwrap();
        assert_eq!(
            text(hello().to_frame()),
            r#"{"t":"hello","v":1,"lot":{"tender":"T1","lot":"L1"},"head":12,"now":1690000000000}"#
        );
        assert_eq!(text(Live { head: 12 }.to_frame()), r#"{"t":"live","head":12}"#);
        assert_eq!(text(Heartbeat { head: 3, now }.to_frame()), r#"{"t":"hb","head":3,"now":5}"#);
        for frame in [text(hello().to_frame()), text(Live { head: 1 }.to_frame())] {
            assert!(!matches!(Frame::parse(&frame).unwrap(), Frame::Line { .. }));
        }
        assert_eq!(Frame::parse(&text(hello().to_frame())).unwrap(), Frame::Hello(hello()));
        assert_eq!(
            Frame::parse(r#"{"t":"hb","head":3,"now":5}"#).unwrap(),
            Frame::Heartbeat(Heartbeat { head: 3, now })
        );
    }

    #[test]
    fn a_line_keeps_its_exact_bytes() {
        let line = r#"{"i":12,"at":1690000000000,"by":"hall","kind":"tick","data":{"t":"no"}}"#;
        assert_eq!(Frame::parse(line).unwrap(), Frame::Line { index: 12, line });
    }

    #[test]
    fn what_is_neither_is_refused() {
        for bad in [
            "",
            "[]",
            "null",
            r#"{"i":"12"}"#,
            r#"{"i":-1}"#,
            r#"{"i":null}"#,
            r#"{"t":null,"i":1}"#,
            r#"{"t":1,"i":1}"#,
            r#"{"t":"live","t":"live","head":1}"#,
            r#"{"i":1,"i":2}"#,
            r#"{"t":"live","head":1,"i":1}"#,
            r#"{"t":"live"}"#,
            r#"{"t":"live","head":1}{}"#,
            "\u{feff}{\"t\":\"live\",\"head\":1}",
            r#"{"t":"hb","head":1,"now":9007199254740992}"#,
        ] {
            assert!(matches!(Frame::parse(bad), Err(FrameError::Json(_))), "{bad}");
        }
        for bad in ["{}", r#"{"at":1}"#] {
            assert!(matches!(Frame::parse(bad), Err(FrameError::Neither)), "{bad}");
        }
        assert!(
            matches!(Frame::parse(r#"{"t":"eph"}"#), Err(FrameError::UnknownKind(k)) if k == "eph")
        );
        assert!(matches!(Frame::parse("{\"i\":1}\n{\"i\":2}"), Err(FrameError::LineFeed)));
        let other = text(Hello { v: 2, ..hello() }.to_frame());
        assert!(matches!(Frame::parse(&other), Err(FrameError::Version(2))));
    }
}
