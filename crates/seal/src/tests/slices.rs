//! Slices of a sealed file, judged one by one.

use kaibiao_crypto::SUITE_1;
use kaibiao_merkle::{leaf_hash, root_of};
use kaibiao_types::Digest;
use serde::Serialize;

use super::files::{check, hex};
use super::{Lot, sealed, text};
use crate::limits::{CHUNK_LEN, SEALED_CHUNK_LEN, UPLOAD_PART_LEN};
use crate::payload::{ObjectRoot, object_root};
use crate::{
    ExpectedSlice, Header, ObjectDigest, ObjectSummary, SliceCut, SliceFault, SliceRootsError,
    check_slice_roots,
};

/// An object of three slices whose last one has five chunks, and what is known of it.
struct Big {
    header: Header,
    file: Vec<u8>,
    summary: ObjectSummary,
    roots: Vec<Digest>,
}

fn big() -> Big {
    let (object, file) = sealed(&Lot::new("lot"), &text("slices", 68 * CHUNK_LEN));
    let mut digest = ObjectDigest::new();
    digest.update(&file).unwrap();
    let (summary, roots) = digest.finish_with_slices().unwrap();
    assert_eq!(summary, object.object);
    Big { header: object.header, file, summary, roots }
}

impl Big {
    fn expected(&self, n: u32) -> ExpectedSlice {
        ExpectedSlice {
            suite: &SUITE_1,
            cut: SliceCut::of(&self.header),
            header_sha256: self.summary.header_sha256,
            n,
            root: self.roots[usize::try_from(n).unwrap()],
        }
    }

    fn slice(&self, n: u32) -> Vec<u8> {
        let range = SliceCut::of(&self.header).range(n).unwrap();
        let at = |at: u64| usize::try_from(at).unwrap();
        self.file[at(range.start)..at(range.end)].to_vec()
    }

    fn roots(&self) -> Vec<u8> {
        self.roots.iter().flat_map(|root| *root.bytes()).collect()
    }
}

#[test]
fn every_slice_of_a_file_is_judged_by_itself() {
    let big = big();
    let cut = SliceCut::of(&big.header);
    assert_eq!((cut.count(), big.roots.len()), (3, 3));
    assert_eq!(check_slice_roots(&big.header, &big.roots(), &big.summary), Ok(()));
    let mut whole = Vec::new();
    for n in [0, 1, 2] {
        let slice = big.slice(n);
        assert_eq!(big.expected(n).check(&slice), Ok(()), "{n}");
        whole.extend(slice);
    }
    assert!(whole == big.file, "the slices in a row are the file");
    assert_eq!(big.slice(0).len(), big.header.bytes().len() + UPLOAD_PART_LEN);
    assert_eq!(big.slice(1).len(), UPLOAD_PART_LEN);
}

#[test]
fn a_slice_that_is_not_the_signed_one_is_refused() {
    let big = big();
    let header_len = big.header.bytes().len();
    // One bit anywhere: header, first and last byte, at the borders of a chunk.
    for (n, at, fault) in [
        (0, 0, SliceFault::Header),
        (0, header_len - 1, SliceFault::Header),
        (0, header_len, SliceFault::Root),
        (0, header_len + UPLOAD_PART_LEN - 1, SliceFault::Root),
        (1, 0, SliceFault::Root),
        (1, SEALED_CHUNK_LEN - 1, SliceFault::Root),
        (1, SEALED_CHUNK_LEN, SliceFault::Root),
        (2, 0, SliceFault::Root),
    ] {
        let mut slice = big.slice(n);
        slice[at] ^= 1;
        assert_eq!(big.expected(n).check(&slice), Err(fault), "slice {n}, byte {at}");
    }
    let (one, tail) = (big.slice(1), big.slice(2));
    let swapped = [&one[SEALED_CHUNK_LEN..], &one[..SEALED_CHUNK_LEN]].concat();
    assert_eq!(big.expected(1).check(&swapped), Err(SliceFault::Root), "chunks in another order");
    let length = |n: u32, bytes: &[u8]| match big.expected(n).check(bytes) {
        Err(SliceFault::Length { expected, found }) => (expected, found),
        other => panic!("slice {n} of {} bytes: {other:?}", bytes.len()),
    };
    let whole = u64::try_from(UPLOAD_PART_LEN).unwrap();
    assert_eq!(length(1, &one[1..]), (whole, whole - 1));
    assert_eq!(length(1, &[]), (whole, 0));
    assert_eq!(length(0, &one).1, whole, "slice 0 without its header");
    assert_eq!(length(1, &tail).0, whole, "another slice of the file");
    assert_eq!(
        length(2, &[tail.as_slice(), &[0]].concat()).1,
        u64::try_from(tail.len()).unwrap() + 1
    );
    let beyond = ExpectedSlice { n: 3, ..big.expected(2) };
    assert_eq!(beyond.check(&tail).unwrap_err().label(), "E_LEN");
    assert!(beyond.check(&[]).is_err(), "there is no empty slice");
    // The slice of another object fits its own root alone.
    let other = ExpectedSlice { root: big.roots[0], ..big.expected(1) };
    assert_eq!(other.check(&one), Err(SliceFault::Root));
}

