//! Writes a container.

use std::collections::BTreeSet;
use std::io::{self, Write};

use super::crc::crc32;
use super::name::is_name;
use super::{Facts, LOCAL_LEN, central_header, end_record, local_header};
use crate::limits::{ENTRIES_MAX, ENTRY_MAX};

/// Why a container was not written.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum ZipWriteError {
    /// More than 65,534 files.
    #[error("{0} files are too many for one package")]
    Entries(usize),
    /// The output could not be written.
    #[error("the package could not be written")]
    Io(#[from] io::Error),
    /// A file name that the format does not allow, or one that another one equals without regard to
    /// case.
    #[error("the file name {0:?} is not allowed, or is there twice")]
    Name(String),
    /// The package would be 4 GiB or longer.
    #[error("the package would be longer than 4 GiB")]
    TooLarge,
}

impl ZipWriteError {
    /// The stable label.
    pub const fn label(&self) -> &'static str {
        match self {
            Self::Entries(_) => "E_PACKAGE_ENTRIES",
            Self::Io(_) => "E_PACKAGE_WRITE",
            Self::Name(_) => "E_PACKAGE_NAME",
            Self::TooLarge => "E_PACKAGE_TOO_LARGE",
        }
    }
}

/// Writes files in the given order.
///
/// # Errors
///
/// [`ZipWriteError`]; what was written to `out` must then be thrown away.
pub(crate) fn write(files: &[(&str, &[u8])], out: &mut dyn Write) -> Result<(), ZipWriteError> {
    let count = u16::try_from(files.len()).ok().filter(|_| files.len() <= ENTRIES_MAX);
    let count = count.ok_or(ZipWriteError::Entries(files.len()))?;
    let mut names = BTreeSet::new();
    let mut directory = Vec::new();
    let mut offset: u64 = 0;
    for (name, content) in files {
        if !is_name(name) || !names.insert(name.to_ascii_lowercase()) {
            return Err(ZipWriteError::Name((*name).to_owned()));
        }
        let facts = Facts {
            crc: crc32(content),
            size: narrow(u64::try_from(content.len()).unwrap_or(u64::MAX))?,
            offset: narrow(offset)?,
        };
        out.write_all(&local_header(name, facts))?;
        out.write_all(content)?;
        directory.extend_from_slice(&central_header(name, facts));
        let name_len = u64::try_from(name.len()).unwrap_or(u64::MAX);
        offset += LOCAL_LEN + name_len + u64::from(facts.size);
    }
    let length = narrow(u64::try_from(directory.len()).unwrap_or(u64::MAX))?;
    let end = end_record(count, length, narrow(offset)?);
    out.write_all(&directory)?;
    out.write_all(&end)?;
    Ok(out.flush()?)
}

/// A length or offset in 32 bits, below the mark of the larger form.
fn narrow(value: u64) -> Result<u32, ZipWriteError> {
    let small = u32::try_from(value).ok().filter(|_| value <= ENTRY_MAX);
    small.ok_or(ZipWriteError::TooLarge)
}
