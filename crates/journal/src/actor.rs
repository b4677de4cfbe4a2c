//! Who caused a log entry.

use core::fmt;
use core::str::FromStr;

use kaibiao_types::{CustodianIndex, OrgCode};
use serde::{Deserialize, Serialize};

/// Who caused a log entry: the `by` of a line.
///
/// Text form: `hall`, `host:<code>`, `supervisor:<code>`, `bidder:<code>`, `custodian:<index>`.
#[derive(Clone, Debug, Eq, Hash, Ord, PartialEq, PartialOrd, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub enum Actor {
    /// 投标人, by its unified social credit code.
    Bidder(OrgCode),
    /// 密钥分持人, by its number in the ceremony.
    Custodian(CustodianIndex),
    /// The program that keeps the log.
    Hall,
    /// 主持人, by its organisation's code.
    Host(OrgCode),
    /// 监标人, by its organisation's code.
    Supervisor(OrgCode),
}

/// A text names no actor.
#[derive(Clone, Debug, Eq, PartialEq, thiserror::Error)]
#[error("expected hall, host:<code>, supervisor:<code>, bidder:<code> or custodian:<index>")]
pub struct ActorError;

impl ActorError {
    /// The stable name of the error.
    #[must_use]
    pub const fn label(&self) -> &'static str {
        "actor-syntax"
    }
}

impl FromStr for Actor {
    type Err = ActorError;

    fn from_str(text: &str) -> Result<Self, ActorError> {
        if text == "hall" {
            return Ok(Self::Hall);
        }
        let (role, name) = text.split_once(':').ok_or(ActorError)?;
        let code = || OrgCode::parse(name).map_err(|_| ActorError);
        match role {
            "bidder" => code().map(Self::Bidder),
            "custodian" => custodian(name).map(Self::Custodian),
            "host" => code().map(Self::Host),
            "supervisor" => code().map(Self::Supervisor),
            _ => Err(ActorError),
        }
    }
}

/// A decimal index without sign or leading zero, so that one actor has one text.
fn custodian(text: &str) -> Result<CustodianIndex, ActorError> {
    let index = text.parse().ok().and_then(|index: u16| CustodianIndex::new(index).ok());
    index.filter(|index| index.to_string() == text).ok_or(ActorError)
}

impl fmt::Display for Actor {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Bidder(code) => write!(f, "bidder:{code}"),
            Self::Custodian(index) => write!(f, "custodian:{index}"),
            Self::Hall => f.write_str("hall"),
            Self::Host(code) => write!(f, "host:{code}"),
            Self::Supervisor(code) => write!(f, "supervisor:{code}"),
        }
    }
}

impl TryFrom<String> for Actor {
    type Error = ActorError;
    fn try_from(text: String) -> Result<Self, ActorError> {
        text.parse()
    }
}

impl From<Actor> for String {
    fn from(actor: Actor) -> Self {
        actor.to_string()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_actor_has_one_text() {
        for text in [
            "hall",
            "host:914403001922038216",
            "supervisor:914403001922038216",
            "bidder:9144030071526726XG",
            "custodian:1",
            "custodian:32",
        ] {
            assert_eq!(text.parse::<Actor>().unwrap().to_string(), text);
        }
    }

    #[test]
    fn refuses_everything_else() {
        for text in [
            "",
            "Hall",
            "hall ",
            "hall:",
            "hall:914403001922038216",
            "host",
            "host:",
            "host:914403001922038217",
            "Host:914403001922038216",
            "host: 914403001922038216",
            "spectator:914403001922038216",
            "custodian:0",
            "custodian:01",
            "custodian:+1",
            "custodian:33",
            "custodian:65537",
            "custodian:914403001922038216",
            "bidder:1",
            "bidder:9144030071526726xg",
        ] {
            assert_eq!(text.parse::<Actor>(), Err(ActorError), "{text:?}");
        }
    }
}
