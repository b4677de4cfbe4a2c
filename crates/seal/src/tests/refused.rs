//! What the parser and the digest refuse, beyond the shared vectors: limits, hints, points.

use std::io::{self, Read};

use kaibiao_crypto::SUITE_1;
use kaibiao_types::{Digest, Part};

use super::forge::{Forgery, padded, proof_in};
use super::{Lot, sealed, summary, text};
use crate::header::DraftLock;
use crate::limits::{CHUNK_LEN, HEADER_MAX, SEALED_CHUNK_LEN};
use crate::{
    Header, HeaderError, MagicDamage, ObjectDigest, ObjectError, ObjectMismatch, ObjectSummary,
    ReadHeaderError,
};

fn header() -> Vec<u8> {
    sealed(&Lot::new("lot"), b"documents").0.header.bytes().to_vec()
}

fn with(at: usize, bytes: &[u8]) -> Vec<u8> {
    let mut header = header();
    header[at..at + bytes.len()].copy_from_slice(bytes);
    header
}

fn error(bytes: &[u8]) -> HeaderError {
    Header::parse(bytes).unwrap_err()
}

#[test]
fn each_fixed_field_has_its_own_error() {
    let cases: [(usize, &[u8], HeaderError); 16] = [
        (0, &[0x88], HeaderError::Magic(MagicDamage::Unknown)),
        (8, &[0, 2], HeaderError::Version(2)),
        (8, &[1, 0], HeaderError::Version(256)),
        (10, &[0, 2], HeaderError::Suite(2)),
        (10, &[1, 2], HeaderError::Suite(0x0102)),
        (12, &[0; 4], HeaderError::HeaderLength(0)),
        (12, &[0, 1, 0, 1], HeaderError::HeaderLength(65_537)),
        (12, &[0xff; 4], HeaderError::HeaderLength(u32::MAX)),
        (12, &[0, 0, 0, 252], HeaderError::HeaderLength(252)),
        (16, &[30], HeaderError::ChunkSize(30)),
        (16, &[16], HeaderError::ChunkSize(16)),
        (17, &[3], HeaderError::PadMode(3)),
        (17, &[2], HeaderError::PadShape(18)),
        (20, &9_u64.to_be_bytes(), HeaderError::PadShape(9)),
        (20, &7_u64.to_be_bytes(), HeaderError::PaddedLength(7)),
        (20, &(1_u64 << 63).to_be_bytes(), HeaderError::PaddedLength(1 << 63)),
    ];
    for (at, bytes, expected) in cases {
        assert_eq!(error(&with(at, bytes)), expected);
    }
    assert_eq!(
        error(&with(12, &321_u32.to_be_bytes())),
        HeaderError::Trailing { expected: 321, found: 322 }
    );
    assert_eq!(
        error(&with(12, &323_u32.to_be_bytes())),
        HeaderError::Truncated { expected: 323, found: 322 }
    );
}

#[test]
fn each_lock_rule_has_its_own_error() {
    let cases: [(usize, &[u8], HeaderError); 12] = [
        (18, &[0, 0], HeaderError::LockCount(0)),
        (18, &[0, 3], HeaderError::LockCount(3)),
        (18, &[0xff, 0xff], HeaderError::LockCount(u16::MAX)),
        (18, &[0, 2], HeaderError::LockSpace),
        (124, &[0], HeaderError::LockOrder(0)),
        (124, &[9], HeaderError::LockType(9)),
        (124, &[3], HeaderError::LockType(3)),
        (125, &[1], HeaderError::LockReserved(1)),
        (126, &[0, 34], HeaderError::LockSpace),
        (126, &[0xff, 0xff], HeaderError::LockSpace),
        (126, &[0, 32], HeaderError::LockBody(1)),
        (126, &[0, 0], HeaderError::LockBody(1)),
    ];
    for (at, bytes, expected) in cases {
        assert_eq!(error(&with(at, bytes)), expected, "{at}");
    }
}

