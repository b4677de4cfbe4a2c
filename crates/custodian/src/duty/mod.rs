//! What a custodian does for one lot, without the network: bytes in, messages to send out.

mod adopt;
mod ceremony;
mod destroy;
mod draw;
mod follow;
mod journals;
mod outage;
mod release;
mod time;

use std::collections::BTreeMap;
use std::error::Error;
use std::sync::Arc;

use kaibiao_custody::{Act, Holding};
use kaibiao_pki::{SignError, TrustList};
use kaibiao_types::{CustodianIndex, LotKey, Millis, UtcMillis};
use kaibiao_wire::{RefusalBody, RefusalKind, SignedBody, to_json};

use crate::KeyStoreError;
use crate::keys::{Journal, LotFolder, Text};
use crate::shared::Shared;
use crate::words;

pub(crate) use adopt::Opening;
pub(crate) use ceremony::CeremonyStep;
pub(crate) use release::Duty;
pub(crate) use time::{Answer, Question};

/// One lot of this custodian.
pub(crate) struct Lot {
    pub(crate) key: LotKey,
    shared: Arc<Shared>,
    trust: Arc<TrustList>,
    journal: Journal,
    seat: Option<CustodianIndex>,
    said: BTreeMap<(&'static str, String), Said>,
    /// Boxed: a lot moves from thread to thread, and what is moved by value leaves its bytes behind.
    keys: Option<Box<ceremony::Keys>>,
    opening: Option<Box<Opening>>,
}

/// When a refusal was last written down, and how long it then rests.
#[derive(Clone, Copy, Debug)]
struct Said {
    at: UtcMillis,
    rest: Millis,
}

/// A refusal is repeated after 10 s at the earliest, then after twice as long each time.
const REFUSAL_REST: Millis = Millis::from_secs(10);
/// A refusal is repeated at least every 10 minutes while it lasts.
const REFUSAL_REST_MAX: Millis = Millis::from_secs(600);

/// Why nothing was done.
#[derive(Debug, thiserror::Error)]
pub(crate) enum LotError {
    /// A rule forbids it: into the journal, and to the hall.
    #[error("{request} refused, {label}: {detail}")]
    Refused {
        /// What was asked for.
        request: &'static str,
        /// The stable label.
        label: String,
        /// What is wrong.
        detail: String,
    },
    /// The key store.
    #[error(transparent)]
    Store(#[from] KeyStoreError),
    /// Signing or randomness failed; try again later.
    #[error("this machine could not do its part: {0}")]
    Unable(String),
}

impl LotError {
    pub(crate) fn refused(request: &'static str, label: &str, detail: &str) -> Self {
        Self::Refused { request, label: label.to_owned(), detail: words::line(detail) }
    }
}

impl From<SignError> for LotError {
    fn from(error: SignError) -> Self {
        Self::Unable(words::describe(&error))
    }
}

impl From<kaibiao_crypto::EntropyError> for LotError {
    fn from(error: kaibiao_crypto::EntropyError) -> Self {
        Self::Unable(error.to_string())
    }
}

impl From<kaibiao_crypto::OperationError> for LotError {
    fn from(error: kaibiao_crypto::OperationError) -> Self {
        Self::Unable(error.to_string())
    }
}

/// A refusal with the label and the words of its reason.
pub(crate) fn refused(request: &'static str, label: &str, error: &dyn Error) -> LotError {
    LotError::Refused { request, label: label.to_owned(), detail: words::describe(error) }
}

/// A refusal by the rules of `custody`.
fn by_rule(request: &'static str) -> impl Fn(kaibiao_custody::Refusal) -> LotError {
    move |refusal| refused(request, refusal.label(), &refusal)
}

impl Lot {
    /// Opens the files of a lot. The trust list of the first time stays the lot's trust list.
    pub(crate) fn open(shared: Arc<Shared>, key: LotKey) -> Result<Self, LotError> {
        let folder = shared.store.folder(&key)?;
        let mut journal = folder.journal()?;
        if journal.was_torn() {
            tracing::warn!(lot = %key, "the journal ended in a torn line, which was moved aside");
        }
        let trust = match folder.text(Text::Trust)? {
            None => {
                folder.put(Text::Trust, &shared.trust_bytes)?;
                Arc::clone(&shared.trust)
            }
            Some(bytes) if bytes == shared.trust_bytes => Arc::clone(&shared.trust),
            Some(bytes) => {
                tracing::warn!(lot = %key, "the lot keeps the trust list that it began with");
                let list = TrustList::parse(&bytes);
                Arc::new(list.map_err(|error| folder.damaged(Text::Trust, &error))?)
            }
        };
        finish_destruction(&folder, &mut journal, shared.now().now)?;
        let said = BTreeMap::new();
        Ok(Self { key, shared, trust, journal, seat: None, said, keys: None, opening: None })
    }

