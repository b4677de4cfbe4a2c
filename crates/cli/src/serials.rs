//! Numbers of which none is given twice, whatever happens to the process.

use std::fs::{self, File};
use std::io::Write;
use std::path::{Path, PathBuf};

use kaibiao_wire::Label;

use crate::failure::Failure;
use crate::{files, machine};

/// Bytes of the longest file with a number.
const FILE_MAX: usize = 32;

/// The numbers of one authority, kept in a folder that one process at a time may use.
#[derive(Debug)]
pub(crate) struct Serials {
    folder: PathBuf,
    next: u64,
    _lock: File,
}

impl Serials {
    /// Goes on where the folder says; a new folder begins at a random number, so that one that was
    /// lost repeats nothing either.
    pub(crate) fn open(folder: &Path) -> Result<Self, Failure> {
        files::private_folder(folder)?;
        let lock = lock(&folder.join("lock"))?;
        let path = folder.join("serial");
        let next = if path.exists() { read(&path)? } else { first()? };
        let serials = Self { folder: folder.to_owned(), next, _lock: lock };
        serials.store(next)?;
        Ok(serials)
    }

    /// A number that was never given and never will be again: the disk knows before the caller.
    pub(crate) fn take(&mut self) -> Result<u64, Failure> {
        let taken = self.next;
        let next =
            taken.checked_add(1).ok_or_else(|| Failure::internal("no serial number left"))?;
        self.store(next)?;
        self.next = next;
        Ok(taken)
    }

    fn store(&self, next: u64) -> Result<(), Failure> {
        let (temp, path) = (self.folder.join("serial.new"), self.folder.join("serial"));
        let written = File::create(&temp)
            .and_then(|mut file| {
                file.write_all(format!("{next}\n").as_bytes())?;
                file.sync_all()
            })
            .and_then(|()| fs::rename(&temp, &path))
            .and_then(|()| File::open(&self.folder)?.sync_all());
        written.map_err(|error| Failure::write(&path, &error))
    }
}

fn lock(path: &Path) -> Result<File, Failure> {
    let file = File::options().create(true).truncate(false).write(true).open(path);
    let file = file.map_err(|error| Failure::write(path, &error))?;
    file.try_lock().map_err(|error| Failure::write(path, &error))?;
    Ok(file)
}

fn read(path: &Path) -> Result<u64, Failure> {
    let text = files::read_text(path, FILE_MAX)?;
    let number = text.strip_suffix('\n').and_then(|digits| digits.parse().ok());
    number.ok_or_else(|| {
        let detail = format!("{}: no serial number; a new folder begins anew", path.display());
        Failure::new(Label::BadInput, detail)
    })
}

/// Positive, below 2^62: far from the end.
fn first() -> Result<u64, Failure> {
    let bytes: [u8; 16] = machine::random_bytes()?;
    let number = bytes.iter().take(8).fold(0_u64, |sum, byte| sum << 8 | u64::from(*byte));
    Ok((number >> 2).max(1))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn no_number_comes_twice() {
        let dir = tempfile::tempdir().unwrap();
        let folder = dir.path().join("authority");
        let mut serials = Serials::open(&folder).unwrap();
        let first = serials.take().unwrap();
        assert_eq!(serials.take().unwrap(), first + 1);
        let second = Serials::open(&folder).unwrap_err();
        assert_eq!(second.label(), Label::CannotWrite, "one process at a time");
        drop(serials);
        let mut again = Serials::open(&folder).unwrap();
        assert_eq!(again.take().unwrap(), first + 2);
        // The disk fails: no number is given, and none is lost.
        let disk = dir.path().join("elsewhere");
        fs::rename(&folder, &disk).unwrap();
        assert_eq!(again.take().unwrap_err().label(), Label::CannotWrite);
        fs::rename(&disk, &folder).unwrap();
        assert_eq!(again.take().unwrap(), first + 3);
        drop(again);
        for damaged in ["", "12", "12\n13\n", "-1\n", "x\n", "99999999999999999999999\n"] {
            fs::write(folder.join("serial"), damaged).unwrap();
            let label = Serials::open(&folder).unwrap_err().label();
            assert_eq!(label, Label::BadInput, "{damaged:?}");
        }
        fs::write(folder.join("serial"), format!("{}\n", u64::MAX)).unwrap();
        let mut last = Serials::open(&folder).unwrap();
        assert_eq!(last.take().unwrap_err().label(), Label::Internal);
    }
}
