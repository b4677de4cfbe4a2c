//! SEA-03 and DEC: every price opened again.

use std::collections::BTreeMap;
use std::io::Cursor;

use kaibiao_ceremony::Partial;
use kaibiao_crypto::{Hex, scrub_stack};
use kaibiao_opening::{
    LotPublished, PartialsReceived, PriceOutcome, PublishedBid, State, UnsealedSheet, Verdict,
};
use kaibiao_replay::{Unlocking, VerifiedBid, needs_escrow, open_price};
use kaibiao_seal::ObjectDigest;
use kaibiao_types::{Digest, Fault, Part, Stage};

use super::Run;
use super::bids::{Holding, Listed};
use super::files::Files;
use super::findings::{Why, chain};
use super::log::Replayed;
use crate::CheckId;

/// The partial decryptions of the price parts, by bid.
type Released = BTreeMap<Digest, Vec<Partial>>;

/// Those of the price parts of one envelope, and of their escrows.
struct Raised {
    prices: Released,
    escrows: Released,
}

impl Run {
    pub(super) fn prices(
        &mut self,
        files: &mut Files<'_>,
        replayed: &Replayed,
        listed: &[Listed<'_>],
        holding: &Holding,
    ) {
        let state = replayed.replay.state();
        for bid in listed {
            self.findings.not_applicable(CheckId::Dec03, Some(bid.name.as_str())); // ruling 23
        }
        self.estimate(replayed);
        let stages = state.published().into_iter().flat_map(LotPublished::stages);
        for stage in stages {
            let released = Raised {
                prices: Self::released(replayed, stage),
                escrows: Self::escrows(replayed, stage),
            };
            for bid in listed {
                self.envelope(files, replayed, bid, holding, stage, &released);
            }
        }
    }

    /// One envelope of one bid: opened again if it was published, else it must have stayed sealed.
    fn envelope(
        &mut self,
        files: &mut Files<'_>,
        replayed: &Replayed,
        bid: &Listed<'_>,
        holding: &Holding,
        stage: Stage,
        released: &Raised,
    ) {
        let (name, manifest) = (Some(bid.name.as_str()), bid.entry.manifest_sha256);
        let state = replayed.replay.state().all_stages().find(|state| state.stage() == stage);
        let published = state.and_then(State::prices).map(|prices| prices.bids.as_slice());
        let own = |published: &&PublishedBid| published.manifest_sha256 == manifest;
        let Some(published) = published.and_then(|bids| bids.iter().find(own)) else {
            if !replayed.complete {
                return; // what the rest of the log says is open
            }
            // What was not published must have stayed sealed: then there is nothing to open.
            if released.prices.contains_key(&manifest) {
                let why = Why::text("custodians released for a bid that was not published");
                self.findings.unknown(CheckId::Dec01, name, why);
            } else {
                self.findings.not_applicable(CheckId::Dec01, name);
            }
            self.findings.not_applicable(CheckId::Sea03, name);
            self.findings.not_applicable(CheckId::Dec02, name);
            return;
        };
        let Some(verified) = holding.get(&manifest) else { return };
        let partials = released.prices.get(&manifest).map_or(&[][..], Vec::as_slice);
        let escrow = released.escrows.get(&manifest).map_or(&[][..], Vec::as_slice);
        let secret =
            state.and_then(|state| state.unlock_secret(&bid.entry.bidder.code, Part::Price));
        let unlocking = Unlocking { secret, escrow };
        let price = Price { stage, verified, published, partials, unlocking };
        self.price(files, replayed, bid, &price);
    }

    /// The partial decryptions that the log holds for the price parts of one envelope.
    fn released(replayed: &Replayed, stage: Stage) -> Released {
        Self::listed(replayed, stage, |set| set.partials.as_deref().unwrap_or_default())
    }

    /// Those that it holds for the escrows of these price parts.
    fn escrows(replayed: &Replayed, stage: Stage) -> Released {
        Self::listed(replayed, stage, |set| &set.escrow)
    }

    fn listed(
        replayed: &Replayed,
        stage: Stage,
        list: impl Fn(&PartialsReceived) -> &[kaibiao_opening::Partial],
    ) -> Released {
        let mut out = Released::new();
        let wanted = (stage, Part::Price);
        let prices = replayed.partials.iter().filter(|set| (set.stage, set.part) == wanted);
        for received in prices {
            for partial in list(received) {
                let read = (Hex::parse(&partial.d), Hex::parse(&partial.c), Hex::parse(&partial.z));
                // The shape of an event makes sure that these are hexadecimal digits.
                let (Ok(d), Ok(c), Ok(z)) = read else { continue };
                let partial_of = out.entry(partial.manifest_sha256).or_default();
                partial_of.push(Partial { index: received.custodian, d, c, z });
            }
        }
        out
    }

    fn price(
        &mut self,
        files: &mut Files<'_>,
        replayed: &Replayed,
        bid: &Listed<'_>,
        price: &Price<'_>,
    ) {
        let name = Some(bid.name.as_str());
        self.outcome_note(bid, price.published);
        self.partials(replayed, bid, price);
        let file = bid.folder.price(price.stage);
        let Some(sealed) = files.read(&file) else {
            self.findings.unknown(CheckId::Sea03, name, Why::missing(&file));
            self.findings.unknown(CheckId::Dec02, name, Why::missing(&file));
            return;
        };
        self.sealed_object(bid, price, &sealed, &file);
        self.open_again(replayed, bid, price, &sealed);
    }

    /// SEA-03.
    fn sealed_object(&mut self, bid: &Listed<'_>, price: &Price<'_>, sealed: &[u8], file: &str) {
        let name = Some(bid.name.as_str());
        let Some(part) = price.verified.manifest().part(price.stage, Part::Price) else { return };
        let mut digest = ObjectDigest::new();
        let found = digest.update(sealed).and_then(|()| digest.finish());
        let why = match found {
            Ok(found) => found.expect(&part.object()).err().map(|error| chain(&error)),
            Err(error) => Some(chain(&error)),
        };
        match why {
            None => self.findings.pass(CheckId::Sea03, name),
            Some(why) => self.findings.fail(CheckId::Sea03, name, Why::hash(why).at(file)),
        }
    }

    /// DEC-01. A custodian whose proof does not hold is named; the others suffice or do not.
    fn partials(&mut self, replayed: &Replayed, bid: &Listed<'_>, price: &Price<'_>) {
        let name = Some(bid.name.as_str());
        let tender = replayed.replay.tender();
        let header = price.verified.header(price.stage, Part::Price);
        let (Some(header), Some(freeze)) = (header, replayed.replay.state().frozen()) else {
            return;
        };
        // Where custodians had to take the bidder's place, its escrow needs as many proofs.
        let sealed =
            needs_escrow(replayed.replay.state(), &bid.entry.bidder.code, Part::Price, header);
        let escrow = header.escrow().filter(|_| sealed).map(|escrow| escrow.u);
        let mut valid = usize::MAX;
        let points = [(Some(*header.u()), price.partials), (escrow, price.unlocking.escrow)];
        for (u, partials) in points {
            let Some(u) = u else { continue };
            let mut proven = 0;
            for partial in partials {
                match partial.verify(tender.record(), &freeze.freeze_id, &u) {
                    Ok(_) => proven += 1,
                    Err(error) => self.findings.note(
                        "bad-partial",
                        name,
                        format!("{} 号密钥分持人的部分解密证明不成立", error.custodian()),
                        format!(
                            "the partial decryption of custodian {} is not proven",
                            error.custodian()
                        ),
                    ),
                }
            }
            valid = valid.min(proven);
        }
        let needed = usize::from(tender.record().threshold.k());
        let given_up = price.published.verdict == Verdict::NotOpened
            && price.published.fault != Some(Fault::Bidder);
        self.findings.judge(CheckId::Dec01, name, valid >= needed || given_up, || {
            Why::text(format!("{valid} proven partial decryptions, {needed} are needed"))
        });
    }

    /// DEC-02: from the sealed bytes and the proven partials to the published line, field by field.
    fn open_again(
        &mut self,
        replayed: &Replayed,
        bid: &Listed<'_>,
        price: &Price<'_>,
        sealed: &[u8],
    ) {
        let name = Some(bid.name.as_str());
        let (tender, state) = (replayed.replay.tender(), replayed.replay.state());
        let stage = price.stage;
        let header = price.verified.header(stage, Part::Price);
        let (Some(header), Some(freeze)) = (header, state.frozen()) else { return };
        let header_len = usize::try_from(header.header_len()).unwrap_or(usize::MAX);
        let mut payload = Cursor::new(sealed.get(header_len..).unwrap_or_default());
        let verified = price.verified;
        let (freeze_id, unlocking) = (&freeze.freeze_id, price.unlocking);
        let opened =
            open_price(tender, freeze_id, verified, stage, price.partials, unlocking, &mut payload);
        // The key of the bid was there; what is moved to the heap next could take stale bytes along.
        scrub_stack();
        let outcome = opened.unwrap_or_else(|unopened| PriceOutcome {
            manifest_sha256: bid.entry.manifest_sha256,
            sheet: UnsealedSheet::NotOpened {
                label: unopened.label.to_owned(),
                fault: unopened.fault,
            },
        });
        let (rules, ceiling) = (tender.file().sheet_rules(stage), tender.file().terms().ceiling);
        let derived = PublishedBid::judge(&rules, ceiling, bid.entry, &outcome.sheet);
        self.findings.judge(CheckId::Dec02, name, derived == *price.published, || {
            let field = differing(&derived, price.published);
            Why::text(format!("published and opened differ in {field}"))
                .at(&bid.folder.price(stage))
        });
    }

    /// Ruling 22: a bidder's defect fails that bid, not the package.
    fn outcome_note(&mut self, bid: &Listed<'_>, published: &PublishedBid) {
        let label = published.label.clone().unwrap_or_default();
        match published.verdict {
            Verdict::Opened => {}
            Verdict::BadFormat => self.findings.note(
                "bad-format",
                Some(&bid.name),
                format!("报价已打开，但不是本标段的报价表（{label}）"),
                format!("the price opened, yet is no price sheet of this lot ({label})"),
            ),
            Verdict::NotOpened => {
                let (zh, en) = match published.fault {
                    Some(Fault::Bidder) => ("投标人原因", "by the bidder"),
                    Some(Fault::NotBidder) => ("非投标人原因", "not by the bidder"),
                    Some(Fault::Undetermined) | None => ("原因待定", "fault open"),
                };
                self.findings.note(
                    "bid-not-opened",
                    Some(&bid.name),
                    format!("报价未能打开：{zh}（{label}）"),
                    format!("the price did not open: {en} ({label})"),
                );
            }
        }
    }
}

/// What is needed to open one price again.
struct Price<'a> {
    stage: Stage,
    verified: &'a VerifiedBid,
    published: &'a PublishedBid,
    partials: &'a [Partial],
    unlocking: Unlocking<'a>,
}

/// The first field that differs.
fn differing(derived: &PublishedBid, published: &PublishedBid) -> &'static str {
    let fields = [
        ("bidder", derived.bidder == published.bidder),
        ("verdict", derived.verdict == published.verdict),
        ("label", derived.label == published.label),
        ("fault", derived.fault == published.fault),
        ("sheet_sha256", derived.sheet_sha256 == published.sheet_sha256),
        ("sheet_b64", derived.sheet_b64 == published.sheet_b64),
        ("total", derived.total == published.total),
        ("fields", derived.fields == published.fields),
        ("over_ceiling", derived.over_ceiling == published.over_ceiling),
        ("rates_over_ceiling", derived.rates_over_ceiling == published.rates_over_ceiling),
    ];
    fields.iter().find(|(_, same)| !same).map_or("manifest_sha256", |(name, _)| name)
}

/// The word of a verdict, as in the log.
pub(super) const fn word(verdict: Verdict) -> &'static str {
    match verdict {
        Verdict::Opened => "opened",
        Verdict::BadFormat => "bad-format",
        Verdict::NotOpened => "not-opened",
    }
}
