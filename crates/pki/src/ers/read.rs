//! Reads `EvidenceRecord` (RFC 4998, 3.1) as slices of it.

use std::collections::BTreeSet;

use kaibiao_types::UtcMillis;

use super::error::{EvidenceError, part};
use super::tree::root;
use crate::cert::DigestAlgorithm;
use crate::der::{self, DerError, Reader, Tlv};
use crate::limits::{EVIDENCE_RECORD_BYTES_MAX, HASH_TREE_LISTS_MAX, RENEWALS_MAX};
use crate::tsp::{Imprint, stated};

/// What one chain of a record claims. Nothing of it was verified.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct ChainOutline {
    /// The digest of its hash trees.
    pub algorithm: DigestAlgorithm,
    /// How many objects its first stamp names.
    pub objects: usize,
    /// When its stamps claim to have been made, the oldest first.
    pub stamped: Vec<UtcMillis>,
}

/// What the chains of a record claim, the oldest first. Nothing is verified; the digests of the
/// objects that [`verify`](super::verify) needs are those named here.
///
/// # Errors
///
/// [`EvidenceError`]: the record is not in the profile.
pub fn outline(record: &[u8]) -> Result<Vec<ChainOutline>, EvidenceError> {
    let record = Record::read(record)?;
    let outline = |chain: &Chain<'_>| ChainOutline {
        algorithm: chain.algorithm,
        objects: chain.first.tree.first().map_or(1, BTreeSet::len),
        stamped: chain.stamps().map(|stamp| stamp.gen_time).collect(),
    };
    Ok(record.chains.iter().map(outline).collect())
}

/// A record as slices of it.
pub(super) struct Record<'a> {
    /// `version`, the whole value.
    pub(super) version: &'a [u8],
    /// Content of `digestAlgorithms`.
    pub(super) algorithms: &'a [u8],
    /// Content of `archiveTimeStampSequence`.
    pub(super) sequence: &'a [u8],
    /// At least one.
    pub(super) chains: Vec<Chain<'a>>,
}

/// `ArchiveTimeStampChain`: stamps of one digest.
pub(super) struct Chain<'a> {
    pub(super) algorithm: DigestAlgorithm,
    /// The whole value.
    pub(super) raw: &'a [u8],
    /// Its content.
    pub(super) value: &'a [u8],
    pub(super) first: Stamp<'a>,
    pub(super) others: Vec<Stamp<'a>>,
}

/// `ArchiveTimeStamp`.
pub(super) struct Stamp<'a> {
    /// Its place in the record, from 1.
    pub(super) number: usize,
    pub(super) algorithm: DigestAlgorithm,
    /// The lists of `reducedHashtree`; none if it is absent.
    pub(super) tree: Vec<BTreeSet<&'a [u8]>>,
    pub(super) token: &'a [u8],
    /// What the token says it is of, and when it says it was made.
    pub(super) imprint: Imprint,
    pub(super) gen_time: UtcMillis,
}

impl<'a> Record<'a> {
    pub(super) fn read(record: &'a [u8]) -> Result<Self, EvidenceError> {
        const PART: &str = "EvidenceRecord";
        if record.len() > EVIDENCE_RECORD_BYTES_MAX {
            return Err(EvidenceError::TooLarge(record.len()));
        }
        part(PART, der::check(record, der::SEQUENCE))?;
        let mut fields = part(PART, Tlv::only(record, der::SEQUENCE))?.reader();
        let version = part(PART, fields.expect(der::INTEGER))?;
        if version.value != [1] {
            return part("version", Err(DerError::Value));
        }
        let algorithms = part(PART, fields.expect(der::SEQUENCE))?;
        let named = digests(algorithms.reader())?;
        if [Some(der::CONTEXT_0), Some(der::CONTEXT_1)].contains(&fields.peek()) {
            return Err(EvidenceError::OutOfProfile("crypto or encryption information"));
        }
        let sequence = part(PART, fields.expect(der::SEQUENCE))?;
        part(PART, fields.finish())?;
        let mut list = sequence.reader();
        let mut chains: Vec<Chain<'_>> = Vec::new();
        let mut count = 0;
        while !list.is_empty() {
            let chain = part("archiveTimeStampSequence", list.expect(der::SEQUENCE))?;
            let chain = Chain::read(&chain, &mut count)?;
            if !named.contains(&chain.algorithm) {
                return Err(EvidenceError::OutOfProfile("a digest that it does not name"));
            }
            chains.push(chain);
        }
        if chains.is_empty() {
            return part("archiveTimeStampSequence", Err(DerError::Truncated));
        }
        Ok(Self {
            version: version.raw,
            algorithms: algorithms.value,
            sequence: sequence.value,
            chains,
        })
    }

    /// The digest of everything before a chain that is the place-th, from 0 (RFC 4998, 5.2: `ha`);
    /// `None` for the first.
    pub(super) fn digest_before(&self, place: usize, by: DigestAlgorithm) -> Option<Vec<u8>> {
        let before: Vec<&[u8]> = self.chains.iter().take(place).map(|chain| chain.raw).collect();
        (!before.is_empty()).then(|| by.of(&der::sequence(&before)))
    }
}

