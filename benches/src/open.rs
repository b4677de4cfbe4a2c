//! `open`: the computation between the first partial decryption and the last price sheet.

use std::collections::BTreeMap;
use std::time::{Duration, Instant};

use kaibiao_ceremony::Partial;
use kaibiao_crypto::Hex;
use kaibiao_opening::{PriceSheet, UnsealedSheet};
use kaibiao_pki::{TrustList, cms};
use kaibiao_replay::{BidMaterial, Unlocking, VerifiedBid, open_each, open_price};
use kaibiao_testkit::SeededEntropy;
use kaibiao_types::{BidSeq, CustodianIndex, Digest, Part};
use kaibiao_wire::{PartialItem, PartialsBody, PartialsKind, from_json};
use ring::rand::SystemRandom;
use serde_json::json;

use crate::args::OpenOptions;
use crate::error::BenchError;
use crate::lot::{self, Lot};
use crate::table::median;
use crate::work::{Bidder, stage};
use crate::{line, machine};

/// Custodians, and how many of them open.
const CUSTODIANS: (u16, u16) = (5, 3);

/// One sealed bid as the hall has it after the freeze.
struct Bid {
    verified: VerifiedBid,
    /// The price object behind its header.
    payload: Vec<u8>,
}

/// What one custodian sends: exact bytes and its signature.
struct Sent {
    body: Vec<u8>,
    cms: Vec<u8>,
}

/// An opening up to the point at which the custodians have answered.
struct Scene {
    lot: Lot,
    trust: TrustList,
    bids: Vec<Bid>,
    sent: Vec<Sent>,
}

/// Measures and prints.
pub(crate) fn run(options: &OpenOptions) -> Result<(), BenchError> {
    let mut results = Vec::new();
    for count in &options.bids {
        let scene = Scene::play(*count)?;
        let mut walls = Vec::new();
        for _ in 0..options.runs {
            walls.push(scene.open()?);
        }
        walls.sort();
        results.push((*count, walls));
    }
    let (n, k) = CUSTODIANS;
    if options.json {
        let rows = results.iter().map(|(bids, walls)| {
            let seconds: Vec<f64> = walls.iter().map(Duration::as_secs_f64).collect();
            json!({ "bids": bids, "seconds": seconds, "median_s": median(&seconds) })
        });
        let rows: Vec<_> = rows.collect();
        let machine = machine::describe();
        line(&json!({ "machine": machine, "n": n, "k": k, "rows": rows }).to_string());
        return Ok(());
    }
    line(&format!(
        "from the first partial decryption to the last price sheet: {n} custodians, all of their \
         partials verified, k = {k}; median of {}\nmachine: {}",
        options.runs,
        machine::describe()
    ));
    line(&format!("{:>5} {:>9} {:>14}", "bids", "median s", "min..max s"));
    for (bids, walls) in &results {
        let [low, middle, high] = [walls.first(), median(walls).as_ref(), walls.last()]
            .map(|wall| wall.map_or(0.0, Duration::as_secs_f64));
        line(&format!("{bids:>5} {middle:>9.3} {:>14}", format!("{low:.3}..{high:.3}")));
    }
    Ok(())
}

impl Scene {
    /// Seals and signs so many bids, and lets every custodian release its partials.
    fn play(count: usize) -> Result<Self, BenchError> {
        let lot = Lot::publish(CUSTODIANS.0, CUSTODIANS.1)?;
        let trust = TrustList::parse(&lot.published.trust).map_err(BenchError::product)?;
        let mut scene = Self { lot, trust, bids: Vec::new(), sent: Vec::new() };
        let mut entropy = SeededEntropy::new("bench open");
        for number in 0..count {
            let bid = scene.seal(number, &mut entropy)?;
            scene.bids.push(bid);
        }
        for index in 0..scene.lot.published.shares.len() {
            let sent = scene.release(index, &mut entropy)?;
            scene.sent.push(sent);
        }
        Ok(scene)
    }

