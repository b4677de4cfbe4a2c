//! What sealing, opening and checking share: reading whole chunks and the object's root.

use std::io::{ErrorKind, Read};

use kaibiao_crypto::Suite;
use kaibiao_types::Digest;

use crate::Header;
use crate::limits::{CHUNK_LEN, LENGTH_PREFIX, SEALED_CHUNK_LEN, TAG_LEN};
use crate::pipeline::Chunks;
use crate::tree::{SuiteTree, suite_tree};

/// Reads until `buffer` is full or the input ends; the count of bytes read, which is less than the
/// buffer only at the end.
pub(crate) fn read_full<R: Read + ?Sized>(
    input: &mut R,
    buffer: &mut [u8],
) -> std::io::Result<usize> {
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
pub(crate) fn at_end<R: Read + ?Sized>(input: &mut R) -> std::io::Result<bool> {
    read_full(input, &mut [0]).map(|count| count == 0)
}

/// `c_i = H(ciphertext_i || tag_i)` of chunks in a row.
pub(crate) fn chunk_digests(header: &Header, chunks: &[&mut [u8]]) -> Vec<Digest> {
    let sealed: Vec<&[u8]> = chunks.iter().map(|chunk| &**chunk).collect();
    header.suite().hash_each(&sealed)
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
        Self { suite, tree: suite_tree(suite) }
    }

    /// Takes the next chunk in by its digest `c_i`.
    pub(crate) fn push_digest(&mut self, chunk: &Digest) {
        self.tree.push_data(chunk.bytes());
    }

    pub(crate) fn finish(self, header_sha256: &Digest, file_len: u64) -> Digest {
        let root = self.tree.finish();
        let fields: [&[u8]; 3] = [header_sha256.bytes(), &file_len.to_be_bytes(), root.bytes()];
        self.suite.th("object", &fields)
    }
}

impl Header {
    /// The chunks of the payload, to be made from a plaintext that is read from its beginning: they
    /// begin 8 bytes before their plaintext, because of the length in the first one.
    pub(crate) fn chunks_of_plaintext(&self) -> Chunks {
        let step = u64::try_from(CHUNK_LEN).unwrap_or(0);
        Chunks { begin: LENGTH_PREFIX.wrapping_neg(), step, ..self.chunks_of_file() }
    }

    /// The chunks of the payload, to be read from the sealed file.
    pub(crate) fn chunks_of_file(&self) -> Chunks {
        Chunks {
            count: self.chunks(),
            // The first chunk is full, or the only one.
            longest: self.chunk_plain_len(0) + TAG_LEN,
            begin: self.header_len(),
            step: u64::try_from(SEALED_CHUNK_LEN).unwrap_or(0),
        }
    }

    /// Whether this is the last chunk.
    pub(crate) fn is_last(&self, index: u64) -> bool {
        index + 1 == self.chunks()
    }
}
