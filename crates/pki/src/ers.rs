//! Evidence records (RFC 4998): one time stamp for many digests, stamped again before it stops
//! proving something (docs/spec/timestamp.md).

use std::collections::BTreeSet;

use kaibiao_types::UtcMillis;

use crate::cert::DigestAlgorithm;
use crate::der::{self, DerError, Reader, Tlv};
use crate::limits::{EVIDENCE_RECORD_BYTES_MAX, RENEWALS_MAX};
use crate::trust::TrustList;
use crate::tsp::{Imprint, TimeStampError, VerifiedTimeStamp, intact_with, verify_token};

/// Why an evidence record is not accepted, or not made.
#[derive(Clone, Debug, Eq, PartialEq, thiserror::Error)]
#[non_exhaustive]
pub enum EvidenceError {
    /// Not DER, or not the structure of RFC 4998.
    #[error("not an evidence record in DER: {part}: {source}")]
    Format {
        /// The part that was being read.
        part: &'static str,
        /// What is wrong with it.
        source: DerError,
    },
    /// A stamp was made after the one before it had stopped proving something.
    #[error(
        "time stamp {number} of the record was made at {gen_time}, after the one before ended at {due}"
    )]
    Late {
        /// Its place in the record, from 1.
        number: usize,
        /// The end of the one before.
        due: UtcMillis,
        /// When it was made.
        gen_time: UtcMillis,
    },
    /// What is asked about is not what the record covers.
    #[error("the evidence record does not cover these objects")]
    NotCovered,
    /// A stamp is not later than the one before it, or lies in the future.
    #[error("time stamp {0} of the record is out of order")]
    Order(usize),
    /// The record holds something this profile has no place for.
    #[error("the evidence record holds {0}, which is not allowed")]
    OutOfProfile(&'static str),
    /// The last stamp has stopped proving something and was not renewed.
    #[error("the evidence record was to be renewed by {due}")]
    Overdue {
        /// The end of the last stamp.
        due: UtcMillis,
    },
    /// A stamp of the record.
    #[error("time stamp {number} of the record is not accepted")]
    Stamp {
        /// Its place in the record, from 1.
        number: usize,
        /// Why.
        source: TimeStampError,
    },
    /// Larger than 16 MiB.
    #[error("evidence record of {0} bytes; at most 16777216 are read")]
    TooLarge(usize),
}

impl EvidenceError {
    /// The stable label, never renamed or reused.
    #[must_use]
    pub const fn label(&self) -> &'static str {
        match self {
            Self::Format { .. } => "E_ERS_FORMAT",
            Self::Late { .. } => "E_ERS_LATE",
            Self::NotCovered => "E_ERS_NOT_COVERED",
            Self::Order(_) => "E_ERS_ORDER",
            Self::OutOfProfile(_) => "E_ERS_PROFILE",
            Self::Overdue { .. } => "E_ERS_OVERDUE",
            Self::Stamp { source, .. } => source.label(),
            Self::TooLarge(_) => "E_ERS_TOO_LARGE",
        }
    }

    /// The sub-indication of a validation report (ETSI EN 319 102-1, table 6);
    /// [`Overdue`](Self::Overdue) leaves the verdict open.
    #[must_use]
    pub const fn indication(&self) -> &'static str {
        match self {
            Self::Late { .. } | Self::Order(_) => "TIMESTAMP_ORDER_FAILURE",
            Self::NotCovered => "HASH_FAILURE",
            Self::Overdue { .. } => "OUT_OF_BOUNDS_NO_POE",
            Self::Stamp { source, .. } => source.indication(),
            _ => "FORMAT_FAILURE",
        }
    }
}

/// An evidence record whose every stamp holds. Only verification makes one.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct VerifiedRecord {
    stamps: Vec<VerifiedTimeStamp>,
    existed: UtcMillis,
    due: UtcMillis,
}

impl VerifiedRecord {
    /// The stamps, the oldest first.
    pub fn stamps(&self) -> &[VerifiedTimeStamp] {
        &self.stamps
    }

