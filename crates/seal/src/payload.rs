//! What sealing, opening and checking share: reading whole chunks and the object's root.

use std::io::{ErrorKind, Read};

use kaibiao_crypto::Suite;
use kaibiao_types::Digest;

use crate::Header;
use crate::limits::{CHUNK_LEN, LENGTH_PREFIX, SEALED_CHUNK_LEN, TAG_LEN, UPLOAD_PART_CHUNKS};
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
///
/// The tree is kept as the roots of whole upload slices, 32 bytes for each 8 MiB, and the slice that is
/// being filled.
#[derive(Clone, Debug)]
pub(crate) struct ObjectRoot {
    suite: &'static Suite,
    slices: Vec<Digest>,
    slice: SuiteTree,
}

impl ObjectRoot {
    pub(crate) const fn new(suite: &'static Suite) -> Self {
        Self { suite, slices: Vec::new(), slice: suite_tree(suite) }
    }

    /// Takes the next chunk in by its digest `c_i`.
    pub(crate) fn push_digest(&mut self, chunk: &Digest) {
        self.slice.push_data(chunk.bytes());
        if self.slice.len() == SLICE_CHUNKS {
            self.end_slice();
        }
    }

    fn end_slice(&mut self) {
        let slice = core::mem::replace(&mut self.slice, suite_tree(self.suite));
        self.slices.push(slice.finish());
    }

    pub(crate) fn finish(self, header_sha256: &Digest, file_len: u64) -> Digest {
        self.finish_with_slices(header_sha256, file_len).0
    }

    /// The root, and those of the slices in order.
    pub(crate) fn finish_with_slices(
        mut self,
        header_sha256: &Digest,
        file_len: u64,
    ) -> (Digest, Vec<Digest>) {
        if !self.slice.is_empty() {
            self.end_slice();
        }
        let tree = join_slices(self.suite, self.slices.iter().copied());
        (object_root(self.suite, header_sha256, file_len, &tree), self.slices)
    }
}

/// Chunks of a whole slice, as a number of leaves.
#[allow(clippy::as_conversions)] // 32 fits; `u64::try_from` is not usable in a constant
const SLICE_CHUNKS: u64 = UPLOAD_PART_CHUNKS as u64;

/// `MTH(c_0..c_m)` from the roots of the slices: whole subtrees of 32 leaves, of which the last may have
/// fewer, stand in the tree as if they were its leaves.
pub(crate) fn join_slices(suite: &'static Suite, roots: impl Iterator<Item = Digest>) -> Digest {
    let mut tree = suite_tree(suite);
    for root in roots {
        tree.push(root);
    }
    tree.finish()
}

/// `ct_root` from the tree over all chunks.
pub(crate) fn object_root(
    suite: &Suite,
    header_sha256: &Digest,
    file_len: u64,
    tree: &Digest,
) -> Digest {
    let fields: [&[u8]; 3] = [header_sha256.bytes(), &file_len.to_be_bytes(), tree.bytes()];
    suite.th("object", &fields)
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
