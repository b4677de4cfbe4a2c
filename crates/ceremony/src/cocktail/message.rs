//! The form of a first-round message.

use kaibiao_crypto::{Point, Suite};
use kaibiao_types::Threshold;

use crate::limits::{CIPHERTEXT_MAX, CIPHERTEXT_MIN, MESSAGE_MAX};
use crate::schnorr::SIGNATURE_LEN;

/// One participant's first-round message, checked for form only.
#[derive(Clone, Debug)]
pub struct Round1 {
    pub(crate) commitment: Vec<Point>,
    pub(crate) pop: [u8; SIGNATURE_LEN],
    pub(crate) ephemeral: Point,
    pub(crate) shares: Vec<Vec<u8>>,
}

impl Round1 {
    /// Reads exactly k points, a signature, a point and n framed ciphertexts, and no rest.
    pub(crate) fn read(suite: &Suite, n: u16, k: u16, message: &[u8]) -> Result<Self, Malformed> {
        if message.len() > MESSAGE_MAX {
            return Err(Malformed);
        }
        let mut rest = Reader(message);
        let commitment = (0..k).map(|_| rest.point(suite)).collect::<Result<_, _>>()?;
        let pop = rest.array::<SIGNATURE_LEN>()?;
        let ephemeral = rest.point(suite)?;
        let shares = (0..n).map(|_| rest.framed().map(<[u8]>::to_vec)).collect::<Result<_, _>>()?;
        if rest.0.is_empty() {
            Ok(Self { commitment, pop, ephemeral, shares })
        } else {
            Err(Malformed)
        }
    }

    /// How many commitment points a message of this length has, whatever the points are: the framed
    /// ciphertexts after them fill the rest exactly. `None` if no number fits.
    pub(crate) fn commitment_points(n: u16, message: &[u8]) -> Option<u16> {
        if message.len() > MESSAGE_MAX {
            return None;
        }
        (0..=Threshold::N_MAX).find(|points| {
            let head = usize::from(*points) * POINT_LEN + SIGNATURE_LEN + POINT_LEN;
            let Some(frames) = message.get(head..) else { return false };
            let mut rest = Reader(frames);
            (0..n).all(|_| rest.framed().is_ok()) && rest.0.is_empty()
        })
    }
}

/// Bytes of a compressed point.
const POINT_LEN: usize = 33;

/// Bytes still to be read.
struct Reader<'a>(&'a [u8]);

/// The message ended early or holds a value that is not allowed.
pub(crate) struct Malformed;

impl<'a> Reader<'a> {
    fn array<const N: usize>(&mut self) -> Result<[u8; N], Malformed> {
        let (head, rest) = self.0.split_first_chunk::<N>().ok_or(Malformed)?;
        self.0 = rest;
        Ok(*head)
    }

    fn point(&mut self, suite: &Suite) -> Result<Point, Malformed> {
        suite.point(&self.array::<POINT_LEN>()?).map_err(|_| Malformed)
    }

    /// `uint64_be length || ciphertext`, at least a scalar and a tag, at most the limit.
    fn framed(&mut self) -> Result<&'a [u8], Malformed> {
        let length = u64::from_be_bytes(self.array::<8>()?);
        if !(CIPHERTEXT_MIN..=CIPHERTEXT_MAX).contains(&length) {
            return Err(Malformed);
        }
        let length = usize::try_from(length).map_err(|_| Malformed)?;
        let (head, rest) = self.0.split_at_checked(length).ok_or(Malformed)?;
        self.0 = rest;
        Ok(head)
    }
}
