//! The base estimate (标底): its sealed object, as it stands in the log, and what it opens to.

use std::io::Cursor;

use kaibiao_ceremony::Partial;
use kaibiao_crypto::{Hex, SUITE_1, tdh2};
use kaibiao_journal::OpeningLog;
use kaibiao_opening::{EstimateSealed, HOST_GARBAGE, UNOPENED_CUSTODY, UnsealedSheet, limits};
use kaibiao_seal::{
    Context, ContextError, EstimateContext, Header, LockMode, ObjectDigest, ObjectError,
    ObjectSummary, Padding, padme,
};
use kaibiao_types::{CustodianIndex, Digest, Fault};

use crate::{DuplicatePoint, LockPoints, Unlocking, VerifiedTender, open_object};

/// A sealed base estimate whose object is whole, the host's own for this lot, and well formed.
#[derive(Clone, Debug)]
pub struct VerifiedEstimate {
    no: u32,
    sha256: Digest,
    header: Header,
    object: ObjectSummary,
    bytes: Vec<u8>,
}

/// Why a sealed base estimate is refused. The host is told, and a log that has it is not believed.
#[derive(Clone, Copy, Debug, Eq, PartialEq, thiserror::Error)]
#[non_exhaustive]
pub enum EstimateFault {
    /// A bidder lock, which the custodians alone could not open.
    #[error("the base estimate has a bidder lock")]
    BidderLock,
    /// Sealed for another lot, number or certificate, or not as a base estimate at all.
    #[error("sealed as something else than this base estimate")]
    Context(#[from] ContextError),
    /// The digest beside the object is not that of the object.
    #[error("the digest is not that of the sealed object")]
    Digest,
    /// A lock of another object of this lot.
    #[error(transparent)]
    Duplicate(#[from] DuplicatePoint),
    /// Another length than every base estimate has: it would tell something of the amount.
    #[error("{found} padded bytes, every base estimate has {expected}")]
    Length {
        /// The padded length that every one has.
        expected: u64,
        /// The padded length found.
        found: u64,
    },
    /// Not one whole sealed object.
    #[error("not a whole sealed object")]
    Object(#[from] ObjectError),
    /// The well-formedness proof does not hold.
    #[error("the sealed object is not well formed")]
    Proof(#[from] tdh2::ProofError),
}

impl EstimateFault {
    /// The stable label.
    pub fn label(&self) -> &'static str {
        match self {
            Self::BidderLock => "E_LOCK_MODE",
            Self::Context(error) => error.label(),
            Self::Digest => "E_ESTIMATE_DIGEST",
            Self::Duplicate(error) => error.label(),
            Self::Length { .. } => "E_LEN",
            Self::Object(error) => error.label(),
            Self::Proof(error) => error.label(),
        }
    }
}

impl VerifiedEstimate {
    /// Checks the sealed object of an entry or a command: anyone can, without a key.
    ///
    /// `signer_spki` is of the certificate under the host's command.
    ///
    /// # Errors
    ///
    /// [`EstimateFault`] names the first thing that does not hold.
    pub fn verify(
        tender: &VerifiedTender,
        sealed: &EstimateSealed,
        signer_spki: Digest,
    ) -> Result<Self, EstimateFault> {
        // The shape of the entry makes sure that it is base64; without bytes it is no object.
        let bytes = sealed.object().unwrap_or_default();
        if SUITE_1.hash(&bytes) != sealed.sha256 {
            return Err(EstimateFault::Digest);
        }
        let mut digest = ObjectDigest::new();
        digest.update(&bytes)?;
        let header = digest.header().cloned();
        let object = digest.finish()?;
        // A whole object has a header.
        let header = header.ok_or(EstimateFault::Digest)?;
        header.expect_context(&context_of_estimate(tender, signer_spki, sealed.no))?;
        header.verify_proof(tender.bases())?;
        if header.lock_mode() != LockMode::None {
            return Err(EstimateFault::BidderLock);
        }
        let (expected, found) = (padded_len(), header.padded_len());
        if found != expected || header.padding() != Padding::Padme {
            return Err(EstimateFault::Length { expected, found });
        }
        Ok(Self { no: sealed.no, sha256: sealed.sha256, header, object, bytes })
    }

    /// Its number.
    pub const fn no(&self) -> u32 {
        self.no
    }

    /// SHA-256 of the exact sealed object, by which custodians name it.
    pub const fn sha256(&self) -> Digest {
        self.sha256
    }

    /// The header.
    pub const fn header(&self) -> &Header {
        &self.header
    }

    /// Opens it by the custodians' partials, or says why it does not open. The outcome is the same
    /// for everybody who has the log.
    pub fn open(
        &self,
        tender: &VerifiedTender,
        freeze_id: &Digest,
        partials: &[Partial],
    ) -> UnsealedSheet {
        let header_len = usize::try_from(self.header.header_len()).unwrap_or(usize::MAX);
        let mut payload = Cursor::new(self.bytes.get(header_len..).unwrap_or_default());
        // An estimate with a bidder lock was refused.
        let (lock, out) = (Unlocking::default(), Vec::new());
        let (header, object) = (&self.header, &self.object);
        match open_object(tender, freeze_id, header, object, partials, lock, &mut payload, out) {
            Ok(opened) => {
                let sha256 = tender.record().suite().hash(&opened.out);
                UnsealedSheet::Opened { sha256, bytes: opened.out }
            }
            // The bytes are in memory, so only too few proven partials can leave it to another try.
            Err(unopened) if unopened.retry => UnsealedSheet::NotOpened {
                label: UNOPENED_CUSTODY.to_owned(),
                fault: unopened.fault,
            },
            // Header and bytes are those of the log: what proven points do not open, the host sealed.
            Err(_) => {
                UnsealedSheet::NotOpened { label: HOST_GARBAGE.to_owned(), fault: Fault::NotBidder }
            }
        }
    }
}

/// The context to which the host seals its base estimate number `no`; `signer_spki` is of the
/// certificate that signs the command.
pub fn context_of_estimate(tender: &VerifiedTender, signer_spki: Digest, no: u32) -> Context {
    Context::of_estimate(&EstimateContext {
        suite: tender.record().suite(),
        ceremony_id: tender.record().ceremony_id,
        lot: &tender.file().lot_key(),
        host: &tender.file().terms().host.code,
        signer_spki,
        no,
    })
}

/// The padded length of every base estimate.
fn padded_len() -> u64 {
    padme(u64::try_from(limits::ESTIMATE_PLAIN_BYTES).unwrap_or(u64::MAX).saturating_add(8))
}

/// The points of all base estimates in a log, those replaced included: no bid may bring one of them.
pub(crate) fn locks_in(log: &OpeningLog) -> LockPoints {
    let mut locks = LockPoints::default();
    for entry in log.entries().iter().filter(|entry| entry.kind() == "estimate-sealed") {
        let object = entry.data_as::<EstimateSealed>().ok().and_then(|sealed| sealed.object());
        let mut digest = ObjectDigest::new();
        // Whoever reads the log has refused an object that is none by now.
        if object.is_some_and(|object| digest.update(&object).is_ok())
            && let Some(header) = digest.header()
        {
            locks.add(header);
        }
    }
    locks
}

/// The hexadecimal texts of the log as partial decryptions; proofs are checked when they are combined.
pub(crate) fn partial_of(
    index: CustodianIndex,
    partial: &kaibiao_opening::Partial,
) -> Option<Partial> {
    Some(Partial {
        index,
        d: Hex::parse(&partial.d).ok()?,
        c: Hex::parse(&partial.c).ok()?,
        z: Hex::parse(&partial.z).ok()?,
    })
}
