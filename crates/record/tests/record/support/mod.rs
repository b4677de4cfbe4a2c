//! Records for tests, and files that are compared.

use std::fs;
use std::path::PathBuf;

use kaibiao_record::RecordFile;

/// Records of the vectors: the usual one, and one for each table that not every opening has.
pub(crate) const NAMES: [&str; 18] = [
    "normal",
    "degraded",
    "drawn",
    "works",
    "held",
    "decided",
    "window",
    "unlocked",
    "locked",
    "attended",
    "rates",
    "consortium",
    "corrected",
    "envelope-1",
    "envelope-2",
    "applications",
    "round",
    "estimate",
];

fn vectors() -> PathBuf {
    PathBuf::from(concat!(env!("CARGO_MANIFEST_DIR"), "/../../fixtures/vectors"))
}

/// The exact bytes of a record of the vectors; there a line feed follows them.
pub(crate) fn bytes(name: &str) -> Vec<u8> {
    let path = vectors().join(format!("opening/record-{name}.json"));
    let mut bytes = fs::read(path).unwrap();
    assert_eq!(bytes.pop(), Some(b'\n'));
    bytes
}

/// A record of the vectors.
pub(crate) fn file(name: &str) -> RecordFile {
    RecordFile::read(&bytes(name)).unwrap()
}

/// A record whose names and words try to leave their places.
pub(crate) fn hostile() -> RecordFile {
    let text = String::from_utf8(bytes("normal")).unwrap();
    let name = "甲</td><td>伪<script>alert(1)</script>\u{202e}<img src=x onerror=\\\"a\\\">&lt;'";
    let text = text
        .replace("示例投标人1", name)
        .replace("示例工程", "甲</title></style><script>")
        .replace("请说明原因。", "</span></td></tr></table><b>")
        .replace("合格", "javascript:\\\"{{content}}");
    RecordFile::read(text.as_bytes()).unwrap()
}

/// A record with this many bidders.
pub(crate) fn long(rows: u32) -> RecordFile {
    let text = String::from_utf8(bytes("normal")).unwrap();
    let (before, rest) = text.split_once("\"rows\":[").unwrap();
    let (whole, after) = rest.split_once("],\"objections\":").unwrap();
    let (first, _) = whole.split_once(",{\"position\":2,").unwrap();
    let rows: Vec<String> = (1..=rows)
        .map(|position| {
            first.replacen("\"position\":1", &format!("\"position\":{position}"), 1).replacen(
                "示例投标人1",
                &format!("示例第{position}建设工程集团有限公司"),
                1,
            )
        })
        .collect();
    let text = format!("{before}\"rows\":[{}],\"objections\":{after}", rows.join(","));
    RecordFile::read(text.as_bytes()).unwrap()
}

/// Compares with a file of the vectors; `UPDATE=1` writes it.
pub(crate) fn golden(name: &str, bytes: &[u8]) {
    let path = vectors().join("record").join(name);
    if std::env::var_os("UPDATE").is_some() {
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(&path, bytes).unwrap();
    }
    let expected = fs::read(&path).unwrap_or_else(|error| panic!("{}: {error}", path.display()));
    assert!(bytes == expected, "{name} differs; UPDATE=1 writes it anew");
}

/// What a browser shows of HTML: text without tags, entities decoded.
pub(crate) fn text_of(html: &str) -> String {
    let mut text = String::new();
    let mut rest = html.split_once("</head>").unwrap().1;
    while let Some((before, tag)) = rest.split_once('<') {
        text.push_str(before);
        rest = tag.split_once('>').unwrap().1;
    }
    text.push_str(rest);
    [("&lt;", "<"), ("&gt;", ">"), ("&quot;", "\""), ("&#39;", "'"), ("&amp;", "&")]
        .iter()
        .fold(text, |text, (entity, c)| text.replace(entity, c))
}
