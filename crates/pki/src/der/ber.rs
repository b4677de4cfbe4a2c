//! Turns BER into DER: for key files alone, of which many programs write indefinite lengths and
//! strings in pieces. Nothing that is signed or logged is ever read through this.

use zeroize::Zeroizing;

use super::read::{DerError, Reader};
use super::{OCTET_STRING, check, tlv};
use crate::limits::DER_DEPTH_MAX;

/// OCTET STRING in pieces.
const OCTET_STRING_IN_PIECES: u8 = 0x24;

/// The one value in `bytes`, which must have this outer tag, as DER.
///
/// # Source
///
/// X.690, 8.1.3 (lengths), 8.1.5 (end of contents), 8.7.3 (OCTET STRING in pieces).
pub(crate) fn to_der(bytes: &[u8], tag: u8) -> Result<Zeroizing<Vec<u8>>, DerError> {
    let mut rest = bytes;
    let der = value(&mut rest, DER_DEPTH_MAX)?;
    if !rest.is_empty() {
        return Err(DerError::Trailing);
    }
    check(&der, tag)?;
    Ok(der)
}

/// The contents of OCTET STRINGs that stand one after another, as one.
pub(crate) fn joined(pieces: &[u8]) -> Result<Zeroizing<Vec<u8>>, DerError> {
    let mut out = Zeroizing::new(Vec::with_capacity(pieces.len()));
    let mut reader = Reader::new(pieces);
    while !reader.is_empty() {
        out.extend_from_slice(reader.expect(OCTET_STRING)?.value);
    }
    Ok(out)
}

/// The next value as DER.
fn value(rest: &mut &[u8], depth_left: usize) -> Result<Zeroizing<Vec<u8>>, DerError> {
    let (tag, length) = header(rest)?;
    if tag & 0x20 == 0 {
        let length = length.ok_or(DerError::Indefinite)?; // a primitive value has a length
        return Ok(Zeroizing::new(tlv(tag, &[split(rest, length)?])));
    }
    let below = depth_left.checked_sub(1).ok_or(DerError::Depth)?;
    let mut content = Zeroizing::new(Vec::new());
    if let Some(length) = length {
        let mut inner = split(rest, length)?;
        while !inner.is_empty() {
            append(&mut content, &value(&mut inner, below)?);
        }
    } else {
        while !end_of_contents(rest) {
            append(&mut content, &value(rest, below)?);
        }
    }
    if tag == OCTET_STRING_IN_PIECES {
        return Ok(Zeroizing::new(tlv(OCTET_STRING, &[&joined(&content)?])));
    }
    Ok(Zeroizing::new(tlv(tag, &[&content])))
}

/// Appends; where the vector must move, what it leaves behind is wiped.
fn append(to: &mut Zeroizing<Vec<u8>>, bytes: &[u8]) {
    let needed = to.len() + bytes.len();
    if needed > to.capacity() {
        let mut longer = Zeroizing::new(Vec::with_capacity(needed.max(2 * to.capacity())));
        longer.extend_from_slice(to);
        *to = longer;
    }
    to.extend_from_slice(bytes);
}

/// Takes the mark at the end of a value of indefinite length, if it is there.
fn end_of_contents(rest: &mut &[u8]) -> bool {
    match rest {
        [0, 0, after @ ..] => {
            *rest = after;
            true
        }
        _ => false,
    }
}

/// Takes octets.
fn split<'a>(rest: &mut &'a [u8], length: usize) -> Result<&'a [u8], DerError> {
    let (taken, after) = rest.split_at_checked(length).ok_or(DerError::Truncated)?;
    *rest = after;
    Ok(taken)
}

