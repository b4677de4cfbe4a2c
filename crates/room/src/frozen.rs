//! The frozen bids with their stored files.

use std::collections::BTreeMap;
use std::io::{Seek as _, SeekFrom};

use kaibiao_journal::{Place, PlacePath};
use kaibiao_replay::{BidMaterial, FrozenBids, FrozenMaterial, Replay};
use kaibiao_seal::Header;
use kaibiao_store::{ObjectReader, PartName, Submission, UploadId};
use kaibiao_types::{BidPart, Digest, Part, Stage};

use crate::closing::stored_tick;
use crate::{HallContext, RoomError};

/// The header of one part of a bid.
#[derive(Clone, Debug)]
pub struct PartHeaderBytes {
    /// The envelope.
    pub stage: Stage,
    /// Which part.
    pub part: Part,
    /// The exact header.
    pub header: Vec<u8>,
}

/// The frozen set as the hall has it stored.
#[derive(Debug)]
pub(crate) struct FrozenSet {
    /// What everybody may check.
    pub(crate) material: FrozenMaterial,
    /// The same, checked.
    pub(crate) bids: FrozenBids,
    /// Where each bid's files are.
    pub(crate) uploads: BTreeMap<Digest, UploadId>,
}

impl FrozenSet {
    /// Loads and checks the frozen set of a log.
    pub(crate) fn load(hall: &HallContext, replay: &Replay) -> Result<Self, RoomError> {
        let tender = replay.tender();
        let lot = tender.file().lot_key();
        let frozen = replay.state().frozen().ok_or(RoomError::NotReady("freeze"))?;
        let entry = replay.frozen_entry().ok_or(RoomError::NotReady("freeze"))?;
        let submissions: BTreeMap<Digest, Submission> =
            hall.store.submissions(&lot)?.into_iter().map(|s| (s.manifest_sha256, s)).collect();
        let mut material = FrozenMaterial { bids: Vec::new(), paths: Vec::new() };
        let mut uploads = BTreeMap::new();
        for bid in &frozen.bids {
            let submission = submissions
                .get(&bid.manifest_sha256)
                .ok_or_else(|| RoomError::internal("a bid is missing"))?;
            let mut headers = Vec::new();
            for object in &bid.objects {
                let name = BidPart { stage: object.stage, part: object.part };
                let mut file = hall.store.open_object(submission.upload, &PartName::from(name))?;
                let header = Header::read(&mut file).map_err(RoomError::internal)?;
                headers.push(header.bytes().to_vec());
            }
            let (manifest, cms) = (submission.manifest.clone(), submission.cms.clone());
            material.bids.push(BidMaterial { manifest, cms, headers });
            let place: Place =
                serde_json::from_slice(&submission.place).map_err(RoomError::internal)?;
            let path =
                stored_tick(hall, &lot, place.tick)?.path(place.no).map_err(RoomError::internal)?;
            material.paths.push(PlacePath { tick: place.tick, no: place.no, path });
            uploads.insert(bid.manifest_sha256, submission.upload);
        }
        let data = entry.data().get();
        let (deadline, trust) = (replay.deadline(), replay.trust());
        let bids =
            FrozenBids::check(tender, replay.log(), frozen, data, deadline, &material, trust)
                .map_err(RoomError::internal)?;
        Ok(Self { material, bids, uploads })
    }

    /// The stored file of one part, positioned after its header.
    pub(crate) fn payload(
        &self,
        hall: &HallContext,
        manifest: &Digest,
        part: BidPart,
        header: &Header,
    ) -> Result<ObjectReader, RoomError> {
        let upload =
            self.uploads.get(manifest).ok_or_else(|| RoomError::internal("a bid is missing"))?;
        let mut file = hall.store.open_object(*upload, &PartName::from(part))?;
        file.seek(SeekFrom::Start(header.header_len())).map_err(RoomError::internal)?;
        Ok(file)
    }
}
