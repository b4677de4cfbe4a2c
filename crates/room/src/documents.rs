//! Opening the documents beside the room: they are large, and the room must not wait.

use std::fs::{self, File};
use std::io::{self, Write};
use std::path::{Path, PathBuf};
use std::sync::Arc;

use kaibiao_ceremony::Partial;
use kaibiao_crypto::{Hasher, SUITE_1, scrub_stack};
use kaibiao_opening::{OpenedDocument, UnlockSecret, Verdict};
use kaibiao_replay::{Unlocking, VerifiedTender, open_object};
use kaibiao_types::{BidPart, Digest, Fault, OrgCode, Part, Stage};

use crate::actor::Room;
use crate::frozen::FrozenSet;
use crate::handle::Job;
use crate::unsealing::of;
use crate::{HallContext, RoomError};

/// One document to open.
struct Work {
    bidder: OrgCode,
    manifest_sha256: Digest,
    name: String,
    partials: Vec<Partial>,
    secret: Option<UnlockSecret>,
    escrow: Vec<Partial>,
}

/// Everything that the opening thread needs.
struct Opening {
    hall: Arc<HallContext>,
    tender: Arc<VerifiedTender>,
    frozen: Arc<FrozenSet>,
    stage: Stage,
    freeze_id: Digest,
    folder: PathBuf,
    last_word: bool,
}

impl Room {
    /// Opens all documents on a thread of its own and hands the result to the room.
    pub(crate) fn open_documents(&mut self, last_word: bool) -> Result<(), RoomError> {
        let (Some(frozen), Some(unsealing)) =
            (self.frozen.clone(), self.replay.state().unsealing())
        else {
            return Ok(());
        };
        if std::mem::replace(&mut self.opening_documents, true) {
            return Ok(());
        }
        let lot = self.replay.tender().file().lot_key();
        let name = BidPart { stage: unsealing.stage, part: Part::Documents };
        let work: Vec<Work> = unsealing
            .bids
            .iter()
            .map(|bid| Work {
                bidder: bid.bidder.code.clone(),
                manifest_sha256: bid.manifest_sha256,
                name: format!("{}-{}.{name}", bid.bidder.code, bid.seq),
                partials: of(&self.partials, name, &bid.manifest_sha256).to_vec(),
                secret: self
                    .replay
                    .state()
                    .unlock_secret(&bid.bidder.code, Part::Documents)
                    .cloned(),
                escrow: of(&self.escrows, name, &bid.manifest_sha256).to_vec(),
            })
            .collect();
        let opening = Opening {
            hall: Arc::clone(&self.hall),
            tender: Arc::clone(self.replay.tender()),
            frozen,
            stage: unsealing.stage,
            freeze_id: unsealing.freeze_id,
            folder: self.hall.output.join("unsealed").join(format!("{}-{}", lot.tender, lot.lot)),
            last_word,
        };
        let jobs = self.jobs.clone();
        let spawned = std::thread::Builder::new().name("documents".to_owned()).spawn(move || {
            let opened = opening.run(&work);
            scrub_stack();
            match opened {
                Ok(bids) => drop(jobs.send(Job::DocumentsOpened(Some(bids)))),
                Err(error) => {
                    tracing::error!(%error, "documents could not be opened");
                    drop(jobs.send(Job::DocumentsOpened(None)));
                }
            }
        });
        spawned.map(drop).map_err(RoomError::internal)
    }
}

impl Opening {
    fn run(&self, work: &[Work]) -> Result<Vec<OpenedDocument>, RoomError> {
        fs::create_dir_all(&self.folder).map_err(RoomError::internal)?;
        work.iter().map(|work| self.open(work)).collect()
    }

    fn open(&self, work: &Work) -> Result<OpenedDocument, RoomError> {
        let bid = self.frozen.bids.bid(&work.manifest_sha256);
        let bid = bid.ok_or_else(|| RoomError::internal("a bid is missing"))?;
        let (Some(header), Some(signed)) = (
            bid.header(self.stage, Part::Documents),
            bid.manifest().part(self.stage, Part::Documents),
        ) else {
            return Err(RoomError::internal("a part is missing"));
        };
        let name = BidPart { stage: self.stage, part: Part::Documents };
        let mut payload = self.frozen.payload(&self.hall, &work.manifest_sha256, name, header)?;
        let out = Plain::create(&self.folder.join(&work.name)).map_err(RoomError::internal)?;
        let opened = open_object(
            &self.tender,
            &self.freeze_id,
            header,
            &signed.object(),
            &work.partials,
            Unlocking { secret: work.secret.as_ref(), escrow: &work.escrow },
            &mut payload,
            out,
        );
        let bare = OpenedDocument {
            bidder: work.bidder.clone(),
            manifest_sha256: work.manifest_sha256,
            verdict: Verdict::NotOpened,
            label: None,
            fault: None,
            plain_sha256: None,
            plain_len: None,
        };
        match opened {
            Ok(opened) => {
                let digest = opened.out.keep().map_err(RoomError::internal)?;
                Ok(OpenedDocument {
                    verdict: Verdict::Opened,
                    plain_sha256: Some(digest),
                    plain_len: Some(opened.plaintext_len),
                    ..bare
                })
            }
            // The custodians who have not released yet may still make it open.
            Err(unopened) if unopened.retry && !self.last_word => {
                Err(RoomError::internal(unopened))
            }
            Err(unopened) => Ok(OpenedDocument {
                label: Some(unopened.label.to_owned()),
                fault: Some(if unopened.retry { Fault::NotBidder } else { unopened.fault }),
                ..bare
            }),
        }
    }
}

/// A plaintext file that exists under its name only once it is whole.
struct Plain {
    file: Option<File>,
    digest: Hasher,
    temporary: PathBuf,
    name: PathBuf,
}

impl Plain {
    fn create(name: &Path) -> io::Result<Self> {
        let mut temporary = name.as_os_str().to_owned();
        temporary.push(".tmp");
        let temporary = PathBuf::from(temporary);
        let file = Some(File::create(&temporary)?);
        Ok(Self { file, digest: SUITE_1.hasher(), temporary, name: name.to_owned() })
    }

    /// Makes the file durable under its name; gives the digest of the plaintext.
    fn keep(mut self) -> io::Result<Digest> {
        if let Some(file) = self.file.take() {
            file.sync_all()?;
        }
        fs::rename(&self.temporary, &self.name)?;
        Ok(self.digest.clone().finish())
    }
}

impl Write for Plain {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        let file = self.file.as_mut().ok_or_else(|| io::Error::other("the file is closed"))?;
        let count = file.write(bytes)?;
        self.digest.update(bytes.get(..count).unwrap_or_default());
        Ok(count)
    }

    fn flush(&mut self) -> io::Result<()> {
        self.file.as_mut().map_or(Ok(()), File::flush)
    }
}

impl Drop for Plain {
    fn drop(&mut self) {
        // Whatever was not kept is thrown away; after `keep` there is nothing under this name.
        if self.temporary.exists() {
            drop(fs::remove_file(&self.temporary));
        }
    }
}
