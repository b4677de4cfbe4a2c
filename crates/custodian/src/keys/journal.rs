//! The journal of one lot: every act before it is done, and the memory that follows from it.

use std::collections::BTreeMap;
use std::path::Path;

use kaibiao_custody::{Act, Memory, Raised};
use kaibiao_types::{Digest, Part, Stage, UtcMillis};

use super::{KeyStoreError, LineFile, lines::Opened};

/// The journal of one lot, open for more acts.
#[derive(Debug)]
pub(crate) struct Journal {
    file: LineFile,
    memory: Memory,
    intents: Vec<Intent>,
    cosigned_at: BTreeMap<(u64, Digest), UtcMillis>,
    torn: bool,
}

/// An intent of the journal: what was, or was about to be, raised.
#[derive(Clone, Debug, Eq, PartialEq)]
struct Intent {
    freeze_id: Digest,
    stage: Stage,
    part: Part,
    raised: Vec<Raised>,
}

/// How an intent relates to what the journal holds.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(crate) enum IntentState {
    /// Nothing of this freeze and part was raised.
    New,
    /// The very same points were about to be raised before.
    Repeated,
    /// Other points were: this must not happen and is refused.
    Contradicts,
}

impl Journal {
    /// Reads a journal, or begins one.
    ///
    /// # Errors
    ///
    /// [`KeyStoreError::Damaged`] if a whole line is not an act: the memory would have a hole.
    pub(crate) fn open(path: &Path) -> Result<Self, KeyStoreError> {
        let Opened { file, lines, torn } = LineFile::open(path)?;
        let mut journal = Self {
            file,
            memory: Memory::default(),
            intents: Vec::new(),
            cosigned_at: BTreeMap::new(),
            torn: torn.is_some(),
        };
        for (number, act) in (1_u64..).zip(parse(path, &lines)) {
            journal.remember(&act.map_err(|error| at_line(error, number))?);
        }
        Ok(journal)
    }

    /// Writes an act and waits until it is on the disk; only then may it be done.
    ///
    /// # Errors
    ///
    /// [`KeyStoreError::Write`]: the act must not be done.
    pub(crate) fn write(&mut self, act: &Act) -> Result<(), KeyStoreError> {
        let line = serde_json::to_vec(act)
            .map_err(|error| KeyStoreError::write(self.file.path())(error.into()))?;
        self.file.append(&[&line])?;
        self.remember(act);
        Ok(())
    }

    /// The exact bytes, as they are to be signed: whole lines.
    ///
    /// # Errors
    ///
    /// [`KeyStoreError`] if the file cannot be read.
    pub(crate) fn bytes(&self) -> Result<Vec<u8>, KeyStoreError> {
        Ok(super::files::read(self.file.path())?.unwrap_or_default())
    }

    /// What the journal says.
    pub(crate) const fn memory(&self) -> &Memory {
        &self.memory
    }

    /// When a head was first cosigned: a repeated cosignature bears the same time.
    pub(crate) fn cosigned_at(&self, size: u64, root: Digest) -> Option<UtcMillis> {
        self.cosigned_at.get(&(size, root)).copied()
    }

    /// Whether the last line was torn by a crash; it is kept beside the journal.
    pub(crate) const fn was_torn(&self) -> bool {
        self.torn
    }

    /// How an act relates to the intents written before. Acts other than intents are new.
    pub(crate) fn intent_state(&self, act: &Act) -> IntentState {
        if let Act::DrawIntent { freeze_id, no, u, .. } = act {
            return match self.memory.drawn(*no) {
                None => IntentState::New,
                Some(before) if before == (*freeze_id, u.0) => IntentState::Repeated,
                Some(_) => IntentState::Contradicts,
            };
        }
        let Some(new) = Intent::of(act) else { return IntentState::New };
        let before = self.intents.iter().find(|old| {
            (old.freeze_id, old.stage, old.part) == (new.freeze_id, new.stage, new.part)
        });
        match before {
            None => IntentState::New,
            Some(old) if *old == new => IntentState::Repeated,
            Some(_) => IntentState::Contradicts,
        }
    }

    fn remember(&mut self, act: &Act) {
        self.memory.remember(act);
        self.intents.extend(Intent::of(act));
        if let Act::Cosigned { at, size, root } = act {
            self.cosigned_at.entry((*size, *root)).or_insert(*at);
        }
    }
}

impl Intent {
    fn of(act: &Act) -> Option<Self> {
        match act {
            Act::Intent { freeze_id, stage, part, raised, .. } => {
                let raised = raised.clone();
                Some(Self { freeze_id: *freeze_id, stage: *stage, part: *part, raised })
            }
            _ => None,
        }
    }
}

/// Reads the acts of a journal without changing anything, a torn end left out.
pub(super) fn acts(path: &Path, bytes: &[u8]) -> Result<Vec<Act>, KeyStoreError> {
    let lines: Vec<Vec<u8>> = bytes
        .split_inclusive(|byte| *byte == b'\n')
        .filter_map(|line| line.strip_suffix(b"\n"))
        .map(<[u8]>::to_vec)
        .collect();
    let acts = parse(path, &lines);
    (1_u64..).zip(acts).map(|(number, act)| act.map_err(|e| at_line(e, number))).collect()
}

fn parse(path: &Path, lines: &[Vec<u8>]) -> impl Iterator<Item = Result<Act, KeyStoreError>> {
    lines.iter().map(move |line| {
        serde_json::from_slice(line).map_err(|error| KeyStoreError::damaged(path, error))
    })
}

fn at_line(error: KeyStoreError, number: u64) -> KeyStoreError {
    match error {
        KeyStoreError::Damaged { path, detail } => {
            KeyStoreError::Damaged { path, detail: format!("line {number}: {detail}") }
        }
        other => other,
    }
}
