//! What sealing, opening and checking share: reading whole chunks and the object's root.

use std::io::{ErrorKind, Read};

use kaibiao_crypto::Suite;
use kaibiao_types::Digest;

use crate::tree::SuiteTree;

/// Reads until `buffer` is full or the input ends; the count of bytes read, which is less than the
/// buffer only at the end.
pub(crate) fn read_full(input: &mut dyn Read, buffer: &mut [u8]) -> std::io::Result<usize> {
    let mut filled = 0;
    while let Some(rest) = buffer.get_mut(filled..).filter(|rest| !rest.is_empty()) {
        match input.read(rest) {
            Ok(0) => break,
            Ok(count) => filled += count,
            Err(error) if error.kind() == ErrorKind::Interrupted => {}
            Err(error) => return Err(error),
        }
    }
    Ok(filled)
}

/// Whether the input has no more bytes; takes one if it has.
pub(crate) fn at_end(input: &mut dyn Read) -> std::io::Result<bool> {
    read_full(input, &mut [0]).map(|count| count == 0)
}

/// The object's root, chunk by chunk: `TH("object", H(header), u64 file_len, MTH(c_0..c_m))` with
/// `c_i = H(ciphertext_i || tag_i)` as the 32-byte leaf data (ruling 3).
#[derive(Clone, Debug)]
pub(crate) struct ObjectRoot {
    suite: &'static Suite,
    tree: SuiteTree,
}

impl ObjectRoot {
    pub(crate) fn new(suite: &'static Suite) -> Self {
        Self { suite, tree: SuiteTree::new(suite) }
    }

    /// Takes the next chunk in: ciphertext and tag.
    pub(crate) fn push(&mut self, sealed_chunk: &[u8]) {
        self.push_digest(&self.suite.hash(sealed_chunk));
    }

    /// Takes the next chunk in by its digest `c_i`.
    pub(crate) fn push_digest(&mut self, chunk: &Digest) {
        self.tree.push(chunk);
    }

    pub(crate) fn finish(self, header_sha256: &Digest, file_len: u64) -> Digest {
        let root = self.tree.finish();
        let fields: [&[u8]; 3] = [header_sha256.bytes(), &file_len.to_be_bytes(), root.bytes()];
        self.suite.th("object", &fields)
    }
}
