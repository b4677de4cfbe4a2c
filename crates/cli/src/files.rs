//! Reading with limits; writing whole or not at all.

use std::fs::{self, DirBuilder, File};
use std::io::{self, Read, Write};
use std::path::{Path, PathBuf};

use kaibiao_wire::Label;

use crate::failure::Failure;
use crate::machine;

/// Reads a whole file of at most `max` bytes.
pub(crate) fn read(path: &Path, max: usize) -> Result<Vec<u8>, Failure> {
    let failed = |error: io::Error| Failure::read(path, &error);
    let mut bytes = Vec::new();
    let limit = u64::try_from(max).unwrap_or(u64::MAX).saturating_add(1);
    File::open(path).and_then(|file| file.take(limit).read_to_end(&mut bytes)).map_err(failed)?;
    if bytes.len() > max {
        let detail = format!("{}: longer than {max} bytes", path.display());
        return Err(Failure::new(Label::TooLarge, detail));
    }
    Ok(bytes)
}

/// Reads a text file of at most `max` bytes.
pub(crate) fn read_text(path: &Path, max: usize) -> Result<String, Failure> {
    String::from_utf8(read(path, max)?)
        .map_err(|_| Failure::new(Label::BadInput, format!("{}: not UTF-8 text", path.display())))
}

/// Writes a new file: a temporary file beside it, made durable, then named. An existing file is
/// never replaced.
pub(crate) fn write_new(path: &Path, bytes: &[u8]) -> Result<(), Failure> {
    refuse_existing(path)?;
    let temp = TempFile::beside(path)?;
    write_durably(temp.path(), bytes).map_err(|error| Failure::write(path, &error))?;
    temp.name(path)
}

/// Writes a file whole in the place of the one of this name, if there is one: whoever reads it, even
/// after a power cut, reads the old bytes or the new ones.
pub(crate) fn replace(path: &Path, bytes: &[u8]) -> Result<(), Failure> {
    let temp = TempFile::beside(path)?;
    write_durably(temp.path(), bytes)
        .and_then(|()| fs::rename(temp.path(), path))
        .and_then(|()| sync_name(path))
        .map_err(|error| Failure::write(path, &error))
}

/// The name of a file that is being written; what was written is removed unless it gets its name.
#[derive(Debug)]
pub(crate) struct TempFile(PathBuf);

impl TempFile {
    /// An unused name beside a file.
    pub(crate) fn beside(path: &Path) -> Result<Self, Failure> {
        sibling(path).map(Self)
    }

    /// Where to write.
    pub(crate) fn path(&self) -> &Path {
        &self.0
    }

    /// Gives the complete file its name.
    pub(crate) fn name(self, path: &Path) -> Result<(), Failure> {
        refuse_existing(path)?;
        fs::rename(&self.0, path)
            .and_then(|()| sync_name(path))
            .map_err(|error| Failure::write(path, &error))
    }
}

impl Drop for TempFile {
    fn drop(&mut self) {
        // After the rename, or if nothing was written, there is nothing to remove.
        drop(fs::remove_file(&self.0));
    }
}

/// Makes the name of a file or folder outlast a power cut.
fn sync_name(path: &Path) -> io::Result<()> {
    let parent = path.parent().filter(|parent| !parent.as_os_str().is_empty());
    File::open(parent.unwrap_or(Path::new(".")))?.sync_all()
}

/// As [`write_new`]; a file that exists with the very same bytes is left as it is.
pub(crate) fn write_same(path: &Path, bytes: &[u8]) -> Result<(), Failure> {
    match fs::read(path) {
        Ok(found) if found == bytes => Ok(()),
        _ => write_new(path, bytes),
    }
}

/// Writes bytes to a new file and waits until the disk has them.
pub(crate) fn write_durably(path: &Path, bytes: &[u8]) -> io::Result<()> {
    let mut file = File::create_new(path)?;
    file.write_all(bytes)?;
    file.sync_all()
}

fn refuse_existing(path: &Path) -> Result<(), Failure> {
    match fs::symlink_metadata(path) {
        Ok(_) => {
            let detail = format!("{}: exists already and is not replaced", path.display());
            Err(Failure::new(Label::CannotWrite, detail))
        }
        Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(()),
        Err(error) => Err(Failure::write(path, &error)),
    }
}

/// An unused name in the same folder.
fn sibling(path: &Path) -> Result<PathBuf, Failure> {
    let name = path.file_name().ok_or_else(|| {
        Failure::new(Label::CannotWrite, format!("{}: names no file", path.display()))
    })?;
    let mut temp = std::ffi::OsString::from(".");
    temp.push(name);
    temp.push(format!(".{}.part", machine::random_id()?));
    Ok(path.with_file_name(temp))
}

/// A folder that is written under a temporary name and appears only when it is complete.
#[derive(Debug)]
pub(crate) struct NewFolder {
    temp: PathBuf,
    target: PathBuf,
    complete: bool,
}

impl NewFolder {
    /// Begins a folder at `target`, which must not exist.
    pub(crate) fn begin(target: &Path) -> Result<Self, Failure> {
        refuse_existing(target)?;
        let temp = sibling(target)?;
        if let Some(parent) = target.parent().filter(|parent| !parent.as_os_str().is_empty()) {
            fs::create_dir_all(parent).map_err(|error| Failure::write(parent, &error))?;
        }
        fs::create_dir(&temp).map_err(|error| Failure::write(target, &error))?;
        Ok(Self { temp, target: target.to_owned(), complete: false })
    }

    /// The path of a file while the folder is being written.
    pub(crate) fn file(&self, name: &str) -> PathBuf {
        self.temp.join(name)
    }

    /// Writes one file.
    pub(crate) fn write(&self, name: &str, bytes: &[u8]) -> Result<(), Failure> {
        let path = self.file(name);
        write_durably(&path, bytes).map_err(|error| Failure::write(&path, &error))
    }

    /// Gives the folder its name.
    pub(crate) fn commit(mut self) -> Result<(), Failure> {
        refuse_existing(&self.target)?;
        // The names of the files, and then the name of the folder, outlast a power cut.
        File::open(&self.temp)
            .and_then(|folder| folder.sync_all())
            .and_then(|()| fs::rename(&self.temp, &self.target))
            .map_err(|error| Failure::write(&self.target, &error))?;
        self.complete = true;
        sync_name(&self.target).map_err(|error| Failure::write(&self.target, &error))
    }
}

impl Drop for NewFolder {
    fn drop(&mut self) {
        if !self.complete {
            // What was begun is thrown away; a folder that cannot be removed is left under its
            // temporary name.
            drop(fs::remove_dir_all(&self.temp));
        }
    }
}

/// Creates a folder, and those above it, that only this user may enter.
pub(crate) fn private_folder(path: &Path) -> Result<(), Failure> {
    let mut builder = DirBuilder::new();
    builder.recursive(true);
    #[cfg(unix)]
    std::os::unix::fs::DirBuilderExt::mode(&mut builder, 0o700);
    builder.create(path).map_err(|error| Failure::write(path, &error))
}

/// Writes a new file that only this user may read.
pub(crate) fn write_private(path: &Path, bytes: &[u8]) -> Result<(), Failure> {
    let mut options = File::options();
    options.write(true).create_new(true);
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
    let written = options.open(path).and_then(|mut file| {
        file.write_all(bytes)?;
        file.sync_all()
    });
    written.map_err(|error| Failure::write(path, &error))
}

/// Refuses a path that exists, before work is done for it.
pub(crate) fn expect_absent(path: &Path) -> Result<(), Failure> {
    refuse_existing(path)
}
