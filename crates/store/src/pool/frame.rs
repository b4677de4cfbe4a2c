//! A frame: a header and a body under the intake key, and noise up to the next block.
//!
//! ```text
//! nonce (12) | header (16) | its tag (16) | body (len) | its tag (16) | noise to a multiple of 512
//! header = len (u32, big-endian) | kind (u8) | 3 zero bytes | mark (u64, big-endian)
//! ```
//!
//! The last bit of the nonce is 0 for the header and 1 for the body. To anybody without the key all of it
//! is noise: neither kind nor length nor the place where a frame begins can be seen.

use kaibiao_crypto::{AeadKey, TAG_LEN};
use ring::rand::{SecureRandom, SystemRandom};

use crate::error::BoxError;

/// Frames begin at multiples of this.
pub(super) const BLOCK: usize = 512;

const NONCE_LEN: usize = 12;
const HEADER_LEN: usize = 16;
/// Bytes before the body.
pub(super) const FRONT: usize = NONCE_LEN + HEADER_LEN + TAG_LEN;

/// What the body of a frame is.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(super) enum Kind {
    /// The first frame of a slot.
    Slot,
    /// Something that happened in the intake.
    Record,
    /// A piece of a sealed object.
    Piece,
    /// Noise that looks like any other frame.
    Decoy,
}

impl Kind {
    const fn byte(self) -> u8 {
        match self {
            Self::Slot => 1,
            Self::Record => 2,
            Self::Piece => 3,
            Self::Decoy => 4,
        }
    }

    const fn of(byte: u8) -> Option<Self> {
        match byte {
            1 => Some(Self::Slot),
            2 => Some(Self::Record),
            3 => Some(Self::Piece),
            4 => Some(Self::Decoy),
            _ => None,
        }
    }
}

/// The header of a frame that was found.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(super) struct Found {
    pub(super) kind: Kind,
    /// Bytes of the body without its tag.
    pub(super) len: usize,
    /// Everything before this offset of the slot was durable when the frame was written.
    pub(super) mark: u64,
    nonce: [u8; NONCE_LEN],
}

impl Found {
    /// Bytes of the whole frame.
    pub(super) const fn frame_len(&self) -> usize {
        frame_len(self.len)
    }

    /// Bytes of the sealed body.
    pub(super) const fn sealed_len(&self) -> usize {
        self.len + TAG_LEN
    }

    /// Opens the sealed body, in place.
    pub(super) fn open(&self, key: &AeadKey, mut sealed: Vec<u8>) -> Option<Vec<u8>> {
        key.open_in_place(body_nonce(self.nonce), &mut sealed).ok()?;
        sealed.truncate(self.len);
        Some(sealed)
    }
}

/// Bytes of a frame whose body has `len`.
const fn frame_len(len: usize) -> usize {
    (FRONT + len + TAG_LEN).next_multiple_of(BLOCK)
}

const fn body_nonce(mut nonce: [u8; NONCE_LEN]) -> [u8; NONCE_LEN] {
    let [.., last] = &mut nonce;
    *last |= 1;
    nonce
}

/// A frame whose body is sealed, and whose header waits for its place.
pub(super) struct Frame {
    bytes: Vec<u8>,
    kind: Kind,
    len: u32,
}

impl core::fmt::Debug for Frame {
    fn fmt(&self, f: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
        f.write_str("Frame(..)")
    }
}

impl Frame {
    /// Seals a body.
    pub(super) fn seal(key: &AeadKey, kind: Kind, body: &[u8]) -> Result<Self, BoxError> {
        let len = u32::try_from(body.len())?;
        let mut bytes = vec![0; frame_len(body.len())];
        let random = SystemRandom::new();
        let failed = |_| BoxError::from("the source of randomness failed");
        let (front, rest) = bytes.split_at_mut_checked(FRONT).ok_or("a frame is too short")?;
        let (nonce, _) =
            front.split_first_chunk_mut::<NONCE_LEN>().ok_or("a frame is too short")?;
        random.fill(nonce).map_err(failed)?;
        let [.., last] = nonce;
        *last &= !1;
        let nonce = body_nonce(*nonce);
        let (sealed, rest) = rest.split_at_mut_checked(body.len()).ok_or("a frame is too short")?;
        let (tag, noise) = rest.split_at_mut_checked(TAG_LEN).ok_or("a frame is too short")?;
        sealed.copy_from_slice(body);
        tag.copy_from_slice(&key.seal_in_place(nonce, sealed)?);
        random.fill(noise).map_err(failed)?;
        Ok(Self { bytes, kind, len })
    }