    /// The objects existed before this.
    pub const fn existed(&self) -> UtcMillis {
        self.existed
    }

    /// By when the record is to be renewed.
    pub const fn due(&self) -> UtcMillis {
        self.due
    }
}

/// What to have stamped for a record over the objects with these digests: the digest itself of one,
/// of several the digest of all in ascending order. Equal digests count once.
///
/// # Errors
///
/// [`EvidenceError::NotCovered`] if there is no digest, or one of another length.
///
/// # Source
///
/// RFC 4998, 4.2.
pub fn imprint(algorithm: DigestAlgorithm, digests: &[Vec<u8>]) -> Result<Imprint, EvidenceError> {
    let list: BTreeSet<&[u8]> = digests.iter().map(Vec::as_slice).collect();
    let fits = !list.is_empty() && list.iter().all(|digest| digest.len() == algorithm.length());
    let root = root(algorithm, &[list]).filter(|_| fits);
    root.and_then(|root| Imprint::new(algorithm, root)).ok_or(EvidenceError::NotCovered)
}

/// A new record over the objects with these digests, with a token over [`imprint`].
///
/// # Errors
///
/// [`EvidenceError::Stamp`] if the token is another's; trust in its authority is not judged.
///
/// # Source
///
/// RFC 4998, 3.1, 4.1.
pub fn begin(
    algorithm: DigestAlgorithm,
    digests: &[Vec<u8>],
    token: &[u8],
) -> Result<Vec<u8>, EvidenceError> {
    let imprint = imprint(algorithm, digests)?;
    intact_with(token, &imprint).map_err(|source| EvidenceError::Stamp { number: 1, source })?;
    let list: BTreeSet<&[u8]> = digests.iter().map(Vec::as_slice).collect();
    let list: Vec<u8> =
        list.into_iter().flat_map(|digest| der::tlv(der::OCTET_STRING, &[digest])).collect();
    let tree = der::tlv(der::CONTEXT_2, &[&der::sequence(&[&list])]);
    let stamp = der::sequence(&[&tree, token]);
    bounded(der::sequence(&[
        &der::integer_u8(1),
        &der::sequence(&[algorithm.identifier()]),
        &der::sequence(&[&der::sequence(&[&stamp])]),
    ]))
}

/// What to have stamped to renew a record: its newest token.
///
/// # Errors
///
/// [`EvidenceError`]: the record is not in the profile.
///
/// # Source
///
/// RFC 4998, 5.2.
pub fn renewal_imprint(record: &[u8]) -> Result<Imprint, EvidenceError> {
    let record = Record::read(record)?;
    let newest = record.stamps.last().ok_or(EvidenceError::NotCovered)?;
    Ok(Imprint::of(record.algorithm, newest.token))
}

/// The record with one more token, over [`renewal_imprint`].
///
/// # Errors
///
/// [`EvidenceError::Stamp`] if the token is another's; [`EvidenceError::OutOfProfile`] after 63
/// renewals.
pub fn renew(record: &[u8], token: &[u8]) -> Result<Vec<u8>, EvidenceError> {
    let imprint = renewal_imprint(record)?;
    let read = Record::read(record)?;
    let number = read.stamps.len() + 1;
    if number > RENEWALS_MAX {
        return Err(EvidenceError::OutOfProfile("more than 64 time stamps"));
    }
    intact_with(token, &imprint).map_err(|source| EvidenceError::Stamp { number, source })?;
    let chain = der::sequence(&[read.chain, &der::sequence(&[token])]);
    bounded(der::sequence(&[read.head, &der::sequence(&[&chain])]))
}

