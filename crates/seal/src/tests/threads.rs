//! Sealing and opening on several threads: the same bytes and the same verdicts as on one.

use std::io::{self, Read, Write};
use std::num::NonZeroUsize;

use kaibiao_types::Part;

use super::{Lot, Stream, payload, text};
use crate::limits::{CHUNK_LEN, SEALED_CHUNK_LEN};
use crate::{LockSecrets, OpenFailure, SealError, Sealed, open, open_on, seal, seal_on};

fn threads() -> impl Iterator<Item = NonZeroUsize> {
    [1, 2, 3, 16].into_iter().filter_map(NonZeroUsize::new)
}

/// The same draws as the serial way, so the same bytes are due.
fn sealed_on(count: NonZeroUsize, lot: &Lot, plaintext: &[u8]) -> (Sealed, Vec<u8>) {
    let context = lot.context(Part::Documents);
    let mut file = Vec::new();
    let plan = lot.plan(&context, plaintext.len());
    let entropy = &mut Stream::new("threads");
    let object = seal_on(count, &plan, &mut &*plaintext, &mut file, entropy).unwrap();
    (object, file)
}

fn sealed_alone(lot: &Lot, plaintext: &[u8]) -> (Sealed, Vec<u8>) {
    let context = lot.context(Part::Documents);
    let mut file = Vec::new();
    let plan = lot.plan(&context, plaintext.len());
    let object = seal(&plan, &mut &*plaintext, &mut file, &mut Stream::new("threads")).unwrap();
    (object, file)
}

#[test]
fn any_number_of_threads_seals_the_same_bytes_and_opens_them() {
    let lot = Lot::new("lot");
    for length in [0, 1, CHUNK_LEN - 8, CHUNK_LEN - 7, 2 * CHUNK_LEN, 9 * CHUNK_LEN + 12_345] {
        let plaintext = text("plaintext", length);
        let (alone, file) = sealed_alone(&lot, &plaintext);
        let secrets = lot.secrets(&alone.header);
        for count in threads() {
            let (object, bytes) = sealed_on(count, &lot, &plaintext);
            assert!(bytes == file, "{length} bytes on {count} threads");
            assert_eq!(object.object, alone.object);
            let body = &mut payload(&alone.header, &file);
            let opened =
                open_on(count, &alone.header, &secrets, &alone.object, body, Vec::new()).unwrap();
            assert!(opened.out == plaintext, "{length} bytes on {count} threads");
            assert_eq!(opened.plaintext_len, u64::try_from(length).unwrap());
        }
    }
}

#[test]
fn a_plaintext_of_another_length_is_refused_as_on_one_thread() {
    let lot = Lot::new("lot");
    let context = lot.context(Part::Documents);
    let length = 5 * CHUNK_LEN;
    for count in threads() {
        let plan = lot.plan(&context, length);
        let entropy = &mut Stream::new("threads");
        let short = text("plaintext", 4 * CHUNK_LEN);
        let error = seal_on(count, &plan, &mut &*short, &mut Vec::new(), entropy).unwrap_err();
        assert!(matches!(error, SealError::Shorter { found: 1_048_576, .. }), "{error}");
        let long = text("plaintext", length + 1);
        let error = seal_on(count, &plan, &mut &*long, &mut Vec::new(), entropy).unwrap_err();
        assert!(matches!(error, SealError::Longer { announced: 1_310_720 }), "{error}");
        let other = Lot::new("other lot").context(Part::Documents);
        let plan = lot.plan(&other, length);
        let error = seal_on(count, &plan, &mut &*long, &mut Vec::new(), entropy).unwrap_err();
        assert!(matches!(error, SealError::Ceremony), "{error}");
    }
}

/// Takes so many bytes, then has no room.
struct Full(usize);

impl Write for Full {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        if self.0 == 0 {
            return Err(io::Error::from(io::ErrorKind::StorageFull));
        }
        let count = bytes.len().min(self.0);
        self.0 -= count;
        Ok(count)
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

/// Gives so many bytes, then breaks.
struct Broken<'a>(&'a [u8]);

impl Read for Broken<'_> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        match self.0.read(buffer) {
            Ok(0) => Err(io::Error::from(io::ErrorKind::ConnectionReset)),
            other => other,
        }
    }
}

