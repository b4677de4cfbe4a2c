//! Reading the pool when it is opened: what was acknowledged is there, what was half written is not.

use std::collections::BTreeMap;
use std::fs::{self, File};
use std::io;
use std::os::unix::fs::FileExt as _;
use std::path::Path;

use kaibiao_crypto::AeadKey;

use super::frame::{self, BLOCK, FRONT, Found, Kind};
use super::{RECORD_MAX, SLOT_LEN};
use crate::error::OpenError;
use crate::record::Record;

/// What a directory holds.
pub(super) struct Scanned {
    /// The slots by their numbers.
    pub(super) names: BTreeMap<u64, String>,
    /// The last slot, if it can be filled on.
    pub(super) open: Option<(u64, String)>,
    /// Where the frames of the last slot end.
    pub(super) end: u64,
    /// The number of the next slot.
    pub(super) next: u64,
}

type Tell<'a> = &'a mut dyn FnMut(Record) -> Result<(), OpenError>;

fn files(doing: &'static str) -> impl FnOnce(io::Error) -> OpenError {
    move |error| OpenError::Files { doing, source: error.into() }
}

const READING: &str = "read the pool";

fn damaged(what: &str) -> OpenError {
    OpenError::Damaged { what: format!("the pool: {what}") }
}

/// A length in memory as an offset in a file.
#[allow(clippy::as_conversions)] // widening on every target there is; `u64::from` does not take it
pub(crate) const fn wide(len: usize) -> u64 {
    len as u64
}

/// A slot and what its header says.
struct Head {
    name: String,
    file: File,
    /// Where the frames of the slot before it end.
    end_before: u64,
    /// Where its own frames begin.
    begin: u64,
}

/// Reads all slots.
pub(super) fn scan(dir: &Path, key: &AeadKey, tell: Tell<'_>) -> Result<Scanned, OpenError> {
    let mut heads = heads(dir, key)?;
    let mut scanned =
        Scanned { names: BTreeMap::new(), open: None, end: 0, next: wide(heads.len()) };
    // Without a gap from 0.
    if heads.keys().copied().ne(0..scanned.next) {
        return Err(damaged("a slot is missing"));
    }
    scanned.names = heads.iter().map(|(no, head)| (*no, head.name.clone())).collect();
    let Some((last_no, last)) = heads.pop_last() else {
        return Ok(scanned);
    };
    let ends: Vec<u64> =
        heads.values().skip(1).chain([&last]).map(|next| next.end_before).collect();
    for (head, end) in heads.values().zip(ends) {
        full_slot(head, key, end, tell)?;
    }
    let (end, clean) = last_slot(&last, key, tell)?;
    // What is read here may only be in the memory of the system yet.
    last.file.sync_all().map_err(files("sync the pool"))?;
    scanned.end = end;
    // Where something was half written nothing is written again: an older frame behind it could come
    // to life.
    scanned.open = clean.then_some((last_no, last.name));
    Ok(scanned)
}

/// The slots by the numbers in their headers.
fn heads(dir: &Path, key: &AeadKey) -> Result<BTreeMap<u64, Head>, OpenError> {
    let (mut heads, mut foreign) = (BTreeMap::new(), false);
    for item in fs::read_dir(dir).map_err(files("list the pool"))? {
        let item = item.map_err(files("list the pool"))?;
        let Some(name) = item.file_name().into_string().ok().filter(|name| is_name(name)) else {
            foreign = true;
            continue;
        };
        let file = File::open(item.path()).map_err(files(READING))?;
        match head(&file, key)? {
            Some((no, end_before, begin)) => {
                if heads.insert(no, Head { name, file, end_before, begin }).is_some() {
                    return Err(damaged("two slots have one number"));
                }
            }
            // A crash came while it was made.
            None if is_unused(&file, wide(BLOCK))? => {
                fs::remove_file(item.path())
                    .map_err(files("remove a slot that was not finished"))?;
            }
            None => return Err(damaged("a slot has no header")),
        }
    }
    if foreign {
        tracing::warn!("files in the folder of the pool do not belong there; they are left alone");
    }
    Ok(heads)
}

/// Whether a file name is one of a slot: 32 hexadecimal digits.
fn is_name(name: &str) -> bool {
    name.len() == 32 && name.bytes().all(|byte| byte.is_ascii_digit() || byte.is_ascii_lowercase())
}

