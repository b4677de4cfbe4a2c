//! The development identities of `keys-dev/`.

use std::path::PathBuf;

use kaibiao_types::{Party, Role};
use serde::Deserialize;

use crate::load::{LoadError, load};
use crate::paths::keys_dev;

/// Which development authority issued a certificate.
#[derive(Clone, Copy, Debug, Eq, Ord, PartialEq, PartialOrd, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Authority {
    /// A third one, which is not in the trust list.
    Other,
    /// Authority B: P-256; the organisation code is in an extension.
    P256,
    /// Authority A: RSA; the organisation code is in the subject.
    Rsa,
}

/// One identity: a certificate chain and a key.
#[derive(Clone, Debug, Eq, PartialEq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Identity {
    /// Name of its files, such as `bidder-works-12-01`.
    pub name: String,
    /// The organisation in the certificate.
    pub party: Party,
    /// What it does in an opening.
    pub role: Role,
    /// Who issued its certificate.
    pub ca: Authority,
}

/// An organisation that a tender file names and that signs nothing.
#[derive(Clone, Debug, Eq, PartialEq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct NamedParty {
    /// Such as `tenderee-works-12`.
    pub name: String,
    /// The organisation.
    pub party: Party,
}

/// `keys-dev/roster.json`.
#[derive(Clone, Debug, Eq, PartialEq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Roster {
    /// Version of the format: 1.
    pub v: u32,
    /// All identities that a verifier must accept.
    pub identities: Vec<Identity>,
    /// Identities that a verifier must refuse: `expired`, `no-sign-usage`, `other-root`.
    pub negative: Vec<Identity>,
    /// Organisations without a certificate.
    pub parties: Vec<NamedParty>,
}

impl Authority {
    /// The folder with its root and issuing certificates and keys.
    pub fn folder(self) -> PathBuf {
        keys_dev().join(match self {
            Self::Other => "ca-other",
            Self::P256 => "ca-p256",
            Self::Rsa => "ca-rsa",
        })
    }
}

impl Identity {
    /// PEM: the certificate, then its issuing certificate.
    pub fn chain(&self) -> PathBuf {
        keys_dev().join("id").join(format!("{}.chain.pem", self.name))
    }

    /// PEM: the private key, PKCS#8, not encrypted.
    pub fn key(&self) -> PathBuf {
        keys_dev().join("id").join(format!("{}.key.pem", self.name))
    }
}

impl Roster {
    /// Reads the roster.
    ///
    /// # Errors
    ///
    /// [`LoadError`] if the file is missing or malformed.
    pub fn load() -> Result<Self, LoadError> {
        load(&keys_dev().join("roster.json"))
    }

    /// The acceptable or negative identity of this name.
    pub fn identity(&self, name: &str) -> Option<&Identity> {
        self.identities.iter().chain(&self.negative).find(|identity| identity.name == name)
    }

    /// The organisation of this name, with or without a certificate.
    pub fn party(&self, name: &str) -> Option<&Party> {
        let signing = self.identity(name).map(|identity| &identity.party);
        let named = || self.parties.iter().find(|party| party.name == name);
        signing.or_else(|| named().map(|party| &party.party))
    }

    /// The five custodians, in the order of their numbers.
    pub fn custodians(&self) -> Vec<&Identity> {
        self.identities.iter().filter(|identity| identity.role == Role::Custodian).collect()
    }

    /// The bidders of a fixture, in the order of their numbers.
    pub fn bidders(&self, fixture: &str) -> Vec<&Identity> {
        let prefix = format!("bidder-{fixture}-");
        self.identities.iter().filter(|identity| identity.name.starts_with(&prefix)).collect()
    }
}