/// `digestAlgorithms`: known ones, each once.
fn digests(mut list: Reader<'_>) -> Result<BTreeSet<DigestAlgorithm>, EvidenceError> {
    let mut named = BTreeSet::new();
    while !list.is_empty() {
        let identifier = part("digestAlgorithms", list.expect(der::SEQUENCE))?.raw;
        let algorithm = DigestAlgorithm::of_identifier(identifier)
            .ok_or(EvidenceError::OutOfProfile("an unknown digest"))?;
        if !named.insert(algorithm) {
            return part("digestAlgorithms", Err(DerError::Value));
        }
    }
    Ok(named)
}

impl<'a> Chain<'a> {
    /// Reads a chain; `count` is how many stamps there were before it.
    fn read(chain: &Tlv<'a>, count: &mut usize) -> Result<Self, EvidenceError> {
        const PART: &str = "ArchiveTimeStampChain";
        let mut list = chain.reader();
        let mut next = || {
            if list.is_empty() {
                return Ok(None);
            }
            *count += 1;
            if *count > RENEWALS_MAX {
                return Err(EvidenceError::OutOfProfile("more than 64 time stamps"));
            }
            Stamp::read(part(PART, list.inside(der::SEQUENCE))?, *count).map(Some)
        };
        let Some(first) = next()? else {
            return part(PART, Err(DerError::Truncated));
        };
        let mut others = Vec::new();
        while let Some(stamp) = next()? {
            if stamp.algorithm != first.algorithm {
                return Err(EvidenceError::OutOfProfile("another digest in one chain"));
            }
            others.push(stamp);
        }
        let (algorithm, raw, value) = (first.algorithm, chain.raw, chain.value);
        Ok(Self { algorithm, raw, value, first, others })
    }

    /// The stamps, the oldest first.
    pub(super) fn stamps(&self) -> impl Iterator<Item = &Stamp<'a>> {
        [&self.first].into_iter().chain(&self.others)
    }

    pub(super) fn last(&self) -> &Stamp<'a> {
        self.others.last().unwrap_or(&self.first)
    }
}

impl<'a> Stamp<'a> {
    fn read(mut fields: Reader<'a>, number: usize) -> Result<Self, EvidenceError> {
        const PART: &str = "ArchiveTimeStamp";
        let named = part(PART, fields.optional(der::CONTEXT_0))?;
        if fields.peek() == Some(der::CONTEXT_1) {
            return Err(EvidenceError::OutOfProfile("attributes"));
        }
        let lists = part(PART, fields.optional(der::CONTEXT_2))?;
        let token = part(PART, fields.expect(der::SEQUENCE))?.raw;
        part(PART, fields.finish())?;
        let (imprint, gen_time) =
            stated(token).map_err(|source| EvidenceError::Stamp { number, source })?;
        // Without a name it is the digest of the time stamp (RFC 4998, 4.1).
        let algorithm = match named {
            None => imprint.algorithm(),
            Some(named) => {
                let identifier = der::tlv(der::SEQUENCE, &[named.value]); // IMPLICIT
                DigestAlgorithm::of_identifier(&identifier)
                    .ok_or(EvidenceError::OutOfProfile("an unknown digest"))?
            }
        };
        let tree = match lists {
            None => Vec::new(),
            Some(lists) => reduced_tree(lists.reader(), algorithm)?,
        };
        Ok(Self { number, algorithm, tree, token, imprint, gen_time })
    }

    /// The imprint the token must have, if this stamp covers the digests that are asked about: one
    /// must be in the first list, several must be all of it.
    pub(super) fn covered(&self, asked: &BTreeSet<&[u8]>) -> Result<Imprint, EvidenceError> {
        let covers = match (self.tree.first(), asked.len()) {
            (_, 0) => false,
            (Some(list), 1) => list.is_superset(asked),
            (Some(list), _) => list == asked,
            (None, length) => length == 1, // without a tree the stamp is of one digest
        };
        let alone = [asked.clone()];
        let tree = if self.tree.is_empty() { &alone } else { self.tree.as_slice() };
        let root = root(self.algorithm, tree).filter(|_| covers);
        root.and_then(|root| Imprint::new(self.algorithm, root)).ok_or(EvidenceError::NotCovered)
    }
}

/// `reducedHashtree`: digests of the right length, none twice in one list.
fn reduced_tree(
    mut lists: Reader<'_>,
    algorithm: DigestAlgorithm,
) -> Result<Vec<BTreeSet<&[u8]>>, EvidenceError> {
    const PART: &str = "reducedHashtree";
    let mut tree = Vec::new();
    while !lists.is_empty() {
        if tree.len() == HASH_TREE_LISTS_MAX {
            return Err(EvidenceError::OutOfProfile("a hash tree of more than 64 lists"));
        }
        let mut list = part(PART, lists.inside(der::SEQUENCE))?;
        let mut digests = BTreeSet::new();
        while !list.is_empty() {
            let digest = part(PART, list.expect(der::OCTET_STRING))?.value;
            if digest.len() != algorithm.length() || !digests.insert(digest) {
                return part(PART, Err(DerError::Value));
            }
        }
        if digests.is_empty() {
            return part(PART, Err(DerError::Truncated));
        }
        tree.push(digests);
    }
    if tree.is_empty() { part(PART, Err(DerError::Truncated)) } else { Ok(tree) }
}
