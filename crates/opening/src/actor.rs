//! Who wrote a log entry or sent a command.

use core::fmt;

use kaibiao_types::{CustodianIndex, OrgCode, Role};
use serde::{Deserialize, Serialize};

/// The author of a log entry, as in its `by`: `hall`, `host:CODE`, `supervisor:CODE`, `bidder:CODE`
/// or `custodian:INDEX`.
#[derive(Clone, Debug, Eq, Ord, PartialEq, PartialOrd, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub enum Actor {
    /// A bidder (投标人), by its unified social credit code.
    Bidder(OrgCode),
    /// A custodian (密钥分持人), by its number in the ceremony.
    Custodian(CustodianIndex),
    /// The hall: the program that keeps the log.
    Hall,
    /// The presider (主持人).
    Host(OrgCode),
    /// The overseer (监标人).
    Supervisor(OrgCode),
}

/// A text is not the `by` of a log entry.
#[derive(Clone, Debug, Eq, PartialEq, thiserror::Error)]
#[error("expected hall, host:CODE, supervisor:CODE, bidder:CODE or custodian:INDEX")]
pub struct ActorError;

impl Actor {
    /// Reads the `by` of a log entry.
    ///
    /// # Errors
    ///
    /// [`ActorError`] on any other text, also on a custodian index with leading zeros.
    pub fn parse(text: &str) -> Result<Self, ActorError> {
        if text == "hall" {
            return Ok(Self::Hall);
        }
        let (role, id) = text.split_once(':').ok_or(ActorError)?;
        let code = || OrgCode::parse(id).map_err(|_| ActorError);
        let actor = match role {
            "host" => Self::Host(code()?),
            "supervisor" => Self::Supervisor(code()?),
            "bidder" => Self::Bidder(code()?),
            "custodian" => {
                let index: u16 = id.parse().map_err(|_| ActorError)?;
                Self::Custodian(CustodianIndex::new(index).map_err(|_| ActorError)?)
            }
            _ => return Err(ActorError),
        };
        // One actor has one text: "custodian:+1" and "custodian:01" read as a number, yet differ.
        if actor.to_string() == text { Ok(actor) } else { Err(ActorError) }
    }

    /// The part this actor plays.
    pub const fn role(&self) -> Role {
        match self {
            Self::Bidder(_) => Role::Bidder,
            Self::Custodian(_) => Role::Custodian,
            Self::Hall => Role::Hall,
            Self::Host(_) => Role::Host,
            Self::Supervisor(_) => Role::Supervisor,
        }
    }

    /// The organisation, where the actor is named by one.
    pub const fn code(&self) -> Option<&OrgCode> {
        match self {
            Self::Bidder(code) | Self::Host(code) | Self::Supervisor(code) => Some(code),
            Self::Custodian(_) | Self::Hall => None,
        }
    }
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
        Self::parse(&text)
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
    fn one_actor_has_one_text() {
        for text in ["hall", "host:914403001922038216", "custodian:3", "bidder:9144030071526726XG"]
        {
            assert_eq!(Actor::parse(text).unwrap().to_string(), text);
        }
        for bad in [
            "",
            "Hall",
            "hall:",
            "hall ",
            "host",
            "host:",
            "host:914403001922038217",
            "custodian:0",
            "custodian:03",
            "custodian:+3",
            "custodian:33",
            "spectator:914403001922038216",
            "bidder:914403001922038216:x",
        ] {
            assert_eq!(Actor::parse(bad), Err(ActorError), "{bad}");
        }
    }
}
