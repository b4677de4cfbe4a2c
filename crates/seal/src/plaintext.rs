//! The commitment to a plaintext, for the remedy with a backup file (ruling 1, attack A35).
//!
//! A sealed object fixes its plaintext by itself. Where one cannot be opened for no fault of the
//! bidder, the tender's rules may let the bidder hand the plaintext in again; the commitment in the
//! signed manifest then tells whether it is the same. It hides the plaintext as long as its salt is
//! secret: the salt stays with the bidder and is shown with the file.

use std::io::{ErrorKind, Read};

use kaibiao_crypto::{Entropy, EntropyError, Hasher, Secret32, Suite};
use kaibiao_types::Digest;

use crate::limits::CHUNK_LEN;
use crate::tree::{SuiteTree, suite_tree};

/// 32 secret bytes that hide a plaintext in its commitment. A price sheet is easily guessed, so a
/// salt that is known before the opening would give the price away.
///
/// Fresh for each object. `Debug` prints no byte; `Clone` does not exist.
#[derive(Debug)]
pub struct PlaintextSalt(Secret32);

/// Why a plaintext handed in later is not taken for the sealed one.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum BackupError {
    /// Another plaintext, or another salt: it proves nothing about the sealed object.
    #[error("the file is not the one that the bidder committed to, or the salt is another one")]
    Mismatch,
    /// The manifest has no commitment for this part, so there is nothing to compare with.
    #[error("the manifest has no commitment to the plaintext of this part")]
    NoCommitment,
    /// The manifest has no such part.
    #[error("the manifest has no such part")]
    NoSuchPart,
    /// The file could not be read; this says nothing about the bid.
    #[error("the file could not be read")]
    Read(#[from] std::io::Error),
}

impl BackupError {
    /// The stable label.
    pub const fn label(&self) -> &'static str {
        match self {
            Self::Mismatch => "E_PT_COMMIT",
            Self::NoCommitment => "E_PT_ABSENT",
            Self::NoSuchPart => "E_PARTS",
            Self::Read(_) => "E_READ",
        }
    }
}

impl PlaintextSalt {
    /// 32 fresh bytes.
    ///
    /// # Errors
    ///
    /// [`EntropyError`] if the source failed.
    pub fn random(entropy: &mut dyn Entropy) -> Result<Self, EntropyError> {
        Secret32::random(entropy).map(Self)
    }

    /// The salt that the bidder kept.
    pub const fn new(bytes: Secret32) -> Self {
        Self(bytes)
    }

    /// The bytes, to be kept by the bidder beside its sealed file.
    pub fn expose(&self) -> &[u8; 32] {
        self.0.expose()
    }

    /// `pt_commit = TH("pt", salt, root)`, with the root of [`PlaintextDigest`].
    pub fn commit(&self, suite: &Suite, root: &Digest) -> Digest {
        suite.th("pt", &[self.expose(), root.bytes()])
    }
}

/// The root of a plaintext, in any slicing and constant memory: MTH over the digests of its pieces
/// of 256 KiB, the last one shorter; of no leaf for an empty plaintext.
#[derive(Debug)]
pub struct PlaintextDigest {
    suite: &'static Suite,
    tree: SuiteTree,
    piece: Hasher,
    /// Bytes of the piece that are still missing.
    missing: usize,
}

impl PlaintextDigest {
    /// Starts at the first byte.
    pub fn new(suite: &'static Suite) -> Self {
        Self { suite, tree: suite_tree(suite), piece: suite.hasher(), missing: CHUNK_LEN }
    }

    /// Takes the next bytes in.
    pub fn update(&mut self, mut bytes: &[u8]) {
        while !bytes.is_empty() {
            let (part, rest) = bytes.split_at_checked(self.missing).unwrap_or((bytes, &[]));
            self.piece.update(part);
            self.missing -= part.len();
            bytes = rest;
            if self.missing == 0 {
                self.close_piece();
            }
        }
    }

    /// The root.
    pub fn finish(mut self) -> Digest {
        if self.missing < CHUNK_LEN {
            self.close_piece();
        }
        self.tree.finish()
    }

    fn close_piece(&mut self) {
        let piece = core::mem::replace(&mut self.piece, self.suite.hasher()).finish();
        self.tree.push_data(piece.bytes());
        self.missing = CHUNK_LEN;
    }
}

/// Hands a plaintext through to [`seal()`](crate::seal()) and computes its root on the way, so that
/// root and object come from the very same bytes. Without it sealing costs nothing more.
pub struct CommittingReader<R> {
    input: R,
    digest: PlaintextDigest,
}

impl<R> core::fmt::Debug for CommittingReader<R> {
    fn fmt(&self, f: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
        f.write_str("CommittingReader(..)")
    }
}

impl<R: Read> CommittingReader<R> {
    /// Reads `input` from here on.
    pub fn new(suite: &'static Suite, input: R) -> Self {
        Self { input, digest: PlaintextDigest::new(suite) }
    }

    /// The root of everything that was read. Ask after sealing succeeded: then it is the plaintext.
    pub fn finish(self) -> Digest {
        self.digest.finish()
    }
}

impl<R: Read> Read for CommittingReader<R> {
    fn read(&mut self, out: &mut [u8]) -> std::io::Result<usize> {
        let count = self.input.read(out)?;
        self.digest.update(out.get(..count).unwrap_or_default());
        Ok(count)
    }
}

/// Compares a file with a commitment. Reads at most `longest` bytes and one: a longer file cannot
/// have been in the object.
pub(crate) fn check_backup(
    suite: &'static Suite,
    commitment: &Digest,
    salt: &PlaintextSalt,
    longest: u64,
    file: &mut dyn Read,
) -> Result<(), BackupError> {
    let mut digest = PlaintextDigest::new(suite);
    let mut file = file.take(longest.saturating_add(1));
    let mut buffer = vec![0; CHUNK_LEN];
    loop {
        match file.read(&mut buffer) {
            Ok(0) => break,
            Ok(count) => digest.update(buffer.get(..count).unwrap_or_default()),
            Err(error) if error.kind() == ErrorKind::Interrupted => {}
            Err(error) => return Err(error.into()),
        }
    }
    let found = salt.commit(suite, &digest.finish());
    if found == *commitment { Ok(()) } else { Err(BackupError::Mismatch) }
}
