//! What a witness keeps of a lot, and what it does with what the hall shows.
//!
//! ```text
//! witness.key                name and seed of its key
//! TENDER/LOT/log.vkey        the log's public key, as it was first seen
//! TENDER/LOT/log.jsonl       every line of the log, exact bytes
//! TENDER/LOT/head.note       the newest head that held, with the witness's cosignature
//! TENDER/LOT/other-N.note    a head of N lines that the log signed and that does not hold
//! ```

use std::fs::{self, File};
use std::io::Write as _;
use std::path::{Path, PathBuf};

use kaibiao_journal::{
    Judged, LogOrigin, SignedNote, TreeHead, VerifierKey, WitnessKey, Witnessed,
};
use kaibiao_types::{LotKey, UtcMillis};
use kaibiao_wire::Label;
use ring::rand::SecureRandom as _;
use zeroize::Zeroizing;

use crate::failure::Failure;
use crate::{files, machine};

const KEY: &str = "witness.key";
/// Bytes of the longest small file that is read back.
const SMALL_MAX: usize = 64 << 10;
/// Bytes of the longest log that is read back.
const LOG_MAX: usize = 1 << 30;

/// Makes the folder with a fresh key.
pub(crate) fn init(store: &Path, name: &str) -> Result<VerifierKey, Failure> {
    files::private_folder(store)?;
    let path = store.join(KEY);
    files::expect_absent(&path)?;
    let mut seed = Zeroizing::new([0; 32]);
    machine::random()
        .fill(&mut *seed)
        .map_err(|_| Failure::internal("the source of randomness failed"))?;
    let key = WitnessKey::from_seed(name, &seed)
        .map_err(|error| Failure::caused(Label::Usage, &error))?;
    let mut text = Zeroizing::new(String::with_capacity(name.len() + 66));
    text.push_str(name);
    text.push('\n');
    for byte in seed.iter() {
        for nibble in [byte >> 4, byte & 15] {
            text.extend(char::from_digit(nibble.into(), 16));
        }
    }
    text.push('\n');
    files::write_private(&path, text.as_bytes())?;
    Ok(key.vkey().clone())
}

/// The key of a folder.
pub(crate) fn key(store: &Path) -> Result<WitnessKey, Failure> {
    let path = store.join(KEY);
    let bytes = Zeroizing::new(files::read(&path, SMALL_MAX)?);
    let wrong =
        || Failure::new(Label::BadInput, format!("{}: no key of a witness", path.display()));
    let text = std::str::from_utf8(&bytes).map_err(|_| wrong())?;
    let (name, seed) =
        text.strip_suffix('\n').and_then(|t| t.split_once('\n')).ok_or_else(wrong)?;
    let mut octets = Zeroizing::new([0; 32]);
    if seed.len() != 64 || !seed.bytes().all(|digit| digit.is_ascii_hexdigit()) {
        return Err(wrong());
    }
    for (octet, at) in octets.iter_mut().zip((0..64).step_by(2)) {
        let digits = seed.get(at..at + 2).ok_or_else(wrong)?;
        *octet = u8::from_str_radix(digits, 16).map_err(|_| wrong())?;
    }
    WitnessKey::from_seed(name, &octets).map_err(|_| wrong())
}

/// What is kept of one lot.
#[derive(Debug)]
pub(crate) struct Kept {
    folder: PathBuf,
    lines: File,
    seen: Witnessed,
    head: Option<TreeHead>,
}

/// What came of a look at the hall.
#[derive(Debug)]
pub(crate) enum Look {
    /// A newer head holds and is cosigned, by this line.
    Cosigned(TreeHead, String),
    /// Nothing newer than the last one.
    Same,
    /// The head is of more lines than were given so far.
    Ahead,
}

impl Kept {
    /// Opens what is kept of a lot, whose log has this key.
    pub(crate) fn open(store: &Path, lot: &LotKey, log_key: &VerifierKey) -> Result<Self, Failure> {
        let folder = store.join(lot.tender.as_str()).join(lot.lot.as_str());
        files::private_folder(&folder)?;
        keep_log_key(&folder, log_key)?;
        let origin = LogOrigin::parse(log_key.name())
            .map_err(|error| Failure::caused(Label::BadInput, &error).at("log key"))?;
        let mut seen = Witnessed::new(origin, log_key.clone());
        let path = folder.join("log.jsonl");
        let mut length = 0;
        if path.exists() {
            let bytes = files::read(&path, LOG_MAX)?;
            for line in bytes.split_inclusive(|byte| *byte == b'\n') {
                // A last line without its end was being written when the power failed.
                let Some(line) = line.strip_suffix(b"\n") else { break };
                seen.take(line);
                length += line.len() + 1;
            }
        }
        let write = |error: &std::io::Error| Failure::write(&path, error);
        let lines = File::options().create(true).append(true).open(&path);
        let lines = lines.map_err(|error| write(&error))?;
        let length = u64::try_from(length).map_err(|_| Failure::internal("length"))?;
        lines.set_len(length).and_then(|()| lines.sync_all()).map_err(|error| write(&error))?;
        let mut kept = Self { folder, lines, seen, head: None };
        kept.head = kept.last_head()?;
        Ok(kept)
    }

