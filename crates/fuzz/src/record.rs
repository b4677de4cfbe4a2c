//! The opening record as an auditor gets it: read, and printed.

use kaibiao_record::{RecordFile, document, page};

/// Records of the vectors; there a line feed follows the bytes.
const RECORDS: [&[u8]; 3] = [
    include_bytes!("../../../fixtures/vectors/opening/record-normal.json"),
    include_bytes!("../../../fixtures/vectors/opening/record-degraded.json"),
    include_bytes!("../../../fixtures/vectors/opening/record-drawn.json"),
];

/// What is read has these bytes and no others, and on the page no name becomes markup.
pub(crate) fn opening(data: &[u8]) {
    match RecordFile::read(data) {
        Ok(file) => {
            assert_eq!(file.record().to_bytes(), data);
            let html = page(&document(&file));
            let body = html.split_once("</style>").map_or("", |(_, body)| body);
            for markup in ["<script", "<img", "<style", "\u{202e}", "\u{0}"] {
                assert!(!body.contains(markup), "{markup:?}");
            }
            assert_eq!(body.matches("<main>").count(), 1);
        }
        Err(error) => assert!(error.label().starts_with("E_RECORD_")),
    }
}

pub(crate) fn opening_seeds() -> Vec<Vec<u8>> {
    RECORDS.iter().map(|bytes| bytes.strip_suffix(b"\n").unwrap_or(bytes).to_vec()).collect()
}
