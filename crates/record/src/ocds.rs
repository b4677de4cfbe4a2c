//! The public facts of a record in the Open Contracting Data Standard 1.1, with the extensions for
//! bids, bid opening and lots.

use std::collections::BTreeMap;

use kaibiao_opening::{OpeningRecord, RecordRow, Template, Verdict};
use kaibiao_types::{Currency, Fault, Money, Party, UtcMillis};
use serde::Serialize;
use serde_json::value::RawValue;

use crate::code::VerificationCode;
use crate::file::RecordFile;

/// The extensions in the releases for version 1.1.5 of the standard; that for bid opening has none.
const EXTENSIONS: [&str; 3] = [
    "https://raw.githubusercontent.com/open-contracting-extensions/ocds_bid_extension/v1.1.5/extension.json",
    "https://raw.githubusercontent.com/open-contracting-extensions/ocds_bidOpening_extension/master/extension.json",
    "https://raw.githubusercontent.com/open-contracting-extensions/ocds_lots_extension/v1.1.5/extension.json",
];

/// The register of unified social credit codes in the list of registers (org-id.guide).
const REGISTER: &str = "CN-SAIC";

/// Who publishes, and where.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct Publication {
    /// The publisher's prefix for contracting processes, as it was registered: `ocds-` and six
    /// lower-case letters or digits.
    pub prefix: String,
    /// The publisher's name.
    pub publisher: String,
    /// Where the package can be read.
    pub uri: String,
}

/// Why a record is not published in this way.
#[derive(Clone, Debug, Eq, PartialEq, thiserror::Error)]
#[non_exhaustive]
pub enum OcdsError {
    /// The prefix is not of the registered form.
    #[error("a prefix is `ocds-` and six lower-case letters or digits, not `{0}`")]
    Prefix(String),
    /// The publisher has no name.
    #[error("the publisher has no name")]
    Publisher,
    /// The address is not one of the web.
    #[error("an address begins with https:// or http:// and has no spaces, unlike `{0}`")]
    Uri(String),
}

impl OcdsError {
    /// The stable label.
    pub const fn label(&self) -> &'static str {
        match self {
            Self::Prefix(_) => "E_OCDS_PREFIX",
            Self::Publisher => "E_OCDS_PUBLISHER",
            Self::Uri(_) => "E_OCDS_URI",
        }
    }
}

impl Publication {
    fn check(&self) -> Result<(), OcdsError> {
        let six = self.prefix.strip_prefix("ocds-").filter(|six| six.len() == 6);
        let small = |b: u8| b.is_ascii_lowercase() || b.is_ascii_digit();
        if !six.is_some_and(|six| six.bytes().all(small)) {
            return Err(OcdsError::Prefix(self.prefix.clone()));
        }
        if self.publisher.trim().is_empty() {
            return Err(OcdsError::Publisher);
        }
        let rest = self.uri.strip_prefix("https://").or_else(|| self.uri.strip_prefix("http://"));
        let plain = |rest: &str| !rest.is_empty() && rest.bytes().all(|b| b.is_ascii_graphic());
        if rest.is_some_and(plain) { Ok(()) } else { Err(OcdsError::Uri(self.uri.clone())) }
    }
}