    /// How many lines are known.
    pub(crate) fn next(&self) -> u64 {
        self.seen.len()
    }

    /// Takes in lines that follow, each with its line feed: durable, then remembered.
    pub(crate) fn take(&mut self, lines: &[u8]) -> Result<(), Failure> {
        let whole = lines.iter().rposition(|byte| *byte == b'\n').map_or(0, |at| at + 1);
        let lines = lines.get(..whole).unwrap_or_default();
        if lines.is_empty() {
            return Ok(());
        }
        self.lines
            .write_all(lines)
            .and_then(|()| self.lines.sync_data())
            .map_err(|error| Failure::write(&self.folder.join("log.jsonl"), &error))?;
        for line in lines.split_inclusive(|byte| *byte == b'\n') {
            self.seen.take(line.strip_suffix(b"\n").unwrap_or(line));
        }
        Ok(())
    }

    /// Judges a signed head; cosigns and keeps it if it holds and is newer.
    pub(crate) fn judge(
        &mut self,
        note: &str,
        key: &WitnessKey,
        now: UtcMillis,
    ) -> Result<Look, Failure> {
        let broken = |error: &dyn std::error::Error| Failure::caused(Label::BrokenSignature, error);
        match self.seen.judge(note).map_err(|error| broken(&error))? {
            Judged::Ahead(_) => Ok(Look::Ahead),
            Judged::Contradiction { signed, seen } => Err(self.contradiction(note, signed, seen)),
            Judged::Holds(head) => {
                let size = head.head().size;
                if self.head.is_some_and(|last| last.size >= size) {
                    return Ok(Look::Same);
                }
                let mut signed = SignedNote::parse(note).map_err(|error| broken(&error))?;
                let line = key.cosign(&head, now);
                signed.add_line(&line).map_err(|error| broken(&error))?;
                self.keep_note("head.note", &signed.note())?;
                self.head = Some(head.head());
                Ok(Look::Cosigned(head.head(), line))
            }
        }
    }

    /// Keeps the head that does not hold beside the one that did: two signatures of one log that
    /// contradict each other are proof to anybody.
    fn contradiction(&self, note: &str, signed: TreeHead, seen: TreeHead) -> Failure {
        let name = format!("other-{}.note", signed.size);
        if let Err(failure) = self.keep_note(&name, note) {
            return failure;
        }
        let detail = format!(
            "of its first {} lines the log has signed the root {}, but the lines that it gave have {}; \
             the proof is in {}",
            signed.size,
            signed.root,
            seen.root,
            self.folder.display()
        );
        Failure::new(Label::SplitView, detail)
    }

    /// The head of `head.note`, which must still hold.
    fn last_head(&self) -> Result<Option<TreeHead>, Failure> {
        let path = self.folder.join("head.note");
        if !path.exists() {
            return Ok(None);
        }
        let note = files::read_text(&path, SMALL_MAX)?;
        let Ok(Judged::Holds(head)) = self.seen.judge(&note) else {
            let detail = format!("{}: does not fit the lines beside it", path.display());
            return Err(Failure::new(Label::BadInput, detail));
        };
        Ok(Some(head.head()))
    }

    /// Writes a note in place of the one before, whole or not at all.
    fn keep_note(&self, name: &str, note: &str) -> Result<(), Failure> {
        let path = self.folder.join(name);
        let new = files::TempFile::beside(&path)?;
        files::write_durably(new.path(), note.as_bytes())
            .and_then(|()| fs::rename(new.path(), &path))
            .and_then(|()| File::open(&self.folder)?.sync_all())
            .map_err(|error| Failure::write(&path, &error))
    }
}

/// The log's key is kept from the first time on; another one is refused.
fn keep_log_key(folder: &Path, log_key: &VerifierKey) -> Result<(), Failure> {
    let path = folder.join("log.vkey");
    let text = format!("{log_key}\n");
    if path.exists() && files::read_text(&path, SMALL_MAX)? != text {
        let detail =
            format!("the log has the key {log_key} now, another one than in {}", path.display());
        return Err(Failure::new(Label::SplitView, detail));
    }
    files::write_same(&path, text.as_bytes())
}
