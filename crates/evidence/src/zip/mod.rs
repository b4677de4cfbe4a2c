//! The container: a ZIP file in one closed form (docs/spec/evidence.md, "Container").
//!
//! Every entry is stored as it is, the directory repeats what stands before each entry, and nothing
//! lies between, before or after. One list of files has one container: there is no second reading.

mod crc;
mod name;
mod read;
mod write;

pub(crate) use name::is_name;
pub use read::ZipFault;
pub(crate) use read::{Archive, ReadFault};
pub use write::ZipWriteError;
pub(crate) use write::write;

/// `PK 03 04`: before each entry.
const LOCAL: u32 = 0x0403_4b50;
/// `PK 01 02`: one line of the directory.
const CENTRAL: u32 = 0x0201_4b50;
/// `PK 05 06`: the end of the directory.
const END: u32 = 0x0605_4b50;
/// Bytes before the name of an entry.
const LOCAL_LEN: u64 = 30;
/// Bytes before the name in the directory.
const CENTRAL_LEN: usize = 46;
/// Bytes of the end of the directory.
const END_LEN: u64 = 22;
/// ZIP version 1.0, made on a FAT file system: no modes, no links.
const VERSION: u16 = 10;
/// 1980-01-01, the first day that ZIP knows: containers carry no clock.
const DATE: u16 = 0x0021;

/// What the directory says about one entry.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
struct Facts {
    crc: u32,
    size: u32,
    offset: u32,
}

/// The bytes that stand before an entry, its name included.
fn local_header(name: &str, facts: Facts) -> Vec<u8> {
    let mut out = LOCAL.to_le_bytes().to_vec();
    out.extend_from_slice(&common(name, facts));
    out.extend_from_slice(name.as_bytes());
    out
}

/// The line of an entry in the directory, its name included.
fn central_header(name: &str, facts: Facts) -> Vec<u8> {
    let mut out = CENTRAL.to_le_bytes().to_vec();
    out.extend_from_slice(&VERSION.to_le_bytes());
    out.extend_from_slice(&common(name, facts));
    // Comment length, disk, internal and external attributes: all zero.
    out.extend_from_slice(&[0; 10]);
    out.extend_from_slice(&facts.offset.to_le_bytes());
    out.extend_from_slice(name.as_bytes());
    out
}

/// The fields that both headers share: version needed, flags, method, time, date, CRC, both sizes,
/// lengths of name and extra field.
fn common(name: &str, facts: Facts) -> [u8; 26] {
    let name_len = u16::try_from(name.len()).unwrap_or(u16::MAX); // names are at most 255 bytes
    let pieces: [&[u8]; 10] = [
        &VERSION.to_le_bytes(),
        &[0; 2],
        &[0; 2],
        &[0; 2],
        &DATE.to_le_bytes(),
        &facts.crc.to_le_bytes(),
        &facts.size.to_le_bytes(),
        &facts.size.to_le_bytes(),
        &name_len.to_le_bytes(),
        &[0; 2],
    ];
    let mut out = [0; 26];
    for (to, from) in out.iter_mut().zip(pieces.into_iter().flatten()) {
        *to = *from;
    }
    out
}

/// The end of the directory.
fn end_record(entries: u16, directory_len: u32, directory_at: u32) -> [u8; 22] {
    let pieces: [&[u8]; 6] = [
        &END.to_le_bytes(),
        &[0; 4],
        &[entries.to_le_bytes(), entries.to_le_bytes()].concat(),
        &directory_len.to_le_bytes(),
        &directory_at.to_le_bytes(),
        &[0; 2],
    ];
    let mut out = [0; 22];
    for (to, from) in out.iter_mut().zip(pieces.into_iter().flatten()) {
        *to = *from;
    }
    out
}
