//! Certificates, keys and trust lists of the person at this machine.

use std::path::Path;
use std::sync::Arc;

use kaibiao_pki::{
    Certificate, Chain, Identity, Password, Pkcs12, SignatureAlgorithm, TrustList, Usage, cms,
    is_encrypted_key, limits, read_certificates, verify_chain,
};
use kaibiao_token::{TokenConfig, TokenPin, TokenSigner};
use kaibiao_types::{Party, UtcMillis};
use kaibiao_wire::Label;
use zeroize::Zeroizing;

use crate::args::{As, KeyFiles};
use crate::failure::Failure;
use crate::{files, key_words, machine, secrets};

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
pub(crate) enum Signer {
    /// With a key in this process.
    Here(Box<Identity>),
    /// With a key on a token.
    Token(Box<TokenSigner>),
}

impl Signer {
    /// Loads whoever the command line names; what is encrypted is opened, a token is logged in to.
    pub(crate) fn load(signer: &As) -> Result<Self, Failure> {
        match (&signer.token, &signer.token_module) {
            (Some(label), Some(module)) => token(label, module, &signer.files),
            _ => load_identity(&signer.files).map(Self::of),
        }
    }

    /// Reads a certificate chain and its key.
    pub(crate) fn from_pem(chain: &str, key: &str) -> Result<Self, Failure> {
        Ok(Self::of(Identity::from_pem(chain, key, machine::random())?))
    }

    fn of(identity: Identity) -> Self {
        Self::Here(Box::new(identity))
    }

    fn signer(&self) -> &dyn kaibiao_pki::Signer {
        match self {
            Self::Here(identity) => &**identity,
            Self::Token(token) => &**token,
        }
    }

    /// The certificate.
    pub(crate) fn certificate(&self) -> &Certificate {
        self.signer().certificate()
    }

    /// The organisation of the certificate, by a trust list.
    pub(crate) fn party(&self, trust: &TrustList, at: UtcMillis) -> Result<Party, Failure> {
        party(self.certificate(), self.signer().chain().above(), trust, at)
    }

    /// Signs exact bytes: a detached CMS in DER.
    pub(crate) fn sign(&self, content: &[u8]) -> Result<Vec<u8>, Failure> {
        Ok(cms::sign_detached(self.signer(), content, machine::now()?, machine::random())?)
    }

    /// The same by a certain algorithm.
    pub(crate) fn sign_by(
        &self,
        algorithm: SignatureAlgorithm,
        content: &[u8],
    ) -> Result<Vec<u8>, Failure> {
        let now = machine::now()?;
        Ok(cms::sign_detached_by(algorithm, self.signer(), content, now, machine::random())?)
    }
}

/// Loads a chain and a key from the files that the command line names.
pub(crate) fn load_identity(files: &KeyFiles) -> Result<Identity, Failure> {
    let password = files.password_file.as_deref();
    match (&files.cert, &files.key, &files.p12) {
        (Some(cert), Some(key), None) => from_pem_files(cert, key, password),
        (None, None, Some(p12)) => from_p12(p12, password, files.serial_tail.as_deref()),
        _ => {
            let detail = "who signs? --cert FILE and --key FILE, or --p12 FILE, or --token LABEL";
            Err(Failure::new(Label::Usage, detail))
        }
    }
}

/// Loads a chain and its key, which may be encrypted.
pub(crate) fn from_pem_files(
    cert: &Path,
    key: &Path,
    password: Option<&Path>,
) -> Result<Identity, Failure> {
    let chain = files::read_text(cert, PEM_MAX)?;
    let key_pem = Zeroizing::new(files::read_text(key, PEM_MAX)?);
    let read = if is_encrypted_key(&key_pem) {
        let password = ask_password(password, key)?;
        Identity::from_encrypted_pem(&chain, &key_pem, &password, machine::random())
    } else {
        Identity::from_pem(&chain, &key_pem, machine::random())
    };
    read.map_err(|error| Failure::from(error).at(&format!("{}, {}", cert.display(), key.display())))
}

