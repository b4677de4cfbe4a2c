//! Writes DER values into byte vectors.

use super::{INTEGER, SEQUENCE, SET};

/// One value with this tag; the content is the parts one after another.
pub(crate) fn tlv(tag: u8, parts: &[&[u8]]) -> Vec<u8> {
    let length: usize = parts.iter().map(|part| part.len()).sum();
    let mut out = Vec::with_capacity(length + 6);
    out.push(tag);
    let octets = length.to_be_bytes();
    let significant = octets.iter().skip_while(|octet| **octet == 0).copied();
    if let Ok(short @ 0..0x80) = u8::try_from(length) {
        out.push(short);
    } else {
        // A usize has at most 8 octets, so the count fits the low bits of one octet.
        let count = u8::try_from(significant.clone().count()).unwrap_or(8);
        out.push(0x80 | count);
        out.extend(significant);
    }
    for part in parts {
        out.extend_from_slice(part);
    }
    out
}

/// A SEQUENCE of values that are encoded already.
pub(crate) fn sequence(parts: &[&[u8]]) -> Vec<u8> {
    tlv(SEQUENCE, parts)
}

/// A SET OF values that are encoded already, in DER order (X.690, 11.6).
pub(crate) fn set_of(mut values: Vec<Vec<u8>>) -> Vec<u8> {
    values.sort();
    let parts: Vec<&[u8]> = values.iter().map(Vec::as_slice).collect();
    tlv(SET, &parts)
}

/// An INTEGER from 0 to 127.
pub(crate) fn integer_u8(number: u8) -> Vec<u8> {
    tlv(INTEGER, &[&[number & 0x7f]])
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::der::Reader;

    #[test]
    fn what_is_written_is_read() {
        for length in [0_usize, 1, 127, 128, 255, 256, 65_535, 65_536] {
            let content = vec![0x5a; length];
            let bytes = tlv(0x04, &[&content]);
            let tlv = Reader::new(&bytes).any().unwrap();
            assert_eq!((tlv.value, tlv.raw.len()), (content.as_slice(), bytes.len()));
        }
    }

    #[test]
    fn sets_are_sorted() {
        assert_eq!(set_of(vec![vec![2, 1, 9], vec![1, 1, 255]]), [0x31, 6, 1, 1, 255, 2, 1, 9]);
    }
}
