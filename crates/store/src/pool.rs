//! The pool: what comes in before a deadline, kept so that nobody without the intake key can tell whose
//! it is, of which lot, or how many have come (ruling 25, ADR-0030).
//!
//! Slots are files of equal length under random names. All lots fill them one after the other with
//! frames ([`frame`]): pieces of sealed objects, records of what happened, and decoys. Frames are
//! written in order and synced in groups; `docs/spec/pool.md` has the bytes.

mod frame;
mod scan;

use std::collections::BTreeMap;
use std::fs::{self, File, OpenOptions};
use std::io;
use std::os::unix::fs::{FileExt as _, OpenOptionsExt as _};
use std::path::{Path, PathBuf};
use std::sync::{Mutex, MutexGuard, PoisonError};

use kaibiao_crypto::AeadKey;
use ring::rand::{SecureRandom as _, SystemRandom};

use crate::error::{BoxError, OpenError};
use crate::faults::{Faults, Point};
use crate::ids::{PartName, UploadId};
use crate::open::sync_dir;
use crate::record::{Record, StoredSlice};
use frame::{FRONT, Frame, Kind};
pub(crate) use scan::wide;

/// Bytes of a slot: four whole slices, and room for records.
pub(crate) const SLOT_LEN: u64 = 33 << 20;

/// Bytes of a piece: four sealed chunks. Whoever reads a chunk opens no more than this.
pub(crate) const PIECE_LEN: usize = 4 * kaibiao_seal::limits::SEALED_CHUNK_LEN;

/// How a slice is cut into pieces: the header of its object, if it begins with one, then [`PIECE_LEN`]
/// each.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Cut {
    pub(crate) header_len: usize,
}

impl Cut {
    pub(crate) fn pieces(self, bytes: &[u8]) -> impl Iterator<Item = &[u8]> {
        let (header, rest) = bytes.split_at_checked(self.header_len).unwrap_or((&[], bytes));
        [header].into_iter().filter(|header| !header.is_empty()).chain(rest.chunks(PIECE_LEN))
    }
}

/// Bytes of the longest record or decoy.
pub(crate) const RECORD_MAX: usize = 8 << 20;

/// Where a frame is.
#[derive(Clone, Copy, Debug, Eq, Ord, PartialEq, PartialOrd)]
pub(crate) struct Place {
    /// The number of the slot, from 0.
    pub(crate) slot: u64,
    /// Its first byte there.
    pub(crate) offset: u64,
}

/// What is written together: pieces, and the record that makes them count.
#[derive(Debug)]
pub(crate) struct Job {
    pieces: Vec<Frame>,
    last: Last,
}

#[derive(Debug)]
enum Last {
    Sealed(Frame),
    /// The record of a slice, which says where its pieces are.
    Slice {
        upload: UploadId,
        part: PartName,
        n: u32,
    },
}

impl Job {
    /// Bytes of its frames, without the record of a slice.
    pub(crate) fn len(&self) -> usize {
        let last = if let Last::Sealed(frame) = &self.last { frame.len() } else { 0 };
        self.pieces.iter().map(Frame::len).sum::<usize>() + last
    }
}

/// Why something is not in the pool.
#[derive(Debug)]
pub(crate) enum PoolError {
    /// It was not written.
    NotDone(BoxError),
    /// It may have been written or not.
    Unknown(BoxError),
}

impl PoolError {
    fn again(&self) -> Self {
        match self {
            Self::NotDone(cause) => Self::NotDone(cause.to_string().into()),
            Self::Unknown(cause) => Self::Unknown(cause.to_string().into()),
        }
    }
}

/// The slots of a directory.
pub(crate) struct Pool {
    dir: PathBuf,
    key: AeadKey,
    names: Mutex<BTreeMap<u64, String>>,
    /// Where it goes on; held by whoever writes.
    tail: Mutex<Tail>,
}

impl core::fmt::Debug for Pool {
    fn fmt(&self, f: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
        f.write_str("Pool(..)")
    }
}

#[derive(Debug)]
struct Tail {
    /// The slot that is being filled; none before the first.
    slot: Option<Slot>,
    /// The number of the next slot.
    next: u64,
    /// Where the frames of the last slot end.
    end: u64,
}

#[derive(Debug)]
struct Slot {
    no: u64,
    file: File,
    /// Where the next frame begins.
    end: u64,
    /// Everything before is durable.
    synced: u64,
}