fn head(file: &File, key: &AeadKey) -> Result<Option<(u64, u64, u64)>, OpenError> {
    let Some(found) = find(file, key, 0)?.filter(|found| found.kind == Kind::Slot) else {
        return Ok(None);
    };
    let Some(body) = body(file, key, 0, &found)? else { return Ok(None) };
    let fields = body.split_first_chunk::<8>().and_then(|(no, end)| {
        Some((u64::from_be_bytes(*no), u64::from_be_bytes(end.try_into().ok()?)))
    });
    let (no, end) = fields.ok_or_else(|| damaged("a slot has a strange header"))?;
    Ok(Some((no, end, wide(found.frame_len()))))
}

/// Whether there are only zeros from `from` on.
fn is_unused(file: &File, from: u64) -> Result<bool, OpenError> {
    let mut bytes = vec![0; 1 << 20];
    let mut at = from;
    loop {
        let count = file.read_at(&mut bytes, at).map_err(files(READING))?;
        match bytes.get(..count) {
            None | Some([]) => return Ok(true),
            Some(read) if read.iter().any(|byte| *byte != 0) => return Ok(false),
            Some(_) => at += wide(count),
        }
    }
}

/// The header of a frame at `at`.
fn find(file: &File, key: &AeadKey, at: u64) -> Result<Option<Found>, OpenError> {
    let mut front = [0; FRONT];
    match file.read_exact_at(&mut front, at) {
        Ok(()) => {}
        Err(error) if error.kind() == io::ErrorKind::UnexpectedEof => return Ok(None),
        Err(error) => return Err(files(READING)(error)),
    }
    let found = frame::find(key, &front);
    Ok(found.filter(|found| {
        found.len <= RECORD_MAX && at.saturating_add(wide(found.frame_len())) <= SLOT_LEN
    }))
}

/// The body of a frame at `at`, if it is whole.
fn body(file: &File, key: &AeadKey, at: u64, found: &Found) -> Result<Option<Vec<u8>>, OpenError> {
    let mut sealed = vec![0; found.sealed_len()];
    match file.read_exact_at(&mut sealed, at + wide(FRONT)) {
        Ok(()) => Ok(found.open(key, sealed)),
        Err(error) if error.kind() == io::ErrorKind::UnexpectedEof => Ok(None),
        Err(error) => Err(files(READING)(error)),
    }
}

fn record(bytes: &[u8]) -> Result<Record, OpenError> {
    Record::parse(bytes).map_err(|error| damaged(&error.to_string()))
}

/// Tells the records of a slot that has a successor, and so was synced up to its end.
fn full_slot(head: &Head, key: &AeadKey, end: u64, tell: Tell<'_>) -> Result<(), OpenError> {
    let mut at = head.begin;
    while at < end {
        let found = find(&head.file, key, at)?.ok_or_else(|| damaged("a frame is missing"))?;
        if found.kind == Kind::Record {
            let body = body(&head.file, key, at, &found)?;
            tell(record(&body.ok_or_else(|| damaged("a record is altered"))?)?)?;
        }
        at += wide(found.frame_len());
    }
    if at == end { Ok(()) } else { Err(damaged("a slot does not end where it ended")) }
}

/// Tells the records of the last slot; gives where they end, and whether nothing is behind them.
fn last_slot(head: &Head, key: &AeadKey, tell: Tell<'_>) -> Result<(u64, bool), OpenError> {
    let mut frames = Vec::new();
    let mut end = head.begin;
    while let Some(found) = find(&head.file, key, end)? {
        frames.push((end, found));
        end += wide(found.frame_len());
    }
    if later_mark(&head.file, key, end)? {
        return Err(damaged("a frame in the last slot is altered"));
    }
    // The last group may not have been acknowledged, and its frames may have reached the disk in any
    // order: it counts up to the first one that is not whole.
    let acknowledged = frames.last().map_or(end, |(_, last)| last.mark);
    for (at, found) in frames {
        let whole = if found.kind == Kind::Record || at >= acknowledged {
            body(&head.file, key, at, &found)?
        } else {
            Some(Vec::new())
        };
        match whole {
            Some(bytes) if found.kind == Kind::Record => tell(record(&bytes)?)?,
            Some(_) => {}
            None if at < acknowledged => return Err(damaged("a record is altered")),
            None => return Ok((at, false)),
        }
    }
    Ok((end, is_unused(&head.file, end)?))
}

/// Whether a frame behind `end` says that what is at `end` was durable.
fn later_mark(file: &File, key: &AeadKey, end: u64) -> Result<bool, OpenError> {
    if is_unused(file, end)? {
        return Ok(false);
    }
    for at in (end..SLOT_LEN).step_by(BLOCK) {
        if find(file, key, at)?.is_some_and(|found| found.mark > end) {
            return Ok(true);
        }
    }
    Ok(false)
}