/// A release package with one release: compact JSON, the same bytes for the same record and
/// publication. Amounts are exact decimal numbers in units of the currency.
///
/// # Errors
///
/// [`OcdsError`] if the publication lacks what the standard asks for.
///
/// # Source
///
/// <https://standard.open-contracting.org/1.1/en/schema/release_package/>
pub fn ocds(file: &RecordFile, publication: &Publication) -> Result<Vec<u8>, OcdsError> {
    publication.check()?;
    let package = Package {
        uri: &publication.uri,
        version: "1.1",
        extensions: EXTENSIONS,
        published_date: date(file.record().prices_published_at),
        publisher: Publisher { name: &publication.publisher },
        releases: [release(file, &publication.prefix)],
    };
    // Keys are texts and no value refuses to be written, so memory is all that is needed.
    Ok(serde_json::to_vec(&package).unwrap_or_default())
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Package<'a> {
    uri: &'a str,
    version: &'static str,
    extensions: [&'static str; 3],
    published_date: String,
    publisher: Publisher<'a>,
    releases: [Release<'a>; 1],
}

#[derive(Serialize)]
struct Publisher<'a> {
    name: &'a str,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Release<'a> {
    ocid: String,
    id: String,
    date: String,
    tag: [&'static str; 1],
    initiation_type: &'static str,
    language: &'static str,
    parties: Vec<Organisation<'a>>,
    buyer: Reference<'a>,
    tender: Tender<'a>,
    bids: Bids<'a>,
}

#[derive(Serialize)]
struct Organisation<'a> {
    id: String,
    name: &'a str,
    identifier: Identifier<'a>,
    roles: Vec<&'static str>,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Identifier<'a> {
    scheme: &'static str,
    id: &'a str,
    legal_name: &'a str,
}

#[derive(Serialize)]
struct Reference<'a> {
    id: String,
    name: &'a str,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Tender<'a> {
    id: &'a str,
    title: &'a str,
    description: &'a str,
    status: &'static str,
    procuring_entity: Reference<'a>,
    #[serde(skip_serializing_if = "Option::is_none")]
    main_procurement_category: Option<&'static str>,
    submission_method: [&'static str; 1],
    #[serde(rename = "tenderPeriod")]
    period: Period,
    number_of_tenderers: u32,
    #[serde(rename = "tenderers")]
    bidders: Vec<Reference<'a>>,
    lots: [Lot<'a>; 1],
    bid_opening: BidOpening,
    documents: [Document; 1],
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Period {
    end_date: String,
}

#[derive(Serialize)]
struct Lot<'a> {
    id: &'a str,
    title: &'a str,
    #[serde(skip_serializing_if = "Option::is_none")]
    value: Option<Value>,
}

#[derive(Serialize)]
struct BidOpening {
    date: String,
    description: &'static str,
}

#[derive(Serialize)]
struct Document {
    id: String,
    title: String,
    format: &'static str,
    language: &'static str,
}

#[derive(Serialize)]
struct Bids<'a> {
    statistics: [Statistic; 2],
    details: Vec<Bid<'a>>,
}

#[derive(Serialize)]
struct Statistic {
    id: &'static str,
    measure: &'static str,
    value: u64,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Bid<'a> {
    id: String,
    date: String,
    status: &'static str,
    tenderers: Vec<Reference<'a>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    value: Option<Value>,
    related_lots: [&'a str; 1],
}

#[derive(Serialize)]
struct Value {
    amount: Box<RawValue>,
    currency: Currency,
}

fn release<'a>(file: &'a RecordFile, prefix: &str) -> Release<'a> {
    let record = file.record();
    let ocid = format!("{prefix}-{}", record.tender);
    let code = VerificationCode::new(file.sha256());
    Release {
        id: format!("{ocid}-{}-{code}", record.lot),
        ocid,
        date: date(record.prices_published_at),
        tag: ["tenderUpdate"],
        initiation_type: "tender",
        language: "zh",
        parties: parties(record),
        buyer: reference(&record.tenderee),
        tender: tender(file),
        bids: bids(record),
    }
}

/// Every organisation once, with all its roles.
fn parties(record: &OpeningRecord) -> Vec<Organisation<'_>> {
    let mut parties: BTreeMap<&str, Organisation<'_>> = BTreeMap::new();
    let first = [(&record.tenderee, "buyer"), (&record.host, "procuringEntity")];
    let bidders = record.rows.iter().flat_map(members).map(|party| (party, "tenderer"));
    for (party, role) in first.into_iter().chain(bidders) {
        let entry = parties.entry(party.code.as_str()).or_insert_with(|| organisation(party));
        if !entry.roles.contains(&role) {
            entry.roles.push(role);
        }
    }
    parties.into_values().collect()
}

/// The bidder, then the other members of its consortium.
fn members(row: &RecordRow) -> impl Iterator<Item = &Party> {
    core::iter::once(&row.bidder).chain(&row.consortium)
}

fn organisation(party: &Party) -> Organisation<'_> {
    let (code, name) = (party.code.as_str(), party.name.as_str());
    let identifier = Identifier { scheme: REGISTER, id: code, legal_name: name };
    Organisation { id: id(party), name, identifier, roles: Vec::new() }
}

fn id(party: &Party) -> String {
    format!("{REGISTER}-{}", party.code)
}

fn reference(party: &Party) -> Reference<'_> {
    Reference { id: id(party), name: &party.name }
}