impl Pool {
    /// Opens the pool in `dir` and tells each of its records, in order.
    pub(crate) fn open(
        dir: &Path,
        key: AeadKey,
        mut tell: impl FnMut(Record) -> Result<(), OpenError>,
    ) -> Result<Self, OpenError> {
        let found = scan::scan(dir, &key, &mut tell)?;
        let slot = match found.open {
            None => None,
            Some((no, name)) => {
                let file = OpenOptions::new().write(true).open(dir.join(name));
                let file = file.map_err(|error| OpenError::Files {
                    doing: "open the last slot of the pool",
                    source: error.into(),
                })?;
                Some(Slot { no, file, end: found.end, synced: found.end })
            }
        };
        let tail = Tail { slot, next: found.next, end: found.end };
        Ok(Self {
            dir: dir.to_owned(),
            key,
            names: Mutex::new(found.names),
            tail: Mutex::new(tail),
        })
    }

    /// What keeps a record.
    pub(crate) fn record(&self, record: &Record) -> Result<Job, BoxError> {
        self.body(Kind::Record, &record.to_bytes())
    }

    /// What keeps nothing and looks as if it did: `len` bytes, at most [`RECORD_MAX`].
    pub(crate) fn decoy(&self, len: usize) -> Result<Job, BoxError> {
        // What is sealed looks like noise, whatever it is.
        self.body(Kind::Decoy, &vec![0; len.min(RECORD_MAX)])
    }

    fn body(&self, kind: Kind, body: &[u8]) -> Result<Job, BoxError> {
        if body.len() > RECORD_MAX {
            return Err("a record of the intake is too long".into());
        }
        let last = Last::Sealed(Frame::seal(&self.key, kind, body)?);
        Ok(Job { pieces: Vec::new(), last })
    }

    /// What keeps a slice.
    pub(crate) fn slice(
        &self,
        upload: UploadId,
        part: &PartName,
        n: u32,
        cut: Cut,
        bytes: &[u8],
    ) -> Result<Job, BoxError> {
        let pieces = cut.pieces(bytes);
        let pieces = pieces.map(|piece| Frame::seal(&self.key, Kind::Piece, piece));
        let last = Last::Slice { upload, part: part.clone(), n };
        Ok(Job { pieces: pieces.collect::<Result<_, _>>()?, last })
    }

    /// Writes what came together and syncs it once; gives the places of each one's pieces.
    pub(crate) fn append(
        &self,
        faults: &Faults,
        jobs: Vec<Job>,
    ) -> Vec<Result<Vec<Place>, PoolError>> {
        let mut tail = self.tail.lock().unwrap_or_else(PoisonError::into_inner);
        let mut answers = Vec::new();
        let count = jobs.len();
        let mut writer = Writer { pool: self, tail: &mut tail, faults };
        let mut broken = None;
        for job in jobs {
            match writer.write(job) {
                Err(PoolError::Unknown(cause)) => {
                    broken = Some(PoolError::Unknown(cause));
                    break;
                }
                answer => answers.push(answer),
            }
        }
        match broken.or_else(|| writer.sync().err()) {
            None => answers,
            Some(error) => (0..count).map(|_| Err(error.again())).collect(),
        }
    }

    /// The piece at a place.
    pub(crate) fn piece(&self, place: Place) -> io::Result<Vec<u8>> {
        let damaged = || io::Error::new(io::ErrorKind::InvalidData, "a stored piece is damaged");
        let name = self.names().get(&place.slot).cloned().ok_or_else(damaged)?;
        let file = File::open(self.dir.join(name))?;
        let mut front = [0; FRONT];
        file.read_exact_at(&mut front, place.offset)?;
        let found = frame::find(&self.key, &front).filter(|found| found.kind == Kind::Piece);
        let found = found.filter(|found| found.len <= PIECE_LEN).ok_or_else(damaged)?;
        let mut sealed = vec![0; found.sealed_len()];
        file.read_exact_at(&mut sealed, place.offset + wide(FRONT))?;
        found.open(&self.key, sealed).ok_or_else(damaged)
    }

    /// How many slots there are.
    pub(crate) fn slots(&self) -> u32 {
        u32::try_from(self.names().len()).unwrap_or(u32::MAX)
    }

    fn names(&self) -> MutexGuard<'_, BTreeMap<u64, String>> {
        self.names.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Whoever writes.
struct Writer<'a> {
    pool: &'a Pool,
    tail: &'a mut Tail,
    faults: &'a Faults,
}

