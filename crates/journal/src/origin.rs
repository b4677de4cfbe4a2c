//! The name of a log: `<platform>/lot/<tender>/<lot>`.

use core::fmt;

use kaibiao_types::{CustodianIndex, LotId, LotKey, TenderId};
use serde::{Deserialize, Serialize};

use crate::limits::PLATFORM_MAX;

/// The origin of the opening log of one lot; also the key name of its signatures.
#[derive(Clone, Debug, Eq, Hash, Ord, PartialEq, PartialOrd, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct LogOrigin {
    text: String,
    tender: TenderId,
    lot: LotId,
}

/// A text is no log origin.
#[derive(Clone, Debug, Eq, PartialEq, thiserror::Error)]
pub enum OriginError {
    /// Not `<platform>/lot/<tender>/<lot>`.
    #[error("a log origin reads <platform>/lot/<tender>/<lot>")]
    Form,
    /// The platform is no host name in lower case.
    #[error("the platform is not a lower-case host name with at most one port")]
    Platform,
}

impl OriginError {
    /// The stable name of the error.
    #[must_use]
    pub const fn label(&self) -> &'static str {
        match self {
            Self::Form => "origin-form",
            Self::Platform => "origin-platform",
        }
    }
}

impl LogOrigin {
    /// The origin of a lot's log on a platform (a host name, with a port where one is needed).
    ///
    /// # Errors
    ///
    /// [`OriginError::Platform`].
    pub fn new(platform: &str, key: &LotKey) -> Result<Self, OriginError> {
        if !is_platform(platform) {
            return Err(OriginError::Platform);
        }
        let text = format!("{platform}/lot/{key}");
        Ok(Self { text, tender: key.tender.clone(), lot: key.lot.clone() })
    }

    /// Reads an origin.
    ///
    /// # Errors
    ///
    /// [`OriginError`].
    pub fn parse(text: &str) -> Result<Self, OriginError> {
        let mut parts = text.split('/');
        let parts = (parts.next(), parts.next(), parts.next(), parts.next(), parts.next());
        let (Some(platform), Some("lot"), Some(tender), Some(lot), None) = parts else {
            return Err(OriginError::Form);
        };
        let tender = TenderId::parse(tender).map_err(|_| OriginError::Form)?;
        let lot = LotId::parse(lot).map_err(|_| OriginError::Form)?;
        Self::new(platform, &LotKey { tender, lot })
    }

    /// The text.
    pub fn as_str(&self) -> &str {
        &self.text
    }

    /// The tender and lot in it.
    pub fn lot_key(&self) -> LotKey {
        LotKey { tender: self.tender.clone(), lot: self.lot.clone() }
    }

    /// The key name of a custodian's cosignatures on this log: `<origin>/custodian/<index>`.
    pub fn custodian_name(&self, index: CustodianIndex) -> String {
        format!("{}/custodian/{index}", self.text)
    }
}

fn is_platform(text: &str) -> bool {
    let (host, port) = text.split_once(':').map_or((text, None), |(host, port)| (host, Some(port)));
    let label = |label: &str| {
        let allowed = |b: u8| b.is_ascii_lowercase() || b.is_ascii_digit() || b == b'-';
        !label.is_empty() && !label.starts_with('-') && label.bytes().all(allowed)
    };
    let port = port.is_none_or(|port| {
        port.parse::<u16>().is_ok_and(|number| number > 0 && number.to_string() == port)
    });
    text.len() <= PLATFORM_MAX && port && host.split('.').all(label)
}

impl fmt::Display for LogOrigin {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.text)
    }
}

impl TryFrom<String> for LogOrigin {
    type Error = OriginError;
    fn try_from(text: String) -> Result<Self, OriginError> {
        Self::parse(&text)
    }
}

impl From<LogOrigin> for String {
    fn from(origin: LogOrigin) -> Self {
        origin.text
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn reads_back_what_it_writes() {
        for text in ["kaibiao.example/lot/ZZ-2022/1", "localhost:8443/lot/a/b", "10.0.0.1/lot/a/b"]
        {
            let origin = LogOrigin::parse(text).unwrap();
            assert_eq!(origin.to_string(), text);
            assert_eq!(text.split_once("/lot/").unwrap().1, origin.lot_key().to_string());
        }
    }

    #[test]
    fn names_a_custodian_below_itself() {
        let origin = LogOrigin::parse("kaibiao.example/lot/T/1").unwrap();
        let name = origin.custodian_name(CustodianIndex::new(3).unwrap());
        assert_eq!(name, "kaibiao.example/lot/T/1/custodian/3");
        assert_eq!(LogOrigin::parse(&name), Err(OriginError::Form));
    }

    #[test]
    fn refuses_other_texts() {
        for text in [
            "",
            "kaibiao.example",
            "kaibiao.example/lot/T",
            "kaibiao.example/lot/T/1/",
            "kaibiao.example/tender/T/1",
            "kaibiao.example/lot//1",
            "kaibiao.example/lot/T/..",
            "https://kaibiao.example/lot/T/1",
        ] {
            assert_eq!(LogOrigin::parse(text), Err(OriginError::Form), "{text:?}");
        }
        for platform in [
            "",
            ".",
            "a..b",
            "A.example",
            "a b",
            "a+b",
            "-a",
            "a:",
            "a:0",
            "a:080",
            "a:65536",
            "a\n",
        ] {
            let text = format!("{platform}/lot/T/1");
            assert_eq!(LogOrigin::parse(&text), Err(OriginError::Platform), "{text:?}");
        }
        let long = format!("{}/lot/T/1", "a".repeat(PLATFORM_MAX + 1));
        assert_eq!(LogOrigin::parse(&long), Err(OriginError::Platform));
    }
}
