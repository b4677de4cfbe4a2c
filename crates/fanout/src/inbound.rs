//! What a client sends: frames of RFC 6455, put together from bytes as they come.

use crate::frame::{CONTROL_MAX, CloseCode};

/// A message or notice of the peer.
#[derive(Clone, Debug, Eq, PartialEq)]
pub enum Received {
    /// A whole text.
    Text(String),
    /// A whole binary message.
    Binary(Vec<u8>),
    /// A ping, to be answered with the same bytes.
    Ping(Vec<u8>),
    /// An answer to a ping; nothing follows from it.
    Pong,
    /// The peer ends the connection, with the code that it gave. Nothing follows.
    Close(Option<u16>),
}

/// The peer broke the protocol: the connection ends with this code, and nothing more is read.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub struct Violation(pub CloseCode);

const PROTOCOL: Violation = Violation(CloseCode::Protocol);

/// Puts frames together. It keeps at most one message and one control frame that are not complete.
#[derive(Debug)]
pub struct Inbound {
    limit: usize,
    head: Vec<u8>,
    frame: Option<Frame>,
    message: Option<Message>,
    control: Vec<u8>,
    done: bool,
}

/// A frame whose payload is under way.
#[derive(Debug)]
struct Frame {
    fin: bool,
    kind: Kind,
    mask: [u8; 4],
    read: usize,
    len: usize,
}

#[derive(Clone, Copy, Debug, Eq, PartialEq)]
enum Kind {
    Data,
    Close,
    Ping,
    Pong,
}

/// A message whose frames are under way.
#[derive(Debug)]
struct Message {
    text: bool,
    bytes: Vec<u8>,
    /// How much of a text is known to be UTF-8.
    checked: usize,
}

impl Inbound {
    /// Takes messages of at most `limit` bytes.
    pub const fn new(limit: usize) -> Self {
        Self {
            limit,
            head: Vec::new(),
            frame: None,
            message: None,
            control: Vec::new(),
            done: false,
        }
    }

    /// Reads further bytes and adds what is complete to `all`, in order.
    ///
    /// # Errors
    ///
    /// [`Violation`]. What was complete before it is in `all`.
    pub fn read(&mut self, mut bytes: &[u8], all: &mut Vec<Received>) -> Result<(), Violation> {
        while !self.done && (!bytes.is_empty() || self.frame.is_some()) {
            if self.frame.is_none() && !self.read_head(&mut bytes)? {
                break;
            }
            let Some(received) = self.read_payload(&mut bytes)? else {
                if bytes.is_empty() {
                    break;
                }
                continue;
            };
            self.done = matches!(received, Received::Close(_));
            all.push(received);
        }
        Ok(())
    }

    /// Reads the head of a frame; `false` if there is not all of it yet.
    fn read_head(&mut self, bytes: &mut &[u8]) -> Result<bool, Violation> {
        loop {
            if let Some(frame) = self.whole_head()? {
                self.head = Vec::new();
                self.frame = Some(frame);
                return Ok(true);
            }
            let Some((first, rest)) = bytes.split_first() else { return Ok(false) };
            self.head.push(*first);
            *bytes = rest;
        }
    }

    fn whole_head(&mut self) -> Result<Option<Frame>, Violation> {
        let Some((&[first, second], rest)) = self.head.split_first_chunk() else {
            return Ok(None);
        };
        let (fin, opcode) = (first & 0x80 != 0, first & 0x0f);
        let (masked, short) = (second & 0x80 != 0, second & 0x7f);
        if first & 0x70 != 0 || !masked {
            return Err(PROTOCOL); // no extension was agreed on; a client masks (section 5.1)
        }
        let kind = match opcode {
            0..=2 => Kind::Data,
            8 => Kind::Close,
            9 => Kind::Ping,
            10 => Kind::Pong,
            _ => return Err(PROTOCOL),
        };
        if kind != Kind::Data && (!fin || usize::from(short) > CONTROL_MAX) {
            return Err(PROTOCOL);
        }
        let (len, rest) = match short {
            126 => {
                let Some((len, rest)) = rest.split_first_chunk() else { return Ok(None) };
                (u64::from(u16::from_be_bytes(*len)), rest)
            }
            127 => {
                let Some((len, rest)) = rest.split_first_chunk() else { return Ok(None) };
                (u64::from_be_bytes(*len), rest)
            }
            short => (u64::from(short), rest),
        };
        let fewest = match short {
            126 => 126,
            127 => 65_536,
            _ => 0,
        };
        if len < fewest || len > u64::MAX / 2 {
            return Err(PROTOCOL);
        }
        let Some(mask) = rest.first_chunk() else { return Ok(None) };
        let mask = *mask;
        if kind == Kind::Data {
            self.begin_data(opcode, len)?;
        }
        // What is longer than memory is longer than the limit.
        let len = usize::try_from(len).map_err(|_| Violation(CloseCode::TooBig))?;
        Ok(Some(Frame { fin, kind, mask, read: 0, len }))
    }

