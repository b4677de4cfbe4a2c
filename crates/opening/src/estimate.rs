//! 标底: the base estimate, sealed by the host before the deadline and opened with the prices
//! (ruling 27, ADR-0022).

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use kaibiao_types::{Currency, Digest, LotId, LotKey, Money, TenderId};
use serde::{Deserialize, Serialize};

use crate::event::{EstimateSealed, LotPublished, Partial, PublishedEstimate, Verdict};
use crate::input::UnsealedSheet;
use crate::limits;
use crate::state::{Mark, State};
use crate::strict::{self, JsonError};

/// The host sealed something that nobody can open.
pub const HOST_GARBAGE: &str = "HOST_GARBAGE";
/// Fewer than k custodians raised the estimate's point with a proof.
pub const UNOPENED_CUSTODY: &str = "UNOPENED_CUSTODY";

/// What a base estimate for one lot must say; taken from the tender file or from the log's first
/// entry.
#[derive(Clone, Copy, Debug)]
pub struct EstimateRules<'a> {
    /// The lot.
    pub lot: &'a LotKey,
    /// The currency of all prices.
    pub currency: Currency,
}

/// The plaintext of a sealed base estimate that keeps the rules of its lot.
#[derive(Clone, Debug, Eq, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct BaseEstimate {
    v: u8,
    kind: Kind,
    tender: TenderId,
    lot: LotId,
    amount: Money,
}

#[derive(Clone, Copy, Debug, Eq, PartialEq, Serialize, Deserialize)]
enum Kind {
    #[serde(rename = "base-estimate")]
    BaseEstimate,
}

/// Why a plaintext does not count as a base estimate of its lot. The bids go on.
#[derive(Clone, Debug, Eq, PartialEq, thiserror::Error)]
#[non_exhaustive]
pub enum EstimateError {
    /// The amount is in another currency than the tender.
    #[error("the base estimate is not in the currency of the tender")]
    Currency,
    /// Not strict JSON of this form.
    #[error("not a base estimate: {0}")]
    Json(#[from] JsonError),
    /// Not the one length that every base estimate has.
    #[error("{0} bytes, every base estimate has 1,016")]
    Length(usize),
    /// The estimate names another tender or lot.
    #[error("the base estimate is for {found}, the lot is {expected}")]
    Lot {
        /// The lot.
        expected: LotKey,
        /// The lot in the estimate.
        found: LotKey,
    },
    /// Another version of the format.
    #[error("the version is not 1")]
    Version,
}

impl EstimateError {
    /// The stable label, all of the family `ESTIMATE_FORMAT`.
    pub const fn label(&self) -> &'static str {
        match self {
            Self::Currency => "ESTIMATE_FORMAT_CURRENCY",
            Self::Json(_) => "ESTIMATE_FORMAT_JSON",
            Self::Length(_) => "ESTIMATE_FORMAT_LENGTH",
            Self::Lot { .. } => "ESTIMATE_FORMAT_LOT",
            Self::Version => "ESTIMATE_FORMAT_VERSION",
        }
    }
}

impl BaseEstimate {
    /// Makes an estimate.
    ///
    /// # Errors
    ///
    /// [`EstimateError::Currency`] if the amount is in another currency than the tender.
    pub fn new(rules: &EstimateRules<'_>, amount: Money) -> Result<Self, EstimateError> {
        let LotKey { tender, lot } = rules.lot.clone();
        let estimate = Self { v: 1, kind: Kind::BaseEstimate, tender, lot, amount };
        estimate.check(rules)?;
        Ok(estimate)
    }

    /// Reads the exact plaintext against the lot's rules: strict JSON, then spaces to 1,016 bytes.
    ///
    /// # Errors
    ///
    /// [`EstimateError`] names the first rule that is broken.
    pub fn parse(rules: &EstimateRules<'_>, bytes: &[u8]) -> Result<Self, EstimateError> {
        if bytes.len() != limits::ESTIMATE_PLAIN_BYTES {
            return Err(EstimateError::Length(bytes.len()));
        }
        let received = strict::value(bytes, limits::ESTIMATE_PLAIN_BYTES)?;
        let estimate: Self = strict::typed(received)?;
        estimate.check(rules)?;
        // White space anywhere but behind the JSON, or of another kind, could tell a reader apart.
        if estimate.to_bytes() != bytes {
            return Err(JsonError::Form.into());
        }
        Ok(estimate)
    }

    /// The bytes to seal: compact JSON, then spaces. All estimates have the same length, so that the
    /// sealed object does not tell how many digits the amount has.
    pub fn to_bytes(&self) -> Vec<u8> {
        let mut bytes = strict::bytes(self);
        // Names and an amount have some 250 bytes at most.
        bytes.resize(limits::ESTIMATE_PLAIN_BYTES, b' ');
        bytes
    }

