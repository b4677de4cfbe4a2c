//! Reads a container. Every rule is checked before the content of any entry is looked at.

use std::collections::{BTreeMap, BTreeSet};
use std::io::{self, Read, Seek, SeekFrom};

use super::crc::Crc;
use super::name::is_name;
use super::{CENTRAL_LEN, END_LEN, Facts, central_header, end_record, local_header};
use crate::limits::{DIRECTORY_MAX, ENTRIES_MAX, ENTRY_MAX};

/// Why bytes are not a container of this form.
#[derive(Clone, Debug, Eq, PartialEq, thiserror::Error)]
#[non_exhaustive]
pub enum ZipFault {
    /// The content of an entry does not have its checksum.
    #[error("{0} does not have its checksum")]
    Checksum(String),
    /// The directory does not have the one form that the format allows.
    #[error("line {0} of the directory is not of the one form (stored, no link, no extra field)")]
    Directory(usize),
    /// Two names are equal, with or without regard to case.
    #[error("the file name {0} is there twice, at least without regard to case")]
    Duplicate(String),
    /// The end of the container is not a directory end without comment.
    #[error("the container does not end with its directory, or bytes follow it")]
    End,
    /// Bytes lie before, between or after the entries.
    #[error("{0} does not begin where the entry before it ends")]
    Gap(String),
    /// What stands before an entry is not what the directory says.
    #[error("what stands before {0} is not what the directory says")]
    Local(String),
    /// A name that is not allowed.
    #[error("name {0} of the directory is not allowed")]
    Name(usize),
    /// Larger than this format allows.
    #[error("the container is larger than the format allows")]
    TooLarge,
}

