use std::io::Cursor;

use super::*;
use crate::zip::write;

fn container(files: &[(&str, &[u8])]) -> Vec<u8> {
    let mut out = Vec::new();
    write(files, &mut out).unwrap();
    out
}

fn fault(bytes: &[u8]) -> ZipFault {
    match Archive::open(Cursor::new(bytes)) {
        Err(ReadFault::Fault(fault)) => fault,
        other => panic!("{:?}", other.map(|archive| archive.names().to_vec())),
    }
}

fn sample() -> Vec<u8> {
    container(&[("mimetype", b"x"), ("a/b.txt", b"content"), ("empty", b"")])
}

#[test]
fn reads_back_what_it_writes() {
    let bytes = sample();
    let mut archive = Archive::open(Cursor::new(&bytes)).unwrap();
    assert_eq!(archive.names(), ["mimetype", "a/b.txt", "empty"]);
    let mut out = Vec::new();
    assert!(archive.each("a/b.txt", |piece| out.extend_from_slice(piece)).unwrap());
    assert_eq!(out, b"content");
    assert!(archive.each("empty", |_| panic!("no content")).unwrap());
    assert!(!archive.each("a", |_| panic!("no such file")).unwrap());
    assert_eq!((archive.size("a/b.txt"), archive.size("A/b.txt")), (Some(7), None));
    assert!(Archive::open(Cursor::new(container(&[]))).unwrap().names().is_empty());
}

#[test]
fn long_files_come_in_pieces() {
    let long = vec![7; (1 << 16) * 2 + 5];
    let bytes = container(&[("long", &long)]);
    let mut archive = Archive::open(Cursor::new(&bytes)).unwrap();
    let (mut out, mut pieces) = (Vec::new(), 0);
    let take = |piece: &[u8]| {
        out.extend_from_slice(piece);
        pieces += 1;
    };
    assert!(archive.each("long", take).unwrap());
    assert_eq!((out == long, pieces), (true, 3));
}

/// The structure is the only one that says these things: no byte of it is free.
#[test]
fn no_byte_can_change_unseen() {
    let bytes = sample();
    for at in 0..bytes.len() {
        for bit in 0..8 {
            let mut bad = bytes.clone();
            bad[at] ^= 1 << bit;
            let Ok(mut archive) = Archive::open(Cursor::new(&bad)) else { continue };
            let names = archive.names().to_vec();
            let whole = names.iter().all(|name| archive.each(name, |_| ()).is_ok());
            assert!(!whole, "byte {at}, bit {bit}");
        }
    }
}

#[test]
fn refuses_names_before_any_file_is_read() {
    for name in ["../x", "/x", "a//b", "a\\b", "x/", "", "a b", "."] {
        let mut out = Vec::new();
        let result = write(&[(name, b"")], &mut out);
        assert!(matches!(result, Err(crate::ZipWriteError::Name(_))), "{name}");
    }
    for pair in [["A.txt", "a.txt"], ["x", "x"]] {
        let result = write(&pair.map(|name| (name, b"".as_slice())), &mut Vec::new());
        assert!(matches!(result, Err(crate::ZipWriteError::Name(_))), "{pair:?}");
    }
    // The same by other programs: patched in both places.
    let rename = |from: &[u8], to: &[u8]| {
        let mut bytes = container(&[("mimetype", b"x"), ("file-one", b"1"), ("file-two", b"2")]);
        for at in 0..bytes.len() - from.len() {
            if bytes[at..].starts_with(from) {
                bytes[at..at + to.len()].copy_from_slice(to);
            }
        }
        bytes
    };
    assert_eq!(fault(&rename(b"file-two", b"file-one")), ZipFault::Duplicate("file-one".into()));
    assert_eq!(fault(&rename(b"file-two", b"FILE-one")), ZipFault::Duplicate("FILE-one".into()));
    assert_eq!(fault(&rename(b"file-two", b"../../ab")), ZipFault::Name(3));
    assert_eq!(fault(&rename(b"file-two", b"/etc/abc")), ZipFault::Name(3));
    assert_eq!(fault(&rename(b"file-two", b"file\0two")), ZipFault::Name(3));
}

#[test]
fn refuses_gaps_and_overlaps() {
    let bytes = container(&[("mimetype", b"x"), ("one", b"11"), ("two", b"22")]);
    // The second entry moved away: a gap where it was.
    let directory = usize::try_from(u32_at(&bytes, bytes.len() - 6)).unwrap();
    let second = directory + CENTRAL_LEN + 8;
    let mut overlap = bytes.clone();
    overlap[second + 42..second + 46].copy_from_slice(&[0; 4]);
    assert_eq!(fault(&overlap), ZipFault::Gap("one".into()));
    let mut shorter = bytes.clone();
    shorter[second + 20..second + 28].copy_from_slice(&[1, 0, 0, 0, 1, 0, 0, 0]);
    assert_eq!(fault(&shorter), ZipFault::Local("one".into()));
    let mut longer = bytes.clone();
    longer[second + 20..second + 28].copy_from_slice(&[0xff, 0xff, 0, 0, 0xff, 0xff, 0, 0]);
    assert_eq!(fault(&longer), ZipFault::Gap("one".into()));
    assert_eq!(fault(b""), ZipFault::End);
    assert_eq!(fault(&bytes[1..]), ZipFault::End);
    assert_eq!(fault(&[bytes.as_slice(), b"x"].concat()), ZipFault::End);
}