impl Writer<'_> {
    fn write(&mut self, job: Job) -> Result<Vec<Place>, PoolError> {
        let mut places = Vec::with_capacity(job.pieces.len());
        for piece in job.pieces {
            places.push(self.frame(piece)?);
        }
        match job.last {
            Last::Sealed(frame) => self.frame(frame)?,
            Last::Slice { upload, part, n } => {
                let record =
                    Record::Stored(StoredSlice { upload, part, n, places: places.clone() });
                let frame = Frame::seal(&self.pool.key, Kind::Record, &record.to_bytes());
                self.frame(frame.map_err(PoolError::NotDone)?)?
            }
        };
        Ok(places)
    }

    fn frame(&mut self, frame: Frame) -> Result<Place, PoolError> {
        let len = wide(frame.len());
        let room = self.tail.slot.as_ref().map_or(0, |slot| SLOT_LEN.saturating_sub(slot.end));
        if room < len {
            self.sync()?;
            self.new_slot()?;
        }
        let slot = self.tail.slot.as_mut();
        let slot = slot.ok_or_else(|| PoolError::NotDone("the pool has no slot".into()))?;
        let bytes = frame.finish(&self.pool.key, slot.synced).map_err(PoolError::NotDone)?;
        let place = Place { slot: slot.no, offset: slot.end };
        let reaching = self.faults.reaching_disk(&bytes);
        let write = || slot.file.write_all_at(reaching, slot.end).map_err(Into::into);
        // The slot has its blocks, so a disk that is full is no reason: what else it is, the disk may
        // hold half of it.
        self.faults.around(Point::PoolWrite, write).map_err(PoolError::Unknown)?;
        slot.end += len;
        self.tail.end = slot.end;
        Ok(place)
    }

    fn sync(&mut self) -> Result<(), PoolError> {
        let Some(slot) = self.tail.slot.as_mut().filter(|slot| slot.synced < slot.end) else {
            return Ok(());
        };
        // After a failed sync the system may have dropped the bytes and still read them back.
        let sync = || slot.file.sync_data().map_err(Into::into);
        self.faults.around(Point::PoolSync, sync).map_err(PoolError::Unknown)?;
        slot.synced = slot.end;
        Ok(())
    }

    /// Makes the next slot, with all its blocks, and goes on there.
    fn new_slot(&mut self) -> Result<(), PoolError> {
        let no = self.tail.next;
        let mut name = [0; 16];
        let failed = |_| PoolError::NotDone("the source of randomness failed".into());
        SystemRandom::new().fill(&mut name).map_err(failed)?;
        let name = format!("{:032x}", u128::from_be_bytes(name));
        let path = self.pool.dir.join(&name);
        let body = [no.to_be_bytes(), self.tail.end.to_be_bytes()].concat();
        let header = Frame::seal(&self.pool.key, Kind::Slot, &body);
        let header = header.and_then(|header| header.finish(&self.pool.key, 0));
        let header = header.map_err(PoolError::NotDone)?;
        let create = || -> Result<File, BoxError> {
            let file = OpenOptions::new().write(true).create_new(true).mode(0o600).open(&path)?;
            allocate(&file)?;
            file.write_all_at(&header, 0)?;
            file.sync_all()?;
            Ok(file)
        };
        let file = self.faults.around(Point::SlotCreate, create).map_err(|cause| {
            // It is in nobody's list; the next opening removes what this cannot.
            drop(fs::remove_file(&path));
            PoolError::NotDone(cause)
        })?;
        let sync = || sync_dir(&self.pool.dir).map_err(Into::into);
        self.faults.around(Point::SlotDirSync, sync).map_err(PoolError::Unknown)?;
        self.pool.names().insert(no, name);
        let end = wide(header.len());
        self.tail.slot = Some(Slot { no, file, end, synced: end });
        self.tail.next = no + 1;
        self.tail.end = end;
        Ok(())
    }
}

/// Gives a new slot all its blocks: it is not found out in the middle of a bid that the disk is full,
/// and the space it takes does not tell how much of it is used.
fn allocate(file: &File) -> io::Result<()> {
    use rustix::fs::{FallocateFlags, fallocate};
    match fallocate(file, FallocateFlags::empty(), 0, SLOT_LEN) {
        Err(rustix::io::Errno::OPNOTSUPP) => {
            let zeros = vec![0; 1 << 20];
            (0..SLOT_LEN).step_by(zeros.len()).try_for_each(|at| file.write_all_at(&zeros, at))
        }
        other => Ok(other?),
    }
}
