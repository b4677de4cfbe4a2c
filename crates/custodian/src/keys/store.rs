//! The key store as a whole: one folder, one protection, one process.

use core::fmt;
use std::fs::File;
use std::path::{Path, PathBuf};

use kaibiao_crypto::{Secret32, SecureEntropy};
use kaibiao_custody::Act;
use kaibiao_types::{LotId, LotKey, TenderId};
use ring::rand::SecureRandom;

use super::protection::Guard;
use super::sealed::{self, Purpose, Slot};
use super::{KeyStoreError, LotFolder, Protection, files, journal};

/// A custodian's key store: a folder that only its owner may enter. While it is open no other
/// process can use it.
pub struct KeyStore {
    root: PathBuf,
    guard: Guard,
    _lock: File,
}

/// The file that shows whether passphrase or token is right.
const CHECK: &str = "keystore.key";

/// What that file is of.
const CHECK_SLOT: Slot<'static> = Slot { purpose: Purpose::Check, place: "" };

impl KeyStore {
    /// Makes a key store in a folder that does not exist or is empty. Under a token its first key is
    /// made there.
    ///
    /// # Errors
    ///
    /// [`KeyStoreError::Exists`] if there is something already; [`KeyStoreError::OpenToOthers`] if
    /// the folder is there and others may enter it; [`KeyStoreError`] of disk or token.
    pub fn init(
        root: &Path,
        protection: impl Into<Protection>,
        random: &dyn SecureRandom,
    ) -> Result<Self, KeyStoreError> {
        files::make_folder(root)?;
        files::check_private(root)?;
        if !files::names(root)?.iter().all(|name| name == "lock") {
            return Err(KeyStoreError::Exists(root.to_owned()));
        }
        let lock = files::lock(root)?;
        let mut entropy = SecureEntropy(random);
        let check = Secret32::random(&mut entropy)?;
        let guard = Guard::fresh(protection.into(), &mut entropy)?;
        sealed::write(&root.join(CHECK), &guard, CHECK_SLOT, check.expose(), &mut entropy)?;
        Ok(Self { root: root.to_owned(), guard, _lock: lock })
    }

    /// Opens a key store and checks that passphrase or token is the one it was made with.
    ///
    /// # Errors
    ///
    /// [`KeyStoreError::Missing`], [`KeyStoreError::OpenToOthers`], [`KeyStoreError::Locked`],
    /// [`KeyStoreError::Passphrase`], [`KeyStoreError::Protection`], [`KeyStoreError::Token`] or
    /// another [`KeyStoreError`].
    pub fn open(root: &Path, protection: impl Into<Protection>) -> Result<Self, KeyStoreError> {
        let path = root.join(CHECK);
        if !path.is_file() {
            return Err(KeyStoreError::Missing(root.to_owned()));
        }
        files::check_private(root)?;
        let lock = files::lock(root)?;
        let guard = Guard::known(protection.into(), &path)?;
        match sealed::read(&path, &guard, CHECK_SLOT) {
            Ok(Some(_)) => Ok(Self { root: root.to_owned(), guard, _lock: lock }),
            Ok(None) => Err(KeyStoreError::Missing(root.to_owned())),
            // The tag does not tell a wrong passphrase from a changed file. The first is far more
            // often the case, and the text says "the passphrase does not open the key store".
            Err(KeyStoreError::Damaged { .. }) if sealed::looks_whole(&path)? => {
                Err(KeyStoreError::Passphrase(root.to_owned()))
            }
            Err(error) => Err(error),
        }
    }

    /// Opens the key store of a folder, or makes one if the folder has none.
    ///
    /// # Errors
    ///
    /// As [`Self::open`] and [`Self::init`].
    pub fn open_or_init(
        root: &Path,
        protection: impl Into<Protection>,
        random: &dyn SecureRandom,
    ) -> Result<Self, KeyStoreError> {
        if root.join(CHECK).is_file() {
            Self::open(root, protection)
        } else {
            Self::init(root, protection, random)
        }
    }

    /// The folder.
    pub fn root(&self) -> &Path {
        &self.root
    }

    /// The lots that this custodian has files of, in order.
    ///
    /// # Errors
    ///
    /// [`KeyStoreError::Read`].
    pub fn lots(&self) -> Result<Vec<LotKey>, KeyStoreError> {
        let mut lots = Vec::new();
        for tender in folders(&self.root)? {
            let Ok(id) = TenderId::parse(&tender) else { continue };
            for lot in folders(&self.root.join(&tender))? {
                let Ok(lot) = LotId::parse(&lot) else { continue };
                lots.push(LotKey { tender: id.clone(), lot });
            }
        }
        Ok(lots)
    }

    /// The journal of a lot, for people who look into it; a torn end is left out and left alone.
    ///
    /// # Errors
    ///
    /// [`KeyStoreError::Read`], or [`KeyStoreError::Damaged`] naming the line.
    pub fn journal(&self, lot: &LotKey) -> Result<Vec<Act>, KeyStoreError> {
        let folder = self.root.join(lot.tender.as_str()).join(lot.lot.as_str());
        let path = folder.join("journal.jsonl");
        journal::acts(&path, &files::read(&path)?.unwrap_or_default())
    }

    /// The folder of a lot.
    pub(crate) fn folder(&self, lot: &LotKey) -> Result<LotFolder<'_>, KeyStoreError> {
        LotFolder::open(self, lot)
    }

    pub(super) const fn guard(&self) -> &Guard {
        &self.guard
    }
}

fn folders(path: &Path) -> Result<Vec<String>, KeyStoreError> {
    let mut names = files::names(path)?;
    names.retain(|name| path.join(name).is_dir());
    Ok(names)
}

impl fmt::Debug for KeyStore {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("KeyStore").field("root", &self.root).finish_non_exhaustive()
    }
}
