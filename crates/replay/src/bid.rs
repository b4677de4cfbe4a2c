//! One bid: its manifest, the bidder's signature, and the headers of its sealed objects.

use std::collections::BTreeMap;

use kaibiao_crypto::{SUITE_1, tdh2};
use kaibiao_journal::{
    FreezeContext, FreezeError, FreezeRecord, OpeningLog, PlaceError, PlacePath,
};
use kaibiao_opening::{BidStatus, FrozenBid, SetFrozen};
use kaibiao_pki::TrustList;
use kaibiao_pki::cms::{self, SignatureError, VerifiedSignature};
use kaibiao_seal::{
    ContextError, Header, HeaderError, HeaderMismatch, LockMode, Manifest, ManifestError,
    SequenceError,
};
use kaibiao_types::{Digest, Part, Stage, UtcMillis};

use crate::estimate::locks_in;
use crate::{LockPoints, VerifiedTender, lock_mode};

/// Exact bytes of one bid, without its payloads.
#[derive(Clone, Debug)]
pub struct BidMaterial {
    /// The manifest.
    pub manifest: Vec<u8>,
    /// The bidder's detached CMS over it.
    pub cms: Vec<u8>,
    /// The headers of the sealed objects, in the order of the manifest's parts.
    pub headers: Vec<Vec<u8>>,
}

/// The header of one sealed object of a bid.
#[derive(Clone, Debug)]
pub struct PartHeader {
    /// The envelope.
    pub stage: Stage,
    /// Which part.
    pub part: Part,
    /// The header, bound to this bid and proven well formed.
    pub header: Header,
}

/// A bid whose signature, context and proofs hold.
#[derive(Debug)]
pub struct VerifiedBid {
    manifest: Manifest,
    signature: VerifiedSignature,
    cms_sha256: Digest,
    headers: Vec<PartHeader>,
}

