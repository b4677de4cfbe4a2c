//! Sealing one bid on the bidder's machine: price sheet and document, manifest and signature. A
//! withdrawal is a signed manifest alone.

use std::fs::File;
use std::io::Read;
use std::path::{Path, PathBuf};

use kaibiao_crypto::{SecureEntropy, scrub_stack};
use kaibiao_opening::{BidderLockTerms, BidderWindowTerms, PriceSheet};
use kaibiao_replay::VerifiedTender;
use kaibiao_seal::{
    BidContext, BidderKey, BidderLockPlan, Client, Context, Manifest, ManifestBody, ManifestKind,
    ManifestPart, ObjectSummary, Padding, SealPlan, limits, seal_on,
};
use kaibiao_types::{BidPart, BidSeq, Digest, LotKey, Part, Party, Stage, UtcMillis};
use kaibiao_wire::Label;

use crate::failure::Failure;
use crate::files::{self, NewFolder};
use crate::identity::Signer;
use crate::machine;

/// The manifest in a bid folder.
pub(crate) const MANIFEST: &str = "manifest.json";
/// The bidder's signature over it.
pub(crate) const MANIFEST_CMS: &str = "manifest.p7s";

/// The certificate whose key unlocks the bid, in a bid folder of a lot that asks for it.
pub(crate) const CERTIFICATE: &str = "unlock-certificate.der";

/// The folder of the withdrawal, in the folder of the bid that it withdraws.
pub(crate) const WITHDRAWAL: &str = "withdrawal";

/// The sealed file of a part in a bid folder.
pub(crate) fn object_name(part: BidPart) -> String {
    format!("{part}.kbf")
}

/// What one bidder seals.
#[derive(Debug)]
pub(crate) struct Bid<'a> {
    /// The tender, verified.
    pub(crate) tender: &'a VerifiedTender,
    /// The bidder, as its certificate names it.
    pub(crate) bidder: Party,
    /// The bidder's certificate and key.
    pub(crate) signer: &'a Signer,
    /// Its envelopes, in their order; none in a withdrawal.
    pub(crate) envelopes: Vec<Envelope>,
    /// The manifest that this one replaces or withdraws.
    pub(crate) supersedes: Option<Manifest>,
    /// The bidder's clock.
    pub(crate) now: UtcMillis,
}

/// What one envelope of a bid holds.
#[derive(Debug)]
pub(crate) struct Envelope {
    /// Which one.
    pub(crate) stage: Stage,
    /// The sheet that is read out.
    pub(crate) sheet: PriceSheet,
    /// The document.
    pub(crate) document: Option<PathBuf>,
}

/// Whose objects are sealed, in which version.
struct Version<'a> {
    lot: &'a LotKey,
    seq: BidSeq,
    supersedes: Digest,
}

