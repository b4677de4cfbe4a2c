//! The sealed object: header, locks, proof, payload, manifest.

use kaibiao_crypto::SUITE_1;
use kaibiao_seal::{Header, Manifest, ObjectDigest, PREFIX_LEN};

use crate::scene::SCENE;

/// Bytes of a header before its locks, and after them (`docs/spec/seal.md`).
const BEFORE_LOCKS: usize = 124;
const AFTER_LOCKS: usize = 129;

/// A header is kept as it came, is as long as it says, and its proof holds for known ones only.
pub(crate) fn header(data: &[u8]) {
    let read = Header::read(&mut &*data);
    let claimed = Header::len_from_prefix(data.get(..PREFIX_LEN).unwrap_or(data));
    match Header::parse(data) {
        Ok(header) => {
            assert_eq!(header.bytes(), data);
            assert_eq!(claimed, Ok(data.len()));
            assert!(read.is_ok_and(|read| read.digest() == header.digest()));
            assert!(header.file_len() > header.header_len() && header.chunks() >= 1);
            assert!(header.payload_len() >= header.padded_len());
            judge(&header);
        }
        Err(error) => assert!(error.label().starts_with("E_")),
    }
}

pub(crate) fn header_seeds() -> Vec<Vec<u8>> {
    SCENE.headers.iter().map(|header| header.bytes().to_vec()).collect()
}

/// Nobody makes a proof by chance: only a header of the opening proves itself in its ceremony.
fn judge(header: &Header) {
    if header.verify_proof(SCENE.scenario.verified.bases()).is_ok() {
        assert!(SCENE.headers.iter().any(|known| known.bytes() == header.bytes()), "forged");
    }
}

/// The locks of a header: first their number, then their bytes, in a header whose rest is right.
pub(crate) fn locks(data: &[u8]) {
    let Some((good, (count, locks))) = SCENE.headers.first().zip(data.split_first()) else {
        return;
    };
    let whole = good.bytes();
    let Some((fixed, rest)) = whole.split_at_checked(BEFORE_LOCKS) else { return };
    let tail = rest.split_at(rest.len() - AFTER_LOCKS).1;
    let mut bytes = [fixed, locks, tail].concat();
    let length = u32::try_from(bytes.len()).unwrap_or(u32::MAX).to_be_bytes();
    write(&mut bytes, 12, &length);
    write(&mut bytes, 18, &u16::from(*count).to_be_bytes());
    header(&bytes);
}

pub(crate) fn locks_seeds() -> Vec<Vec<u8>> {
    let lock = |header: &Header| {
        let bytes = header.bytes();
        let locks = bytes.get(BEFORE_LOCKS..bytes.len() - AFTER_LOCKS)?;
        let count = bytes.get(19)?;
        Some([&[*count], locks].concat())
    };
    SCENE.headers.iter().filter_map(lock).collect()
}

fn write(bytes: &mut [u8], at: usize, new: &[u8]) {
    for (to, from) in bytes.iter_mut().skip(at).zip(new) {
        *to = *from;
    }
}

/// The commitment and the proof at the end of a header whose rest is right.
pub(crate) fn proof(data: &[u8]) {
    let Some(good) = SCENE.headers.first() else { return };
    let mut bytes = good.bytes().to_vec();
    let start = bytes.len() - AFTER_LOCKS;
    write(&mut bytes, start, data);
    header(&bytes);
}

pub(crate) fn proof_seeds() -> Vec<Vec<u8>> {
    let tail = |header: &Header| {
        let bytes = header.bytes();
        bytes.get(bytes.len() - AFTER_LOCKS..).map(<[u8]>::to_vec)
    };
    SCENE.headers.iter().filter_map(tail).collect()
}

/// A file in any slicing has one digest or one refusal. The first byte says how it is sliced.
pub(crate) fn object(data: &[u8]) {
    let Some((step, file)) = data.split_first() else { return };
    let mut whole = ObjectDigest::new();
    let whole = whole.update(file).and_then(|()| whole.finish());
    let mut sliced = ObjectDigest::new();
    let mut slices = file.chunks(usize::from(*step) + 1);
    let sliced = slices.try_for_each(|slice| sliced.update(slice)).and_then(|()| sliced.finish());
    assert_eq!(whole, sliced);
    if let (Ok(summary), Ok(header)) = (&whole, Header::read(&mut &*file)) {
        assert_eq!(summary.file_len, header.file_len());
        assert_eq!(summary.header_sha256, SUITE_1.hash(header.bytes()));
    }
}

pub(crate) fn object_seeds() -> Vec<Vec<u8>> {
    // The start of a file is enough to find its way in; a whole one has 64 KiB.
    let objects = SCENE.scenario.bids.iter().flat_map(|bid| &bid.objects);
    let starts = objects.filter_map(|object| object.get(..object.len().min(700)));
    starts.map(|start| [&[7], start].concat()).collect()
}

/// A manifest is kept as it came; what is read can be built again.
pub(crate) fn manifest(data: &[u8]) {
    match Manifest::parse(data) {
        Ok(manifest) => assert_eq!(manifest.bytes(), data),
        Err(error) => assert!(!error.label().is_empty()),
    }
}

pub(crate) fn manifest_seeds() -> Vec<Vec<u8>> {
    SCENE.scenario.bids.iter().map(|bid| bid.manifest.clone()).collect()
}
