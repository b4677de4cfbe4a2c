//! Reading the opening log: only as far as the log has signed it, and only forward.

use std::time::{Duration, Instant};

use kaibiao_custody::Memory;
use kaibiao_journal::{CosignedCheckpoint, TreeHead};
use kaibiao_merkle::{Tree, leaf_hash};
use kaibiao_types::Digest;
use kaibiao_wire::CosignaturePost;

use super::{Lot, LotError, Opening, by_rule, refused};

/// Lines that are wanted before a head can be judged.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(crate) struct Wanted {
    /// The index of the first line.
    pub(crate) since: u64,
    /// How many lines, up to the head.
    pub(crate) count: u64,
}

const REQUEST: &str = "log";

/// A hall that took a cosignature and does not show it after this long gets it again.
const SHOWN_AFTER: Duration = Duration::from_secs(5);

impl Lot {
    /// Checks the log's signature under a new head, and that the head does not go back.
    ///
    /// # Errors
    ///
    /// [`LotError::Refused`] with `E_ROLLBACK` if the head is smaller than one that was cosigned.
    pub(crate) fn head(&mut self, note: &str) -> Result<Wanted, LotError> {
        let Some(opening) = &self.opening else { return Ok(Wanted { since: 0, count: 0 }) };
        let head = opening.signed_head(note)?;
        let since = opening.replay.log().len();
        if head.size >= since {
            return Ok(Wanted { since, count: head.size - since });
        }
        // An older head of the same log may come from a slow copy; a smaller one than was cosigned,
        // or another one, is the hall's fault.
        let latest = self.journal.memory().latest_head();
        let back = latest.is_some_and(|(size, _)| size > head.size);
        if back || opening.tree.root_at(head.size) != Some(head.root) {
            return self.rolled_back(note, head);
        }
        Ok(Wanted { since, count: 0 })
    }

    /// Takes in the lines up to a head. Nothing of them is taken in unless they give the very root
    /// that the log signed and continue every head that this custodian cosigned.
    ///
    /// # Errors
    ///
    /// [`LotError::Refused`] with `E_ROLLBACK` for another history, or with the label of the rule
    /// that a line breaks; the lines before it were taken in.
    pub(crate) fn follow(&mut self, note: &str, lines: &[Vec<u8>]) -> Result<(), LotError> {
        let Some(opening) = &mut self.opening else { return Ok(()) };
        let head = opening.signed_head(note)?;
        let mut tree = opening.tree.clone(); // 64 bytes or so for each entry
        for line in lines {
            tree.push(leaf_hash(line));
        }
        let memory = self.journal.memory();
        if tree.root_at(head.size) != Some(head.root) || !continues(&tree, memory) {
            return self.rolled_back(note, head);
        }
        opening.take_in(lines)?;
        self.heard(!lines.is_empty());
        Ok(())
    }

    /// The cosignature of the head up to which the log was read, if the hall does not show it. The
    /// journal has it first; a repeat, which a hall needs that has lost it, is the same line.
    ///
    /// # Errors
    ///
    /// [`LotError`].
    pub(crate) fn cosign(&mut self, note: &str) -> Result<Option<CosignaturePost>, LotError> {
        let Some((opening, custodian)) = self.opening.as_mut().zip(self.seat) else {
            return Ok(None);
        };
        let head = opening.signed_head(note)?;
        if head.size != opening.replay.log().len() || opening.is_cosigned(note, head.size)? {
            return Ok(None);
        }
        let clock = opening.reading(&*self.shared.clock);
        let memory = self.journal.memory();
        let cosigning = opening
            .custody
            .cosign(&opening.replay, memory, note, clock)
            .map_err(by_rule("checkpoint"))?;
        let before = self.journal.cosigned_at(head.size, head.root);
        if before.is_none() {
            self.journal.write(&cosigning.act)?;
        }
        let cosignature = opening
            .cosigner
            .cosign(&cosigning.checkpoint, before.unwrap_or(clock.now))
            .map_err(|error| refused("checkpoint", error.label(), &error))?;
        let TreeHead { size, root } = head;
        Ok(Some(CosignaturePost { custodian, size, root, cosignature }))
    }

    /// The hall took a cosignature.
    pub(crate) fn cosigned(&mut self, size: u64) {
        if let Some(opening) = &mut self.opening {
            opening.sent.head = Some((size, Instant::now()));
        }
    }

    /// Keeps the signed head, which proves what the hall did, and refuses.
    fn rolled_back<T>(&self, note: &str, head: TreeHead) -> Result<T, LotError> {
        let name = format!("checkpoint-{}-{}.note", head.size, head.root);
        self.folder()?.keep_evidence(&name, note.as_bytes())?;
        let latest = self.journal.memory().latest_head().map_or(0, |(size, _)| size);
        let detail = format!(
            "the log signed a head of {} entries that does not continue what was read; the \
             greatest head cosigned has {latest}",
            head.size
        );
        Err(LotError::refused(REQUEST, "E_ROLLBACK", &detail))
    }
}

impl Opening {
    /// Reads the copy of the log from the disk, as strictly as if it came from the hall.
    pub(super) fn read_copy(&mut self, lines: &[Vec<u8>], memory: &Memory) -> Result<(), LotError> {
        for line in lines {
            self.ingest(line)?;
        }
        if continues(&self.tree, memory) {
            return Ok(());
        }
        Err(LotError::refused(
            REQUEST,
            "E_ROLLBACK",
            "the copy of the log differs from a cosigned head",
        ))
    }

    /// The head in a note that the log signed.
    fn signed_head(&self, note: &str) -> Result<TreeHead, LotError> {
        let checked = CosignedCheckpoint::verify(note, self.replay.tender().log_key(), &[])
            .map_err(|error| refused("checkpoint", error.label(), &error))?;
        Ok(checked.checkpoint().head)
    }

    /// Whether the note shows this custodian's cosignature, or the hall took it a short while ago.
    fn is_cosigned(&mut self, note: &str, size: u64) -> Result<bool, LotError> {
        let own = std::slice::from_ref(self.cosigner.vkey());
        let checked = CosignedCheckpoint::verify(note, self.replay.tender().log_key(), own)
            .map_err(|error| refused("checkpoint", error.label(), &error))?;
        if !checked.cosignatures().is_empty() {
            self.shown = Some((size, note.to_owned()));
            return Ok(true);
        }
        let taken = |(sent, when): (u64, Instant)| sent == size && when.elapsed() < SHOWN_AFTER;
        Ok(self.sent.head.is_some_and(taken))
    }

    /// Takes in lines one by one and keeps what was accepted on the disk.
    fn take_in(&mut self, lines: &[Vec<u8>]) -> Result<(), LotError> {
        let mut accepted = 0;
        let outcome = lines.iter().try_for_each(|line| {
            self.ingest(line)?;
            accepted += 1;
            Ok(())
        });
        let kept: Vec<&[u8]> = lines.iter().take(accepted).map(Vec::as_slice).collect();
        if !kept.is_empty() {
            self.log.append(&kept)?;
        }
        outcome
    }

    fn ingest(&mut self, line: &[u8]) -> Result<(), LotError> {
        self.replay.ingest(line).map_err(|error| refused(REQUEST, error.label(), &error))?;
        self.tree.push(leaf_hash(line));
        Ok(())
    }
}

/// Whether a tree begins with the greatest head that was cosigned, as far as it goes.
fn continues(tree: &Tree, memory: &Memory) -> bool {
    let holds = |(size, root): (u64, Digest)| size > tree.len() || tree.root_at(size) == Some(root);
    memory.latest_head().is_none_or(holds)
}
