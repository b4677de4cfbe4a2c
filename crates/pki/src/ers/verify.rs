//! Judges a record at an instant (RFC 4998, 4.3 and 5.3).

use std::collections::BTreeSet;

use kaibiao_types::UtcMillis;

use super::error::EvidenceError;
use super::object::DataObject;
use super::read::{Chain, Record, Stamp};
use super::renewal::follows;
use super::tree::root;
use crate::cert::{Certificate, DigestAlgorithm};
use crate::path::{FullPaths, PathValidator};
use crate::trust::TrustList;
use crate::tsp::{Imprint, VerifiedTimeStamp, verify_with};

/// An evidence record whose every stamp holds. Only verification makes one.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct VerifiedRecord {
    stamps: Vec<VerifiedTimeStamp>,
    existed: UtcMillis,
    algorithm: DigestAlgorithm,
    stamp_due: UtcMillis,
    digest_due: Option<UtcMillis>,
}

impl VerifiedRecord {
    /// The stamps, the oldest first. Where the digest of the imprint changes, a chain begins.
    pub fn stamps(&self) -> &[VerifiedTimeStamp] {
        &self.stamps
    }

    /// The objects existed before this.
    pub const fn existed(&self) -> UtcMillis {
        self.existed
    }

    /// The digest of the last chain.
    pub const fn algorithm(&self) -> DigestAlgorithm {
        self.algorithm
    }

    /// By when the record is to be renewed, one way or the other.
    pub fn due(&self) -> UtcMillis {
        self.digest_due.map_or(self.stamp_due, |digest| digest.min(self.stamp_due))
    }

    /// By when the last time stamp is to be renewed: the end of its authority's path.
    pub const fn stamp_due(&self) -> UtcMillis {
        self.stamp_due
    }

    /// By when the hash tree is to be renewed: the end of its digest, if the trust list knows one.
    pub const fn digest_due(&self) -> Option<UtcMillis> {
        self.digest_due
    }
}

/// Verifies a record at an instant: that it covers these objects, that every stamp was made by a
/// trusted authority before the one before it ended, and that the last still holds.
///
/// One object must be among those of the record; several must be all of them. Each comes with its
/// digest by the algorithm of every chain ([`outline`](super::outline)).
///
/// # Errors
///
/// [`EvidenceError`].
///
/// # Source
///
/// RFC 4998, 4.3 and 5.3.
pub fn verify(
    record: &[u8],
    objects: &[DataObject],
    trust: &TrustList,
    at: UtcMillis,
) -> Result<VerifiedRecord, EvidenceError> {
    verify_by(&FullPaths::default(), record, objects, &[], trust, at)
}

/// [`verify`] with another path validator, and with certificates for the authorities' paths beside
/// those in the tokens.
///
/// # Errors
///
/// [`EvidenceError`].
pub fn verify_by(
    validator: &dyn PathValidator,
    record: &[u8],
    objects: &[DataObject],
    others: &[Certificate],
    trust: &TrustList,
    at: UtcMillis,
) -> Result<VerifiedRecord, EvidenceError> {
    judge(record, &Paths { validator, others, trust }, at, |record, place, chain| {
        let named = record.named(place, chain.algorithm, objects)?;
        chain.first.covered(&named.iter().map(Vec::as_slice).collect())
    })
}

/// Verifies the stamps of a record alone, for somebody who has not the objects. It says nothing about
/// any object.
///
/// # Errors
///
/// [`EvidenceError`].
pub fn verify_stamps(
    record: &[u8],
    trust: &TrustList,
    at: UtcMillis,
) -> Result<VerifiedRecord, EvidenceError> {
    let paths = Paths { validator: &FullPaths::default(), others: &[], trust };
    judge(record, &paths, at, |_, _, chain| chain.first.own_imprint())
}

/// `first` gives the imprint that the first stamp of the chain at a place must have.
fn judge(
    record: &[u8],
    paths: &Paths<'_>,
    at: UtcMillis,
    first: impl Fn(&Record<'_>, usize, &Chain<'_>) -> Result<Imprint, EvidenceError>,
) -> Result<VerifiedRecord, EvidenceError> {
    let record = Record::read(record)?;
    let mut walk = Walk { stamps: Vec::new(), paths };
    for (place, chain) in record.chains.iter().enumerate() {
        for earlier in record.chains.iter().take(place) {
            follows(earlier.algorithm, chain.algorithm)?;
        }
        let before = place.checked_sub(1).and_then(|place| record.chains.get(place));
        let digest_ends = before.and_then(|chain| paths.trust.digest_end(chain.algorithm));
        walk.step(&chain.first, &first(&record, place, chain)?, digest_ends)?;
        let mut token = chain.first.token;
        for stamp in &chain.others {
            let renewed = chain.algorithm.of(token);
            walk.step(stamp, &stamp.covered(&BTreeSet::from([renewed.as_slice()]))?, None)?;
            token = stamp.token;
        }
    }
    let newest = record.chains.last().ok_or(EvidenceError::NotCovered)?;
    walk.end(newest.algorithm, at)
}

/// How the authorities' paths are found.
struct Paths<'a> {
    validator: &'a dyn PathValidator,
    others: &'a [Certificate],
    trust: &'a TrustList,
}

/// The stamps so far, each of which holds.
struct Walk<'a> {
    stamps: Vec<VerifiedTimeStamp>,
    paths: &'a Paths<'a>,
}

impl Walk<'_> {
    /// Verifies the next stamp, which must come before the one before it ends, and before
    /// `digest_ends`.
    fn step(
        &mut self,
        stamp: &Stamp<'_>,
        imprint: &Imprint,
        digest_ends: Option<UtcMillis>,
    ) -> Result<(), EvidenceError> {
        let number = stamp.number;
        let Paths { validator, others, trust } = *self.paths;
        let verified = verify_with(validator, stamp.token, imprint, others, trust)
            .map_err(|source| EvidenceError::Stamp { number, source })?;
        if let Some(earlier) = self.stamps.last() {
            let gen_time = verified.gen_time();
            let due = digest_ends.map_or(earlier.due(), |digest| digest.min(earlier.due()));
            if gen_time <= earlier.gen_time() {
                return Err(EvidenceError::Order(number));
            }
            if gen_time > due {
                return Err(EvidenceError::Late { number, due, gen_time });
            }
        }
        self.stamps.push(verified);
        Ok(())
    }

    fn end(
        self,
        algorithm: DigestAlgorithm,
        at: UtcMillis,
    ) -> Result<VerifiedRecord, EvidenceError> {
        let (Some(first), Some(last)) = (self.stamps.first(), self.stamps.last()) else {
            return Err(EvidenceError::NotCovered);
        };
        if last.gen_time() > at {
            return Err(EvidenceError::Order(self.stamps.len()));
        }
        let (existed, stamp_due) = (first.gen_time(), last.due());
        let digest_due = self.paths.trust.digest_end(algorithm);
        let stamps = self.stamps;
        let verified = VerifiedRecord { stamps, existed, algorithm, stamp_due, digest_due };
        if at > verified.due() {
            return Err(EvidenceError::Overdue { due: verified.due() });
        }
        Ok(verified)
    }
}

impl Stamp<'_> {
    /// The imprint by its own tree; without one that of the token.
    fn own_imprint(&self) -> Result<Imprint, EvidenceError> {
        let root = root(self.algorithm, &self.tree);
        let imprint = root.map(|root| Imprint::new(self.algorithm, root));
        imprint.unwrap_or_else(|| Some(self.imprint.clone())).ok_or(EvidenceError::NotCovered)
    }
}
