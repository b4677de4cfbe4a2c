//! Making the draft of a tender out of a form.

use kaibiao_crypto::SUITE_1;
use kaibiao_opening::{CustodianSeat, OpeningRecord, Round, TenderDraft, Terms};
use kaibiao_pki::Certificate;
use kaibiao_types::{CustodianIndex, Digest, Millis, OrgCode, Party, UtcMillis};
use kaibiao_wire::Label;
use serde_json::{Map, Value, json};

use crate::failure::Failure;

/// What is put into a form to make a draft.
#[derive(Clone, Debug)]
pub(crate) struct Filling {
    /// The host name of the platform.
    pub(crate) platform: Option<String>,
    /// Deadline and opening time.
    pub(crate) deadline: UtcMillis,
    /// The custodians in order.
    pub(crate) seats: Vec<Seat>,
    /// Another length of the notice before a degraded freeze.
    pub(crate) notice: Option<Millis>,
    /// Another wait for the freeze quorum.
    pub(crate) freeze_wait: Option<Millis>,
    /// The round of sealed prices that it is.
    pub(crate) round: Option<Round>,
}

/// The round after a record: its bidders are invited, except those who are left out.
///
/// # Errors
///
/// A record of another form, or somebody left out who is not in it.
pub(crate) fn round_after(record: &[u8], left_out: &[OrgCode]) -> Result<Round, Failure> {
    let read = OpeningRecord::read(record)
        .map_err(|error| Failure::new(Label::BadInput, format!("--round-of: {error}")))?;
    let bidders = || read.rows.iter().map(|row| &row.bidder);
    if let Some(code) = left_out.iter().find(|code| !bidders().any(|party| party.code == **code)) {
        let detail = format!("--not-invited {code}: no bidder of that record");
        return Err(Failure::new(Label::BadInput, detail));
    }
    let invited = bidders().filter(|party| !left_out.contains(&party.code));
    Ok(Round {
        no: read.round.as_ref().map_or(1, |round| round.no.saturating_add(1)),
        of: read.lot.clone(),
        record_sha256: SUITE_1.hash(record),
        invited: invited.cloned().collect(),
    })
}

/// A custodian by its certificate.
#[derive(Clone, Debug)]
pub(crate) struct Seat {
    /// Its organisation.
    pub(crate) party: Party,
    /// SHA-256 of its certificate.
    pub(crate) cert_sha256: Digest,
}

impl Seat {
    /// The seat of a certificate whose organisation is known.
    pub(crate) const fn new(party: Party, certificate: &Certificate) -> Self {
        Self { party, cert_sha256: certificate.sha256() }
    }
}

/// Makes a draft out of a form: the JSON of a draft without deadline, platform and custodians, or a
/// file that has such a form under the key `draft`.
pub(crate) fn fill(form: &[u8], filling: &Filling) -> Result<TenderDraft, Failure> {
    let wrong =
        |what: &str| Failure::new(Label::BadInput, format!("the form of the draft: {what}"));
    let value: Value = serde_json::from_slice(form).map_err(|error| wrong(&error.to_string()))?;
    let Value::Object(mut form) = value else { return Err(wrong("not a JSON object")) };
    if let Some(Value::Object(inner)) = form.remove("draft") {
        form = inner;
    }
    for key in ["v", "kind"] {
        form.remove(key);
    }
    if let Some(platform) = &filling.platform {
        form.insert("platform".to_owned(), json!(platform));
    }
    form.insert("deadline".to_owned(), json!(filling.deadline));
    let spans = [("notice_ms", filling.notice), ("freeze_wait_ms", filling.freeze_wait)];
    for (key, span) in spans {
        if let Some(span) = span {
            form.insert(key.to_owned(), json!(span));
        }
    }
    // 办法 art. 31: a form that does not say otherwise has the record wait for every open fault.
    form.entry("decide_faults").or_insert(Value::Bool(true));
    let custody = form.get_mut("custody").and_then(Value::as_object_mut);
    let custody = custody.ok_or_else(|| wrong("custody is missing"))?;
    put_seats(custody, &filling.seats)?;
    if let Some(round) = &filling.round {
        form.insert("round".to_owned(), json!(round));
    }
    let mut terms: Terms =
        serde_json::from_value(Value::Object(form)).map_err(|error| wrong(&error.to_string()))?;
    // A form that names no steps or envelopes takes those of its template; the signed file then names
    // them.
    if terms.steps.is_empty() {
        let window = terms.bidder_window.is_some();
        let template = terms.template;
        terms.steps = if window { template.steps_with_window() } else { template.steps() };
    }
    if terms.envelopes.is_empty() {
        terms.envelopes = terms.template.envelopes();
    }
    Ok(TenderDraft::new(terms)?)
}

fn put_seats(custody: &mut Map<String, Value>, seats: &[Seat]) -> Result<(), Failure> {
    let mut all = Vec::new();
    for (number, seat) in (1_u16..).zip(seats) {
        let index = CustodianIndex::new(number)
            .map_err(|_| Failure::new(Label::BadInput, "more custodians than a ceremony has"))?;
        let Seat { party, cert_sha256 } = seat.clone();
        all.push(CustodianSeat { index, party, cert_sha256 });
    }
    custody.insert("custodians".to_owned(), json!(all));
    Ok(())
}