    /// Whether everything of this lot is destroyed: nothing is asked and nothing answered any more.
    pub(crate) fn is_done(&self) -> bool {
        self.journal.memory().holding() == Holding::Nothing
    }

    /// The published lot, once adopted.
    pub(crate) fn opening(&self) -> Option<&Opening> {
        self.opening.as_deref()
    }

    /// Writes a refusal down and gives the message for the hall; `None` if the same refusal was
    /// written down a short while ago.
    pub(crate) fn refuse(
        &mut self,
        request: &'static str,
        label: &str,
        detail: &str,
    ) -> Result<Option<SignedBody>, LotError> {
        let at = self.now().now;
        let said = self.said.get(&(request, label.to_owned())).copied();
        let rested = |said: &Said| at.since(said.at).is_none_or(|since| since >= said.rest);
        if said.as_ref().is_some_and(|said| !rested(said)) {
            return Ok(None);
        }
        tracing::error!(lot = %self.key, request, label, detail, "refused");
        self.journal.write(&Act::Refused {
            at,
            request: request.to_owned(),
            label: label.to_owned(),
            detail: detail.to_owned(),
        })?;
        let rest = said.map_or(REFUSAL_REST, |said| doubled(said.rest));
        self.said.insert((request, label.to_owned()), Said { at, rest });
        // Before the lot is published there is no log that could take a refusal.
        let (Some(custodian), Some(opening)) = (self.seat, &self.opening) else { return Ok(None) };
        let body = RefusalBody {
            v: 1,
            kind: RefusalKind::CustodianRefusal,
            tender: self.key.tender.clone(),
            lot: self.key.lot.clone(),
            custodian,
            label: label.to_owned(),
            detail: detail.to_owned(),
            at,
            draw: opening.draw_refused(request),
        };
        let body = to_json(&body).map_err(|error| LotError::Unable(words::describe(&error)))?;
        Ok(Some(self.shared.signed(body, at)?))
    }

    fn folder(&self) -> Result<LotFolder<'_>, KeyStoreError> {
        self.shared.store.folder(&self.key)
    }
}

/// Goes on with a destruction that was begun before this process started. Keys that came back from
/// somewhere after it was complete go too.
fn finish_destruction(
    folder: &LotFolder<'_>,
    journal: &mut Journal,
    at: UtcMillis,
) -> Result<(), KeyStoreError> {
    let holding = journal.memory().holding();
    if holding > Holding::Share {
        folder.destroy_share()?;
    }
    if holding == Holding::Destroying {
        journal.write(&Act::Destroyed { at })?;
    }
    if holding == Holding::Nothing {
        folder.destroy_cosign_key()?;
    }
    Ok(())
}

fn doubled(rest: Millis) -> Millis {
    Millis::new(rest.get().saturating_mul(2)).unwrap_or(REFUSAL_REST_MAX).min(REFUSAL_REST_MAX)
}

impl std::fmt::Debug for Lot {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Lot").field("key", &self.key).finish_non_exhaustive()
    }
}
