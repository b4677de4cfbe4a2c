//! The entries of one lot as the frames in which they travel.
//!
//! Bytes that were pushed never change. Full segments are frozen and shared as they are; the tail
//! grows under a lock, and whoever reads from it gets a copy.

use std::ops::Range;
use std::sync::PoisonError;

use bytes::Bytes;
use tokio::sync::watch;

use crate::frame;
use crate::sync::{RwLock, RwLockReadGuard};

/// A segment is frozen when it has this many bytes. In tests it is short, so that many are crossed.
pub(crate) const SEGMENT: usize = if cfg!(test) { 300 } else { 256 * 1024 };

/// A place in the bytes of a log.
#[derive(Clone, Copy, Debug, Default, Eq, Ord, PartialEq, PartialOrd)]
pub struct Offset(u64);

impl Offset {
    /// The place `bytes` further on.
    #[must_use]
    pub fn plus(self, bytes: usize) -> Self {
        Self(self.0.saturating_add(u64::try_from(bytes).unwrap_or(u64::MAX)))
    }

    /// How many bytes it lies behind `earlier`; `None` if it lies before it.
    pub fn since(self, earlier: Self) -> Option<usize> {
        usize::try_from(self.0.checked_sub(earlier.0)?).ok()
    }
}

/// How far a log reaches.
#[derive(Clone, Copy, Debug, Default, Eq, PartialEq)]
pub struct Head {
    /// How many entries there are.
    pub entries: u64,
    /// Where the next entry will start.
    pub end: Offset,
    /// Whether there will be no more.
    pub closed: bool,
}

/// The entries of one lot. They are pushed after they are durable.
#[derive(Debug)]
pub struct FrameLog {
    bytes: RwLock<Segments>,
    head: watch::Sender<Head>,
    readers: watch::Sender<usize>,
}

/// A reader that is being served.
#[derive(Debug)]
pub(crate) struct Present<'a>(&'a watch::Sender<usize>);

impl Drop for Present<'_> {
    fn drop(&mut self) {
        self.0.send_modify(|count| *count = count.saturating_sub(1));
    }
}

#[derive(Debug, Default)]
struct Segments {
    /// Where the frame of each entry starts.
    starts: Vec<Offset>,
    frozen: Vec<Segment>,
    /// Where the tail starts.
    tail_start: Offset,
    tail: Vec<u8>,
}

#[derive(Debug)]
struct Segment {
    start: Offset,
    bytes: Bytes,
}

impl Default for FrameLog {
    fn default() -> Self {
        Self::new(std::iter::empty::<&[u8]>())
    }
}

impl FrameLog {
    /// A log with the entries that are durable already.
    pub fn new(lines: impl IntoIterator<Item = impl AsRef<[u8]>>) -> Self {
        let log = Self {
            bytes: RwLock::default(),
            head: watch::Sender::default(),
            readers: watch::Sender::default(),
        };
        log.push(lines);
        log
    }

    /// Shows more durable entries and wakes the readers. Each is one line of text.
    pub fn push(&self, lines: impl IntoIterator<Item = impl AsRef<[u8]>>) {
        let mut bytes = self.bytes.write().unwrap_or_else(PoisonError::into_inner);
        for line in lines {
            bytes.push(line.as_ref());
        }
        let (entries, end) = (length(bytes.starts.len()), bytes.end());
        drop(bytes);
        // One room pushes, so heads are told in order.
        self.head.send_modify(|head| *head = Head { entries, end, closed: head.closed });
    }

    /// Says that there will be no more entries: readers get what there is and are sent away.
    pub fn close(&self) {
        self.head.send_modify(|head| head.closed = true);
    }

    /// How far it reaches.
    pub fn head(&self) -> Head {
        *self.head.borrow()
    }

    /// How many readers it has.
    pub fn readers(&self) -> usize {
        *self.readers.borrow()
    }

