//! Sealing one bid on the bidder's machine: price sheet and document, manifest and signature.

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
use kaibiao_types::{BidSeq, Digest, LotKey, Part, Party, Stage, UtcMillis};
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

/// The sealed file of a part in a bid folder.
pub(crate) fn object_name(part: Part) -> String {
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
    /// The price sheet.
    pub(crate) sheet: PriceSheet,
    /// The document.
    pub(crate) document: PathBuf,
    /// The manifest that this bid replaces.
    pub(crate) supersedes: Option<Manifest>,
    /// The bidder's clock.
    pub(crate) now: UtcMillis,
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
        let stage = Stage::new(1).map_err(|error| Failure::internal(error.to_string()))?;

        let sheet = self.sheet.to_bytes();
        let sheet_len = u64::try_from(sheet.len()).unwrap_or(u64::MAX);
        let price = self.seal_part(&new, &version, stage, Part::Price, sheet_len, &mut &*sheet)?;

        let unreadable = |error: std::io::Error| Failure::read(&self.document, &error);
        let mut document = File::open(&self.document).map_err(unreadable)?;
        let meta = document.metadata().map_err(unreadable)?;
        if !meta.is_file() {
            let detail = format!("{}: not a file", self.document.display());
            return Err(Failure::new(Label::CannotRead, detail));
        }
        let documents =
            self.seal_part(&new, &version, stage, Part::Documents, meta.len(), &mut document)?;

        let mut parts = vec![
            ManifestPart::new(stage, Part::Price, &price),
            ManifestPart::new(stage, Part::Documents, &documents),
        ];
        parts.sort_by_key(|part| part.part.code());
        let manifest = self.manifest(&version, parts)?;
        let cms = self.signer.sign(manifest.bytes())?;
        new.write(MANIFEST, manifest.bytes())?;
        new.write(MANIFEST_CMS, &cms)?;
        if self.tender.file().terms().bidder_window.is_some() {
            new.write(CERTIFICATE, self.signer.certificate().der())?;
        }
        new.commit()?;
        Ok(manifest)
    }

    fn version<'l>(&self, lot: &'l LotKey) -> Result<Version<'l>, Failure> {
        let bad = |what: &str| Failure::new(Label::BadInput, format!("--supersedes: {what}"));
        let (seq, supersedes) = match &self.supersedes {
            None => (1, Digest::ZERO),
            Some(old) if old.lot() != lot || old.body().bidder.code != self.bidder.code => {
                return Err(bad("the bid to replace is of another lot or bidder"));
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
        stage: Stage,
        part: Part,
        plaintext_len: u64,
        plaintext: &mut (dyn Read + Send),
    ) -> Result<ObjectSummary, Failure> {
        let record = self.tender.record();
        let context = Context::of_bid(&BidContext {
            suite: record.suite(),
            ceremony_id: record.ceremony_id,
            lot: version.lot,
            stage,
            part,
            bidder: &self.bidder.code,
            signer_spki: self.signer.certificate().spki_sha256(),
            seq: version.seq,
            supersedes: version.supersedes,
        });
        let lock = self.bidder_lock()?;
        let plan = SealPlan {
            context: &context,
            bases: self.tender.bases(),
            padding: Padding::of(part),
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
        version: &Version<'_>,
        parts: Vec<ManifestPart>,
    ) -> Result<Manifest, Failure> {
        let record = self.tender.record();
        Ok(Manifest::build(ManifestBody {
            v: 1,
            kind: ManifestKind::Submit,
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

/// Loads the manifest of a bid folder.
pub(crate) fn load_manifest(folder: &Path) -> Result<Manifest, Failure> {
    Ok(Manifest::parse(&files::read(&folder.join(MANIFEST), limits::MANIFEST_MAX)?)?)
}
