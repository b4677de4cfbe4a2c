//! The files of one lot.

use std::path::{Path, PathBuf};

use kaibiao_ceremony::{KeyShare, StaticKey};
use kaibiao_crypto::{Entropy, Secret32};
use kaibiao_types::LotKey;
use zeroize::Zeroizing;

use super::lines::Opened;
use super::sealed::{self, Purpose, Slot};
use super::{Journal, KeyStore, KeyStoreError, LineFile, files};

/// The folder `<tender>/<lot>` of a key store.
#[derive(Debug)]
pub(crate) struct LotFolder<'a> {
    store: &'a KeyStore,
    path: PathBuf,
    place: String,
}

/// The public files of a lot: exact bytes, each written once.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(crate) enum Text {
    /// When the published tender was checked: milliseconds since the Unix epoch in decimal.
    AdoptedAt,
    /// The ceremony bundle of the published tender.
    Bundle,
    /// The ceremony record that this custodian signed.
    Ceremony,
    /// The draft that this custodian agreed to.
    Draft,
    /// The host's signature under the draft.
    DraftCms,
    /// The last head with the cosignatures that the hall showed.
    FinalHead,
    /// READY: no rehearsal is raised any more (ruling 15).
    Ready,
    /// The signed partial decryptions of the documents, as they were posted last.
    ReleasedDocuments,
    /// The signed partial decryptions of the prices, as they were posted last.
    ReleasedPrice,
    /// The one first-round message.
    Round1,
    /// The session of the key generation: 64 hexadecimal digits.
    Session,
    /// The published tender file.
    Tender,
    /// The host's signature under the tender file.
    TenderCms,
    /// The trust list by which this lot is judged.
    Trust,
}

/// What belongs to one key generation and is moved aside when a failed one is started anew.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(crate) enum Aside {
    /// The session was used before and was given up.
    Known,
    /// The session is new.
    New,
}

impl Text {
    const fn name(self) -> &'static str {
        match self {
            Self::AdoptedAt => "adopted-at",
            Self::Bundle => "ceremony-bundle.json",
            Self::Ceremony => "ceremony.json",
            Self::Draft => "draft.json",
            Self::DraftCms => "draft.p7s",
            Self::FinalHead => "final.note",
            Self::Ready => "ready",
            Self::ReleasedDocuments => "released-documents.json",
            Self::ReleasedPrice => "released-price.json",
            Self::Round1 => "round1.msg",
            Self::Session => "session",
            Self::Tender => "tender.json",
            Self::TenderCms => "tender.p7s",
            Self::Trust => "trust.json",
        }
    }
}

/// The files of one key generation. The session comes first: it is what the others belong to, so
/// it is the last to be written anew.
const OF_SESSION: [&str; 8] = [
    "round1.msg",
    "rehearsals",
    "ceremony.json",
    "static.key",
    "cosign.key",
    "draft.json",
    "draft.p7s",
    "session",
];

/// The most files of evidence that are kept for one lot.
const EVIDENCE_MAX: usize = 64;
/// How the names of tokens of time begin, which do not count among these.
const TOKEN: &str = "time-token-";

impl<'a> LotFolder<'a> {
    pub(super) fn open(store: &'a KeyStore, lot: &LotKey) -> Result<Self, KeyStoreError> {
        // Ids have no separators and no leading dot, so they cannot leave the store.
        let path = store.root().join(lot.tender.as_str()).join(lot.lot.as_str());
        files::make_folder(&path)?;
        Ok(Self { store, path, place: lot.to_string() })
    }

    /// A public file; `None` if it was not written.
    pub(crate) fn text(&self, text: Text) -> Result<Option<Vec<u8>>, KeyStoreError> {
        files::read(&self.path.join(text.name()))
    }

    /// Writes a public file, durably.
    pub(crate) fn put(&self, text: Text, bytes: &[u8]) -> Result<(), KeyStoreError> {
        files::write_whole(&self.path.join(text.name()), bytes)
    }

