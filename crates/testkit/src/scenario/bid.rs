//! One bid: sealed, signed, receipted.

use std::collections::BTreeMap;

use kaibiao_crypto::{Entropy as _, SUITE_1};
use kaibiao_journal::{
    FrozenObject, Place, Receipt, ReceiptKind, ReceiptNumber, ReceiptObject, ReceiptedBid, Salt,
    TickBuilder, Version1, commitment,
};
use kaibiao_opening::{BidderLockTerms, PriceSheet};
use kaibiao_pki::{Identity, cms};
use kaibiao_replay::VerifiedTender;
use kaibiao_seal::{
    BidContext, BidderKey, BidderLockPlan, Client, Context, Manifest, ManifestBody, ManifestKind,
    ManifestPart, ObjectDigest, Padding, SealPlan, seal,
};
use kaibiao_types::{BidPart, BidSeq, Digest, Money, Part, Party, Stage, UtcMillis};

use super::ScenarioError;
use crate::SeededEntropy;

/// One receipted bid with everything the hall holds of it.
#[derive(Clone, Debug)]
pub struct ScenarioBid {
    /// The bidder.
    pub bidder: Party,
    /// Its version.
    pub seq: BidSeq,
    /// Exact bytes of the manifest.
    pub manifest: Vec<u8>,
    /// The bidder's CMS over it.
    pub cms: Vec<u8>,
    /// The headers of the sealed objects, in the order of the manifest's parts.
    pub headers: Vec<Vec<u8>>,
    /// The whole sealed objects, in the same order.
    pub objects: Vec<Vec<u8>>,
    /// Exact bytes of the receipt.
    pub receipt: Vec<u8>,
    /// The hall's CMS over it.
    pub receipt_cms: Vec<u8>,
    /// The second half of the receipt (JSON); empty until its tick is in the log.
    pub receipt_proof: Vec<u8>,
}

impl ScenarioBid {
    /// The whole sealed price object of each envelope.
    pub fn prices(&self) -> BTreeMap<Stage, Vec<u8>> {
        let Ok(manifest) = Manifest::parse(&self.manifest) else { return BTreeMap::new() };
        let parts = manifest.body().parts.iter().zip(&self.objects);
        let prices = parts.filter(|(part, _)| part.part == Part::Price);
        prices.map(|(part, object)| (part.stage, object.clone())).collect()
    }
}

/// What one bidder hands in.
pub(super) struct Plan<'a> {
    pub(super) tender: &'a VerifiedTender,
    pub(super) identity: &'a Identity,
    pub(super) party: &'a Party,
    pub(super) seq: u32,
    /// The manifest it replaces; zero for the first.
    pub(super) supersedes: Digest,
    pub(super) content: Content,
    pub(super) documents: bool,
    pub(super) at: UtcMillis,
}

/// What stands in the price part.
pub(super) enum Content {
    Sheet(Money, BTreeMap<String, String>),
    /// A text that is no price sheet.
    BadFormat,
    /// Ciphertext that was damaged before it was signed.
    Garbage(Money, BTreeMap<String, String>),
    Withdrawal,
}

/// A manifest with its sealed objects, before the receipt.
pub(super) struct Handed {
    pub(super) manifest: Manifest,
    cms: Vec<u8>,
    objects: Vec<Vec<u8>>,
    headers: Vec<Vec<u8>>,
}

/// The sheet of an envelope without prices: every field says the same word or number.
fn sheet_without_price(
    tender: &VerifiedTender,
    party: &Party,
    stage: Stage,
) -> Result<Vec<u8>, ScenarioError> {
    let rules = tender.file().sheet_rules(stage);
    let fields = rules.fields.iter().map(|field| (field.key.clone(), "120".to_owned()));
    Ok(PriceSheet::without_price(&rules, &party.code, fields.collect())?.to_bytes())
}

/// The price sheet of a bidder as it is sealed.
pub(super) fn sheet(
    tender: &VerifiedTender,
    party: &Party,
    total: Money,
    fields: &BTreeMap<String, String>,
) -> Result<Vec<u8>, ScenarioError> {
    let last = tender.file().terms().stages().last().ok_or("a tender has an envelope")?;
    let rules = tender.file().sheet_rules(last);
    Ok(PriceSheet::build(&rules, &party.code, total, fields.clone())?.to_bytes())
}

