//! Opening what was damaged or sealed wrongly: the right label, the right culprit, no output.

use std::cell::RefCell;
use std::io::{self, Read, Write};
use std::rc::Rc;

use kaibiao_crypto::{SUITE_1, Secret32};
use kaibiao_types::{Fault, Part};

use super::forge::{Forged, Forgery, flip, padded};
use super::{Lot, Untouchable, copy, payload, sealed, summary, text};
use crate::limits::{CHUNK_LEN, SEALED_CHUNK_LEN};
use crate::{
    Header, LockSecrets, ObjectSummary, OpenFailure, Padding, Verdict, ceremony_secret,
    check_bidder_lock, check_ceremony_lock, open,
};

/// Opens a whole file against what was signed.
fn open_file(lot: &Lot, file: &[u8], signed: &ObjectSummary) -> Result<Vec<u8>, OpenFailure> {
    let header = Header::read(&mut &*file).unwrap();
    let secrets = lot.secrets(&header);
    open(&header, &secrets, signed, &mut payload(&header, file), Vec::new())
        .map(|opened| opened.out)
}

fn three_chunks(lot: &Lot) -> (Header, Vec<u8>, ObjectSummary) {
    let (object, file) = sealed(lot, &text("plaintext", 3 * CHUNK_LEN - 8));
    assert_eq!(object.header.chunks(), 3);
    (object.header, file, object.object)
}

/// Where chunk `index` starts.
fn start(header: &Header, index: usize) -> usize {
    header.bytes().len() + index * SEALED_CHUNK_LEN
}

#[test]
fn an_altered_bit_in_storage_is_not_the_bidders_fault() {
    let lot = Lot::new("lot");
    let (header, file, signed) = three_chunks(&lot);
    for at in [start(&header, 0), start(&header, 1) + 77, start(&header, 2) - 1, file.len() - 1] {
        let mut file = file.clone();
        file[at] ^= 1;
        let failure = open_file(&lot, &file, &signed).unwrap_err();
        assert_eq!((failure.label(), failure.fault()), ("E_ROOT", Fault::NotBidder), "{at}");
        assert_eq!(failure.verdict(), Some(Verdict::ServerCorrupt));
    }
}

#[test]
fn the_same_bit_under_the_bidders_signature_is() {
    let lot = Lot::new("lot");
    let (header, file, _) = three_chunks(&lot);
    for index in 0..3_usize {
        let mut file = file.clone();
        file[start(&header, index) + 5] ^= 0x80;
        let failure = open_file(&lot, &file, &summary(&file)).unwrap_err();
        assert!(matches!(failure, OpenFailure::Chunk(at) if at == u64::try_from(index).unwrap()));
        assert_eq!((failure.label(), failure.fault()), ("E_CHUNK", Fault::Bidder));
        assert_eq!(failure.verdict().unwrap().label(), "BIDDER_GARBAGE");
    }
}

#[test]
fn swapped_and_repeated_chunks_fail_even_when_signed() {
    let lot = Lot::new("lot");
    let (header, file, signed) = three_chunks(&lot);
    let (zero, one, two) = (start(&header, 0), start(&header, 1), start(&header, 2));
    let swapped = [&file[..zero], &file[one..two], &file[zero..one], &file[two..]].concat();
    let failure = open_file(&lot, &swapped, &summary(&swapped)).unwrap_err();
    assert!(matches!(failure, OpenFailure::Chunk(0)));
    assert_eq!(open_file(&lot, &swapped, &signed).unwrap_err().label(), "E_ROOT");
    let repeated = [&file[..two], &file[one..two]].concat();
    let failure = open_file(&lot, &repeated, &summary(&repeated)).unwrap_err();
    assert!(matches!(failure, OpenFailure::Chunk(2)));
}

#[test]
fn cut_at_every_chunk_boundary_and_inside_tags_is_a_wrong_length() {
    let lot = Lot::new("lot");
    let (header, file, signed) = three_chunks(&lot);
    let cuts =
        (0..3).flat_map(|i| [start(&header, i), start(&header, i) + 1, start(&header, i + 1) - 7]);
    for cut in cuts.chain([file.len() - 1]) {
        let failure = open_file(&lot, &file[..cut], &signed).unwrap_err();
        assert!(matches!(failure, OpenFailure::Length { .. }), "{cut}");
        assert_eq!((failure.label(), failure.fault()), ("E_LEN", Fault::NotBidder));
    }
}

