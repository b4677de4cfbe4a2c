//! Messages of tags and values (RFC 10049, 4). All integers are little-endian.

use super::RoughtimeError;

/// A message has at most this many tags; those of the RFC have seven.
const TAGS_MAX: usize = 32;

/// The name of a value: four letters, ordered as a little-endian number.
#[derive(Clone, Copy, Debug, Eq, Ord, PartialEq, PartialOrd)]
pub(super) struct Tag(u32);

impl Tag {
    pub(super) const CERT: Self = Self::named(*b"CERT");
    pub(super) const DELE: Self = Self::named(*b"DELE");
    pub(super) const INDX: Self = Self::named(*b"INDX");
    pub(super) const MAXT: Self = Self::named(*b"MAXT");
    pub(super) const MIDP: Self = Self::named(*b"MIDP");
    pub(super) const MINT: Self = Self::named(*b"MINT");
    pub(super) const NONC: Self = Self::named(*b"NONC");
    pub(super) const PATH: Self = Self::named(*b"PATH");
    pub(super) const PUBK: Self = Self::named(*b"PUBK");
    pub(super) const RADI: Self = Self::named(*b"RADI");
    pub(super) const ROOT: Self = Self::named(*b"ROOT");
    pub(super) const SIG: Self = Self::named(*b"SIG\0");
    pub(super) const SREP: Self = Self::named(*b"SREP");
    pub(super) const SRV: Self = Self::named(*b"SRV\0");
    pub(super) const TYPE: Self = Self::named(*b"TYPE");
    pub(super) const VER: Self = Self::named(*b"VER\0");
    pub(super) const VERS: Self = Self::named(*b"VERS");
    pub(super) const ZZZZ: Self = Self::named(*b"ZZZZ");

    const fn named(name: [u8; 4]) -> Self {
        Self(u32::from_le_bytes(name))
    }
}

/// A message that was received, with its values where they lie.
#[derive(Debug)]
pub(super) struct Message<'a> {
    values: Vec<(Tag, &'a [u8])>,
}

impl<'a> Message<'a> {
    /// Reads a message: tags in ascending order, each once; offsets ascending, multiples of four, and
    /// within the message.
    pub(super) fn parse(bytes: &'a [u8]) -> Result<Self, RoughtimeError> {
        const SHORT: RoughtimeError = RoughtimeError::Form("cut off");
        if !bytes.len().is_multiple_of(4) {
            return Err(RoughtimeError::Form("not a multiple of four bytes"));
        }
        let (words, _) = bytes.as_chunks::<4>();
        let mut words = words.iter().map(|word| u32::from_le_bytes(*word));
        let count = usize::try_from(words.next().ok_or(SHORT)?).unwrap_or(usize::MAX);
        if count == 0 || count > TAGS_MAX {
            return Err(RoughtimeError::Form("another number of tags"));
        }
        // One word for the count, count - 1 offsets, count tags.
        let values = bytes.get(count * 8..).ok_or(SHORT)?;
        let mut bounds = vec![0];
        for offset in words.by_ref().take(count - 1) {
            bounds.push(usize::try_from(offset).unwrap_or(usize::MAX));
        }
        bounds.push(values.len());
        let ends = bounds.iter().skip(1);
        let mut read: Vec<(Tag, &[u8])> = Vec::with_capacity(count);
        for ((start, end), tag) in bounds.iter().zip(ends).zip(words.take(count)) {
            let value = values.get(*start..*end).filter(|_| start.is_multiple_of(4));
            let value = value.ok_or(RoughtimeError::Form("an offset out of order"))?;
            if read.last().is_some_and(|(before, _)| *before >= Tag(tag)) {
                return Err(RoughtimeError::Form("tags out of order"));
            }
            read.push((Tag(tag), value));
        }
        Ok(Self { values: read })
    }

    pub(super) fn value(&self, tag: Tag) -> Result<&'a [u8], RoughtimeError> {
        let found = self.values.iter().find(|(named, _)| *named == tag);
        found.map(|(_, value)| *value).ok_or(RoughtimeError::Form("a tag is missing"))
    }

    pub(super) fn array<const N: usize>(&self, tag: Tag) -> Result<[u8; N], RoughtimeError> {
        let value = self.value(tag)?;
        value.try_into().map_err(|_| RoughtimeError::Form("a value of another length"))
    }

    pub(super) fn u32(&self, tag: Tag) -> Result<u32, RoughtimeError> {
        self.array(tag).map(u32::from_le_bytes)
    }

    pub(super) fn u64(&self, tag: Tag) -> Result<u64, RoughtimeError> {
        self.array(tag).map(u64::from_le_bytes)
    }
}

/// Writes a message. Tags in ascending order, values of multiples of four bytes: the caller's.
pub(super) fn encode(values: &[(Tag, &[u8])]) -> Vec<u8> {
    let word = |number: usize| u32::try_from(number).unwrap_or(u32::MAX).to_le_bytes();
    let mut bytes = word(values.len()).to_vec();
    let mut offset = 0;
    for (index, (_, value)) in values.iter().enumerate() {
        if index > 0 {
            bytes.extend(word(offset));
        }
        offset += value.len();
    }
    for (Tag(tag), _) in values {
        bytes.extend(tag.to_le_bytes());
    }
    for (_, value) in values {
        bytes.extend(*value);
    }
    bytes
}
