//! Renewal of a hash tree: a chain under a stronger digest (RFC 4998, 5.2). The objects are needed.

use std::collections::BTreeSet;

use super::error::EvidenceError;
use super::object::DataObject;
use super::read::Record;
use super::tree::HashTree;
use crate::cert::DigestAlgorithm;
use crate::tsp::intact_with;

/// Whether a hash tree of one digest may be renewed by another: it is another one, and not shorter.
/// SHA-256 and SM3 may follow each other, for the end of one is not that of the other.
pub fn stronger(old: DigestAlgorithm, new: DigestAlgorithm) -> bool {
    new != old && new.length() >= old.length()
}

/// The digests to put into a [`HashTree`] of this algorithm to renew the hash tree of a record over
/// these objects, which must be all that its first stamp names, with their digests by the new
/// algorithm and by those of all chains.
///
/// # Errors
///
/// [`EvidenceError::Digest`] if the algorithm is not stronger, or was used before;
/// [`EvidenceError::NotCovered`] if these are not the objects of the record;
/// [`EvidenceError::DigestMissing`]; [`EvidenceError::Stamp`] if the first stamp of a chain is of
/// other data.
///
/// # Source
///
/// RFC 4998, 5.2: hash-tree renewal, steps 2 to 4.
pub fn renewed_digests(
    record: &[u8],
    algorithm: DigestAlgorithm,
    objects: &[DataObject],
) -> Result<Vec<Vec<u8>>, EvidenceError> {
    let record = Record::read(record)?;
    record.allows(algorithm)?;
    for (place, chain) in record.chains.iter().enumerate() {
        let named = record.named(place, chain.algorithm, objects)?;
        let asked: BTreeSet<&[u8]> = named.iter().map(Vec::as_slice).collect();
        let whole = chain.first.tree.first().is_none_or(|list| *list == asked);
        let imprint = chain.first.covered(&asked)?;
        if !whole {
            return Err(EvidenceError::NotCovered);
        }
        let number = chain.first.number;
        intact_with(chain.first.token, &imprint)
            .map_err(|source| EvidenceError::Stamp { number, source })?;
    }
    record.named(record.chains.len(), algorithm, objects)
}

impl HashTree {
    /// The record with one more chain: over the group at this place, from 0, which holds the
    /// [`renewed_digests`] of the record; with a token over [`imprint`](Self::imprint).
    ///
    /// # Errors
    ///
    /// [`EvidenceError::Digest`] if the digest of the tree is not stronger, or was used before;
    /// [`EvidenceError::Stamp`] if the token is another's; [`EvidenceError::NotCovered`] if there is
    /// no such group; [`EvidenceError::OutOfProfile`] after 63 renewals.
    ///
    /// # Source
    ///
    /// RFC 4998, 5.2: hash-tree renewal, steps 5 and 6.
    pub fn renew(
        &self,
        place: usize,
        record: &[u8],
        token: &[u8],
    ) -> Result<Vec<u8>, EvidenceError> {
        let record = Record::read(record)?;
        let algorithm = self.imprint().algorithm();
        record.allows(algorithm)?;
        let chain = self.chain(place, token, record.next_number()?)?;
        let algorithms = [record.algorithms, algorithm.identifier()].concat();
        record.with_sequence(&algorithms, &[record.sequence, &chain])
    }
}

impl Record<'_> {
    /// Whether a chain of this digest may follow.
    fn allows(&self, algorithm: DigestAlgorithm) -> Result<(), EvidenceError> {
        self.chains.iter().try_for_each(|chain| follows(chain.algorithm, algorithm))
    }

    /// The digests by which the chain at this place, from 0, names objects: in the first their own,
    /// later that of their own and of all chains before (RFC 4998, 5.2: `h'`).
    pub(super) fn named(
        &self,
        place: usize,
        algorithm: DigestAlgorithm,
        objects: &[DataObject],
    ) -> Result<Vec<Vec<u8>>, EvidenceError> {
        let before = self.digest_before(place, algorithm);
        let name = |object: &DataObject| {
            let own = object.need(algorithm)?;
            Ok(match &before {
                None => own.to_vec(),
                Some(before) => algorithm.of(&[own, before].concat()),
            })
        };
        objects.iter().map(name).collect()
    }
}

/// Whether a chain of one digest may come after a chain of another.
pub(super) fn follows(old: DigestAlgorithm, new: DigestAlgorithm) -> Result<(), EvidenceError> {
    if stronger(old, new) { Ok(()) } else { Err(EvidenceError::Digest { old, new }) }
}
