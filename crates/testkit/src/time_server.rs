//! A server of signed time (Roughtime, RFC 10049) for tests, on loopback, which lies as it is told.
//!
//! It writes its messages itself, apart from the reader that is tested with it.

use std::net::{SocketAddr, UdpSocket};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::thread::JoinHandle;
use std::time::Duration;
use std::{io, thread};

use ring::digest::{SHA512, digest};
use ring::signature::{Ed25519KeyPair, KeyPair};

/// What a server answers.
#[derive(Clone, Debug)]
pub struct TimeAnswer {
    /// Seconds since the Unix epoch.
    pub midpoint: u64,
    /// Seconds.
    pub radius: u32,
    /// The version that it speaks: 1, or `0x8000_000c`.
    pub version: u32,
    /// The delegation is good from and to these seconds.
    pub delegated: (u64, u64),
    /// How many other requests stand in the tree: 0 to 3; this one comes last.
    pub others: u8,
    /// The seed of the key that signs the delegation.
    pub long_term_seed: [u8; 32],
    /// The seed of the delegated key.
    pub online_seed: [u8; 32],
}

impl TimeAnswer {
    /// A right answer at a time, with a radius of one second, under the key of a seed.
    pub fn at(midpoint: u64, seed: u8) -> Self {
        Self {
            midpoint,
            radius: 1,
            version: 1,
            delegated: (midpoint.saturating_sub(86_400), midpoint.saturating_add(86_400)),
            others: 1,
            long_term_seed: [seed; 32],
            online_seed: [seed ^ 0x80; 32],
        }
    }

    /// The public key that a tender file names.
    pub fn public_key(&self) -> [u8; 32] {
        public(&self.long_term_seed)
    }

    /// The response to a request, framed; `None` if the request has no nonce.
    pub fn respond(&self, request: &[u8]) -> Option<Vec<u8>> {
        let nonce = nonce_of(request)?;
        let (response_words, delegation_words): (&[u8], &[u8]) = if self.version == 1 {
            (b"Roughtime v1 response signature\0", b"Roughtime v1 delegation signature\0")
        } else {
            (b"RoughTime v1 response signature\0", b"RoughTime v1 delegation signature\0")
        };
        let (path, index, root) = tree(request, self.others);
        let delegation = tlv(&[
            (b"PUBK", &public(&self.online_seed)),
            (b"MINT", &self.delegated.0.to_le_bytes()),
            (b"MAXT", &self.delegated.1.to_le_bytes()),
        ]);
        let certificate = tlv(&[
            (b"SIG\0", &sign(&self.long_term_seed, delegation_words, &delegation)),
            (b"DELE", &delegation),
        ]);
        let signed = tlv(&[
            (b"VER\0", &self.version.to_le_bytes()),
            (b"RADI", &self.radius.to_le_bytes()),
            (b"MIDP", &self.midpoint.to_le_bytes()),
            (b"VERS", &self.version.to_le_bytes()),
            (b"ROOT", &root),
        ]);
        let message = tlv(&[
            (b"SIG\0", &sign(&self.online_seed, response_words, &signed)),
            (b"NONC", &nonce),
            (b"TYPE", &1_u32.to_le_bytes()),
            (b"PATH", &path),
            (b"SREP", &signed),
            (b"CERT", &certificate),
            (b"INDX", &index.to_le_bytes()),
        ]);
        let length = u32::try_from(message.len()).ok()?;
        Some([b"ROUGHTIM".as_slice(), &length.to_le_bytes(), &message].concat())
    }
}

/// A server that runs until it is dropped.
#[derive(Debug)]
pub struct TimeServer {
    address: SocketAddr,
    shared: Arc<Shared>,
    thread: Option<JoinHandle<()>>,
}

type Answering = dyn Fn(&[u8]) -> Option<Vec<u8>> + Send + Sync;

struct Shared {
    stop: AtomicBool,
    answer: Mutex<Arc<Answering>>,
}

impl std::fmt::Debug for Shared {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Shared").finish_non_exhaustive()
    }
}

