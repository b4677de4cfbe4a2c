//! The evidence package of an ended lot: collected from what is durable, written once.

use std::borrow::Cow;
use std::collections::BTreeMap;
use std::fs::{self, File};
use std::io::{BufWriter, Read as _, Write as _};
use std::path::PathBuf;

use kaibiao_evidence::{BidContents, PackageContents, SignedFile, write};
use kaibiao_journal::{Receipt, ReceiptProof, destroyed_statement};
use kaibiao_opening::{FrozenObject, Input, KeyDestroyed};
use kaibiao_replay::VerifiedTender;
use kaibiao_store::PartName;
use kaibiao_types::{BidPart, CustodianIndex, Digest, Millis, Part, UtcMillis};

use crate::actor::Room;
use crate::ceremony::BUNDLE_DOC;
use crate::closing::stored_tick;
use crate::seat::SeatMessage;
use crate::{FromSeat, RoomError};

/// How long the package waits for the cosignatures of custodians beyond k.
const COSIGNATURES_WAIT: Millis = Millis::from_secs(2);

/// How long after the end the package waits for every custodian's statement of destruction. A
/// custodian that is away holds nobody up; its late statement is in a newer package.
const DESTRUCTION_WAIT: Millis = Millis::from_secs(5);

/// The key under which the number of entries in the written package is kept.
const PACKAGED: &str = "package/entries";

/// A custodian states that its share is destroyed.
#[derive(Clone, Copy, Debug)]
pub struct Destroyed(pub CustodianIndex);

impl SeatMessage for Destroyed {
    fn custodian(&self) -> CustodianIndex {
        self.0
    }

    fn content(&self, tender: &VerifiedTender, freeze_id: Option<Digest>) -> Cow<'_, [u8]> {
        let id = &tender.record().ceremony_id;
        destroyed_statement(tender.origin(), id, freeze_id.as_ref()).into_bytes().into()
    }
}

impl Room {
    /// A custodian's statement that its share is destroyed.
    pub(crate) fn take_destruction(
        &mut self,
        signed: &FromSeat<Destroyed>,
    ) -> Result<u64, RoomError> {
        let Destroyed(custodian) = *signed.message();
        if self.replay.state().destroyed().contains_key(&custodian) {
            return Ok(self.replay.log().len()); // a repeat: the answer was lost
        }
        let cms = signed.cms_b64();
        let head = self.input(&Input::KeyDestroyed(KeyDestroyed { custodian, cms }))?;
        self.package_if_due()?;
        Ok(head)
    }

    /// Until when the package waits for more than it needs: statements of destruction, and
    /// cosignatures of the final head beyond k.
    pub(crate) fn package_wait(&self) -> Option<UtcMillis> {
        let state = self.replay.state();
        let ended = state.ended().filter(|_| !self.is_packaged())?;
        let statements = ended.at.plus(DESTRUCTION_WAIT);
        let cosignatures = state.last_at().plus(COSIGNATURES_WAIT);
        let until = if state.all_destroyed() { cosignatures } else { statements.max(cosignatures) };
        (until > self.hall.now()).then_some(until)
    }

    /// Writes the package once the opening has ended, with the statements of destruction that came,
    /// and with a final head that all custodians cosigned, or at least k after the wait. Without k
    /// it waits. What comes later gives a newer package in its place.
    pub(crate) fn package_if_due(&mut self) -> Result<(), RoomError> {
        let state = self.replay.state();
        if state.ended().is_none() || self.is_packaged() {
            return Ok(());
        }
        let (entries, name) = (self.replay.log().len(), self.package_path());
        let lot = self.replay.tender().file().lot_key();
        let kept = self.hall.store.kv_get(&lot, PACKAGED)?;
        if !name.exists() || kept.as_deref() != Some(entries.to_be_bytes().as_slice()) {
            let threshold = self.replay.tender().file().terms().custody.threshold;
            let waits = self.package_wait().is_some();
            if waits && !state.all_destroyed() {
                return Ok(());
            }
            let need = if waits { threshold.n() } else { threshold.k() };
            let have = self.cosignatures.get(&entries).map_or(0, BTreeMap::len);
            if have < usize::from(need) {
                return Ok(());
            }
            self.write_package(&name)?;
            let batch = kaibiao_store::Batch::new().kv_put(PACKAGED, &entries.to_be_bytes());
            self.hall.store.commit(&lot, &batch)?;
        }
        self.package = Some((entries, name));
        self.refresh_view();
        Ok(())
    }

    /// Whether the package has every entry.
    fn is_packaged(&self) -> bool {
        self.package.as_ref().is_some_and(|(entries, _)| *entries == self.replay.log().len())
    }