#[test]
fn roots_that_do_not_give_the_signed_root_are_refused() {
    let big = big();
    let good = big.roots();
    let refused = |roots: &[u8]| check_slice_roots(&big.header, roots, &big.summary).unwrap_err();
    for cut in [0, 1, 32, 64, 95] {
        let found = u64::try_from(cut).unwrap();
        assert_eq!(refused(&good[..cut]), SliceRootsError::Count { expected: 96, found });
    }
    let longer = [good.as_slice(), &[0; 32]].concat();
    assert_eq!(refused(&longer).label(), "E_SLICE_COUNT");
    for at in [0, 31, 32, 95] {
        let mut bad = good.clone();
        bad[at] ^= 1;
        assert_eq!(refused(&bad), SliceRootsError::Root, "byte {at}");
    }
    let swapped = [&good[32..64], &good[..32], &good[64..]].concat();
    assert_eq!(refused(&swapped).label(), "E_SLICE_ROOTS");
    // Good roots under a manifest that says something else of the object.
    for signed in [
        ObjectSummary { header_sha256: Digest::ZERO, ..big.summary },
        ObjectSummary { file_len: big.summary.file_len + 1, ..big.summary },
        ObjectSummary { ct_root: Digest::ZERO, ..big.summary },
    ] {
        assert_eq!(check_slice_roots(&big.header, &good, &signed), Err(SliceRootsError::Root));
    }
}

#[derive(Serialize)]
struct Vectors {
    about: &'static str,
    cuts: Vec<CutVector>,
    roots: Vec<RootVector>,
}

#[derive(Serialize)]
struct CutVector {
    header_len: u64,
    file_len: u64,
    slices: Vec<[u64; 2]>,
}

#[derive(Serialize)]
struct RootVector {
    chunks: u64,
    file_len: u64,
    slice_roots: Vec<String>,
    tree: String,
    ct_root: String,
}

fn cut_vector(header_len: u64, payload: u64) -> CutVector {
    let cut = SliceCut::new(header_len, header_len + payload).unwrap();
    let slices = (0..).map_while(|n| cut.range(n)).map(|range| [range.start, range.end]);
    let slices: Vec<[u64; 2]> = slices.collect();
    assert_eq!(u64::try_from(slices.len()).unwrap(), cut.count());
    CutVector { header_len, file_len: header_len + payload, slices }
}

/// The roots of an object whose chunk i has the digest `SHA-256(u64 i)`; the tree is compared with the
/// one that RFC 6962 gives over all leaves.
fn root_vector(chunks: u64) -> RootVector {
    let digests: Vec<Digest> = (0..chunks).map(|i| SUITE_1.hash(&i.to_be_bytes())).collect();
    let header_sha256 = SUITE_1.hash(b"header");
    let file_len = 322 + chunks * 262_160;
    let mut object = ObjectRoot::new(&SUITE_1);
    for digest in &digests {
        object.push_digest(digest);
    }
    let (ct_root, slices) = object.finish_with_slices(&header_sha256, file_len);
    let leaves: Vec<Digest> = digests.iter().map(|digest| leaf_hash(digest.bytes())).collect();
    let tree = root_of(&leaves);
    assert_eq!(ct_root, object_root(&SUITE_1, &header_sha256, file_len, &tree), "{chunks} chunks");
    let apart: Vec<Digest> = leaves.chunks(32).map(root_of).collect();
    assert_eq!(slices, apart, "{chunks} chunks");
    RootVector {
        chunks,
        file_len,
        slice_roots: slices.iter().map(|root| hex(root.bytes())).collect(),
        tree: hex(tree.bytes()),
        ct_root: hex(ct_root.bytes()),
    }
}

#[test]
fn slices_are_cut_and_hashed_as_committed() {
    let whole = 8_389_120;
    let payloads = [1, whole - 1, whole, whole + 1, 3 * whole, 3 * whole + 262_160];
    let mut cuts: Vec<CutVector> = payloads.into_iter().map(|len| cut_vector(322, len)).collect();
    cuts.push(cut_vector(65_536, 2 * whole));
    let chunks = [1, 2, 31, 32, 33, 63, 64, 65, 96, 97, 129, 160, 200];
    check(
        "slices.json",
        &Vectors {
            about: "cuts: where the slices of a file begin and end. roots: c_i = SHA-256(u64 i), \
                    H(header) = SHA-256(\"header\"), header of 322 bytes, whole chunks.",
            cuts,
            roots: chunks.into_iter().map(root_vector).collect(),
        },
    );
    assert_eq!(SliceCut::new(5, 5), None);
    assert_eq!(SliceCut::new(6, 5), None);
    assert_eq!(SliceCut::new(322, u64::MAX).unwrap().range(u32::MAX).unwrap().start % 262_160, 322);
}

#[test]
fn any_number_of_chunks_gives_the_tree_of_all_leaves() {
    for chunks in 1..140 {
        root_vector(chunks);
    }
}
