//! Roughtime (RFC 10049): the time of a server under its signature, in answer to a nonce that the
//! asker chose. Values in, values out; who sends the packets knows the network.
//!
//! The server signs the root of a tree over the requests that it answers together; a response leads
//! from the request to that root. So a response was made after its request, and what was put into the
//! nonce is dated by it: [`token_nonce`] puts a freeze there.
//!
//! Two versions differ in nothing but the words before what is signed: 1, that of the RFC, and
//! `0x8000000c`, that of the drafts before it, which most servers of today speak.

mod message;

use kaibiao_types::{Digest, Millis, UtcMillis};
use ring::digest::{SHA512, digest};
use ring::signature::{ED25519, UnparsedPublicKey};

use message::{Message, Tag};

/// A request has this many bytes with its frame, so that no answer is longer than its question
/// (RFC 10049, 5.1: amplification).
pub const REQUEST_BYTES: usize = 1_024;

/// No response of a request of [`REQUEST_BYTES`] is longer.
pub const RESPONSE_BYTES_MAX: usize = REQUEST_BYTES;

const FRAME: &[u8] = b"ROUGHTIM";
const VERSION_1: u32 = 1;
const VERSION_DRAFT: u32 = 0x8000_000c;
const TYPE_REQUEST: u32 = 0;
const TYPE_RESPONSE: u32 = 1;
/// A path leads over at most 32 levels: the index has 32 bits.
const PATH_LEVELS: usize = 32;

/// A question to one server.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct TimeRequest {
    key: [u8; 32],
    nonce: [u8; 32],
    packet: Vec<u8>,
}

/// What a server signed in answer to a [`TimeRequest`]. A value that exists was verified.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub struct SignedTime {
    nonce: [u8; 32],
    midpoint: UtcMillis,
    radius: Millis,
}

/// Why a response proves nothing.
#[derive(Clone, Copy, Debug, Eq, PartialEq, thiserror::Error)]
#[non_exhaustive]
pub enum RoughtimeError {
    /// The delegation is not signed by the key of the source.
    #[error("the delegation is not signed by the key of the source")]
    Delegation,
    /// The time lies outside of the delegation's.
    #[error("the time lies outside of what the delegation is good for")]
    Delegated,
    /// Not a message of the form that RFC 10049 describes.
    #[error("not a Roughtime message: {0}")]
    Form(&'static str),
    /// The response answers another request.
    #[error("the response answers another request")]
    Nonce,
    /// The request is not under the root that was signed.
    #[error("the request is not among those that were signed")]
    Path,
    /// The response is not signed by the delegated key.
    #[error("the response is not signed by the delegated key")]
    Response,
    /// A version that was not offered.
    #[error("the response speaks version {0:#x}, which was not offered")]
    Version(u32),
}

impl RoughtimeError {
    /// The stable label.
    pub const fn label(self) -> &'static str {
        match self {
            Self::Delegated => "E_TIME_DELEGATED",
            Self::Delegation => "E_TIME_DELEGATION",
            Self::Form(_) => "E_TIME_FORM",
            Self::Nonce => "E_TIME_NONCE",
            Self::Path => "E_TIME_PATH",
            Self::Response => "E_TIME_SIGNATURE",
            Self::Version(_) => "E_TIME_VERSION",
        }
    }
}

impl TimeRequest {
    /// The request with a nonce to the server with a public key (Ed25519). It names the key
    /// (`SRV`), so that a server with several keys answers with the right one or not at all.
    pub fn new(key: [u8; 32], nonce: [u8; 32]) -> Self {
        let mut versions = VERSION_1.to_le_bytes().to_vec();
        versions.extend(VERSION_DRAFT.to_le_bytes());
        let server = half_hash(&[&[0xff], &key]);
        let body = |padding: &[u8]| {
            message::encode(&[
                (Tag::VER, &versions),
                (Tag::SRV, &server),
                (Tag::NONC, &nonce),
                (Tag::TYPE, &TYPE_REQUEST.to_le_bytes()),
                (Tag::ZZZZ, padding),
            ])
        };
        let padding = REQUEST_BYTES.saturating_sub(framed(&body(&[])).len());
        Self { key, nonce, packet: framed(&body(&vec![0; padding])) }
    }

    /// What is sent: one datagram of [`REQUEST_BYTES`].
    pub fn packet(&self) -> &[u8] {
        &self.packet
    }

    /// The nonce.
    pub const fn nonce(&self) -> &[u8; 32] {
        &self.nonce
    }

    /// Verifies a response, byte for byte as it arrived.
    ///
    /// # Errors
    ///
    /// [`RoughtimeError`] names the first thing that does not hold.
    ///
    /// # Source
    ///
    /// RFC 10049, 5.2 (responses), 5.3 (tree) and 5.4 (validity).
    pub fn verify(&self, response: &[u8]) -> Result<SignedTime, RoughtimeError> {
        verify(&self.packet, &self.key, response)
    }
}

