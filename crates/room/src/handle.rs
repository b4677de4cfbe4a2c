//! How the outside talks to a lot's room.

use std::sync::Arc;
use std::sync::mpsc::SyncSender;

use kaibiao_fanout::FrameLog;
use kaibiao_store::UploadId;
use kaibiao_types::LotKey;
use tokio::sync::oneshot;

use crate::stepped::Stepped;
use crate::{FromSeat, RoomError};

/// Bytes of the longest cosignature line: a key name of at most 512 bytes, and the signature.
const COSIGNATURE_MAX: usize = 1_024;

/// An answer that the room owes.
pub(crate) type Reply<T> = oneshot::Sender<Result<T, RoomError>>;

/// What a room is asked to do. Each is carried out whole, one after the other.
pub(crate) enum Job {
    /// A signed command of host, supervisor or bidder.
    Command { command: Box<crate::CheckedCommand>, reply: Reply<u64> },
    /// An upload whose every byte is durable and was checked at `revision`.
    Complete {
        upload: UploadId,
        revision: u64,
        digests: Vec<kaibiao_journal::ReceiptObject>,
        reply: Reply<Completed>,
    },
    /// A custodian's cosignature line for a head.
    Cosign { size: u64, line: String, reply: Reply<()> },
    /// A custodian's attestation of an outage.
    Outage { attested: FromSeat<crate::Outage>, reply: Reply<u64> },
    /// A custodian's signature under the freeze.
    SignFreeze { signed: FromSeat<crate::FreezeSignature>, reply: Reply<u64> },
    /// A custodian's partial decryptions.
    Partials { partials: Box<FromSeat<crate::PartialSet>>, reply: Reply<u64> },
    /// A custodian's answer to a draw.
    DrawPartial { answer: Box<FromSeat<crate::DrawAnswer>>, reply: Reply<u64> },
    /// A custodian's signed journal.
    Journal { journal: FromSeat<crate::HandedJournal>, reply: Reply<u64> },
    /// A custodian's statement that its share is destroyed.
    Destroyed { statement: FromSeat<crate::Destroyed>, reply: Reply<u64> },
    /// A custodian's refusal.
    Refusal { refusal: FromSeat<crate::HandedRefusal>, reply: Reply<u64> },
    /// The opened documents, from the thread that opened them; `None` if it could not go on.
    DocumentsOpened(Option<Vec<kaibiao_opening::OpenedDocument>>),
    /// Stop the thread.
    Stop,
}

/// The receipt of a completed bid.
#[derive(Clone, Debug)]
pub struct Completed {
    /// Exact bytes of the receipt.
    pub receipt: Vec<u8>,
    /// The hall's CMS over them.
    pub cms: Vec<u8>,
}

/// A published lot's room: send it work, follow its log.
#[derive(Clone)]
pub struct LotHandle {
    pub(crate) lot: LotKey,
    pub(crate) jobs: SyncSender<Job>,
    pub(crate) log: Arc<FrameLog>,
    pub(crate) view: Arc<crate::actor::View>,
    /// The room itself, if it has no thread.
    pub(crate) stepped: Option<Arc<Stepped>>,
}

impl std::fmt::Debug for LotHandle {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "LotHandle({})", self.lot)
    }
}

impl LotHandle {
    /// The lot.
    pub const fn lot(&self) -> &LotKey {
        &self.lot
    }

    /// The durable log.
    pub const fn log(&self) -> &Arc<FrameLog> {
        &self.log
    }

    /// The newest checkpoint with the cosignatures collected so far, as a signed note.
    pub fn checkpoint(&self) -> String {
        self.view.read().checkpoint.clone()
    }

    /// The phase that the log is in.
    pub fn phase(&self) -> kaibiao_opening::Phase {
        self.view.read().phase
    }

    /// 投标截止时间 as the log has it: that of the tender file, or of the last postponement.
    pub fn deadline(&self) -> kaibiao_types::UtcMillis {
        self.view.read().deadline
    }

    /// The frozen bids with headers and place paths.
    ///
    /// # Errors
    ///
    /// [`RoomError::NotReady`] before the freeze.
    pub fn frozen(&self) -> Result<kaibiao_replay::FrozenMaterial, RoomError> {
        let frozen = self.view.read().frozen.clone();
        frozen.map(|frozen| frozen.material.clone()).ok_or(RoomError::NotReady("freeze"))
    }

    /// Exact bytes of the opening record.
    ///
    /// # Errors
    ///
    /// [`RoomError::NotReady`] before it was made.
    pub fn record(&self) -> Result<Vec<u8>, RoomError> {
        self.view.read().record.clone().ok_or(RoomError::NotReady("record"))
    }