    /// Bytes of the whole frame.
    pub(super) const fn len(&self) -> usize {
        self.bytes.len()
    }

    /// The finished frame.
    pub(super) fn finish(mut self, key: &AeadKey, mark: u64) -> Result<Vec<u8>, BoxError> {
        let (front, _) =
            self.bytes.split_first_chunk_mut::<FRONT>().ok_or("a frame is too short")?;
        let (nonce, rest) =
            front.split_first_chunk_mut::<NONCE_LEN>().ok_or("a frame is too short")?;
        let (header, tag) =
            rest.split_first_chunk_mut::<HEADER_LEN>().ok_or("a frame is too short")?;
        header[..4].copy_from_slice(&self.len.to_be_bytes());
        header[4] = self.kind.byte();
        header[8..].copy_from_slice(&mark.to_be_bytes());
        tag.copy_from_slice(&key.seal_in_place(*nonce, header)?);
        Ok(self.bytes)
    }
}

/// The header of the frame that begins with these bytes, if one does.
pub(super) fn find(key: &AeadKey, front: &[u8; FRONT]) -> Option<Found> {
    let (nonce, sealed) = front.split_first_chunk::<NONCE_LEN>()?;
    if nonce == &[0; NONCE_LEN] {
        return None; // never written, but for one chance in 2^95
    }
    let mut sealed: [u8; HEADER_LEN + TAG_LEN] = sealed.try_into().ok()?;
    let header = key.open_in_place(*nonce, &mut sealed).ok()?;
    let (length, rest) = header.split_first_chunk::<4>()?;
    let (kind, mark) = rest.split_first_chunk::<4>()?;
    let [kind, 0, 0, 0] = *kind else { return None };
    Some(Found {
        kind: Kind::of(kind)?,
        len: usize::try_from(u32::from_be_bytes(*length)).ok()?,
        mark: u64::from_be_bytes(mark.try_into().ok()?),
        nonce: *nonce,
    })
}

#[cfg(test)]
mod tests {
    use kaibiao_crypto::SUITE_1;

    use super::*;

    fn front(bytes: &[u8]) -> [u8; FRONT] {
        bytes[..FRONT].try_into().unwrap()
    }

    #[test]
    fn a_frame_is_found_and_opened_and_an_altered_one_is_not() {
        let (key, other) = (SUITE_1.aead(&[1; 32]), SUITE_1.aead(&[2; 32]));
        for len in [0, 1, 451, 452, 453, 5_000] {
            let body = vec![7; len];
            let frame = Frame::seal(&key, Kind::Record, &body).unwrap();
            let bytes = frame.finish(&key, 12_345).unwrap();
            assert_eq!(bytes.len() % BLOCK, 0);
            let found = find(&key, &front(&bytes)).unwrap();
            assert_eq!((found.kind, found.len, found.mark), (Kind::Record, len, 12_345));
            assert_eq!(found.frame_len(), bytes.len());
            let sealed = bytes[FRONT..FRONT + found.sealed_len()].to_vec();
            assert_eq!(found.open(&key, sealed.clone()).unwrap(), body);

            assert_eq!(find(&other, &front(&bytes)), None);
            assert!(found.open(&other, sealed.clone()).is_none());
            for at in 0..FRONT {
                let mut altered = bytes.clone();
                altered[at] ^= 0x80;
                assert_eq!(find(&key, &front(&altered)), None, "byte {at}");
            }
            for at in [0, len / 2, len, len + 15] {
                let mut altered = sealed.clone();
                altered[at] ^= 1;
                assert!(found.open(&key, altered).is_none(), "byte {at} of {len}");
            }
        }
        assert_eq!(find(&key, &[0; FRONT]), None);
    }

    #[test]
    fn the_same_body_gives_other_bytes_each_time() {
        let key = SUITE_1.aead(&[1; 32]);
        let bytes = || Frame::seal(&key, Kind::Piece, &[7; 300]).unwrap().finish(&key, 0).unwrap();
        let (a, b) = (bytes(), bytes());
        let same = a.iter().zip(&b).filter(|(a, b)| a == b).count();
        assert!(same < 30, "{same} of {} bytes are alike", a.len());
    }
}
