//! Randomness that a test can repeat, and randomness that fails.

use kaibiao_crypto::{Entropy, EntropyError};
use ring::digest::{SHA256, digest};

/// Bytes fixed by a seed: block `i` is SHA-256(SHA-256(seed) || i as u64, big-endian).
///
/// The same seed and the same sequence of lengths give the same bytes on every machine; how the
/// bytes are asked for in pieces makes no difference. Predictable, so never outside tests.
#[derive(Clone, Debug)]
pub struct SeededEntropy {
    seed: Vec<u8>,
    counter: u64,
    rest: Vec<u8>, // bytes of the present block not yet given, last first
}

impl SeededEntropy {
    /// A source that gives the bytes of this seed, from the first.
    pub fn new(seed: impl AsRef<[u8]>) -> Self {
        let seed = digest(&SHA256, seed.as_ref()).as_ref().to_vec();
        Self { seed, counter: 0, rest: Vec::new() }
    }

    fn next(&mut self) -> u8 {
        loop {
            if let Some(byte) = self.rest.pop() {
                return byte;
            }
            let input = [self.seed.as_slice(), &self.counter.to_be_bytes()].concat();
            self.counter = self.counter.wrapping_add(1);
            self.rest = digest(&SHA256, &input).as_ref().iter().rev().copied().collect();
        }
    }
}

impl Entropy for SeededEntropy {
    fn fill(&mut self, out: &mut [u8]) -> Result<(), EntropyError> {
        out.fill_with(|| self.next());
        Ok(())
    }
}

/// A seeded source that fails for good once a request goes past its limit, for tests of what
/// happens then. The buffer of a failed request is left as it was.
#[derive(Clone, Debug)]
pub struct FailingEntropy {
    source: SeededEntropy,
    left: usize, // bytes
}

impl FailingEntropy {
    /// A source that gives `bytes` bytes and then fails.
    pub fn after(bytes: usize) -> Self {
        Self { source: SeededEntropy::new("failing"), left: bytes }
    }
}

impl Entropy for FailingEntropy {
    fn fill(&mut self, out: &mut [u8]) -> Result<(), EntropyError> {
        let Some(left) = self.left.checked_sub(out.len()) else {
            self.left = 0;
            return Err(EntropyError);
        };
        self.left = left;
        self.source.fill(out)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn bytes(source: &mut impl Entropy, count: usize) -> Vec<u8> {
        let mut out = vec![0; count];
        source.fill(&mut out).unwrap();
        out
    }

    #[test]
    fn a_seed_fixes_the_bytes() {
        // printf '' | sha256sum, then that digest and eight zero bytes through sha256sum.
        let known = [0x5c, 0x5d, 0x42, 0xdc];
        let first = bytes(&mut SeededEntropy::new(""), 96);
        let input = [digest(&SHA256, b"").as_ref(), &[0; 8]].concat();
        assert_eq!(first[..32], *digest(&SHA256, &input).as_ref());
        assert_eq!(first[..4], known);
        assert_ne!(first[..32], first[32..64]);
        assert_ne!(first, bytes(&mut SeededEntropy::new("another"), 96));
    }

    #[test]
    fn pieces_make_no_difference() {
        let mut source = SeededEntropy::new("pieces");
        let pieces: Vec<u8> =
            [1, 0, 31, 33, 7].into_iter().flat_map(|n| bytes(&mut source, n)).collect();
        assert_eq!(pieces, bytes(&mut SeededEntropy::new("pieces"), 72));
    }

    #[test]
    fn a_failing_source_fails_for_good_and_leaves_the_buffer() {
        let mut source = FailingEntropy::after(40);
        assert_eq!(bytes(&mut source, 32).len(), 32);
        let mut out = [7; 9];
        assert_eq!(source.fill(&mut out), Err(EntropyError));
        assert_eq!(out, [7; 9]);
        assert_eq!(source.fill(&mut [0]), Err(EntropyError));
    }
}
