//! Walks a whole value and refuses what is BER but not DER.

use super::read::{DerError, Reader, Tlv};
use super::{BIT_STRING, BOOLEAN, INTEGER, NULL, OID, SEQUENCE, SET, UTF8_STRING};
use crate::limits::DER_DEPTH_MAX;

/// Checks that the bytes are exactly one DER value with this outer tag: definite shortest lengths
/// all the way down, bounded depth, no constructed strings, primitive values in their only form.
///
/// The order inside a SET OF is checked where a format needs it, not here: names in the field often
/// break it.
pub(crate) fn check(bytes: &[u8], tag: u8) -> Result<(), DerError> {
    let outer = Tlv::only(bytes, tag)?;
    value(&outer, DER_DEPTH_MAX)
}

fn value(tlv: &Tlv<'_>, depth_left: usize) -> Result<(), DerError> {
    let universal = tlv.tag & 0xc0 == 0;
    if tlv.tag & 0x20 == 0 {
        return if universal { primitive(tlv) } else { Ok(()) };
    }
    if universal && tlv.tag != SEQUENCE && tlv.tag != SET {
        return Err(DerError::Tag(tlv.tag)); // a string in pieces
    }
    let below = depth_left.checked_sub(1).ok_or(DerError::Depth)?;
    let mut inside = tlv.reader();
    while !inside.is_empty() {
        value(&inside.any()?, below)?;
    }
    Ok(())
}

fn primitive(tlv: &Tlv<'_>) -> Result<(), DerError> {
    let good = match (tlv.tag, tlv.value) {
        // No type has tag 0; a SEQUENCE (0x10) or SET (0x11) is always constructed.
        (0x00 | 0x10 | 0x11, _) => return Err(DerError::Tag(tlv.tag)),
        (BOOLEAN, value) => matches!(value, [0x00 | 0xff]),
        (INTEGER, value) => shortest_integer(value),
        (BIT_STRING, value) => whole_bit_string(value),
        (NULL, value) => value.is_empty(),
        (OID, value) => good_oid(value),
        (UTF8_STRING, value) => core::str::from_utf8(value).is_ok(),
        _ => true,
    };
    if good { Ok(()) } else { Err(DerError::Value) }
}

fn shortest_integer(value: &[u8]) -> bool {
    match value {
        [] => false,
        [0x00, second, ..] => *second >= 0x80,
        [0xff, second, ..] => *second < 0x80,
        _ => true,
    }
}

fn whole_bit_string(value: &[u8]) -> bool {
    match (value.first(), value.get(1..).unwrap_or_default().last()) {
        (Some(0), _) => true,
        (Some(unused @ 1..=7), Some(last)) => last.trailing_zeros() >= u32::from(*unused),
        _ => false,
    }
}

/// Every arc is in its shortest form and complete.
fn good_oid(value: &[u8]) -> bool {
    let starts_arc = |i: usize| {
        i.checked_sub(1).and_then(|before| value.get(before)).is_none_or(|byte| *byte < 0x80)
    };
    value.last().is_some_and(|last| *last < 0x80)
        && !value.iter().enumerate().any(|(i, byte)| *byte == 0x80 && starts_arc(i))
}

/// Checks that values lie in ascending order of their encodings (X.690, 11.6), all different.
pub(crate) fn ascending(mut values: Reader<'_>) -> Result<(), DerError> {
    let mut before: Option<&[u8]> = None;
    while !values.is_empty() {
        let raw = values.any()?.raw;
        if before.is_some_and(|before| before >= raw) {
            return Err(DerError::Order);
        }
        before = Some(raw);
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn refuses_ber_inside() {
        for (bytes, error) in [
            (&[0x30, 0x03, 0x01, 0x01, 0x01][..], DerError::Value), // TRUE as 01
            (&[0x30, 0x04, 0x02, 0x02, 0x00, 0x7f], DerError::Value), // padded integer
            (&[0x30, 0x04, 0x02, 0x02, 0xff, 0x80], DerError::Value),
            (&[0x30, 0x02, 0x02, 0x00], DerError::Value),
            (&[0x30, 0x04, 0x03, 0x02, 0x01, 0x01], DerError::Value), // unused bit set
            (&[0x30, 0x03, 0x03, 0x01, 0x01], DerError::Value),
            (&[0x30, 0x02, 0x03, 0x00], DerError::Value),
            (&[0x30, 0x03, 0x05, 0x01, 0x00], DerError::Value),
            (&[0x30, 0x04, 0x06, 0x02, 0x80, 0x01], DerError::Value), // padded arc
            (&[0x30, 0x04, 0x06, 0x02, 0x2a, 0x86], DerError::Value), // open arc
            (&[0x30, 0x03, 0x0c, 0x01, 0xff], DerError::Value),
            (&[0x30, 0x04, 0x24, 0x02, 0x04, 0x00], DerError::Tag(0x24)), // string in pieces
            (&[0x30, 0x02, 0x10, 0x00], DerError::Tag(0x10)),
            (&[0x30, 0x02, 0x00, 0x00], DerError::Tag(0x00)),
            (&[0x30, 0x80, 0x00, 0x00], DerError::Indefinite),
            (&[0x30, 0x00, 0x00], DerError::Trailing),
            (&[0x31, 0x00], DerError::Tag(0x31)),
        ] {
            assert_eq!(check(bytes, SEQUENCE), Err(error), "{bytes:02x?}");
        }
        assert_eq!(check(&[0x30, 0x03, 0x01, 0x01, 0xff], SEQUENCE), Ok(()));
        assert_eq!(check(&[0x30, 0x04, 0x03, 0x02, 0x07, 0x80], SEQUENCE), Ok(()));
    }

    #[test]
    fn depth_is_bounded() {
        let mut nested = vec![0x30, 0x00];
        for _ in 0..DER_DEPTH_MAX - 1 {
            nested = crate::der::sequence(&[&nested]);
        }
        assert_eq!(check(&nested, SEQUENCE), Ok(()));
        assert_eq!(check(&crate::der::sequence(&[&nested]), SEQUENCE), Err(DerError::Depth));
        for _ in 0..10_000 {
            nested = crate::der::sequence(&[&nested]);
        }
        assert_eq!(check(&nested, SEQUENCE), Err(DerError::Depth));
    }

    #[test]
    fn order_of_a_set() {
        assert_eq!(ascending(Reader::new(&[2, 1, 1, 2, 1, 2])), Ok(()));
        assert_eq!(ascending(Reader::new(&[2, 1, 2, 2, 1, 1])), Err(DerError::Order));
        assert_eq!(ascending(Reader::new(&[2, 1, 1, 2, 1, 1])), Err(DerError::Order));
    }
}