#[test]
fn points_and_scalars_must_be_canonical() {
    let uncompressed = SUITE_1.generator().uncompressed();
    let points: [&[u8]; 6] = [
        &[0; 33],
        &uncompressed[..33],
        &[&[2][..], &[0xff; 32]].concat(),
        &[&[5][..], &[1; 32]].concat(),
        &[&[2][..], &[0; 31], &[1]].concat(), // x = 1 is not on the curve
        &[0x40; 33],
    ];
    for point in points {
        assert_eq!(error(&with(160, point)), HeaderError::LockPoint(1));
        assert_eq!(error(&with(322 - 97, point)), HeaderError::ProofPoint);
    }
    for at in [322 - 64, 322 - 32] {
        assert_eq!(error(&with(at, &[0xff; 32])), HeaderError::ProofScalar);
        assert_eq!(error(&with(at, &[0xff; 32])).label(), "E_TDH2");
    }
}

fn lock(kind: u8, body: &[u8]) -> DraftLock {
    DraftLock { kind, commit: Digest::ZERO, body: body.to_vec() }
}

/// A bidder lock that says that its wrapped secret has `claimed` bytes.
fn bidder(algorithm: u8, escrow: u8, claimed: u16, wrapped: &[u8]) -> DraftLock {
    let head = [&[algorithm, escrow], [5; 32].as_slice(), &claimed.to_be_bytes()].concat();
    lock(2, &[&head, wrapped].concat())
}

