//! Hash trees (RFC 4998, 4.2): one root for many groups of objects, and what is left of the tree for
//! one of them.

use std::collections::BTreeSet;

use super::error::EvidenceError;
use crate::cert::DigestAlgorithm;
use crate::limits::DATA_OBJECTS_MAX;
use crate::tsp::Imprint;

/// A tree over groups of data objects, two branches at each node. A stamp on its root makes one record
/// for each group; the record of one group says nothing about the others.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct HashTree {
    groups: Vec<BTreeSet<Vec<u8>>>,
    /// The leaves first, one for each group.
    levels: Vec<Vec<Vec<u8>>>,
    root: Imprint,
}

impl HashTree {
    /// The tree over groups of objects with these digests. Equal digests in one group count once.
    ///
    /// # Errors
    ///
    /// [`EvidenceError::NotCovered`] if there is no group, or one without a digest or with one of
    /// another length; [`EvidenceError::OutOfProfile`] with more than 65,536 digests.
    ///
    /// # Source
    ///
    /// RFC 4998, 4.2.1.
    pub fn new(algorithm: DigestAlgorithm, groups: &[Vec<Vec<u8>>]) -> Result<Self, EvidenceError> {
        if groups.iter().map(Vec::len).sum::<usize>() > DATA_OBJECTS_MAX {
            return Err(EvidenceError::OutOfProfile("more than 65536 objects"));
        }
        let groups: Vec<BTreeSet<Vec<u8>>> =
            groups.iter().map(|group| group.iter().cloned().collect()).collect();
        let fits = |group: &BTreeSet<Vec<u8>>| {
            !group.is_empty() && group.iter().all(|digest| digest.len() == algorithm.length())
        };
        if groups.is_empty() || !groups.iter().all(fits) {
            return Err(EvidenceError::NotCovered);
        }
        let leaf = |group: &BTreeSet<Vec<u8>>| node(algorithm, group.iter().map(Vec::as_slice));
        let mut level: Vec<Vec<u8>> = groups.iter().map(leaf).collect();
        let mut levels = Vec::new();
        while level.len() > 1 {
            let pairs = level.chunks(2); // the last may be alone and moves up as it is
            let next = pairs.map(|pair| node(algorithm, pair.iter().map(Vec::as_slice))).collect();
            levels.push(core::mem::replace(&mut level, next));
        }
        let root = level.pop().and_then(|root| Imprint::new(algorithm, root));
        Ok(Self { groups, levels, root: root.ok_or(EvidenceError::NotCovered)? })
    }

    /// What to have stamped: the root.
    pub const fn imprint(&self) -> &Imprint {
        &self.root
    }

    /// The reduced tree of a group by its place, from 0: its digests, then from the leaves to the root
    /// the branch beside each of its nodes (RFC 4998, 4.2.2).
    pub(super) fn reduced(&self, place: usize) -> Option<Vec<Vec<&[u8]>>> {
        let group = self.groups.get(place)?;
        let mut lists = vec![group.iter().map(Vec::as_slice).collect()];
        for (height, level) in self.levels.iter().enumerate() {
            // In a pair the places differ in their last bit.
            let beside = (place >> height) ^ 1;
            lists.extend(level.get(beside).map(|digest| vec![digest.as_slice()]));
        }
        Some(lists)
    }
}

/// A node of a tree: of one digest the digest, of several the digest of all of them, ascending, one
/// after another.
fn node<'a>(algorithm: DigestAlgorithm, digests: impl Iterator<Item = &'a [u8]>) -> Vec<u8> {
    let mut all: Vec<&[u8]> = digests.collect();
    all.sort_unstable();
    match all.as_slice() {
        [one] => one.to_vec(),
        many => algorithm.of(&many.concat()),
    }
}

/// The root of a reduced tree: each list with the node of those before it; `None` of no list
/// (RFC 4998, 4.3).
pub(super) fn root(algorithm: DigestAlgorithm, lists: &[BTreeSet<&[u8]>]) -> Option<Vec<u8>> {
    let mut carried: Option<Vec<u8>> = None;
    for list in lists {
        carried = Some(node(algorithm, list.iter().copied().chain(carried.as_deref())));
    }
    carried
}