impl Bid<'_> {
    /// Seals the bid into a new folder, which appears only when it is complete.
    pub(crate) fn seal_into(&self, folder: &Path) -> Result<Manifest, Failure> {
        let lot = self.tender.file().lot_key();
        let version = self.version(&lot)?;
        let new = NewFolder::begin(folder)?;
        let mut parts = Vec::new();
        for Envelope { stage, sheet, document } in &self.envelopes {
            let name = |part| BidPart { stage: *stage, part };
            let sheet = sheet.to_bytes();
            let len = u64::try_from(sheet.len()).unwrap_or(u64::MAX);
            let sealed = self.seal_part(&new, &version, name(Part::Price), len, &mut &*sheet)?;
            parts.push(ManifestPart::new(*stage, Part::Price, &sealed));
            let Some(path) = document else { continue };
            let (mut file, len) = open_document(path)?;
            let sealed = self.seal_part(&new, &version, name(Part::Documents), len, &mut file)?;
            parts.push(ManifestPart::new(*stage, Part::Documents, &sealed));
        }
        parts.sort_by_key(|part| (part.stage, part.part.code()));
        let manifest = self.manifest(ManifestKind::Submit, &version, parts)?;
        self.sign_into(&new, &manifest)?;
        if self.tender.file().terms().bidder_window.is_some() {
            new.write(CERTIFICATE, self.signer.certificate().der())?;
        }
        new.commit()?;
        Ok(manifest)
    }

    /// Signs the withdrawal (撤回) of the earlier bid into a new folder.
    pub(crate) fn withdraw_into(&self, folder: &Path) -> Result<(), Failure> {
        let lot = self.tender.file().lot_key();
        let manifest = self.manifest(ManifestKind::Withdraw, &self.version(&lot)?, Vec::new())?;
        let new = NewFolder::begin(folder)?;
        self.sign_into(&new, &manifest)?;
        new.commit()
    }

    fn sign_into(&self, folder: &NewFolder, manifest: &Manifest) -> Result<(), Failure> {
        let cms = self.signer.sign(manifest.bytes())?;
        folder.write(MANIFEST, manifest.bytes())?;
        folder.write(MANIFEST_CMS, &cms)
    }

    fn version<'l>(&self, lot: &'l LotKey) -> Result<Version<'l>, Failure> {
        let bad = |what: &str| Failure::new(Label::BadInput, format!("the earlier bid: {what}"));
        let (seq, supersedes) = match &self.supersedes {
            None => (1, Digest::ZERO),
            Some(old) if old.lot() != lot || old.body().bidder.code != self.bidder.code => {
                return Err(bad("it is of another lot or bidder"));
            }
            Some(old) => (old.body().seq.get().saturating_add(1), old.sha256()),
        };
        let seq = BidSeq::new(seq).map_err(|error| bad(&error.to_string()))?;
        Ok(Version { lot, seq, supersedes })
    }

    fn seal_part(
        &self,
        folder: &NewFolder,
        version: &Version<'_>,
        part: BidPart,
        plaintext_len: u64,
        plaintext: &mut (dyn Read + Send),
    ) -> Result<ObjectSummary, Failure> {
        let record = self.tender.record();
        let context = Context::of_bid(&BidContext {
            suite: record.suite(),
            ceremony_id: record.ceremony_id,
            lot: version.lot,
            stage: part.stage,
            part: part.part,
            bidder: &self.bidder.code,
            signer_spki: self.signer.certificate().spki_sha256(),
            seq: version.seq,
            supersedes: version.supersedes,
        });
        let lock = self.bidder_lock()?;
        let plan = SealPlan {
            context: &context,
            bases: self.tender.bases(),
            padding: Padding::of(part.part),
            plaintext_len,
            bidder_lock: lock.as_ref().map(|(key, terms)| match terms.lock {
                BidderLockTerms::Escrow => BidderLockPlan::Escrow(key),
                BidderLockTerms::Strict => BidderLockPlan::Strict(key),
            }),
        };
        let path = folder.file(&object_name(part));
        let unwritable = |error: std::io::Error| Failure::write(&path, &error);
        // Whole chunks are read and written, so a buffer before the files would only copy them.
        let mut out = File::create_new(&path).map_err(unwritable)?;
        let mut entropy = SecureEntropy(machine::random());
        let sealed = seal_on(machine::threads(), &plan, plaintext, &mut out, &mut entropy);
        scrub_stack(); // the content key was there
        let sealed = sealed?;
        out.sync_all().map_err(unwritable)?;
        Ok(sealed.object)
    }

    /// The key of the bidder's certificate, where the tender file asks bidders to unlock their bids.
    fn bidder_lock(&self) -> Result<Option<(BidderKey, BidderWindowTerms)>, Failure> {
        let Some(terms) = self.tender.file().terms().bidder_window else { return Ok(None) };
        // What is sealed here must be unlocked in the window: no lock that this program cannot open.
        if matches!(self.signer, Signer::Token(_)) {
            let detail = "this tender asks bidders to unlock their bids, which this version does with a \
                          key file only; seal with --cert and --key, or with --p12";
            return Err(Failure::new(Label::Usage, detail));
        }
        let (suite, certificate) = (self.tender.record().suite(), self.signer.certificate());
        let key = BidderKey::from_spki(suite, certificate.sha256(), certificate.spki_der());
        let key = key.map_err(|error| Failure::coded(Label::BadInput, error.label(), &error))?;
        Ok(Some((key, terms)))
    }

    fn manifest(
        &self,
        kind: ManifestKind,
        version: &Version<'_>,
        parts: Vec<ManifestPart>,
    ) -> Result<Manifest, Failure> {
        let record = self.tender.record();
        Ok(Manifest::build(ManifestBody {
            v: 1,
            kind,
            suite: record.suite().id(),
            tender: version.lot.tender.clone(),
            lot: version.lot.lot.clone(),
            bidder: self.bidder.clone(),
            signer_spki_sha256: self.signer.certificate().spki_sha256(),
            seq: version.seq,
            supersedes: version.supersedes,
            ceremony_id: record.ceremony_id,
            deadline: self.tender.file().terms().deadline,
            client: Client::Cli,
            sealed_at: self.now,
            parts,
        })?)
    }
}

/// The document of an envelope and its length.
fn open_document(path: &Path) -> Result<(File, u64), Failure> {
    let unreadable = |error: std::io::Error| Failure::read(path, &error);
    let file = File::open(path).map_err(unreadable)?;
    let meta = file.metadata().map_err(unreadable)?;
    if !meta.is_file() {
        return Err(Failure::new(Label::CannotRead, format!("{}: not a file", path.display())));
    }
    Ok((file, meta.len()))
}

/// Loads the manifest of a bid folder.
pub(crate) fn load_manifest(folder: &Path) -> Result<Manifest, Failure> {
    Ok(Manifest::parse(&files::read(&folder.join(MANIFEST), limits::MANIFEST_MAX)?)?)
}
