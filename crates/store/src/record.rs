//! What happens in the intake, as it is kept in the pool.
//!
//! Each field is a length (u32, big-endian) and its bytes; numbers are 8 bytes, big-endian. A record
//! is its kind and its fields in order.

use kaibiao_types::{Digest, LotId, LotKey, TenderId, UtcMillis};

use crate::ids::{PartName, UploadId};
use crate::objects::NewObject;
use crate::pool::Place;

/// Something that happened in the intake of a lot.
#[derive(Debug, Eq, PartialEq)]
pub(crate) enum Record {
    /// An upload was begun.
    Begun(Begun),
    /// A slice is durable.
    Stored(StoredSlice),
    /// An upload was completed.
    Completed(Completed),
    /// A note was written, in place of an earlier one of its name.
    Noted(Note),
}

/// The beginning of an upload.
#[derive(Debug, Eq, PartialEq)]
pub(crate) struct Begun {
    pub(crate) lot: LotKey,
    pub(crate) upload: UploadId,
    pub(crate) manifest_sha256: Digest,
    pub(crate) manifest: Vec<u8>,
    pub(crate) cms: Vec<u8>,
    pub(crate) objects: Vec<NewObject>,
}

/// Where the pieces of a slice are, in order.
#[derive(Debug, Eq, PartialEq)]
pub(crate) struct StoredSlice {
    pub(crate) upload: UploadId,
    pub(crate) part: PartName,
    pub(crate) n: u32,
    pub(crate) places: Vec<Place>,
}

/// The completion of an upload, with the notes that belong to it.
#[derive(Debug, Eq, PartialEq)]
pub(crate) struct Completed {
    pub(crate) upload: UploadId,
    pub(crate) at: UtcMillis,
    pub(crate) receipt: Vec<u8>,
    pub(crate) receipt_cms: Vec<u8>,
    pub(crate) place: Vec<u8>,
    pub(crate) salt: [u8; 32],
    pub(crate) notes: Vec<(String, Vec<u8>)>,
}

/// A note of a lot.
#[derive(Debug, Eq, PartialEq)]
pub(crate) struct Note {
    pub(crate) lot: LotKey,
    pub(crate) name: String,
    pub(crate) bytes: Vec<u8>,
}

/// The bytes are no record of this version.
#[derive(Debug, thiserror::Error)]
#[error("a record of the pool cannot be read")]
pub(crate) struct RecordError;

impl Record {
    pub(crate) fn to_bytes(&self) -> Vec<u8> {
        let mut out = Writer(Vec::new());
        match self {
            Self::Begun(begun) => {
                out.kind(1);
                out.lot(&begun.lot);
                out.field(begun.upload.bytes());
                out.field(begun.manifest_sha256.bytes());
                out.field(&begun.manifest);
                out.field(&begun.cms);
                for object in &begun.objects {
                    out.field(object.part.as_str().as_bytes());
                    out.number(object.file_len);
                    out.number(object.header_len);
                    out.field(&object.slice_roots);
                }
            }
            Self::Stored(slice) => {
                out.kind(2);
                out.field(slice.upload.bytes());
                out.field(slice.part.as_str().as_bytes());
                out.number(slice.n.into());
                for place in &slice.places {
                    out.number(place.slot);
                    out.number(place.offset);
                }
            }
            Self::Completed(done) => {
                out.kind(3);
                out.field(done.upload.bytes());
                out.number(done.at.get());
                out.field(&done.receipt);
                out.field(&done.receipt_cms);
                out.field(&done.place);
                out.field(&done.salt);
                for (name, bytes) in &done.notes {
                    out.field(name.as_bytes());
                    out.field(bytes);
                }
            }
            Self::Noted(note) => {
                out.kind(4);
                out.lot(&note.lot);
                out.field(note.name.as_bytes());
                out.field(&note.bytes);
            }
        }
        out.0
    }

    pub(crate) fn parse(bytes: &[u8]) -> Result<Self, RecordError> {
        let (kind, rest) = bytes.split_first().ok_or(RecordError)?;
        let mut fields = Reader(rest);
        let record = match kind {
            1 => Self::Begun(Begun {
                lot: fields.lot()?,
                upload: UploadId::new(fields.array()?),
                manifest_sha256: Digest::new(fields.array()?),
                manifest: fields.field()?.to_vec(),
                cms: fields.field()?.to_vec(),
                objects: fields.rest(|fields| {
                    Ok(NewObject {
                        part: fields.part()?,
                        file_len: fields.number()?,
                        header_len: fields.number()?,
                        slice_roots: fields.field()?.to_vec(),
                    })
                })?,
            }),
            2 => Self::Stored(StoredSlice {
                upload: UploadId::new(fields.array()?),
                part: fields.part()?,
                n: fields.number()?.try_into().map_err(|_| RecordError)?,
                places: fields.rest(|fields| {
                    Ok(Place { slot: fields.number()?, offset: fields.number()? })
                })?,
            }),
            3 => Self::Completed(Completed {
                upload: UploadId::new(fields.array()?),
                at: UtcMillis::new(fields.number()?).map_err(|_| RecordError)?,
                receipt: fields.field()?.to_vec(),
                receipt_cms: fields.field()?.to_vec(),
                place: fields.field()?.to_vec(),
                salt: fields.array()?,
                notes: fields.rest(|fields| Ok((fields.text()?, fields.field()?.to_vec())))?,
            }),
            4 => Self::Noted(Note {
                lot: fields.lot()?,
                name: fields.text()?,
                bytes: fields.field()?.to_vec(),
            }),
            _ => return Err(RecordError),
        };
        if fields.0.is_empty() { Ok(record) } else { Err(RecordError) }
    }
}