/// Why a bid is refused. At intake the bidder is told; later it says what the platform did wrong.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum BidFault {
    /// Other locks than the tender's rules ask for: with a bidder lock that nobody asked for, the bidder
    /// could wait for the other prices and then keep its own bid shut (attack A18).
    #[error("the {part} part has the bidder lock `{}`, this lot asks for `{}`", found.as_str(), asked.as_str())]
    BidderLock {
        /// The part.
        part: Part,
        /// What the tender file asks for.
        asked: LockMode,
        /// What the object has.
        found: LockMode,
    },
    /// Sealed for another lot, stage, bidder or version.
    #[error("sealed for another lot, part or bidder")]
    Context(#[from] ContextError),
    /// The bid names another ceremony than this lot's.
    #[error("sealed to another ceremony than this lot's")]
    Ceremony,
    /// The manifest names another deadline than the tender file.
    #[error("the manifest names another deadline than the tender file")]
    Deadline,
    /// The bid differs from its entry in the freeze list.
    #[error("the bid differs from its entry in the freeze list")]
    Frozen,
    /// A header is malformed.
    #[error("the header of a sealed object is malformed")]
    Header(#[from] HeaderError),
    /// A header is not the one the manifest names.
    #[error("a sealed object is not the one that the manifest names")]
    HeaderMismatch(#[from] HeaderMismatch),
    /// Another number of headers than the manifest has parts.
    #[error("{headers} headers for {parts} parts")]
    HeaderCount {
        /// Headers given.
        headers: usize,
        /// Parts of the manifest.
        parts: usize,
    },
    /// The manifest belongs to another lot.
    #[error("the bid is for lot {0}")]
    Lot(kaibiao_types::LotKey),
    /// A part of an envelope that the tender does not have, or no sheet for one that it has.
    #[error("the bid does not have the envelopes of this tender")]
    Envelopes,
    /// The lot is a round of sealed prices, and this bidder is not invited to it.
    #[error("{0} is not invited to this round")]
    NotInvited(kaibiao_types::OrgCode),
    /// The manifest is malformed.
    #[error(transparent)]
    Manifest(#[from] ManifestError),
    /// The well-formedness proof does not hold.
    #[error("the sealed object is not well formed")]
    Proof(#[from] tdh2::ProofError),
    /// The signature does not hold.
    #[error("the bidder's signature does not hold")]
    Signature(#[from] SignatureError),
    /// Signed by another party, or with another key, than the manifest names.
    #[error("signed by another party or key than the manifest names")]
    Signer,
}

impl BidFault {
    /// The stable label.
    pub fn label(&self) -> &'static str {
        match self {
            Self::BidderLock { .. } => "E_LOCK_MODE",
            Self::Context(error) => error.label(),
            Self::Ceremony => "E_CEREMONY",
            Self::Deadline => "E_DEADLINE",
            Self::Envelopes => "E_ENVELOPES",
            Self::NotInvited(_) => "E_NOT_INVITED",
            Self::Frozen => "E_FROZEN",
            Self::Header(error) => error.label(),
            Self::HeaderMismatch(error) => error.label(),
            Self::HeaderCount { .. } => "E_MANIFEST",
            Self::Lot(_) => "E_LOT",
            Self::Manifest(error) => error.label(),
            Self::Proof(error) => error.label(),
            Self::Signature(error) => error.label(),
            Self::Signer => "E_SIG_SIGNER",
        }
    }
}

impl VerifiedBid {
    /// Checks one bid at an instant: at intake now, afterwards the completion stamp (ruling 18).
    ///
    /// # Errors
    ///
    /// [`BidFault`] names the first thing that does not hold.
    pub fn verify(
        tender: &VerifiedTender,
        material: &BidMaterial,
        trust: &TrustList,
        at: UtcMillis,
    ) -> Result<Self, BidFault> {
        let manifest = Manifest::parse(&material.manifest)?;
        let body = manifest.body();
        if *manifest.lot() != tender.file().lot_key() {
            return Err(BidFault::Lot(manifest.lot().clone()));
        }
        if body.ceremony_id != tender.record().ceremony_id || body.suite != tender.record().suite {
            return Err(BidFault::Ceremony);
        }
        if body.deadline != tender.file().terms().deadline {
            return Err(BidFault::Deadline);
        }
        let round = tender.file().terms().round.as_ref();
        if round.is_some_and(|round| !round.invites(&body.bidder.code)) {
            return Err(BidFault::NotInvited(body.bidder.code.clone()));
        }
        if !has_envelopes(tender, &manifest) {
            return Err(BidFault::Envelopes);
        }
        let signature = cms::verify_detached(&material.cms, &material.manifest, trust, at)?;
        let signer = signature.signer();
        if signer.party() != &body.bidder
            || signer.certificate().spki_sha256() != body.signer_spki_sha256
        {
            return Err(BidFault::Signer);
        }
        let headers = check_headers(tender, &manifest, &material.headers)?;
        Ok(Self { cms_sha256: SUITE_1.hash(&material.cms), manifest, signature, headers })
    }

    /// The manifest.
    pub const fn manifest(&self) -> &Manifest {
        &self.manifest
    }

    /// The bidder's signature.
    pub const fn signature(&self) -> &VerifiedSignature {
        &self.signature
    }

    /// SHA-256 of the CMS.
    pub const fn cms_sha256(&self) -> Digest {
        self.cms_sha256
    }

    /// The headers in the order of the manifest's parts.
    pub fn headers(&self) -> &[PartHeader] {
        &self.headers
    }

    /// The header of one part.
    pub fn header(&self, stage: Stage, part: Part) -> Option<&Header> {
        self.headers.iter().find(|h| h.stage == stage && h.part == part).map(|h| &h.header)
    }

    /// Checks that an entry of the freeze list says exactly what this bid says.
    ///
    /// # Errors
    ///
    /// [`BidFault::Frozen`] if anything differs.
    pub fn expect_frozen(&self, frozen: &FrozenBid) -> Result<(), BidFault> {
        let body = self.manifest.body();
        let parts =
            body.parts.iter().map(|p| (p.stage, p.part, p.header_sha256, p.file_len, p.ct_root));
        let objects = frozen
            .objects
            .iter()
            .map(|o| (o.stage, o.part, o.header_sha256, o.file_len, o.ct_root));
        let same = frozen.manifest_sha256 == self.manifest.sha256()
            && frozen.cms_sha256 == self.cms_sha256
            && frozen.bidder == body.bidder
            && frozen.seq == body.seq
            && parts.eq(objects);
        if same { Ok(()) } else { Err(BidFault::Frozen) }
    }
}

/// Every envelope of the tender has its sheet, and there is no other envelope. A bid of one envelope
/// without a sheet is received as it always was: at the opening it has no price.
fn has_envelopes(tender: &VerifiedTender, manifest: &Manifest) -> bool {
    let terms = tender.file().terms();
    let stages: Vec<Stage> = terms.stages().collect();
    let parts = &manifest.body().parts;
    let known = parts.iter().all(|part| stages.contains(&part.stage));
    let sheets = || stages.iter().all(|stage| manifest.part(*stage, Part::Price).is_some());
    known && (stages.len() < 2 || parts.is_empty() || sheets())
}

fn check_headers(
    tender: &VerifiedTender,
    manifest: &Manifest,
    headers: &[Vec<u8>],
) -> Result<Vec<PartHeader>, BidFault> {
    let parts = &manifest.body().parts;
    if headers.len() != parts.len() {
        return Err(BidFault::HeaderCount { headers: headers.len(), parts: parts.len() });
    }
    let window = tender.file().terms().bidder_window;
    let mut out = Vec::new();
    for (part, bytes) in parts.iter().zip(headers) {
        let header = Header::parse(bytes)?;
        manifest.expect_header(part.stage, part.part, &header)?;
        header.expect_context(&manifest.context_for(part.stage, part.part))?;
        header.verify_proof(tender.bases())?;
        let (asked, found) = (lock_mode(window.map(|window| window.lock)), header.lock_mode());
        if found != asked {
            return Err(BidFault::BidderLock { part: part.part, asked, found });
        }
        out.push(PartHeader { stage: part.stage, part: part.part, header });
    }
    Ok(out)
}

/// Ruling 10: the versions of each bidder follow each other without a gap. Each names the one before
/// it, and intake takes no other (电子招标投标办法 art. 27), so a gap is a bid that was left out.
fn check_sequences(bids: &BTreeMap<Digest, (FrozenBid, VerifiedBid)>) -> Result<(), FreezeFault> {
    let mut versions: BTreeMap<_, &Manifest> = BTreeMap::new();
    for (entry, bid) in bids.values() {
        versions.insert((&entry.bidder.code, entry.seq), bid.manifest());
    }
    let mut previous: Option<&Manifest> = None;
    for ((bidder, seq), manifest) in versions {
        let same = previous.filter(|earlier| earlier.body().bidder.code == *bidder);
        let source = match same {
            Some(earlier) => manifest.expect_replaces(earlier).map_err(Some),
            None if seq.get() == 1 => Ok(()),
            None => Err(None),
        };
        source.map_err(|source| FreezeFault::Sequence {
            manifest_sha256: manifest.sha256(),
            source,
        })?;
        previous = Some(manifest);
    }
    Ok(())
}

/// Everything about a freeze besides its log entry: the bids in the order of the list, and the
/// paths of their opened places.
#[derive(Clone, Debug)]
pub struct FrozenMaterial {
    /// One per entry of the freeze list.
    pub bids: Vec<BidMaterial>,
    /// One per entry of the freeze list.
    pub paths: Vec<PlacePath>,
}

/// A freeze whose every bid and place has been checked.
#[derive(Debug)]
pub struct FrozenBids {
    by_manifest: BTreeMap<Digest, (FrozenBid, VerifiedBid)>,
    /// The points of the base estimates in the log.
    estimates: LockPoints,
}

/// Why a freeze is not countersigned.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum FreezeFault {
    /// A bid of the list does not hold.
    #[error("bid {manifest_sha256} does not hold")]
    Bid {
        /// The bid.
        manifest_sha256: Digest,
        /// Why.
        source: BidFault,
    },
    /// The list and its material have different lengths.
    #[error("the freeze list has {bids} bids, and material for {material} was given")]
    Count {
        /// Bids of the list.
        bids: usize,
        /// Bids given.
        material: usize,
    },
    /// One lock appears in two objects, of bids or of a base estimate: a copy (ruling 30, rule R7).
    #[error("bid {0} carries a lock that another object of this lot carries too")]
    DuplicateLock(Digest),
    /// The list is not in order or does not follow from its content.
    #[error(transparent)]
    List(#[from] FreezeError),
    /// A place is not what the log committed to.
    #[error(transparent)]
    Place(#[from] PlaceError),
    /// A version does not follow the one before it in the list, so a receipted one is missing.
    #[error("bid {manifest_sha256} does not follow the bidder's version before it in the list")]
    Sequence {
        /// The bid.
        manifest_sha256: Digest,
        /// Why; `None` if the list has no earlier version at all.
        source: Option<SequenceError>,
    },
}

impl FreezeFault {
    /// The stable label.
    pub fn label(&self) -> &'static str {
        match self {
            Self::Bid { source, .. } => source.label(),
            Self::Count { .. } => "E_FREEZE",
            Self::DuplicateLock(_) => "E_DUP_U",
            Self::List(error) => error.label(),
            Self::Place(error) => error.label(),
            Self::Sequence { .. } => "E_SEQ",
        }
    }
}

impl FrozenBids {
    /// Checks a freeze list against the log that carries it and the bids that it names. `deadline`
    /// is the one that counts at last ([`kaibiao_opening::State::deadline`]).
    ///
    /// # Errors
    ///
    /// [`FreezeFault`] names the bid or rule.
    pub fn check(
        tender: &VerifiedTender,
        log: &OpeningLog,
        frozen: &SetFrozen,
        frozen_data: &str,
        deadline: UtcMillis,
        material: &FrozenMaterial,
        trust: &TrustList,
    ) -> Result<Self, FreezeFault> {
        let context = FreezeContext {
            suite: tender.record().suite(),
            ceremony_id: tender.record().ceremony_id,
            origin: tender.origin(),
            deadline,
        };
        let checked = FreezeRecord::parse(frozen_data.as_bytes())?.check(&context)?;
        checked.check_places(context.suite, log, tender.file().terms().places, &material.paths)?;
        if frozen.bids.len() != material.bids.len() {
            return Err(FreezeFault::Count {
                bids: frozen.bids.len(),
                material: material.bids.len(),
            });
        }
        let mut by_manifest = BTreeMap::new();
        let estimates = locks_in(log);
        let mut locks = estimates.clone();
        for (entry, material) in frozen.bids.iter().zip(&material.bids) {
            let manifest_sha256 = entry.manifest_sha256;
            let bid = VerifiedBid::verify(tender, material, trust, entry.completed_at)
                .and_then(|bid| bid.expect_frozen(entry).map(|()| bid))
                .map_err(|source| FreezeFault::Bid { manifest_sha256, source })?;
            for part in bid.headers() {
                locks
                    .take(&part.header)
                    .map_err(|_| FreezeFault::DuplicateLock(manifest_sha256))?;
            }
            by_manifest.insert(manifest_sha256, (entry.clone(), bid));
        }
        check_sequences(&by_manifest)?;
        Ok(Self { by_manifest, estimates })
    }

    /// The bids that are raised: the last word of each bidder, in order of their manifests' digests.
    pub fn current(&self) -> impl Iterator<Item = (&FrozenBid, &VerifiedBid)> {
        self.by_manifest
            .values()
            .filter(|(entry, _)| entry.status == BidStatus::Current)
            .map(|(e, b)| (e, b))
    }

    /// Whether a point is in a lock or an escrow of any bid of the list or of any base estimate, also of
    /// one that is not raised.
    pub fn has_point(&self, point: &kaibiao_crypto::Point) -> bool {
        let headers = self.by_manifest.values().flat_map(|(_, bid)| bid.headers());
        let mut points = headers.flat_map(|part| part.header.points());
        self.estimates.has(point) || points.any(|own| own.bytes() == point.bytes())
    }

    /// One bid of the list.
    pub fn bid(&self, manifest_sha256: &Digest) -> Option<&VerifiedBid> {
        self.by_manifest.get(manifest_sha256).map(|(_, bid)| bid)
    }
}
