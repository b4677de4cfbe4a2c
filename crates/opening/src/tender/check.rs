//! The rules of a tender file, in the order of its fields.

use std::collections::{BTreeMap, BTreeSet};

use kaibiao_types::{LotId, Millis, OrgCode, Party};

use super::{
    Announced, Bilingual, Custody, CustodyKind, Envelope, FieldKind, ReadOutField, Round, Template,
    TenderError, Terms, TickRule,
};
use crate::event::LotPublished;
use crate::{limits, sheet, text};

/// Checks the terms of a draft.
pub(super) fn terms(terms: &Terms) -> Result<(), TenderError> {
    if !text::host_name(&terms.platform) {
        return Err(TenderError::Platform);
    }
    both(&terms.title, limits::TITLE_CHARS, "title")?;
    both(&terms.lot_title, limits::TITLE_CHARS, "lot_title")?;
    parties(terms)?;
    if terms.deadline.get() == 0 {
        return Err(TenderError::Deadline);
    }
    // 招标投标法实施条例 art. 44 ¶2: fewer than three bidders, nothing is opened. A tender may ask
    // for more, never for fewer, whatever its template.
    if terms.min_bidders < limits::BIDDERS_MIN {
        return Err(TenderError::MinBidders(terms.min_bidders));
    }
    if terms.ceiling.is_some_and(|ceiling| ceiling.currency() != terms.currency) {
        return Err(TenderError::CeilingCurrency);
    }
    round(terms.round.as_ref(), terms.template, &terms.lot, terms.min_bidders)?;
    fields(&terms.fields, terms.names_prices())?;
    if terms.ceiling.is_some() && !terms.names_prices() {
        return Err(TenderError::CeilingWithoutPrice);
    }
    if terms.template == Template::Prequalification && terms.base_estimate {
        return Err(TenderError::EstimateWithoutPrice);
    }
    envelopes(&terms.envelopes, terms.template)?;
    custodians(&terms.custody)?;
    independent(terms, None)?;
    super::time::check(terms, None)?;
    spans(terms)?;
    ticks(&terms.ticks)?;
    if terms.places != limits::PLACES {
        return Err(TenderError::Places(terms.places));
    }
    retention(terms)?;
    super::check_draws(&terms.draws)?;
    super::bidder_window::check(terms)?;
    let asked = terms.bidder_window.is_some();
    super::check_steps(&terms.steps, terms.ceiling.is_some(), asked)?;
    if let Some(outage) = &terms.outage {
        super::outage::check(outage, &terms.ticks)?;
    }
    match &terms.source {
        Some(source) => line(source, limits::TITLE_CHARS, "source"),
        None => Ok(()),
    }
}

/// Checks what a tender file adds to its draft.
pub(super) fn announced(terms: &Terms, added: &Announced) -> Result<(), TenderError> {
    let expected = terms.log_origin();
    if added.log.origin != expected {
        return Err(TenderError::Origin { expected });
    }
    let vkey = &added.log.vkey;
    let parts = vkey.splitn(3, '+').filter(|part| !part.is_empty()).count();
    if parts != 3 || !text::line(vkey, limits::VKEY_CHARS) {
        return Err(TenderError::Vkey);
    }
    line(&added.hall.party.name, limits::NAME_CHARS, "hall.party.name")?;
    independent(terms, Some(&added.hall.party))?;
    super::time::check(terms, Some(&added.hall.party))
}

fn parties(terms: &Terms) -> Result<(), TenderError> {
    line(&terms.tenderee.name, limits::NAME_CHARS, "tenderee.name")?;
    if let Some(agency) = &terms.agency {
        line(&agency.name, limits::NAME_CHARS, "agency.name")?;
    }
    line(&terms.host.name, limits::NAME_CHARS, "host.name")?;
    line(&terms.supervisor.name, limits::NAME_CHARS, "supervisor.name")?;
    // A degraded freeze needs two approvals (ruling 11); from one organisation they would be one.
    if terms.host.code == terms.supervisor.code {
        return Err(TenderError::HostIsSupervisor);
    }
    Ok(())
}

/// Whether read-out fields keep the rules, for readers of the log who have no tender file.
pub(crate) fn fields_are_valid(list: &[ReadOutField], names_prices: bool) -> bool {
    fields(list, names_prices).is_ok()
}

/// Whether a round of sealed prices keeps the rules, for the same readers.
pub(crate) fn round_is_valid(lot: &LotPublished, id: &LotId) -> bool {
    round(lot.round.as_ref(), lot.template, id, lot.min_bidders).is_ok()
}

