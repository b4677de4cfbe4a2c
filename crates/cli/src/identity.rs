//! Certificates, keys and trust lists of the person at this machine.

use std::path::Path;
use std::sync::Arc;

use kaibiao_pki::cms;
use kaibiao_pki::{
    Certificate, Identity, SignatureAlgorithm, TrustList, Usage, limits, read_certificates,
    verify_chain,
};
use kaibiao_types::{Party, UtcMillis};
use zeroize::Zeroizing;

use crate::failure::Failure;
use crate::{files, machine};

/// Bytes of the longest PEM file that is read.
const PEM_MAX: usize = 1 << 20;

/// A trust list with its exact bytes.
#[derive(Clone, Debug)]
pub(crate) struct Trust {
    /// Exact bytes.
    pub(crate) bytes: Vec<u8>,
    /// The list.
    pub(crate) list: Arc<TrustList>,
}

impl Trust {
    /// Reads a trust list from its exact bytes.
    pub(crate) fn parse(bytes: Vec<u8>) -> Result<Self, Failure> {
        let list = Arc::new(TrustList::parse(&bytes)?);
        Ok(Self { bytes, list })
    }

    /// Loads a trust list.
    pub(crate) fn load(path: &Path) -> Result<Self, Failure> {
        Self::parse(files::read(path, limits::TRUST_LIST_BYTES_MAX)?)
            .map_err(|failure| failure.at(&path.display().to_string()))
    }
}

/// Somebody who signs.
#[derive(Debug)]
pub(crate) struct Signer(Identity);

impl Signer {
    /// Loads a certificate chain and its key.
    pub(crate) fn load(cert: &Path, key: &Path) -> Result<Self, Failure> {
        let chain = files::read_text(cert, PEM_MAX)?;
        let key_pem = Zeroizing::new(files::read_text(key, PEM_MAX)?);
        Self::from_pem(&chain, &key_pem)
            .map_err(|failure| failure.at(&format!("{}, {}", cert.display(), key.display())))
    }

    /// Reads a certificate chain and its key.
    pub(crate) fn from_pem(chain: &str, key: &str) -> Result<Self, Failure> {
        Ok(Self(Identity::from_pem(chain, key, machine::random())?))
    }

    /// The certificate.
    pub(crate) const fn certificate(&self) -> &Certificate {
        self.0.certificate()
    }

    /// The identity itself.
    pub(crate) fn into_identity(self) -> Identity {
        self.0
    }

    /// The organisation of the certificate, by a trust list.
    pub(crate) fn party(&self, trust: &TrustList, at: UtcMillis) -> Result<Party, Failure> {
        party(self.certificate(), self.0.chain().above(), trust, at)
    }

    /// Signs exact bytes: a detached CMS in DER.
    pub(crate) fn sign(&self, content: &[u8]) -> Result<Vec<u8>, Failure> {
        Ok(cms::sign_detached(&self.0, content, machine::now()?, machine::random())?)
    }

    /// The same by a certain algorithm.
    pub(crate) fn sign_by(
        &self,
        algorithm: SignatureAlgorithm,
        content: &[u8],
    ) -> Result<Vec<u8>, Failure> {
        let now = machine::now()?;
        Ok(cms::sign_detached_by(algorithm, &self.0, content, now, machine::random())?)
    }
}

/// The certificates of a PEM file, the signer's first.
pub(crate) fn certificates(path: &Path) -> Result<(Certificate, Vec<Certificate>), Failure> {
    first(&files::read_text(path, PEM_MAX)?)
        .map_err(|failure| failure.at(&path.display().to_string()))
}

/// The certificates of a PEM text, the signer's first.
pub(crate) fn first(pem: &str) -> Result<(Certificate, Vec<Certificate>), Failure> {
    let mut all = read_certificates(pem)?;
    if all.is_empty() {
        return Err(Failure::new(kaibiao_wire::Label::BadInput, "no certificate in the PEM text"));
    }
    let signer = all.remove(0);
    Ok((signer, all))
}

/// The organisation that a certificate identifies, by a trust list at an instant.
pub(crate) fn party(
    certificate: &Certificate,
    above: &[Certificate],
    trust: &TrustList,
    at: UtcMillis,
) -> Result<Party, Failure> {
    Ok(verify_chain(certificate, above, trust, at, Usage::Sign)?.party().clone())
}
