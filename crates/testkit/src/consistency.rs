//! Whether a fixture agrees with itself and with the roster.

use std::collections::{BTreeMap, BTreeSet};

use kaibiao_types::{Money, Party, Role};

use crate::FICTIONAL_MARK;
use crate::fixture::{BidderFixture, FieldKind, Fixture, Item};
use crate::roster::Roster;

/// The only names of real organisations: a public record names them.
const REAL_NAMES: [&str; 8] = [
    "AMERICAN CONTRACTING & SERVICES, INC.",
    "DAVE O'MARA CONTRACTOR INC",
    "E & B PAVING LLC",
    "FORCE CONSTRUCTION CO INC",
    "Indiana Department of Transportation",
    "MILESTONE CONTRACTORS LP",
    "RAGLE, INC.",
    "SUNESIS CONSTRUCTION CO.",
];

impl Fixture {
    /// All contradictions, as sentences; empty if there are none.
    ///
    /// Checked: sums and products, currencies, numbering, read-out fields, parties against the
    /// roster, one bid per bidder, and the mark on every invented name.
    pub fn problems(&self, roster: &Roster) -> Vec<String> {
        let mut found = Vec::new();
        self.check_parties(roster, &mut found);
        self.check_draft(&mut found);
        let mut seen = BTreeSet::new();
        for bidder in &self.bidders {
            if !seen.insert(&bidder.party.code) {
                found.push(format!("{}: bids twice", bidder.identity));
            }
            self.check_fields(bidder, &mut found);
            self.check_amounts(bidder, &mut found);
        }
        if self.bidders.len() < usize::try_from(self.draft.min_bidders).unwrap_or(usize::MAX) {
            found.push("fewer bidders than the minimum".to_owned());
        }
        found
    }

    fn check_parties(&self, roster: &Roster, found: &mut Vec<String>) {
        let draft = &self.draft;
        let named = [("tenderee", &draft.tenderee), ("host", &draft.host)]
            .into_iter()
            .chain([("supervisor", &draft.supervisor)])
            .map(|(role, party)| (format!("{role}-{}", self.name), party));
        let bidders = self.bidders.iter().map(|bidder| (bidder.identity.clone(), &bidder.party));
        for (name, party) in named.chain(bidders) {
            if roster.party(&name) != Some(party) {
                found.push(format!("{name}: not the party of the roster"));
            }
            check_mark(party, found);
        }
        if let Some(agency) = &draft.agency {
            check_mark(agency, found);
        }
        for bidder in &self.bidders {
            let listed = roster.identities.iter().find(|listed| listed.name == bidder.identity);
            if listed.is_none_or(|listed| listed.role != Role::Bidder) {
                found.push(format!("{}: not a bidder of the roster", bidder.identity));
            }
        }
    }

    fn check_draft(&self, found: &mut Vec<String>) {
        let draft = &self.draft;
        let first = draft.fields.first().map(|field| (field.key.as_str(), field.kind));
        if first != Some(("price", FieldKind::Money)) {
            found.push("the first read-out field is not the price".to_owned());
        }
        if draft.ceiling.is_some_and(|ceiling| ceiling.currency() != draft.currency) {
            found.push("the ceiling is in another currency".to_owned());
        }
        if draft.ticks.last().is_none_or(|rule| rule.within_ms.is_some()) {
            found.push("no tick rule for any time left".to_owned());
        }
        if self.v != 1 || draft.v != 1 || draft.kind != "draft" {
            found.push("unknown version or kind".to_owned());
        }
    }

    fn check_fields(&self, bidder: &BidderFixture, found: &mut Vec<String>) {
        let wanted: BTreeMap<&str, FieldKind> = self
            .draft
            .fields
            .iter()
            .skip(1)
            .map(|field| (field.key.as_str(), field.kind))
            .collect();
        let given: BTreeSet<&str> = bidder.sheet.fields.keys().map(String::as_str).collect();
        if given != wanted.keys().copied().collect() {
            found.push(format!("{}: fields differ from the draft", bidder.identity));
        }
        for (key, text) in &bidder.sheet.fields {
            let integer = wanted.get(key.as_str()) == Some(&FieldKind::Integer);
            if text.is_empty() || (integer && !text.bytes().all(|byte| byte.is_ascii_digit())) {
                found.push(format!("{}: {key} is not what its type says", bidder.identity));
            }
        }
    }

    fn check_amounts(&self, bidder: &BidderFixture, found: &mut Vec<String>) {
        let mut sum = Money::new(0, self.draft.currency).ok();
        for (item, no) in bidder.items.iter().zip(1_u32..) {
            let place = format!("{}: item {no}", bidder.identity);
            if item.no != no {
                found.push(format!("{place}: numbered {}", item.no));
            }
            if product(item) != Some(item.amount) {
                found.push(format!("{place}: amount is not quantity times unit price"));
            }
            sum = sum.and_then(|sum| sum.plus(item.amount));
        }
        if sum != Some(bidder.sheet.total) {
            found.push(format!("{}: total is not the sum of the amounts", bidder.identity));
        }
    }
}

/// Quantity times unit price, rounded half up to a minor unit.
fn product(item: &Item) -> Option<Money> {
    let exact = u128::from(item.quantity_milli) * u128::from(item.unit_price.minor());
    let rounded = u64::try_from((exact + 500) / 1000).ok()?;
    Money::new(rounded, item.unit_price.currency()).ok()
}

/// An invented name carries the mark, a real one never.
fn check_mark(party: &Party, found: &mut Vec<String>) {
    let name = party.name.as_str();
    match name.strip_suffix(FICTIONAL_MARK) {
        None if !REAL_NAMES.contains(&name) => {
            found.push(format!("{name}: an invented name without its mark"));
        }
        Some(real) if REAL_NAMES.contains(&real) => {
            found.push(format!("{name}: a real name marked as invented"));
        }
        _ => {}
    }
}