/// Whether the envelopes before the last keep the rules, for the same readers.
pub(crate) fn envelopes_are_valid(list: &[Envelope], template: Template) -> bool {
    envelopes(list, template).is_ok()
}

/// The fields of the last envelope: the price first, and no amount where nobody names a price.
fn fields(fields: &[ReadOutField], names_prices: bool) -> Result<(), TenderError> {
    if !names_prices {
        return fields_without_price(fields);
    }
    fields_fit(fields)?;
    if sheet::is_priced(fields) { Ok(()) } else { Err(TenderError::FieldPrice) }
}

/// A price that is read before its envelope would be a price before its time.
fn fields_without_price(fields: &[ReadOutField]) -> Result<(), TenderError> {
    fields_fit(fields)?;
    let amount = |field: &&ReadOutField| field.kind == FieldKind::Money || field.key == "price";
    match fields.iter().find(amount) {
        Some(field) => Err(TenderError::FieldAmount(field.key.clone())),
        None => Ok(()),
    }
}

/// Rounds are for consultations. They go on from another lot, and enough are invited.
fn round(
    round: Option<&Round>,
    template: Template,
    lot: &LotId,
    min_bidders: u32,
) -> Result<(), TenderError> {
    let Some(round) = round else { return Ok(()) };
    let wrong = |what| Err(TenderError::Round(what));
    if template != Template::CompetitiveConsultation {
        return wrong("only a consultation has rounds");
    }
    if !(1..=limits::ROUNDS).contains(&round.no) {
        return wrong("a round has a number from 1 to 20");
    }
    if round.of == *lot {
        return wrong("a round goes on from another lot of its tender");
    }
    let codes: BTreeSet<&OrgCode> = round.invited.iter().map(|party| &party.code).collect();
    if codes.len() != round.invited.len() || round.invited.len() > limits::INVITED {
        return wrong("somebody is invited twice, or too many are invited");
    }
    if u32::try_from(codes.len()).is_ok_and(|invited| invited < min_bidders) {
        return wrong("fewer are invited than have to quote");
    }
    round.invited.iter().try_for_each(|party| line(&party.name, limits::NAME_CHARS, "invited.name"))
}

fn envelopes(envelopes: &[Envelope], template: Template) -> Result<(), TenderError> {
    if envelopes.len() != template.earlier_envelopes() {
        return Err(TenderError::Envelopes {
            found: envelopes.len(),
            expected: template.earlier_envelopes(),
        });
    }
    for envelope in envelopes {
        both(&envelope.title, limits::FIELD_LABEL_CHARS, "envelopes.title")?;
        fields_without_price(&envelope.fields)?;
        // An empty list would stand for the order of the first version, which knew one envelope.
        if envelope.steps.is_empty() {
            return Err(super::StepsError::Missing(super::Step::PublishBidders).into());
        }
        super::check_steps(&envelope.steps, false, false)?;
    }
    Ok(())
}

fn fields_fit(fields: &[ReadOutField]) -> Result<(), TenderError> {
    if fields.is_empty() || fields.len() > limits::FIELDS {
        return Err(TenderError::FieldCount(fields.len()));
    }
    let mut seen = BTreeSet::new();
    for field in fields {
        if !text::key(&field.key) {
            return Err(TenderError::FieldKey(field.key.clone()));
        }
        let rate = matches!(field.kind, FieldKind::Percent | FieldKind::PerMille);
        if field.ceiling.is_some() && !rate {
            return Err(TenderError::FieldCeiling(field.key.clone()));
        }
        if !seen.insert(&field.key) {
            return Err(TenderError::FieldDuplicate(field.key.clone()));
        }
        line(&field.zh, limits::FIELD_LABEL_CHARS, "fields.zh")?;
        line(&field.en, limits::FIELD_LABEL_CHARS, "fields.en")?;
        if let Some(unit) = &field.unit {
            both(unit, limits::FIELD_LABEL_CHARS, "fields.unit")?;
        }
    }
    Ok(())
}

fn custodians(custody: &Custody) -> Result<(), TenderError> {
    let n = custody.threshold.n();
    let listed = custody.custodians.len();
    if listed != usize::from(n) {
        return Err(TenderError::Threshold { listed, n });
    }
    let mut certificates = BTreeSet::new();
    for (seat, number) in custody.custodians.iter().zip(1_u16..) {
        if seat.index.get() != number || !certificates.insert(seat.cert_sha256) {
            return Err(TenderError::Custodians { n });
        }
        line(&seat.party.name, limits::NAME_CHARS, "custodians.party.name")?;
    }
    Ok(())
}