/// Verifies a response to a request that was kept, byte for byte as it was sent.
///
/// # Errors
///
/// [`RoughtimeError`] names the first thing that does not hold.
pub fn verify(
    request: &[u8],
    key: &[u8; 32],
    response: &[u8],
) -> Result<SignedTime, RoughtimeError> {
    let asked = Message::parse(unframed(request)?)?;
    let offered = asked.value(Tag::VER)?;
    let nonce = asked.array::<32>(Tag::NONC)?;
    let message = Message::parse(unframed(response)?)?;
    if message.array::<32>(Tag::NONC)? != nonce {
        return Err(RoughtimeError::Nonce);
    }
    if message.u32(Tag::TYPE)? != TYPE_RESPONSE {
        return Err(RoughtimeError::Form("not a response"));
    }
    let signed = message.value(Tag::SREP)?;
    let inner = Message::parse(signed)?;
    let version = inner.u32(Tag::VER)?;
    let words = Words::of(version).filter(|_| lists(offered, version));
    let words = words.ok_or(RoughtimeError::Version(version))?;
    if !lists(inner.value(Tag::VERS)?, version) {
        return Err(RoughtimeError::Form("a version that the server does not list"));
    }

    let certificate = Message::parse(message.value(Tag::CERT)?)?;
    let delegation = certificate.value(Tag::DELE)?;
    let holds = |key: &[u8; 32], context: &[u8], content: &[u8], signature: &[u8; 64]| {
        let content = [context, content].concat();
        UnparsedPublicKey::new(&ED25519, key).verify(&content, signature).is_ok()
    };
    if !holds(key, words.delegation, delegation, &certificate.array(Tag::SIG)?) {
        return Err(RoughtimeError::Delegation);
    }
    let delegation = Message::parse(delegation)?;
    let online = delegation.array::<32>(Tag::PUBK)?;
    if !holds(&online, words.response, signed, &message.array(Tag::SIG)?) {
        return Err(RoughtimeError::Response);
    }
    let seconds = inner.u64(Tag::MIDP)?;
    if seconds < delegation.u64(Tag::MINT)? || seconds > delegation.u64(Tag::MAXT)? {
        return Err(RoughtimeError::Delegated);
    }
    let root = inner.array::<32>(Tag::ROOT)?;
    if root_over(request, message.value(Tag::PATH)?, message.u32(Tag::INDX)?)? != root {
        return Err(RoughtimeError::Path);
    }
    let radius = inner.u32(Tag::RADI)?;
    if radius == 0 {
        return Err(RoughtimeError::Form("the radius is zero"));
    }
    let midpoint = seconds.checked_mul(1_000).and_then(|millis| UtcMillis::new(millis).ok());
    let midpoint = midpoint.ok_or(RoughtimeError::Form("a time beyond all calendars"))?;
    Ok(SignedTime { nonce, midpoint, radius: Millis::from_secs(radius) })
}

impl SignedTime {
    /// The nonce that was answered.
    pub const fn nonce(&self) -> &[u8; 32] {
        &self.nonce
    }

    /// The server's time.
    pub const fn midpoint(&self) -> UtcMillis {
        self.midpoint
    }

    /// The server says that it is wrong by at most this much.
    pub const fn radius(&self) -> Millis {
        self.radius
    }

    /// The earliest instant at which the server can have signed, if it is honest.
    pub fn earliest(&self) -> UtcMillis {
        self.midpoint.minus(self.radius)
    }
}

/// The nonce that makes a response a token over a freeze of a log: whoever knows the blind can show
/// that the server signed after the freeze was made; the server learns nothing of it.
pub fn token_nonce(origin: &str, freeze_id: &Digest, blind: &[u8; 32]) -> [u8; 32] {
    let mut text = format!("kaibiao/v1/time-token\n{origin}\n{freeze_id}\n").into_bytes();
    text.extend(blind);
    *super::sha256(&text).bytes()
}

/// The words before what is signed.
struct Words {
    delegation: &'static [u8],
    response: &'static [u8],
}

impl Words {
    const fn of(version: u32) -> Option<Self> {
        match version {
            VERSION_1 => Some(Self {
                delegation: b"Roughtime v1 delegation signature\0",
                response: b"Roughtime v1 response signature\0",
            }),
            VERSION_DRAFT => Some(Self {
                delegation: b"RoughTime v1 delegation signature\0",
                response: b"RoughTime v1 response signature\0",
            }),
            _ => None,
        }
    }
}

fn lists(versions: &[u8], version: u32) -> bool {
    versions.chunks_exact(4).any(|one| one == version.to_le_bytes())
}

/// The root to which a path leads from a request (RFC 10049, 5.3).
fn root_over(request: &[u8], path: &[u8], index: u32) -> Result<[u8; 32], RoughtimeError> {
    let (siblings, rest) = path.as_chunks::<32>();
    if !rest.is_empty() || siblings.len() > PATH_LEVELS {
        return Err(RoughtimeError::Form("a path of another length"));
    }
    let mut node = half_hash(&[&[0], request]);
    let mut index = index;
    for sibling in siblings {
        node = if index & 1 == 0 {
            half_hash(&[&[1], &node, sibling])
        } else {
            half_hash(&[&[1], sibling, &node])
        };
        index >>= 1;
    }
    // One request has one place: what is left of the index must be nothing.
    if index == 0 { Ok(node) } else { Err(RoughtimeError::Path) }
}

/// The first 32 bytes of SHA-512.
fn half_hash(parts: &[&[u8]]) -> [u8; 32] {
    let whole = digest(&SHA512, &parts.concat());
    let mut half = [0; 32];
    for (to, from) in half.iter_mut().zip(whole.as_ref()) {
        *to = *from;
    }
    half
}

fn framed(message: &[u8]) -> Vec<u8> {
    let length = u32::try_from(message.len()).unwrap_or(u32::MAX);
    [FRAME, &length.to_le_bytes(), message].concat()
}

fn unframed(packet: &[u8]) -> Result<&[u8], RoughtimeError> {
    if packet.len() > RESPONSE_BYTES_MAX {
        return Err(RoughtimeError::Form("longer than a request"));
    }
    let message = packet.strip_prefix(FRAME).ok_or(RoughtimeError::Form("no frame"))?;
    let (length, message) =
        message.split_first_chunk::<4>().ok_or(RoughtimeError::Form("no length"))?;
    if usize::try_from(u32::from_le_bytes(*length)) != Ok(message.len()) {
        return Err(RoughtimeError::Form("another length than the frame says"));
    }
    Ok(message)
}