impl Plan<'_> {
    pub(super) fn hand_in(&self, entropy: &mut SeededEntropy) -> Result<Handed, ScenarioError> {
        let texts = self.texts()?;
        let (mut parts, mut objects, mut headers) = (Vec::new(), Vec::new(), Vec::new());
        for (name, text) in texts {
            let (object, header, entry) = self.seal_part(name, &text, entropy)?;
            parts.push(entry);
            objects.push(object);
            headers.push(header);
        }
        let terms = self.tender.file().terms();
        let withdraws = matches!(self.content, Content::Withdrawal);
        let manifest = Manifest::build(ManifestBody {
            v: 1,
            kind: if withdraws { ManifestKind::Withdraw } else { ManifestKind::Submit },
            suite: SUITE_1.id(),
            tender: terms.tender.clone(),
            lot: terms.lot.clone(),
            bidder: self.party.clone(),
            signer_spki_sha256: self.identity.certificate().spki_sha256(),
            seq: BidSeq::new(self.seq)?,
            supersedes: self.supersedes,
            ceremony_id: self.tender.record().ceremony_id,
            deadline: terms.deadline,
            client: Client::Cli,
            sealed_at: self.at,
            parts,
        })?;
        let rng = ring::rand::SystemRandom::new();
        let cms = cms::sign_detached(self.identity, manifest.bytes(), self.at, &rng)?;
        Ok(Handed { manifest, cms, objects, headers })
    }

    /// The plaintext of each part.
    fn texts(&self) -> Result<Vec<(BidPart, Vec<u8>)>, ScenarioError> {
        let price = match &self.content {
            Content::Withdrawal => return Ok(Vec::new()),
            Content::Sheet(total, fields) | Content::Garbage(total, fields) => {
                sheet(self.tender, self.party, *total, fields)?
            }
            Content::BadFormat => br#"{"price":"see the attached letter"}"#.to_vec(),
        };
        let stages: Vec<Stage> = self.tender.file().terms().stages().collect();
        let mut texts = Vec::new();
        for stage in stages.iter().copied() {
            let sheet = if Some(&stage) == stages.last() {
                price.clone()
            } else {
                sheet_without_price(self.tender, self.party, stage)?
            };
            texts.push((BidPart { stage, part: Part::Price }, sheet));
            if self.documents {
                let name = BidPart { stage, part: Part::Documents };
                texts.push((name, b"bid documents\n".repeat(200)));
            }
        }
        Ok(texts)
    }

    fn seal_part(
        &self,
        name: BidPart,
        text: &[u8],
        entropy: &mut SeededEntropy,
    ) -> Result<(Vec<u8>, Vec<u8>, ManifestPart), ScenarioError> {
        let BidPart { stage, part } = name;
        let context = Context::of_bid(&BidContext {
            suite: &SUITE_1,
            ceremony_id: self.tender.record().ceremony_id,
            lot: &self.tender.file().lot_key(),
            stage,
            part,
            bidder: &self.party.code,
            signer_spki: self.identity.certificate().spki_sha256(),
            seq: BidSeq::new(self.seq)?,
            supersedes: self.supersedes,
        });
        let window = self.tender.file().terms().bidder_window;
        let certificate = self.identity.certificate();
        let key = BidderKey::from_spki(&SUITE_1, certificate.sha256(), certificate.spki_der())?;
        let lock = window.map(|window| match window.lock {
            BidderLockTerms::Escrow => BidderLockPlan::Escrow(&key),
            BidderLockTerms::Strict => BidderLockPlan::Strict(&key),
        });
        let plan = SealPlan {
            context: &context,
            bases: self.tender.bases(),
            padding: Padding::of(part),
            plaintext_len: u64::try_from(text.len())?,
            bidder_lock: lock,
        };
        let mut file = Vec::new();
        let sealed = seal(&plan, &mut &*text, &mut file, entropy)?;
        let last = Some(stage) == self.tender.file().terms().stages().last();
        if last && part == Part::Price && matches!(self.content, Content::Garbage(..)) {
            let last = file.last_mut().ok_or("a sealed object has bytes")?;
            *last ^= 1;
        }
        let mut digest = ObjectDigest::new();
        digest.update(&file)?;
        let entry = ManifestPart::new(stage, part, &digest.finish()?);
        Ok((file, sealed.header.bytes().to_vec(), entry))
    }
}

impl Handed {
    /// Gives the bid a place and a receipt.
    pub(super) fn receipt(
        self,
        tender: &VerifiedTender,
        hall: &Identity,
        tick: &mut TickBuilder,
        at: UtcMillis,
        entropy: &mut SeededEntropy,
    ) -> Result<(ScenarioBid, ReceiptedBid), ScenarioError> {
        let body = self.manifest.body().clone();
        let manifest_sha256 = self.manifest.sha256();
        let cms_sha256 = SUITE_1.hash(&self.cms);
        let mut salt = [0; 32];
        entropy.fill(&mut salt)?;
        let salt = Salt::from_bytes(salt);
        let content = commitment(&SUITE_1, &salt, &manifest_sha256, &cms_sha256, at);
        let no = tick.place(content, entropy)?;
        let place = Place { tick: tick.no(), no, salt };
        let objects = body.parts.iter().zip(&self.objects);
        let receipt = Receipt {
            v: Version1,
            kind: ReceiptKind::Receipt,
            number: ReceiptNumber::random(entropy)?,
            tender: body.tender.clone(),
            lot: body.lot.clone(),
            origin: tender.origin().clone(),
            bidder: body.bidder.code.clone(),
            seq: body.seq,
            manifest_sha256,
            cms_sha256,
            completed_at: at,
            place: place.clone(),
            objects: objects
                .map(|(part, file)| ReceiptObject { part: part.name(), sha256: SUITE_1.hash(file) })
                .collect(),
        };
        let receipt = receipt.to_bytes()?;
        let rng = ring::rand::SystemRandom::new();
        let receipt_cms = cms::sign_detached(hall, &receipt, at, &rng)?;
        let frozen = |part: &ManifestPart| FrozenObject {
            stage: part.stage,
            part: part.part,
            header_sha256: part.header_sha256,
            file_len: part.file_len,
            ct_root: part.ct_root,
        };
        let receipted = ReceiptedBid {
            bidder: body.bidder.clone(),
            seq: body.seq,
            manifest_sha256,
            cms_sha256,
            completed_at: at,
            place,
            objects: body.parts.iter().map(frozen).collect(),
        };
        let bid = ScenarioBid {
            bidder: body.bidder,
            seq: body.seq,
            manifest: self.manifest.bytes().to_vec(),
            cms: self.cms,
            headers: self.headers,
            objects: self.objects,
            receipt,
            receipt_cms,
            receipt_proof: Vec::new(),
        };
        Ok((bid, receipted))
    }
}
