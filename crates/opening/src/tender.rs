//! The tender file: everything a lot fixes before the first bid (招标文件中与开标有关的部分).
//!
//! The host signs the exact bytes of `draft.json`, the custodians run their ceremony for it, and the
//! host signs `tender.json`: the same terms with the results of the ceremony.

mod bidder_window;
mod check;
mod draws;
mod error;
mod outage;
mod result;
mod steps;
mod terms;
mod time;

use kaibiao_types::{Digest, LotKey, Party, Stage};
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};

pub use bidder_window::{BidderLockTerms, BidderWindowTerms};
pub use draws::{Draw, DrawAfter, DrawRange, DrawValues};
pub use error::TenderError;
pub use outage::OutageRule;
pub use result::ResultTerms;
pub use steps::{ListedStep, Step, StepsError};
pub use terms::{
    Bilingual, CustodianSeat, Custody, CustodyKind, CustodyPolicy, Envelope, FieldKind,
    ReadOutField, Round, Template, Terms, TickRule,
};
pub use time::{TimeKey, TimeKeyError, TimePolicy, TimeServer, TimeSource};

pub(crate) use bidder_window::is_valid as window_is_valid;
pub(crate) use check::{envelopes_are_valid, fields_are_valid, round_is_valid, span_is_valid};
pub(crate) use draws::check as check_draws;
pub(crate) use steps::{ORIGINAL_STEPS, check as check_steps};
pub(crate) use terms::{envelope, stages};

use crate::sheet::SheetRules;
use crate::{limits, strict};

/// The terms of a lot before its ceremony (`draft.json`). A value that exists has passed all checks.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct TenderDraft {
    terms: Terms,
}

/// The published tender file (`tender.json`). A value that exists has passed all checks.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct TenderFile {
    terms: Terms,
    announced: Announced,
}

/// What a tender file adds to its draft: the ceremony's result, the log, the hall and the trust list.
#[derive(Clone, Debug, Eq, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Announced {
    /// The ceremony of this lot.
    pub ceremony: CeremonyRef,
    /// The opening log of this lot.
    pub log: LogRef,
    /// The hall that takes bids in.
    pub hall: HallRef,
    /// SHA-256 of the trust list by which certificates are judged.
    pub trust_sha256: Digest,
}

/// Names a finished ceremony.
#[derive(Clone, Debug, Eq, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct CeremonyRef {
    /// The ceremony id, bound into every sealed object.
    pub id: Digest,
    /// SHA-256 of the exact bytes of `ceremony.json`.
    pub sha256: Digest,
}

/// Names an opening log.
#[derive(Clone, Debug, Eq, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct LogRef {
    /// `PLATFORM/lot/TENDER/LOT`, the first line of every checkpoint.
    pub origin: String,
    /// The verifier key of the checkpoints (C2SP signed note: `name+hash+key`).
    pub vkey: String,
}

/// Names the hall.
#[derive(Clone, Debug, Eq, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct HallRef {
    /// The operator of the platform.
    pub party: Party,
    /// SHA-256 of the DER certificate that signs receipts.
    pub cert_sha256: Digest,
}

#[derive(Serialize)]
struct DraftForm<'a> {
    v: u8,
    kind: &'static str,
    #[serde(flatten)]
    terms: &'a Terms,
}

#[derive(Serialize)]
struct FileForm<'a> {
    v: u8,
    kind: &'static str,
    #[serde(flatten)]
    terms: &'a Terms,
    #[serde(flatten)]
    announced: &'a Announced,
}

impl TenderDraft {
    /// Checks terms.
    ///
    /// # Errors
    ///
    /// [`TenderError`] names the first rule that is broken.
    pub fn new(terms: Terms) -> Result<Self, TenderError> {
        check::terms(&terms)?;
        Ok(Self { terms })
    }

    /// Reads the exact bytes of `draft.json`.
    ///
    /// # Errors
    ///
    /// [`TenderError`] names the first rule that is broken.
    pub fn parse(bytes: &[u8]) -> Result<Self, TenderError> {
        let received = strict::value(bytes, limits::TENDER_BYTES)?;
        let terms: Terms = strict::typed(Value::Object(body(&received, "draft")?))?;
        let draft = Self::new(terms)?;
        strict::same_form(&draft.form(), &received)?;
        Ok(draft)
    }

    /// The bytes to sign: compact JSON. A draft that was received keeps its own bytes instead.
    pub fn to_bytes(&self) -> Vec<u8> {
        strict::bytes(&self.form())
    }

    /// The terms.
    pub const fn terms(&self) -> &Terms {
        &self.terms
    }

    const fn form(&self) -> DraftForm<'_> {
        DraftForm { v: 1, kind: "draft", terms: &self.terms }
    }
}

impl TenderFile {
    /// Joins a draft and the results of its ceremony.
    ///
    /// # Errors
    ///
    /// [`TenderError`] if the log does not belong to the lot, or the hall makes the stated custody
    /// untrue.
    pub fn new(draft: &TenderDraft, announced: Announced) -> Result<Self, TenderError> {
        check::announced(&draft.terms, &announced)?;
        Ok(Self { terms: draft.terms.clone(), announced })
    }

    /// Reads the exact bytes of `tender.json`.
    ///
    /// # Errors
    ///
    /// [`TenderError`] names the first rule that is broken.
    pub fn parse(bytes: &[u8]) -> Result<Self, TenderError> {
        let received = strict::value(bytes, limits::TENDER_BYTES)?;
        let mut rest = body(&received, "tender")?;
        let mut extra = Map::new();
        for key in ["ceremony", "log", "hall", "trust_sha256"] {
            if let Some((key, value)) = rest.remove_entry(key) {
                extra.insert(key, value);
            }
        }
        let draft = TenderDraft::new(strict::typed(Value::Object(rest))?)?;
        let file = Self::new(&draft, strict::typed(Value::Object(extra))?)?;
        strict::same_form(&file.form(), &received)?;
        Ok(file)
    }

    /// The bytes to sign: compact JSON. A file that was received keeps its own bytes instead.
    pub fn to_bytes(&self) -> Vec<u8> {
        strict::bytes(&self.form())
    }

    /// The terms, the same as in the draft.
    pub const fn terms(&self) -> &Terms {
        &self.terms
    }

    /// What was added to the draft.
    pub const fn announced(&self) -> &Announced {
        &self.announced
    }

    /// Whether every term is the one of the draft that the custodians ran their ceremony for.
    pub fn matches_draft(&self, draft: &TenderDraft) -> bool {
        self.terms == draft.terms
    }

    /// What the sheet of one envelope of this lot must hold.
    pub fn sheet_rules(&self, stage: Stage) -> SheetRules<'_> {
        SheetRules {
            tender: &self.terms.tender,
            lot: &self.terms.lot,
            currency: self.terms.currency,
            fields: self.terms.fields_of(stage),
        }
    }

    /// The lot.
    pub fn lot_key(&self) -> LotKey {
        self.terms.lot_key()
    }

    const fn form(&self) -> FileForm<'_> {
        FileForm { v: 1, kind: "tender", terms: &self.terms, announced: &self.announced }
    }
}

/// Takes version and kind away and gives back the rest of the object.
fn body(received: &Value, kind: &'static str) -> Result<Map<String, Value>, TenderError> {
    let mut map = received.as_object().cloned().ok_or(strict::JsonError::Form)?;
    if map.remove("v") != Some(Value::from(1)) {
        return Err(TenderError::Version);
    }
    if map.remove("kind") != Some(Value::from(kind)) {
        return Err(TenderError::Kind { expected: kind });
    }
    Ok(map)
}
