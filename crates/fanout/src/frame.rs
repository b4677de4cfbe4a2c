//! The frames that a server sends (RFC 6455 section 5.2): whole, final and unmasked.

use bytes::Bytes;

const TEXT: u8 = 0x1;
const BINARY: u8 = 0x2;
const CLOSE: u8 = 0x8;
const PONG: u8 = 0xA;
const FINAL: u8 = 0x80;

/// The longest payload of a control frame (section 5.5).
pub(crate) const CONTROL_MAX: usize = 125;

/// Why a connection ends (RFC 6455 section 7.4.1, and codes of our own from 4000 on).
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
#[non_exhaustive]
pub enum CloseCode {
    /// What it was for is done.
    Normal,
    /// The server stops; the log goes on elsewhere or later.
    GoingAway,
    /// The peer broke the protocol.
    Protocol,
    /// A text is not UTF-8.
    NotText,
    /// A message is longer than this end takes.
    TooBig,
}

impl CloseCode {
    /// The code on the wire.
    pub const fn number(self) -> u16 {
        match self {
            Self::Normal => 1000,
            Self::GoingAway => 1001,
            Self::Protocol => 1002,
            Self::NotText => 1007,
            Self::TooBig => 1009,
        }
    }
}

/// A text frame.
pub fn text_frame(payload: &[u8]) -> Bytes {
    data(TEXT, payload)
}

/// A frame of bytes.
pub fn binary_frame(payload: &[u8]) -> Bytes {
    data(BINARY, payload)
}

fn data(opcode: u8, payload: &[u8]) -> Bytes {
    let mut frame = Vec::with_capacity(payload.len().saturating_add(10));
    push(&mut frame, opcode, payload);
    frame.into()
}

/// A text frame, or nothing for no text.
pub(crate) fn notice(text: &[u8]) -> Bytes {
    if text.is_empty() { Bytes::new() } else { text_frame(text) }
}

/// A close frame without words. No code answers a close that had none.
pub fn close_frame(code: Option<u16>) -> Bytes {
    let code = code.map(u16::to_be_bytes);
    control(CLOSE, code.as_ref().map_or(&[], |code| code.as_slice()))
}

/// The answer to a ping; it carries at most 125 bytes.
pub fn pong_frame(payload: &[u8]) -> Bytes {
    control(PONG, payload.get(..CONTROL_MAX).unwrap_or(payload))
}

fn control(opcode: u8, payload: &[u8]) -> Bytes {
    // At most 125 bytes, by the callers.
    let len = u8::try_from(payload.len()).unwrap_or_default();
    [&[FINAL | opcode, len], payload].concat().into()
}

/// Appends a text frame.
pub(crate) fn push_text(out: &mut Vec<u8>, payload: &[u8]) {
    push(out, TEXT, payload);
}

fn push(out: &mut Vec<u8>, opcode: u8, payload: &[u8]) {
    out.push(FINAL | opcode);
    match (u8::try_from(payload.len()), u16::try_from(payload.len())) {
        (Ok(len @ ..=125), _) => out.push(len),
        (_, Ok(len)) => {
            out.push(126);
            out.extend_from_slice(&len.to_be_bytes());
        }
        _ => {
            out.push(127);
            let len = u64::try_from(payload.len()).unwrap_or(u64::MAX);
            out.extend_from_slice(&len.to_be_bytes());
        }
    }
    out.extend_from_slice(payload);
}

/// How long the head of an own frame is, by its second byte.
pub(crate) const fn head_len(second: u8) -> usize {
    match second {
        126 => 4,
        127 => 10,
        _ => 2,
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::indexing_slicing)]

    use super::*;

    #[test]
    fn lengths_are_written_in_the_fewest_bytes() {
        for (len, head) in [
            (0, vec![0x81, 0]),
            (125, vec![0x81, 125]),
            (126, vec![0x81, 126, 0, 126]),
            (65_535, vec![0x81, 126, 0xff, 0xff]),
            (65_536, vec![0x81, 127, 0, 0, 0, 0, 0, 1, 0, 0]),
        ] {
            let frame = text_frame(&vec![b'x'; len]);
            assert_eq!(frame[..head.len()], head);
            assert_eq!(frame.len(), head.len() + len);
            assert_eq!(head_len(frame[1]), head.len());
        }
    }

    #[test]
    fn control_frames_are_short() {
        assert_eq!(close_frame(None)[..], [0x88, 0]);
        assert_eq!(close_frame(Some(CloseCode::GoingAway.number()))[..], [0x88, 2, 3, 0xe9]);
        assert_eq!(pong_frame(b"ab")[..], [0x8a, 2, b'a', b'b']);
        assert_eq!(pong_frame(&[7; 200]).len(), 127);
    }
}
