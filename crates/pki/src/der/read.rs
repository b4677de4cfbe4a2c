//! Reads tag, length and value from a slice; lengths are definite and minimal.

/// Why bytes are not the DER that was expected (X.690, clauses 8 and 10).
#[derive(Clone, Copy, Debug, Eq, PartialEq, thiserror::Error)]
#[non_exhaustive]
pub enum DerError {
    /// A value is nested deeper than any format here needs.
    #[error("nested too deep")]
    Depth,
    /// BER with indefinite length; DER lengths are definite.
    #[error("indefinite length (BER); DER is required")]
    Indefinite,
    /// A length that is not in its shortest form, or beyond four octets.
    #[error("length not in its shortest form (BER); DER is required")]
    Length,
    /// Values of a SET OF are not in ascending order.
    #[error("set not in DER order")]
    Order,
    /// A tag other than the expected one, or a tag form that is not allowed.
    #[error("unexpected tag 0x{0:02x}")]
    Tag(u8),
    /// Bytes follow where the value should end.
    #[error("bytes follow the end of the value")]
    Trailing,
    /// The bytes end inside a value.
    #[error("the bytes end too early")]
    Truncated,
    /// A primitive value that is not in its only DER form.
    #[error("value not in DER form")]
    Value,
}

/// One value: its tag, its content, and the whole as it was received.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Tlv<'a> {
    pub(crate) tag: u8,
    pub(crate) value: &'a [u8],
    pub(crate) raw: &'a [u8],
}

/// Reads values one after another from a slice.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Reader<'a> {
    rest: &'a [u8],
}

impl<'a> Reader<'a> {
    pub(crate) const fn new(bytes: &'a [u8]) -> Self {
        Self { rest: bytes }
    }

    pub(crate) const fn is_empty(&self) -> bool {
        self.rest.is_empty()
    }

    /// The tag of the next value.
    pub(crate) fn peek(&self) -> Option<u8> {
        self.rest.first().copied()
    }

    /// The next value, whatever its tag.
    pub(crate) fn any(&mut self) -> Result<Tlv<'a>, DerError> {
        let (tag, header, length) = header(self.rest)?;
        let end = header.checked_add(length).ok_or(DerError::Length)?;
        let (raw, rest) = self.rest.split_at_checked(end).ok_or(DerError::Truncated)?;
        let value = raw.get(header..).ok_or(DerError::Truncated)?;
        self.rest = rest;
        Ok(Tlv { tag, value, raw })
    }

    /// The next value, which must have this tag.
    pub(crate) fn expect(&mut self, tag: u8) -> Result<Tlv<'a>, DerError> {
        match self.peek() {
            None => Err(DerError::Truncated),
            Some(found) if found == tag => self.any(),
            Some(found) => Err(DerError::Tag(found)),
        }
    }

    /// The next value if it has this tag.
    pub(crate) fn optional(&mut self, tag: u8) -> Result<Option<Tlv<'a>>, DerError> {
        if self.peek() == Some(tag) { self.any().map(Some) } else { Ok(None) }
    }

    /// A reader over the content of the next value, which must have this tag.
    pub(crate) fn inside(&mut self, tag: u8) -> Result<Self, DerError> {
        self.expect(tag).map(|tlv| Self::new(tlv.value))
    }

    /// Refuses bytes that are left.
    pub(crate) const fn finish(&self) -> Result<(), DerError> {
        if self.rest.is_empty() { Ok(()) } else { Err(DerError::Trailing) }
    }
}

impl<'a> Tlv<'a> {
    /// Reads exactly one value with this tag; nothing may follow.
    pub(crate) fn only(bytes: &'a [u8], tag: u8) -> Result<Self, DerError> {
        let mut reader = Reader::new(bytes);
        let tlv = reader.expect(tag)?;
        reader.finish()?;
        Ok(tlv)
    }

    /// A reader over the content.
    pub(crate) const fn reader(&self) -> Reader<'a> {
        Reader::new(self.value)
    }

    /// The bytes of a BIT STRING that has no unused bits.
    pub(crate) fn whole_bits(&self) -> Result<&'a [u8], DerError> {
        match self.value.split_first() {
            Some((0, bits)) => Ok(bits),
            _ => Err(DerError::Value),
        }
    }
}

/// The octets of an INTEGER that is not negative, without the octet of the sign.
pub(crate) fn unsigned(integer: &[u8]) -> Result<&[u8], DerError> {
    match integer {
        [0, rest @ ..] if !rest.is_empty() => Ok(rest),
        [0..0x80, ..] => Ok(integer),
        _ => Err(DerError::Value),
    }
}

/// Tag, octets of the header, octets of the content.
fn header(bytes: &[u8]) -> Result<(u8, usize, usize), DerError> {
    let (&tag, rest) = bytes.split_first().ok_or(DerError::Truncated)?;
    if tag & 0x1f == 0x1f {
        return Err(DerError::Tag(tag)); // high tag numbers occur in no format read here
    }
    let (&first, rest) = rest.split_first().ok_or(DerError::Truncated)?;
    if first < 0x80 {
        return Ok((tag, 2, usize::from(first)));
    }
    if first == 0x80 {
        return Err(DerError::Indefinite);
    }
    let count = usize::from(first & 0x7f);
    if count > 4 {
        return Err(DerError::Length);
    }
    let octets = rest.get(..count).ok_or(DerError::Truncated)?;
    let length = octets.iter().fold(0_u64, |sum, octet| sum << 8 | u64::from(*octet));
    let shortest = length >= 0x80 && octets.first() != Some(&0);
    let length = usize::try_from(length).map_err(|_| DerError::Length)?;
    if shortest { Ok((tag, 2 + count, length)) } else { Err(DerError::Length) }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(bytes: &[u8]) -> Result<usize, DerError> {
        let mut reader = Reader::new(bytes);
        let tlv = reader.any()?;
        reader.finish()?;
        Ok(tlv.value.len())
    }

    #[test]
    fn lengths_have_one_form() {
        assert_eq!(read(&[0x04, 0x00]), Ok(0));
        let mut long = vec![0x04, 0x81, 0x80];
        long.extend([7; 128]);
        assert_eq!(read(&long), Ok(128));
        assert_eq!(read(&[0x04, 0x81, 0x01, 0x00]), Err(DerError::Length));
        assert_eq!(read(&[0x04, 0x82, 0x00, 0x01, 0x00]), Err(DerError::Length));
        assert_eq!(read(&[0x30, 0x80, 0x00, 0x00]), Err(DerError::Indefinite));
        assert_eq!(read(&[0x04, 0x85, 1, 0, 0, 0, 0]), Err(DerError::Length));
        assert_eq!(read(&[0x04, 0x84, 0xff, 0xff, 0xff, 0xff]), Err(DerError::Truncated));
    }

    #[test]
    fn ends_are_seen() {
        assert_eq!(read(&[]), Err(DerError::Truncated));
        assert_eq!(read(&[0x04]), Err(DerError::Truncated));
        assert_eq!(read(&[0x04, 0x81]), Err(DerError::Truncated));
        assert_eq!(read(&[0x04, 0x02, 0x01]), Err(DerError::Truncated));
        assert_eq!(read(&[0x04, 0x01, 0x01, 0x00]), Err(DerError::Trailing));
        assert_eq!(read(&[0x1f, 0x81, 0x01, 0x00]), Err(DerError::Tag(0x1f)));
    }
}
