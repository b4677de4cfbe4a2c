//! The opening log in memory. What is in it was checked line by line.

use kaibiao_merkle::Tree;
use kaibiao_types::{Digest, UtcMillis};
use serde::Serialize;

use crate::{
    Actor, Checkpoint, EntryError, EntryLine, LogOrigin, SignedCommand, TickLogError, TreeHead,
    logged_ticks, tick::LoggedTick,
};

/// The log of one lot: entries without a gap, times that never run back, and the tree over them.
#[derive(Clone, Debug)]
pub struct OpeningLog {
    origin: LogOrigin,
    entries: Vec<EntryLine>,
    tree: Tree,
}

/// Why a line does not continue the log.
#[derive(Clone, Debug, Eq, PartialEq, thiserror::Error)]
pub enum LogError {
    /// The entry is dated before its predecessor.
    #[error("entry {index} is dated {at}, before its predecessor ({last})")]
    ClockBack {
        /// Index of the refused entry.
        index: u64,
        /// Its time.
        at: UtcMillis,
        /// The time of the entry before it.
        last: UtcMillis,
    },
    /// The line itself is refused.
    #[error("line {index} is refused")]
    Entry {
        /// The index the line would have had.
        index: u64,
        /// Why.
        source: EntryError,
    },
    /// The entry has another index than the next one.
    #[error("entry {found} does not follow: {expected} is next")]
    Gap {
        /// The next index.
        expected: u64,
        /// The index found.
        found: u64,
    },
    /// The last line has no line feed: its writing was interrupted.
    #[error("line {index} does not end with a line feed")]
    Torn {
        /// The index the line would have had.
        index: u64,
    },
}

impl LogError {
    /// The stable name of the error.
    #[must_use]
    pub const fn label(&self) -> &'static str {
        match self {
            Self::ClockBack { .. } => "log-clock-back",
            Self::Entry { source, .. } => source.label(),
            Self::Gap { .. } => "log-gap",
            Self::Torn { .. } => "log-torn",
        }
    }
}

impl OpeningLog {
    /// An empty log.
    pub fn new(origin: LogOrigin) -> Self {
        Self { origin, entries: Vec::new(), tree: Tree::new() }
    }

    /// Reads a whole log from JSON lines; every line, the last one too, ends with a line feed.
    ///
    /// # Errors
    ///
    /// [`LogError`] at the first line that does not continue the log.
    pub fn replay(origin: LogOrigin, jsonl: &[u8]) -> Result<Self, LogError> {
        let mut log = Self::new(origin);
        for line in jsonl.split_inclusive(|byte| *byte == b'\n') {
            let line = line.strip_suffix(b"\n").ok_or(LogError::Torn { index: log.len() })?;
            log.append(line)?;
        }
        Ok(log)
    }

    /// Reads the exact bytes of the next line (without line feed), appends it, returns its index.
    ///
    /// # Errors
    ///
    /// [`LogError`]; the log is then as it was.
    pub fn append(&mut self, line: &[u8]) -> Result<u64, LogError> {
        let index = self.len();
        let entry = EntryLine::parse(line).map_err(|source| LogError::Entry { index, source })?;
        self.append_entry(entry)
    }

    /// Appends a line that was read or built before, returns its index.
    ///
    /// # Errors
    ///
    /// [`LogError::Gap`], [`LogError::ClockBack`]; the log is then as it was.
    pub fn append_entry(&mut self, entry: EntryLine) -> Result<u64, LogError> {
        let expected = self.len();
        let (found, at) = (entry.index(), entry.at());
        if found != expected {
            return Err(LogError::Gap { expected, found });
        }
        if let Some(last) = self.last_at().filter(|last| at < *last) {
            return Err(LogError::ClockBack { index: found, at, last });
        }
        self.tree.push(entry.leaf_hash());
        self.entries.push(entry);
        Ok(found)
    }

    /// Builds the entry that would come next, without appending it: first make it durable.
    ///
    /// # Errors
    ///
    /// [`EntryError`].
    pub fn next_entry(
        &self,
        at: UtcMillis,
        by: &Actor,
        kind: &str,
        data: &impl Serialize,
        command: Option<&SignedCommand>,
    ) -> Result<EntryLine, EntryError> {
        EntryLine::build(self.len(), at, by, kind, data, command)
    }

    /// The name of the log.
    pub const fn origin(&self) -> &LogOrigin {
        &self.origin
    }

    /// Number of entries; the index of the next one.
    pub fn len(&self) -> u64 {
        self.tree.len()
    }

    /// Whether there is no entry.
    pub fn is_empty(&self) -> bool {
        self.entries.is_empty()
    }

    /// Time of the last entry.
    pub fn last_at(&self) -> Option<UtcMillis> {
        self.entries.last().map(EntryLine::at)
    }

    /// All entries in order.
    pub fn entries(&self) -> &[EntryLine] {
        &self.entries
    }

    /// The entry at an index.
    pub fn entry(&self, index: u64) -> Option<&EntryLine> {
        self.entries.get(usize::try_from(index).ok()?)
    }

    /// Size and root now.
    pub fn head(&self) -> TreeHead {
        TreeHead { size: self.tree.len(), root: self.tree.root() }
    }

    /// The root when the log had `size` entries; `None` if it has fewer.
    pub fn root_at(&self, size: u64) -> Option<Digest> {
        self.tree.root_at(size)
    }

    /// The checkpoint of the present head.
    pub fn checkpoint(&self) -> Checkpoint {
        Checkpoint { origin: self.origin.clone(), head: self.head() }
    }

    /// The checkpoint when the log had `size` entries; `None` if it has fewer.
    pub fn checkpoint_at(&self, size: u64) -> Option<Checkpoint> {
        let root = self.root_at(size)?;
        Some(Checkpoint { origin: self.origin.clone(), head: TreeHead { size, root } })
    }

    /// The path from entry `index` to the root at `size` entries; `None` unless
    /// `index < size <= len`.
    pub fn inclusion_proof(&self, index: u64, size: u64) -> Option<Vec<Digest>> {
        self.tree.inclusion_proof(index, size)
    }

    /// The proof that the log of `old` entries begins the log of `new` entries; `None` unless
    /// `1 <= old <= new <= len`.
    pub fn consistency_proof(&self, old: u64, new: u64) -> Option<Vec<Digest>> {
        self.tree.consistency_proof(old, new)
    }

    /// The ticks in the log, in order.
    ///
    /// # Errors
    ///
    /// [`TickLogError`] if a tick is not the hall's, not readable or not the next number.
    pub fn ticks(&self) -> Result<Vec<LoggedTick>, TickLogError> {
        logged_ticks(&self.entries)
    }

    /// The log as JSON lines, exactly as read.
    pub fn jsonl(&self) -> Vec<u8> {
        let mut out = Vec::new();
        for entry in &self.entries {
            out.extend_from_slice(entry.line());
            out.push(b'\n');
        }
        out
    }
}
