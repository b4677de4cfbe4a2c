//! `GeneralName` (RFC 5280, 4.2.1.6) and the subtrees that limit it (4.2.1.10).

use crate::der::{self, DerError, Reader, Tlv};
use crate::name::ComparableName;

/// One general name, or the base of a subtree.
#[derive(Clone, Debug, Eq, PartialEq)]
pub(crate) enum GeneralName<'a> {
    Dns(&'a str),
    Directory(ComparableName),
    Email(&'a str),
    /// An address; in a subtree an address and its mask.
    Ip(&'a [u8]),
    Uri(&'a str),
    /// A form that is not evaluated, by its tag: otherName, x400Address, ediPartyName, registeredID.
    Other(u8),
}

impl<'a> GeneralName<'a> {
    pub(crate) fn read(tlv: &Tlv<'a>) -> Result<Self, DerError> {
        let ascii = || match core::str::from_utf8(tlv.value) {
            Ok(text) if text.bytes().all(|byte| byte.is_ascii_graphic()) => Ok(text),
            _ => Err(DerError::Value),
        };
        Ok(match tlv.tag {
            0x81 => Self::Email(ascii()?),
            0x82 => Self::Dns(ascii()?),
            0x86 => Self::Uri(ascii()?),
            0x87 => Self::Ip(tlv.value),
            0xa4 => Self::Directory(ComparableName::of(tlv.value)?),
            0xa0 | 0xa3 | 0xa5 | 0x88 => Self::Other(tlv.tag),
            tag => return Err(DerError::Tag(tag)),
        })
    }

    /// Every name of a non-empty `GeneralNames`, given by its content.
    pub(crate) fn all(mut list: Reader<'a>) -> Result<Vec<Self>, DerError> {
        let mut out = Vec::new();
        while !list.is_empty() {
            out.push(Self::read(&list.any()?)?);
        }
        if out.is_empty() { Err(DerError::Truncated) } else { Ok(out) }
    }

    /// The names of a `subjectAltName`, each in the form its kind asks for.
    pub(crate) fn alternatives(value: &'a [u8]) -> Result<Vec<Self>, DerError> {
        der::check(value, der::SEQUENCE)?;
        let names = Self::all(Tlv::only(value, der::SEQUENCE)?.reader())?;
        if names.iter().all(Self::well_formed) { Ok(names) } else { Err(DerError::Value) }
    }

    fn well_formed(&self) -> bool {
        match self {
            Self::Dns(name) => host(name.strip_prefix("*.").unwrap_or(name)),
            Self::Email(mailbox) => mailbox
                .rsplit_once('@')
                .is_some_and(|(local, domain)| mailbox_local(local) && host(domain)),
            Self::Ip(address) => matches!(address.len(), 4 | 16),
            Self::Uri(uri) => uri.contains(':'),
            Self::Directory(_) | Self::Other(_) => true,
        }
    }

    /// The base of a subtree in a form that can be evaluated.
    pub(crate) fn well_formed_base(&self) -> bool {
        match self {
            Self::Dns(base) => base.is_empty() || host(base),
            Self::Email(base) => match base.rsplit_once('@') {
                Some((local, domain)) => mailbox_local(local) && host(domain),
                None => host(base.strip_prefix('.').unwrap_or(base)),
            },
            Self::Uri(base) => host(base.strip_prefix('.').unwrap_or(base)),
            Self::Ip([a, b, c, d, mask @ ..]) if mask.len() == 4 => {
                contiguous(mask) && [a, b, c, d].len() == mask.len()
            }
            Self::Ip(base) => {
                base.len() == 32
                    && base.split_at_checked(16).is_some_and(|(_, mask)| contiguous(mask))
            }
            Self::Directory(_) | Self::Other(_) => true,
        }
    }

    /// Whether both are of one form, so that a subtree of the one says something on the other.
    pub(crate) fn same_form(&self, other: &Self) -> bool {
        match (self, other) {
            (Self::Other(one), Self::Other(two)) => one == two,
            _ => core::mem::discriminant(self) == core::mem::discriminant(other),
        }
    }

    /// Whether this name lies within the subtree of `base`; `None` if that cannot be decided.
    pub(crate) fn within(&self, base: &Self) -> Option<bool> {
        Some(match (self, base) {
            (Self::Dns(name), Self::Dns(base)) => below_or_same(name, base),
            (Self::Directory(name), Self::Directory(base)) => name.within(base),
            (Self::Email(mailbox), Self::Email(base)) => email_within(mailbox, base)?,
            (Self::Ip(address), Self::Ip(base)) => ip_within(address, base),
            (Self::Uri(uri), Self::Uri(base)) => host_within(host_of(uri)?, base),
            _ => return None,
        })
    }

    /// Whether some host this wildcard stands for lies within the subtree.
    pub(crate) fn wildcard_reaches(&self, base: &Self) -> bool {
        match (self, base) {
            (Self::Dns(name), Self::Dns(base)) => {
                name.strip_prefix("*.").is_some_and(|domain| below_or_same(base, domain))
            }
            _ => false,
        }
    }
}

/// Labels of letters, digits and hyphens between dots; not four numbers (RFC 1034, 3.5; RFC 1123).
fn host(name: &str) -> bool {
    let label = |label: &str| {
        !label.is_empty()
            && label.len() <= 63
            && label.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'-')
            && !label.starts_with('-')
            && !label.ends_with('-')
    };
    let top = name.rsplit('.').next().unwrap_or_default();
    name.len() <= 253
        && name.split('.').all(label)
        && !top.bytes().all(|byte| byte.is_ascii_digit())
}

/// What stands before the `@` of a mailbox.
fn mailbox_local(local: &str) -> bool {
    !local.is_empty() && !local.contains('@')
}

/// A mask of ones followed by zeros.
fn contiguous(mask: &[u8]) -> bool {
    let ones: u32 = mask.iter().map(|octet| octet.leading_ones()).sum();
    let set: u32 = mask.iter().map(|octet| octet.count_ones()).sum();
    let after = mask.iter().skip_while(|octet| **octet == 0xff).skip(1).any(|octet| *octet != 0);
    ones == set && !after
}

fn below_or_same(name: &str, base: &str) -> bool {
    let Some(split) = name.len().checked_sub(base.len()) else { return false };
    let Some((front, back)) = name.split_at_checked(split) else { return false };
    back.eq_ignore_ascii_case(base) && (front.is_empty() || base.is_empty() || front.ends_with('.'))
}

/// A base with a dot in front stands for every host below, one without for that host alone.
fn host_within(host: &str, base: &str) -> bool {
    match base.strip_prefix('.') {
        Some(domain) => below_or_same(host, domain) && host.len() > domain.len(),
        None => host.eq_ignore_ascii_case(base),
    }
}

fn email_within(mailbox: &str, base: &str) -> Option<bool> {
    let (local, domain) = mailbox.rsplit_once('@')?;
    Some(match base.rsplit_once('@') {
        Some((only, host)) => local == only && domain.eq_ignore_ascii_case(host),
        None => host_within(domain, base),
    })
}

fn ip_within(address: &[u8], base: &[u8]) -> bool {
    let Some((network, mask)) = base.split_at_checked(address.len()) else { return false };
    mask.len() == address.len()
        && address.iter().zip(network).zip(mask).all(|((a, n), m)| a & m == n & m)
}

/// The host of a URI; `None` if it names none, or an address (RFC 5280, 4.2.1.10: to be refused).
fn host_of(uri: &str) -> Option<&str> {
    let (_, after) = uri.split_once("://")?;
    let authority = after.split(['/', '?', '#']).next()?;
    let place = authority.rsplit_once('@').map_or(authority, |(_, place)| place);
    let name = place.split_once(':').map_or(place, |(name, _)| name);
    host(name).then_some(name)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn within_and_not() {
        use GeneralName::{Dns, Email, Ip, Uri};
        let v4: &[u8] = &[192, 0, 2, 0, 255, 255, 255, 0];
        for (name, base, expect) in [
            (Dns("a.example.com"), Dns("example.com"), Some(true)),
            (Dns("EXAMPLE.com"), Dns("example.COM"), Some(true)),
            (Dns("anexample.com"), Dns("example.com"), Some(false)),
            (Dns("com"), Dns("example.com"), Some(false)),
            (Dns("a.b"), Dns(""), Some(true)),
            (Email("x@example.com"), Email("example.com"), Some(true)),
            (Email("x@a.example.com"), Email("example.com"), Some(false)),
            (Email("x@a.example.com"), Email(".example.com"), Some(true)),
            (Email("x@example.com"), Email(".example.com"), Some(false)),
            (Email("x@example.com"), Email("x@EXAMPLE.com"), Some(true)),
            (Email("X@example.com"), Email("x@example.com"), Some(false)),
            (Uri("http://a.example.com:80/p"), Uri(".example.com"), Some(true)),
            (Uri("http://example.com/a.example.com"), Uri(".example.com"), Some(false)),
            (Uri("http://u@example.com?x"), Uri("example.com"), Some(true)),
            (Uri("http://192.0.2.1/"), Uri("example.com"), None),
            (Uri("urn:example.com"), Uri("example.com"), None),
            (Ip(&[192, 0, 2, 77]), Ip(v4), Some(true)),
            (Ip(&[192, 0, 3, 77]), Ip(v4), Some(false)),
            (Ip(&[0; 16]), Ip(v4), Some(false)),
            (Ip(&[0; 4]), Dns(""), None),
        ] {
            assert_eq!(name.within(&base), expect, "{name:?} {base:?}");
        }
    }

    #[test]
    fn malformed_names_and_bases() {
        use GeneralName::{Dns, Email, Ip, Uri};
        for bad in [
            Dns("foo_bar.example.com"),
            Dns("8.8.8.8"),
            Dns(""),
            Dns(".example.com"),
            Dns("a..b"),
            Dns("a.*.b"),
            Email("example.com"),
            Email("@example.com"),
            Email("a@b@example.com"),
            Ip(&[1, 2, 3]),
            Uri("nowhere"),
        ] {
            assert!(!bad.well_formed(), "{bad:?}");
        }
        for bad in [
            Dns("*.example.com"),
            Dns(".example.com"),
            Email("*.example.com"),
            Email("@"),
            Uri("http://example.com"),
            Ip(&[1, 2, 3, 4]),
            Ip(&[1, 2, 3, 4, 255, 0, 255, 0]),
            Ip(&[1, 2, 3, 4, 254, 255, 0, 0]),
            Ip(&[0; 33]),
        ] {
            assert!(!bad.well_formed_base(), "{bad:?}");
        }
        assert!(Ip(&[1, 2, 3, 4, 255, 254, 0, 0]).well_formed_base());
        assert!(Ip(&[0; 32]).well_formed_base());
        assert!(Dns("").well_formed_base());
    }
}
