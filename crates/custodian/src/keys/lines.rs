//! A file that only grows, line by line: the journal, and the copy of the opening log.

use std::fs::File;
use std::path::{Path, PathBuf};

use super::{KeyStoreError, files};

/// A file of lines, open for appending. Every line ends with a line feed; a line without one was
/// interrupted by a crash before anybody relied on it.
#[derive(Debug)]
pub(crate) struct LineFile {
    path: PathBuf,
    file: File,
}

/// What a file of lines held when it was opened.
#[derive(Debug)]
pub(crate) struct Opened {
    /// The file, ready for more.
    pub(crate) file: LineFile,
    /// The whole lines without line feeds.
    pub(crate) lines: Vec<Vec<u8>>,
    /// The torn end, now kept in `<name>.torn`.
    pub(crate) torn: Option<Vec<u8>>,
}

impl LineFile {
    /// Opens a file, makes it if it is not there, and moves a torn end aside.
    ///
    /// # Errors
    ///
    /// [`KeyStoreError`].
    pub(crate) fn open(path: &Path) -> Result<Opened, KeyStoreError> {
        let bytes = files::read(path)?.unwrap_or_default();
        let whole = bytes.iter().rposition(|byte| *byte == b'\n').map_or(0, |last| last + 1);
        let (kept, torn) = bytes.split_at_checked(whole).unwrap_or((&bytes, &[]));
        if !torn.is_empty() {
            // First keep the torn end, then cut it off: a crash in between only repeats this.
            let mut name = path.file_name().unwrap_or_default().to_owned();
            name.push(".torn");
            let aside = path.with_file_name(name);
            let mut file = files::open_append(&aside)?;
            files::append(&mut file, &aside, &[torn, b"\n"].concat())?;
            files::cut(path, u64::try_from(whole).unwrap_or(u64::MAX))?;
        }
        let lines = kept
            .split_inclusive(|byte| *byte == b'\n')
            .filter_map(|line| line.strip_suffix(b"\n"))
            .map(<[u8]>::to_vec)
            .collect();
        let file = Self { path: path.to_owned(), file: files::open_append(path)? };
        let torn = (!torn.is_empty()).then(|| torn.to_vec());
        Ok(Opened { file, lines, torn })
    }

    /// Appends lines in one write and waits until they are on the disk.
    ///
    /// # Errors
    ///
    /// [`KeyStoreError::Write`]: how much of it is there is unknown.
    pub(crate) fn append(&mut self, lines: &[&[u8]]) -> Result<(), KeyStoreError> {
        let mut bytes = Vec::new();
        for line in lines {
            bytes.extend_from_slice(line);
            bytes.push(b'\n');
        }
        files::append(&mut self.file, &self.path, &bytes)
    }

    /// The file's path.
    pub(crate) fn path(&self) -> &Path {
        &self.path
    }
}
