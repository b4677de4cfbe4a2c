//! The origin of a hall, as browsers write it (RFC 6454 section 6.2).

use core::fmt;

use serde::{Deserialize, Serialize};

/// Scheme, host and port: `https://hall.example`, `http://127.0.0.1:8080`. The port of the scheme is
/// left out, letters are lower-case, so one origin has one text.
#[derive(Clone, Debug, Eq, Ord, PartialEq, PartialOrd, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct Origin(String);

/// A text is not an origin.
#[derive(Clone, Debug, Eq, PartialEq, thiserror::Error)]
#[error("expected scheme, host and perhaps port, such as https://hall.example")]
pub struct OriginError;

/// The longest host name of the DNS, in bytes.
const HOST_MAX: usize = 253;

impl Origin {
    /// Reads an origin; capitals, the port of the scheme and one slash at the end are smoothed away.
    ///
    /// # Errors
    ///
    /// [`OriginError`] on another scheme, a path, user, or characters that no host has.
    pub fn parse(text: &str) -> Result<Self, OriginError> {
        let text = text.to_ascii_lowercase();
        let text = text.strip_suffix('/').unwrap_or(&text);
        let (scheme, authority) = text.split_once("://").ok_or(OriginError)?;
        let own_port = match scheme {
            "https" => 443,
            "http" => 80,
            _ => return Err(OriginError),
        };
        let (host, port) = split(authority)?;
        let port = port.filter(|port| *port != own_port);
        let port = port.map_or_else(String::new, |port| format!(":{port}"));
        Ok(Self(format!("{scheme}://{host}{port}")))
    }

    /// The origin of the same scheme at the host and port of a `Host` field.
    ///
    /// # Errors
    ///
    /// [`OriginError`] if the field is no host and port.
    pub fn at(&self, host: &str) -> Result<Self, OriginError> {
        let (scheme, _) = self.0.split_once("://").ok_or(OriginError)?;
        if host.ends_with('/') {
            Err(OriginError)
        } else {
            Self::parse(&format!("{scheme}://{host}"))
        }
    }

    /// The text.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// Whether it is reached through TLS.
    #[must_use]
    pub fn is_secure(&self) -> bool {
        self.0.starts_with("https://")
    }

    /// The host without port; an IPv6 address without its brackets.
    #[must_use]
    pub fn host(&self) -> &str {
        let authority = self.0.split_once("://").map_or("", |(_, authority)| authority);
        let host = authority.strip_prefix('[').and_then(|rest| rest.split(']').next());
        host.unwrap_or_else(|| authority.split(':').next().unwrap_or_default())
    }
}

fn split(authority: &str) -> Result<(&str, Option<u16>), OriginError> {
    let (host, port) = match authority.strip_prefix('[').and_then(|rest| rest.find(']')) {
        Some(end) => authority.split_at_checked(end + 2).ok_or(OriginError)?,
        None => authority.split_at(authority.find(':').unwrap_or(authority.len())),
    };
    let bare = host.trim_start_matches('[').trim_end_matches(']');
    let good = if host.starts_with('[') {
        bare.parse::<core::net::Ipv6Addr>().is_ok()
    } else {
        let plain = |byte: u8| byte.is_ascii_alphanumeric() || b".-".contains(&byte);
        !host.is_empty() && host.len() <= HOST_MAX && host.bytes().all(plain)
    };
    if !good {
        return Err(OriginError);
    }
    match port.strip_prefix(':') {
        None if port.is_empty() => Ok((host, None)),
        Some(digits) if !digits.starts_with(['0', '+']) => {
            digits.parse().map(|port| (host, Some(port))).map_err(|_| OriginError)
        }
        _ => Err(OriginError),
    }
}

impl fmt::Display for Origin {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl AsRef<str> for Origin {
    fn as_ref(&self) -> &str {
        &self.0
    }
}

impl TryFrom<String> for Origin {
    type Error = OriginError;
    fn try_from(text: String) -> Result<Self, OriginError> {
        // What was written by a program has its one form already.
        Self::parse(&text).ok().filter(|origin| origin.0 == text).ok_or(OriginError)
    }
}

impl From<Origin> for String {
    fn from(origin: Origin) -> Self {
        origin.0
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn one_origin_has_one_text() {
        for (text, origin, host) in [
            ("https://Hall.Example", "https://hall.example", "hall.example"),
            ("https://hall.example:443/", "https://hall.example", "hall.example"),
            ("http://127.0.0.1:8080", "http://127.0.0.1:8080", "127.0.0.1"),
            ("http://hall:443", "http://hall:443", "hall"),
            ("https://[::1]:8443", "https://[::1]:8443", "::1"),
            ("http://[::1]", "http://[::1]", "::1"),
        ] {
            let read = Origin::parse(text).unwrap();
            assert_eq!((read.as_str(), read.host()), (origin, host));
            assert_eq!(read.is_secure(), text.starts_with("https"));
        }
        let origin = Origin::parse("https://hall.example").unwrap();
        assert_eq!(origin.at("Hall.example:443"), Ok(origin.clone()));
        assert_ne!(origin.at("hall.example:8443"), Ok(origin.clone()));
        assert!(Origin::try_from("https://hall.example".to_owned()).is_ok());
        assert!(Origin::try_from("https://hall.example:443".to_owned()).is_err());
    }

    #[test]
    fn what_is_more_or_less_is_none() {
        let origin = Origin::parse("https://hall.example").unwrap();
        for text in [
            "",
            "null",
            "hall.example",
            "ftp://hall",
            "https://",
            "https://hall/x",
            "https://a@hall",
            "https://hall:",
            "https://hall:0",
            "https://hall:+1",
            "https://hall:70000",
            "https://hall?x",
            "https://h ll",
            "https://[::1",
            "https://[hall]",
            "https://::1",
            "https://hall//",
            "https://标.example",
        ] {
            assert_eq!(Origin::parse(text), Err(OriginError), "{text}");
        }
        for host in ["", "hall/", "hall/x", "a@hall", "hall,evil"] {
            assert_eq!(origin.at(host), Err(OriginError), "{host}");
        }
        assert!(Origin::parse(&format!("https://{}", "a".repeat(254))).is_err());
    }
}
