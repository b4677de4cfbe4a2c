//! What honest sealing gives, and what it refuses.

use std::io::{self, Read, Write};

use kaibiao_crypto::{Entropy, EntropyError, SUITE_1};
use kaibiao_types::{Digest, Part};

use super::{Lot, Stream, payload, sealed, summary, text};
use crate::limits::{BUCKET_LEN, CHUNK_LEN, PADDED_MAX};
use crate::{Context, Header, Padding, SealError, open, padme, seal};

#[test]
fn padme_rounds_as_published() {
    // PURBs paper, algorithm 1; the values were computed by hand from the formula.
    for (length, padded) in [
        (0, 0),
        (1, 1),
        (2, 2),
        (3, 3),
        (8, 8),
        (9, 10),
        (11, 12),
        (15, 16),
        (16, 16),
        (17, 18),
        (100, 104),
        (1_000, 1_024),
        (65_535, 65_536),
        (65_537, 67_584),
        (262_143, 262_144),
        (262_145, 270_336),
        (1_000_000, 1_015_808),
        (1 << 30, 1 << 30),
        ((1 << 30) + 1, (1 << 30) + (1 << 25)),
    ] {
        assert_eq!(padme(length), padded, "{length}");
    }
}

#[test]
fn padme_never_shrinks_wastes_little_and_is_stable() {
    for exponent in 3..40_u32 {
        for offset in [0, 1, 2, 3, 5, 100, 4_096, 131_071] {
            let length = (1_u64 << exponent) + offset % (1 << exponent);
            let padded = padme(length);
            assert!(padded >= length && (padded - length) * 100 <= length * 12, "{length}");
            assert_eq!(padme(padded), padded, "{length}");
        }
    }
}

#[test]
fn padding_allows_exactly_what_it_produces() {
    let produced: Vec<u64> = (0..5_000).map(|n| Padding::Padme.padded_len(n).unwrap()).collect();
    for length in 8..5_000 {
        assert_eq!(Padding::Padme.allows(length), produced.contains(&length), "{length}");
    }
    for length in [0, 1, 7, 9, PADDED_MAX + (1 << 36), 1 << 63, u64::MAX] {
        assert!(!Padding::Padme.allows(length), "{length}");
    }
    assert!(Padding::Padme.allows(PADDED_MAX));
    for length in [0, 8, BUCKET_LEN - 1, BUCKET_LEN + 1, 2 * BUCKET_LEN] {
        assert!(!Padding::Bucket.allows(length), "{length}");
    }
    assert_eq!(Padding::Bucket.padded_len(65_528), Some(BUCKET_LEN));
    assert_eq!(Padding::Bucket.padded_len(65_529), None);
    assert_eq!(Padding::Padme.padded_len(PADDED_MAX), None);
    assert_eq!(Padding::Padme.padded_len(u64::MAX), None);
}

#[test]
fn every_size_opens_to_what_was_sealed() {
    let lot = Lot::new("lot");
    let chunk = CHUNK_LEN;
    for length in [0, 1, 7, 100, chunk - 9, chunk - 8, chunk - 7, chunk, chunk + 1, 3 * chunk] {
        let plaintext = text("plaintext", length);
        let (object, file) = sealed(&lot, &plaintext);
        let header = Header::parse(object.header.bytes()).unwrap();
        assert_eq!(u64::try_from(file.len()).unwrap(), header.file_len(), "{length}");
        assert_eq!(summary(&file), object.object, "{length}");
        assert_eq!(header.verify_proof(&lot.bases), Ok(()));
        assert_eq!(header.expect_context(&lot.context(Part::Documents)), Ok(()));
        let secrets = lot.secrets(&header);
        let body = &mut payload(&header, &file);
        let opened = open(&header, &secrets, &object.object, body, Vec::new()).unwrap();
        assert_eq!(opened.out, plaintext, "{length}");
        assert_eq!(opened.plaintext_len, u64::try_from(length).unwrap());
    }
}

#[test]
fn what_sealing_returns_is_what_the_parser_reads() {
    let (object, file) = sealed(&Lot::new("lot"), b"some documents");
    let parsed = Header::read(&mut &*file).unwrap();
    assert_eq!(format!("{:?}", object.header), format!("{parsed:?}"));
    assert_eq!(parsed.bytes(), object.header.bytes());
    assert_eq!(parsed.header_len(), 322);
}

#[test]
fn all_price_sheets_have_one_length() {
    let lot = Lot::new("lot");
    let context = lot.context(Part::Price);
    for length in [0, 1, 65_528] {
        let sheet = text("sheet", length);
        let plan =
            crate::SealPlan { padding: Padding::of(Part::Price), ..lot.plan(&context, length) };
        let mut file = Vec::new();
        let object = seal(&plan, &mut &*sheet, &mut file, &mut Stream::new("price")).unwrap();
        assert_eq!(object.object.file_len, 322 + 65_536 + 16);
        let secrets = lot.secrets(&object.header);
        let mut body = payload(&object.header, &file);
        let opened = open(&object.header, &secrets, &object.object, &mut body, Vec::new()).unwrap();
        assert_eq!(opened.out, sheet);
    }
    let plan = crate::SealPlan { padding: Padding::Bucket, ..lot.plan(&context, 65_529) };
    let error =
        seal(&plan, &mut io::repeat(0), &mut Vec::new(), &mut Stream::new("x")).unwrap_err();
    assert!(matches!(error, SealError::TooLarge { found: 65_529, max: 65_528 }));
    assert_eq!(error.label(), "E_TOO_LARGE");
}