    /// 标底.
    pub const fn amount(&self) -> Money {
        self.amount
    }

    fn check(&self, rules: &EstimateRules<'_>) -> Result<(), EstimateError> {
        if self.v != 1 {
            return Err(EstimateError::Version);
        }
        if self.tender != rules.lot.tender || self.lot != rules.lot.lot {
            let found = LotKey { tender: self.tender.clone(), lot: self.lot.clone() };
            return Err(EstimateError::Lot { expected: rules.lot.clone(), found });
        }
        if self.amount.currency() != rules.currency {
            return Err(EstimateError::Currency);
        }
        Ok(())
    }
}

/// The base estimate that counts: the last one sealed before the deadline.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct SealedEstimate {
    /// Its number, from 1; an earlier one was replaced.
    pub no: u32,
    /// SHA-256 of the exact sealed object, by which custodians name it.
    pub sha256: Digest,
    /// Where it stands in the log.
    pub mark: Mark,
}

impl EstimateSealed {
    /// The exact sealed object.
    pub fn object(&self) -> Option<Vec<u8>> {
        STANDARD.decode(&self.object_b64).ok()
    }
}

impl PublishedEstimate {
    /// Judges the opened estimate, or says why it did not open. Whose fault that is the label says:
    /// the object stands in the log, so only the host and the custodians can be at fault.
    pub fn judge(rules: &EstimateRules<'_>, sha256: Digest, sheet: &UnsealedSheet) -> Self {
        let bare = Self {
            sha256,
            verdict: Verdict::NotOpened,
            label: None,
            plain_b64: None,
            amount: None,
            capital: None,
        };
        match sheet {
            UnsealedSheet::NotOpened { label, .. } => Self { label: Some(label.clone()), ..bare },
            UnsealedSheet::Opened { bytes, .. } => {
                let opened = Self { plain_b64: Some(STANDARD.encode(bytes)), ..bare };
                match BaseEstimate::parse(rules, bytes) {
                    Err(error) => Self {
                        verdict: Verdict::BadFormat,
                        label: Some(error.label().to_owned()),
                        ..opened
                    },
                    Ok(estimate) => Self {
                        verdict: Verdict::Opened,
                        amount: Some(estimate.amount()),
                        capital: Some(estimate.amount().capital()),
                        ..opened
                    },
                }
            }
        }
    }

    /// Whether this is what [`PublishedEstimate::judge`] says of its own plaintext.
    pub fn is_judged_rightly(&self, rules: &EstimateRules<'_>) -> bool {
        match (self.verdict, &self.label, &self.plain_b64) {
            (Verdict::NotOpened, Some(label), None) => {
                let known = [HOST_GARBAGE, UNOPENED_CUSTODY].contains(&label.as_str());
                known && self.amount.is_none() && self.capital.is_none()
            }
            (Verdict::Opened | Verdict::BadFormat, _, Some(plain)) => {
                let Ok(bytes) = STANDARD.decode(plain) else { return false };
                let sheet = UnsealedSheet::Opened { sha256: Digest::ZERO, bytes };
                *self == Self::judge(rules, self.sha256, &sheet)
            }
            _ => false,
        }
    }
}

impl LotPublished {
    /// What a base estimate of this lot must say.
    pub const fn estimate_rules<'a>(&self, lot: &'a LotKey) -> EstimateRules<'a> {
        EstimateRules { lot, currency: self.currency }
    }
}

impl State {
    /// The base estimate that counts, if the host sealed one.
    pub const fn estimate(&self) -> Option<&SealedEstimate> {
        self.estimate.as_ref()
    }

    /// The number of the next one.
    pub fn next_estimate(&self) -> u32 {
        // Numbers are bounded by the guard.
        self.estimate.as_ref().map_or(1, |sealed| sealed.no.saturating_add(1))
    }

    /// The base estimate that is opened with the present envelope: it belongs to the last, which has
    /// the prices.
    pub fn estimate_here(&self) -> Option<&SealedEstimate> {
        self.estimate.as_ref().filter(|_| self.stage_after().is_none())
    }

    /// What custodians raised for the estimate, proven or not, in their order.
    pub fn estimate_partials(
        &self,
    ) -> impl Iterator<Item = (kaibiao_types::CustodianIndex, &Partial)> {
        self.estimate_partials.iter().map(|(index, partial)| (*index, partial))
    }

    /// How it came out.
    pub fn published_estimate(&self) -> Option<&PublishedEstimate> {
        self.prices()?.estimate.as_ref()
    }

    pub(crate) fn estimate_sealed(&mut self, sealed: &EstimateSealed, mark: Mark) {
        let EstimateSealed { no, sha256, .. } = sealed;
        self.estimate = Some(SealedEstimate { no: *no, sha256: *sha256, mark });
    }
}
