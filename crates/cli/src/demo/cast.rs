//! Who takes part in a demonstration, out of the development identities.

use std::sync::Arc;

use kaibiao_pki::TrustList;
use kaibiao_types::{LotId, LotKey, Money, Party, TenderId, UtcMillis};
use serde_json::Value;

use crate::draft::Seat;
use crate::embedded::{self, ExampleBidder};
use crate::failure::Failure;
use crate::identity::{self, Signer, Trust};
use crate::machine;

/// Custodians of a demonstration: any two of three open.
const CUSTODIANS: u16 = 3;

/// Everybody in a demonstration.
#[derive(Debug)]
pub(super) struct Cast {
    /// The lot.
    pub(super) lot: LotKey,
    /// The form of the draft.
    pub(super) form: &'static [u8],
    /// The development trust list.
    pub(super) trust: Trust,
    /// The host.
    pub(super) host: Signer,
    /// The supervisor.
    pub(super) supervisor: Signer,
    /// The custodians' seats in order.
    pub(super) seats: Vec<Seat>,
    /// The custodians' identities in order.
    pub(super) custodians: Vec<String>,
    /// The bidders.
    pub(super) bidders: Vec<Arc<Bidder>>,
}

/// One bidder.
#[derive(Debug)]
pub(super) struct Bidder {
    /// Its number, from 1, for names of folders.
    pub(super) number: usize,
    /// Its organisation, as its certificate names it.
    pub(super) party: Party,
    /// Its certificate and key.
    pub(super) signer: Signer,
    /// What it bids.
    pub(super) example: ExampleBidder,
}

impl Bidder {
    /// The folder of its bid among the results.
    pub(super) fn folder(&self) -> String {
        format!("bids/{:02}-{}", self.number, self.party.code)
    }

    /// Its document before it was sealed.
    pub(super) fn document(&self) -> String {
        format!("documents/{:02}-{}.txt", self.number, self.party.code)
    }

    /// The price it bids.
    pub(super) const fn total(&self) -> Money {
        self.example.sheet.total
    }
}

impl Cast {
    /// The cast of an example tender.
    pub(super) fn gather(tender: &str) -> Result<Self, Failure> {
        let (form, example) = embedded::example(tender)?;
        let trust = Trust::parse(embedded::dev_trust().to_vec())?;
        let now = machine::now()?;
        let custodians: Vec<String> =
            (1..=CUSTODIANS).map(|number| format!("custodian-{number}")).collect();
        let seats: Result<Vec<Seat>, Failure> =
            custodians.iter().map(|name| seat(name, &trust.list, now)).collect();
        let mut bidders = Vec::new();
        for (number, example) in (1..).zip(example.bidders) {
            let signer = signer(&example.identity)?;
            let party = signer.party(&trust.list, now)?;
            if party != example.party {
                let detail = format!("{} is not the party of its example", example.identity);
                return Err(Failure::internal(detail));
            }
            bidders.push(Arc::new(Bidder { number, party, signer, example }));
        }
        Ok(Self {
            lot: lot(form)?,
            form,
            host: signer(&format!("host-{tender}"))?,
            supervisor: signer(&format!("supervisor-{tender}"))?,
            seats: seats?,
            custodians,
            bidders,
            trust,
        })
    }
}

fn signer(name: &str) -> Result<Signer, Failure> {
    let (chain, key) = embedded::dev_identity(name)?;
    Signer::from_pem(&chain, &key)
}

fn seat(name: &str, trust: &TrustList, now: UtcMillis) -> Result<Seat, Failure> {
    let (chain, _) = embedded::dev_identity(name)?;
    let (certificate, above) = identity::first(&chain)?;
    Ok(Seat::new(identity::party(&certificate, &above, trust, now)?, &certificate))
}

fn lot(form: &[u8]) -> Result<LotKey, Failure> {
    let missing = || Failure::internal("the example has no lot");
    let value: Value = serde_json::from_slice(form).map_err(|_| missing())?;
    let text =
        |key: &str| value.get("draft").and_then(|draft| draft.get(key)).and_then(Value::as_str);
    let tender = text("tender").and_then(|id| TenderId::parse(id).ok()).ok_or_else(missing)?;
    let lot = text("lot").and_then(|id| LotId::parse(id).ok()).ok_or_else(missing)?;
    Ok(LotKey { tender, lot })
}
