//! The certificate under which the hall is reached.
//!
//! It has nothing to do with the certificate that signs receipts: it only keeps the line.

use std::fs::{self, DirBuilder, OpenOptions};
use std::io::{self, Write as _};
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::{Duration, SystemTime};

use kaibiao_types::Digest;
use rcgen::{CertificateParams, ExtendedKeyUsagePurpose, KeyPair, KeyUsagePurpose};
use ring::digest::{SHA256, digest};
use rustls::ServerConfig;
use rustls::crypto::ring as provider;
use rustls::pki_types::pem::PemObject as _;
use rustls::pki_types::{CertificateDer, PrivateKeyDer};

/// How long a certificate of our own making is good: what is for trials need not last.
const TRIAL: Duration = Duration::from_hours(24 * 365);

/// Why there is no TLS.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum TlsError {
    /// The chain is not PEM, or is empty.
    #[error("the TLS certificate is no chain of certificates in PEM")]
    Chain,
    /// The key is not an unencrypted private key in PEM.
    #[error("the TLS key is no unencrypted private key in PEM")]
    Key,
    /// Certificate and key do not fit together, or cannot serve.
    #[error("certificate and key cannot serve TLS")]
    Unfit(#[source] rustls::Error),
    /// A certificate could not be made.
    #[error("no certificate could be made")]
    Make(#[source] rcgen::Error),
    /// The made certificate cannot be kept or read.
    #[error("the certificate in {} cannot be kept", .0.display())]
    Keep(PathBuf, #[source] io::Error),
}

/// A certificate and its key, ready to serve.
#[derive(Clone, Debug)]
pub struct Tls {
    config: Arc<ServerConfig>,
    sha256: Digest,
    trial: bool,
}

impl Tls {
    /// Reads a chain, the certificate of the hall first, and its key, both PEM.
    ///
    /// # Errors
    ///
    /// [`TlsError::Chain`], [`TlsError::Key`], [`TlsError::Unfit`].
    pub fn from_pem(chain: &[u8], key: &[u8]) -> Result<Self, TlsError> {
        let chain: Result<Vec<_>, _> = CertificateDer::pem_slice_iter(chain).collect();
        let chain = chain.map_err(|_| TlsError::Chain)?;
        let first = chain.first().ok_or(TlsError::Chain)?;
        let sha256: [u8; 32] =
            digest(&SHA256, first).as_ref().try_into().map_err(|_| TlsError::Chain)?;
        let key = PrivateKeyDer::from_pem_slice(key).map_err(|_| TlsError::Key)?;
        let mut config =
            ServerConfig::builder_with_provider(Arc::new(provider::default_provider()))
                .with_safe_default_protocol_versions()
                .and_then(|builder| builder.with_no_client_auth().with_single_cert(chain, key))
                .map_err(TlsError::Unfit)?;
        config.alpn_protocols = vec![b"http/1.1".to_vec()];
        // Who comes back after a cut needs no whole handshake, and we keep nothing for it.
        config.ticketer = provider::Ticketer::new().map_err(TlsError::Unfit)?;
        config.send_tls13_tickets = 1;
        Ok(Self { config: Arc::new(config), sha256: Digest::new(sha256), trial: false })
    }

    /// The certificate for trials that belongs to a data folder: made once for these names, kept in a
    /// folder beside it whose name ends in `.tls`.
    ///
    /// # Errors
    ///
    /// [`TlsError`].
    pub fn self_signed(data: &Path, names: Vec<String>) -> Result<Self, TlsError> {
        let folder = trial_folder(data);
        let (chain, key) = (folder.join("cert.pem"), folder.join("key.pem"));
        let keep = |error| TlsError::Keep(folder.clone(), error);
        if !chain.exists() {
            let (cert_pem, key_pem) = make(names).map_err(TlsError::Make)?;
            private_folder(&folder).map_err(keep)?;
            write(&key, &key_pem).map_err(keep)?;
            write(&chain, &cert_pem).map_err(keep)?;
        }
        let (chain, key) = (fs::read(chain).map_err(keep)?, fs::read(key).map_err(keep)?);
        Ok(Self { trial: true, ..Self::from_pem(&chain, &key)? })
    }

    /// SHA-256 of the certificate (DER), for people to compare.
    pub const fn sha256(&self) -> Digest {
        self.sha256
    }

    pub(crate) fn acceptor(&self) -> tokio_rustls::TlsAcceptor {
        Arc::clone(&self.config).into()
    }

    /// Whether it is a certificate of our own making. A browser that was told to insist on TLS would
    /// not let anybody past it.
    pub(crate) const fn is_trial(&self) -> bool {
        self.trial
    }
}

/// Where [`Tls::self_signed`] keeps the certificate (`cert.pem`) of a data folder.
pub fn trial_folder(data: &Path) -> PathBuf {
    let mut name = data.as_os_str().to_owned();
    name.push(".tls");
    name.into()
}

fn make(names: Vec<String>) -> Result<(String, String), rcgen::Error> {
    let key = KeyPair::generate()?;
    let mut params = CertificateParams::new(names)?;
    params.not_before = SystemTime::now().into();
    params.not_after = (SystemTime::now() + TRIAL).into();
    params.key_usages = vec![KeyUsagePurpose::DigitalSignature];
    params.extended_key_usages = vec![ExtendedKeyUsagePurpose::ServerAuth];
    Ok((params.self_signed(&key)?.pem(), key.serialize_pem()))
}

fn private_folder(folder: &Path) -> io::Result<()> {
    let mut builder = DirBuilder::new();
    builder.recursive(true);
    #[cfg(unix)]
    std::os::unix::fs::DirBuilderExt::mode(&mut builder, 0o700);
    builder.create(folder)
}

/// Whole or not at all: the certificate, which is written last, says that both are there.
fn write(path: &Path, text: &str) -> io::Result<()> {
    let part = path.with_extension("part");
    let mut options = OpenOptions::new();
    options.write(true).create(true).truncate(true);
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
    let mut file = options.open(&part)?;
    file.write_all(text.as_bytes())?;
    file.sync_all()?;
    fs::rename(part, path)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_trial_certificate_is_made_once() {
        let folder = tempfile::tempdir().unwrap();
        let data = folder.path().join("hall");
        let names = || vec!["localhost".to_owned(), "127.0.0.1".to_owned()];
        let made = Tls::self_signed(&data, names()).unwrap();
        assert!(made.is_trial());
        let again = Tls::self_signed(&data, Vec::new()).unwrap();
        assert_eq!(made.sha256(), again.sha256());
        let kept: Vec<_> = fs::read_dir(trial_folder(&data)).unwrap().collect();
        assert_eq!(kept.len(), 2);
        #[cfg(unix)]
        {
            use std::os::unix::fs::PermissionsExt as _;
            let key = fs::metadata(trial_folder(&data).join("key.pem")).unwrap();
            assert_eq!(key.permissions().mode() & 0o777, 0o600);
        }
        assert!(!data.exists());
    }

    #[test]
    fn what_cannot_serve_is_refused() {
        let (cert, key) = make(vec!["hall".to_owned()]).unwrap();
        let (_, other) = make(vec!["hall".to_owned()]).unwrap();
        assert!(!Tls::from_pem(cert.as_bytes(), key.as_bytes()).unwrap().is_trial());
        for (chain, key, why) in [
            ("", key.as_str(), "no chain"),
            (key.as_str(), key.as_str(), "no chain"),
            (cert.as_str(), "", "no unencrypted"),
            (cert.as_str(), cert.as_str(), "no unencrypted"),
            (cert.as_str(), other.as_str(), "cannot serve"),
        ] {
            let refused = Tls::from_pem(chain.as_bytes(), key.as_bytes()).unwrap_err().to_string();
            assert!(refused.contains(why), "{refused}");
        }
        let folder = tempfile::tempdir().unwrap();
        let data = folder.path().join("hall");
        fs::write(trial_folder(&data), "in the way").unwrap();
        assert!(matches!(Tls::self_signed(&data, Vec::new()), Err(TlsError::Keep(..))));
    }
}