/// The error of a header whose locks a forger chose.
fn refuse_locks(change: impl FnOnce(&mut Forgery<'_>)) -> String {
    let lot = Lot::new("lot");
    let context = lot.context(Part::Documents);
    let mut forgery = Forgery::new(&lot, &context, padded(0, &[], 8));
    change(&mut forgery);
    Header::read(&mut &*forgery.make().file).unwrap_err().to_string()
}

#[test]
fn lists_of_locks_are_strict() {
    let good = || bidder(2, 0, 33, &SUITE_1.generator().bytes());
    let none = refuse_locks(|forgery| forgery.ceremony = false);
    assert_eq!(none, HeaderError::LockCount(0).to_string());
    let first = refuse_locks(|forgery| forgery.before = vec![good()]);
    assert_eq!(first, HeaderError::LockOrder(1).to_string());
    let only = refuse_locks(|forgery| (forgery.ceremony, forgery.after) = (false, vec![good()]));
    assert_eq!(only, HeaderError::LockMissing.to_string());
    let three = refuse_locks(|forgery| forgery.after = vec![good(), lock(4, &[])]);
    assert_eq!(three, HeaderError::LockCount(3).to_string());
    for (second, expected) in [
        (lock(1, &[2; 33]), HeaderError::LockOrder(1)),
        (lock(4, &[]), HeaderError::LockType(4)),
        (bidder(3, 0, 0, &[]), HeaderError::LockAlgorithm(3)),
        (bidder(2, 2, 33, &SUITE_1.generator().bytes()), HeaderError::LockEscrow(2)),
        (bidder(1, 0, 255, &[1; 255]), HeaderError::LockBody(2)),
        (bidder(1, 0, 513, &[1; 513]), HeaderError::LockBody(2)),
        (bidder(1, 0, 256, &[1; 257]), HeaderError::LockBody(2)),
        (bidder(1, 0, 257, &[1; 256]), HeaderError::LockBody(2)),
        (bidder(2, 0, 256, &[1; 256]), HeaderError::LockBody(2)),
        (bidder(2, 0, 33, &[0; 33]), HeaderError::LockPoint(2)),
        (lock(2, &[1, 0, 0]), HeaderError::LockBody(2)),
        (lock(2, &[]), HeaderError::LockBody(2)),
    ] {
        assert_eq!(refuse_locks(|forgery| forgery.after = vec![second]), expected.to_string());
    }
}

#[test]
fn damaged_magic_gets_a_hint() {
    let header = header();
    let lf = replace(&header, b"\r\n", b"\n");
    let crlf = replace(&header, b"\n", b"\r\n");
    let lone = [&header[..7], b"\r\n", &header[8..]].concat();
    let cr = [&header[..4], b"\r\x1a\r", &header[8..]].concat();
    for bytes in [lf, crlf, lone, cr] {
        assert_eq!(error(&bytes), HeaderError::Magic(MagicDamage::LineEndings));
    }
    let utf16: Vec<u8> = header.iter().flat_map(|byte| [*byte, 0]).collect();
    let utf16_be: Vec<u8> = header.iter().flat_map(|byte| [0, *byte]).collect();
    let utf8: Vec<u8> =
        header.iter().flat_map(|byte| char::from(*byte).to_string().into_bytes()).collect();
    let lossy = String::from_utf8_lossy(&header).into_owned().into_bytes();
    let marked = [b"\xff\xfe".as_slice(), &utf16].concat();
    let asked = [b"?".as_slice(), &header[1..]].concat();
    for bytes in [utf16, utf16_be, utf8, lossy, marked, asked] {
        assert_eq!(error(&bytes), HeaderError::Magic(MagicDamage::TextEncoding));
    }
    for bytes in [b"%PDF-1.7 and more".as_slice(), b"PK\x03\x04", b""] {
        assert_eq!(error(bytes), HeaderError::Magic(MagicDamage::Unknown));
    }
    let text = error(b"\x89KBF\n\x1a\n and more bytes").to_string();
    assert!(text.contains("line endings were converted"), "{text}");
}

fn replace(bytes: &[u8], from: &[u8], to: &[u8]) -> Vec<u8> {
    let mut out = Vec::new();
    let mut rest = bytes;
    while let Some(first) = rest.first() {
        if let Some(after) = rest.strip_prefix(from) {
            out.extend_from_slice(to);
            rest = after;
        } else {
            out.push(*first);
            rest = &rest[1..];
        }
    }
    out
}

/// An endless source that counts what is taken from it.
struct Endless {
    prefix: Vec<u8>,
    taken: usize,
}

impl Read for Endless {
    fn read(&mut self, out: &mut [u8]) -> io::Result<usize> {
        for byte in out.iter_mut() {
            *byte = self.prefix.get(self.taken).copied().unwrap_or(0);
            self.taken += 1;
        }
        Ok(out.len())
    }
}

#[test]
fn a_hostile_length_makes_nobody_read_more_than_a_header() {
    for (claimed, most) in [(u32::MAX, 16), (65_537, 16), (0, 16), (65_536, HEADER_MAX)] {
        let mut prefix = header()[..16].to_vec();
        prefix[12..16].copy_from_slice(&claimed.to_be_bytes());
        let mut source = Endless { prefix, taken: 0 };
        assert_eq!(Header::read(&mut source).unwrap_err().label(), "E_LEN");
        assert_eq!(source.taken, most, "{claimed}");
    }
}

#[test]
fn a_header_that_cannot_be_read_is_not_a_bad_header() {
    struct Unreadable;
    impl Read for Unreadable {
        fn read(&mut self, _: &mut [u8]) -> io::Result<usize> {
            Err(io::Error::other("bad sector"))
        }
    }
    let error = Header::read(&mut Unreadable).unwrap_err();
    assert_eq!(error.label(), "E_READ");
    for cut in 1..16 {
        let error = Header::read(&mut &header()[..cut]).unwrap_err();
        assert!(matches!(error, ReadHeaderError::Header(HeaderError::Truncated { .. })), "{cut}");
    }
}

#[test]
fn every_cut_of_a_file_is_short_and_every_extra_byte_is_long() {
    let (_, file) = sealed(&Lot::new("lot"), &text("plaintext", 2 * CHUNK_LEN));
    let chunk = |index: usize| 322 + index * SEALED_CHUNK_LEN;
    for cut in [0, 1, 15, 16, 321, 322, 323, chunk(1) - 1, chunk(1), chunk(2), file.len() - 1] {
        let mut digest = ObjectDigest::new();
        digest.update(&file[..cut]).unwrap();
        let error = digest.finish().unwrap_err();
        let label = if cut == 0 { "E_MAGIC" } else { "E_LEN" };
        assert_eq!(error.label(), label, "{cut}");
        if cut >= 322 {
            let (expected, found) =
                (u64::try_from(file.len()).unwrap(), u64::try_from(cut).unwrap());
            assert_eq!(error, ObjectError::Shorter { expected, found });
        }
    }
    let mut digest = ObjectDigest::new();
    digest.update(&file).unwrap();
    let longer = ObjectError::Longer { expected: u64::try_from(file.len()).unwrap() };
    assert_eq!(digest.update(&[0]), Err(longer));
    assert_eq!(digest.update(&[]), Err(longer), "a refusal is final");
    assert_eq!(digest.finish(), Err(longer));
}

#[test]
fn a_bad_header_is_refused_as_soon_as_it_is_there() {
    let mut digest = ObjectDigest::new();
    assert_eq!(digest.update(b"%PDF-1.7 and so on").unwrap_err().label(), "E_MAGIC");
    let mut digest = ObjectDigest::new();
    let hostile = with(12, &[0xff; 4]);
    assert_eq!(digest.update(&hostile[..15]), Ok(()));
    assert_eq!(digest.update(&hostile[15..16]).unwrap_err().label(), "E_LEN");
    assert!(digest.header().is_none());
}

#[test]
fn mismatches_are_told_apart() {
    let (object, file) = sealed(&Lot::new("lot"), b"documents");
    let (found, zero) = (summary(&file), Digest::ZERO);
    assert_eq!(found.expect(&object.object), Ok(()));
    let expect = |signed: ObjectSummary| found.expect(&signed).unwrap_err().label();
    assert_eq!(expect(ObjectSummary { header_sha256: zero, ..found }), "E_HEADER");
    assert_eq!(expect(ObjectSummary { file_len: 1, ..found }), "E_LEN");
    assert_eq!(expect(ObjectSummary { ct_root: zero, ..found }), ObjectMismatch::Root.label());
}

#[test]
fn a_proof_holds_in_its_own_ceremony_only() {
    let (lot, other) = (Lot::new("lot"), Lot::new("other"));
    let context = lot.context(Part::Documents);
    let forged = Forgery::new(&lot, &context, padded(0, &[], 8)).make();
    let header = Header::read(&mut &*forged.file).unwrap();
    assert_eq!(header.verify_proof(&lot.bases), Ok(()));
    assert_eq!(header.verify_proof(&other.bases).unwrap_err().label(), "E_TDH2");
    assert_eq!(forged.u, *header.u());

    // Even the bidder, who knows r, cannot put a proof of the other ceremony here.
    let proof = proof_in(&other, &header, &forged.r);
    assert_ne!(proof, forged.proof);
    let mut bytes = header.bytes().to_vec();
    let at = bytes.len() - 97;
    bytes[at..].copy_from_slice(&proof.bytes());
    assert!(Header::parse(&bytes).unwrap().verify_proof(&lot.bases).is_err());
}

#[test]
fn a_copied_lock_fails_under_another_name() {
    // A competitor takes U and the proof into a header of its own (attack A1).
    let lot = Lot::new("lot");
    let (object, _) = sealed(&lot, b"documents");
    let other = super::bid_context(lot.ceremony_id, Part::Documents, "91440300MA5EXAMPQN", 1);
    let mut bytes = object.header.bytes().to_vec();
    bytes[60..92].copy_from_slice(other.bidctx().bytes());
    let copied = Header::parse(&bytes).unwrap();
    assert_eq!(copied.expect_context(&other), Ok(()));
    assert_eq!(copied.verify_proof(&lot.bases).unwrap_err().label(), "E_TDH2");
    assert_eq!(object.header.expect_context(&other).unwrap_err().label(), "E_CTX");
}
