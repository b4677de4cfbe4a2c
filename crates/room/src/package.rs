//! The evidence package of an ended lot: collected from what is durable, written once.

use std::fs::{self, File};
use std::io::{BufWriter, Read as _, Write as _};
use std::path::PathBuf;

use kaibiao_evidence::{BidContents, PackageContents, SignedFile, write};
use kaibiao_journal::{Receipt, ReceiptProof};
use kaibiao_store::PartName;
use kaibiao_types::{Millis, Part, UtcMillis};

use crate::RoomError;
use crate::actor::Room;
use crate::ceremony::BUNDLE_DOC;
use crate::closing::stored_tick;

/// How long the package waits for the cosignatures of custodians beyond k.
const WAIT: Millis = Millis::from_secs(2);

impl Room {
    /// Until when the package waits for more cosignatures of the final head than k.
    pub(crate) fn package_wait(&self) -> Option<UtcMillis> {
        let ended = self.ended_at.filter(|_| self.package.is_none())?;
        let until = ended.plus(WAIT);
        (until > self.hall.now()).then_some(until)
    }

    /// Writes the package once the log has ended and its final head is cosigned: by all custodians,
    /// or by at least k after the wait. Without k it waits.
    pub(crate) fn package_if_due(&mut self) -> Result<(), RoomError> {
        if !self.has_ended() || self.package.is_some() {
            return Ok(());
        }
        if self.ended_at.is_none() {
            self.ended_at = Some(self.hall.now());
        }
        let name = self.package_path();
        if !name.exists() {
            let threshold = self.replay.tender().file().terms().custody.threshold;
            let need = if self.package_wait().is_some() { threshold.n() } else { threshold.k() };
            let have = self
                .cosignatures
                .get(&self.replay.log().len())
                .map_or(0, std::collections::BTreeMap::len);
            if have < usize::from(need) {
                return Ok(());
            }
            self.write_package(&name)?;
        }
        self.package = Some(name);
        self.refresh_view();
        Ok(())
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
        write(&contents, &self.hall.identity, self.hall.now(), &*self.hall.random, &mut out)
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
            let price = bid.objects.iter().any(|object| object.part == Part::Price);
            let price = price.then(|| self.whole_object(submission.upload)).transpose()?;
            out.push(BidContents {
                manifest: SignedFile {
                    bytes: material.manifest.clone(),
                    cms: material.cms.clone(),
                },
                headers: material.headers.clone(),
                price,
                receipt: SignedFile { bytes: submission.receipt, cms: submission.receipt_cms },
                receipt_proof: proof,
            });
        }
        Ok(out)
    }

    /// A sealed price object: a fixed bucket, so it fits into memory.
    fn whole_object(&self, upload: kaibiao_store::UploadId) -> Result<Vec<u8>, RoomError> {
        let mut file = self.hall.store.open_object(upload, &PartName::from(Part::Price))?;
        let mut bytes = Vec::new();
        file.read_to_end(&mut bytes).map_err(RoomError::internal)?;
        Ok(bytes)
    }
}