fn tender(file: &RecordFile) -> Tender<'_> {
    let record = file.record();
    Tender {
        id: record.tender.as_str(),
        title: &record.title.zh,
        description: &record.title.en,
        status: "active",
        procuring_entity: reference(&record.host),
        main_procurement_category: match record.template {
            Template::Works => Some("works"),
            // Goods or services: the record does not say which.
            Template::GoodsServices
            | Template::CompetitiveConsultation
            | Template::GovernmentProcurement
            | Template::Prequalification
            | Template::ThreeEnvelope
            | Template::TwoEnvelope => None,
        },
        submission_method: ["electronicSubmission"],
        period: Period { end_date: date(record.deadline) },
        number_of_tenderers: record.bidders,
        bidders: record.rows.iter().map(|row| reference(&row.bidder)).collect(),
        lots: [Lot {
            id: record.lot.as_str(),
            title: &record.lot_title.zh,
            value: record.ceiling.map(value),
        }],
        bid_opening: BidOpening {
            date: date(record.deadline),
            description: "不见面开标：在线公开进行。Held online, in public.",
        },
        documents: [Document {
            id: file.sha256().to_string(),
            title: "开标记录 opening record（record.json，编号为其 SHA-256）".to_owned(),
            format: "application/json",
            language: "zh",
        }],
    }
}

fn bids(record: &OpeningRecord) -> Bids<'_> {
    let statistic = |id, value| Statistic { id, measure: id, value };
    Bids {
        // A superseded or withdrawn bid is not a bid of its own.
        statistics: [
            statistic("bids", u64::try_from(record.rows.len()).unwrap_or(u64::MAX)),
            statistic("bidders", u64::from(record.bidders)),
        ],
        details: record.rows.iter().map(|row| bid(record, row)).collect(),
    }
}

fn bid<'a>(record: &'a OpeningRecord, row: &'a RecordRow) -> Bid<'a> {
    Bid {
        id: row.manifest_sha256.to_string(),
        date: date(row.completed_at),
        status: status(row),
        tenderers: members(row).map(reference).collect(),
        value: row.total.map(value),
        related_lots: [record.lot.as_str()],
    }
}

/// An opened bid waits for its evaluation. One that was not opened counts as withdrawn, 撤销 and
/// 撤回 alike, once it is known or decided whose fault that was (电子招标投标办法 art. 31).
fn status(row: &RecordRow) -> &'static str {
    let fault = row.decision.as_ref().map_or(row.fault, |decision| Some(decision.fault));
    match (row.verdict, fault) {
        (Verdict::NotOpened, Some(Fault::Bidder | Fault::NotBidder)) => "withdrawn",
        (Verdict::NotOpened | Verdict::BadFormat | Verdict::Opened, _) => "pending",
    }
}

fn value(money: Money) -> Value {
    let amount = format!("{}.{:02}", money.minor() / 100, money.minor() % 100);
    // Digits, a point and two digits are always a number.
    let amount = RawValue::from_string(amount).unwrap_or_default();
    Value { amount, currency: money.currency() }
}

fn date(at: UtcMillis) -> String {
    at.rfc3339()
}