/// Takes a tag and a length; `None` is the indefinite one.
fn header(rest: &mut &[u8]) -> Result<(u8, Option<usize>), DerError> {
    let [tag, first, after @ ..] = *rest else { return Err(DerError::Truncated) };
    let (tag, first) = (*tag, *first);
    *rest = after;
    if tag & 0x1f == 0x1f || tag == 0 {
        return Err(DerError::Tag(tag));
    }
    match first {
        0x80 => Ok((tag, None)),
        0..0x80 => Ok((tag, Some(usize::from(first)))),
        _ => {
            let octets = split(rest, usize::from(first & 0x7f))?;
            let length = octets.iter().try_fold(0_usize, |sum, octet| {
                sum.checked_mul(256).map(|sum| sum | usize::from(*octet))
            });
            Ok((tag, Some(length.ok_or(DerError::Length)?)))
        }
    }
}

#[cfg(test)]
mod tests {
    use super::super::{SEQUENCE, sequence};
    use super::*;

    fn read(bytes: &[u8]) -> Result<Vec<u8>, DerError> {
        to_der(bytes, SEQUENCE).map(|der| der.to_vec())
    }

    #[test]
    fn forms_of_ber_become_one() {
        let der = vec![0x30, 5, 4, 3, 1, 2, 3];
        for ber in [
            &[0x30, 5, 4, 3, 1, 2, 3][..],
            &[0x30, 0x81, 5, 4, 3, 1, 2, 3],
            &[0x30, 0x84, 0, 0, 0, 6, 4, 0x81, 3, 1, 2, 3],
            &[0x30, 0x80, 4, 3, 1, 2, 3, 0, 0],
            &[0x30, 0x80, 0x24, 0x80, 4, 1, 1, 4, 2, 2, 3, 0, 0, 0, 0],
            &[0x30, 9, 0x24, 7, 4, 0, 4, 3, 1, 2, 3],
            &[0x30, 0x80, 0x24, 0x80, 0x24, 3, 4, 1, 1, 4, 2, 2, 3, 0, 0, 0, 0],
        ] {
            assert_eq!(read(ber), Ok(der.clone()), "{ber:02x?}");
        }
    }

    #[test]
    fn what_is_no_ber_is_refused() {
        for (bytes, error) in [
            (&[][..], DerError::Truncated),
            (&[0x30], DerError::Truncated),
            (&[0x30, 0x80], DerError::Truncated),
            (&[0x30, 0x80, 0], DerError::Truncated),
            (&[0x30, 0x80, 5, 0], DerError::Truncated),
            (&[0x30, 0x80, 0, 0, 0], DerError::Trailing),
            (&[0x30, 0, 0, 0], DerError::Trailing),
            (&[0x31, 0], DerError::Tag(0x31)),
            (&[0x30, 0x80, 4, 0x80, 0, 0, 0, 0], DerError::Indefinite),
            (&[0x30, 0x80, 0x24, 0x80, 2, 1, 1, 0, 0, 0, 0], DerError::Tag(2)),
            (&[0x30, 0x82, 1, 0, 5, 0], DerError::Truncated),
            (&[0x30, 0x89, 1, 0, 0, 0, 0, 0, 0, 0, 0], DerError::Length),
            (&[0x30, 3, 0, 1, 0], DerError::Tag(0)),
            (&[0x30, 3, 0x1f, 1, 0], DerError::Tag(0x1f)),
            (&[0x30, 4, 0x2c, 2, 0x0c, 0], DerError::Tag(0x2c)),
            (&[0x30, 4, 4, 3, 1, 2], DerError::Truncated),
        ] {
            assert_eq!(read(bytes), Err(error), "{bytes:02x?}");
        }
    }

    #[test]
    fn depth_is_bounded() {
        let mut good = vec![0x30, 0];
        for _ in 0..DER_DEPTH_MAX - 1 {
            good = sequence(&[&good]);
        }
        assert_eq!(read(&good), Ok(good.clone()));
        assert_eq!(read(&sequence(&[&good])), Err(DerError::Depth));
        assert_eq!(read(&[0x30, 0x80].repeat(300_000)), Err(DerError::Depth));
        let many = [&[0x30, 0x80][..], &[5, 0].repeat(1_000), &[0, 0]].concat();
        assert_eq!(read(&many).map(|der| der.len()), Ok(2_004));
    }
}