    /// The finished evidence package.
    ///
    /// # Errors
    ///
    /// [`RoomError::NotReady`] before it is whole.
    pub fn package(&self) -> Result<std::path::PathBuf, RoomError> {
        self.view.read().package.clone().ok_or(RoomError::NotReady("evidence"))
    }

    /// The freeze in the log. Before it no custodian has anything to hand over.
    pub fn freeze_id(&self) -> Option<kaibiao_types::Digest> {
        self.view.read().freeze_id
    }

    /// Carries out a signed command; gives the number of entries after it.
    ///
    /// # Errors
    ///
    /// [`RoomError`]; a refusal of the procedure is in the log too where it may be.
    pub async fn command(&self, command: crate::CheckedCommand) -> Result<u64, RoomError> {
        let command = Box::new(command);
        self.ask(|reply| Job::Command { command, reply }).await
    }

    /// Completes an upload whose stored bytes were checked at `revision`.
    ///
    /// # Errors
    ///
    /// [`RoomError::Late`] from the deadline on; otherwise [`RoomError`].
    pub async fn complete(
        &self,
        upload: UploadId,
        revision: u64,
        digests: Vec<kaibiao_journal::ReceiptObject>,
    ) -> Result<Completed, RoomError> {
        self.ask(|reply| Job::Complete { upload, revision, digests, reply }).await
    }

    /// Takes in a custodian's cosignature of a head.
    ///
    /// # Errors
    ///
    /// [`RoomError::Proof`] if it is not one.
    pub async fn cosign(&self, size: u64, line: String) -> Result<(), RoomError> {
        if line.len() > COSIGNATURE_MAX {
            return Err(RoomError::Proof("the line is longer than any cosignature".to_owned()));
        }
        self.ask(|reply| Job::Cosign { size, line, reply }).await
    }

    /// Takes in a custodian's attestation of an outage.
    ///
    /// # Errors
    ///
    /// [`RoomError`].
    pub async fn outage(&self, attested: FromSeat<crate::Outage>) -> Result<u64, RoomError> {
        self.ask(|reply| Job::Outage { attested, reply }).await
    }

    /// Takes in a custodian's signature under the freeze.
    ///
    /// # Errors
    ///
    /// [`RoomError`].
    pub async fn sign_freeze(
        &self,
        signed: FromSeat<crate::FreezeSignature>,
    ) -> Result<u64, RoomError> {
        self.ask(|reply| Job::SignFreeze { signed, reply }).await
    }

    /// Takes in a custodian's partial decryptions.
    ///
    /// # Errors
    ///
    /// [`RoomError`].
    pub async fn partials(&self, partials: FromSeat<crate::PartialSet>) -> Result<u64, RoomError> {
        let partials = Box::new(partials);
        self.ask(|reply| Job::Partials { partials, reply }).await
    }

    /// Takes in a custodian's answer to a draw.
    ///
    /// # Errors
    ///
    /// [`RoomError`].
    pub async fn draw_partial(
        &self,
        answer: FromSeat<crate::DrawAnswer>,
    ) -> Result<u64, RoomError> {
        let answer = Box::new(answer);
        self.ask(|reply| Job::DrawPartial { answer, reply }).await
    }

    /// Takes in a custodian's signed journal.
    ///
    /// # Errors
    ///
    /// [`RoomError`].
    pub async fn journal(&self, journal: FromSeat<crate::HandedJournal>) -> Result<u64, RoomError> {
        self.ask(|reply| Job::Journal { journal, reply }).await
    }

    /// Takes in a custodian's statement that its share is destroyed.
    ///
    /// # Errors
    ///
    /// [`RoomError`].
    pub async fn destroyed(&self, statement: FromSeat<crate::Destroyed>) -> Result<u64, RoomError> {
        self.ask(|reply| Job::Destroyed { statement, reply }).await
    }

    /// Takes in a custodian's refusal.
    ///
    /// # Errors
    ///
    /// [`RoomError`].
    pub async fn refusal(&self, refusal: FromSeat<crate::HandedRefusal>) -> Result<u64, RoomError> {
        self.ask(|reply| Job::Refusal { refusal, reply }).await
    }

    async fn ask<T>(&self, job: impl FnOnce(Reply<T>) -> Job) -> Result<T, RoomError> {
        let (reply, answer) = oneshot::channel();
        // The queue is bounded; a full one means that the room is far behind, and the caller is told.
        self.jobs.try_send(job(reply)).map_err(|error| match error {
            std::sync::mpsc::TrySendError::Full(_) => RoomError::Busy,
            std::sync::mpsc::TrySendError::Disconnected(_) => RoomError::Stopped,
        })?;
        if let Some(stepped) = &self.stepped {
            stepped.step();
        }
        answer.await.unwrap_or(Err(RoomError::Stopped))
    }
}
