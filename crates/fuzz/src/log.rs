//! The opening log: entries, notes, receipts, freeze lists.

use std::sync::Arc;

use kaibiao_crypto::SUITE_1;
use kaibiao_journal::{
    Checkpoint, CosignedCheckpoint, EntryLine, FreezeRecord, IntakeRefusal, Progress, Receipt,
    ReceiptProof, SignedNote,
};
use kaibiao_replay::{Act, CustodianJournal, Replay};

use crate::scene::SCENE;

/// A line as the next entry of a log; the first byte says after how many. What is taken in is the
/// line that the opening has there, or one that the procedure allows anybody to write.
pub(crate) fn entry(data: &[u8]) {
    let Some((after, line)) = data.split_first() else { return };
    if let Ok(entry) = EntryLine::parse(line) {
        assert_eq!(entry.line(), line);
    }
    let scenario = &SCENE.scenario;
    let entries = scenario.log.entries();
    let count = usize::from(*after) % (entries.len() + 1);
    let mut replay = Replay::new(Arc::clone(&scenario.verified), Arc::clone(&SCENE.trust));
    for entry in entries.iter().take(count) {
        assert!(replay.ingest(entry.line()).is_ok(), "the opening is replayed");
    }
    let (size, head) = (replay.log().len(), replay.log().head());
    match replay.ingest(line) {
        Ok(_) => assert_eq!(replay.log().len(), size + 1),
        Err(fault) => {
            assert!(!fault.label().is_empty());
            assert_eq!(replay.log().head(), head, "a refused line changed the log");
        }
    }
}

pub(crate) fn entry_seeds() -> Vec<Vec<u8>> {
    let entries = (0_u8..=255).zip(SCENE.scenario.log.entries());
    entries.map(|(n, entry)| [&[n], entry.line()].concat()).collect()
}

/// A custodian's journal: what is read writes the very same bytes.
pub(crate) fn journal(data: &[u8]) {
    let Ok(journal) = CustodianJournal::parse(data) else { return };
    let again: Vec<u8> = journal.acts().iter().flat_map(Act::to_line).collect();
    assert_eq!(again, data);
}

pub(crate) fn journal_seeds() -> Vec<Vec<u8>> {
    SCENE.scenario.journals.values().cloned().collect()
}

/// A signed note, perhaps a checkpoint: what verifies is a head of this log.
pub(crate) fn note(data: &[u8]) {
    let Ok(text) = std::str::from_utf8(data) else { return };
    if let Ok(note) = SignedNote::parse(text) {
        assert!(text.starts_with(note.text()));
    }
    if let Ok(checkpoint) = Checkpoint::parse(text) {
        assert_eq!(checkpoint.body(), text);
    }
    let verified = &SCENE.scenario.verified;
    if let Ok(signed) = CosignedCheckpoint::verify(text, verified.log_key(), verified.cosign_keys())
    {
        assert_eq!(signed.checkpoint().origin, *verified.origin());
    }
}

pub(crate) fn note_seeds() -> Vec<Vec<u8>> {
    let scenario = &SCENE.scenario;
    let body = scenario.log.checkpoint().body().into_bytes();
    vec![scenario.checkpoint.clone().into_bytes(), body]
}

/// A receipt or another statement of the intake, or the proof of a receipt: what it proves is a place in a tick.
pub(crate) fn receipt(data: &[u8]) {
    let scenario = &SCENE.scenario;
    if let Ok(receipt) = Receipt::parse(data) {
        assert!(receipt.to_bytes().is_ok());
    }
    if let Ok(progress) = Progress::parse(data) {
        assert!(progress.to_bytes().is_ok());
    }
    if let Ok(refusal) = IntakeRefusal::parse(data) {
        assert!(refusal.to_bytes().is_ok());
    }
    let Ok(proof) = ReceiptProof::parse(data) else { return };
    let verified = &scenario.verified;
    let terms = verified.file().terms();
    for bid in &scenario.bids {
        let Ok(receipt) = Receipt::parse(&bid.receipt) else { continue };
        let (log, custodians) = (verified.log_key(), verified.cosign_keys());
        let needed = terms.custody.threshold.k();
        if proof.verify(&SUITE_1, &receipt, terms.places, log, custodians, needed).is_ok() {
            let line = EntryLine::parse(proof.entry.as_bytes());
            assert!(line.is_ok_and(|line| line.kind() == "tick"), "a place outside the ticks");
        }
    }
}

pub(crate) fn receipt_seeds() -> Vec<Vec<u8>> {
    let bids = SCENE.scenario.bids.iter();
    bids.flat_map(|bid| [bid.receipt.clone(), bid.receipt_proof.clone()]).collect()
}

/// A freeze list reads without panic and without lengths that no JSON reader keeps.
pub(crate) fn freeze(data: &[u8]) {
    if let Ok(record) = FreezeRecord::parse(data) {
        assert!(record.current().count() <= record.bids.len());
    }
}

pub(crate) fn freeze_seeds() -> Vec<Vec<u8>> {
    let entries = SCENE.scenario.log.entries().iter();
    let frozen = entries.filter(|entry| entry.kind() == "set-frozen");
    frozen.map(|entry| entry.data().get().as_bytes().to_vec()).collect()
}
