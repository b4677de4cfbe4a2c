//! Why a tender file is refused.

use super::StepsError;
use crate::strict::JsonError;

/// The first rule that a tender file or draft breaks.
#[derive(Clone, Debug, Eq, PartialEq, thiserror::Error)]
#[non_exhaustive]
pub enum TenderError {
    /// Policy and terms of the bidder window do not come together, or its spans are out of bounds.
    #[error(
        "a bidder window needs policy bidder-then-ceremony, open_ms of 1 ms to 24 h and extend_ms of at \
         most 24 h; no other policy has one"
    )]
    BidderWindow,
    /// The ceiling price is in another currency than the tender.
    #[error("the ceiling price is not in the currency of the tender")]
    CeilingCurrency,
    /// A ceiling price where nobody names a price.
    #[error("a prequalification has no ceiling price")]
    CeilingWithoutPrice,
    /// The custodians are not numbered 1 to n in order, or two share a certificate.
    #[error("custodians must be numbered 1 to {n} in order, each with its own certificate")]
    Custodians {
        /// Custodians of the threshold.
        n: u16,
    },
    /// The custody is called independent, yet one hand holds enough seats (ruling 16).
    #[error("custody is not independent: one hand holds {seats} seats, {limit} are enough to harm")]
    CustodyNotIndependent {
        /// Seats held together.
        seats: usize,
        /// `min(k, n - k + 1)`.
        limit: usize,
    },
    /// The deadline is zero.
    #[error("the deadline must be after the Unix epoch")]
    Deadline,
    /// A draw breaks a rule.
    #[error("draw {no}: {what}")]
    Draw {
        /// Its number; 0 for the whole list.
        no: u32,
        /// What is wrong.
        what: &'static str,
    },
    /// Another number of envelopes before the last than the kind of tender has.
    #[error("{found} envelopes before the last, this kind of tender has {expected}")]
    Envelopes {
        /// Envelopes listed.
        found: usize,
        /// Envelopes of this kind.
        expected: usize,
    },
    /// A base estimate where nobody names a price.
    #[error("a prequalification has no base estimate")]
    EstimateWithoutPrice,
    /// A price or another amount where none may be read yet.
    #[error("field `{0}`: no price and no amount is read out of this envelope")]
    FieldAmount(String),
    /// A read-out field that is no rate has a ceiling.
    #[error("the field `{0}` has a ceiling and is no rate")]
    FieldCeiling(String),
    /// No fields, or too many.
    #[error("{0} read-out fields, 1 to 40 are allowed")]
    FieldCount(usize),
    /// Two read-out fields have the same key.
    #[error("two read-out fields have the key `{0}`")]
    FieldDuplicate(String),
    /// A key of a read-out field is not a lower-case word.
    #[error("the key `{0}` is not a lower-case word of at most 32 letters, digits and `_`")]
    FieldKey(String),
    /// The first field is not the price.
    #[error("the first read-out field must have key `price` and type `money`")]
    FieldPrice,
    /// The host and the supervisor are one organisation, so one hand could approve twice.
    #[error("host and supervisor must be two organisations")]
    HostIsSupervisor,
    /// Not strict JSON of this form.
    #[error("not a tender file: {0}")]
    Json(#[from] JsonError),
    /// Another kind of document.
    #[error("the kind is not `{expected}`")]
    Kind {
        /// The kind this reader takes.
        expected: &'static str,
    },
    /// Fewer bidders than the law allows (招标投标法实施条例 art. 44 ¶2).
    #[error("min_bidders is {0}, the law asks for at least 3")]
    MinBidders(u32),
    /// The log does not belong to this lot.
    #[error("the log origin must be `{expected}`")]
    Origin {
        /// The origin of this lot.
        expected: String,
    },
    /// A hall that ticks as its schedule says would look like one that is away.
    #[error("outage.silent_ms must be at least twice every_ms of each tick rule within its reach")]
    OutageTicks,
    /// Another number of places than format version 1 has.
    #[error("places is {0}, format version 1 has 1024")]
    Places(u32),
    /// The platform is not a host name in lower case.
    #[error("the platform is not a host name in lower case")]
    Platform,
    /// Kept too short for the law, or absurdly long.
    #[error("retention of {years} years; {min} to 200 are allowed")]
    Retention {
        /// Years stated.
        years: u32,
        /// Fewest years for this template.
        min: u32,
    },
    /// A round of sealed prices breaks a rule.
    #[error("round: {0}")]
    Round(&'static str),
    /// A span is zero or above one day; or the silence of the outage rule is longer than its reach.
    #[error("{0} must be 1 ms to 24 h")]
    Span(&'static str),
    /// The list of steps breaks a rule.
    #[error("steps: {0}")]
    Steps(#[from] StepsError),
    /// A text is empty, too long, or holds characters that are invisible or steer the display.
    #[error("{0} is empty, too long or holds invisible characters")]
    Text(&'static str),
    /// As many custodians as the threshold says must be listed.
    #[error("{listed} custodians are listed, the threshold says {n}")]
    Threshold {
        /// Custodians listed.
        listed: usize,
        /// Custodians of the threshold.
        n: u16,
    },
    /// The tick schedule has no last rule for always, is out of order, or ticks too fast.
    #[error("ticks need ascending within_ms, a last rule with null, and every_ms of 100 or more")]
    Ticks,
    /// An address of a time server is not `host:port`.
    #[error("`{0}` is not the address of a time server, such as time.example:2002")]
    TimeAddress(String),
    /// Fewer than two time servers have to agree, or more than there are.
    #[error("{agree} of {count} time servers have to agree; from 2 to all may")]
    TimeAgree {
        /// How many have to agree.
        agree: u8,
        /// How many there are.
        count: usize,
    },
    /// One organisation runs as many time servers as have to agree (ruling 13).
    #[error("one hand runs {sources} time servers, and {agree} have to agree")]
    TimeByOneHand {
        /// Servers of one hand.
        sources: usize,
        /// How many have to agree.
        agree: usize,
    },
    /// More than one time server is run by tenderee, agency, host or platform (ruling 13).
    #[error("more than one time server is run by tenderee, agency, host or platform")]
    TimeByPlatform,
    /// The greatest error of a clock is out of bounds.
    #[error("the greatest error of a clock must be 1 s to 60 s")]
    TimeError,
    /// Fewer than two time servers, or too many.
    #[error("{0} time servers, 2 to 8 are allowed")]
    TimeSources(usize),
    /// Two time servers have the same name or the same key.
    #[error("the name or the key of time server `{0}` is there twice")]
    TimeTwice(String),
    /// Another version of the format.
    #[error("the version is not 1")]
    Version,
    /// The verifier key of the log is not `name+hash+key`.
    #[error("the log's verifier key is not of the form name+hash+key")]
    Vkey,
}

impl TenderError {
    /// The stable label.
    pub const fn label(&self) -> &'static str {
        match self {
            Self::BidderWindow => "E_TENDER_BIDDER_WINDOW",
            Self::CeilingCurrency => "E_TENDER_CEILING_CURRENCY",
            Self::CeilingWithoutPrice => "E_TENDER_CEILING_WITHOUT_PRICE",
            Self::Custodians { .. } => "E_TENDER_CUSTODIANS",
            Self::CustodyNotIndependent { .. } => "E_TENDER_CUSTODY_NOT_INDEPENDENT",
            Self::Deadline => "E_TENDER_DEADLINE",
            Self::Draw { .. } => "E_TENDER_DRAW",
            Self::Envelopes { .. } => "E_TENDER_ENVELOPES",
            Self::EstimateWithoutPrice => "E_TENDER_ESTIMATE_WITHOUT_PRICE",
            Self::FieldAmount(_) => "E_TENDER_FIELD_AMOUNT",
            Self::FieldCeiling(_) => "E_TENDER_FIELD_CEILING",
            Self::FieldDuplicate(_) => "E_TENDER_FIELD_DUPLICATE",
            Self::FieldKey(_) => "E_TENDER_FIELD_KEY",
            Self::FieldCount(_) => "E_TENDER_FIELD_COUNT",
            Self::FieldPrice => "E_TENDER_FIELD_PRICE",
            Self::HostIsSupervisor => "E_TENDER_HOST_IS_SUPERVISOR",
            Self::Json(_) => "E_TENDER_JSON",
            Self::Kind { .. } => "E_TENDER_KIND",
            Self::MinBidders(_) => "E_TENDER_MIN_BIDDERS",
            Self::Origin { .. } => "E_TENDER_ORIGIN",
            Self::OutageTicks => "E_TENDER_OUTAGE",
            Self::Places(_) => "E_TENDER_PLACES",
            Self::Platform => "E_TENDER_PLATFORM",
            Self::Retention { .. } => "E_TENDER_RETENTION",
            Self::Round(_) => "E_TENDER_ROUND",
            Self::Span(_) => "E_TENDER_SPAN",
            Self::Steps(error) => error.label(),
            Self::Text(_) => "E_TENDER_TEXT",
            Self::Threshold { .. } => "E_TENDER_THRESHOLD",
            Self::Ticks => "E_TENDER_TICKS",
            Self::TimeAddress(_) => "E_TENDER_TIME_ADDRESS",
            Self::TimeAgree { .. } => "E_TENDER_TIME_AGREE",
            Self::TimeByOneHand { .. } | Self::TimeByPlatform => "E_TENDER_TIME_NOT_INDEPENDENT",
            Self::TimeError => "E_TENDER_TIME_ERROR",
            Self::TimeSources(_) => "E_TENDER_TIME_SOURCES",
            Self::TimeTwice(_) => "E_TENDER_TIME_TWICE",
            Self::Version => "E_TENDER_VERSION",
            Self::Vkey => "E_TENDER_VKEY",
        }
    }
}
