//! Recovery of a lost share from what is published about its ceremony (attack A8).

use kaibiao_ceremony::{CeremonyBundle, RecordError, RecoverError, recover};
use kaibiao_crypto::Entropy;
use kaibiao_custody::Holding;
use kaibiao_types::{CustodianIndex, LotKey};

use super::folder::Text;
use super::{KeyStore, KeyStoreError};

/// Why a share was not recovered. The key store is as it was.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum RecoverShareError {
    /// The bundle is malformed, or does not hold.
    #[error("the ceremony bundle does not hold")]
    Bundle(#[from] RecordError),
    /// The share was destroyed at the end of the opening, for good (ruling 17).
    #[error("the share of {0} was destroyed at the end of its opening")]
    Destroyed(LotKey),
    /// Without the static key nothing can be recovered.
    #[error("the key store has no static key for {0}")]
    NoStaticKey(LotKey),
    /// This custodian signed another ceremony for the lot.
    #[error("this custodian signed another ceremony for {0}")]
    OtherCeremony(LotKey),
    /// The share is there and whole.
    #[error("the share of {0} is not lost")]
    Present(LotKey),
    /// The transcript does not give the share back.
    #[error(transparent)]
    Recover(#[from] RecoverError),
    /// The key store.
    #[error(transparent)]
    Store(#[from] KeyStoreError),
}

impl RecoverShareError {
    /// The stable label.
    pub const fn label(&self) -> &'static str {
        match self {
            Self::Bundle(error) => error.label(),
            Self::Destroyed(_) => "E_DESTROYED",
            Self::NoStaticKey(_) => "E_RECOVER_KEY",
            Self::OtherCeremony(_) => "E_CEREMONY",
            Self::Present(_) => "E_KEYSTORE_EXISTS",
            Self::Recover(error) => error.label(),
            Self::Store(error) => error.label(),
        }
    }
}

impl KeyStore {
    /// Writes the share of a lot anew if it is lost or damaged: the static key in this store opens
    /// the encrypted shares of the published transcript. Nobody else is asked for anything.
    ///
    /// `bundle` are the exact bytes of the published ceremony bundle. No other process may use the
    /// store meanwhile. Gives the custodian's number in the ceremony.
    ///
    /// # Errors
    ///
    /// [`RecoverShareError`].
    pub fn recover_share(
        &self,
        bundle: &[u8],
        entropy: &mut dyn Entropy,
    ) -> Result<(LotKey, CustodianIndex), RecoverShareError> {
        let (bundle, record) = CeremonyBundle::parse(bundle)?;
        let lot = record.lot_key();
        if !self.lots()?.contains(&lot) {
            return Err(RecoverShareError::NoStaticKey(lot)); // and no folder is made
        }
        let folder = self.folder(&lot)?;
        if folder.journal()?.memory().holding() != Holding::Share {
            return Err(RecoverShareError::Destroyed(lot));
        }
        let signed = folder.text(Text::Ceremony)?;
        if signed.is_some_and(|signed| signed != bundle.ceremony_b64.0) {
            return Err(RecoverShareError::OtherCeremony(lot));
        }
        match folder.share() {
            Ok(Some(_)) => return Err(RecoverShareError::Present(lot)),
            Ok(None) | Err(KeyStoreError::Damaged { .. }) => {}
            Err(error) => return Err(error.into()),
        }
        let Some(key) = folder.static_key()? else {
            return Err(RecoverShareError::NoStaticKey(lot));
        };
        let share = recover(&key, &record, &bundle.transcript)?;
        folder.put_share(&share, entropy)?;
        Ok((lot, share.index()))
    }
}