#[test]
fn trouble_with_a_file_ends_the_sealing() {
    let lot = Lot::new("lot");
    let context = lot.context(Part::Documents);
    let plaintext = text("plaintext", 5 * CHUNK_LEN);
    let plan = lot.plan(&context, plaintext.len());
    for count in threads() {
        for room in [0, 100, 2 * CHUNK_LEN, 5 * SEALED_CHUNK_LEN] {
            let entropy = &mut Stream::new("threads");
            let error =
                seal_on(count, &plan, &mut &*plaintext, &mut Full(room), entropy).unwrap_err();
            assert!(matches!(error, SealError::Write(_)), "{room} on {count}: {error}");
        }
        for given in [0, 1, 3 * CHUNK_LEN] {
            let entropy = &mut Stream::new("threads");
            let mut input = Broken(&plaintext[..given]);
            let error = seal_on(count, &plan, &mut input, &mut Vec::new(), entropy).unwrap_err();
            assert!(matches!(error, SealError::Read(_)), "{given} on {count}: {error}");
        }
    }
}

/// The label of a failure, by the serial way and on several threads; they must agree.
fn verdicts(lot: &Lot, object: &Sealed, file: &[u8]) -> &'static str {
    let secrets = lot.secrets(&object.header);
    let serial = |secrets: &LockSecrets| {
        let body = &mut payload(&object.header, file);
        open(&object.header, secrets, &object.object, body, Vec::new()).unwrap_err()
    };
    let wanted = serial(&secrets);
    for count in threads() {
        let body = &mut payload(&object.header, file);
        let found = open_on(count, &object.header, &secrets, &object.object, body, Vec::new());
        assert_eq!(found.unwrap_err().to_string(), wanted.to_string(), "{count}");
    }
    wanted.label()
}

#[test]
fn every_failure_has_the_verdict_of_one_thread() {
    let lot = Lot::new("lot");
    let plaintext = text("plaintext", 6 * CHUNK_LEN);
    let (object, file) = sealed_alone(&lot, &plaintext);
    let start = object.header.bytes().len();

    // A stored byte changed: the root tells that the file is not the signed one.
    for chunk in [0, 3, 6] {
        let mut altered = file.clone();
        altered[start + chunk * SEALED_CHUNK_LEN] ^= 1;
        assert_eq!(verdicts(&lot, &object, &altered), "E_ROOT");
        // The same bytes, signed by the bidder: its own chunk fails.
        let mut signed = object.clone();
        signed.object = super::summary(&altered);
        assert_eq!(verdicts(&lot, &signed, &altered), "E_CHUNK");
    }
    assert_eq!(verdicts(&lot, &object, &file[..file.len() - 1]), "E_LEN");
    assert_eq!(verdicts(&lot, &object, &file[..start + 2 * SEALED_CHUNK_LEN]), "E_LEN");
    assert_eq!(verdicts(&lot, &object, &[&*file, b"x"].concat()), "E_LEN");
    // Two faulty chunks: the first one is named.
    let mut altered = file.clone();
    altered[start + 2 * SEALED_CHUNK_LEN] ^= 1;
    altered[start + 4 * SEALED_CHUNK_LEN] ^= 1;
    let mut signed = object.clone();
    signed.object = super::summary(&altered);
    for count in threads() {
        let secrets = lot.secrets(&object.header);
        let body = &mut payload(&object.header, &altered);
        let failure = open_on(count, &signed.header, &secrets, &signed.object, body, Vec::new());
        assert!(matches!(failure, Err(OpenFailure::Chunk(2))), "{count}");
    }
}

#[test]
fn nothing_is_written_after_a_failed_chunk_and_trouble_of_the_machine_is_nobodys_fault() {
    let lot = Lot::new("lot");
    let plaintext = text("plaintext", 6 * CHUNK_LEN);
    let (object, file) = sealed_alone(&lot, &plaintext);
    let secrets = lot.secrets(&object.header);
    let mut altered = file.clone();
    altered[object.header.bytes().len() + 2 * SEALED_CHUNK_LEN] ^= 1;
    for count in threads() {
        let mut out = Vec::new();
        let body = &mut payload(&object.header, &altered);
        let failure = open_on(count, &object.header, &secrets, &object.object, body, &mut out);
        assert!(matches!(failure, Err(OpenFailure::Root)), "{count}");
        assert!(out == plaintext[..2 * CHUNK_LEN - 8], "{count}");

        let body = &mut payload(&object.header, &file);
        let failure =
            open_on(count, &object.header, &secrets, &object.object, body, Full(CHUNK_LEN));
        let failure = failure.unwrap_err();
        assert!(matches!(failure, OpenFailure::Write(_)), "{count}: {failure}");
        assert_eq!(failure.verdict(), None);
        let half = payload(&object.header, &file[..file.len() / 2]);
        let body = &mut Broken(half);
        let failure = open_on(count, &object.header, &secrets, &object.object, body, Vec::new());
        assert!(matches!(failure, Err(OpenFailure::Read(_))), "{count}");
    }
}
