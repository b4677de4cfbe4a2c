//! Alternative names of a subject, for people and for callers that compare them.

use core::fmt;
use core::net::IpAddr;

use super::name::presentable_part;
use super::read::attributes;
use crate::der::{self, DerError, Tlv};
use crate::general_name::GeneralName;
use crate::oid;

/// One alternative name of a subject (RFC 5280, 4.2.1.6), as it stands in the certificate.
#[derive(Clone, Debug, Eq, PartialEq)]
#[non_exhaustive]
pub enum AlternativeName {
    /// A host, or `*.` and a domain.
    Dns(String),
    /// A directory name: its attributes as `TYPE=text`, a comma and a blank between.
    Directory(String),
    /// A mailbox.
    Email(String),
    /// An address.
    Ip(IpAddr),
    /// A name of another form, which is not evaluated.
    Other,
    /// A URI.
    Uri(String),
}

impl fmt::Display for AlternativeName {
    /// The form and the name; a directory name with at most 200 characters, those that disturb a
    /// screen replaced by U+FFFD. The other forms have none of these.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Dns(host) => write!(f, "dns:{host}"),
            Self::Directory(name) => write!(f, "directory:{}", presentable_part(name)),
            Self::Email(mailbox) => write!(f, "email:{mailbox}"),
            Self::Ip(address) => write!(f, "ip:{address}"),
            Self::Other => f.write_str("other"),
            Self::Uri(uri) => write!(f, "uri:{uri}"),
        }
    }
}

/// Reads the value of the extension.
pub(super) fn read(value: &[u8]) -> Result<Vec<AlternativeName>, DerError> {
    let names = GeneralName::alternatives(value)?;
    let mut list = Tlv::only(value, der::SEQUENCE)?.reader();
    names.into_iter().map(|name| readable(&name, &list.any()?)).collect()
}

fn readable(name: &GeneralName<'_>, raw: &Tlv<'_>) -> Result<AlternativeName, DerError> {
    Ok(match name {
        GeneralName::Dns(host) => AlternativeName::Dns((*host).to_owned()),
        GeneralName::Directory(_) => AlternativeName::Directory(directory(raw.value)?),
        GeneralName::Email(mailbox) => AlternativeName::Email((*mailbox).to_owned()),
        GeneralName::Ip(octets) => AlternativeName::Ip(address(octets)?),
        GeneralName::Uri(uri) => AlternativeName::Uri((*uri).to_owned()),
        GeneralName::Other(_) => AlternativeName::Other,
    })
}

fn address(octets: &[u8]) -> Result<IpAddr, DerError> {
    let four = <[u8; 4]>::try_from(octets).map(IpAddr::from);
    four.or_else(|_| <[u8; 16]>::try_from(octets).map(IpAddr::from)).map_err(|_| DerError::Value)
}

fn directory(name: &[u8]) -> Result<String, DerError> {
    let all = attributes(&Tlv::only(name, der::SEQUENCE)?)?;
    let one = |(kind, text): &(Vec<u8>, Option<String>)| {
        let kind = match kind.as_slice() {
            oid::COMMON_NAME => "CN".to_owned(),
            oid::ORGANIZATION => "O".to_owned(),
            other => oid::dotted(other),
        };
        format!("{kind}={}", text.as_deref().unwrap_or("?"))
    };
    Ok(all.iter().map(one).collect::<Vec<_>>().join(", "))
}