/// Loads the identity of a PKCS#12 file that signs.
pub(crate) fn from_p12(
    path: &Path,
    password: Option<&Path>,
    tail: Option<&str>,
) -> Result<Identity, Failure> {
    let bytes = Zeroizing::new(files::read(path, limits::PKCS12_BYTES_MAX)?);
    let opened = open_p12(path, &bytes, password)?;
    opened.into_identity(tail, machine::random()).map_err(|error| key_words::p12(path, error))
}

fn open_p12(path: &Path, bytes: &[u8], password: Option<&Path>) -> Result<Pkcs12, Failure> {
    let password = ask_password(password, path)?;
    Pkcs12::open(bytes, &password).map_err(|error| key_words::p12(path, error))
}

fn ask_password(file: Option<&Path>, of: &Path) -> Result<Password, Failure> {
    let shown = of.display().to_string();
    Password::new(secrets::ask(file, &shown)?)
        .map_err(|error| Failure::coded(Label::BadInput, error.label(), &error).at(&shown))
}

/// Logs in to a token.
fn token(label: &str, module: &Path, files: &KeyFiles) -> Result<Signer, Failure> {
    let chain = files.cert.as_deref().map(|cert| {
        Chain::from_pem(&files::read_text(cert, PEM_MAX)?)
            .map_err(|error| Failure::from(error).at(&cert.display().to_string()))
    });
    let chain = chain.transpose()?;
    let pin = secrets::ask(files.password_file.as_deref(), &format!("密码设备 {label} (PIN)"))?;
    let pin = TokenPin::new(&pin)
        .map_err(|error| Failure::coded(Label::BadInput, error.label(), &error))?;
    let config = TokenConfig { module: module.to_owned(), label: label.to_owned(), pin };
    let opened = match chain {
        Some(chain) => TokenSigner::open_for(config, chain),
        None => TokenSigner::open(config, files.serial_tail.as_deref()),
    };
    opened.map(|token| Signer::Token(Box::new(token))).map_err(|error| key_words::token(&error))
}

/// A certificate that is to be judged.
#[derive(Debug)]
pub(crate) struct Held {
    /// It.
    pub(crate) certificate: Certificate,
    /// The CAs above it that are at hand.
    pub(crate) above: Vec<Certificate>,
    /// Whether its key was there too, and fits.
    pub(crate) with_key: bool,
}

/// The certificate of a file: of a PKCS#12 file the one that signs, else the first one of a PEM text.
pub(crate) fn held(
    path: &Path,
    key: Option<&Path>,
    password: Option<&Path>,
    tail: Option<&str>,
) -> Result<Held, Failure> {
    let bytes = Zeroizing::new(files::read(path, PEM_MAX)?);
    let identity = match key {
        _ if Pkcs12::seems(&bytes) => from_p12(path, password, tail)?,
        Some(key) => from_pem_files(path, key, password)?,
        None => {
            let (certificate, above) = certificates(path)?;
            return Ok(Held { certificate, above, with_key: false });
        }
    };
    let chain = identity.chain();
    let (certificate, above) = (chain.signer().clone(), chain.above().to_vec());
    Ok(Held { certificate, above, with_key: true })
}

/// All certificates of a file: PEM, one in DER, or a PKCS#12 file.
pub(crate) fn any_certificates(
    path: &Path,
    password: Option<&Path>,
) -> Result<Vec<Certificate>, Failure> {
    let bytes = Zeroizing::new(files::read(path, PEM_MAX)?);
    if Pkcs12::seems(&bytes) {
        return Ok(open_p12(path, &bytes, password)?.certificates().cloned().collect());
    }
    let at = |failure: Failure| failure.at(&path.display().to_string());
    if bytes.first() == Some(&0x30) {
        return Ok(vec![Certificate::from_der(&bytes).map_err(|error| at(error.into()))?]);
    }
    let (first, above) = certificates(path)?;
    Ok([vec![first], above].concat())
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
        return Err(Failure::new(Label::BadInput, "no certificate in the PEM text"));
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