    /// A data frame begins a message or goes on with one (section 5.4).
    fn begin_data(&mut self, opcode: u8, len: u64) -> Result<(), Violation> {
        let message = match (&mut self.message, opcode) {
            (Some(message), 0) => message,
            (message @ None, 1 | 2) => {
                message.insert(Message { text: opcode == 1, bytes: Vec::new(), checked: 0 })
            }
            _ => return Err(PROTOCOL),
        };
        let room = self.limit.saturating_sub(message.bytes.len());
        if usize::try_from(len).is_ok_and(|len| len <= room) {
            return Ok(());
        }
        Err(Violation(CloseCode::TooBig))
    }

    /// Takes what there is of the payload, and gives what became whole with it.
    fn read_payload(&mut self, bytes: &mut &[u8]) -> Result<Option<Received>, Violation> {
        let Some(frame) = &mut self.frame else { return Ok(None) };
        let due = frame.len.saturating_sub(frame.read).min(bytes.len());
        let (now, later) = bytes.split_at(due);
        *bytes = later;
        let mask = frame.mask.iter().cycle().skip(frame.read % 4);
        let plain = now.iter().zip(mask).map(|(byte, mask)| byte ^ mask);
        frame.read = frame.read.saturating_add(due);
        let (whole, fin, kind) = (frame.read == frame.len, frame.fin, frame.kind);
        if kind == Kind::Data {
            let Some(message) = &mut self.message else { return Err(PROTOCOL) };
            message.bytes.extend(plain);
            message.check(whole && fin)?;
        } else {
            self.control.extend(plain);
        }
        if !whole {
            return Ok(None);
        }
        self.frame = None;
        if kind == Kind::Data {
            let message = if fin { self.message.take() } else { None };
            return message.map(Message::whole).transpose();
        }
        let payload = std::mem::take(&mut self.control);
        match kind {
            Kind::Close => close(&payload).map(Some),
            Kind::Ping => Ok(Some(Received::Ping(payload))),
            Kind::Pong | Kind::Data => Ok(Some(Received::Pong)),
        }
    }
}

impl Message {
    /// A text must be UTF-8 as far as it goes, and at its end wholly.
    fn check(&mut self, end: bool) -> Result<(), Violation> {
        if !self.text {
            return Ok(());
        }
        let fresh = self.bytes.get(self.checked..).unwrap_or_default();
        let valid = match std::str::from_utf8(fresh) {
            Ok(_) => fresh.len(),
            Err(error) if error.error_len().is_none() && !end => error.valid_up_to(),
            Err(_) => return Err(Violation(CloseCode::NotText)),
        };
        self.checked = self.checked.saturating_add(valid);
        Ok(())
    }

    fn whole(self) -> Result<Received, Violation> {
        if !self.text {
            return Ok(Received::Binary(self.bytes));
        }
        let text = String::from_utf8(self.bytes).map_err(|_| Violation(CloseCode::NotText))?;
        Ok(Received::Text(text))
    }
}

/// A close frame has no payload, or a code that may be sent and a reason in UTF-8 (section 7.4).
fn close(payload: &[u8]) -> Result<Received, Violation> {
    if payload.is_empty() {
        return Ok(Received::Close(None));
    }
    let Some((code, reason)) = payload.split_first_chunk() else { return Err(PROTOCOL) };
    let code = u16::from_be_bytes(*code);
    if !matches!(code, 1000..=1003 | 1007..=1014 | 3000..=4999) {
        return Err(PROTOCOL);
    }
    match std::str::from_utf8(reason) {
        Ok(_) => Ok(Received::Close(Some(code))),
        Err(_) => Err(Violation(CloseCode::NotText)),
    }
}

#[cfg(test)]
mod tests;
