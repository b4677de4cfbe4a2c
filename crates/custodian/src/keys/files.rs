//! Files that survive a power cut, readable by their owner alone.

use std::fs::{self, File, OpenOptions};
use std::io::{ErrorKind, Read, Write};
use std::path::{Path, PathBuf};

use super::KeyStoreError;

/// The most bytes that any file of a key store has; the copy of an opening log is the largest.
const FILE_MAX: u64 = 4 << 30;

/// Makes a folder (mode 0700) and the ones above it, durably.
pub(super) fn make_folder(path: &Path) -> Result<(), KeyStoreError> {
    if path.is_dir() {
        return Ok(());
    }
    if let Some(above) = path.parent().filter(|above| !above.as_os_str().is_empty()) {
        make_folder(above)?;
    }
    let mut builder = fs::DirBuilder::new();
    #[cfg(unix)]
    std::os::unix::fs::DirBuilderExt::mode(&mut builder, 0o700);
    match builder.create(path) {
        Err(error) if error.kind() != ErrorKind::AlreadyExists => {
            Err(KeyStoreError::write(path)(error))
        }
        _ => sync_folder(path.parent().unwrap_or(path)),
    }
}

/// Refuses a folder that others than its owner may enter.
pub(super) fn check_private(path: &Path) -> Result<(), KeyStoreError> {
    #[cfg(unix)]
    {
        use std::os::unix::fs::PermissionsExt as _;
        let meta = fs::metadata(path).map_err(KeyStoreError::read(path))?;
        if meta.permissions().mode() & 0o077 != 0 {
            return Err(KeyStoreError::OpenToOthers(path.to_owned()));
        }
    }
    Ok(())
}

/// A whole file; `None` if there is none.
pub(super) fn read(path: &Path) -> Result<Option<Vec<u8>>, KeyStoreError> {
    let file = match File::open(path) {
        Ok(file) => file,
        Err(error) if error.kind() == ErrorKind::NotFound => return Ok(None),
        Err(error) => return Err(KeyStoreError::read(path)(error)),
    };
    let mut bytes = Vec::new();
    let mut bounded = file.take(FILE_MAX);
    bounded.read_to_end(&mut bytes).map_err(KeyStoreError::read(path))?;
    Ok(Some(bytes))
}

/// Puts a whole file in its place: after a crash there is the old one or the new one.
///
/// Temporary file, fsync, rename, fsync of the folder.
pub(super) fn write_whole(path: &Path, bytes: &[u8]) -> Result<(), KeyStoreError> {
    let mut name = path.file_name().unwrap_or_default().to_owned();
    name.push(".new");
    let temporary = path.with_file_name(name);
    let write = || -> std::io::Result<()> {
        let mut file =
            private(OpenOptions::new().write(true).create(true).truncate(true)).open(&temporary)?;
        file.write_all(bytes)?;
        file.sync_all()?;
        fs::rename(&temporary, path)
    };
    write().map_err(KeyStoreError::write(path))?;
    sync_folder(path.parent().unwrap_or(path))
}

/// Opens a file for appending, making it durably if it is not there.
pub(super) fn open_append(path: &Path) -> Result<File, KeyStoreError> {
    let file = private(OpenOptions::new().append(true).create(true))
        .open(path)
        .map_err(KeyStoreError::write(path))?;
    file.sync_all().map_err(KeyStoreError::write(path))?;
    sync_folder(path.parent().unwrap_or(path))?;
    Ok(file)
}

/// Appends bytes in one write and waits until they are on the disk.
pub(super) fn append(file: &mut File, path: &Path, bytes: &[u8]) -> Result<(), KeyStoreError> {
    file.write_all(bytes).and_then(|()| file.sync_data()).map_err(KeyStoreError::write(path))
}

/// Cuts a file to a length, durably.
pub(super) fn cut(path: &Path, len: u64) -> Result<(), KeyStoreError> {
    let file = OpenOptions::new().write(true).open(path).map_err(KeyStoreError::write(path))?;
    file.set_len(len).and_then(|()| file.sync_all()).map_err(KeyStoreError::write(path))
}

/// Moves a file of a folder into another one, if it is there.
pub(super) fn move_aside(from: &Path, to: &Path) -> Result<(), KeyStoreError> {
    match fs::rename(from, to) {
        Err(error) if error.kind() != ErrorKind::NotFound => {
            return Err(KeyStoreError::write(from)(error));
        }
        _ => {}
    }
    for path in [from, to] {
        sync_folder(path.parent().unwrap_or(path))?;
    }
    Ok(())
}

/// Destroys a file, if it is there: overwritten, cut to nothing and removed, each step on the disk
/// before the next. After a crash in between this is simply done again.
///
/// What an overwritten block is worth depends on the storage: `docs/spec/custodian.md`.
pub(super) fn destroy(path: &Path) -> Result<(), KeyStoreError> {
    let overwrite = || -> std::io::Result<()> {
        let mut file = OpenOptions::new().write(true).open(path)?;
        let mut zeros = std::io::repeat(0).take(file.metadata()?.len());
        std::io::copy(&mut zeros, &mut file)?;
        file.sync_all()?;
        file.set_len(0)?;
        file.sync_all()?;
        fs::remove_file(path)
    };
    match overwrite() {
        Err(error) if error.kind() == ErrorKind::NotFound => return Ok(()),
        result => result.map_err(KeyStoreError::write(path))?,
    }
    sync_folder(path.parent().unwrap_or(path))
}

/// The names in a folder, in order.
pub(super) fn names(path: &Path) -> Result<Vec<String>, KeyStoreError> {
    let mut names = Vec::new();
    for entry in fs::read_dir(path).map_err(KeyStoreError::read(path))? {
        let entry = entry.map_err(KeyStoreError::read(path))?;
        names.extend(entry.file_name().into_string());
    }
    names.sort();
    Ok(names)
}

/// Takes the lock of a key store; it is held as long as the file is open.
pub(super) fn lock(root: &Path) -> Result<File, KeyStoreError> {
    let path: PathBuf = root.join("lock");
    let file = private(OpenOptions::new().write(true).create(true).truncate(false))
        .open(&path)
        .map_err(KeyStoreError::write(&path))?;
    match file.try_lock() {
        Ok(()) => Ok(file),
        Err(fs::TryLockError::WouldBlock) => Err(KeyStoreError::Locked(root.to_owned())),
        Err(fs::TryLockError::Error(error)) => Err(KeyStoreError::read(&path)(error)),
    }
}

fn private(options: &mut OpenOptions) -> &mut OpenOptions {
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(options, 0o600);
    options
}

fn sync_folder(path: &Path) -> Result<(), KeyStoreError> {
    // A relative path of one part has an empty parent: the working folder.
    let path = if path.as_os_str().is_empty() { Path::new(".") } else { path };
    File::open(path).and_then(|folder| folder.sync_all()).map_err(KeyStoreError::write(path))
}
