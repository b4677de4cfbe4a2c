//! What a custodian is started with.

use std::fmt;
use std::path::Path;
use std::time::Duration;

use kaibiao_pki::{CertError, Identity, SignError, TrustListError};
use kaibiao_types::LotKey;
use ring::rand::SystemRandom;
use zeroize::Zeroizing;

use crate::{KeyStore, KeyStoreError};

/// What a custodian is started with.
pub struct Config {
    /// The address of the hall, such as `https://hall.example` or `http://127.0.0.1:8443`.
    pub hall: String,
    /// PEM of the certificates that may vouch for a hall at `https://…`. Those of the machine are not
    /// believed.
    pub tls_root: Option<Vec<u8>>,
    /// The opened key store.
    pub store: KeyStore,
    /// The custodian's certificate and key.
    pub identity: Identity,
    /// Exact bytes of the trust list (`trust.json`).
    pub trust: Vec<u8>,
    /// The one lot to serve; `None` for all lots in which the certificate has a seat.
    pub lot: Option<LotKey>,
    /// How often the hall is asked.
    pub pace: Pace,
}

/// How often the hall is asked about one lot.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub struct Pace {
    /// From 60 s before the deadline to the end of the opening, and while a ceremony moves on.
    pub near: Duration,
    /// Otherwise.
    pub far: Duration,
}

/// The shortest pace: a hall is not asked more than twenty times a second about a lot.
pub const PACE_MIN: Duration = Duration::from_millis(50);

impl Default for Pace {
    fn default() -> Self {
        Self { near: Duration::from_millis(250), far: Duration::from_secs(2) }
    }
}

impl Pace {
    /// One pace for everything, for demonstrations and tests; at least [`PACE_MIN`].
    pub fn steady(pace: Duration) -> Self {
        let pace = pace.max(PACE_MIN);
        Self { near: pace, far: pace }
    }

    pub(crate) fn bounded(self) -> Self {
        Self { near: self.near.max(PACE_MIN), far: self.far.max(PACE_MIN) }
    }
}

/// Why a custodian does not start, or stopped by itself.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum CustodianError {
    /// The custodian's certificate is not accepted by the trust list.
    #[error("the custodian's certificate is not accepted by the trust list")]
    Certificate(#[from] CertError),
    /// The client for the network could not be set up.
    #[error("the client for the network could not be set up")]
    Client(#[source] reqwest::Error),
    /// The address of the hall is not an http or https address without a path.
    #[error("{0:?} is not the address of a hall, such as https://hall.example")]
    Hall(String),
    /// An https address needs certificates that vouch for the hall, in PEM.
    #[error("no certificate is named that may vouch for the hall")]
    TlsRoot,
    /// A file of the identity cannot be read.
    #[error("{path} cannot be read")]
    IdentityFile {
        /// The file.
        path: std::path::PathBuf,
        /// Why.
        source: std::io::Error,
    },
    /// The identity is not usable.
    #[error("the custodian's certificate and key are not usable")]
    Identity(#[from] SignError),
    /// The key store. After [`KeyStoreError::Write`] the state on the disk is unknown: the process
    /// stops and reads everything again when it is started.
    #[error("the key store is not usable")]
    Store(#[from] KeyStoreError),
    /// The trust list is malformed.
    #[error("the trust list is not usable")]
    Trust(#[from] TrustListError),
}

impl CustodianError {
    /// The stable label.
    pub fn label(&self) -> &'static str {
        match self {
            Self::Certificate(error) => error.label(),
            Self::Client(_) => "E_CLIENT",
            Self::Hall(_) => "E_HALL_ADDRESS",
            Self::TlsRoot => "E_TLS_ROOT",
            Self::IdentityFile { .. } => "E_ID_READ",
            Self::Identity(error) => error.label(),
            Self::Store(error) => error.label(),
            Self::Trust(error) => error.label(),
        }
    }
}

/// Reads an identity from two PEM files; the key's text is wiped.
///
/// # Errors
///
/// [`CustodianError::IdentityFile`] or [`CustodianError::Identity`].
pub fn load_identity(chain: &Path, key: &Path) -> Result<Identity, CustodianError> {
    let read = |path: &Path| {
        std::fs::read_to_string(path)
            .map_err(|source| CustodianError::IdentityFile { path: path.to_owned(), source })
    };
    let chain_pem = read(chain)?;
    let key_pem = Zeroizing::new(read(key)?);
    Ok(Identity::from_pem(&chain_pem, &key_pem, &SystemRandom::new())?)
}

impl fmt::Debug for Config {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Config")
            .field("hall", &self.hall)
            .field("store", &self.store)
            .field("lot", &self.lot)
            .field("pace", &self.pace)
            .finish_non_exhaustive()
    }
}
