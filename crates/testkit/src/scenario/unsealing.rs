//! From the sign-in to the published prices.

use std::io::Cursor;

use kaibiao_ceremony::{KeyShare, Partial, raise};
use kaibiao_crypto::{Hex, Point, SUITE_1};
use kaibiao_journal::ReceiptedBid;
use kaibiao_opening::{
    Actor, Command, CustodianRefused, Input, PartialsReceived, PriceOutcome, SealResult,
    UnsealedSheet,
};
use kaibiao_pki::TrustList;
use kaibiao_replay::{Act, BidMaterial, Raised, Unlocking, VerifiedBid, needs_escrow, open_price};
use kaibiao_seal::ManifestPart;
use kaibiao_types::{CustodianIndex, Digest, Money, Part, Party, Stage as Number};

use super::ScenarioError;
use super::bid::{self, ScenarioBid};
use super::steps::Stage;

/// Partial decryptions, each with the bid it belongs to.
pub(super) type Made = Vec<(Digest, Partial)>;

impl Stage<'_> {
    /// Sign-in, names, seals, then the prices in one step.
    pub(super) fn unseal_prices(&mut self) -> Result<(), ScenarioError> {
        self.room.wait(1_000)?;
        let first = self.room.state.current_bids().next().map(|bid| bid.bidder.clone());
        if let Some(party) = first {
            let (identity, party) = self.bidder(&party)?;
            let actor = Actor::Bidder(party.code.clone());
            self.room.command(identity, &actor, &Command::SignIn(None), self.entropy)?;
        }
        let host = self.host();
        self.room.refused(&host, &Command::Close)?;
        self.by_host(&Command::PublishBidders)?;
        self.room.wait(500)?;
        let state = &self.room.state;
        let results = state.sealed_objects().map(|(bid, object)| SealResult {
            bidder: bid.bidder.code.clone(),
            stage: state.named_stage(object.stage),
            part: object.part,
            sealed: true,
            label: None,
        });
        let results = Input::SealsChecked(results.collect());
        let identity = &self.people.host;
        self.room.command_then(identity, &host, &Command::CheckSeals, &results, self.entropy)?;
        self.unlock_bids()?;
        self.by_host(&Command::StartUnsealing(Part::Price))?;
        let (released, escrow) = self.release(Part::Price)?;
        let outcomes = self.open_prices(&released, &escrow)?;
        self.room.wait(100)?;
        self.room.input(&Input::PricesUnsealed(outcomes))
    }

    /// The partials of every custodian that signed the freeze, logged as they come in.
    pub(super) fn release(&mut self, part: Part) -> Result<(Made, Made), ScenarioError> {
        let signers = self.room.state.freeze_signers().clone();
        let (mut all, mut escrows, mut number) = (Made::new(), Made::new(), 0);
        for share in self.published.shares.iter().filter(|s| signers.contains(&s.index())) {
            self.room.wait(50)?;
            if number < self.options.refusing_custodians {
                self.refuse(share.index(), part)?;
                number += 1;
                continue;
            }
            let unsealing = self.room.state.unsealing().ok_or("the unsealing is under way")?;
            let (freeze_id, stage) = (unsealing.freeze_id, unsealing.stage);
            let bids = unsealing.bids.iter().map(|bid| bid.manifest_sha256);
            let manifests: Vec<Digest> = bids.chain(unsealing.estimate).collect();
            self.note_intent(share.index(), part, &manifests)?;
            let made = self.raise_all(share, part, &freeze_id, &manifests)?;
            let escrow = self.raise_escrows(share, part, &freeze_id, &manifests)?;
            let lies = number < self.options.lying_custodians && part == Part::Price;
            let item = |(manifest, partial): &(Digest, Partial)| kaibiao_opening::Partial {
                manifest_sha256: *manifest,
                d: partial.d.to_string(),
                c: if lies { Hex([1; 32]).to_string() } else { partial.c.to_string() },
                z: partial.z.to_string(),
            };
            let logged: Vec<kaibiao_opening::Partial> = made.iter().map(item).collect();
            let price = part == Part::Price;
            let received = PartialsReceived {
                custodian: share.index(),
                stage,
                part,
                freeze_id,
                sha256: SUITE_1.hash(&serde_json::to_vec(&logged)?),
                count: u32::try_from(logged.len())?,
                partials: price.then_some(logged),
                escrow: escrow.iter().filter(|_| price).map(item).collect(),
            };
            self.room.input(&Input::PartialsReceived(received))?;
            all.extend(made);
            escrows.extend(escrow);
            number += 1;
        }
        Ok((all, escrows))
    }

    /// A refusal, in the journal before it is told.
    fn refuse(&mut self, custodian: CustodianIndex, part: Part) -> Result<(), ScenarioError> {
        let (label, detail) = ("E_TOO_FEW".to_owned(), "too few bidders".to_owned());
        let request = format!("release-{part}");
        let (at, told) = (self.room.now, label.clone());
        self.note(custodian, &Act::Refused { at, request, label: told, detail: detail.clone() });
        let refused = CustodianRefused { custodian, label, detail, draw: None };
        self.room.input(&Input::CustodianRefused(refused))
    }

    /// The intent, before the share is touched (rule R9).
    fn note_intent(
        &mut self,
        custodian: CustodianIndex,
        part: Part,
        manifests: &[Digest],
    ) -> Result<(), ScenarioError> {
        let stage = self.room.state.stage();
        let mut raised = Vec::new();
        for manifest in manifests {
            let u = self.point(manifest, stage, part)?;
            raised.push(Raised { manifest_sha256: *manifest, u: Hex(u.bytes()) });
        }
        for (manifest_sha256, u) in self.escrow_points(part, manifests)? {
            raised.push(Raised { manifest_sha256, u: Hex(u.bytes()) });
        }
        let freeze_id = self.room.state.frozen().ok_or("the set is frozen")?.freeze_id;
        let at = self.room.now;
        self.note(custodian, &Act::Intent { at, freeze_id, stage, part, raised });
        Ok(())
    }

    fn raise_all(
        &mut self,
        share: &KeyShare,
        part: Part,
        freeze_id: &Digest,
        manifests: &[Digest],
    ) -> Result<Vec<(Digest, Partial)>, ScenarioError> {
        let id = self.published.verified.record().ceremony_id;
        let mut out = Vec::new();
        for manifest in manifests {
            let u = self.point(manifest, self.room.state.stage(), part)?;
            out.push((*manifest, raise(&SUITE_1, share, &id, freeze_id, &u, self.entropy)?));
        }
        Ok(out)
    }

    /// The points of the escrows that custodians have to raise.
    fn escrow_points(
        &self,
        part: Part,
        manifests: &[Digest],
    ) -> Result<Vec<(Digest, Point)>, ScenarioError> {
        let mut out = Vec::new();
        let estimate = self.room.state.unsealing().and_then(|unsealing| unsealing.estimate);
        for manifest in manifests.iter().filter(|manifest| estimate != Some(**manifest)) {
            let verified = self.verified(manifest)?;
            let header =
                verified.header(self.room.state.stage(), part).ok_or("the bid has this part")?;
            let bidder = &verified.manifest().body().bidder.code;
            let asked = needs_escrow(&self.room.state, bidder, part, header);
            out.extend(header.escrow().filter(|_| asked).map(|escrow| (*manifest, escrow.u)));
        }
        Ok(out)
    }

    fn raise_escrows(
        &mut self,
        share: &KeyShare,
        part: Part,
        freeze_id: &Digest,
        manifests: &[Digest],
    ) -> Result<Made, ScenarioError> {
        let id = self.published.verified.record().ceremony_id;
        let mut out = Made::new();
        for (manifest, u) in self.escrow_points(part, manifests)? {
            out.push((manifest, raise(&SUITE_1, share, &id, freeze_id, &u, self.entropy)?));
        }
        Ok(out)
    }

    /// U of one part of a bid, or of the base estimate.
    fn point(&self, digest: &Digest, stage: Number, part: Part) -> Result<Point, ScenarioError> {
        if let Some(estimate) = self.estimate()?.filter(|own| own.sha256() == *digest) {
            return Ok(*estimate.header().u());
        }
        let verified = self.verified(digest)?;
        Ok(*verified.header(stage, part).ok_or("the bid has this part")?.u())
    }

    fn taken(&self, manifest: &Digest) -> Result<&(ScenarioBid, ReceiptedBid), ScenarioError> {
        let found = self.taken.iter().find(|(_, r)| r.manifest_sha256 == *manifest);
        Ok(found.ok_or("the bid was taken in")?)
    }

    pub(super) fn verified(&self, manifest: &Digest) -> Result<VerifiedBid, ScenarioError> {
        let (bid, receipted) = self.taken(manifest)?;
        let trust = TrustList::parse(&self.published.trust)?;
        let material = BidMaterial {
            manifest: bid.manifest.clone(),
            cms: bid.cms.clone(),
            headers: bid.headers.clone(),
        };
        let tender = &self.published.verified;
        Ok(VerifiedBid::verify(tender, &material, &trust, receipted.completed_at)?)
    }

    fn open_prices(
        &self,
        released: &[(Digest, Partial)],
        escrow: &[(Digest, Partial)],
    ) -> Result<Vec<PriceOutcome>, ScenarioError> {
        let freeze_id = self.room.state.frozen().ok_or("the set is frozen")?.freeze_id;
        let mut outcomes = Vec::new();
        for entry in self.room.state.current_bids() {
            let manifest = entry.manifest_sha256;
            let verified = self.verified(&manifest)?;
            let (bid, _) = self.taken(&manifest)?;
            let of = |list: &[(Digest, Partial)]| -> Vec<Partial> {
                list.iter().filter(|(of, _)| *of == manifest).map(|(_, p)| *p).collect()
            };
            let (own, escrow) = (of(released), of(escrow));
            let secret = self.room.state.unlock_secret(&entry.bidder.code, Part::Price);
            let unlocking = Unlocking { secret, escrow: &escrow };
            let (tender, stage) = (&self.published.verified, self.room.state.stage());
            let parts = &verified.manifest().body().parts;
            let price = |part: &ManifestPart| (part.stage, part.part) == (stage, Part::Price);
            let place = parts.iter().position(price).ok_or("the bid has this part")?;
            let (file, header) = (bid.objects.get(place), bid.headers.get(place));
            let header_len = header.map_or(0, Vec::len);
            let payload = file.and_then(|file| file.get(header_len..)).unwrap_or_default();
            let mut payload = Cursor::new(payload);
            let outcome =
                open_price(tender, &freeze_id, &verified, stage, &own, unlocking, &mut payload)
                    .unwrap_or_else(|unopened| PriceOutcome {
                        manifest_sha256: manifest,
                        sheet: UnsealedSheet::NotOpened {
                            label: unopened.label.to_owned(),
                            fault: unopened.fault,
                        },
                    });
            let priced = self.room.state.stage_after().is_none();
            outcomes.push(if priced && self.is_forged(&entry.bidder) {
                self.forge(&entry.bidder, manifest)?
            } else {
                outcome
            });
        }
        outcomes.extend(self.open_estimate(released)?);
        Ok(outcomes)
    }

    fn is_forged(&self, bidder: &Party) -> bool {
        let number = self.people.bidders.iter().position(|(_, party)| party == bidder);
        number.is_some() && number == self.options.forged
    }

    /// A sheet that the bidder never sealed: one minor unit cheaper than the true one.
    fn forge(&self, party: &Party, manifest: Digest) -> Result<PriceOutcome, ScenarioError> {
        let own = self.fixture.bidders.iter().find(|bidder| bidder.party == *party);
        let own = &own.ok_or("the bidder is in the fixture")?.sheet;
        let total = Money::new(own.total.minor() - 1, own.total.currency())?;
        let bytes = bid::sheet(&self.published.verified, party, total, &own.fields)?;
        let sheet = UnsealedSheet::Opened { sha256: SUITE_1.hash(&bytes), bytes };
        Ok(PriceOutcome { manifest_sha256: manifest, sheet })
    }
}
