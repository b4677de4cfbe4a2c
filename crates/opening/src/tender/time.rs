//! Where custodians take their time from (ruling 13).

use core::net::SocketAddr; // the form of an address; sockets are in `std`
use std::collections::{BTreeMap, BTreeSet};

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use kaibiao_types::{Millis, OrgCode, Party};
use serde::{Deserialize, Serialize};

use super::check::near;
use super::{TenderError, Terms};
use crate::{limits, text};

/// Where custodians take their time from (ruling 13).
#[derive(Clone, Debug, Eq, PartialEq, Serialize, Deserialize)]
pub enum TimeSource {
    /// The system clock of the custodian's own machine alone; the record says `time = self`.
    #[serde(rename = "self")]
    SystemClock,
    /// Servers that sign the time.
    #[serde(untagged)]
    Sources(TimePolicy),
}

/// Servers that sign the time, and how far they are believed.
#[derive(Clone, Debug, Eq, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct TimePolicy {
    /// The servers.
    pub sources: Vec<TimeServer>,
    /// How many of them have to agree: from two to all. A clock is right as long as fewer lie.
    pub agree: u8,
    /// A clock that may be wrong by more releases nothing.
    pub max_error_ms: Millis,
    /// Whether a release needs a response of one of the servers over the freeze, dated at or after
    /// the deadline.
    pub token: bool,
}

/// One server that signs the time (Roughtime, RFC 10049).
#[derive(Clone, Debug, Eq, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct TimeServer {
    /// A word for it, which stands in journals.
    pub name: String,
    /// `host:port`, UDP.
    pub address: String,
    /// Its public key.
    pub key: TimeKey,
    /// Who runs it.
    pub run_by: Party,
}

/// The public key of a time server: 32 bytes (Ed25519), written in base64.
#[derive(Clone, Copy, Debug, Eq, Hash, Ord, PartialEq, PartialOrd, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct TimeKey(pub [u8; 32]);

/// A text is not the base64 of 32 bytes.
#[derive(Clone, Copy, Debug, Eq, PartialEq, thiserror::Error)]
#[error("the key of a time server is the base64 of 32 bytes")]
pub struct TimeKeyError;

impl TryFrom<String> for TimeKey {
    type Error = TimeKeyError;
    fn try_from(text: String) -> Result<Self, TimeKeyError> {
        let bytes = STANDARD.decode(text).map_err(|_| TimeKeyError)?;
        bytes.try_into().map(Self).map_err(|_| TimeKeyError)
    }
}

impl From<TimeKey> for String {
    fn from(key: TimeKey) -> Self {
        STANDARD.encode(key.0)
    }
}

/// The rules of a policy. `hall` is known once the tender file is written.
pub(super) fn check(terms: &Terms, hall: Option<&Party>) -> Result<(), TenderError> {
    let TimeSource::Sources(policy) = &terms.custody.time else { return Ok(()) };
    let count = policy.sources.len();
    if !(2..=limits::TIME_SOURCES).contains(&count) {
        return Err(TenderError::TimeSources(count));
    }
    let agree = usize::from(policy.agree);
    if !(2..=count).contains(&agree) {
        return Err(TenderError::TimeAgree { agree: policy.agree, count });
    }
    if !(limits::TIME_ERROR_MIN..=limits::TIME_ERROR_MAX).contains(&policy.max_error_ms.get()) {
        return Err(TenderError::TimeError);
    }
    let (mut names, mut keys) = (BTreeSet::new(), BTreeSet::new());
    for source in &policy.sources {
        if !text::key(&source.name) || !text::line(&source.run_by.name, limits::NAME_CHARS) {
            return Err(TenderError::Text("custody.time.sources"));
        }
        if !address(&source.address) {
            return Err(TenderError::TimeAddress(source.address.clone()));
        }
        if !names.insert(&source.name) || !keys.insert(source.key) {
            return Err(TenderError::TimeTwice(source.name.clone()));
        }
    }
    hands(terms, policy, agree, hall)
}

/// Ruling 13: independent sources, at most one of them run by the platform. Those who hold the
/// tender count as one hand with the platform, and no hand may run as many as have to agree.
fn hands(
    terms: &Terms,
    policy: &TimePolicy,
    agree: usize,
    hall: Option<&Party>,
) -> Result<(), TenderError> {
    let near = near(terms, hall);
    let mut run: BTreeMap<Option<&OrgCode>, usize> = BTreeMap::new();
    for source in &policy.sources {
        let code = &source.run_by.code;
        *run.entry(Some(code).filter(|code| !near.contains(code))).or_default() += 1;
    }
    if run.get(&None).is_some_and(|sources| *sources > 1) {
        return Err(TenderError::TimeByPlatform);
    }
    match run.values().copied().max() {
        Some(most) if most >= agree => Err(TenderError::TimeByOneHand { sources: most, agree }),
        _ => Ok(()),
    }
}

/// `host:port` or `[IPv6]:port`.
fn address(address: &str) -> bool {
    if address.len() > limits::TIME_ADDRESS_BYTES {
        return false;
    }
    if address.parse::<SocketAddr>().is_ok_and(|address| address.port() != 0) {
        return true;
    }
    address.rsplit_once(':').is_some_and(|(host, port)| {
        let plain = !port.starts_with(['0', '+']);
        text::host_name(host) && plain && port.parse::<u16>().is_ok()
    })
}