    /// The static key of the key generation.
    pub(crate) fn static_key(&self) -> Result<Option<StaticKey>, KeyStoreError> {
        let Some(bytes) = self.secret("static.key", Purpose::Static)? else { return Ok(None) };
        StaticKey::from_bytes(&bytes).map(Some).map_err(|e| self.damaged_file("static.key", e))
    }

    /// Stores the static key, before anything of it is sent. Under a token this is where the lot
    /// gets its key there.
    pub(crate) fn put_static_key(
        &self,
        key: &StaticKey,
        entropy: &mut dyn Entropy,
    ) -> Result<(), KeyStoreError> {
        self.store.guard().begin_lot(&self.place)?;
        self.put_secret("static.key", Purpose::Static, &*key.danger_bytes(), entropy)
    }

    /// The share of the ceremony key.
    pub(crate) fn share(&self) -> Result<Option<KeyShare>, KeyStoreError> {
        let Some(bytes) = self.secret("share.key", Purpose::Share)? else { return Ok(None) };
        KeyShare::from_bytes(&bytes).map(Some).map_err(|e| self.damaged_file("share.key", e))
    }

    /// Stores the share, before anything is done with it.
    pub(crate) fn put_share(
        &self,
        share: &KeyShare,
        entropy: &mut dyn Entropy,
    ) -> Result<(), KeyStoreError> {
        self.put_secret("share.key", Purpose::Share, &share.danger_bytes(), entropy)
    }

    /// The seed of the cosigning key.
    pub(crate) fn cosign_seed(&self) -> Result<Option<Secret32>, KeyStoreError> {
        let Some(bytes) = self.secret("cosign.key", Purpose::Cosign)? else { return Ok(None) };
        let mut seed = Zeroizing::new([0_u8; 32]);
        if bytes.len() != seed.len() {
            return Err(self.damaged_file("cosign.key", "a seed has 32 bytes"));
        }
        seed.copy_from_slice(&bytes);
        Ok(Some(Secret32::new(seed)))
    }

    /// Stores the seed of the cosigning key, before its public key is sent.
    pub(crate) fn put_cosign_seed(
        &self,
        seed: &Secret32,
        entropy: &mut dyn Entropy,
    ) -> Result<(), KeyStoreError> {
        self.put_secret("cosign.key", Purpose::Cosign, seed.expose(), entropy)
    }

    /// The journal.
    pub(crate) fn journal(&self) -> Result<Journal, KeyStoreError> {
        Journal::open(&self.path.join("journal.jsonl"))
    }

    /// The copy of the opening log, and its lines. A torn end is fetched again.
    pub(crate) fn log(&self) -> Result<(LineFile, Vec<Vec<u8>>), KeyStoreError> {
        let Opened { file, lines, .. } = LineFile::open(&self.path.join("log.jsonl"))?;
        Ok((file, lines))
    }

    /// Moves the copy of the opening log aside: `log.jsonl.bad`, the newest one of them.
    pub(crate) fn set_log_aside(&self) -> Result<(), KeyStoreError> {
        files::move_aside(&self.path.join("log.jsonl"), &self.path.join("log.jsonl.bad"))
    }

    /// The points that were raised in rehearsals, one in hexadecimal per line; from the second
    /// rehearsal on with a space and its number after it.
    pub(crate) fn rehearsals(&self) -> Result<(LineFile, Vec<Vec<u8>>), KeyStoreError> {
        let Opened { file, lines, .. } = LineFile::open(&self.path.join("rehearsals"))?;
        Ok((file, lines))
    }

    /// Whether a session was begun and given up before.
    pub(crate) fn aside(&self, session: &str) -> Aside {
        if self.path.join("aside").join(session).is_dir() { Aside::Known } else { Aside::New }
    }

    /// Moves everything of a key generation that gave no share into `aside/<session>`.
    ///
    /// # Errors
    ///
    /// [`KeyStoreError::Damaged`] if there is a share: it is never moved.
    pub(crate) fn set_aside(&self, session: &str) -> Result<(), KeyStoreError> {
        if files::read(&self.path.join("share.key"))?.is_some() {
            return Err(
                self.damaged_file("share.key", "a key generation with a share is not set aside")
            );
        }
        let aside = self.path.join("aside").join(session);
        files::make_folder(&aside)?;
        for name in OF_SESSION {
            files::move_aside(&self.path.join(name), &aside.join(name))?;
        }
        Ok(())
    }