    /// The bidders of the fixture take turns; from the second turn on they hand in later versions.
    fn seal(&self, number: usize, entropy: &mut SeededEntropy) -> Result<Bid, BenchError> {
        let none = || BenchError::product("the fixture has bidders");
        let bidders = &self.lot.people.bidders;
        let (turn, place) = (number / bidders.len().max(1), number % bidders.len().max(1));
        let (identity, party) = bidders.get(place).ok_or_else(none)?;
        let sheet = self.lot.fixture.bidders.get(place).ok_or_else(none)?.sheet.clone();
        let seq = u32::try_from(turn + 1).map_err(BenchError::product)?;
        let tender = &*self.lot.published.verified;
        let bidder = Bidder {
            tender,
            identity,
            party,
            seq: BidSeq::new(seq).map_err(BenchError::product)?,
            supersedes: if seq == 1 { Digest::ZERO } else { lot::freeze_id() },
        };
        let sheet = bidder.sheet(sheet.total, sheet.fields)?;
        let (length, mut file) = (u64::try_from(sheet.len()).unwrap_or(u64::MAX), Vec::new());
        let (header, part) =
            bidder.seal_part(Part::Price, length, &mut &*sheet, &mut file, entropy)?;
        let (manifest, cms) = bidder.sign(vec![part])?;
        let headers = vec![header.bytes().to_vec()];
        let material = BidMaterial { manifest: manifest.bytes().to_vec(), cms, headers };
        let at = lot::before(tender.file().terms().deadline);
        let verified =
            VerifiedBid::verify(tender, &material, &self.trust, at).map_err(BenchError::product)?;
        let payload = file.split_off(header.bytes().len());
        Ok(Bid { verified, payload })
    }

    /// What custodian number `index`, from 0, sends for all bids.
    fn release(&self, index: usize, entropy: &mut SeededEntropy) -> Result<Sent, BenchError> {
        let none = || BenchError::product("every seat has a custodian");
        let share = self.lot.published.shares.get(index).ok_or_else(none)?;
        let (identity, _) = self.lot.people.custodians.get(index).ok_or_else(none)?;
        let tender = &*self.lot.published.verified;
        let stage = stage()?;
        let mut partials = Vec::new();
        for bid in &self.bids {
            let header = bid.verified.header(stage, Part::Price).ok_or_else(none)?;
            let made = Lot::raise(tender, share, &lot::freeze_id(), header, entropy)?;
            partials.push(PartialItem {
                manifest_sha256: bid.verified.manifest().sha256(),
                d: made.d.to_string(),
                c: made.c.to_string(),
                z: made.z.to_string(),
            });
        }
        let terms = tender.file().terms();
        let body = PartialsBody {
            v: 1,
            kind: PartialsKind::Partials,
            tender: terms.tender.clone(),
            lot: terms.lot.clone(),
            custodian: share.index(),
            stage,
            part: Part::Price,
            freeze_id: lot::freeze_id(),
            partials,
            escrow: Vec::new(),
        };
        let body = serde_json::to_vec(&body).map_err(BenchError::product)?;
        let cms = cms::sign_detached(identity, &body, terms.deadline, &SystemRandom::new())
            .map_err(BenchError::product)?;
        Ok(Sent { body, cms })
    }

    /// What the room computes, from the first signed set to the last price sheet.
    fn open(&self) -> Result<Duration, BenchError> {
        let begin = Instant::now();
        let tender = &*self.lot.published.verified;
        let mut partials: BTreeMap<Digest, Vec<Partial>> = BTreeMap::new();
        for sent in &self.sent {
            let at = tender.file().terms().deadline;
            cms::verify_detached(&sent.cms, &sent.body, &self.trust, at)
                .map_err(BenchError::product)?;
            let body: PartialsBody = from_json(&sent.body).map_err(BenchError::product)?;
            for item in &body.partials {
                let partial = read(body.custodian, item)?;
                partials.entry(item.manifest_sha256).or_default().push(partial);
            }
        }
        let (stage, none) = (stage()?, Vec::new());
        let outcomes = open_each(machine::threads(), &self.bids, |bid| {
            let own = partials.get(&bid.verified.manifest().sha256()).unwrap_or(&none);
            let payload = &mut bid.payload.as_slice();
            let locks = Unlocking::default();
            open_price(tender, &lot::freeze_id(), &bid.verified, stage, own, locks, payload)
        });
        let rules = tender.file().sheet_rules(kaibiao_types::Stage::FIRST);
        for (bid, outcome) in self.bids.iter().zip(outcomes) {
            let outcome = outcome.map_err(BenchError::product)?;
            let UnsealedSheet::Opened { bytes, .. } = outcome.sheet else {
                return Err(BenchError::Result("a sound bid did not open".to_owned()));
            };
            let bidder = &bid.verified.manifest().body().bidder.code;
            PriceSheet::parse(&rules, bidder, &bytes).map_err(BenchError::product)?;
        }
        Ok(begin.elapsed())
    }
}

fn read(index: CustodianIndex, item: &PartialItem) -> Result<Partial, BenchError> {
    Ok(Partial {
        index,
        d: Hex::parse(&item.d).map_err(BenchError::product)?,
        c: Hex::parse(&item.c).map_err(BenchError::product)?,
        z: Hex::parse(&item.z).map_err(BenchError::product)?,
    })
}