    fn package_path(&self) -> PathBuf {
        let lot = self.replay.tender().file().lot_key();
        self.hall.output.join("evidence").join(format!("{}-{}.evidence.asice", lot.tender, lot.lot))
    }

    fn write_package(&self, name: &PathBuf) -> Result<(), RoomError> {
        let contents = self.contents()?;
        let folder =
            name.parent().ok_or_else(|| RoomError::internal("the package has no folder"))?;
        fs::create_dir_all(folder).map_err(RoomError::internal)?;
        let temporary = name.with_extension("tmp");
        let mut out = BufWriter::new(File::create(&temporary).map_err(RoomError::internal)?);
        write(
            &contents,
            &self.hall.identity,
            self.hall.now(),
            self.hall.random.for_signatures(),
            &mut out,
        )
        .map_err(|error| RoomError::Internal(crate::actor::report(&error)))?;
        out.flush().map_err(RoomError::internal)?;
        out.get_ref().sync_all().map_err(RoomError::internal)?;
        fs::rename(&temporary, name).map_err(RoomError::internal)
    }

    fn contents(&self) -> Result<PackageContents, RoomError> {
        let lot = self.replay.tender().file().lot_key();
        let doc = |name: &str| {
            self.hall
                .store
                .doc(&lot, name)?
                .ok_or_else(|| RoomError::internal(format!("{name} is missing")))
        };
        let signed = |name: &str| -> Result<SignedFile, RoomError> {
            Ok(SignedFile {
                bytes: doc(&format!("{name}.json"))?,
                cms: doc(&format!("{name}.p7s"))?,
            })
        };
        let log = self.replay.log();
        let mut lines = Vec::new();
        for entry in log.entries() {
            lines.extend_from_slice(entry.line());
            lines.push(b'\n');
        }
        let checkpoint = self.view.read().checkpoint.clone();
        Ok(PackageContents {
            tender: signed("tender")?,
            draft: signed("draft")?,
            ceremony: doc(BUNDLE_DOC)?,
            trust: self.hall.trust_bytes.clone(),
            log: lines,
            places: self
                .frozen
                .as_ref()
                .map(|frozen| frozen.material.paths.clone())
                .unwrap_or_default(),
            bids: self.bid_contents(&checkpoint)?,
            journals: self.journals()?,
            checkpoint,
        })
    }

    fn bid_contents(&self, checkpoint: &str) -> Result<Vec<BidContents>, RoomError> {
        let Some(frozen) = &self.frozen else { return Ok(Vec::new()) };
        let lot = self.replay.tender().file().lot_key();
        let bids = self.replay.state().frozen().map(|set| set.bids.as_slice()).unwrap_or_default();
        let mut out = Vec::new();
        for (bid, material) in bids.iter().zip(&frozen.material.bids) {
            let submission = self.hall.store.submission_by_manifest(&lot, &bid.manifest_sha256)?;
            let submission = submission.ok_or_else(|| RoomError::internal("a bid is missing"))?;
            let receipt = Receipt::parse(&submission.receipt).map_err(RoomError::internal)?;
            let tick = stored_tick(&self.hall, &lot, receipt.place.tick)?;
            let proof = ReceiptProof::build(&receipt, &tick, self.replay.log(), checkpoint)
                .and_then(|proof| proof.to_bytes())
                .map_err(RoomError::internal)?;
            let sheets = bid.objects.iter().filter(|object| object.part == Part::Price);
            let whole = |object: &FrozenObject| {
                let name = BidPart { stage: object.stage, part: object.part };
                Ok((object.stage, self.whole_object(submission.upload, name)?))
            };
            let prices = sheets.map(whole).collect::<Result<_, RoomError>>()?;
            out.push(BidContents {
                manifest: SignedFile {
                    bytes: material.manifest.clone(),
                    cms: material.cms.clone(),
                },
                headers: material.headers.clone(),
                prices,
                receipt: SignedFile { bytes: submission.receipt, cms: submission.receipt_cms },
                receipt_proof: proof,
            });
        }
        Ok(out)
    }

    /// A sealed price object: a fixed bucket, so it fits into memory.
    fn whole_object(
        &self,
        upload: kaibiao_store::UploadId,
        name: BidPart,
    ) -> Result<Vec<u8>, RoomError> {
        let mut file = self.hall.store.open_object(upload, &PartName::from(name))?;
        let mut bytes = Vec::new();
        file.read_to_end(&mut bytes).map_err(RoomError::internal)?;
        Ok(bytes)
    }
}
