//! The manifest of the package (ETSI EN 319 162-1, `ASiCManifest`): written by one template, read
//! by the same template. There is no XML parser here, so there is nothing it could be tricked into.

use std::collections::BTreeMap;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use kaibiao_types::Digest;

use crate::limits::{ENTRIES_MAX, MANIFEST_MAX};
use crate::{layout, zip};

const HEAD: &str = "<?xml version=\"1.0\" encoding=\"UTF-8\" standalone=\"no\"?>\n\
    <asic:ASiCManifest xmlns:asic=\"http://uri.etsi.org/02918/v1.2.1#\" \
    xmlns:ds=\"http://www.w3.org/2000/09/xmldsig#\">\n";
const BEFORE_NAME: &str = "<asic:DataObjectReference URI=\"";
const BEFORE_DIGEST: &str = "\"><ds:DigestMethod \
    Algorithm=\"http://www.w3.org/2001/04/xmlenc#sha256\"/><ds:DigestValue>";
const AFTER_DIGEST: &str = "</ds:DigestValue></asic:DataObjectReference>";
const TAIL: &str = "</asic:ASiCManifest>\n";

/// Why bytes are not a manifest of this form.
#[derive(Clone, Debug, Eq, PartialEq, thiserror::Error)]
pub(crate) enum ManifestFault {
    /// Not the template: another element, order, white space, a DTD, an entity.
    #[error("the manifest does not follow the template of the format")]
    Form,
    /// Longer, or with more files, than a package has.
    #[error("the manifest is too long")]
    TooLong,
}

/// Writes the manifest of the given files, in the order of their names.
pub(crate) fn write(digests: &BTreeMap<String, Digest>) -> String {
    let mut out = String::from(HEAD);
    out.push_str(&signature_reference());
    for (name, digest) in digests {
        let value = STANDARD.encode(digest.bytes());
        for piece in [BEFORE_NAME, name, BEFORE_DIGEST, &value, AFTER_DIGEST, "\n"] {
            out.push_str(piece);
        }
    }
    out.push_str(TAIL);
    out
}

/// Reads a manifest: the files it lists with their digests, in the order of their names.
///
/// # Errors
///
/// [`ManifestFault`].
pub(crate) fn parse(bytes: &[u8]) -> Result<BTreeMap<String, Digest>, ManifestFault> {
    if bytes.len() > MANIFEST_MAX {
        return Err(ManifestFault::TooLong);
    }
    let text = core::str::from_utf8(bytes).map_err(|_| ManifestFault::Form)?;
    let body = text
        .strip_prefix(HEAD)
        .and_then(|rest| rest.strip_prefix(signature_reference().as_str()))
        .and_then(|rest| rest.strip_suffix(TAIL))
        .ok_or(ManifestFault::Form)?;
    let mut digests = BTreeMap::new();
    for line in body.split_terminator('\n') {
        let (name, digest) = reference(line).ok_or(ManifestFault::Form)?;
        if digests.len() == ENTRIES_MAX {
            return Err(ManifestFault::TooLong);
        }
        digests.insert(name.to_owned(), digest);
    }
    // Sorted, without repetition, and without anything between the lines: only the template is left.
    if write(&digests) == text { Ok(digests) } else { Err(ManifestFault::Form) }
}

fn reference(line: &str) -> Option<(&str, Digest)> {
    let rest = line.strip_prefix(BEFORE_NAME)?;
    let (name, rest) = rest.split_once(BEFORE_DIGEST)?;
    let value = STANDARD.decode(rest.strip_suffix(AFTER_DIGEST)?).ok()?;
    // Only such names can stand in the container, and none of them needs an entity.
    zip::is_name(name).then_some((name, Digest::from_slice(&value).ok()?))
}

fn signature_reference() -> String {
    format!(
        "<asic:SigReference MimeType=\"application/pkcs7-signature\" URI=\"{}\"/>\n",
        layout::SIGNATURE
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    fn sample() -> String {
        let names = ["README.en.txt", "log/entries.jsonl"];
        write(&names.into_iter().map(|name| (name.to_owned(), Digest::new([7; 32]))).collect())
    }

    #[test]
    fn reads_back_what_it_writes() {
        let read = parse(sample().as_bytes()).unwrap();
        assert_eq!(read.len(), 2);
        assert_eq!(read["log/entries.jsonl"], Digest::new([7; 32]));
        assert!(parse(write(&BTreeMap::new()).as_bytes()).unwrap().is_empty());
    }

    #[test]
    fn refuses_everything_but_the_template() {
        let good = sample();
        let edits: [(&str, &str); 12] = [
            ("<asic:ASiC", "<!DOCTYPE x [<!ENTITY e \"x\">]><asic:ASiC"),
            ("README", "&#82;EADME"),
            ("signature001.p7s", "signature002.p7s"),
            ("xmlenc#sha256", "xmldsig#sha1"),
            ("<ds:DigestValue>", "<ds:DigestValue> "),
            ("<ds:DigestValue>", "<ds:DigestValue Id=\"x\">"),
            ("BwcHBwc", "BwcHBw"),
            ("\n<asic:Data", "\n\n<asic:Data"),
            ("\n<asic:Data", "\r\n<asic:Data"),
            ("02918/v1.2.1#", "02918/v1.2.2#"),
            ("</asic:ASiCManifest>\n", "</asic:ASiCManifest>"),
            ("</asic:ASiCManifest>", "<!-- --></asic:ASiCManifest>"),
        ];
        for (from, to) in edits {
            let bad = good.replace(from, to);
            assert_ne!(bad, good, "{from}");
            assert_eq!(parse(bad.as_bytes()), Err(ManifestFault::Form), "{from} -> {to}");
        }
        let lines: Vec<&str> = good.lines().collect();
        let order = |order: &[usize]| {
            let lines: Vec<&str> = order.iter().map(|line| lines[*line]).collect();
            format!("{}\n", lines.join("\n"))
        };
        for order in [order(&[0, 1, 2, 4, 3, 5]), order(&[0, 1, 2, 3, 3, 4, 5])] {
            assert_eq!(parse(order.as_bytes()), Err(ManifestFault::Form));
        }
        assert_eq!(parse(&[0xff; 8]), Err(ManifestFault::Form));
        assert_eq!(parse(&vec![b'x'; MANIFEST_MAX + 1]), Err(ManifestFault::TooLong));
    }
}