/// Verifies a record at an instant: that it covers the objects with these digests, that every stamp
/// was made by a trusted authority before the one before it ended, and that the last still holds.
///
/// One digest must be among those of the record; several must be all of them.
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
    digests: &[Vec<u8>],
    trust: &TrustList,
    at: UtcMillis,
) -> Result<VerifiedRecord, EvidenceError> {
    let record = Record::read(record)?;
    let algorithm = record.algorithm;
    let asked: BTreeSet<&[u8]> = digests.iter().map(Vec::as_slice).collect();
    let mut stamps: Vec<VerifiedTimeStamp> = Vec::new();
    let mut before: Option<&[u8]> = None;
    for (place, stamp) in record.stamps.iter().enumerate() {
        let number = place + 1;
        let covered = match before {
            None => stamp.covered(algorithm, &asked)?,
            Some(token) => {
                let renewed = algorithm.of(token);
                let only = stamp.tree.first().is_none_or(|list| list.iter().eq([&renewed]));
                let found = stamp.covered(algorithm, &BTreeSet::from([renewed.as_slice()]))?;
                if only { found } else { return Err(EvidenceError::NotCovered) }
            }
        };
        let wrong = |source| EvidenceError::Stamp { number, source };
        let verified = verify_token(stamp.token, &covered, trust).map_err(wrong)?;
        if let Some(earlier) = stamps.last() {
            let (due, gen_time) = (earlier.due(), verified.gen_time());
            if gen_time <= earlier.gen_time() {
                return Err(EvidenceError::Order(number));
            }
            if gen_time > due {
                return Err(EvidenceError::Late { number, due, gen_time });
            }
        }
        before = Some(stamp.token);
        stamps.push(verified);
    }
    let (Some(first), Some(last)) = (stamps.first(), stamps.last()) else {
        return Err(EvidenceError::NotCovered);
    };
    let (existed, due) = (first.gen_time(), last.due());
    if last.gen_time() > at {
        return Err(EvidenceError::Order(stamps.len()));
    }
    if at > due {
        return Err(EvidenceError::Overdue { due });
    }
    Ok(VerifiedRecord { stamps, existed, due })
}

/// A record as slices of it.
struct Record<'a> {
    algorithm: DigestAlgorithm,
    /// Version and digest algorithms.
    head: &'a [u8],
    /// Content of the only chain.
    chain: &'a [u8],
    stamps: Vec<Stamp<'a>>,
}

/// `ArchiveTimeStamp`.
struct Stamp<'a> {
    tree: Vec<BTreeSet<Vec<u8>>>,
    token: &'a [u8],
}

fn part<T>(part: &'static str, result: Result<T, DerError>) -> Result<T, EvidenceError> {
    result.map_err(|source| EvidenceError::Format { part, source })
}

impl<'a> Record<'a> {
    fn read(record: &'a [u8]) -> Result<Self, EvidenceError> {
        const PART: &str = "EvidenceRecord";
        if record.len() > EVIDENCE_RECORD_BYTES_MAX {
            return Err(EvidenceError::TooLarge(record.len()));
        }
        part(PART, der::check(record, der::SEQUENCE))?;
        let whole = part(PART, Tlv::only(record, der::SEQUENCE))?;
        let mut fields = whole.reader();
        if part(PART, fields.expect(der::INTEGER))?.value != [1] {
            return part("version", Err(DerError::Value));
        }
        let mut algorithms = part(PART, fields.inside(der::SEQUENCE))?;
        let named = part("digestAlgorithms", algorithms.expect(der::SEQUENCE))?.raw;
        let algorithm = DigestAlgorithm::of_identifier(named);
        let algorithm = algorithm.ok_or(EvidenceError::OutOfProfile("an unknown digest"))?;
        if !algorithms.is_empty() {
            return Err(EvidenceError::OutOfProfile("several digest algorithms"));
        }
        if [Some(der::CONTEXT_0), Some(der::CONTEXT_1)].contains(&fields.peek()) {
            return Err(EvidenceError::OutOfProfile("crypto or encryption information"));
        }
        let sequence = part(PART, fields.expect(der::SEQUENCE))?;
        part(PART, fields.finish())?;
        let head = whole.value.strip_suffix(sequence.raw).unwrap_or_default();
        let mut chains = sequence.reader();
        let chain = part("archiveTimeStampSequence", chains.expect(der::SEQUENCE))?;
        if !chains.is_empty() {
            return Err(EvidenceError::OutOfProfile("a renewed hash tree"));
        }
        let mut stamps = Vec::new();
        let mut list = chain.reader();
        while !list.is_empty() {
            if stamps.len() == RENEWALS_MAX {
                return Err(EvidenceError::OutOfProfile("more than 64 time stamps"));
            }
            let fields = part("ArchiveTimeStamp", list.inside(der::SEQUENCE))?;
            stamps.push(Stamp::read(fields, algorithm)?);
        }
        if stamps.is_empty() {
            return part("ArchiveTimeStampChain", Err(DerError::Truncated));
        }
        Ok(Self { algorithm, head, chain: chain.value, stamps })
    }
}