#[test]
fn one_byte_after_a_full_last_chunk_is_refused() {
    let lot = Lot::new("lot");
    let (_, mut file, signed) = three_chunks(&lot);
    file.push(0);
    assert_eq!(open_file(&lot, &file, &signed).unwrap_err().label(), "E_LEN");
}

#[test]
fn another_header_or_length_than_signed() {
    let lot = Lot::new("lot");
    let (object, file) = sealed(&lot, b"documents");
    let header = ObjectSummary { header_sha256: SUITE_1.hash(b"other"), ..object.object };
    let failure = open_file(&lot, &file, &header).unwrap_err();
    assert_eq!((failure.label(), failure.fault()), ("E_HEADER", Fault::NotBidder));
    // The bidder signed a length that its own header contradicts: nobody else can have done that.
    let length = ObjectSummary { file_len: object.object.file_len + 1, ..object.object };
    let failure = open_file(&lot, &file, &length).unwrap_err();
    assert_eq!((failure.label(), failure.fault()), ("E_LEN", Fault::Bidder));
}

fn forged(change: impl FnOnce(&mut Forgery<'_>)) -> (Lot, Forged) {
    let lot = Lot::new("lot");
    let context = lot.context(Part::Documents);
    let mut forgery = Forgery::new(&lot, &context, padded(20, &[1; 20], 28));
    change(&mut forgery);
    let forged = forgery.make();
    (lot, forged)
}

fn fails_with(change: impl FnOnce(&mut Forgery<'_>)) -> &'static str {
    let (lot, forged) = forged(change);
    let header = Header::read(&mut &*forged.file).unwrap();
    assert_eq!(header.verify_proof(&lot.bases), Ok(()), "the forger's proof holds");
    let failure = open_file(&lot, &forged.file, &summary(&forged.file)).unwrap_err();
    assert_eq!(failure.fault(), Fault::Bidder);
    failure.label()
}

#[test]
fn a_forgery_without_a_fault_opens() {
    let (lot, forged) = forged(|_| ());
    assert_eq!(open_file(&lot, &forged.file, &summary(&forged.file)).unwrap(), [1; 20]);
}

#[test]
fn wrong_padding_is_the_bidders_fault() {
    let cases: [(u64, &[u8], usize); 5] = [
        (19, &[1; 20], 28), // a byte of padding is not zero
        (21, &[1; 20], 28), // longer than fits
        (u64::MAX, &[1; 20], 28),
        (9, &[1; 9], 28), // belongs to 18 bytes
        (0, &[], 28),
    ];
    for (length, content, total) in cases {
        let label = fails_with(|forgery| forgery.padded = padded(length, content, total));
        assert_eq!(label, "E_PAD", "{length}");
    }
    let last = padded(3 * 262_144 - 8 - 3, &[], 3 * CHUNK_LEN);
    let mut not_zero = last.clone();
    *not_zero.last_mut().unwrap() = 1;
    assert_eq!(fails_with(|forgery| forgery.padded = not_zero), "E_PAD");
    assert_eq!(fails_with(|forgery| forgery.padded = padded(1 << 40, &[], 3 * CHUNK_LEN)), "E_PAD");
    let bucket = |length, content: &[u8]| {
        let padded = padded(length, content, 65_536);
        fails_with(|forgery| (forgery.padded, forgery.padding) = (padded, Padding::Bucket))
    };
    assert_eq!(bucket(65_529, &[]), "E_PAD");
    assert_eq!(bucket(3, b"1234"), "E_PAD");
}

#[test]
fn a_moved_end_flag_or_index_fails() {
    assert_eq!(fails_with(|forgery| forgery.position = |index, _| (index, false)), "E_CHUNK");
    assert_eq!(fails_with(|forgery| forgery.position = |index, last| (index + 1, last)), "E_CHUNK");
    let early_end = |forgery: &mut Forgery<'_>| {
        forgery.padded = padded(2 * 262_144 - 8, &[], 2 * CHUNK_LEN);
        forgery.position = |index, _| (index, true);
    };
    assert_eq!(fails_with(early_end), "E_CHUNK");
}

#[test]
fn wrong_commitments_stop_before_the_payload() {
    assert_eq!(fails_with(|forgery| forgery.lock_commit = flip), "LOCK_COMMIT(1)");
    assert_eq!(fails_with(|forgery| forgery.key_commit = flip), "E_COMMIT");
    for wrong_lock in [true, false] {
        let (_, forged) = forged(|forgery| {
            let commit =
                if wrong_lock { &mut forgery.lock_commit } else { &mut forgery.key_commit };
            *commit = flip;
        });
        let header = Header::read(&mut &*forged.file).unwrap();
        let signed = summary(&forged.file);
        let failure =
            open(&header, &forged.secrets, &signed, &mut Untouchable, Vec::new()).unwrap_err();
        assert_eq!(failure.verdict(), Some(Verdict::BidderGarbage));
    }
}

#[test]
fn garbage_sealed_to_the_right_key_shows_at_the_lock() {
    let (lot, forged) = forged(|forgery| forgery.lock_commit = flip);
    let header = Header::read(&mut &*forged.file).unwrap();
    let secrets = lot.secrets(&header);
    assert_eq!(secrets.ceremony.expose(), forged.secrets.ceremony.expose(), "Z is right");
    let error = check_ceremony_lock(&header, &secrets.ceremony).unwrap_err();
    assert_eq!(error.label(), "LOCK_COMMIT(1)");
    assert!(check_bidder_lock(&header, &secrets.ceremony).is_none());
}

#[test]
fn any_other_point_or_key_gives_another_secret() {
    let lot = Lot::new("lot");
    let (object, _) = sealed(&lot, b"documents");
    let header = &object.header;
    let z = lot.secret.mul_point(header.u()).unwrap();
    let key = lot.bases.key();
    assert_eq!(check_ceremony_lock(header, &ceremony_secret(header, &z, key).unwrap()), Ok(()));
    let wrong_z = z.add(&SUITE_1.generator()).unwrap();
    for (z, key) in [(&wrong_z, key), (header.u(), key), (&z, header.u())] {
        assert!(check_ceremony_lock(header, &ceremony_secret(header, z, key).unwrap()).is_err());
    }
}

#[test]
fn a_secret_for_a_lock_that_is_not_there_changes_nothing() {
    let lot = Lot::new("lot");
    let (object, file) = sealed(&lot, b"documents");
    let secrets = LockSecrets {
        bidder: Some(Secret32::new([1; 32].into())),
        ceremony: copy(&lot.secrets(&object.header).ceremony),
    };
    let body = &mut payload(&object.header, &file);
    assert_eq!(
        open(&object.header, &secrets, &object.object, body, Vec::new()).unwrap().out,
        b"documents"
    );
}

/// A writer that can still be looked at after it was dropped.
#[derive(Default)]
struct Spy(Rc<RefCell<(Vec<u8>, bool)>>);

impl Write for Spy {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.0.borrow_mut().0.extend_from_slice(bytes);
        Ok(bytes.len())
    }
    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

impl Drop for Spy {
    fn drop(&mut self) {
        self.0.borrow_mut().1 = true;
    }
}

#[test]
fn after_a_failed_chunk_nothing_is_written_and_the_writer_is_dropped() {
    let lot = Lot::new("lot");
    let (header, mut file, _) = three_chunks(&lot);
    file[start(&header, 1)] ^= 1;
    let seen = Rc::default();
    let out = Spy(Rc::clone(&seen));
    let result =
        open(&header, &lot.secrets(&header), &summary(&file), &mut payload(&header, &file), out);
    assert!(result.is_err());
    let (written, dropped) = &*seen.borrow();
    assert_eq!(written.len(), CHUNK_LEN - 8, "only the chunk before the failed one");
    assert!(*dropped);
}

#[test]
fn trouble_of_this_machine_blames_nobody() {
    struct Full;
    impl Write for Full {
        fn write(&mut self, _: &[u8]) -> io::Result<usize> {
            Err(io::ErrorKind::StorageFull.into())
        }
        fn flush(&mut self) -> io::Result<()> {
            Ok(())
        }
    }
    struct Unreadable;
    impl Read for Unreadable {
        fn read(&mut self, _: &mut [u8]) -> io::Result<usize> {
            Err(io::Error::other("bad sector"))
        }
    }
    let lot = Lot::new("lot");
    let (header, file, signed) = three_chunks(&lot);
    let secrets = lot.secrets(&header);
    let full = open(&header, &secrets, &signed, &mut payload(&header, &file), Full).unwrap_err();
    let unreadable = open(&header, &secrets, &signed, &mut Unreadable, Vec::new()).unwrap_err();
    for (failure, label) in [(full, "E_WRITE"), (unreadable, "E_READ")] {
        assert_eq!((failure.label(), failure.fault()), (label, Fault::Undetermined));
        assert_eq!(failure.verdict(), None);
    }
}