#[test]
fn the_announced_length_is_enforced() {
    let lot = Lot::new("lot");
    let context = lot.context(Part::Documents);
    for (announced, given) in
        [(10, 9), (10, 11), (0, 1), (1, 0), (CHUNK_LEN, CHUNK_LEN + 1), (CHUNK_LEN - 8, 5)]
    {
        let plaintext = text("plaintext", given);
        let plan = lot.plan(&context, announced);
        let error =
            seal(&plan, &mut &*plaintext, &mut Vec::new(), &mut Stream::new("x")).unwrap_err();
        assert_eq!(error.label(), "E_LEN", "{announced} {given}");
        assert_eq!(matches!(error, SealError::Longer { .. }), given > announced);
    }
    let plan = crate::SealPlan { plaintext_len: u64::MAX, ..lot.plan(&context, 0) };
    let error = seal(&plan, &mut io::empty(), &mut Vec::new(), &mut Stream::new("x")).unwrap_err();
    assert_eq!(error.label(), "E_TOO_LARGE");
}

#[test]
fn a_key_of_another_ceremony_is_refused_before_anything_is_written() {
    let (lot, other) = (Lot::new("lot"), Lot::new("other"));
    let context = other.context(Part::Documents);
    let mut file = Vec::new();
    let error = seal(&lot.plan(&context, 0), &mut io::empty(), &mut file, &mut Stream::new("x"));
    assert_eq!(error.unwrap_err().label(), "E_CEREMONY");
    assert!(file.is_empty());
}

#[test]
fn failing_sources_and_sinks_are_told_apart() {
    struct Broken;
    impl Read for Broken {
        fn read(&mut self, _: &mut [u8]) -> io::Result<usize> {
            Err(io::Error::other("broken"))
        }
    }
    impl Write for Broken {
        fn write(&mut self, _: &[u8]) -> io::Result<usize> {
            Err(io::Error::other("broken"))
        }
        fn flush(&mut self) -> io::Result<()> {
            Ok(())
        }
    }
    impl Entropy for Broken {
        fn fill(&mut self, _: &mut [u8]) -> Result<(), EntropyError> {
            Err(EntropyError)
        }
    }
    let lot = Lot::new("lot");
    let context = lot.context(Part::Documents);
    let plan = lot.plan(&context, 1);
    let label = |result: Result<_, SealError>| result.unwrap_err().label();
    let mut entropy = Stream::new("x");
    assert_eq!(label(seal(&plan, &mut Broken, &mut Vec::new(), &mut entropy)), "E_READ");
    assert_eq!(label(seal(&plan, &mut &[1][..], &mut Broken, &mut entropy)), "E_WRITE");
    assert_eq!(label(seal(&plan, &mut &[1][..], &mut Vec::new(), &mut Broken)), "E_ENTROPY");
}

#[test]
fn a_slow_interrupted_source_gives_the_same_file() {
    struct Slow<'a>(&'a [u8], bool);
    impl Read for Slow<'_> {
        fn read(&mut self, out: &mut [u8]) -> io::Result<usize> {
            self.1 = !self.1;
            if self.1 {
                return Err(io::ErrorKind::Interrupted.into());
            }
            let count = out.len().min(4_099);
            self.0.read(&mut out[..count])
        }
    }
    let lot = Lot::new("lot");
    let context = lot.context(Part::Documents);
    let plaintext = text("plaintext", 300_000);
    let mut file = Vec::new();
    let mut slow = Slow(&plaintext, false);
    seal(&lot.plan(&context, 300_000), &mut slow, &mut file, &mut Stream::new("sealed")).unwrap();
    assert_eq!(file, sealed(&lot, &plaintext).1);
}

#[test]
fn two_seals_share_no_key_and_no_point() {
    let lot = Lot::new("lot");
    let context = lot.context(Part::Documents);
    let mut entropy = Stream::new("one source");
    let mut make = || {
        let mut file = Vec::new();
        seal(&lot.plan(&context, 4), &mut &b"same"[..], &mut file, &mut entropy).unwrap()
    };
    let (one, two) = (make(), make());
    assert_ne!(one.header.u(), two.header.u());
    assert_ne!(one.header.commit, two.header.commit);
    assert_ne!(one.object.ct_root, two.object.ct_root);
}

#[test]
fn every_field_changes_the_context() {
    let lot = Lot::new("lot");
    let base = lot.context(Part::Documents);
    let contexts = [
        base,
        lot.context(Part::Price),
        lot.context(Part::Signals),
        super::bid_context(lot.ceremony_id, Part::Documents, "91440300MA5EXAMPQN", 1),
        super::bid_context(lot.ceremony_id, Part::Documents, "91440300MA5EXAMPLA", 2),
        super::bid_context(Digest::ZERO, Part::Documents, "91440300MA5EXAMPLA", 1),
        Context::of_rehearsal(&SUITE_1, lot.ceremony_id, 0),
        Context::of_rehearsal(&SUITE_1, lot.ceremony_id, 1),
        Context::of_rehearsal(&SUITE_1, Digest::ZERO, 0),
    ];
    let distinct: std::collections::BTreeSet<_> = contexts.iter().map(Context::bidctx).collect();
    assert_eq!(distinct.len(), contexts.len());
}