/// Ruling 16: no organisation, nor tenderee, agency and platform operator together, may hold
/// `min(k, n - k + 1)` seats or more. A custody that is called `self` claims nothing.
fn independent(terms: &Terms, hall: Option<&Party>) -> Result<(), TenderError> {
    if terms.custody.custody == CustodyKind::SelfHeld {
        return Ok(());
    }
    let (n, k) = (terms.custody.threshold.n(), terms.custody.threshold.k());
    // k <= n by the type, so the subtraction cannot wrap.
    let limit = usize::from(k.min(n - k + 1));
    let near = near(terms, hall);
    let mut seats: BTreeMap<&OrgCode, usize> = BTreeMap::new();
    let mut near_seats = 0;
    for seat in &terms.custody.custodians {
        *seats.entry(&seat.party.code).or_default() += 1;
        near_seats += usize::from(near.contains(&seat.party.code));
    }
    let most = seats.values().copied().max().unwrap_or(0).max(near_seats);
    if most >= limit || n == 1 {
        return Err(TenderError::CustodyNotIndependent { seats: most, limit });
    }
    Ok(())
}

/// Those who hold the tender, with the platform: they count as one hand.
pub(super) fn near<'a>(terms: &'a Terms, hall: Option<&'a Party>) -> BTreeSet<&'a OrgCode> {
    let held = [Some(&terms.tenderee), terms.agency.as_ref(), Some(&terms.host), hall];
    held.into_iter().flatten().map(|party| &party.code).collect()
}

fn spans(terms: &Terms) -> Result<(), TenderError> {
    for (name, span) in [
        ("grace_ms", terms.grace_ms),
        ("notice_ms", terms.notice_ms),
        ("freeze_wait_ms", terms.freeze_wait_ms),
    ] {
        if !span_is_valid(span) {
            return Err(TenderError::Span(name));
        }
    }
    if !terms.objection_ms.is_none_or(span_is_valid) {
        return Err(TenderError::Span("objection_ms"));
    }
    if terms.result.is_none_or(|result| span_is_valid(result.answer_ms)) {
        Ok(())
    } else {
        Err(TenderError::Span("result.answer_ms"))
    }
}

/// From one millisecond to one day, also for readers of the log who have no tender file.
pub(crate) fn span_is_valid(span: Millis) -> bool {
    (1..=limits::SPAN_MAX).contains(&span.get())
}

fn ticks(rules: &[TickRule]) -> Result<(), TenderError> {
    let (last, earlier) = rules.split_last().ok_or(TenderError::Ticks)?;
    let slow = rules.iter().all(|rule| rule.every_ms.get() >= limits::TICK_EVERY_MIN);
    let ascending = earlier
        .iter()
        .zip(earlier.iter().skip(1))
        .all(|(nearer, farther)| nearer.within_ms < farther.within_ms);
    let bounded = earlier.iter().all(|rule| rule.within_ms.is_some());
    if last.within_ms.is_none() && slow && ascending && bounded && rules.len() <= limits::TICK_RULES
    {
        Ok(())
    } else {
        Err(TenderError::Ticks)
    }
}

fn retention(terms: &Terms) -> Result<(), TenderError> {
    // 政府采购法 art. 42 ¶1: procurement files are kept for at least fifteen years.
    let min = match terms.template {
        Template::CompetitiveConsultation | Template::GovernmentProcurement => {
            limits::PROCUREMENT_RETENTION_YEARS
        }
        Template::GoodsServices
        | Template::Prequalification
        | Template::ThreeEnvelope
        | Template::TwoEnvelope
        | Template::Works => 1,
    };
    let years = terms.retention_years;
    if (min..=limits::RETENTION_YEARS_MAX).contains(&years) {
        Ok(())
    } else {
        Err(TenderError::Retention { years, min })
    }
}

fn both(words: &Bilingual, max: usize, name: &'static str) -> Result<(), TenderError> {
    line(&words.zh, max, name).and_then(|()| line(&words.en, max, name))
}

fn line(words: &str, max: usize, name: &'static str) -> Result<(), TenderError> {
    if text::line(words, max) { Ok(()) } else { Err(TenderError::Text(name)) }
}