struct Writer(Vec<u8>);

impl Writer {
    fn kind(&mut self, kind: u8) {
        self.0.push(kind);
    }

    fn field(&mut self, bytes: &[u8]) {
        // What is longer was refused long before: a call of the intake has a few MiB.
        let len = u32::try_from(bytes.len()).unwrap_or(u32::MAX);
        self.0.extend(len.to_be_bytes());
        self.0.extend(bytes);
    }

    fn number(&mut self, number: u64) {
        self.0.extend(number.to_be_bytes());
    }

    fn lot(&mut self, lot: &LotKey) {
        self.field(lot.tender.as_str().as_bytes());
        self.field(lot.lot.as_str().as_bytes());
    }
}

struct Reader<'a>(&'a [u8]);

impl<'a> Reader<'a> {
    fn field(&mut self) -> Result<&'a [u8], RecordError> {
        let (len, rest) = self.0.split_first_chunk::<4>().ok_or(RecordError)?;
        let len = usize::try_from(u32::from_be_bytes(*len)).map_err(|_| RecordError)?;
        let (field, rest) = rest.split_at_checked(len).ok_or(RecordError)?;
        self.0 = rest;
        Ok(field)
    }

    fn number(&mut self) -> Result<u64, RecordError> {
        let (number, rest) = self.0.split_first_chunk::<8>().ok_or(RecordError)?;
        self.0 = rest;
        Ok(u64::from_be_bytes(*number))
    }

    fn array<const N: usize>(&mut self) -> Result<[u8; N], RecordError> {
        self.field()?.try_into().map_err(|_| RecordError)
    }

    fn text(&mut self) -> Result<String, RecordError> {
        String::from_utf8(self.field()?.to_vec()).map_err(|_| RecordError)
    }

    fn part(&mut self) -> Result<PartName, RecordError> {
        PartName::parse(&self.text()?).map_err(|_| RecordError)
    }

    fn lot(&mut self) -> Result<LotKey, RecordError> {
        let tender = TenderId::parse(&self.text()?).map_err(|_| RecordError)?;
        let lot = LotId::parse(&self.text()?).map_err(|_| RecordError)?;
        Ok(LotKey { tender, lot })
    }

    /// Items up to the end.
    fn rest<T>(
        &mut self,
        item: impl Fn(&mut Self) -> Result<T, RecordError>,
    ) -> Result<Vec<T>, RecordError> {
        let mut items = Vec::new();
        while !self.0.is_empty() {
            items.push(item(self)?);
        }
        Ok(items)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn records() -> Vec<Record> {
        let lot = LotKey { tender: TenderId::parse("T").unwrap(), lot: LotId::parse("L").unwrap() };
        let part = PartName::parse("price").unwrap();
        let object =
            |part| NewObject { part, file_len: 9, header_len: 2, slice_roots: vec![3; 32] };
        vec![
            Record::Begun(Begun {
                lot: lot.clone(),
                upload: UploadId::new([1; 16]),
                manifest_sha256: Digest::new([2; 32]),
                manifest: b"manifest".to_vec(),
                cms: vec![],
                objects: vec![object(part.clone()), object(PartName::parse("documents").unwrap())],
            }),
            Record::Stored(StoredSlice {
                upload: UploadId::new([1; 16]),
                part,
                n: u32::MAX,
                places: vec![Place { slot: 1, offset: 512 }, Place { slot: u64::MAX, offset: 0 }],
            }),
            Record::Completed(Completed {
                upload: UploadId::new([1; 16]),
                at: UtcMillis::new(5).unwrap(),
                receipt: b"r".to_vec(),
                receipt_cms: b"c".to_vec(),
                place: b"{}".to_vec(),
                salt: [9; 32],
                notes: vec![("seq/1".to_owned(), b"x".to_vec()), (String::new(), vec![])],
            }),
            Record::Noted(Note { lot, name: "refusal/x".to_owned(), bytes: vec![1, 2] }),
        ]
    }

    #[test]
    fn a_record_is_read_as_it_was_written_and_no_other_bytes_are_one() {
        for record in records() {
            let bytes = record.to_bytes();
            assert_eq!(Record::parse(&bytes).unwrap(), record);
            for end in 0..bytes.len() {
                // Items at the end of a record may be fewer; they are never half of one.
                if let Ok(shorter) = Record::parse(&bytes[..end]) {
                    assert_eq!(shorter.to_bytes(), bytes[..end]);
                }
            }
            assert!(Record::parse(&[bytes.as_slice(), &[0]].concat()).is_err());
        }
        for bytes in [&[][..], &[0], &[5], &[1, 255, 255, 255, 255]] {
            assert!(Record::parse(bytes).is_err());
        }
    }
}
