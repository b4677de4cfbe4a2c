//! A record with the SHA-256 of its exact bytes.

use kaibiao_opening::{OpeningRecord, RecordError};
use kaibiao_types::{Digest, OrgCode, Role, UtcMillis};
use ring::digest::{SHA256, digest};

/// An opening record as it lies in a file.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct RecordFile {
    record: OpeningRecord,
    sha256: Digest,
    signatures: Option<Vec<Signature>>,
}

/// A signature over the bytes of the record, as the opening log states it.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct Signature {
    /// In which role.
    pub role: Role,
    /// Whose.
    pub party: OrgCode,
    /// When the log took it.
    pub at: UtcMillis,
}

impl RecordFile {
    /// Reads the exact bytes of `record.json`. Who signed it is not known yet: a print leaves room
    /// for signatures by hand.
    ///
    /// # Errors
    ///
    /// [`RecordError`] if the bytes are not those of a record.
    pub fn read(bytes: &[u8]) -> Result<Self, RecordError> {
        let record = OpeningRecord::read(bytes)?;
        Ok(Self { record, sha256: sha256(bytes), signatures: None })
    }

    /// The same record, with everybody who signed it. Who is not among them did not sign.
    #[must_use]
    pub fn signed_by(mut self, signatures: Vec<Signature>) -> Self {
        self.signatures = Some(signatures);
        self
    }

    /// The record.
    pub const fn record(&self) -> &OpeningRecord {
        &self.record
    }

    /// SHA-256 of its exact bytes: what the parties sign and the log names.
    pub const fn sha256(&self) -> &Digest {
        &self.sha256
    }

    /// Who signed it; `None` if that is not known.
    pub fn signatures(&self) -> Option<&[Signature]> {
        self.signatures.as_deref()
    }
}

fn sha256(bytes: &[u8]) -> Digest {
    let mut out = [0; 32];
    out.copy_from_slice(digest(&SHA256, bytes).as_ref()); // SHA-256 gives 32 bytes
    Digest::new(out)
}
