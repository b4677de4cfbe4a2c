//! The intake key: without it the pool is noise.

use core::fmt;
use std::fs::{self, File, OpenOptions};
use std::io::{self, Read as _, Write as _};
use std::os::unix::fs::OpenOptionsExt as _;
use std::path::{Path, PathBuf};

use kaibiao_crypto::{AeadKey, SUITE_1};
use ring::rand::{SecureRandom as _, SystemRandom};
use zeroize::Zeroizing;

use crate::error::OpenError;
use crate::open::{sync_dir, uses_pool};

/// 32 random bytes. Its file must be kept apart from the data of the hall and from their backups
/// (ruling 25): whoever has both can tell who has handed in a bid.
pub struct IntakeKey(Zeroizing<[u8; 32]>);

impl fmt::Debug for IntakeKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("IntakeKey(..)")
    }
}

impl IntakeKey {
    /// Wraps a key.
    #[must_use]
    pub fn new(bytes: [u8; 32]) -> Self {
        Self(Zeroizing::new(bytes))
    }

    /// The key in the file at `path`: 64 hexadecimal digits and a line feed. If there is no such file
    /// and the pool of the store in `data` was never used, a new key is drawn and kept there, mode 0600.
    ///
    /// # Errors
    ///
    /// [`OpenError::NoKey`] if the file is gone and bids were taken in under it, [`OpenError::BadKey`]
    /// if it holds something else, [`OpenError::Files`].
    pub fn of_file(path: &Path, data: &Path) -> Result<Self, OpenError> {
        let files = |error: io::Error| OpenError::Files {
            doing: "read the intake key",
            source: error.into(),
        };
        match File::open(path) {
            Ok(file) => {
                let mut text = Zeroizing::new(String::new());
                let read = file.take(66).read_to_string(&mut text);
                let bad = || OpenError::BadKey { path: path.to_owned() };
                read.map_err(|_| bad())?;
                parse(&text).ok_or_else(bad)
            }
            Err(error) if error.kind() == io::ErrorKind::NotFound => {
                if uses_pool(data).map_err(files)? {
                    return Err(OpenError::NoKey { path: path.to_owned() });
                }
                Self::make(path)
            }
            Err(error) => Err(files(error)),
        }
    }

    fn make(path: &Path) -> Result<Self, OpenError> {
        let files = |error: io::Error| OpenError::Files {
            doing: "keep a new intake key",
            source: error.into(),
        };
        let mut bytes = Zeroizing::new([0; 32]);
        SystemRandom::new()
            .fill(bytes.as_mut_slice())
            .map_err(|_| files(io::Error::other("the source of randomness failed")))?;
        let mut text = Zeroizing::new(String::with_capacity(65));
        for byte in bytes.iter() {
            for digit in [byte >> 4, byte & 15] {
                text.extend(char::from_digit(digit.into(), 16));
            }
        }
        text.push('\n');
        let folder = path.parent().filter(|folder| !folder.as_os_str().is_empty());
        let folder = folder.map_or_else(|| PathBuf::from("."), Path::to_owned);
        fs::create_dir_all(&folder).map_err(files)?;
        // Whole under its name or not at all: half of a key is no key.
        let temporary = path.with_extension("new");
        let mut file = OpenOptions::new()
            .write(true)
            .create(true)
            .truncate(true)
            .mode(0o600)
            .open(&temporary)
            .map_err(files)?;
        file.write_all(text.as_bytes()).and_then(|()| file.sync_all()).map_err(files)?;
        fs::rename(&temporary, path).and_then(|()| sync_dir(&folder)).map_err(files)?;
        Ok(Self(bytes))
    }

    /// Tells this key from others, and nothing else of it.
    pub(crate) fn mark(&self) -> [u8; 16] {
        let mut mark = [0; 16];
        self.expand(b"mark", &mut mark);
        mark
    }

    /// The key of the frames.
    pub(crate) fn frames(&self) -> AeadKey {
        let mut key = Zeroizing::new([0; 32]);
        self.expand(b"frames", key.as_mut_slice());
        SUITE_1.aead(&key)
    }

    fn expand(&self, what: &[u8], out: &mut [u8]) {
        let secret = SUITE_1.hkdf_extract(b"kaibiao pool v1", &[self.0.as_slice()]);
        SUITE_1.hkdf_expand(&secret, &[what], out);
    }
}

fn parse(text: &str) -> Option<IntakeKey> {
    let digits: &[u8; 64] = text.strip_suffix('\n').unwrap_or(text).as_bytes().try_into().ok()?;
    let mut key = IntakeKey::new([0; 32]);
    for (byte, pair) in key.0.iter_mut().zip(digits.chunks_exact(2)) {
        for digit in pair {
            let digit = char::from(*digit).to_digit(16)?;
            *byte = *byte << 4 | u8::try_from(digit).ok()?;
        }
    }
    Some(key)
}

#[cfg(test)]
mod tests {
    use std::os::unix::fs::PermissionsExt as _;

    use super::*;

    #[test]
    fn a_key_is_made_once_and_read_ever_after() {
        let dir = tempfile::tempdir().unwrap();
        let (path, data) = (dir.path().join("keys/hall.key"), dir.path().join("hall"));
        let key = IntakeKey::of_file(&path, &data).unwrap();
        assert_eq!(fs::metadata(&path).unwrap().permissions().mode() & 0o777, 0o600);
        assert_eq!(*IntakeKey::of_file(&path, &data).unwrap().0, *key.0);
        assert!(!fs::exists(dir.path().join("keys/hall.new")).unwrap());
        let other = IntakeKey::of_file(&dir.path().join("other"), &data).unwrap();
        assert_ne!(*other.0, *key.0);
        assert_ne!(other.mark(), key.mark());
        assert_eq!(format!("{key:?}"), "IntakeKey(..)");
    }

    #[test]
    fn what_is_no_key_is_refused_and_left_as_it_is() {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("key");
        let bad = ["", "\n", "00", &"0".repeat(63), &"0".repeat(65), &"g".repeat(64), "é"];
        for text in bad {
            fs::write(&path, text).unwrap();
            let read = IntakeKey::of_file(&path, dir.path());
            assert!(matches!(read, Err(OpenError::BadKey { .. })), "{text}");
            assert_eq!(fs::read_to_string(&path).unwrap(), text);
        }
        fs::write(&path, [0xff; 64]).unwrap();
        assert!(IntakeKey::of_file(&path, dir.path()).is_err());
        fs::write(&path, "0f".repeat(32)).unwrap();
        assert_eq!(*IntakeKey::of_file(&path, dir.path()).unwrap().0, [15; 32]);
    }

    #[test]
    fn a_key_that_is_gone_is_not_made_anew_over_bids() {
        let dir = tempfile::tempdir().unwrap();
        fs::create_dir(dir.path().join("pool")).unwrap();
        let path = dir.path().join("key");
        fs::write(dir.path().join("pool").join("0".repeat(32)), b"").unwrap();
        assert!(matches!(IntakeKey::of_file(&path, dir.path()), Err(OpenError::NoKey { .. })));
        assert!(!path.exists());
    }
}
