//! PDF/A: complete, archival, the same bytes twice.

use std::fmt::Write as _;

use crate::support::{file, golden, hostile, long};
use kaibiao_record::{Fonts, Pdf, RecordFile, document, pdf};
use ring::digest::{SHA256, digest};

fn made(file: &RecordFile) -> Pdf {
    pdf(&document(file), &Fonts::built_in().unwrap()).unwrap()
}

fn holds(bytes: &[u8], words: &str) -> bool {
    bytes.windows(words.len()).any(|window| window == words.as_bytes())
}

#[test]
fn the_same_record_gives_the_same_bytes() {
    let mut digests = String::new();
    for name in crate::support::NAMES {
        let (first, second) = (made(&file(name)), made(&file(name)));
        assert_eq!(first, second, "{name}");
        let sha256 = digest(&SHA256, &first.bytes);
        for byte in sha256.as_ref() {
            write!(digests, "{byte:02x}").unwrap();
        }
        writeln!(digests, "  {name}.pdf  {} pages", first.pages).unwrap();
    }
    golden("pdf-sha256.txt", digests.as_bytes());
}

#[test]
fn the_file_says_that_it_is_an_archive() {
    let pdf = made(&file("normal"));
    assert!(pdf.bytes.starts_with(b"%PDF-1.7\n"));
    // XMP, output intent and embedded fonts (ISO 19005-2, 6.6.4, 6.2.3, 6.2.11.4).
    for mark in
        ["<pdfaid:part>2", "<pdfaid:conformance>B", "/GTS_PDFA1", "/OutputIntents", "/FontFile3"]
    {
        assert!(holds(&pdf.bytes, mark), "{mark}");
    }
    for mark in ["/Encrypt", "/JavaScript", "/EmbeddedFile", "/Type3", "/URI"] {
        assert!(!holds(&pdf.bytes, mark), "{mark}");
    }
    assert!(pdf.missing.is_empty());
    assert!(pdf.bytes.len() < 120_000, "{}", pdf.bytes.len());
}

#[test]
fn a_character_without_glyph_is_named_and_not_left_out() {
    let pdf = made(&hostile());
    assert!(pdf.missing.is_empty(), "an override stands by its code point: {:?}", pdf.missing);
    let text = String::from_utf8(crate::support::bytes("normal")).unwrap();
    let rare =
        RecordFile::read(text.replace("示例投标人1", "𠮷野\u{e000}公司").as_bytes()).unwrap();
    let made = made(&rare);
    assert_eq!(made.missing.into_iter().collect::<String>(), "\u{e000}𠮷");
}

#[test]
fn long_lists_and_long_words_find_their_pages() {
    assert!(made(&file("normal")).pages >= 3);
    let pages = made(&long(500)).pages;
    assert!((60..120).contains(&pages), "{pages}");
    // An objection that is longer than a page is divided.
    let text = String::from_utf8(crate::support::bytes("normal")).unwrap();
    let words = "请说明原因。".repeat(300);
    let text = text.replace("请说明原因。", &words);
    let longer = made(&RecordFile::read(text.as_bytes()).unwrap()).pages;
    assert!(longer > made(&file("normal")).pages);
    let lines = "行\\n".repeat(1_900) + "行";
    let text =
        String::from_utf8(crate::support::bytes("normal")).unwrap().replace("请说明原因。", &lines);
    let longest = made(&RecordFile::read(text.as_bytes()).unwrap()).pages;
    assert!(longest > longer + 20, "{longest}");
}

#[test]
fn another_record_is_another_file() {
    let text = String::from_utf8(crate::support::bytes("normal")).unwrap();
    let other = RecordFile::read(text.replace("示例工程", "示例工程二").as_bytes()).unwrap();
    assert_ne!(made(&other).bytes, made(&file("normal")).bytes);
    assert_ne!(other.sha256(), file("normal").sha256());
}