    /// Destroys share, static key and released partial decryptions with the beginnings of such
    /// files, and every key of a session that was set aside. The cosigning key stays: the heads with
    /// the destruction entries are still to be cosigned. Under a token the lot's key there goes last,
    /// and with it whatever copies of these files there are.
    ///
    /// # Errors
    ///
    /// [`KeyStoreError`]; done again, it goes on where it was interrupted.
    pub(crate) fn destroy_share(&self) -> Result<(), KeyStoreError> {
        for name in ["share.key", "static.key"] {
            destroy_key(&self.path, name)?;
        }
        // With those of k custodians they open what was not handed out.
        for text in [Text::ReleasedDocuments, Text::ReleasedPrice] {
            destroy_key(&self.path, text.name())?;
        }
        let aside = self.path.join("aside");
        if aside.is_dir() {
            for session in files::names(&aside)? {
                for name in ["share.key", "static.key", "cosign.key"] {
                    destroy_key(&aside.join(&session), name)?;
                }
            }
        }
        self.store.guard().end_lot(&self.place)
    }

    /// Destroys the cosigning key.
    ///
    /// # Errors
    ///
    /// As [`Self::destroy_share`].
    pub(crate) fn destroy_cosign_key(&self) -> Result<(), KeyStoreError> {
        destroy_key(&self.path, "cosign.key")
    }

    /// Keeps bytes that prove what the hall did, under a name that says what they are.
    pub(crate) fn keep_evidence(&self, name: &str, bytes: &[u8]) -> Result<(), KeyStoreError> {
        let folder = self.path.join("evidence");
        files::make_folder(&folder)?;
        let path = folder.join(name);
        let heads = files::names(&folder)?;
        let heads = heads.iter().filter(|name| !name.starts_with(TOKEN)).count();
        if files::read(&path)?.is_some() || heads >= EVIDENCE_MAX {
            return Ok(());
        }
        files::write_whole(&path, bytes)
    }

    /// Keeps a token of time, whatever else is kept: the journal relies on it. Its name says which act
    /// it belongs to.
    ///
    /// # Errors
    ///
    /// [`KeyStoreError`] if it could not be kept.
    pub(crate) fn keep_token(&self, name: &str, bytes: &[u8]) -> Result<(), KeyStoreError> {
        let folder = self.path.join("evidence");
        files::make_folder(&folder)?;
        let path = folder.join(format!("{TOKEN}{name}.json"));
        if files::read(&path)?.is_some() { Ok(()) } else { files::write_whole(&path, bytes) }
    }

    fn secret(
        &self,
        name: &str,
        purpose: Purpose,
    ) -> Result<Option<Zeroizing<Vec<u8>>>, KeyStoreError> {
        sealed::read(&self.path.join(name), self.store.guard(), self.slot(purpose))
    }

    fn put_secret(
        &self,
        name: &str,
        purpose: Purpose,
        secret: &[u8],
        entropy: &mut dyn Entropy,
    ) -> Result<(), KeyStoreError> {
        let path = self.path.join(name);
        sealed::write(&path, self.store.guard(), self.slot(purpose), secret, entropy)
    }

    fn slot(&self, purpose: Purpose) -> Slot<'_> {
        Slot { purpose, place: &self.place }
    }

    /// A public file does not hold what was written.
    pub(crate) fn damaged(&self, text: Text, detail: impl core::fmt::Display) -> KeyStoreError {
        self.damaged_file(text.name(), detail)
    }

    fn damaged_file(&self, name: &str, detail: impl core::fmt::Display) -> KeyStoreError {
        KeyStoreError::damaged(&self.path.join(name), detail)
    }
}

/// Destroys a key file, and the new one that a crash may have left beside it.
fn destroy_key(folder: &Path, name: &str) -> Result<(), KeyStoreError> {
    files::destroy(&folder.join(format!("{name}.new")))?;
    files::destroy(&folder.join(name))
}