impl TimeServer {
    /// Starts a server on a free port of loopback. `answer` gives the response to a request, or
    /// `None` for silence.
    ///
    /// # Errors
    ///
    /// If no port can be had.
    pub fn start(
        answer: impl Fn(&[u8]) -> Option<Vec<u8>> + Send + Sync + 'static,
    ) -> io::Result<Self> {
        let socket = UdpSocket::bind("127.0.0.1:0")?;
        socket.set_read_timeout(Some(Duration::from_millis(20)))?;
        let address = socket.local_addr()?;
        let shared =
            Arc::new(Shared { stop: AtomicBool::new(false), answer: Mutex::new(Arc::new(answer)) });
        let served = Arc::clone(&shared);
        let thread = thread::spawn(move || {
            let mut request = [0; 2_048];
            while !served.stop.load(Ordering::Relaxed) {
                let Ok((length, asker)) = socket.recv_from(&mut request) else { continue };
                let Some(request) = request.get(..length) else { continue };
                let answer =
                    Arc::clone(&served.answer.lock().unwrap_or_else(PoisonError::into_inner));
                if let Some(response) = answer(request) {
                    drop(socket.send_to(&response, asker));
                }
            }
        });
        Ok(Self { address, shared, thread: Some(thread) })
    }

    /// From now on another answer.
    pub fn answer(&self, answer: impl Fn(&[u8]) -> Option<Vec<u8>> + Send + Sync + 'static) {
        let mut held = self.shared.answer.lock().unwrap_or_else(PoisonError::into_inner);
        *held = Arc::new(answer);
    }

    /// Where it listens.
    pub const fn address(&self) -> SocketAddr {
        self.address
    }
}

impl Drop for TimeServer {
    fn drop(&mut self) {
        self.shared.stop.store(true, Ordering::Relaxed);
        if let Some(thread) = self.thread.take() {
            drop(thread.join());
        }
    }
}

/// The bytes of the nonce in a framed request.
fn nonce_of(request: &[u8]) -> Option<[u8; 32]> {
    let word = |at: usize| {
        let bytes = request.get(at..at.checked_add(4)?)?;
        usize::try_from(u32::from_le_bytes(bytes.try_into().ok()?)).ok()
    };
    let count = word(12)?;
    let tags = 12 + count.checked_mul(4)?;
    let which =
        (0..count).find(|no| request.get(tags + no * 4..tags + no * 4 + 4) == Some(b"NONC"))?;
    let offset = if which == 0 { 0 } else { word(12 + which * 4)? };
    let start = 12 + count * 8 + offset;
    request.get(start..start + 32)?.try_into().ok()
}

/// Path, index and root for a request that comes last of at most four.
fn tree(request: &[u8], others: u8) -> (Vec<u8>, u32, [u8; 32]) {
    let leaf = half(&[&[0], request]);
    let other = |no: u8| half(&[&[0], &[no]]);
    let node = |left: [u8; 32], right: [u8; 32]| half(&[&[1], &left, &right]);
    match others {
        0 => (Vec::new(), 0, leaf),
        1 => (other(0).to_vec(), 1, node(other(0), leaf)),
        _ => {
            let left = node(other(0), other(1));
            let right = node(other(2), leaf);
            ([other(2), left].concat(), 3, node(left, right))
        }
    }
}

fn half(parts: &[&[u8]]) -> [u8; 32] {
    let whole = digest(&SHA512, &parts.concat());
    let mut half = [0; 32];
    half.iter_mut().zip(whole.as_ref()).for_each(|(to, from)| *to = *from);
    half
}

fn tlv(values: &[(&[u8; 4], &[u8])]) -> Vec<u8> {
    let number = |number: usize| u32::try_from(number).unwrap_or(u32::MAX).to_le_bytes();
    let offsets = values.iter().scan(0, |end, (_, value)| {
        *end += value.len();
        Some(*end)
    });
    let mut out = number(values.len()).to_vec();
    offsets.take(values.len().saturating_sub(1)).for_each(|offset| out.extend(number(offset)));
    out.extend(values.iter().flat_map(|(tag, _)| tag.iter()));
    out.extend(values.iter().flat_map(|(_, value)| value.iter()));
    out
}

/// A key pair of 32 bytes always exists; an empty key or signature would be refused by every reader.
fn public(seed: &[u8; 32]) -> [u8; 32] {
    let pair = Ed25519KeyPair::from_seed_unchecked(seed).ok();
    pair.and_then(|pair| pair.public_key().as_ref().try_into().ok()).unwrap_or_default()
}

fn sign(seed: &[u8; 32], words: &[u8], content: &[u8]) -> Vec<u8> {
    let pair = Ed25519KeyPair::from_seed_unchecked(seed).ok();
    pair.map(|pair| pair.sign(&[words, content].concat()).as_ref().to_vec()).unwrap_or_default()
}