impl<'a> Stamp<'a> {
    fn read(mut fields: Reader<'a>, algorithm: DigestAlgorithm) -> Result<Self, EvidenceError> {
        const PART: &str = "ArchiveTimeStamp";
        if let Some(named) = part(PART, fields.optional(der::CONTEXT_0))? {
            let named = der::tlv(der::SEQUENCE, &[named.value]); // IMPLICIT
            if DigestAlgorithm::of_identifier(&named) != Some(algorithm) {
                return Err(EvidenceError::OutOfProfile("another digest in one chain"));
            }
        }
        if fields.peek() == Some(der::CONTEXT_1) {
            return Err(EvidenceError::OutOfProfile("attributes"));
        }
        let mut tree = Vec::new();
        if let Some(lists) = part(PART, fields.optional(der::CONTEXT_2))? {
            let mut lists = lists.reader();
            while !lists.is_empty() {
                let mut list = part("reducedHashtree", lists.inside(der::SEQUENCE))?;
                let mut digests = BTreeSet::new();
                while !list.is_empty() {
                    let digest = part("reducedHashtree", list.expect(der::OCTET_STRING))?.value;
                    let fits = digest.len() == algorithm.length();
                    if !fits || !digests.insert(digest.to_vec()) {
                        return part("reducedHashtree", Err(DerError::Value));
                    }
                }
                tree.push(digests);
            }
            if tree.first().is_none_or(BTreeSet::is_empty) {
                return part("reducedHashtree", Err(DerError::Truncated));
            }
        }
        let token = part(PART, fields.expect(der::SEQUENCE))?.raw;
        part(PART, fields.finish())?;
        Ok(Self { tree, token })
    }

    /// The imprint the token must have, if this stamp covers the digests that are asked about.
    fn covered(
        &self,
        algorithm: DigestAlgorithm,
        asked: &BTreeSet<&[u8]>,
    ) -> Result<Imprint, EvidenceError> {
        let tree: Vec<BTreeSet<&[u8]>> = if self.tree.is_empty() {
            vec![asked.clone()] // without a tree the stamp is of one digest
        } else {
            self.tree.iter().map(|list| list.iter().map(Vec::as_slice).collect()).collect()
        };
        let first = tree.first().ok_or(EvidenceError::NotCovered)?;
        let covers = match asked.len() {
            0 => false,
            1 => first.is_superset(asked),
            _ => first == asked && !self.tree.is_empty(),
        };
        let root = root(algorithm, &tree).filter(|_| covers);
        root.and_then(|root| Imprint::new(algorithm, root)).ok_or(EvidenceError::NotCovered)
    }
}

/// The root of a reduced hash tree: the digest of each list, ascending, goes into the next; a list
/// of one is its own digest (RFC 4998, 4.3).
fn root(algorithm: DigestAlgorithm, lists: &[BTreeSet<&[u8]>]) -> Option<Vec<u8>> {
    let mut carried: Option<Vec<u8>> = None;
    for list in lists {
        let mut all: Vec<&[u8]> = list.iter().copied().chain(carried.as_deref()).collect();
        all.sort_unstable();
        carried = match all.as_slice() {
            [] => None,
            [one] => Some(one.to_vec()),
            many => Some(algorithm.of(&many.concat())),
        };
    }
    carried
}

fn bounded(record: Vec<u8>) -> Result<Vec<u8>, EvidenceError> {
    if record.len() > EVIDENCE_RECORD_BYTES_MAX {
        return Err(EvidenceError::TooLarge(record.len()));
    }
    Ok(record)
}