/// Why a file of a container was not read.
#[derive(Debug, thiserror::Error)]
pub(crate) enum ReadFault {
    #[error(transparent)]
    Fault(#[from] ZipFault),
    #[error("the package could not be read: {0}")]
    Io(#[from] io::Error),
}

/// A container whose whole structure was checked.
#[derive(Debug)]
pub(crate) struct Archive<R> {
    input: R,
    /// Names in the order of the container.
    names: Vec<String>,
    entries: BTreeMap<String, Entry>,
}

#[derive(Clone, Copy, Debug)]
struct Entry {
    content_at: u64,
    facts: Facts,
}

impl<R: Read + Seek> Archive<R> {
    /// Checks the structure.
    ///
    /// # Errors
    ///
    /// [`ReadFault`].
    pub(crate) fn open(mut input: R) -> Result<Self, ReadFault> {
        let (count, directory, directory_at) = read_directory(&mut input)?;
        let listed = parse_directory(&directory, count)?;
        let mut entries = BTreeMap::new();
        let mut names = Vec::new();
        let mut expected: u64 = 0;
        for (name, facts) in listed {
            let header = local_header(&name, facts);
            if u64::from(facts.offset) != expected {
                return Err(ZipFault::Gap(name).into());
            }
            let content_at = expected + u64::try_from(header.len()).unwrap_or(u64::MAX);
            expected = content_at + u64::from(facts.size);
            if expected > directory_at {
                return Err(ZipFault::Gap(name).into());
            }
            let mut found = vec![0; header.len()];
            input.seek(SeekFrom::Start(u64::from(facts.offset)))?;
            input.read_exact(&mut found)?;
            if found != header {
                return Err(ZipFault::Local(name).into());
            }
            names.push(name.clone());
            entries.insert(name, Entry { content_at, facts });
        }
        if expected == directory_at {
            Ok(Self { input, names, entries })
        } else {
            Err(ZipFault::End.into())
        }
    }

    /// The names in the order of the container.
    pub(crate) fn names(&self) -> &[String] {
        &self.names
    }

    /// Bytes of a file; `None` if there is none of this name.
    pub(crate) fn size(&self, name: &str) -> Option<u64> {
        self.entries.get(name).map(|entry| u64::from(entry.facts.size))
    }

    /// Hands the content of a file over piece by piece, and checks its checksum at the end. `false`
    /// if there is none of this name.
    ///
    /// # Errors
    ///
    /// [`ReadFault`].
    pub(crate) fn each(
        &mut self,
        name: &str,
        mut take: impl FnMut(&[u8]),
    ) -> Result<bool, ReadFault> {
        let Some(entry) = self.entries.get(name).copied() else { return Ok(false) };
        self.input.seek(SeekFrom::Start(entry.content_at))?;
        let mut left = usize::try_from(entry.facts.size).unwrap_or(usize::MAX);
        let mut buffer = vec![0; left.min(1 << 16)];
        let mut crc = Crc::new();
        while left > 0 {
            let piece = buffer.get_mut(..left.min(1 << 16)).unwrap_or_default();
            self.input.read_exact(piece)?;
            crc.update(piece);
            take(piece);
            left -= piece.len();
        }
        if crc.finish() == entry.facts.crc {
            Ok(true)
        } else {
            Err(ZipFault::Checksum(name.to_owned()).into())
        }
    }
}

/// Number of entries, exact bytes and position of the directory.
fn read_directory(input: &mut (impl Read + Seek)) -> Result<(u16, Vec<u8>, u64), ReadFault> {
    let length = input.seek(SeekFrom::End(0))?;
    let end_at = length.checked_sub(END_LEN).ok_or(ZipFault::End)?;
    let mut end = [0; 22];
    input.seek(SeekFrom::Start(end_at))?;
    input.read_exact(&mut end)?;
    let (count, size, at) = (u16_at(&end, 10), u32_at(&end, 12), u32_at(&end, 16));
    if end != end_record(count, size, at) || u64::from(size) + u64::from(at) != end_at {
        return Err(ZipFault::End.into());
    }
    if usize::from(count) > ENTRIES_MAX || u64::from(size) > DIRECTORY_MAX {
        return Err(ZipFault::TooLarge.into());
    }
    let mut directory = vec![0; usize::try_from(size).unwrap_or(usize::MAX)];
    input.seek(SeekFrom::Start(u64::from(at)))?;
    input.read_exact(&mut directory)?;
    Ok((count, directory, u64::from(at)))
}

/// Names and facts of all entries; every line is compared with the one form it may have.
fn parse_directory(mut directory: &[u8], count: u16) -> Result<Vec<(String, Facts)>, ZipFault> {
    let mut out = Vec::new();
    let mut seen = BTreeSet::new();
    for number in 1..=usize::from(count) {
        let wrong = || ZipFault::Directory(number);
        let fixed = directory.get(..CENTRAL_LEN).ok_or_else(wrong)?;
        let name_len = usize::from(u16_at(fixed, 28));
        let line = directory.get(..CENTRAL_LEN + name_len).ok_or_else(wrong)?;
        let name = line.get(CENTRAL_LEN..).and_then(|name| core::str::from_utf8(name).ok());
        let name = name.filter(|name| is_name(name)).ok_or(ZipFault::Name(number))?;
        let facts =
            Facts { crc: u32_at(fixed, 16), size: u32_at(fixed, 24), offset: u32_at(fixed, 42) };
        if line != central_header(name, facts) {
            return Err(wrong());
        }
        if u64::from(facts.size) > ENTRY_MAX || u64::from(facts.offset) > ENTRY_MAX {
            return Err(ZipFault::TooLarge);
        }
        if !seen.insert(name.to_ascii_lowercase()) {
            return Err(ZipFault::Duplicate(name.to_owned()));
        }
        out.push((name.to_owned(), facts));
        directory = directory.get(line.len()..).unwrap_or_default();
    }
    if directory.is_empty() { Ok(out) } else { Err(ZipFault::End) }
}

fn u16_at(bytes: &[u8], at: usize) -> u16 {
    let found = bytes.get(at..).and_then(<[u8]>::first_chunk);
    found.map_or(0, |bytes| u16::from_le_bytes(*bytes))
}

fn u32_at(bytes: &[u8], at: usize) -> u32 {
    let found = bytes.get(at..).and_then(<[u8]>::first_chunk);
    found.map_or(0, |bytes| u32::from_le_bytes(*bytes))
}

#[cfg(test)]
mod tests;