    /// Counts a reader until what it gives is dropped.
    pub(crate) fn enter(&self) -> Present<'_> {
        self.readers.send_modify(|count| *count = count.saturating_add(1));
        Present(&self.readers)
    }

    /// Resolves when it has no readers.
    pub(crate) async fn empty(&self) {
        // An error means that the count is gone, which this value holds.
        let _ = self.readers.subscribe().wait_for(|count| *count == 0).await;
    }

    /// Tells every new head.
    pub fn follow(&self) -> watch::Receiver<Head> {
        self.head.subscribe()
    }

    /// Where entry `index` starts; the end of the log, if it has not that many.
    pub fn offset(&self, index: u64) -> Offset {
        let bytes = self.read();
        let index = usize::try_from(index).unwrap_or(usize::MAX);
        bytes.starts.get(index).copied().unwrap_or_else(|| bytes.end())
    }

    /// The first place at or behind `from` where a frame starts or the log ends.
    pub fn boundary(&self, from: Offset) -> Offset {
        let bytes = self.read();
        let next = bytes.starts.partition_point(|start| *start < from);
        bytes.starts.get(next).copied().unwrap_or_else(|| bytes.end())
    }

    /// At most `most` bytes from `from` on. Empty at the end only; what is not empty may be less than
    /// there is.
    pub fn bytes(&self, from: Offset, most: usize) -> Bytes {
        self.read().slice(from, most)
    }

    /// At most `most` entries from index `since` on, each as it was pushed.
    pub fn lines(&self, since: u64, most: usize) -> Vec<Bytes> {
        let bytes = self.read();
        let since = usize::try_from(since).unwrap_or(usize::MAX);
        let starts = bytes.starts.get(since..).unwrap_or_default();
        let ends = starts.iter().skip(1).copied().chain([bytes.end()]);
        let line = |(start, end): (&Offset, Offset)| {
            let frame = bytes.slice(*start, end.since(*start)?);
            let head = frame::head_len(*frame.get(1)?);
            (head <= frame.len()).then(|| frame.slice(head..))
        };
        starts.iter().zip(ends).take(most).filter_map(line).collect()
    }

    fn read(&self) -> RwLockReadGuard<'_, Segments> {
        self.bytes.read().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Segments {
    fn push(&mut self, line: &[u8]) {
        self.starts.push(self.end());
        frame::push_text(&mut self.tail, line);
        if self.tail.len() >= SEGMENT {
            let end = self.end();
            let mut full = std::mem::take(&mut self.tail);
            full.shrink_to_fit();
            self.frozen.push(Segment { start: self.tail_start, bytes: full.into() });
            self.tail_start = end;
        }
    }

    fn end(&self) -> Offset {
        self.tail_start.plus(self.tail.len())
    }

    fn slice(&self, from: Offset, most: usize) -> Bytes {
        let within = |len: usize, skip: usize| -> Range<usize> {
            let skip = skip.min(len);
            skip..skip.saturating_add(most).min(len)
        };
        if let Some(skip) = from.since(self.tail_start) {
            let range = within(self.tail.len(), skip);
            return Bytes::copy_from_slice(self.tail.get(range).unwrap_or_default());
        }
        let behind = self.frozen.partition_point(|segment| segment.start <= from);
        let segment = behind.checked_sub(1).and_then(|index| self.frozen.get(index));
        let found = segment.and_then(|segment| Some((segment, from.since(segment.start)?)));
        found.map_or_else(Bytes::new, |(segment, skip)| {
            segment.bytes.slice(within(segment.bytes.len(), skip))
        })
    }
}

fn length(len: usize) -> u64 {
    u64::try_from(len).unwrap_or(u64::MAX)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::schedules::alone;

    fn line(index: u64) -> Vec<u8> {
        let len = usize::try_from(index * 7_919 % 701).unwrap_or_default();
        format!("{index}:{}", "x".repeat(len)).into_bytes()
    }

    fn whole(log: &FrameLog, most: usize) -> Vec<u8> {
        let (mut at, mut all) = (Offset::default(), Vec::new());
        loop {
            let bytes = log.bytes(at, most);
            if bytes.is_empty() {
                assert_eq!(at, log.head().end);
                return all;
            }
            at = at.plus(bytes.len());
            all.extend_from_slice(&bytes);
        }
    }

    /// Over several segments: the bytes are those of the frames, however they are read.
    #[test]
    fn bytes_and_lines_are_what_was_pushed() {
        alone(check_bytes_and_lines);
    }

    fn check_bytes_and_lines() {
        const N: u64 = 3_000;
        let log = FrameLog::new((0..10).map(line));
        for index in 10..N {
            log.push([line(index)]);
        }
        let mut expected = Vec::new();
        for index in 0..N {
            assert_eq!(log.offset(index), Offset::default().plus(expected.len()));
            frame::push_text(&mut expected, &line(index));
        }
        assert!(log.read().frozen.len() >= 3);
        for most in [1_000, SEGMENT, usize::MAX] {
            assert!(whole(&log, most) == expected);
        }
        assert_eq!(log.head(), Head { entries: N, end: log.offset(N), closed: false });
        for since in [0, 1, 700, 2_999] {
            let lines = log.lines(since, 256);
            assert!(lines.iter().zip(since..).all(|(found, index)| *found == line(index)));
            assert_eq!(length(lines.len()), (N - since).min(256));
        }
        assert_eq!(log.lines(N, 256), Vec::<Bytes>::new());
    }

    #[test]
    fn nothing_lies_behind_the_end() {
        alone(check_the_end);
    }

    fn check_the_end() {
        let log = FrameLog::new(["a", "bc"]);
        let end = log.head().end;
        assert_eq!((log.offset(1), log.offset(2), log.offset(9)), (Offset(3), end, end));
        assert!(log.bytes(end, 10).is_empty());
        assert!(log.bytes(end.plus(1), 10).is_empty());
        assert_eq!(log.lines(u64::MAX, 10), Vec::<Bytes>::new());
        let boundaries: Vec<u64> = (0..=8).map(|at| log.boundary(Offset(at)).0).collect();
        assert_eq!(boundaries, [0, 3, 3, 3, 7, 7, 7, 7, 7]);
        assert_eq!(Offset(3).since(Offset(4)), None);
    }

    #[test]
    fn its_end_is_told() {
        alone(check_what_is_told);
    }

    fn check_what_is_told() {
        let log = FrameLog::default();
        let mut follow = log.follow();
        log.push(["a"]);
        assert!(follow.has_changed().is_ok_and(|changed| changed));
        assert_eq!(follow.borrow_and_update().entries, 1);
        log.close();
        assert!(follow.borrow_and_update().closed);
        log.push(["b"]);
        assert_eq!((log.head().closed, log.head().entries), (true, 2));
    }
}
